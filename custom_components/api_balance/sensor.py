"""Sensors: every field that a provider reports, as it reports it, and what becomes of a balance."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import CREDITS, Field
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator
from .entity import ApiBalanceEntity, ApiBalanceUnitEntity, async_add_for_each_unit
from .ledger import Figures

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ApiBalanceAmountDescription(SensorEntityDescription):
    """Describes the sensor of an amount, whose unit the answer decides."""

    key: Field
    statistics: bool = True
    """Whether its course is of interest; each costs the recorder some work at every poll."""


@dataclass(frozen=True, kw_only=True)
class ApiBalanceDetailDescription(SensorEntityDescription):
    """Describes the sensor of something that is not an amount."""

    key: Field


@dataclass(frozen=True, kw_only=True)
class ApiBalanceSpentDescription(SensorEntityDescription):
    """Describes the sensor of what was spent since a moment."""

    amount_fn: Callable[[Figures], Decimal]
    since_fn: Callable[[Figures], datetime]


@dataclass(frozen=True, kw_only=True)
class ApiBalanceFigureDescription(SensorEntityDescription):
    """Describes the sensor of a figure that there may not be."""

    value_fn: Callable[[Figures], Decimal | datetime | None]
    per_day: bool = False


AMOUNTS: Final = (
    ApiBalanceAmountDescription(key=Field.BALANCE, translation_key="balance"),
    ApiBalanceAmountDescription(
        key=Field.ALERT_THRESHOLD,
        translation_key="alert_threshold",
        entity_category=EntityCategory.DIAGNOSTIC,
        statistics=False,
    ),
    ApiBalanceAmountDescription(
        key=Field.TOTAL_GRANTED,
        translation_key="total_granted",
        entity_category=EntityCategory.DIAGNOSTIC,
        statistics=False,
    ),
    ApiBalanceAmountDescription(
        key=Field.SUBSCRIPTION_BALANCE, translation_key="subscription_balance"
    ),
    ApiBalanceAmountDescription(
        key=Field.SUBSCRIPTION_GRANTED,
        translation_key="subscription_granted",
        entity_category=EntityCategory.DIAGNOSTIC,
        statistics=False,
    ),
    ApiBalanceAmountDescription(key=Field.GIFT_BALANCE, translation_key="gift_balance"),
    ApiBalanceAmountDescription(
        key=Field.GIFT_GRANTED,
        translation_key="gift_granted",
        entity_category=EntityCategory.DIAGNOSTIC,
        statistics=False,
    ),
    ApiBalanceAmountDescription(key=Field.PAID_BALANCE, translation_key="paid_balance"),
)

DETAILS: Final = (
    ApiBalanceDetailDescription(
        key=Field.RESET, translation_key="reset", device_class=SensorDeviceClass.TIMESTAMP
    ),
    ApiBalanceDetailDescription(
        key=Field.BILLING_TYPE,
        translation_key="billing_type",
        device_class=SensorDeviceClass.ENUM,
        options=["prepaid", "postpaid"],
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    ApiBalanceDetailDescription(
        key=Field.PROVIDER_UPDATED,
        translation_key="provider_updated",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    # Personal data: only for those who ask for it.
    ApiBalanceDetailDescription(
        key=Field.ACCOUNT_EMAIL,
        translation_key="account_email",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

SPENT: Final = (
    ApiBalanceSpentDescription(
        key="spent_today",
        translation_key="spent_today",
        amount_fn=lambda figures: figures.spent_today,
        since_fn=lambda figures: figures.today_since,
    ),
    ApiBalanceSpentDescription(
        key="spent_this_month",
        translation_key="spent_this_month",
        amount_fn=lambda figures: figures.spent_this_month,
        since_fn=lambda figures: figures.month_since,
    ),
)

FIGURES: Final = (
    ApiBalanceFigureDescription(
        key="spending_rate",
        translation_key="spending_rate",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda figures: figures.spending_rate,
        per_day=True,
    ),
    ApiBalanceFigureDescription(
        key="run_out",
        translation_key="run_out",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda figures: figures.run_out,
    ),
    ApiBalanceFigureDescription(
        key="last_top_up",
        translation_key="last_top_up",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda figures: figures.last_top_up,
    ),
    ApiBalanceFigureDescription(
        key="last_top_up_amount",
        translation_key="last_top_up_amount",
        value_fn=lambda figures: figures.last_top_up_amount,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a sensor for each field that the account's provider reports, and for each figure."""
    coordinator = entry.runtime_data
    fields = coordinator.provider.fields
    async_add_entities(
        ApiBalanceDetailSensor(coordinator, description)
        for description in DETAILS
        if description.key in fields
    )
    async_add_for_each_unit(
        entry,
        async_add_entities,
        lambda unit: [
            *(
                ApiBalanceAmountSensor(coordinator, description, unit)
                for description in AMOUNTS
                if description.key in fields
            ),
            *(ApiBalanceSpentSensor(coordinator, description, unit) for description in SPENT),
            *(ApiBalanceFigureSensor(coordinator, description, unit) for description in FIGURES),
        ],
    )


class ApiBalanceUnitSensor(ApiBalanceUnitEntity, SensorEntity):
    """A sensor about what an account holds in one unit."""

    @property
    @override
    def shown(self) -> object:
        """Return the value."""
        return self.native_value

    def _set_unit(self) -> None:
        """Choose the class that Home Assistant has for an amount in the unit."""
        self._attr_native_unit_of_measurement = self.unit
        if self.unit != CREDITS:
            self._attr_device_class = SensorDeviceClass.MONETARY
            self._attr_suggested_display_precision = 2


class ApiBalanceAmountSensor(ApiBalanceUnitSensor):
    """An amount in money or credits."""

    entity_description: ApiBalanceAmountDescription

    @override
    def __init__(
        self,
        coordinator: ApiBalanceCoordinator,
        description: ApiBalanceAmountDescription,
        unit: str,
    ) -> None:
        """Choose the classes that Home Assistant has for the unit."""
        super().__init__(coordinator, description, unit)
        self._set_unit()
        if description.statistics:
            # Home Assistant allows MONETARY no other class than TOTAL.
            self._attr_state_class = (
                SensorStateClass.MEASUREMENT if unit == CREDITS else SensorStateClass.TOTAL
            )

    @property
    @override
    def native_value(self) -> str | None:
        """Return the exact amount, never with an exponent; None while it is unknown."""
        balance = self.balance
        amount = balance and balance.amounts[self.entity_description.key]
        return None if amount is None else format(amount, "f")


class ApiBalanceSpentSensor(ApiBalanceUnitSensor):
    """What was spent in the user's day or month; the readings decide, so it is exact."""

    entity_description: ApiBalanceSpentDescription
    _attr_state_class = SensorStateClass.TOTAL

    @override
    def __init__(
        self, coordinator: ApiBalanceCoordinator, description: ApiBalanceSpentDescription, unit: str
    ) -> None:
        """Choose the classes that Home Assistant has for the unit."""
        super().__init__(coordinator, description, unit)
        self._set_unit()

    @property
    @override
    def native_value(self) -> str | None:
        """Return what was spent; None while the balance was never known."""
        figures = self.figures
        return None if figures is None else f"{self.entity_description.amount_fn(figures):f}"

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return since when."""
        figures = self.figures
        return None if figures is None else self.entity_description.since_fn(figures)

    @property
    @override
    def shown(self) -> object:
        """Return the amount, and since when."""
        return self.native_value, self.last_reset


class ApiBalanceFigureSensor(ApiBalanceUnitSensor):
    """A figure of the ledger."""

    entity_description: ApiBalanceFigureDescription

    @override
    def __init__(
        self,
        coordinator: ApiBalanceCoordinator,
        description: ApiBalanceFigureDescription,
        unit: str,
    ) -> None:
        """Choose unit and classes for an amount; a time has its class already."""
        super().__init__(coordinator, description, unit)
        if description.per_day:
            # To Home Assistant an amount a day is no money.
            self._attr_native_unit_of_measurement = f"{unit}/d"
            self._attr_suggested_display_precision = 1 if unit == CREDITS else 2
        elif description.device_class is None:
            self._set_unit()

    @property
    @override
    def native_value(self) -> str | datetime | None:
        """Return the figure; None where there is not enough to tell."""
        figures = self.figures
        value = None if figures is None else self.entity_description.value_fn(figures)
        return f"{value:f}" if isinstance(value, Decimal) else value


class ApiBalanceDetailSensor(ApiBalanceEntity, SensorEntity):
    """A time or a text."""

    entity_description: ApiBalanceDetailDescription

    @property
    @override
    def native_value(self) -> datetime | str | None:
        """Return the detail; None where there is none, or a word that is not among the options."""
        description = self.entity_description
        value = self.coordinator.data.snapshot.details[description.key]
        return None if description.options and value not in description.options else value

    @property
    @override
    def shown(self) -> object:
        """Return the value."""
        return self.native_value
