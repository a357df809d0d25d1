"""Gateways: what the entry's data says about the provider."""

from decimal import Decimal

import pytest

from custom_components.api_balance.api import Field, JsonObject, Provider
from custom_components.api_balance.providers import PROVIDERS, load, provider_of

GATEWAYS = [provider for provider in PROVIDERS if provider.self_hosted]
QUOTA = JsonObject.from_bytes(
    b'{"data": {"total_available": 1500, "total_granted": 2000, "total_used": 500}}'
)


def test_self_hosted() -> None:
    """The user supplies the address of every gateway."""
    assert [provider.slug for provider in GATEWAYS] == [
        *("litellm", "new_api", "new_api_account", "sub2api")
    ]


@pytest.mark.parametrize("provider", GATEWAYS, ids=lambda provider: provider.slug)
def test_console(provider: Provider) -> None:
    """An account is managed at the user's own address."""
    data = {"provider": provider.slug, "base_url": "http://nas.local:3000"}
    found = provider_of(data)
    assert found is not None
    assert found.console_url == "http://nas.local:3000"


@pytest.mark.parametrize(
    ("units", "balance"),
    [
        ("100", "15"),
        ("500000", "0.003"),
        ("0.5", "3000"),
        # The default for a gateway that reports nothing that makes sense.
        ("0", "0.003"),
        ("-1", "0.003"),
        ("abc", "0.003"),
        (None, "0.003"),
    ],
)
def test_quota_units(units: str | None, balance: str) -> None:
    """The operator decides how many quota units are a dollar; setup asks the gateway."""
    provider = provider_of({"provider": "new_api", "quota_per_unit": units})
    assert provider is not None
    amounts = provider.parse(QUOTA).balances[0].amounts
    assert amounts[Field.BALANCE] == Decimal(balance)
    assert amounts[Field.TOTAL_GRANTED] == Decimal(balance) * 4 / 3
    assert amounts[Field.TOTAL_USED] == Decimal(balance) / 3


def test_quota_units_of_an_account() -> None:
    """The same applies to the balance of a user."""
    provider = provider_of({"provider": "new_api_account", "quota_per_unit": "100"})
    assert provider is not None
    body = JsonObject.from_bytes(b'{"success": true, "data": {"quota": 1500, "used_quota": 500}}')
    assert provider.parse(body).balances[0].amounts == {Field.BALANCE: 15, Field.TOTAL_USED: 5}
    assert load("new_api_account").parse(body).balances[0].amounts[Field.BALANCE] == Decimal(
        "0.003"
    )
