"""Credentials and personal data: in the entry and in the request, and nowhere else.

test_faults.py searches for them after each fault; these tests search where the kind of fault makes
no difference: files, traces, system health, states and the responses of Home Assistant's web API.
"""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import get_system_health_info
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.api_balance.const import DOMAIN
from homeassistant.components.trace.util import async_get_trace, async_list_traces
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import ExtendedJSONEncoder
from homeassistant.setup import async_setup_component
import simulator

from .accounts import ENTERED, STORED, Accounts
from .fault import Fault
from .secret_search import EMAIL, SecretSearch
from .table import FAULTS

pytestmark = pytest.mark.real_storage

AUTOMATION: Final = {
    "id": "get",
    "alias": "Get",
    "trace": {"stored_traces": 500},
    "triggers": [{"trigger": "event", "event_type": "get"}],
    "actions": [
        {
            "action": "api_balance.get_balance",
            "data": {"config_entry_id": "{{ trigger.event.data.entry }}"},
            "response_variable": "response",
        }
    ],
    "mode": "parallel",
    "max": 10,
}


def one_provider_for_each_auth() -> tuple[str, ...]:
    """Return a provider for each way to authenticate, and one with personal data."""
    found: dict[object, str] = {}
    for slug, api in simulator.load().items():
        if not api.resolve:
            header = next(iter(api.auth.get("headers", {}).values()), "").split()
            kind = (sorted(set(api.auth) - {"prefix"}), header[:-1], "{" in api.path)
            found.setdefault(f"{kind} {'account_email' in api.response['fields']}", slug)
    return tuple(found.values())


NO_FAULT: Final = Fault(name="", kind="", slugs=one_provider_for_each_auth())
# One fault of each kind.
KINDS: Final = {
    fault.kind: fault
    for fault in FAULTS
    if fault.certificate is None and fault.is_known and fault.is_listening
}


async def test_home_assistant(
    hass: HomeAssistant,
    accounts: Accounts,
    search: SecretSearch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No secret is in a state, a device, a trace, on the system health page or in a file."""
    for component in ("system_health", "trace"):
        assert await async_setup_component(hass, component, {})
    assert await async_setup_component(hass, "automation", {"automation": AUTOMATION})
    await accounts.set_up(NO_FAULT)
    get_balances(accounts)
    for fault in KINDS.values():
        await accounts.start_fault(fault)
        get_balances(accounts)
        await accounts.settle()
        await search.add_accounts()
        await accounts.server.end_fault()
        await accounts.submit(accounts.reauth_flows())
        await accounts.wait(900)
        accounts.assert_loaded()
    search.add("states", [state.as_dict() for state in hass.states.async_all()])
    for entry in accounts.entries.values():
        devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        search.add("devices", [device.dict_repr for device in devices])
    health = await get_system_health_info(hass, DOMAIN)
    for value in health.values():
        search.add("system health", await value if asyncio.iscoroutine(value) else value)
    await add_traces(hass, search)
    await add_files(hass, search, tmp_path)
    search.check(caplog.text)


def get_balances(accounts: Accounts) -> None:
    """Run the automation for each account."""
    for entry in accounts.entries.values():
        accounts.hass.bus.async_fire("get", {"entry": entry.entry_id})


async def add_traces(hass: HomeAssistant, search: SecretSearch) -> None:
    """Add the traces of the automation."""
    traces = await async_list_traces(hass, "automation", None)
    assert traces
    for each in traces:
        trace = await async_get_trace(hass, f"automation.{each['item_id']}", each["run_id"])
        search.add("trace", json.dumps(trace, cls=ExtendedJSONEncoder))


async def add_files(hass: HomeAssistant, search: SecretSearch, folder: Path) -> None:
    """Add all files except the one with the entries."""
    hass.config_entries._async_schedule_save()
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    texts = await hass.async_add_executor_job(read_all, folder)
    # The search would find what is there.
    assert search.secrets(STORED).search(texts.pop("core.config_entries"))
    assert "core.entity_registry" in texts
    ledgers = [name for name in texts if name.startswith(f"{DOMAIN}.")]
    assert len(ledgers) == len(NO_FAULT.slugs)
    for name, text in texts.items():
        search.add(name, text)


def read_all(folder: Path) -> dict[str, str]:
    """Return the content of all files by name."""
    return {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("all_entities_enabled")
async def test_email_address(hass: HomeAssistant, accounts: Accounts, search: SecretSearch) -> None:
    """The e-mail address is in the state of its sensor, if that is enabled, and nowhere else."""
    await accounts.set_up(Fault(name="", kind="", slugs=("lunos",)))
    states = hass.states.async_all()
    found = {state.entity_id for state in states if EMAIL in str(state.as_dict())}
    assert found == {"sensor.lunos_account_email"}
    (entry,) = accounts.entries.values()
    response = await hass.services.async_call(
        DOMAIN,
        "get_balance",
        {"config_entry_id": entry.entry_id},
        blocking=True,
        return_response=True,
    )
    assert EMAIL not in str(response)
    assert EMAIL not in str(list(er.async_get(hass).entities.values()))


async def test_web_api(
    hass: HomeAssistant,
    accounts: Accounts,
    search: SecretSearch,
    hass_client: ClientSessionGenerator,
    refused_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No response of Home Assistant has a credential when accounts are added and changed."""
    assert await async_setup_component(hass, "config", {})
    await accounts.set_up(NO_FAULT)
    client = await hass_client()

    async def post(data: object, flow_id: str = "") -> dict[str, Any]:
        """Send what a browser sends, and add the response."""
        path = f"/api/config/config_entries/flow/{flow_id}".rstrip("/")
        response = await client.post(path, json=data)
        search.add("form", await response.text())
        result: dict[str, Any] = await response.json()
        return result

    for slug, entry in accounts.entries.items():
        invalid = accounts.form(slug, ENTERED) | {"advanced": {"base_url": refused_url}}
        flow_id = (await post({"handler": DOMAIN}))["flow_id"]
        await post({"provider": slug}, flow_id)
        assert (await post(invalid, flow_id))["errors"] == {"base": "cannot_connect_base_url"}
        await post(accounts.form(slug, ENTERED), flow_id)
        result = await post({}, flow_id)
        assert result.get("type") == "create_entry", (slug, result)
        # The other account may not get the credentials of this one.
        await hass.config_entries.async_remove(result["result"]["entry_id"])
        flow_id = (await post({"handler": DOMAIN, "entry_id": entry.entry_id}))["flow_id"]
        assert (await post(invalid, flow_id))["errors"] == {"base": "cannot_connect_base_url"}
        result = await post(accounts.form(slug, STORED), flow_id)
        assert result["reason"] == "reconfigure_successful"
    await accounts.settle()
    response = await client.get("/api/config/config_entries/entry")
    search.add("entries", await response.text())
    search.check(caplog.text)
