"""Reauthenticate and reconfigure an account."""

from decimal import Decimal
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.api import AccountSnapshot, Client, Field
from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import entity_registry as er

from ..common import Clock, Providers, entry_state, get_state, refresh, set_up
from .common import submit, suggested_values


def pending_flow(hass: HomeAssistant) -> str:
    """Return the ID of the one flow that waits for the user."""
    (flow,) = hass.config_entries.flow.async_progress()
    return flow["flow_id"]


async def test_reauth(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """An expired key is replaced."""
    entry = await set_up(hass, providers.entry("lunos", "expired_key"))
    await clock.advance(seconds=61)
    flow_id = pending_flow(hass)
    result = await submit(hass, flow_id, None)
    assert result["step_id"] == "reauth_confirm"
    assert not result["errors"]
    assert suggested_values(result) == {"advanced": {"base_url": providers.base_url("lunos")}}

    form = providers.form("lunos", "invalid_key")
    result = await submit(hass, flow_id, form)
    assert result["errors"] == {"base": "invalid_auth"}
    # What was entered stays in the form, so that it can be corrected.
    assert suggested_values(result) == form
    result = await submit(hass, flow_id, providers.form("lunos"))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.data["api_key"] == providers.key("lunos")
    assert entry_state(entry) is ConfigEntryState.LOADED


async def test_reauth_for_a_permission(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """The form names a missing permission, and accepts the stored key."""
    entry = await set_up(hass, providers.entry("engagelab_otp", "permission_denied"))
    await clock.advance(seconds=61)
    flow_id = pending_flow(hass)
    result = await submit(hass, flow_id, None)
    assert result["errors"] == {"base": "permission_denied"}
    # The identifier is not secret.
    key = providers.key("engagelab_otp", "permission_denied")
    base_url = providers.base_url("engagelab_otp")
    shown = {"identifier": key, "advanced": {"base_url": base_url}}
    assert suggested_values(result) == shown

    providers.simulator.set_scenario("engagelab_otp", key, "active")
    result = await submit(hass, flow_id, shown | {"api_key": ""})
    assert result["reason"] == "reauth_successful"
    assert entry_state(entry) is ConfigEntryState.LOADED


async def test_reconfigure(
    hass: HomeAssistant, providers: Providers, entity_registry: er.EntityRegistry
) -> None:
    """The key is replaced; threshold, main balance and entities stay."""
    options = {"low_balance_threshold": {"credits": "3"}}
    entry = await set_up(hass, providers.entry("lunos", options=options))
    before = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert before

    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert suggested_values(result) == {
        "low_balance_threshold": 3,
        "auto_top_up": False,
        "advanced": {"base_url": providers.base_url("lunos")},
    }
    form = providers.form("lunos", "low") | {"low_balance_threshold": 3}
    result = await submit(hass, result["flow_id"], form)
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["api_key"] == providers.key("lunos", "low")
    assert entry.data["main_balance"] == "credits"
    assert entry.options == options | {"auto_top_up": False}
    assert er.async_entries_for_config_entry(entity_registry, entry.entry_id) == before
    assert get_state(hass, "sensor.lunos_balance") == "0.5"


async def test_threshold(hass: HomeAssistant, providers: Providers) -> None:
    """The threshold is changed with the stored key; an empty field removes it."""
    entry = await set_up(hass, providers.entry("crun"))
    advanced = {"advanced": {"base_url": providers.base_url("crun")}}
    for entered, shown, low in (
        ({"low_balance_threshold": 1000.5}, "1000.5", "on"),
        ({}, "0", "off"),
    ):
        result = await entry.start_reconfigure_flow(hass)
        result = await submit(hass, result["flow_id"], entered | advanced)
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done(wait_background_tasks=True)
        assert get_state(hass, "number.crun_ai_alert_below") == shown
        assert get_state(hass, "binary_sensor.crun_ai_low_balance") == low


async def test_threshold_of_an_account_that_is_not_loaded(
    hass: HomeAssistant, providers: Providers
) -> None:
    """The threshold is kept for the time when the account can be read again."""
    entry = await set_up(hass, providers.entry("crun"))
    assert await hass.config_entries.async_unload(entry.entry_id)
    advanced = {"advanced": {"base_url": providers.base_url("crun")}}
    result = await entry.start_reconfigure_flow(hass)
    form = {"low_balance_threshold": 2000} | advanced
    assert (await submit(hass, result["flow_id"], form))["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.options["low_balance_threshold"] == {"credits": "2000.0"}
    assert get_state(hass, "binary_sensor.crun_ai_low_balance") == "on"


async def test_auto_top_up(hass: HomeAssistant, providers: Providers) -> None:
    """The option is changed with the stored key, and shown the next time."""
    entry = await set_up(hass, providers.entry("crun"))
    advanced = {"advanced": {"base_url": providers.base_url("crun")}}
    result = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, result["flow_id"], {"auto_top_up": True, **advanced})
    assert result["reason"] == "reconfigure_successful"
    assert entry.options == {"auto_top_up": True}
    assert entry.data["api_key"] == providers.key("crun")
    result = await entry.start_reconfigure_flow(hass)
    assert suggested_values(result)["auto_top_up"] is True


async def test_reconfigure_without_base_url(hass: HomeAssistant, providers: Providers) -> None:
    """A base URL that was cleared is removed from the entry."""
    entry = await set_up(hass, providers.entry("crun"))
    result = await entry.start_reconfigure_flow(hass)
    snapshot = AccountSnapshot.of("credits", {Field.BALANCE: Decimal(700)})
    form = {**providers.credentials("crun"), "advanced": {}}
    with patch.object(Client, "read", return_value=snapshot):
        result = await submit(hass, result["flow_id"], form)
    assert result["reason"] == "reconfigure_successful"
    assert "base_url" not in entry.data
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert get_state(hass, "sensor.crun_ai_balance") == "700"
    # The suggested value must not be None, which a form would send back.
    result = await entry.start_reconfigure_flow(hass)
    assert suggested_values(result) == {"auto_top_up": False, "advanced": {}}


async def test_reconfigure_to_another_account(hass: HomeAssistant, providers: Providers) -> None:
    """Two entries cannot have the same credentials."""
    await set_up(hass, providers.entry("crun"))
    other = await set_up(hass, providers.entry("crun", "low"))
    result = await other.start_reconfigure_flow(hass)
    result = await submit(hass, result["flow_id"], providers.form("crun"))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert other.data["api_key"] == providers.key("crun", "low")


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_unknown_provider(hass: HomeAssistant, providers: Providers, source: str) -> None:
    """An entry of a later version with an unknown provider cannot be changed."""
    entry = providers.entry("lunos")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={"provider": "later"})
    start = {"reauth": entry.start_reauth_flow, "reconfigure": entry.start_reconfigure_flow}
    result = await start[source](hass)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "unknown_provider"


async def start_flow(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> str:
    """Start to reconfigure or reauthenticate, and return the ID of the flow."""
    if step == "reconfigure":
        return (await entry.start_reconfigure_flow(hass))["flow_id"]
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    return pending_flow(hass)


@pytest.mark.parametrize("step", ["reconfigure", "reauth_confirm"])
async def test_key_is_required_for_another_base_url(
    hass: HomeAssistant, providers: Providers, step: str
) -> None:
    """The stored key is never sent to another base URL than the one it was entered for."""
    entry = await set_up(hass, providers.entry("lunos"))
    flow_id = await start_flow(hass, entry, step)
    other = {"base_url": providers.base_url("lunos").replace("127.0.0.1", "127.0.0.2")}
    with pytest.raises(InvalidData):
        await submit(hass, flow_id, {"api_key": None, "advanced": other})
    for entered in ({}, {"api_key": ""}, {"api_key": " "}):
        with patch.object(Client, "read", side_effect=AssertionError):
            result = await submit(hass, flow_id, {**entered, "advanced": other})
        assert result["step_id"] == step
        assert result["errors"] == {"api_key": "key_required"}


async def test_key_is_required_for_another_region(hass: HomeAssistant) -> None:
    """The key of one platform is never sent to another one."""
    data = {"provider": "moonshot", "host": "https://api.moonshot.ai", "api_key": "sk-one"}
    entry = MockConfigEntry(domain=DOMAIN, title="Kimi", data=data, minor_version=2)
    snapshot = AccountSnapshot.of("USD", {Field.BALANCE: Decimal(20)})
    with patch.object(Client, "read", return_value=snapshot) as read:
        await set_up(hass, entry)
        calls = read.call_count
        result = await entry.start_reconfigure_flow(hass)
        assert suggested_values(result)["host"] == "https://api.moonshot.ai"
        form = {"host": "https://api.moonshot.cn", "advanced": {}}
        result = await submit(hass, result["flow_id"], form)
        assert result["errors"] == {"api_key": "key_required"}
        assert read.call_count == calls
        result = await submit(hass, result["flow_id"], form | {"api_key": "sk-two"})
    assert result["reason"] == "reconfigure_successful"
    assert (entry.data["host"], entry.data["api_key"]) == ("https://api.moonshot.cn", "sk-two")


async def test_key_of_another_account(hass: HomeAssistant, providers: Providers) -> None:
    """An account that reports who owns it keeps its owner."""
    entry = await set_up(hass, providers.entry("lunos"))
    result = await entry.start_reconfigure_flow(hass)
    await submit(hass, result["flow_id"], providers.form("lunos"))
    assert entry.unique_id
    result = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, result["flow_id"], providers.form("lunos", "other_account"))
    assert result["errors"] == {"base": "wrong_account"}
    assert entry.data["api_key"] == providers.key("lunos")


async def test_refused_key_changes_nothing(hass: HomeAssistant, providers: Providers) -> None:
    """If the new key is refused, the account keeps the stored one."""
    entry = await set_up(hass, providers.entry("lunos"))
    stored = dict(entry.data)
    flow_id = await start_flow(hass, entry, "reconfigure")
    result = await submit(hass, flow_id, providers.form("lunos", "invalid_key"))
    assert result["errors"] == {"base": "invalid_auth"}
    assert entry.data == stored
    await refresh(hass, entry)
    sent = [request.headers["Authorization"] for request in providers.simulator.requests]
    assert sent[1:] == [
        f"Bearer {providers.key('lunos', 'invalid_key')}",
        f"Bearer {stored['api_key']}",
    ]
