"""Helpers for the tests of the config flow."""

from typing import Any

from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ..common import Providers


async def choose_provider(hass: HomeAssistant, slug: str) -> str:
    """Start a flow, choose a provider, and return the ID of the flow."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"provider": slug})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "credentials"
    assert not result["errors"]
    assert is_collapsed(result)
    return result["flow_id"]


async def submit(hass: HomeAssistant, flow_id: str, user_input: object) -> ConfigFlowResult:
    """Submit a form, and wait for the account if that was the last one."""
    result = await hass.config_entries.flow.async_configure(flow_id, user_input)  # type: ignore[arg-type]
    await hass.async_block_till_done()
    return result


async def add_corrected(hass: HomeAssistant, providers: Providers, flow_id: str, slug: str) -> None:
    """Submit correct credentials after an error, and check that the account is added."""
    result = await submit(hass, flow_id, providers.form(slug))
    assert result["step_id"] == "low_balance"
    result = await submit(hass, flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY


def is_collapsed(result: ConfigFlowResult) -> bool:
    """Return whether the advanced section of a form is collapsed."""
    schema = result["data_schema"]
    assert schema is not None
    collapsed: bool = schema.schema["advanced"].options["collapsed"]
    return collapsed


def suggested_values(result: ConfigFlowResult) -> dict[str, Any]:
    """Return the suggested values of a form, including its sections."""
    schema = result["data_schema"]
    assert schema is not None
    return _suggested_values(schema.schema)


def _suggested_values(schema: dict[Any, Any]) -> dict[str, Any]:
    """Return the suggested values of a form or a section."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key.description:
            found[key.schema] = key.description["suggested_value"]
        if hasattr(value, "schema") and hasattr(value.schema, "schema"):
            found[key.schema] = _suggested_values(value.schema.schema)
    return found
