"""Events: what happened to a balance."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import BALANCE_EVENT_KEY, SIGNAL_ENTITY, Attributes
from .coordinator import ApiBalanceConfigEntry
from .entity import ApiBalanceEntity, async_add_for_each_balance
from .ledger import EventType

PARALLEL_UPDATES = 0

BALANCE_EVENT: Final = EventEntityDescription(
    key=BALANCE_EVENT_KEY,
    translation_key="balance_event",
    event_types=[kind.value for kind in EventType],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entity of each balance."""
    coordinator = entry.runtime_data
    async_add_for_each_balance(
        entry,
        async_add_entities,
        lambda key: [ApiBalanceEvent(coordinator, BALANCE_EVENT, key)],
    )


class ApiBalanceEvent(ApiBalanceEntity, EventEntity):
    """The last event of a balance, with everything that a notification needs."""

    @property
    @override
    def state_value(self) -> None:
        """Return None: the entity writes its state when it receives an event."""
        return

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the account's events."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(self.hass, SIGNAL_ENTITY, self._async_receive)
        )

    @callback
    def _async_receive(
        self, entry_id: str, key: str, kind: EventType, attributes: Attributes
    ) -> None:
        """Show an event of this balance."""
        if (entry_id, key) == (self.coordinator.config_entry.entry_id, self.key):
            self._trigger_event(kind.value, dict(attributes))
            self.async_write_ha_state()
