"""Binary sensors: whether an account runs low, and what its provider says about that."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import Field
from .coordinator import ApiBalanceConfigEntry
from .entity import ApiBalanceEntity, ApiBalanceUnitEntity, async_add_for_each_unit

PARALLEL_UPDATES = 0

LOW_BALANCE: Final = BinarySensorEntityDescription(
    key="low_balance",
    translation_key="low_balance",
    device_class=BinarySensorDeviceClass.PROBLEM,
)


@dataclass(frozen=True, kw_only=True)
class ApiBalanceFlagDescription(BinarySensorEntityDescription):
    """Describes the sensor of a flag that a provider reports."""

    key: Field


FLAGS: Final = (
    ApiBalanceFlagDescription(
        key=Field.PROVIDER_LOW_BALANCE,
        # Not a problem to Home Assistant: the provider says it even where its alarm is off, and
        # where it is on it makes the balance low.
        translation_key="provider_low_balance",
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    ApiBalanceFlagDescription(
        key=Field.ALERT_ENABLED,
        translation_key="alert_enabled",
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the low-balance sensor, and one for each flag that the account's provider reports."""
    coordinator = entry.runtime_data
    async_add_entities(
        ApiBalanceFlagSensor(coordinator, description)
        for description in FLAGS
        if description.key in coordinator.provider.fields
    )
    async_add_for_each_unit(
        entry,
        async_add_entities,
        lambda unit: [ApiBalanceLowBalanceSensor(coordinator, LOW_BALANCE, unit)],
    )


class ApiBalanceLowBalanceSensor(ApiBalanceUnitEntity, BinarySensorEntity):
    """Whether an account runs low."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the balance is low; None while it is unknown."""
        return self.coordinator.is_low(self.unit)

    @property
    @override
    def shown(self) -> object:
        """Return whether it is on."""
        return self.is_on


class ApiBalanceFlagSensor(ApiBalanceEntity, BinarySensorEntity):
    """A flag as the provider reports it."""

    entity_description: ApiBalanceFlagDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the flag."""
        return self.coordinator.data.snapshot.flags[self.entity_description.key]

    @property
    @override
    def shown(self) -> object:
        """Return whether it is on."""
        return self.is_on
