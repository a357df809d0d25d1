"""Add an own endpoint over real HTTP."""

from typing import Any, Final

import pytest

from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..common import entry_state, get_state
from .conftest import KEY, Endpoint, Flow, add

STORED: Final = {
    "path": "/v1/credits",
    "query": {"org": "1"},
    "headers": {},
    "auth": "header",
    "auth_name": "X-API-Key",
    "balance": "data.credits.balance",
    "unit_path": "data.credits.currency",
    "reset": "data.reset_at",
    "reset_format": "iso",
    "types": {"balance": "number", "reset": "text"},
}
RESET: Final = "data.reset_at: 11/30/2026, 16:00"


async def choose_balance(flow: Flow, endpoint: Endpoint) -> None:
    """Go through the flow to its last form."""
    await flow.submit(name=" Acme ", address=f"{endpoint.url}?org=1")
    await flow.submit(auth="header", auth_name="X-API-Key", api_key=f" Authorization: {KEY} ")
    await flow.submit(**{**flow.suggested, "advanced": {"reset": RESET}})


async def test_forms(flow: Flow, endpoint: Endpoint) -> None:
    """The numbers of one response are listed; the last form shows the balance."""
    await flow.submit(name=" Acme ", address=f"{endpoint.url}?org=1")
    assert flow.shown == ("custom_key", {})
    assert flow.placeholders == {"provider": "Acme"}
    await flow.submit(auth="header", auth_name="X-API-Key", api_key=KEY)
    assert flow.shown == ("custom_balance", {})
    assert flow.options["balance"] == flow.options["minus"]
    assert flow.options["balance"] == [
        *("data.credits.balance: 12.5", "data.limit: 20", "data.used: 7.50")
    ]
    assert flow.options["unit"] == ["USD (data.credits.currency)", "credits", "USD", "EUR"]
    assert flow.options["reset"] == [RESET]
    assert flow.suggested["balance"] == "data.credits.balance: 12.5"
    assert flow.suggested["unit"] == "USD (data.credits.currency)"
    await flow.submit(**{**flow.suggested, "advanced": {"reset": RESET}})
    assert flow.shown == ("custom_confirm", {})
    assert flow.placeholders == {
        "provider": "Acme",
        "balance": "12.50 USD",
        "reset": "11/30/2026, 16:00",
    }
    assert flow.suggested == {"low_balance_threshold": 1.0}
    assert len(endpoint.requests) == 1


async def test_entry(flow: Flow, endpoint: Endpoint) -> None:
    """The endpoint is stored as a description, and the key once."""
    await choose_balance(flow, endpoint)
    result = await flow.submit(low_balance_threshold=5, choose_again=False)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "Acme"
    assert entry.options == {"low_balance_threshold": {"USD": "5.0"}}
    assert entry.data == {
        "provider": "custom",
        "name": "Acme",
        "base_url": endpoint.url.removesuffix("/v1/credits"),
        "api_key": KEY,
        "main_balance": "USD",
        "endpoint": STORED,
    }


async def test_account(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """The account is like any other, and the key is sent in one place."""
    await choose_balance(flow, endpoint)
    entry = (await flow.submit(choose_again=False))["result"]
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert get_state(hass, "sensor.acme_balance") == "12.5"
    reset = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{entry.entry_id}_reset")
    assert get_state(hass, reset or "") == "2026-12-01T00:00:00+00:00"
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert device.manufacturer == "Acme"
    assert device.configuration_url == entry.data["base_url"]
    assert len(endpoint.requests) == 2
    for request in endpoint.requests:
        assert (request.method, str(request.rel_url)) == ("GET", "/v1/credits?org=1")
        assert request.headers["X-API-Key"] == KEY
        assert str(request.headers).count(KEY) == 1


@pytest.mark.parametrize(
    ("options", "auth"),
    [
        (f"-H 'x-api-key: {KEY}'", ("header", "x-api-key")),
        (f"-H 'Authorization: Token {KEY}'", ("header", "Authorization: Token")),
        (f"-H 'Authorization: Bearer {KEY}'", ("bearer", "")),
        (f"-u user:{KEY}", ("basic", "")),
        (f"-u {KEY}:", ("basic", "")),
    ],
)
async def test_command(
    hass: HomeAssistant, flow: Flow, endpoint: Endpoint, options: str, auth: tuple[str, str]
) -> None:
    """A complete curl command needs no further details."""
    await flow.submit(name="Acme", address=f"curl '{endpoint.url}' -H 'X-Version: 2' {options}")
    assert flow.shown == ("custom_balance", {})
    await flow.submit(balance="data.limit", unit="credits", advanced={})
    assert flow.placeholders["balance"] == "20 credits"
    assert flow.placeholders["reset"] == "—"
    entry = (await flow.submit(choose_again=False))["result"]
    stored: dict[str, Any] = entry.data["endpoint"]
    assert (stored["auth"], stored["auth_name"]) == auth
    assert stored["headers"] == {"X-Version": "2"}
    assert entry.data["api_key"] == KEY
    assert str(entry.data).count(KEY) == 1
    assert get_state(hass, "sensor.acme_balance") == "20"
    assert endpoint.requests[-1].headers["X-Version"] == "2"


async def test_key_in_the_url(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """A key in the URL is stored as the secret, and sent where it was."""
    await flow.submit(name="Acme", address=f"{endpoint.url}?a=1&token={KEY}")
    assert flow.shown == ("custom_balance", {})
    await flow.submit(balance="data.limit", unit="credits", advanced={})
    entry = (await flow.submit(choose_again=False))["result"]
    assert str(entry.data).count(KEY) == 1
    assert entry.data["api_key"] == KEY
    assert entry.data["endpoint"]["query"] == {"a": "1"}
    assert str(endpoint.requests[-1].rel_url) == f"/v1/credits?a=1&token={KEY}"


async def test_incomplete_command(flow: Flow, endpoint: Endpoint) -> None:
    """Only the key is asked for if the command has a placeholder."""
    await flow.submit(name="Acme", address=f"curl {endpoint.url} -H 'x-api-key: YOUR_KEY'")
    assert flow.shown == ("custom_key", {})
    assert flow.suggested["auth"] == "header"
    assert flow.suggested["auth_name"] == "x-api-key"
    assert not endpoint.requests


async def test_without_authentication(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """A public endpoint needs no key."""
    endpoint.response = b"12.34"
    await flow.submit(name="Public", address=endpoint.url)
    await flow.submit(auth="none")
    assert flow.options["balance"] == ["12.34"]
    assert "reset" not in flow.options
    await flow.submit(balance="12.34", unit=" usd ", advanced={})
    assert flow.placeholders["balance"] == "12.34 USD"
    entry = (await flow.submit(choose_again=False))["result"]
    assert "api_key" not in entry.data
    assert entry.data["endpoint"]["balance"] == ""
    assert get_state(hass, "sensor.public_balance") == "12.34"


@pytest.mark.parametrize(
    ("advanced", "balance"),
    [
        ({"minus": "data.used"}, "12.50 USD"),
        ({"divisor": " 100 "}, "0.20 USD"),
        ({"divisor": "-2"}, "-10.00 USD"),
        ({"divisor": "1e3", "minus": "data.used"}, "0.0125 USD"),
        ({"divisor": "0.5"}, "40.00 USD"),
    ],
)
async def test_calculation(
    flow: Flow, endpoint: Endpoint, advanced: dict[str, str], balance: str
) -> None:
    """The last form shows the balance exactly as it will be displayed."""
    await flow.submit(name="Acme", address=endpoint.url)
    await flow.submit(auth="bearer", api_key=KEY)
    await flow.submit(balance="data.limit", unit="USD", advanced=advanced)
    assert flow.placeholders["balance"] == balance


async def test_choose_again(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """Going back shows what was chosen, and needs no other request."""
    await flow.submit(name="Acme", address=endpoint.url)
    await flow.submit(auth="bearer", api_key=KEY)
    wrong = {"balance": "data.limit: 20", "unit": "EUR", "advanced": {"minus": "data.used"}}
    await flow.submit(**wrong)
    assert flow.placeholders["balance"] == "12.50 EUR"
    await flow.submit(choose_again=True)
    assert flow.shown == ("custom_balance", {})
    assert flow.suggested == wrong
    await flow.submit(balance="data.used", unit="points", advanced={})
    assert flow.placeholders["balance"] == "7.5 points"
    entry = (await flow.submit(choose_again=False))["result"]
    assert "minus" not in entry.data["endpoint"]
    assert get_state(hass, "sensor.acme_balance") == "7.50"
    assert len(endpoint.requests) == 2


async def test_same_endpoint_twice(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """The same balance cannot be added twice; another one of the same response can."""
    await add(flow, endpoint)
    for path, kind in (
        ("data.credits.balance", FlowResultType.ABORT),
        ("data.limit", "create_entry"),
    ):
        result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
        again = Flow(hass, result)
        await again.submit(provider="custom")
        await again.submit(name="Acme", address=endpoint.url)
        await again.submit(auth="header", auth_name="x-api-key", api_key=KEY)
        await again.submit(balance=path, unit="USD (data.credits.currency)", advanced={})
        result = await again.submit(choose_again=False)
        assert result["type"] == kind
