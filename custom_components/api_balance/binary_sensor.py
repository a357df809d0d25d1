"""Binary sensors: whether a balance is low, and the flags that a provider reports."""

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
from .entity import ApiBalanceEntity, async_add_for_each_balance

PARALLEL_UPDATES = 0

LOW_BALANCE: Final = BinarySensorEntityDescription(
    key="low_balance",
    translation_key="low_balance",
    device_class=BinarySensorDeviceClass.PROBLEM,
)


# PROVIDER_LOW_BALANCE has no device class: the provider reports it even with its alert disabled;
# with the alert enabled, low_balance covers it.
FLAGS: Final = tuple(
    BinarySensorEntityDescription(
        key=field, translation_key=field, entity_category=EntityCategory.DIAGNOSTIC
    )
    for field in (
        Field.ALERT_ENABLED,
        Field.AUTO_TOP_UP,
        Field.CAN_SPEND,
        Field.PROVIDER_LOW_BALANCE,
    )
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the flags that the provider reports, and the low-balance sensor of each balance."""
    coordinator = entry.runtime_data
    async_add_entities(
        ApiBalanceFlagSensor(coordinator, description)
        for description in FLAGS
        if description.key in coordinator.provider.fields
    )
    async_add_for_each_balance(
        entry,
        async_add_entities,
        lambda key: [ApiBalanceLowBalanceSensor(coordinator, LOW_BALANCE, key)],
    )


class ApiBalanceLowBalanceSensor(ApiBalanceEntity, BinarySensorEntity):
    """Whether a balance is low."""

    @property
    @override
    def state_value(self) -> bool | None:
        """Return whether the balance is low; None if it was never known."""
        return self.balance.low

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the balance is low."""
        return self.state_value


class ApiBalanceFlagSensor(ApiBalanceEntity, BinarySensorEntity):
    """A flag that the provider reports."""

    _is_reported = True

    @property
    @override
    def state_value(self) -> bool | None:
        """Return the flag; None if it is unknown."""
        return self.account.snapshot.flags[Field(self.entity_description.key)]

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the flag."""
        return self.state_value
