"""Add an account: choose a provider, enter credentials and a threshold."""

from decimal import Decimal
from typing import Final
from unittest.mock import patch

import pytest

from custom_components.api_balance.api import (
    AccountSnapshot,
    AuthenticationError,
    Balance,
    Client,
    Field,
)
from custom_components.api_balance.providers import PROVIDERS
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ..common import Providers, entry_state, get_state, set_up
from .common import add_corrected, choose_provider, is_collapsed, submit, suggested_values

# The balance in the example of each provider's documentation.
BALANCES: Final = {
    "crun": "1000 credits",
    "engagelab_otp": "124.45 USD",
    "lensmor": "30050 credits",
    "lumenfall": "12.50 USD",
    "lunos": "10.5 credits",
}
ERRORS: Final = (
    ("lunos", "invalid_key", "invalid_auth"),
    ("lunos", "expired_key", "invalid_auth"),
    ("engagelab_otp", "permission_denied", "permission_denied"),
    ("engagelab_otp", "disabled", "account_disabled"),
    ("lensmor", "rate_limited", "rate_limited"),
    ("crun", "maintenance", "cannot_connect"),
    ("lumenfall", "malformed", "unexpected_response"),
)


@pytest.mark.parametrize("slug", BALANCES)
async def test_add_account(hass: HomeAssistant, providers: Providers, slug: str) -> None:
    """An account of each provider is added with one request."""
    flow_id = await choose_provider(hass, slug)
    result = await submit(hass, flow_id, providers.form(slug))
    assert result["step_id"] == "low_balance"
    assert (result["description_placeholders"] or {})["balance"] == BALANCES[slug]
    assert providers.calls == 1

    result = await submit(hass, flow_id, {"low_balance_threshold": 5})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == next(each.name for each in PROVIDERS if each.slug == slug)
    assert entry.data == {
        "provider": slug,
        "base_url": providers.base_url(slug),
        **providers.credentials(slug),
    }
    unit = BALANCES[slug].split()[1]
    assert entry.options == {"low_balance_threshold": {unit: "5.0"}}
    assert entry_state(entry) is ConfigEntryState.LOADED
    # The second request is from the setup.
    assert providers.calls == 2


async def test_threshold_of_the_provider(hass: HomeAssistant, providers: Providers) -> None:
    """The provider's own threshold is suggested; a threshold is optional."""
    flow_id = await choose_provider(hass, "lunos")
    result = await submit(hass, flow_id, providers.form("lunos"))
    assert suggested_values(result) == {"low_balance_threshold": 1.0}
    result = await submit(hass, flow_id, {})
    assert result["result"].options == {}
    assert get_state(hass, "number.lunos_low_balance_threshold") == "0"


async def test_no_threshold_of_the_provider(hass: HomeAssistant, providers: Providers) -> None:
    """Without a threshold of the provider nothing is suggested."""
    flow_id = await choose_provider(hass, "crun")
    result = await submit(hass, flow_id, providers.form("crun"))
    assert suggested_values(result) == {}


@pytest.mark.parametrize("threshold", ["1e12", "-1"])
async def test_threshold_of_the_provider_out_of_range(
    hass: HomeAssistant, providers: Providers, threshold: str
) -> None:
    """A threshold that the form would refuse is not suggested."""
    flow_id = await choose_provider(hass, "lunos")
    amounts = {Field.BALANCE: Decimal(5), Field.ALERT_THRESHOLD: Decimal(threshold)}
    with patch.object(Client, "read", return_value=AccountSnapshot.of("credits", amounts)):
        result = await submit(hass, flow_id, providers.form("lunos"))
    assert suggested_values(result) == {}


async def test_several_balances(hass: HomeAssistant, providers: Providers) -> None:
    """The form is about the main balance of an account with several balances."""
    flow_id = await choose_provider(hass, "lumenfall")
    balances = tuple(
        Balance(key=unit, unit=unit, amounts={Field.BALANCE: Decimal(amount)})
        for unit, amount in (("USD", "12.50"), ("EUR", "3"))
    )
    snapshot = AccountSnapshot(balances=balances, details={Field.BILLING_TYPE: "prepaid"})
    with patch.object(Client, "read", return_value=snapshot):
        result = await submit(hass, flow_id, providers.form("lumenfall"))
        assert (result["description_placeholders"] or {})["balance"] == "12.50 USD"
        result = await submit(hass, flow_id, {"low_balance_threshold": 5})
    assert result["result"].options == {"low_balance_threshold": {"USD": "5.0"}}


async def test_unknown_balance(hass: HomeAssistant, providers: Providers) -> None:
    """An account whose balance is unknown can be added."""
    flow_id = await choose_provider(hass, "lumenfall")
    result = await submit(hass, flow_id, providers.form("lumenfall", "postpaid"))
    assert (result["description_placeholders"] or {})["balance"] == "—"


@pytest.mark.parametrize(("slug", "scenario", "error"), ERRORS)
async def test_errors(
    hass: HomeAssistant, providers: Providers, slug: str, scenario: str, error: str
) -> None:
    """The form shows the error, keeps what is not secret, and can be corrected."""
    flow_id = await choose_provider(hass, slug)
    result = await submit(hass, flow_id, providers.form(slug, scenario))
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "credentials"
    assert result["errors"] == {"base": error}
    assert suggested_values(result) == {"advanced": {"base_url": providers.base_url(slug)}}
    assert not is_collapsed(result)
    await add_corrected(hass, providers, flow_id, slug)


async def test_connection_refused(
    hass: HomeAssistant, providers: Providers, refused_url: str
) -> None:
    """A refused connection is not an unexpected response."""
    flow_id = await choose_provider(hass, "lunos")
    form = providers.form("lunos") | {"advanced": {"base_url": refused_url}}
    result = await submit(hass, flow_id, form)
    assert result["errors"] == {"base": "cannot_connect"}
    await add_corrected(hass, providers, flow_id, "lunos")


@pytest.mark.expects_traceback("Unexpected error while reading a balance of Lunos")
async def test_unknown_error(hass: HomeAssistant, providers: Providers) -> None:
    """An error in the integration is logged and shown, and the form can be submitted again."""
    flow_id = await choose_provider(hass, "lunos")
    with patch.object(Client, "read", side_effect=ZeroDivisionError):
        result = await submit(hass, flow_id, providers.form("lunos"))
    assert result["errors"] == {"base": "unknown"}
    await add_corrected(hass, providers, flow_id, "lunos")


@pytest.mark.parametrize("advanced", [{}, {"base_url": ""}, {"base_url": " \t"}])
async def test_default_base_url(
    hass: HomeAssistant, providers: Providers, advanced: dict[str, str]
) -> None:
    """Without a base URL, the request is sent to the provider itself."""
    flow_id = await choose_provider(hass, "lunos")
    urls: list[str] = []

    async def read(client: Client) -> None:
        urls.append(str(client._url))
        raise AuthenticationError(reason="")

    form = {**providers.credentials("lunos"), "advanced": advanced}
    with patch.object(Client, "read", read):
        result = await submit(hass, flow_id, form)
    assert result["errors"] == {"base": "invalid_auth"}
    assert urls == ["https://api.lunos.tech/v1/balance"]


async def test_same_account_twice(hass: HomeAssistant, providers: Providers) -> None:
    """The same credentials are the same account, even with another base URL."""
    await set_up(hass, providers.entry("lunos"))
    flow_id = await choose_provider(hass, "lunos")
    form = {**providers.credentials("lunos"), "advanced": {}}
    result = await submit(hass, flow_id, form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_titles(hass: HomeAssistant, providers: Providers) -> None:
    """The accounts of one provider are numbered."""
    titles = []
    for scenario in ("active", "low", "empty"):
        flow_id = await choose_provider(hass, "lunos")
        await submit(hass, flow_id, providers.form("lunos", scenario))
        result = await submit(hass, flow_id, {})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        titles.append(result["title"])
    assert titles == ["Lunos", "Lunos 2", "Lunos 3"]
