"""Conditions: automations that check a balance before they go on.

They are guards for money: what cannot be read satisfies none of them.
"""

from decimal import Decimal
from typing import Final, Unpack, override

import voluptuous as vol

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import CONF_OPTIONS, CONF_TARGET, STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
    EntityConditionBase,
    EntityNumericalConditionBase,
    EntityStateConditionBase,
)
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.typing import ConfigType

from .entity import description_key
from .sensor_descriptions import AMOUNT_KEYS
from .targets import (
    async_amounts,
    async_balance_ref,
    async_balances,
    async_check_entities,
    async_coordinator,
)

CONF_DAYS: Final = "days"


class _BalanceCondition(EntityConditionBase):
    """A condition about balances that fails while one of them cannot be read."""

    @override
    def _should_include(self, _state: State) -> bool:
        """Return whether the account of an entity can be read."""
        ref = async_balance_ref(self._hass, _state.entity_id)
        coordinator = None if ref is None else async_coordinator(self._hass, ref.entry_id)
        return (
            coordinator is not None
            and coordinator.last_update_success
            and super()._should_include(_state)
        )

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Return whether the balances match; no balance at all never matches."""
        selected = async_extract_referenced_entity_ids(
            self._hass, self._target_selection, expand_group=False
        )
        entity_ids = self.entity_filter(selected.referenced | selected.indirectly_referenced)
        states = [self._hass.states.get(entity_id) for entity_id in entity_ids]
        readable = [state for state in states if state is not None and self._should_include(state)]
        if not readable or (self._behavior == BEHAVIOR_ALL and len(readable) < len(states)):
            return False
        return self._matcher(readable)


class _LowBalanceCondition(_BalanceCondition, EntityStateConditionBase):
    """A condition about the low-balance sensor; every entity of an account stands for it."""

    _domain_specs = {BINARY_SENSOR_DOMAIN: DomainSpec()}  # noqa: RUF012 - as in the base class

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Refuse entities of other integrations."""
        config = await super().async_validate_config(hass, config)
        async_check_entities(hass, TargetSelection(config[CONF_TARGET]))
        return config

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the low-balance sensors of the balances that entities stand for."""
        registry = er.async_get(self._hass)
        refs = {async_balance_ref(self._hass, entity_id) for entity_id in entities}
        return {
            entity.entity_id
            for ref in refs
            if ref is not None
            for entity in er.async_entries_for_config_entry(registry, ref.entry_id)
            if description_key(entity) == "low_balance"
            and (ref.key is None or async_balance_ref(self._hass, entity.entity_id) == ref)
        }


class IsBalanceLow(_LowBalanceCondition):
    """A balance is low."""

    _states = {STATE_ON}  # noqa: RUF012 - as in the base class


class IsBalanceNotLow(_LowBalanceCondition):
    """A balance is not low."""

    _states = {STATE_OFF}  # noqa: RUF012 - as in the base class


class IsBalance(_BalanceCondition, EntityNumericalConditionBase):
    """An amount is above, below, between or outside.

    A device, area or label stands for its balances; other amounts have to be chosen one by one.
    """

    _domain_specs = {SENSOR_DOMAIN: DomainSpec()}  # noqa: RUF012 - as in the base class

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Refuse entities that are not amounts of ours."""
        config = await super().async_validate_config(hass, config)
        async_check_entities(hass, TargetSelection(config[CONF_TARGET]), AMOUNT_KEYS)
        return config

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Return the amounts that were chosen one by one, and the balances of all others."""
        explicit = self._target_selection.entity_ids
        return async_amounts(self._hass, entities, explicit, AMOUNT_KEYS)


_RUNS_OUT_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
        vol.Required(CONF_OPTIONS): {
            vol.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): vol.In([BEHAVIOR_ANY, BEHAVIOR_ALL]),
            vol.Required(CONF_DAYS): cv.positive_float,
        },
    }
)


class RunsOutWithin(Condition):
    """A balance runs out within a number of days at its current spending rate."""

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the options, and refuse entities of other integrations."""
        checked: ConfigType = _RUNS_OUT_SCHEMA(config)
        async_check_entities(hass, TargetSelection(checked[CONF_TARGET]))
        return checked

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Keep the target and the options."""
        super().__init__(hass, config)
        options = config.options or {}
        self._target = TargetSelection(config.target or {})
        self._is_all = options[ATTR_BEHAVIOR] == BEHAVIOR_ALL
        self._days = Decimal(str(options[CONF_DAYS]))

    @property
    @override
    def needs_polling(self) -> bool:
        """Return true: the estimate also changes with time."""
        return True

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        """Return whether the balances run out in time; an unknown estimate never does."""
        results = [
            self._runs_out(ref.entry_id, key)
            for ref in async_balances(self._hass, self._target)
            for key in self._keys(ref.entry_id, ref.key)
        ]
        return bool(results) and (all(results) if self._is_all else any(results))

    def _keys(self, entry_id: str, key: str | None) -> list[str]:
        """Return the keys of the balances that a part of the target means."""
        coordinator = async_coordinator(self._hass, entry_id)
        if key is not None or coordinator is None:
            return [key or ""]
        return list(coordinator.data.balances)

    def _runs_out(self, entry_id: str, key: str) -> bool:
        """Return whether a balance is known to run out in time."""
        coordinator = async_coordinator(self._hass, entry_id)
        if coordinator is None or not coordinator.last_update_success:
            return False
        balance = coordinator.data.balances.get(key)
        figures = None if balance is None else balance.figures
        days = None if figures is None else figures.days_left
        return days is not None and days < self._days


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_balance": IsBalance,
    "is_balance_low": IsBalanceLow,
    "is_balance_not_low": IsBalanceNotLow,
    "runs_out_within": RunsOutWithin,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return CONDITIONS
