"""The closed set of fields, and what a snapshot says about an account."""

from decimal import Decimal

import pytest

from custom_components.api_balance.api import (
    AMOUNTS,
    FLAGS,
    TEXTS,
    TIMES,
    AccountSnapshot,
    Balance,
    Field,
    amount_text,
)


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        ("1000", "credits", "1000 credits"),
        ("1E+3", "credits", "1000 credits"),
        ("10.5", "credits", "10.5 credits"),
        ("80.50", "credits", "80.5 credits"),
        ("0", "credits", "0 credits"),
        ("-0.5", "credits", "-0.5 credits"),
        ("14.4500", "USD", "14.45 USD"),
        ("12.5", "USD", "12.50 USD"),
        ("3", "USD", "3.00 USD"),
        ("0.0001", "USD", "0.0001 USD"),
        ("0.000000000001", "USD", "0.000000000001 USD"),
        ("999999999999999.000000000001", "USD", "999999999999999.000000000001 USD"),
    ],
)
def test_amount_text(amount: str, unit: str, text: str) -> None:
    """Exact, without an exponent, and money with its cents."""
    assert amount_text(Decimal(amount), unit) == text


def test_each_field_has_one_type() -> None:
    """A field is an amount, a flag, a time or a text, and its value is its lower-case name."""
    kinds = (AMOUNTS, FLAGS, TIMES, TEXTS)
    assert sum(len(kind) for kind in kinds) == len(Field)
    assert frozenset().union(*kinds) == set(Field)
    assert all(field.value == field.name.lower() for field in Field)
    assert {Field.BALANCE, Field.USED, Field.PENDING} <= AMOUNTS


def test_balances_by_key() -> None:
    """A balance is found by its key, whatever its unit is."""
    email = Balance(key="email", unit="credits", amounts={Field.BALANCE: Decimal(5)})
    sms = Balance(key="sms", unit="credits", amounts={Field.BALANCE: Decimal(7)})
    snapshot = AccountSnapshot(balances=(email, sms))
    assert snapshot.balance("sms") is sms
    assert snapshot.balance("credits") is None
    only = AccountSnapshot.of("USD", {Field.BALANCE: None})
    assert only.balance("USD") == Balance(key="USD", unit="USD", amounts={Field.BALANCE: None})


@pytest.mark.parametrize(
    ("enabled", "low", "alarmed"),
    [
        (True, True, True),
        (True, False, False),
        (False, True, False),
        (True, None, False),
        (None, True, False),
    ],
)
def test_alarmed(enabled: bool | None, low: bool | None, alarmed: bool) -> None:  # noqa: FBT001
    """The provider's alert counts only while it is enabled, and only if both are known."""
    flags = {Field.ALERT_ENABLED: enabled, Field.PROVIDER_LOW_BALANCE: low}
    assert AccountSnapshot.of("USD", {}, flags).alarmed is alarmed


def test_not_alarmed_without_flags() -> None:
    """Most providers have no alert."""
    assert AccountSnapshot.of("USD", {}).alarmed is False
    assert AccountSnapshot.of("USD", {}, {Field.PROVIDER_LOW_BALANCE: True}).alarmed is False
