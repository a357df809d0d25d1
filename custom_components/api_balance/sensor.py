"""Sensors: the fields that a provider reports, and the figures of the ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account import STATUS_OK, BalanceData
from .api import Field
from .coordinator import SIGNAL_POLLED, ApiBalanceConfigEntry, ApiBalanceCoordinator
from .entity import ApiBalanceEntity, async_add_for_each_balance
from .ledger import Figures
from .units import is_currency

PARALLEL_UPDATES = 0

type Value = Decimal | datetime | str | None

# Money is shown with at least two decimal places, and with at most six.
_MIN_PLACES: Final = 2
_MAX_PLACES: Final = 6

STATUS_OPTIONS: Final = [
    STATUS_OK,
    "account_disabled",
    "cannot_connect",
    "clock_wrong",
    "invalid_auth",
    "no_credits",
    "permission_denied",
    "rate_limited",
    "unexpected_response",
]


class _PlainDecimal(Decimal):
    """A Decimal whose text, which becomes the state, never has an exponent."""

    @override
    def __str__(self) -> str:
        """Return all digits."""
        return format(self, "f")


@dataclass(frozen=True, kw_only=True)
class ApiBalanceSensorEntityDescription(SensorEntityDescription):
    """Describes a sensor of one balance."""

    value_fn: Callable[[BalanceData], Decimal | datetime | None]
    is_reported: bool = False
    """Whether the provider reports it, as opposed to a figure of the ledger."""
    has_statistics: bool = False
    """Whether long-term statistics are of interest."""
    unit_suffix: str = ""
    """Appended to the balance's unit, for a rate."""


@dataclass(frozen=True, kw_only=True)
class ApiBalanceDetailEntityDescription(SensorEntityDescription):
    """Describes a sensor of a time or a text that a provider reports."""

    key: Field


def _amount(field: Field, *, is_secondary: bool = False) -> ApiBalanceSensorEntityDescription:
    """Return the description of an amount that a provider reports."""
    return ApiBalanceSensorEntityDescription(
        key=field,
        translation_key=field,
        entity_category=EntityCategory.DIAGNOSTIC if is_secondary else None,
        value_fn=lambda balance: balance.amounts.get(field),
        is_reported=True,
        has_statistics=not is_secondary,
    )


def _figure(
    key: str,
    value_fn: Callable[[Figures], Decimal | datetime | None],
    *,
    device_class: SensorDeviceClass | None = None,
    enabled: bool = True,
) -> ApiBalanceSensorEntityDescription:
    """Return the description of a figure of the ledger."""
    return ApiBalanceSensorEntityDescription(
        key=key,
        translation_key=key,
        device_class=device_class,
        entity_registry_enabled_default=enabled,
        value_fn=lambda balance: None if balance.figures is None else value_fn(balance.figures),
    )


AMOUNTS: Final[Mapping[Field, ApiBalanceSensorEntityDescription]] = {
    field: _amount(field, is_secondary=is_secondary)
    for field, is_secondary in (
        (Field.BALANCE, False),
        (Field.SUBSCRIPTION_BALANCE, False),
        (Field.GIFT_BALANCE, False),
        (Field.PAID_BALANCE, False),
        (Field.USED, False),
        (Field.PENDING, False),
        (Field.ALERT_THRESHOLD, True),
        (Field.CREDIT_LIMIT, True),
        (Field.GIFT_GRANTED, True),
        (Field.LIMIT, True),
        (Field.SUBSCRIPTION_GRANTED, True),
        (Field.TOTAL_GRANTED, True),
        (Field.TOTAL_USED, True),
    )
}

FIGURES: Final = (
    _figure("spent_today", lambda figures: figures.spent_today),
    _figure("spent_yesterday", lambda figures: figures.spent_yesterday, enabled=False),
    _figure("spent_this_month", lambda figures: figures.spent_this_month),
    _figure("spent_last_month", lambda figures: figures.spent_last_month, enabled=False),
    _figure("last_top_up_amount", lambda figures: figures.last_top_up_amount),
    _figure(
        "last_top_up",
        lambda figures: figures.last_top_up,
        device_class=SensorDeviceClass.TIMESTAMP,
    ),
    _figure("run_out", lambda figures: figures.run_out, device_class=SensorDeviceClass.TIMESTAMP),
    replace(
        _figure("percent_left", lambda figures: figures.percent_left),
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        has_statistics=True,
    ),
    replace(
        _figure("spending_rate", lambda figures: figures.spending_rate),
        has_statistics=True,
        unit_suffix="/d",
    ),
)

# Descriptions of all sensors of an amount.
AMOUNT_KEYS: Final = frozenset(
    {str(field) for field in AMOUNTS}
    | {description.key for description in FIGURES if description.device_class is None}
)

DETAILS: Final = (
    ApiBalanceDetailEntityDescription(
        key=Field.RESET, translation_key="reset", device_class=SensorDeviceClass.TIMESTAMP
    ),
    ApiBalanceDetailEntityDescription(
        key=Field.PLAN, translation_key="plan", entity_category=EntityCategory.DIAGNOSTIC
    ),
    ApiBalanceDetailEntityDescription(
        key=Field.BILLING_TYPE,
        translation_key="billing_type",
        device_class=SensorDeviceClass.ENUM,
        options=["prepaid", "postpaid"],
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    ApiBalanceDetailEntityDescription(
        key=Field.PROVIDER_UPDATED,
        translation_key="provider_updated",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    # Personal data: only for those who ask for it.
    ApiBalanceDetailEntityDescription(
        key=Field.ACCOUNT_EMAIL,
        translation_key="account_email",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
)

STATUS: Final = SensorEntityDescription(
    key="status",
    translation_key="status",
    device_class=SensorDeviceClass.ENUM,
    options=STATUS_OPTIONS,
    entity_category=EntityCategory.DIAGNOSTIC,
)

LAST_POLL: Final = SensorEntityDescription(
    key="last_poll",
    translation_key="last_poll",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account and of each of its balances."""
    coordinator = entry.runtime_data
    fields = coordinator.provider.fields
    async_add_entities(
        [
            ApiBalanceStatusSensor(coordinator, STATUS),
            ApiBalanceLastPollSensor(coordinator, LAST_POLL),
            *(
                ApiBalanceDetailSensor(coordinator, description)
                for description in DETAILS
                if description.key in fields
            ),
        ]
    )
    amounts = [description for field, description in AMOUNTS.items() if field in fields]
    async_add_for_each_balance(
        entry,
        async_add_entities,
        lambda key: [
            ApiBalanceSensor(coordinator, description, key) for description in (*amounts, *FIGURES)
        ],
    )


class ApiBalanceSensor(ApiBalanceEntity, SensorEntity):
    """A sensor of one balance."""

    entity_description: ApiBalanceSensorEntityDescription

    @override
    def __init__(
        self,
        coordinator: ApiBalanceCoordinator,
        description: ApiBalanceSensorEntityDescription,
        key: str,
    ) -> None:
        """Choose unit, device class and precision for the balance's unit."""
        super().__init__(coordinator, description, key)
        self._is_reported = description.is_reported
        unit = self.balance.unit
        self._is_money = is_currency(unit) and description.native_unit_of_measurement is None
        if description.has_statistics:
            self._attr_state_class = SensorStateClass.MEASUREMENT
        if description.device_class is None and description.native_unit_of_measurement is None:
            self._attr_native_unit_of_measurement = f"{unit}{description.unit_suffix}"
            self._set_precision()
        # Home Assistant does not count an amount per day as money.
        if self._is_money and description.device_class is None and not description.unit_suffix:
            self._attr_device_class = SensorDeviceClass.MONETARY
            if description.has_statistics:
                # The only state class that Home Assistant allows for money.
                self._attr_state_class = SensorStateClass.TOTAL

    @property
    @override
    def state_value(self) -> Decimal | datetime | None:
        """Return the amount or time; None if it is unknown."""
        return self.entity_description.value_fn(self.balance)

    @property
    @override
    def native_value(self) -> Decimal | datetime | None:
        """Return the exact amount, or the time."""
        value = self.state_value
        return _PlainDecimal(value) if isinstance(value, Decimal) else value

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show more decimal places once the provider sends more."""
        if self._set_precision():
            self.async_registry_entry_updated()
        super()._handle_coordinator_update()

    def _set_precision(self) -> bool:
        """Show as many decimal places as the provider sends; return whether that has changed."""
        value, before = self.state_value, self.suggested_display_precision
        if not isinstance(value, Decimal) or self.entity_description.native_unit_of_measurement:
            return False
        places = max(0, -int(value.normalize().as_tuple().exponent))
        least = _MIN_PLACES if self._is_money else 0
        precision = max(least, min(places, _MAX_PLACES), before or 0)
        self._attr_suggested_display_precision = precision
        return precision != before


class ApiBalanceDetailSensor(ApiBalanceEntity, SensorEntity):
    """A time or a text that the provider reports."""

    entity_description: ApiBalanceDetailEntityDescription
    _is_reported = True

    @property
    @override
    def state_value(self) -> datetime | str | None:
        """Return the detail; None if it is unknown, or not among the options."""
        description = self.entity_description
        value = self.account.snapshot.details[description.key]
        return None if description.options and value not in description.options else value

    @property
    @override
    def native_value(self) -> datetime | str | None:
        """Return the detail."""
        return self.state_value


class ApiBalanceStatusSensor(ApiBalanceEntity, SensorEntity):
    """Whether the account can be read, and why not."""

    @property
    @override
    def state_value(self) -> str:
        """Return the status."""
        return self.account.status

    @property
    @override
    def native_value(self) -> str:
        """Return the status."""
        return self.state_value


class ApiBalanceLastPollSensor(ApiBalanceEntity, SensorEntity):
    """When the account was last polled successfully."""

    @property
    @override
    def state_value(self) -> datetime | None:
        """Return the time of the last successful poll."""
        return self.coordinator.last_success

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time of the last successful poll."""
        return self.state_value

    @override
    async def async_added_to_hass(self) -> None:
        """Update after every poll: an unchanged response does not notify the coordinator."""
        await super().async_added_to_hass()
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_POLLED, self._async_polled))

    @callback
    def _async_polled(self, entry_id: str) -> None:
        """Write the time."""
        if entry_id == self.coordinator.config_entry.entry_id:
            self._handle_coordinator_update()
