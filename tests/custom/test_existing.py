"""Reconfigure and reauthenticate an own endpoint; its history continues."""

from decimal import Decimal
from typing import Any

from aiohttp import web
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowContext,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er

from ..common import Clock, entry_state, get_issues, get_state
from .conftest import KEY, Endpoint, Flow, add

pytestmark = pytest.mark.usefixtures("quick_confirmation")


@pytest.fixture
def quick_confirmation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send the request that confirms a reading during setup without a delay."""
    path = "custom_components.api_balance.coordinator.CONFIRMATION_DELAY_WHILE_WAITING"
    monkeypatch.setattr(path, 0)


async def reconfigure(hass: HomeAssistant, entry: ConfigEntry) -> Flow:
    """Start to reconfigure an account."""
    context = ConfigFlowContext(source=SOURCE_RECONFIGURE, entry_id=entry.entry_id)
    return Flow(hass, await hass.config_entries.flow.async_init(DOMAIN, context=context))


async def finish(flow: Flow, **confirmed: object) -> None:
    """Submit the last form."""
    result = await flow.submit(**{"choose_again": False, "auto_top_up": False, **confirmed})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"


async def test_everything_is_shown(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """All settings are shown but the key, which stays if nothing is entered."""
    await flow.submit(name="Acme", address=f"{endpoint.url}?org=a%20b")
    await flow.submit(auth="basic", identifier="user", api_key=KEY)
    reset = "data.reset_at: 11/30/2026, 16:00"
    advanced = {"minus": "data.used: 7.50", "divisor": "2", "reset": reset}
    await flow.submit(balance="data.limit: 20", unit="points", advanced=advanced)
    entry: ConfigEntry = (await flow.submit(choose_again=False))["result"]
    before = dict(entry.data)

    again = await reconfigure(hass, entry)
    assert again.suggested == {"name": "Acme", "address": f"{endpoint.url}?org=a+b"}
    await again.submit(**again.suggested)
    assert again.suggested == {"auth": "basic", "auth_name": "", "identifier": "user"}
    await again.submit(**again.suggested)
    assert again.suggested == {"balance": "data.limit: 20", "unit": "points", "advanced": advanced}
    await again.submit(**again.suggested)
    assert again.placeholders["balance"] == "6.25 points"
    await finish(again, auto_top_up=True, low_balance_threshold=2)
    assert entry.data == before
    assert entry.options == {"auto_top_up": True, "low_balance_threshold": {"points": "2.0"}}
    assert entry_state(entry) is ConfigEntryState.LOADED


async def test_change_everything(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """The name, the address, the key and the balance can be changed."""
    entry = await add(flow, endpoint)
    again = await reconfigure(hass, entry)
    await again.submit(name="Other", address=f"{endpoint.url}/2?org=1")
    await again.submit(auth="query", auth_name="token", api_key="other_key")
    await again.submit(balance="data.limit", unit="USD", advanced={})
    await finish(again)
    assert entry.title == "Other"
    assert entry.data["name"] == "Other"
    assert entry.data["endpoint"]["path"] == "/v1/credits/2"
    assert KEY not in str(entry.data)
    assert str(endpoint.requests[-1].rel_url) == "/v1/credits/2?org=1&token=other_key"
    assert get_state(hass, "sensor.acme_balance") == "20"


async def test_headers(
    hass: HomeAssistant, flow: Flow, endpoint: Endpoint, elsewhere: Endpoint
) -> None:
    """The headers of a curl command stay with the address, and do not go to another one."""
    command = f"curl {endpoint.url} -H 'X-Version: 2' -H 'x-api-key: {KEY}'"
    await flow.submit(name="Acme", address=command)
    await flow.submit(balance="data.limit", unit="credits", advanced={})
    entry: ConfigEntry = (await flow.submit(choose_again=False))["result"]
    again = await reconfigure(hass, entry)
    await again.submit(name="Acme", address=f"{endpoint.url}/2")
    await again.submit(**again.suggested)
    assert endpoint.requests[-1].headers["X-Version"] == "2"
    await again.submit(**again.suggested)
    await finish(again)
    assert entry.data["endpoint"]["headers"] == {"X-Version": "2"}
    again = await reconfigure(hass, entry)
    await again.submit(name="Acme", address=elsewhere.url)
    await again.submit(auth="none")
    (request,) = elsewhere.requests
    assert "X-Version" not in request.headers
    assert "x-api-key" not in request.headers


async def test_renamed_account(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """A name that the user has given the account stays."""
    entry = await add(flow, endpoint)
    hass.config_entries.async_update_entry(entry, title="My credits")
    again = await reconfigure(hass, entry)
    await again.submit(name="Other", address=endpoint.url)
    await again.submit(auth="header", auth_name="x-api-key")
    await again.submit(**again.suggested)
    await finish(again)
    assert entry.title == "My credits"
    assert entry.data["name"] == "Other"


@pytest.mark.parametrize(
    ("advanced", "balance", "spent"),
    [
        # The response has moved, and 2.5 have been spent in the meantime.
        ({}, "10", "2.5"),
        # Calculated in another way: the difference says nothing about spending.
        ({"divisor": "1000"}, "0.01", "0"),
        ({"minus": "data.used"}, "2.50", "0"),
    ],
)
async def test_history(
    hass: HomeAssistant,
    flow: Flow,
    endpoint: Endpoint,
    advanced: dict[str, str],
    balance: str,
    spent: str,
) -> None:
    """The history continues as long as the unit is the same."""
    entry = await add(flow, endpoint)
    endpoint.response = {
        "data": {"credits": {"balance": 10, "currency": "USD"}, "used": "7.50", "limit": 20}
    }
    again = await reconfigure(hass, entry)
    await again.submit(name="Acme", address=endpoint.url)
    await again.submit(auth="header", auth_name="x-api-key")
    await again.submit(**{**again.suggested, "advanced": advanced})
    await finish(again)
    assert get_state(hass, "sensor.acme_balance") == balance
    assert Decimal(get_state(hass, "sensor.acme_spent_today")) == Decimal(spent)
    assert not get_issues(hass)


async def test_history_of_a_failed_account(
    hass: HomeAssistant, flow: Flow, endpoint: Endpoint
) -> None:
    """The same applies to an account whose setup has failed."""
    entry = await add(flow, endpoint)
    endpoint.response = web.Response(status=404)
    assert not await hass.config_entries.async_reload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    endpoint.response = {"cents": 1000}
    again = await reconfigure(hass, entry)
    await again.submit(name="Acme", address=endpoint.url)
    await again.submit(auth="header", auth_name="x-api-key")
    await again.submit(balance="cents", unit="USD", advanced={"divisor": "100"})
    await finish(again)
    assert get_state(hass, "sensor.acme_balance") == "10"
    assert get_state(hass, "sensor.acme_spent_today") == "0"


async def test_other_unit(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """With another unit a new history begins; the entities and their names stay."""
    entry = await add(flow, endpoint)
    registry = er.async_get(hass)
    registry.async_update_entity("sensor.acme_balance", new_entity_id="sensor.mine", name="Mine")
    before = {
        each.entity_id for each in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    again = await reconfigure(hass, entry)
    await again.submit(name="Acme", address=endpoint.url)
    await again.submit(auth="header", auth_name="x-api-key")
    await again.submit(balance="data.used", unit="points", advanced={})
    await finish(again)
    state = hass.states.get("sensor.mine")
    assert state is not None
    assert (state.state, state.attributes["unit_of_measurement"]) == ("7.50", "points")
    assert entry.data["main_balance"] == "points"
    assert get_state(hass, "sensor.acme_spent_today") == "0"
    assert before == {
        each.entity_id for each in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    assert list(get_issues(hass)) == ["choose_threshold"]


async def test_key_for_another_address(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """The stored key is not sent to another host or port than before."""
    entry = await add(flow, endpoint)
    count = len(endpoint.requests)
    for address in ("http://localhost:1/v1", "http://127.0.0.1:1/v1", "https://api.example.com/v1"):
        again = await reconfigure(hass, entry)
        await again.submit(name="Acme", address=address)
        await again.submit(auth="header", auth_name="x-api-key")
        assert again.shown == ("custom_key", {"api_key": "key_required"})
    again = await reconfigure(hass, entry)
    await again.submit(name="Acme", address="https://api.example.com/v1")
    assert entry.data["api_key"] == KEY
    assert len(endpoint.requests) == count


async def test_reauth(hass: HomeAssistant, flow: Flow, endpoint: Endpoint, clock: Clock) -> None:
    """After two refusals a new key is asked for; everything else stays."""
    entry = await add(flow, endpoint)
    before: dict[str, Any] = {**entry.data}
    endpoint.response = web.Response(status=401)
    await clock.next_poll()
    await clock.advance(seconds=61)
    (started,) = hass.config_entries.flow.async_progress()
    assert started["step_id"] == "reauth_confirm"
    endpoint.response = {"data": {"credits": {"balance": 9, "currency": "USD"}}}
    result = await hass.config_entries.flow.async_configure(
        started["flow_id"], {"api_key": "other_key"}
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.data == {**before, "api_key": "other_key"}
    assert endpoint.requests[-1].headers["x-api-key"] == "other_key"
    assert get_state(hass, "sensor.acme_balance") == "9"


async def test_reauth_of_an_unknown_provider(hass: HomeAssistant) -> None:
    """An account of a provider that this version does not know cannot get another key."""
    entry = MockConfigEntry(domain=DOMAIN, data={"provider": "unknown", "api_key": KEY})
    entry.add_to_hass(hass)
    result = await entry.start_reauth_flow(hass)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "unknown_provider"
