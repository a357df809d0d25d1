"""Numbers: the balance below which somebody wants to know."""

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

from .api import CREDITS
from .const import CONF_LOW_BALANCE_THRESHOLD, HIGHEST_THRESHOLD
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator
from .entity import ApiBalanceUnitEntity, async_add_for_each_unit

PARALLEL_UPDATES = 0

LOW_BALANCE_THRESHOLD: Final = NumberEntityDescription(
    key=CONF_LOW_BALANCE_THRESHOLD,
    translation_key="low_balance_threshold",
    entity_category=EntityCategory.CONFIG,
    mode=NumberMode.BOX,
    native_min_value=0,
    native_max_value=HIGHEST_THRESHOLD,
    native_step=0.01,
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the threshold of each unit."""
    coordinator = entry.runtime_data
    async_add_for_each_unit(
        entry,
        async_add_entities,
        lambda unit: [ApiBalanceThresholdNumber(coordinator, LOW_BALANCE_THRESHOLD, unit)],
    )


class ApiBalanceThresholdNumber(ApiBalanceUnitEntity, NumberEntity):
    """The threshold of one unit: the user's, and there whether the provider answers or not."""

    @override
    def __init__(
        self, coordinator: ApiBalanceCoordinator, description: NumberEntityDescription, unit: str
    ) -> None:
        """Show the threshold in the account's unit."""
        super().__init__(coordinator, description, unit)
        self._attr_native_unit_of_measurement = unit
        if unit != CREDITS:
            self._attr_device_class = NumberDeviceClass.MONETARY

    @property
    @override
    def available(self) -> bool:
        """Return true: nothing needs to be asked for it."""
        return True

    @property
    @override
    def native_value(self) -> float:
        """Return the threshold; a whole number as such, since "5.0 credits" reads odd."""
        threshold = float(self.coordinator.threshold(self.unit))
        return int(threshold) if threshold.is_integer() else threshold

    @property
    @override
    def shown(self) -> object:
        """Return the value."""
        return self.native_value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Change the threshold."""
        # Home Assistant lets it pass: it is neither below the lowest nor above the highest value.
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
        self.coordinator.async_set_threshold(self.unit, Decimal(str(value)))
