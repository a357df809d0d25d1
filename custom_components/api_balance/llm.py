"""A tool for assistants that use a language model: what is left on the accounts."""

from typing import Final, override

from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
from homeassistant.util.json import JsonObjectType

from .account import json_value
from .api import Field
from .const import DOMAIN
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator

_PROMPT: Final = (
    "The user's prepaid accounts at API providers can be read with api_balance__get_balances."
)


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tool if a balance is exposed to the assistant."""
    if api_id != LLM_API_ASSIST or not _balances(hass, llm_context.assistant):
        return None
    return LLMTools(tools=[GetBalancesTool()], prompt=_PROMPT)


class GetBalancesTool(Tool):
    """Returns the exposed balances as they were read last, without a request to a provider."""

    name = f"{DOMAIN}__get_balances"
    title = "Get API balances"
    description = (
        "Returns the user's prepaid accounts at API providers: what is left, what was spent today "
        "and this month, the balance below which it is low, whether it is low, and when it is "
        "expected to run out. Use it to answer questions like 'How many credits do I have left?', "
        "'Which accounts are low?' or 'What did I spend this month?'. Amounts are in the unit "
        "given; never add up different units. A value of null is unknown. If status is not 'ok', "
        "it says why the account cannot be read; the amounts are then from before."
    )
    annotations = ToolAnnotations(
        read_only=True, destructive=False, idempotent=True, open_world=False
    )
    integration = DOMAIN

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Return the exposed balances."""
        balances = _balances(hass, llm_context.assistant)
        return ToolResult(
            data={"balances": [_describe(coordinator, key) for coordinator, key in balances]}
        )


@callback
def _balances(hass: HomeAssistant, assistant: str) -> list[tuple[ApiBalanceCoordinator, str]]:
    """Return the balances whose sensor is exposed to an assistant, by account."""
    registry = er.async_get(hass)
    found = []
    entries: list[ApiBalanceConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    for entry in sorted(entries, key=lambda entry: entry.title):
        for key in entry.runtime_data.data.balances:
            unique_id = f"{entry.entry_id}_{Field.BALANCE}:{key}"
            entity_id = registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id)
            if entity_id is not None and async_should_expose(hass, assistant, entity_id):
                found.append((entry.runtime_data, key))
    return found


def _describe(coordinator: ApiBalanceCoordinator, key: str) -> JsonObjectType:
    """Return what is known about one balance."""
    data = coordinator.data
    balance, figures = data.balances[key], data.balances[key].figures
    return {
        "account": coordinator.config_entry.title,
        "provider": coordinator.provider.name,
        "unit": balance.unit,
        "balance": json_value(balance.amounts.get(Field.BALANCE)),
        "low": balance.low,
        "alert_below": json_value(coordinator.account.threshold(key)),
        "spent_today": None if figures is None else json_value(figures.spent_today),
        "spent_this_month": None if figures is None else json_value(figures.spent_this_month),
        "runs_out": None if figures is None else json_value(figures.run_out),
        "status": data.status,
    }
