"""Conditions: automations that look at a balance."""

from typing import Final, override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    Condition,
    EntityNumericalConditionBase,
    EntityStateConditionBase,
)

from .api import Field
from .entity import own_entities

_BINARY_SENSORS: Final = {BINARY_SENSOR_DOMAIN: DomainSpec()}
_SENSORS: Final = {SENSOR_DOMAIN: DomainSpec()}
_LOW: Final[set[str | bool]] = {STATE_ON}


class IsBalanceLow(EntityStateConditionBase):
    """A balance is low; one that is unknown is not."""

    _domain_specs = _BINARY_SENSORS
    _states = _LOW

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Keep the alarms of our accounts."""
        return own_entities(self._hass, entities, BINARY_SENSOR_DOMAIN, "low_balance")


class IsBalance(EntityNumericalConditionBase):
    """A balance is above, below, between or outside; one that is unknown is nothing of these."""

    _domain_specs = _SENSORS

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Keep the balances of our accounts."""
        return own_entities(self._hass, entities, SENSOR_DOMAIN, Field.BALANCE)


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_balance": IsBalance,
    "is_balance_low": IsBalanceLow,
}


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return CONDITIONS
