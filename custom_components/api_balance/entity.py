"""Base classes of the entities: each belongs to the device of one account."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .account import AccountData, BalanceData
from .const import DOMAIN
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator
from .messages import unit_name

# Between the description's key and the balance's key in unique IDs.
_SEPARATOR: Final = ":"

# Of an entity about the account as a whole, or about a balance that was just removed.
_NO_BALANCE: Final = BalanceData(unit="")


class ApiBalanceEntity(CoordinatorEntity[ApiBalanceCoordinator]):
    """An entity of an account, or of one of its balances."""

    _attr_has_entity_name = True
    # Whether the entity shows what the provider reports, so that it becomes unavailable while the
    # account cannot be read. Everything else is our own knowledge and stays available.
    _is_reported = False
    # The unit of the balance in Home Assistant's language.
    unit = ""

    def __init__(
        self,
        coordinator: ApiBalanceCoordinator,
        description: EntityDescription,
        key: str | None = None,
    ) -> None:
        """Set the identity of the entity; `key` is that of its balance."""
        super().__init__(coordinator)
        self.entity_description = description
        self.key = key
        entry, provider = coordinator.config_entry, coordinator.provider
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        if key is not None:
            self._attr_unique_id += f"{_SEPARATOR}{key}"
            self.unit = unit_name(coordinator.hass, self.balance.unit)
            # The names of all balances but the main one end in the unit.
            suffix = "" if key == coordinator.data.main else f" {self.unit}"
            self._attr_translation_placeholders = {"unit": suffix}
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=entry.title,
            manufacturer=provider.name,
            configuration_url=provider.console_url,
        )
        self._written: tuple[bool, object] | None = None

    @property
    @abstractmethod
    def state_value(self) -> object:
        """Return what the state shows; compared by value, and only changes are written."""

    @property
    def account(self) -> AccountData:
        """Return the coordinator data of the account."""
        return self.coordinator.data

    @property
    def balance(self) -> BalanceData:
        """Return the coordinator data of the entity's balance."""
        return self.account.balances.get(self.key or "", _NO_BALANCE)

    @property
    @override
    def available(self) -> bool:
        """Return whether the provider reports what the entity shows, or we know it ourselves."""
        if not self._is_reported:
            return True
        return super().available and (self.key is None or self.balance.is_reported)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state only if it has changed.

        Writing is the most expensive part of a poll; docs/performance.md has the measurements.
        """
        current = (self.available, self.state_value)
        if current != self._written:
            self._written = current
            self.async_write_ha_state()

    @override
    async def async_added_to_hass(self) -> None:
        """Remember the first state, which Home Assistant writes."""
        await super().async_added_to_hass()
        self._written = (self.available, self.state_value)

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Accept a new entity ID without being removed and added again."""

    @override
    async def async_update(self) -> None:
        """Poll the account for the action homeassistant.update_entity."""
        try:
            await self.coordinator.async_refresh_now()
        except HomeAssistantError:
            # The states show the failure; an exception would be logged with a traceback.
            return


@callback
def async_add_for_each_balance(
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    create: Callable[[str], Iterable[ApiBalanceEntity]],
    *,
    once_known: bool = False,
) -> None:
    """Add the entities of each balance, now and whenever the account gets another one.

    Once known: not before its amount was known, which it never is for a postpaid account.
    """
    coordinator = entry.runtime_data
    known: set[str] = set()

    @callback
    def add_new() -> None:
        """Add the entities of balances that are new, and forget removed ones."""
        balances = coordinator.data.balances
        keys = [key for key in balances if not once_known or balances[key].figures]
        new = [key for key in keys if key not in known]
        known.intersection_update(keys)
        known.update(new)
        for key in new:
            async_add_entities(create(key))

    add_new()
    entry.async_on_unload(coordinator.async_add_listener(add_new))


@callback
def async_remove_old_balances(hass: HomeAssistant, entry: ApiBalanceConfigEntry) -> None:
    """Remove the entities of balances that the account no longer has."""
    registry = er.async_get(hass)
    keys = entry.runtime_data.data.balances
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        key = balance_key(entity)
        if key is not None and key not in keys:
            registry.async_remove(entity.entity_id)


@callback
def async_move_entities(
    hass: HomeAssistant, entry: ApiBalanceConfigEntry, old_key: str, new_key: str
) -> None:
    """Let the entities of a balance show another one, under the names that the user has given."""
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if balance_key(entity) == old_key:
            unique_id = f"{entity.unique_id.removesuffix(old_key)}{new_key}"
            registry.async_update_entity(entity.entity_id, new_unique_id=unique_id)


@callback
def balance_key(entity: er.RegistryEntry) -> str | None:
    """Return the key of the balance that one of our entities shows; None if it shows none."""
    _, separator, key = entity.unique_id.partition(_SEPARATOR)
    return key if separator else None


@callback
def description_key(entity: er.RegistryEntry) -> str:
    """Return the key of the description of one of our entities."""
    key, _, _ = entity.unique_id.removeprefix(f"{entity.config_entry_id}_").partition(_SEPARATOR)
    return key
