"""The tool for assistants that use a language model."""

import logging

import pytest

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.llm import async_get_tools
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
from homeassistant.util.json import JsonValueType

from .common import Clock, Providers, set_up, threshold

TOOL = "api_balance__get_balances"
CONTEXT = llm.LLMContext(
    platform="test", context=Context(), language="en", assistant="conversation", device_id=None
)


@pytest.fixture(autouse=True)
async def _components(hass: HomeAssistant) -> None:
    """Set up what an assistant needs."""
    for component in ("homeassistant", "conversation", "llm"):
        assert await async_setup_component(hass, component, {})


async def assist(hass: HomeAssistant) -> llm.APIInstance:
    """Return what an assistant can use."""
    return await llm.async_get_api(hass, "assist", CONTEXT)


async def get_balances(hass: HomeAssistant) -> JsonValueType:
    """Call the tool."""
    api = await assist(hass)
    result = await api.async_call_tool(llm.ToolInput(TOOL, {}))
    assert not result.error
    return result.data["balances"]


@pytest.mark.freeze_time("2026-11-10T10:00:00+00:00")
async def test_exposed_balances(
    hass: HomeAssistant, clock: Clock, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    """The tool returns the accounts whose balance is exposed, and no others."""
    caplog.set_level(logging.WARNING)
    await set_up(hass, providers.entry("crun", options=threshold("100")))
    await set_up(hass, providers.entry("lensmor"))
    assert TOOL not in {tool.name for tool in (await assist(hass)).tools}
    async_expose_entity(hass, "conversation", "sensor.crun_ai_balance", should_expose=True)
    providers.spend("crun", 25)
    await clock.next_poll()
    (tool,) = (tool for tool in (await assist(hass)).tools if tool.name == TOOL)
    assert tool.annotations.read_only
    assert not tool.annotations.destructive
    calls = providers.calls
    assert await get_balances(hass) == [
        {
            "account": "Crun.ai",
            "provider": "Crun.ai",
            "unit": "credits",
            "balance": 975,
            "low": False,
            "alert_below": 100,
            "spent_today": 25,
            "spent_this_month": 25,
            "runs_out": None,
            "status": "ok",
        }
    ]
    assert providers.calls == calls
    assert "LLM tool" not in caplog.text


async def test_unreadable_account(hass: HomeAssistant, clock: Clock, providers: Providers) -> None:
    """The tool says why an account cannot be read, and what was left before."""
    entry = await set_up(hass, providers.entry("crun"))
    async_expose_entity(hass, "conversation", "sensor.crun_ai_balance", should_expose=True)
    providers.respond_as("crun", "malformed")
    await clock.next_poll()
    await clock.three_retries()
    balances = await get_balances(hass)
    assert isinstance(balances, list)
    assert isinstance(balances[0], dict)
    assert (balances[0]["status"], balances[0]["balance"]) == ("unexpected_response", 1000)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert TOOL not in {tool.name for tool in (await assist(hass)).tools}


async def test_other_apis(hass: HomeAssistant, providers: Providers) -> None:
    """The tool belongs to the API for assistants only."""
    await set_up(hass, providers.entry("crun"))
    async_expose_entity(hass, "conversation", "sensor.crun_ai_balance", should_expose=True)
    for api, is_offered in (("assist", True), ("another", False)):
        tools = await async_get_tools(hass, CONTEXT, api)
        assert (TOOL in {tool.name for tool in tools.tools}) is is_offered
