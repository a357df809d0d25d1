"""Descriptions of all sensors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import PERCENTAGE, EntityCategory

from .account import STATUS_OK, BalanceData
from .api import Field
from .ledger import Figures

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


def _amount(field: Field, *, is_secondary: bool = False) -> ApiBalanceSensorEntityDescription:
    """Return the description of an amount that a provider reports."""
    return ApiBalanceSensorEntityDescription(
        key=field,
        translation_key=field,
        entity_category=EntityCategory.DIAGNOSTIC if is_secondary else None,
        value_fn=lambda balance: balance.amounts.get(field),
        is_reported=True,
        # Statistics cost the recorder more than anything else, and the ledger writes those of the
        # spending: of all amounts, only the balance has some.
        has_statistics=field is Field.BALANCE,
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
    ),
    replace(
        _figure("spending_rate", lambda figures: figures.spending_rate),
        unit_suffix="/d",
    ),
)

# Descriptions of all sensors of an amount.
AMOUNT_KEYS: Final = frozenset(
    {str(field) for field in AMOUNTS}
    | {description.key for description in FIGURES if description.device_class is None}
)

DETAILS: Final = (
    SensorEntityDescription(
        key=Field.RESET, translation_key="reset", device_class=SensorDeviceClass.TIMESTAMP
    ),
    SensorEntityDescription(
        key=Field.PLAN, translation_key="plan", entity_category=EntityCategory.DIAGNOSTIC
    ),
    SensorEntityDescription(
        key=Field.BILLING_TYPE,
        translation_key="billing_type",
        device_class=SensorDeviceClass.ENUM,
        options=["prepaid", "postpaid"],
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    SensorEntityDescription(
        key=Field.PROVIDER_UPDATED,
        translation_key="provider_updated",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    # Personal data: only for those who ask for it.
    SensorEntityDescription(
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
