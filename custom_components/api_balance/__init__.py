"""API Balance: what is left on prepaid API accounts."""

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType

from .const import CONF_PROVIDER, DOMAIN, PLATFORMS
from .coordinator import (
    ApiBalanceConfigEntry,
    ApiBalanceCoordinator,
    async_forget_requests,
    async_forget_trouble,
)
from .issues import async_clear_issues
from .ledger import LedgerStore
from .providers import provider_of
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register the actions, which are there whether an account is loaded or not."""
    async_setup_services(hass)

    @callback
    def clear_disabled(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Say nothing more about an account that was disabled, in whatever state it was."""
        if entry.domain == DOMAIN and entry.disabled_by is not None:
            async_forget_trouble(hass, entry.entry_id)
            async_clear_issues(hass, entry.entry_id)

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, clear_disabled)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ApiBalanceConfigEntry) -> bool:
    """Set up one account."""
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
        # It was disabled meanwhile: Home Assistant would set no platform up, but unload all.
        await coordinator.async_end()
        return False
    entry.runtime_data = coordinator
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    coordinator.async_begin()
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ApiBalanceConfigEntry) -> bool:
    """Unload one account."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.async_end()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: ApiBalanceConfigEntry) -> None:
    """Leave nothing behind of an account."""
    async_forget_requests(hass, entry.entry_id)
    async_forget_trouble(hass, entry.entry_id)
    async_clear_issues(hass, entry.entry_id)
    await LedgerStore(hass, entry.entry_id).async_remove()
