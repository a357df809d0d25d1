"""The stored ledger of an account: when it is written, what it survives, and when it is removed."""

import asyncio
import json
import logging
from pathlib import Path
import stat
from typing import Any, Final
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import (
    EVENT_HOMEASSISTANT_FINAL_WRITE,
    EVENT_HOMEASSISTANT_STARTED,
    MAJOR_VERSION,
    MINOR_VERSION,
)
from homeassistant.core import CoreState, HomeAssistant

from .common import (
    Clock,
    Providers,
    entry_state,
    get_issues,
    get_state,
    hold_requests,
    refresh,
    set_up,
)
from .leftovers import assert_no_trace, warnings

pytestmark = pytest.mark.real_storage

START: Final = "2026-11-11T12:00:00+00:00"
ENVELOPE: Final = {
    "version": 2,
    "minor_version": 1,
    "key": "x",
    "data": {"ledgers": {}, "account": {}},
}
ACCOUNT: Final[dict[str, dict[str, object]]] = {"ledgers": {}, "account": {}}


def ledger_path(hass: HomeAssistant, entry: MockConfigEntry) -> Path:
    """Return the file of an account."""
    return Path(hass.config.path(".storage", f"api_balance.{entry.entry_id}"))


def stored_ledger(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Return the stored ledger of an account in credits."""
    content = json.loads(ledger_path(hass, entry).read_text())
    assert content["version"] == 2
    ledger: dict[str, Any] = content["data"]["ledgers"]["credits"]
    return ledger


def stored_balance(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the balance of the last reading that is stored."""
    balance: str = stored_ledger(hass, entry)["reading"]["balance"]
    return balance


@pytest.mark.freeze_time(START)
async def test_delay(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """The first reading is written immediately, later ones at most every two hours."""
    entry = await set_up(hass, providers.entry("crun"))
    await clock.advance(seconds=1)
    assert stored_balance(hass, entry) == "1000"
    for poll in range(1, 4):
        providers.spend("crun", 10)
        await clock.next_poll()
        assert get_state(hass, "sensor.crun_ai_balance") == str(1000 - 10 * poll)
        assert stored_balance(hass, entry) == "1000"
    await clock.advance(minutes=90)
    assert stored_balance(hass, entry) == "970"
    providers.spend("crun", 10)
    await clock.next_poll()
    assert stored_balance(hass, entry) == "970"
    await clock.advance(hours=2, seconds=1)
    assert stored_balance(hass, entry) == "960"


@pytest.mark.freeze_time(START)
async def test_event_is_written_immediately(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """After a power failure, an event does not occur again."""
    entry = await set_up(hass, providers.entry("crun"))
    await clock.advance(seconds=1)
    providers.top_up("crun", 10)
    await clock.next_poll()
    await clock.advance(seconds=1)
    assert stored_balance(hass, entry) == "1010"
    assert stored_ledger(hass, entry)["pending"] == []


@pytest.mark.freeze_time(START)
async def test_pending_event_is_written_immediately(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """An event during the start is stored as pending, and no longer once it has occurred."""
    hass.set_state(CoreState.starting)
    entry = await set_up(hass, providers.entry("crun"))
    await clock.advance(seconds=1)
    providers.top_up("crun", 10)
    await clock.next_poll()
    await clock.advance(seconds=1)
    assert [event["type"] for event in stored_ledger(hass, entry)["pending"]] == ["topped_up"]
    hass.set_state(CoreState.running)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    await clock.advance(seconds=1)
    assert stored_ledger(hass, entry)["pending"] == []


async def test_written_at_the_end(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """The last reading is written when Home Assistant stops, readable for its owner only."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.spend("crun", 10)
    await clock.next_poll()
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert stored_balance(hass, entry) == "990"
    assert stat.S_IMODE(ledger_path(hass, entry).stat().st_mode) == 0o600


@pytest.mark.freeze_time(START)
async def test_reload(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """The ledger survives a reload."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.spend("crun", 10)
    await clock.next_poll()
    providers.spend("crun", 5)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert get_state(hass, "sensor.crun_ai_spent_today") == "15"


async def test_removed_entry(hass: HomeAssistant, providers: Providers) -> None:
    """The file is deleted with the entry, and so is an unreadable one that was renamed."""
    entry = providers.entry("crun")
    path = ledger_path(hass, entry)
    path.parent.mkdir(exist_ok=True)
    path.write_text("{")
    await set_up(hass, entry)
    assert path.with_name(f"{path.name}.unreadable").exists()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert_no_trace(hass, entry.entry_id)


async def test_disabled_entry(hass: HomeAssistant, providers: Providers) -> None:
    """The ledger is kept while the entry is disabled."""
    entry = await set_up(hass, providers.entry("crun"))
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert entry_state(entry) is ConfigEntryState.NOT_LOADED
    providers.spend("crun", 10)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert get_state(hass, "sensor.crun_ai_spent_this_month") == "10"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"version": 1}',
        json.dumps(ENVELOPE | {"version": 3}).encode(),
        json.dumps(ENVELOPE | {"version": 0}).encode(),
        json.dumps(ENVELOPE | {"version": "one"}).encode(),
        json.dumps(ENVELOPE | {"data": None}).encode(),
        json.dumps(ENVELOPE | {"data": []}).encode(),
        json.dumps(ENVELOPE | {"data": {"ledgers": {}}}).encode(),
        json.dumps(ENVELOPE | {"version": 1, "data": {"units": []}}).encode(),
        json.dumps(ENVELOPE | {"data": ACCOUNT | {"account": {"pause_until": 5}}}).encode(),
        json.dumps(ENVELOPE | {"data": ACCOUNT | {"account": {"units": {"USD": 1}}}}).encode(),
        json.dumps(ENVELOPE | {"data": ACCOUNT | {"ledgers": []}}).encode(),
        json.dumps(ENVELOPE | {"data": ACCOUNT | {"ledgers": {"credits": {}}}}).encode(),
        json.dumps(ENVELOPE | {"data": ACCOUNT | {"ledgers": {"credits": None}}}).encode(),
    ],
)
async def test_unreadable_file(
    hass: HomeAssistant, providers: Providers, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """An unreadable file is renamed with one warning, and the account starts a new ledger."""
    caplog.set_level(logging.WARNING)
    entry = providers.entry("crun")
    path = ledger_path(hass, entry)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    await set_up(hass, entry)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert get_state(hass, "sensor.crun_ai_spent_today") == "0"
    (warning,) = warnings(caplog)
    assert f"api_balance.{entry.entry_id}.unreadable" in warning
    assert path.with_name(f"{path.name}.unreadable").read_bytes() == content
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert stored_balance(hass, entry) == "1000"


@pytest.mark.freeze_time(START)
async def test_response_after_removal(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """A response that arrives after the entry was removed is discarded."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.spend("crun", 1000)
    with hold_requests() as held:
        request = asyncio.create_task(entry.runtime_data.async_refresh())
        await held.started.wait()
        await hass.config_entries.async_remove(entry.entry_id)
        held.released.set()
        await request
    await clock.advance(hours=2)
    assert_no_trace(hass, entry.entry_id)
    assert not get_issues(hass)


@pytest.mark.parametrize(
    "expected_lingering_timers",
    [
        pytest.param(
            True,
            marks=[pytest.mark.expects_traceback("Error unloading entry")]
            if (MAJOR_VERSION, MINOR_VERSION) >= (2026, 11)
            else [],
        )
    ],
)
async def test_unload_fails(hass: HomeAssistant, providers: Providers) -> None:
    """An account whose platforms cannot be unloaded continues as before."""
    entry = await set_up(hass, providers.entry("crun"))
    with patch.object(hass.config_entries, "async_unload_platforms", return_value=False):
        assert not await hass.config_entries.async_unload(entry.entry_id)
    providers.spend("crun", 100)
    await refresh(hass, entry)
    assert get_state(hass, "sensor.crun_ai_spent_this_month") == "100"
