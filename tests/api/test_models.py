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
)


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
