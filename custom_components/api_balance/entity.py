"""What all entities have in common: they belong to one account's device."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import HomeAssistant, callback, split_entity_id
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .api import Balance
from .const import DOMAIN, MOST_UNITS
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator
from .ledger import Figures


class ApiBalanceEntity(CoordinatorEntity[ApiBalanceCoordinator]):
    """An entity of one account."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: ApiBalanceCoordinator, description: EntityDescription) -> None:
        """Give the entity its identity, which outlives every change of credentials."""
        super().__init__(coordinator)
        self.entity_description = description
        entry, provider = coordinator.config_entry, coordinator.provider
        self._attr_unique_id = f"{entry.entry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=entry.title,
            manufacturer=provider.name,
            configuration_url=provider.console_url,
        )
        self._written: tuple[bool, object] | None = None

    @property
    def shown(self) -> object:
        """Return what a poll can change in the state; compared by value."""
        return None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state if it has changed: to write it costs more than all else in a poll."""
        current = (self.available, self.shown)
        if current != self._written:
            self._written = current
            self.async_write_ha_state()

    @override
    async def async_added_to_hass(self) -> None:
        """Remember the state that is written now."""
        await super().async_added_to_hass()
        self._written = (self.available, self.shown)


class ApiBalanceUnitEntity(ApiBalanceEntity):
    """An entity about what an account holds in one unit; an account may hold several."""

    def __init__(
        self, coordinator: ApiBalanceCoordinator, description: EntityDescription, unit: str
    ) -> None:
        """Add the unit to the entity's identity."""
        super().__init__(coordinator, description)
        self.unit = unit
        self._attr_unique_id = f"{self._attr_unique_id}_{unit.lower()}"

    @property
    def balance(self) -> Balance | None:
        """Return what the account holds in the unit; None where it reports it no longer."""
        return self.coordinator.data.snapshot.balance(self.unit)

    @property
    def figures(self) -> Figures | None:
        """Return what became of the balance; None while it was never known."""
        return self.coordinator.data.figures.get(self.unit)

    @property
    @override
    def available(self) -> bool:
        """Return whether the last answer was good and reported the unit."""
        return super().available and self.balance is not None


@callback
def async_add_for_each_unit(
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    create: Callable[[str], Iterable[ApiBalanceUnitEntity]],
) -> None:
    """Add the entities for each unit that the account reports, now or later."""
    coordinator = entry.runtime_data
    known: set[str] = set()

    @callback
    def add_new() -> None:
        """Add the entities for units that are new."""
        units = [balance.unit for balance in coordinator.data.snapshot.balances]
        new = [unit for unit in units if unit not in known][: MOST_UNITS - len(known)]
        known.update(new)
        for unit in new:
            async_add_entities(create(unit))

    add_new()
    entry.async_on_unload(coordinator.async_add_listener(add_new))


@callback
def own_entities(hass: HomeAssistant, entity_ids: set[str], domain: str, key: str) -> set[str]:
    """Return which entities are ours, of a domain, and about a certain thing."""
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if split_entity_id(entity_id)[0] == domain
        and (entry := registry.async_get(entity_id)) is not None
        and (entry.platform, entry.translation_key) == (DOMAIN, key)
    }
