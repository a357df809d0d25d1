"""Add, reconfigure and reauthenticate an account at a self-hosted gateway."""

from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from custom_components.api_balance.api import Client
from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ..common import Providers, entry_state, get_state
from ..config_flow.common import submit, suggested_values
from .conftest import Flow

GATEWAYS = ("litellm", "new_api", "new_api_account", "sub2api")


@pytest.fixture
async def started(hass: HomeAssistant) -> Flow:
    """Start a flow."""
    return Flow(hass, await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"}))


@pytest.mark.parametrize(
    ("slug", "balance"),
    zip(GATEWAYS, ("37.65 USD", "1.00 USD", "49.995818 USD", "12.50 USD"), strict=True),
)
async def test_add(
    hass: HomeAssistant, started: Flow, providers: Providers, slug: str, balance: str
) -> None:
    """The address is asked for before the key, with a path as programs are configured with."""
    await started.submit(provider=slug)
    assert started.shown == ("credentials", {})
    schema = started.result["data_schema"]
    assert schema is not None
    assert next(iter(schema.schema)) == "base_url"
    form = providers.form(slug) | {"base_url": f" {providers.base_url(slug)}/v1/ "}
    await started.submit(**form)
    assert started.shown == ("low_balance", {})
    assert started.placeholders["balance"] == balance
    entry = (await started.submit(name="Gateway"))["result"]
    assert entry.data["base_url"] == providers.base_url(slug)
    assert "verify_ssl" not in entry.data
    assert entry_state(entry) is ConfigEntryState.LOADED
    state = hass.states.get("sensor.gateway_balance")
    assert state is not None
    assert state.attributes["unit_of_measurement"] == "USD"


async def test_quota_units(hass: HomeAssistant, started: Flow, providers: Providers) -> None:
    """The number of quota units in a dollar comes from the gateway."""
    await started.submit(provider="new_api")
    with patch.object(Client, "resolve", AsyncMock(return_value={"quota_per_unit": "100"})):
        await started.submit(**providers.form("new_api"))
    assert started.placeholders["balance"] == "5,000.00 USD"
    entry = (await started.submit())["result"]
    assert entry.data["quota_per_unit"] == "100"
    assert get_state(hass, "sensor.new_api_balance") == "5000"


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({"base_url": ""}, {"base": "invalid_url"}),
        ({"base_url": "gateway"}, {"base": "invalid_url"}),
        ({"base_url": "http://user:secret@nas.local"}, {"base": "invalid_url"}),
        ({"base_url": "https://169.254.169.254"}, {"base": "invalid_url"}),
        ({"base_url": "http://gateway.example.com"}, {"base": "unencrypted"}),
        ({"base_url": "http://8.8.8.8:3000"}, {"base": "unencrypted"}),
        (
            {"base_url": "https://gateway.example.com", "advanced": {"verify_ssl": False}},
            {"base": "verification_required"},
        ),
    ],
)
async def test_invalid_address(
    started: Flow, providers: Providers, form: dict[str, Any], errors: dict[str, str]
) -> None:
    """The form says what is wrong, and nothing is sent."""
    await started.submit(provider="litellm")
    await started.submit(**{**providers.form("litellm"), **form})
    assert started.shown == ("credentials", errors)
    assert providers.calls == 0
    await started.submit(**providers.form("litellm"))
    assert started.shown == ("low_balance", {})


@pytest.mark.parametrize(
    "base_url", ["http://192.168.1.20:4000", "http://litellm:4000", "https://nas.local"]
)
async def test_own_network(
    hass: HomeAssistant, started: Flow, providers: Providers, base_url: str
) -> None:
    """Http and unverified certificates are possible within the own network."""
    resolve = "custom_components.api_balance.api.client._resolve_host"
    await started.submit(provider="litellm")
    form = {"base_url": base_url, "advanced": {"verify_ssl": False}, "api_key": "sk-active"}
    with (
        patch(resolve, AsyncMock(return_value=["10.0.0.1"])),
        patch("aiohttp.ClientSession._request", side_effect=OSError) as sent,
    ):
        await started.submit(**form)
    assert started.shown == ("credentials", {"base": "cannot_connect_base_url"})
    assert sent.call_args.kwargs["ssl"] is False
    assert sent.call_args.args[1].host in {"10.0.0.1", "192.168.1.20"}
    assert started.suggested["advanced"] == {"verify_ssl": False}


async def test_reconfigure(hass: HomeAssistant, started: Flow, providers: Providers) -> None:
    """The address and whether to verify certificates can be changed; the key stays."""
    await started.submit(provider="litellm")
    await started.submit(**providers.form("litellm") | {"advanced": {"verify_ssl": False}})
    entry = (await started.submit())["result"]
    assert entry.data["verify_ssl"] is False
    context = ConfigFlowContext(source=SOURCE_RECONFIGURE, entry_id=entry.entry_id)
    result = await hass.config_entries.flow.async_init(DOMAIN, context=context)
    suggested = suggested_values(result)
    assert suggested["base_url"] == providers.base_url("litellm")
    assert suggested["advanced"] == {"verify_ssl": False}
    form = {"base_url": providers.base_url("litellm"), "advanced": {"verify_ssl": True}}
    result = await submit(hass, result["flow_id"], form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert "verify_ssl" not in entry.data
    assert entry.data["api_key"] == "sk-active"
    assert entry_state(entry) is ConfigEntryState.LOADED
