"""Triggers: automations that start when something happens to a balance.

Core's StatelessEntityTriggerBase does not fit: two events may occur in the same moment, an empty
target means all accounts, and events must not depend on the state of an entity.
"""

from decimal import Decimal
from typing import Final, override

import voluptuous as vol

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.trigger import (
    EntityNumericalStateCrossedThresholdTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType

from .account import SIGNAL_TRIGGERS, Attributes
from .entity import description_key
from .ledger import EventType
from .sensor_descriptions import AMOUNT_KEYS
from .targets import (
    async_amounts,
    async_balance_ref,
    async_check_entities,
    async_coordinator,
    async_is_meant,
    async_own_entity,
)
from .trigger_figures import RunsOutSoon, SpendingExceeded

# Without a target, or with an empty one, a trigger is about all accounts, now and later.
_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(CONF_TARGET, default=dict): cv.TARGET_FIELDS,
        vol.Optional(CONF_OPTIONS, default=dict): {},
    }
)


class BalanceEventTrigger(Trigger):
    """Fires once for each event of one type."""

    kind: EventType

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the configuration, and refuse entities of other integrations."""
        checked: ConfigType = _SCHEMA(config)
        async_check_entities(hass, TargetSelection(checked[CONF_TARGET]))
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep the target."""
        super().__init__(hass, config)
        self._target = TargetSelection(config.target or {})

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action for every matching event."""

        @callback
        def receive(entry_id: str, key: str, kind: EventType, payload: Attributes) -> None:
            """Run the action if the event is of this type and its balance is in the target."""
            if kind is self.kind and async_is_meant(self._hass, self._target, entry_id, key):
                _ = run_action(dict(payload), f"{kind} of {payload['account']}")

        return async_dispatcher_connect(self._hass, SIGNAL_TRIGGERS, receive)


class BalanceBecameLow(BalanceEventTrigger):
    """A balance became low."""

    kind = EventType.BECAME_LOW


class BalanceRecovered(BalanceEventTrigger):
    """A balance is no longer low."""

    kind = EventType.RECOVERED


class BalanceEmptied(BalanceEventTrigger):
    """Nothing is left of a balance."""

    kind = EventType.EMPTIED


class BalanceRenewed(BalanceEventTrigger):
    """An allowance was renewed, or credits expired."""

    kind = EventType.RENEWED


class ToppedUp(BalanceEventTrigger):
    """A balance was topped up."""

    kind = EventType.TOPPED_UP


class BalanceCrossedThreshold(EntityNumericalStateCrossedThresholdTriggerBase):
    """An amount crossed a threshold that the automation defines.

    Core's trigger compares with the previous state and sees nothing across an outage. There this
    one compares with the previous reading. A device, area or label stands for its balances; other
    amounts have to be chosen one by one.
    """

    _domain_specs = {SENSOR_DOMAIN: DomainSpec()}  # noqa: RUF012 - as in the base class
    _excluded_from_states = frozenset()

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Refuse entities that are not amounts of ours."""
        config = await super().async_validate_config(hass, config)
        async_check_entities(hass, TargetSelection(config[CONF_TARGET]), AMOUNT_KEYS)
        return config

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep the entities that were chosen one by one."""
        super().__init__(hass, config)
        self._explicit = TargetSelection(config.target or {}).entity_ids

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the amounts that were chosen one by one, and the balances of all others."""
        return async_amounts(self._hass, entities, self._explicit, AMOUNT_KEYS)

    @override
    def is_valid_transition(self, from_state: State, to_state: State) -> bool:
        """Return whether the amount was on the other side of the threshold before."""
        if from_state.state in self._excluded_states:
            before = self._amount_before(to_state.entity_id)
            if before is None:
                return False
            from_state = State(to_state.entity_id, f"{before:f}", to_state.attributes)
        return super().is_valid_transition(from_state, to_state)

    def _amount_before(self, entity_id: str) -> Decimal | None:
        """Return the amount in the reading before the last one; None if there is none."""
        entity = async_own_entity(self._hass, entity_id)
        ref = async_balance_ref(self._hass, entity_id)
        coordinator = None if ref is None else async_coordinator(self._hass, ref.entry_id)
        if entity is None or ref is None or ref.key is None or coordinator is None:
            return None
        return coordinator.account.amount_before(ref.key, description_key(entity))


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "balance_became_low": BalanceBecameLow,
    "balance_crossed_threshold": BalanceCrossedThreshold,
    "balance_emptied": BalanceEmptied,
    "balance_recovered": BalanceRecovered,
    "balance_renewed": BalanceRenewed,
    "runs_out_soon": RunsOutSoon,
    "spending_exceeded": SpendingExceeded,
    "topped_up": ToppedUp,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers."""
    return TRIGGERS
