"""Events: what happens to a balance, each time once."""

from collections.abc import Mapping
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.json import JsonValueType
from homeassistant.util.signal_type import SignalType

from .const import DOMAIN
from .coordinator import SIGNAL_BALANCE_EVENT, ApiBalanceConfigEntry
from .entity import ApiBalanceUnitEntity, async_add_for_each_unit
from .ledger import EventType

PARALLEL_UPDATES = 0

# Tells triggers of an event entity, the event's type and its attributes. The entity tells them, so
# that its state has changed when an automation runs.
SIGNAL_EVENT: SignalType[str, str, Mapping[str, JsonValueType]] = SignalType(f"{DOMAIN}_event")

BALANCE_EVENT: Final = EventEntityDescription(
    key="balance_event",
    translation_key="balance_event",
    event_types=[kind.value for kind in EventType],
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of each unit."""
    coordinator = entry.runtime_data
    async_add_for_each_unit(
        entry,
        async_add_entities,
        lambda unit: [ApiBalanceEvent(coordinator, BALANCE_EVENT, unit)],
    )


class ApiBalanceEvent(ApiBalanceUnitEntity, EventEntity):
    """What happened to a balance last, with what a notification needs."""

    @property
    @override
    def available(self) -> bool:
        """Return true: what has happened has happened, whether the provider answers or not."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to what happens."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(self.hass, SIGNAL_BALANCE_EVENT, self._async_tell)
        )

    @callback
    def _async_tell(
        self, entry_id: str, unit: str, kind: EventType, attributes: Mapping[str, JsonValueType]
    ) -> None:
        """Show an event of this balance, and let automations know."""
        if (entry_id, unit) == (self.coordinator.config_entry.entry_id, self.unit):
            self._trigger_event(kind.value, dict(attributes))
            self.async_write_ha_state()
            async_dispatcher_send(self.hass, SIGNAL_EVENT, self.entity_id, kind.value, attributes)
