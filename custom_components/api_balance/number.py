"""Numbers: the balance below which an account is low."""

from decimal import Decimal
from math import isnan
from typing import Final, override

from homeassistant.components.number import (
    DOMAIN as NUMBER_DOMAIN,
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_LOW_BALANCE_THRESHOLD, MAX_THRESHOLD
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator
from .entity import ApiBalanceEntity, async_add_for_each_balance
from .units import is_currency

PARALLEL_UPDATES = 0

LOW_BALANCE_THRESHOLD: Final = NumberEntityDescription(
    key=CONF_LOW_BALANCE_THRESHOLD,
    translation_key="low_balance_threshold",
    entity_category=EntityCategory.CONFIG,
    mode=NumberMode.BOX,
    native_min_value=0,
    native_max_value=MAX_THRESHOLD,
    native_step=0.01,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the threshold of each balance."""
    coordinator = entry.runtime_data
    async_add_for_each_balance(
        entry,
        async_add_entities,
        lambda key: [ApiBalanceThresholdNumber(coordinator, LOW_BALANCE_THRESHOLD, key)],
    )


class ApiBalanceThresholdNumber(ApiBalanceEntity, NumberEntity):
    """The low-balance threshold of one balance."""

    key: str

    @override
    def __init__(
        self, coordinator: ApiBalanceCoordinator, description: NumberEntityDescription, key: str
    ) -> None:
        """Show the threshold in the balance's unit."""
        super().__init__(coordinator, description, key)
        self._attr_native_unit_of_measurement = self.unit
        if is_currency(self.balance.unit):
            self._attr_device_class = NumberDeviceClass.MONETARY

    @property
    @override
    def state_value(self) -> Decimal:
        """Return the threshold."""
        return self.coordinator.account.threshold(self.key)

    @property
    @override
    def native_value(self) -> float:
        """Return the threshold; whole numbers without a decimal point, such as 5 credits."""
        threshold = float(self.coordinator.account.threshold(self.key))
        return int(threshold) if threshold.is_integer() else threshold

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change the threshold."""
        # NaN passes Home Assistant's range check, since both comparisons are false.
        if isnan(value):
            raise ServiceValidationError(
                translation_domain=NUMBER_DOMAIN,
                translation_key="out_of_range",
                translation_placeholders={
                    "value": str(value),
                    "entity_id": self.entity_id,
                    "min_value": str(self.min_value),
                    "max_value": str(self.max_value),
                },
            )
        self.coordinator.async_set_threshold(self.key, Decimal(str(value)))
