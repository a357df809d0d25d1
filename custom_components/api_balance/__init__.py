"""API Balance: the balances of prepaid API accounts."""

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType

from .account import async_forget_failures
from .const import CONF_PROVIDER, DOMAIN, PLATFORMS
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator
from .dashboard import async_setup_dashboard
from .entity import async_remove_old_balances
from .issues import async_clear_issues
from .ledger import LedgerStore, async_remove_statistics
from .migration import async_migrate
from .names import async_sync_names
from .providers import provider_of
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions and the dashboard, which exist whether an account is loaded or not."""
    async_setup_services(hass)
    async_sync_names(hass)
    await async_setup_dashboard(hass)

    @callback
    def clear_disabled(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Clear the issues of a disabled account, which may not have been loaded."""
        if entry.domain == DOMAIN and entry.disabled_by is not None:
            async_forget_failures(hass, entry.entry_id)
            async_clear_issues(hass, entry.entry_id)

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, clear_disabled)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: ApiBalanceConfigEntry) -> bool:
    """Migrate an entry that an older version has created."""
    return await async_migrate(hass, entry)


async def async_setup_entry(hass: HomeAssistant, entry: ApiBalanceConfigEntry) -> bool:
    """Set up one account."""
    # Importing a provider reads a file.
    provider = await hass.async_add_import_executor_job(provider_of, entry.data)
    if provider is None:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="unknown_provider",
            translation_placeholders={"provider": entry.data[CONF_PROVIDER]},
        )
    coordinator = ApiBalanceCoordinator(hass, entry, provider)
    await coordinator.async_config_entry_first_refresh()
    if entry.disabled_by is not None:
        # Disabled during the first refresh: Home Assistant would skip the platforms, but unload
        # them. Without runtime data there is nothing to unload.
        await coordinator.async_close()
        return True
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await coordinator.async_start()

    @callback
    def remove_old_balances() -> None:
        """Remove the entities of balances that the account no longer has."""
        async_remove_old_balances(hass, entry)

    remove_old_balances()
    entry.async_on_unload(coordinator.async_add_listener(remove_old_balances))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ApiBalanceConfigEntry) -> bool:
    """Unload one account."""
    if not hasattr(entry, "runtime_data"):
        return True
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.async_close()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: ApiBalanceConfigEntry) -> None:
    """Delete everything that belongs to an account."""
    async_forget_failures(hass, entry.entry_id)
    async_clear_issues(hass, entry.entry_id)
    await LedgerStore(hass, entry.entry_id).async_remove()
    await async_remove_statistics(hass, entry.entry_id)
