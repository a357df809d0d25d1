"""Add an account: choose a provider, enter credentials and a threshold."""

from decimal import Decimal
from typing import Final
from unittest.mock import patch

import pytest

from custom_components.api_balance.api import (
    AccountSnapshot,
    ApiError,
    AuthenticationError,
    Balance,
    CertificateError,
    Client,
    Field,
    ServiceUnavailableError,
    UnexpectedResponseError,
)
from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import PROVIDERS
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ..common import Providers, entry_state, get_state, set_up
from .common import add_corrected, choose_provider, is_collapsed, submit, suggested_values

# The balance in the example of each provider's documentation.
BALANCES: Final = {
    "crun": "1,000 credits",
    "deepseek": "110.00 CNY",
    "engagelab_otp": "124.45 USD",
    "lensmor": "30,050 credits",
    "lumenfall": "12.50 USD",
    "lunos": "10.5 credits",
}
ERRORS: Final = (
    ("lunos", "invalid_key", "invalid_auth"),
    ("lunos", "expired_key", "invalid_auth"),
    ("engagelab_otp", "permission_denied", "permission_denied"),
    ("engagelab_otp", "disabled", "account_disabled"),
    ("lensmor", "rate_limited", "rate_limited"),
    ("crun", "insufficient", "no_credits"),
    # With a base URL, the address may be wrong.
    ("crun", "maintenance", "cannot_connect_base_url"),
    ("lumenfall", "malformed", "unexpected_response_base_url"),
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
    entry, unit = result["result"], BALANCES[slug].split()[1]
    assert entry.title == next(each.name for each in PROVIDERS if each.slug == slug)
    assert entry.data == {
        "provider": slug,
        "base_url": providers.base_url(slug),
        "main_balance": unit,
        **providers.credentials(slug),
    }
    assert entry.options == {"low_balance_threshold": {unit: "5.0"}}
    assert entry_state(entry) is ConfigEntryState.LOADED
    # The second request is from the setup.
    assert providers.calls == 2


async def test_threshold_of_the_provider(hass: HomeAssistant, providers: Providers) -> None:
    """The provider's own threshold is suggested; a threshold is optional."""
    flow_id = await choose_provider(hass, "lunos")
    result = await submit(hass, flow_id, providers.form("lunos"))
    assert suggested_values(result) == {"name": "Lunos", "low_balance_threshold": 1.0}
    result = await submit(hass, flow_id, {})
    assert result["result"].options == {}
    assert get_state(hass, "number.lunos_alert_below") == "0"


@pytest.mark.parametrize(
    ("balance", "alert", "expected"),
    [
        # The provider's own threshold, if the form accepts it.
        ("5", "2", 2.0),
        ("5", "1e12", 0.5),
        ("5", "-1", 0.5),
        # About a tenth of the balance.
        ("1234", None, 100.0),
        ("0.0187", None, 0.002),
        ("1e15", None, 1e9),
        ("0", None, None),
        ("-5", None, None),
    ],
)
async def test_suggested_threshold(
    hass: HomeAssistant, providers: Providers, balance: str, alert: str | None, expected: float
) -> None:
    """A threshold is suggested that the form accepts."""
    flow_id = await choose_provider(hass, "lunos")
    amounts = {
        Field.BALANCE: Decimal(balance),
        Field.ALERT_THRESHOLD: None if alert is None else Decimal(alert),
    }
    with patch.object(Client, "read", return_value=AccountSnapshot.of("credits", amounts)):
        result = await submit(hass, flow_id, providers.form("lunos"))
    suggestion = suggested_values(result)
    assert suggestion.get("low_balance_threshold") == expected


async def test_name(hass: HomeAssistant, providers: Providers) -> None:
    """The user's own name is the title, and the name of the device."""
    flow_id = await choose_provider(hass, "lunos")
    await submit(hass, flow_id, providers.form("lunos"))
    result = await submit(hass, flow_id, {"name": " Bot "})
    assert result["title"] == "Bot"
    assert get_state(hass, "sensor.bot_balance") == "10.5"


async def test_several_balances(hass: HomeAssistant, providers: Providers) -> None:
    """The form is about the first balance that is not empty, which is kept as the main one."""
    flow_id = await choose_provider(hass, "lumenfall")
    balances = tuple(
        Balance(key=unit, unit=unit, amounts={Field.BALANCE: Decimal(amount)})
        for unit, amount in (("CNY", "0.00"), ("USD", "12.50"), ("EUR", "3"))
    )
    snapshot = AccountSnapshot(balances=balances, details={Field.BILLING_TYPE: "prepaid"})
    with patch.object(Client, "read", return_value=snapshot):
        result = await submit(hass, flow_id, providers.form("lumenfall"))
        assert (result["description_placeholders"] or {})["balance"] == "12.50 USD"
        result = await submit(hass, flow_id, {"low_balance_threshold": 5})
    assert result["result"].options == {"low_balance_threshold": {"USD": "5.0"}}
    assert result["result"].data["main_balance"] == "USD"


async def test_unknown_balance(hass: HomeAssistant, providers: Providers) -> None:
    """An account whose balance is unknown can be added."""
    flow_id = await choose_provider(hass, "lumenfall")
    result = await submit(hass, flow_id, providers.form("lumenfall", "postpaid"))
    assert result["step_id"] == "no_balance"
    result = await submit(hass, flow_id, {"low_balance_threshold": 5})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert get_state(hass, "number.lumenfall_alert_below") == "5"


@pytest.mark.parametrize(("slug", "scenario", "error"), ERRORS)
async def test_errors(
    hass: HomeAssistant, providers: Providers, slug: str, scenario: str, error: str
) -> None:
    """The form shows the error, keeps everything that was entered, and can be corrected."""
    flow_id = await choose_provider(hass, slug)
    result = await submit(hass, flow_id, providers.form(slug, scenario))
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "credentials"
    assert result["errors"] == {"base": error}
    assert suggested_values(result) == providers.form(slug, scenario)
    assert not is_collapsed(result)
    await add_corrected(hass, providers, flow_id, slug)


async def test_connection_refused(
    hass: HomeAssistant, providers: Providers, refused_url: str
) -> None:
    """A refused connection is not an unexpected response."""
    flow_id = await choose_provider(hass, "lunos")
    form = providers.form("lunos") | {"advanced": {"base_url": refused_url}}
    result = await submit(hass, flow_id, form)
    assert result["errors"] == {"base": "cannot_connect_base_url"}
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
@pytest.mark.parametrize(
    ("error", "key"),
    [
        (AuthenticationError, "invalid_auth"),
        (CertificateError, "invalid_certificate"),
        (ServiceUnavailableError, "cannot_connect"),
        (UnexpectedResponseError, "unexpected_response"),
    ],
)
async def test_default_base_url(
    hass: HomeAssistant,
    providers: Providers,
    advanced: dict[str, str],
    error: type[ApiError],
    key: str,
) -> None:
    """Without a base URL, the request is sent to the provider itself, and no address is wrong."""
    flow_id = await choose_provider(hass, "lunos")
    urls: list[str] = []

    async def read(client: Client) -> None:
        urls.append(str(client._base_url))
        raise error(reason="")

    form = {**providers.credentials("lunos"), "advanced": advanced}
    with patch.object(Client, "read", read):
        result = await submit(hass, flow_id, form)
    assert result["errors"] == {"base": key}
    assert urls == ["https://api.lunos.tech"]


async def test_certificate_at_a_base_url(hass: HomeAssistant, providers: Providers) -> None:
    """A certificate that cannot be verified at the user's own address has an error of its own."""
    flow_id = await choose_provider(hass, "lunos")
    with patch.object(Client, "read", side_effect=CertificateError("")):
        result = await submit(hass, flow_id, providers.form("lunos"))
    assert result["errors"] == {"base": "invalid_certificate_base_url"}


@pytest.mark.parametrize("host", ["https://api.moonshot.ai", "https://api.moonshot.cn"])
async def test_host(hass: HomeAssistant, providers: Providers, host: str) -> None:
    """The region is chosen where a provider has several, and the key is sent only there."""
    flow_id = await choose_provider(hass, "moonshot")
    hosts: list[str] = []

    async def read(client: Client) -> AccountSnapshot:
        hosts.append(str(client._base_url))
        unit = "CNY" if host.endswith(".cn") else "USD"
        return AccountSnapshot.of(unit, {Field.BALANCE: Decimal(20)})

    form = {**providers.credentials("moonshot"), "host": host, "advanced": {}}
    with patch.object(Client, "read", read):
        await submit(hass, flow_id, form)
        result = await submit(hass, flow_id, {})
    assert result["result"].data["host"] == host
    assert set(hosts) == {host}


async def test_id_that_the_path_needs(hass: HomeAssistant, providers: Providers) -> None:
    """Some providers are asked for an ID first, which is kept."""
    flow_id = await choose_provider(hass, "deepgram")
    await submit(hass, flow_id, providers.form("deepgram"))
    result = await submit(hass, flow_id, {})
    assert result["result"].data["project_id"] == "123456a7-8b9c-4d0e-a1f2-3b4c5d6e7f80"
    assert get_state(hass, "sensor.deepgram_balance") == "187.25"


@pytest.mark.parametrize("entered", ["Moonshot", "kimi", " LUNOS ", "lunos"])
async def test_provider_by_another_name(hass: HomeAssistant, entered: str) -> None:
    """A provider is found by its slug, name or other names, in any case."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await submit(hass, result["flow_id"], {"provider": entered})
    assert result["step_id"] == "credentials"


@pytest.mark.parametrize("entered", [{}, {"provider": ""}, {"provider": "nobody"}])
async def test_unknown_provider(hass: HomeAssistant, entered: dict[str, str]) -> None:
    """An unknown name has an error at its field, and can be corrected."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await submit(hass, result["flow_id"], entered)
    assert result["errors"] == {"provider": "unknown_provider"}
    result = await submit(hass, result["flow_id"], {"provider": "lunos"})
    assert result["step_id"] == "credentials"


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
        flow_id = await choose_provider(hass, "crun")
        await submit(hass, flow_id, providers.form("crun", scenario))
        result = await submit(hass, flow_id, {})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        titles.append(result["title"])
    assert titles == ["Crun.ai", "Crun.ai 2", "Crun.ai 3"]
