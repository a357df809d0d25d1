"""The ledgers on the disk: what survives, what is set aside, and that nothing is left behind."""

import asyncio
from datetime import timedelta
from decimal import Decimal
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.api_balance.api import AccountSnapshot, Balance, Client, Field
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from .common import Providers, entry_state, get_state, refresh_with, set_up


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Leave Home Assistant its real storage, which the test package replaces otherwise."""
    return {}


@pytest.fixture(autouse=True)
def _folder(hass: HomeAssistant, tmp_path: Path) -> None:
    """Keep the files of each test apart."""
    hass.config.config_dir = str(tmp_path)


START = "2026-11-11T12:00:00+00:00"


def path(hass: HomeAssistant, entry: MockConfigEntry) -> Path:
    """Return the file of an account."""
    return Path(hass.config.path(".storage", f"api_balance.{entry.entry_id}"))


def stored(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Return what the file of a Crun account says about its credits."""
    content = json.loads(path(hass, entry).read_text())
    assert content["version"] == 1
    ledger: dict[str, Any] = content["data"]["units"]["credits"]
    return ledger


async def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory, **time: float) -> None:
    """Let time pass."""
    freezer.tick(timedelta(**time))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_the_first_reading_is_written_at_once_and_later_ones_with_a_delay(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers
) -> None:
    """A disk does not like to be written every quarter of an hour."""
    freezer.move_to(START)
    entry = await set_up(hass, providers.entry("crun"))
    await wait(hass, freezer, seconds=1)
    assert stored(hass, entry)["balance"] == "1000"
    for spent in range(1, 4):
        providers.simulator.spend("crun", providers.key("crun"), 10)
        await wait(hass, freezer, minutes=15, seconds=1)
        assert get_state(hass, "sensor.crun_ai_balance") == str(1000 - 10 * spent)
        assert stored(hass, entry)["balance"] == "1000"
    await wait(hass, freezer, minutes=90)
    assert stored(hass, entry)["balance"] == "970"
    providers.simulator.spend("crun", providers.key("crun"), 10)
    await wait(hass, freezer, minutes=15, seconds=1)
    assert stored(hass, entry)["balance"] == "970"
    await wait(hass, freezer, hours=2, seconds=1)
    assert stored(hass, entry)["balance"] == "960"


async def test_what_happens_is_written_at_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers
) -> None:
    """So that a power cut does not tell it twice."""
    freezer.move_to(START)
    entry = await set_up(hass, providers.entry("crun"))
    await wait(hass, freezer, seconds=1)
    providers.simulator.top_up("crun", providers.key("crun"), 10)
    await wait(hass, freezer, minutes=15, seconds=1)
    await wait(hass, freezer, seconds=1)
    assert stored(hass, entry)["balance"] == "1010"
    assert stored(hass, entry)["untold"] == []


async def test_what_happens_during_the_start_is_written_at_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers
) -> None:
    """Before it is told, and again when it is."""
    freezer.move_to(START)
    hass.set_state(CoreState.starting)
    entry = await set_up(hass, providers.entry("crun"))
    await wait(hass, freezer, seconds=1)
    providers.simulator.top_up("crun", providers.key("crun"), 10)
    await wait(hass, freezer, minutes=15, seconds=1)
    await wait(hass, freezer, seconds=1)
    assert [event["type"] for event in stored(hass, entry)["untold"]] == ["topped_up"]
    hass.set_state(CoreState.running)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    await wait(hass, freezer, seconds=1)
    assert stored(hass, entry)["untold"] == []


async def test_written_when_home_assistant_ends(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers
) -> None:
    """And read at the next start."""
    freezer.move_to(START)
    entry = await set_up(hass, providers.entry("crun"))
    providers.simulator.spend("crun", providers.key("crun"), 10)
    await wait(hass, freezer, minutes=15, seconds=1)
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert stored(hass, entry)["balance"] == "990"


async def test_written_and_read_when_reloaded(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers
) -> None:
    """What was spent today is not forgotten."""
    freezer.move_to(START)
    entry = await set_up(hass, providers.entry("crun"))
    providers.simulator.spend("crun", providers.key("crun"), 10)
    await wait(hass, freezer, minutes=15, seconds=1)
    providers.simulator.spend("crun", providers.key("crun"), 5)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert get_state(hass, "sensor.crun_ai_spent_today") == "15"


async def test_removed_with_the_entry(hass: HomeAssistant, providers: Providers) -> None:
    """Nothing is left behind, also nothing that was set aside."""
    entry = providers.entry("crun")
    path(hass, entry).parent.mkdir(exist_ok=True)
    path(hass, entry).write_text("{")
    await set_up(hass, entry)
    aside = path(hass, entry).with_suffix(f"{path(hass, entry).suffix}.unreadable")
    assert aside.exists()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert list(path(hass, entry).parent.glob("api_balance*")) == []


async def test_kept_while_disabled(hass: HomeAssistant, providers: Providers) -> None:
    """Somebody who disables an account wants it back as it was."""
    entry = await set_up(hass, providers.entry("crun"))
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert entry_state(entry) is ConfigEntryState.NOT_LOADED
    providers.simulator.spend("crun", providers.key("crun"), 10)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert get_state(hass, "sensor.crun_ai_spent_this_month") == "10"


GOOD = {"version": 1, "minor_version": 1, "key": "x", "data": {"units": {}}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"version": 1}',
        json.dumps(GOOD | {"version": 2}).encode(),
        json.dumps(GOOD | {"version": 0}).encode(),
        json.dumps(GOOD | {"version": "one"}).encode(),
        json.dumps(GOOD | {"data": None}).encode(),
        json.dumps(GOOD | {"data": []}).encode(),
        json.dumps(GOOD | {"data": {"units": []}}).encode(),
        json.dumps(GOOD | {"data": {"units": {"credits": {}}}}).encode(),
        json.dumps(GOOD | {"data": {"units": {"credits": None}}}).encode(),
    ],
)
async def test_what_cannot_be_read_is_set_aside(
    hass: HomeAssistant, providers: Providers, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """With one warning, and the account loads."""
    entry = providers.entry("crun")
    file = path(hass, entry)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    await set_up(hass, entry)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert get_state(hass, "sensor.crun_ai_spent_today") == "0"
    warnings = [each for each in caplog.records if each.levelname in {"WARNING", "ERROR"}]
    warnings = [each for each in warnings if "custom integration" not in each.message]
    # A busy computer is slow.
    warnings = [each for each in warnings if each.name != "asyncio"]
    assert [each.levelname for each in warnings] == ["WARNING"]
    assert f"api_balance.{entry.entry_id}.unreadable" in warnings[0].message
    assert file.with_name(f"{file.name}.unreadable").read_bytes() == content
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert stored(hass, entry)["balance"] == "1000"


async def test_a_provider_that_invents_units(
    hass: HomeAssistant, providers: Providers, entity_registry: er.EntityRegistry
) -> None:
    """There is a bound to what is kept; the unit that was seen longest ago is let go."""
    entry = await set_up(hass, providers.entry("crun"))
    for number in range(6):
        unit = f"AA{chr(ord('A') + number)}"
        balance = Balance(key=unit, unit=unit, amounts={Field.BALANCE: Decimal(-5)})
        await refresh_with(hass, entry, AccountSnapshot(balances=(balance,)))
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)
    content = json.loads(path(hass, entry).read_text())
    assert list(content["data"]["units"]) == ["AAB", "AAC", "AAD", "AAE", "AAF"]
    issues = [key for domain, key in ir.async_get(hass).issues if domain == "api_balance"]
    assert sorted(key[-3:] for key in issues) == ["aab", "aac", "aad", "aae", "aaf"]
    entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    balances = [each.entity_id for each in entities if each.translation_key == "balance"]
    assert len(balances) == 5


async def test_an_answer_after_the_end(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers
) -> None:
    """A request that is still under way when the entry is removed brings nothing back."""
    freezer.move_to(START)
    entry = await set_up(hass, providers.entry("crun"))
    providers.simulator.spend("crun", providers.key("crun"), 1000)
    asked, removed = asyncio.Event(), asyncio.Event()
    read = Client.read

    async def read_late(client: Client) -> AccountSnapshot:
        asked.set()
        await removed.wait()
        return await read(client)

    with patch.object(Client, "read", read_late):
        request = asyncio.create_task(entry.runtime_data.async_refresh())
        await asked.wait()
        await hass.config_entries.async_remove(entry.entry_id)
        removed.set()
        await request
    await wait(hass, freezer, hours=2)
    assert list(path(hass, entry).parent.glob("api_balance*")) == []
    assert not [each for each in ir.async_get(hass).issues if each[0] == "api_balance"]


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_an_account_that_does_not_unload_goes_on(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers
) -> None:
    """Then what is read is still kept."""
    freezer.move_to(START)
    entry = await set_up(hass, providers.entry("crun"))
    with patch.object(hass.config_entries, "async_unload_platforms", return_value=False):
        assert not await hass.config_entries.async_unload(entry.entry_id)
    providers.simulator.spend("crun", providers.key("crun"), 100)
    await entry.runtime_data.async_refresh()
    assert get_state(hass, "sensor.crun_ai_spent_today") == "100"
