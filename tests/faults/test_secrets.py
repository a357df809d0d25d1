"""Secrets: in nothing that leaves the process or reaches a disk, whatever goes wrong."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
import json
import logging
from pathlib import Path
import traceback
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import get_system_health_info
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.diagnostics import async_get_config_entry_diagnostics
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.components.trace.util import async_get_trace, async_list_traces
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, MATCH_ALL
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.json import ExtendedJSONEncoder
from homeassistant.setup import async_setup_component

from .house import House
from .table import FAULTS, SLUGS, Fault, everywhere

# Behind each credential. Its word shows whatever is done to the rest: in a URL, in JSON, in HTML.
SUFFIX: Final = '.Planted"\\/+&=%<secret>'
WORD: Final = "Planted"
EMAIL: Final = "user@example.com"


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Leave Home Assistant its real storage, which the test package replaces otherwise."""
    return {}


@pytest.fixture(autouse=True)
def _folder(hass: HomeAssistant, tmp_path: Path) -> None:
    """Keep the files of each test apart."""
    hass.config.config_dir = str(tmp_path)


@pytest.fixture(autouse=True)
def _everything_is_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Log at DEBUG, also what is quiet otherwise."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, name)


class Search:
    """Collects what leaves, and looks for secrets in it."""

    def __init__(self, house: House) -> None:
        """Listen to all events."""
        self.house = house
        self.texts: list[tuple[str, str]] = []
        house.hass.bus.async_listen(MATCH_ALL, lambda event: self.add("event", event.as_dict()))

    def add(self, place: str, what: object) -> None:
        """Note something that leaves."""
        self.texts.append((place, what if isinstance(what, str) else f"{what!r} {what}"))

    def add_error(self, place: str, error: BaseException | None) -> None:
        """Note an error with everything that hangs on it."""
        if error is None:
            return
        self.add(place, "".join(traceback.format_exception(error)))
        while error is not None:
            self.add(place, f"{error!r} {error.args!r} {vars(error)!r}")
            error = error.__cause__ or error.__context__

    def needles(self) -> set[str]:
        """Return what must not be found: each credential in its forms, and the Basic token."""
        found = {WORD, EMAIL, EMAIL.replace("@", "%40")}
        for suffix in (SUFFIX, f".other{SUFFIX}", f".third{SUFFIX}"):
            for slug in SLUGS:
                credentials = self.house.credentials(slug, suffix)
                sent = BY_SLUG[slug].auth.request_headers(credentials)
                found |= {value.split()[-1] for value in sent.values()}
                found |= {b64encode(each.encode()).decode() for each in credentials.values()}
        return found

    def check(self) -> None:
        """Fail where a secret is found, and name the place."""
        self.add("log", self.house.caplog.text)
        needles = self.needles()
        for place, text in self.texts:
            for needle in needles:
                at = text.find(needle)
                assert at < 0, f"{place}: {text[max(0, at - 200) : at + 40]}"


def worlds() -> dict[str, list[Fault]]:
    """Return the faults that the same accounts can have, some at a time."""
    found: dict[str, list[Fault]] = {}
    for fault in FAULTS:
        address = "https" if fault.certificate is not None else "http"
        found.setdefault(f"{fault.group}, {address}, {fault.is_known}", []).append(fault)
    return found


AUTOMATION: Final = {
    "id": "ask",
    "alias": "Ask",
    "trace": {"stored_traces": 500},
    "triggers": [{"trigger": "event", "event_type": "ask"}],
    "actions": [
        {
            "action": "api_balance.get_balance",
            "data": {"config_entry_id": "{{ trigger.event.data.entry }}"},
            "response_variable": "answer",
        }
    ],
    "mode": "parallel",
    "max": 10,
}


async def suffer(house: House, fault: Fault, search: Search) -> None:
    """Let everything be asked for while a fault lasts, and recover."""
    hass = house.hass
    entries = [house.entries[slug] for slug in fault.kinds]
    await house.break_down(fault)
    await house.run(asyncio.gather(*(each.runtime_data.async_refresh() for each in entries)))
    for entry in entries:
        search.add_error("exception", entry.runtime_data.last_exception)
        search.add("diagnostics", await async_get_config_entry_diagnostics(hass, entry))
        hass.bus.async_fire("ask", {"entry": entry.entry_id})
    await house.settle()
    await house.run(
        asyncio.gather(*(hass.config_entries.async_reload(each.entry_id) for each in entries))
    )
    await house.settle()
    for entry in entries:
        search.add("reason", entry.reason or "")
        search.add("diagnostics", await async_get_config_entry_diagnostics(hass, entry))
    results = await house.submit(await house.begin_flows(fault.kinds), f".other{SUFFIX}")
    for result in results.values():
        search.add("form", {**result, "data_schema": None})
        search.add("form", list(described(result["data_schema"].schema)))
        hass.config_entries.flow.async_abort(result["flow_id"])
    search.add("flows", hass.config_entries.flow.async_progress())
    search.add("issues", list(ir.async_get(hass).issues.values()))
    await house.server.recover()
    await house.wait(6 * 60 * 60)
    for entry in entries:
        if entry.state is ConfigEntryState.SETUP_ERROR:
            await hass.config_entries.async_reload(entry.entry_id)
    await house.settle()
    for entry in entries:
        assert entry.state is ConfigEntryState.LOADED, (fault.name, entry.reason)


def described(schema: dict[Any, Any]) -> Iterator[object]:
    """Yield what a form is filled in with, and what it is made of."""
    for key, value in schema.items():
        yield key, key.description, getattr(key, "default", None), value
        if hasattr(value, "schema") and hasattr(value.schema, "schema"):
            yield from described(value.schema.schema)


@pytest.mark.parametrize("world", worlds())
async def test_nothing_leaves(
    hass: HomeAssistant, house: House, tmp_path: Path, world: str
) -> None:
    """Neither a credential nor the e-mail address is anywhere but in the entry and the request."""
    faults = worlds()[world]
    for component in ("system_health", "trace"):
        assert await async_setup_component(hass, component, {})
    assert await async_setup_component(hass, "automation", {"automation": AUTOMATION})
    search = Search(house)
    first = faults[0]
    everyone = Fault(
        group="",
        name="",
        kinds=everywhere(""),
        certificate=first.certificate,
        is_known=first.is_known,
    )
    await house.build(everyone, SUFFIX)
    for fault in faults:
        await suffer(house, fault, search)

    search.add("states", [each.as_dict() for each in hass.states.async_all()])
    for entry in house.entries.values():
        search.add("entry", entry)
        devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        assert devices
        search.add("devices", [each.dict_repr for each in devices])
    health = await get_system_health_info(hass, DOMAIN)
    search.add(
        "system health",
        [await each if asyncio.iscoroutine(each) else each for each in health.values()],
    )
    await add_traces(hass, search)
    await add_files(hass, search, tmp_path)
    for head in house.server.heads:
        search.add("address", head.split("\r\n")[0])
        search.add("host", next(line for line in head.split("\r\n") if line.startswith("Host:")))
    search.check()
    # It was sent.
    assert any(WORD in head for head in house.server.heads)
    assert house.server.elsewhere == 0


async def add_traces(hass: HomeAssistant, search: Search) -> None:
    """Note what automations keep of their runs."""
    traces = await async_list_traces(hass, "automation", None)
    assert traces
    for about in traces:
        trace = await async_get_trace(hass, f"automation.{about['item_id']}", about["run_id"])
        search.add("trace", json.dumps(trace, cls=ExtendedJSONEncoder))


async def add_files(hass: HomeAssistant, search: Search, folder: Path) -> None:
    """Note what is on the disk but for the entries themselves."""
    hass.config_entries._async_schedule_save()
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    texts = await hass.async_add_executor_job(read_all, folder)
    names = set(texts)
    assert names >= {"core.config_entries", "core.entity_registry"}
    assert len([name for name in names if name.startswith(f"{DOMAIN}.")]) == len(SLUGS)
    for name in names - {"core.config_entries"}:
        search.add(name, texts[name])
    # It was there to be found.
    assert WORD in texts["core.config_entries"]


def read_all(folder: Path) -> dict[str, str]:
    """Return what is in all files, by name."""
    return {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("all_entities_enabled")
async def test_the_email_address_is_in_its_sensor_alone(hass: HomeAssistant, house: House) -> None:
    """Whoever enables the sensor wants to see it there, and there only."""
    lunos = Fault(group="", name="", kinds={"lunos": ""})
    await house.build(lunos)
    found = {each.entity_id for each in hass.states.async_all() if EMAIL in str(each.as_dict())}
    assert found == {"sensor.lunos_account_email"}
    search = Search(house)
    search.add("registry", list(er.async_get(hass).entities.values()))
    (entry,) = house.entries.values()
    response = await hass.services.async_call(
        DOMAIN,
        "get_balance",
        {"config_entry_id": entry.entry_id},
        blocking=True,
        return_response=True,
    )
    search.add("response", response)
    for place, text in search.texts:
        assert EMAIL not in text, place


async def test_what_the_browser_gets(
    hass: HomeAssistant, house: House, hass_client: ClientSessionGenerator
) -> None:
    """No answer of Home Assistant has a credential: adding, renewing or listing accounts."""
    assert await async_setup_component(hass, "config", {})
    await house.build(Fault(group="", name="", kinds=everywhere("")), SUFFIX)
    search = Search(house)
    client = await hass_client()
    flow = "/api/config/config_entries/flow"

    async def post(path: str, data: object) -> dict[str, Any]:
        """Send what a browser sends, and note what it gets."""
        response = await client.post(path, json=data)
        search.add(path, await response.text())
        found: dict[str, Any] = await response.json()
        return found

    for slug, entry in house.entries.items():
        step = await post(flow, {"handler": DOMAIN})
        path = f"{flow}/{step['flow_id']}"
        await post(path, {"provider": slug})
        bad = house.form(slug, f".third{SUFFIX}") | {"advanced": {"base_url": "http://127.0.0.1:1"}}
        step = await post(path, bad)
        assert step["errors"] == {"base": "cannot_connect"}
        await post(path, house.form(slug, f".other{SUFFIX}"))
        step = await post(path, {})
        assert step["type"] == "create_entry"
        step = await post(flow, {"handler": DOMAIN, "entry_id": entry.entry_id})
        path = f"{flow}/{step['flow_id']}"
        step = await post(path, bad)
        assert step["errors"] == {"base": "cannot_connect"}
        step = await post(path, house.form(slug, SUFFIX))
        assert step["reason"] == "reconfigure_successful"
    await house.settle()
    response = await client.get("/api/config/config_entries/entry")
    search.add("entries", await response.text())
    search.check()
