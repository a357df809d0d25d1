"""Amounts as a person reads them."""

from decimal import Decimal

import pytest

from custom_components.api_balance.api import amount_text


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
