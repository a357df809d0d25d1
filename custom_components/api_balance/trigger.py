"""Triggers: automations that start when something happens to a balance."""

from collections.abc import Mapping
from typing import Final, override

import voluptuous as vol

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import ATTR_ENTITY_ID, ATTR_UNIT_OF_MEASUREMENT, CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.trigger import (
    EntityNumericalStateCrossedThresholdTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.json import JsonValueType

from .api import Field
from .coordinator import coordinator_of
from .entity import own_entities
from .event import SIGNAL_EVENT
from .ledger import EventType

# Without a target, or with an empty one, it is about all accounts, also those that come later.
_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_TARGET, default=dict): cv.TARGET_FIELDS,
        vol.Optional(CONF_OPTIONS, default=dict): {},
    }
)


_SENSORS: Final = {SENSOR_DOMAIN: DomainSpec()}


class BalanceEventTrigger(Trigger):
    """Fires when something happens to a balance: once, as the ledger has it."""

    kind: EventType

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the configuration."""
        checked: ConfigType = _SCHEMA(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Remember which accounts it is about."""
        super().__init__(hass, config)
        self._target = TargetSelection(config.target or {})

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Listen to all events, and run the action for those that are meant."""

        @callback
        def happened(entity_id: str, kind: str, attributes: Mapping[str, JsonValueType]) -> None:
            """Run the action if this trigger is about it."""
            if kind == self.kind and self._is_meant(entity_id):
                _ = run_action({ATTR_ENTITY_ID: entity_id, **attributes}, f"{kind} of {entity_id}")

        return async_dispatcher_connect(self._hass, SIGNAL_EVENT, happened)

    def _is_meant(self, entity_id: str) -> bool:
        """Return whether the target holds an entity, at this moment."""
        if not self._target.has_any_target:
            return True
        selected = async_extract_referenced_entity_ids(self._hass, self._target)
        return entity_id in selected.referenced | selected.indirectly_referenced


class BalanceBecameLow(BalanceEventTrigger):
    """A balance became low."""

    kind = EventType.BECAME_LOW


class BalanceRecovered(BalanceEventTrigger):
    """A balance is not low any more."""

    kind = EventType.RECOVERED


class BalanceEmptied(BalanceEventTrigger):
    """Nothing is left of a balance."""

    kind = EventType.EMPTIED


class ToppedUp(BalanceEventTrigger):
    """A balance rose."""

    kind = EventType.TOPPED_UP


class BalanceCrossedThreshold(EntityNumericalStateCrossedThresholdTriggerBase):
    """A balance went past a threshold of the automation's own.

    Home Assistant's trigger compares with the state before, and sees nothing across an outage.
    There this one compares with the reading before, which the ledger knows.
    """

    _domain_specs = _SENSORS
    _excluded_from_states = frozenset()

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Keep the balances of our accounts."""
        return own_entities(self._hass, entities, SENSOR_DOMAIN, Field.BALANCE)

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        """Return whether the balance came from the other side of the threshold."""
        if from_state.state in self._excluded_states:
            coordinator = coordinator_of(self._hass, to_state.entity_id)
            unit = to_state.attributes[ATTR_UNIT_OF_MEASUREMENT]
            if coordinator is None or (before := coordinator.reading_before(unit)) is None:
                return False
            from_state = State(to_state.entity_id, f"{before:f}", to_state.attributes)
        return super().is_valid_transition(from_state, to_state)


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "balance_became_low": BalanceBecameLow,
    "balance_crossed_threshold": BalanceCrossedThreshold,
    "balance_emptied": BalanceEmptied,
    "balance_recovered": BalanceRecovered,
    "topped_up": ToppedUp,
}


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS
