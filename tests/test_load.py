"""Many accounts, a long time, and every order of beginning and ending."""

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal
import gc
import logging
import os
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import MagicMock, patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.api_balance.api import AccountSnapshot, Client
from custom_components.api_balance.const import DOMAIN, MOST_REQUESTS_AT_ONCE
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import MAJOR_VERSION, MINOR_VERSION
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .conftest import Providers, set_up, state, state_of

SLUGS = sorted(BY_SLUG)
# The long form has two hundred accounts and a year: scripts/bench runs it.
ACCOUNTS = int(os.environ.get("API_BALANCE_ACCOUNTS", "60"))
DAYS = int(os.environ.get("API_BALANCE_DAYS", "6"))
READ = Client.read
# Before, it could not unload an entry that was disabled between the set-ups of two platforms.
CAN_DISABLE_ANY_TIME = (MAJOR_VERSION, MINOR_VERSION) >= (2026, 10)


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Leave Home Assistant its real storage, which the test package replaces otherwise."""
    return {}


@pytest.fixture(autouse=True)
def _folder(hass: HomeAssistant, tmp_path: Path) -> None:
    """Keep the files of each test apart."""
    hass.config.config_dir = str(tmp_path)


def stored(hass: HomeAssistant) -> list[Path]:
    """Return the files of all accounts."""
    return sorted(Path(hass.config.path(".storage")).glob(f"{DOMAIN}*"))


def ours(hass: HomeAssistant) -> dict[str, int]:
    """Count what Home Assistant keeps that could be left behind by us."""
    dispatcher: dict[Any, Any] = hass.data.get("dispatcher", {})
    return {
        # The simulator's connections live in the same event loop.
        "tasks": len([each for each in asyncio.all_tasks() if "aiohttp" not in repr(each)]),
        "timers": len(
            [
                each
                for each in hass.loop._scheduled  # type: ignore[attr-defined]
                if not each.cancelled() and "aiohttp" not in repr(each)
            ]
        ),
        "dispatcher": sum(len(each) for name, each in dispatcher.items() if DOMAIN in str(name)),
        **{str(name): count for name, count in hass.bus.async_listeners().items()},
    }


def noise(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log complains of; a busy computer is slow."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING
        and record.name != "asyncio"
        and "custom integration" not in record.getMessage()
        # Home Assistant sets up no further platform of an entry that is disabled between two.
        and "Ignored unload request" not in record.getMessage()
    ]


async def test_many_accounts(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    providers: Providers,
    first_interval: MagicMock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They are spread over the interval, ask a few at once, and go without a trace."""
    caplog.set_level(logging.WARNING)
    first_interval.side_effect = Random(1).uniform
    under_way: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def read(client: Client) -> AccountSnapshot:
        slug = client._provider.slug
        under_way[slug] += 1
        most[slug] = max(most[slug], under_way[slug])
        try:
            return await READ(client)
        finally:
            under_way[slug] -= 1

    # What Home Assistant needs for any account it keeps.
    first = await set_up(hass, providers.entry("crun"))
    await hass.config_entries.async_remove(first.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    before, asked_before = ours(hass), providers.simulator.request_count
    entries = [
        providers.entry(SLUGS[number % len(SLUGS)], f"active.{number}")
        for number in range(ACCOUNTS)
    ]
    with patch.object(Client, "read", read):
        for entry in entries:
            entry.add_to_hass(hass)
        todo = (hass.config_entries.async_setup(entry.entry_id) for entry in entries)
        await asyncio.gather(*todo)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert {state_of(entry) for entry in entries} == {ConfigEntryState.LOADED}
        assert providers.simulator.request_count - asked_before == ACCOUNTS
        assert dict(most) == dict.fromkeys(SLUGS, MOST_REQUESTS_AT_ONCE)
        # Each once in a quarter of an hour, and never many in the same minute.
        for _ in range(2):
            minutes = []
            for _ in range(15):
                asked = providers.simulator.request_count
                freezer.tick(timedelta(minutes=1))
                async_fire_time_changed(hass)
                await hass.async_block_till_done(wait_background_tasks=True)
                minutes.append(providers.simulator.request_count - asked)
            assert max(minutes) < 3 * ACCOUNTS / 15
            assert abs(sum(minutes) - ACCOUNTS) < ACCOUNTS / 15
    # The balance and the six figures, for a provider that reports nothing else.
    assert len({state.entity_id for state in hass.states.async_all("sensor")}) >= 7 * ACCOUNTS
    for entry in entries:
        assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert noise(caplog) == []
    assert stored(hass) == []
    assert ours(hass) == before


@pytest.mark.parametrize("seed", range(12))
async def test_any_order(  # noqa: C901
    hass: HomeAssistant, providers: Providers, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is done to an account, also while it is asked: in the end nothing is left."""
    random = Random(seed)
    scenarios = [None, "disabled", "malformed", "server_error"]
    gates: list[asyncio.Event] = []

    async def read(client: Client) -> AccountSnapshot:
        if random.random() < 0.4:
            gates.append(gate := asyncio.Event())
            await gate.wait()
        return await READ(client)

    slug = "engagelab_otp"
    entry = providers.entry(slug)
    entry.add_to_hass(hass)
    flows = hass.config_entries
    work: list[asyncio.Task[Any]] = []
    with patch.object(Client, "read", read):
        for _ in range(25):
            match random.randrange(8):
                case 0:
                    work.append(hass.async_create_task(flows.async_reload(entry.entry_id)))
                case 1 if CAN_DISABLE_ANY_TIME:
                    disabled = random.choice([None, ConfigEntryDisabler.USER])
                    todo = flows.async_set_disabled_by(entry.entry_id, disabled)
                    work.append(hass.async_create_task(todo))
                case 2 if state_of(entry) is ConfigEntryState.LOADED:
                    work.append(hass.async_create_task(entry.runtime_data.async_refresh()))
                case 3 if state_of(entry) is ConfigEntryState.LOADED:
                    work.append(hass.async_create_task(entry.runtime_data.async_ask()))
                case 4:
                    providers.answer_as(slug, random.choice(scenarios))
                case 5:
                    async_fire_time_changed(hass)
                case _:
                    for gate in gates:
                        gate.set()
            await asyncio.sleep(random.choice([0, 0, 0.01]))
        removal = hass.async_create_task(flows.async_remove(entry.entry_id))
        while not removal.done():
            for gate in gates:
                gate.set()
            await asyncio.sleep(0.01)
        await asyncio.gather(*work, return_exceptions=True)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not hass.config_entries.async_entries(DOMAIN)
    assert stored(hass) == []
    assert not [each for each in ir.async_get(hass).issues if each[0] == DOMAIN]
    assert not hass.config_entries.flow.async_progress()
    assert [message for message in noise(caplog) if "Error fetching" not in message] == []


async def test_disabled_while_set_up_fails(hass: HomeAssistant, providers: Providers) -> None:
    """An account that never answered and is switched off says nothing more."""
    entry = await set_up(hass, providers.entry("engagelab_otp", "disabled"))
    assert state_of(entry) is ConfigEntryState.SETUP_RETRY
    assert [key for key in ir.async_get(hass).issues if key[0] == DOMAIN]
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert not [key for key in ir.async_get(hass).issues if key[0] == DOMAIN]


async def test_disabled_during_set_up(
    hass: HomeAssistant, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    """An account that is switched off while it is first asked ends without a complaint."""
    entry = providers.entry("crun")
    entry.add_to_hass(hass)
    asked, disabled = asyncio.Event(), asyncio.Event()

    async def read(client: Client) -> AccountSnapshot:
        asked.set()
        await disabled.wait()
        return await READ(client)

    flows = hass.config_entries
    with patch.object(Client, "read", read):
        set_up_task = asyncio.create_task(flows.async_setup(entry.entry_id))
        await asked.wait()
        disable = asyncio.create_task(
            flows.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
        )
        await asyncio.sleep(0)
        disabled.set()
        await asyncio.gather(set_up_task, disable)
    assert state_of(entry) is ConfigEntryState.NOT_LOADED
    assert noise(caplog) == []
    assert "Ignored" not in caplog.text
    await flows.async_set_disabled_by(entry.entry_id, None)
    assert state_of(entry) is ConfigEntryState.LOADED


async def test_removed_while_somebody_waits(hass: HomeAssistant, providers: Providers) -> None:
    """Whoever has asked for a balance is told why there is none, and nobody waits for it."""
    entry = await set_up(hass, providers.entry("crun"))
    asked = asyncio.Event()

    async def read(_client: Client) -> AccountSnapshot:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    button = {"entity_id": "button.crun_ai_refresh"}
    with patch.object(Client, "read", read):
        press = asyncio.create_task(
            hass.services.async_call("button", "press", button, blocking=True)
        )
        await asked.wait()
        async with asyncio.timeout(5):
            await hass.config_entries.async_remove(entry.entry_id)
            with pytest.raises(HomeAssistantError) as error:
                await press
    assert error.value.translation_key == "service_config_entry_not_loaded"


async def test_a_long_time(  # noqa: PLR0915
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    providers: Providers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Polls, outages and restarts leave the totals exact, and let nothing grow."""
    caplog.set_level(logging.WARNING)
    logging.getLogger("homeassistant").setLevel(logging.WARNING)
    # A year takes long enough.
    hass.loop.set_debug(False)
    freezer.move_to("2026-01-01T00:00:00+00:00")
    random = Random(5)
    entry = await set_up(hass, providers.entry("crun"))
    key = providers.key("crun")
    spent, month, base = Decimal(0), 0, Decimal(0)
    sizes: list[int] = []
    kept: list[dict[str, int]] = []
    size = 0
    for poll in range(DAYS * 96):
        freezer.tick(timedelta(minutes=15, seconds=1))
        # A long outage now and then, and a restart every other day.
        if poll % 400 == 100:
            providers.answer_as("crun", "malformed")
        elif poll % 400 == 130:
            providers.answer_as("crun", None)
        if random.random() < 0.5:
            amount = Decimal(random.randint(1, 300)) / 100
            providers.simulator.spend("crun", key, amount)
            spent += amount
        if poll % 40 == 39 and not 100 <= poll % 400 < 130:
            # Seen apart from what is spent, so that no fall hides in the rise.
            await _poll(hass, entry)
            freezer.tick(timedelta(seconds=1))
            providers.simulator.top_up("crun", key, 55)
        await _poll(hass, entry)
        if state(hass, "sensor.crun_ai_balance") != "unavailable":
            spent_this_month = Decimal(state(hass, "sensor.crun_ai_spent_this_month"))
            if dt_util.now().month != month:
                # What was spent around the month's end is shared by both.
                month, base, spent = dt_util.now().month, spent_this_month, Decimal(0)
            assert spent_this_month - base == spent
        if poll % 200 == 199:
            assert await hass.config_entries.async_reload(entry.entry_id)
            # What the log and the simulator remember is not ours.
            for record in caplog.records:
                record.msg, record.args, record.exc_info = record.getMessage(), (), None
            providers.simulator.requests.clear()
            gc.collect()
            sizes.append(len(gc.get_objects()))
            kept.append(ours(hass))
            size = max(size, sum(file.stat().st_size for file in stored(hass)))
    ledger = entry.runtime_data._store.ledgers["credits"]
    balance = Decimal(state(hass, "sensor.crun_ai_balance"))
    assert ledger.spending.balance == balance
    assert size < 10 * 1024
    assert kept[0] == kept[-1]
    # The ledger of an account is full after a month.
    assert sizes[-1] - sizes[0] < 5000
    settled = sizes[20:] or sizes[-1:]
    # The simulator remembers each top-up, and the mock each call: some a day, and not some a poll.
    assert max(settled) - settled[0] < 10 * DAYS
    errors = [message for message in noise(caplog) if "Error fetching" not in message]
    assert errors == []
    outages = sum(1 for poll in range(DAYS * 96) if poll % 400 == 100)
    assert len(noise(caplog)) == outages
    print(f"{DAYS} days: {size} bytes stored, {sizes[-1] - sizes[0]} objects more")  # noqa: T201


async def _poll(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the account be read."""
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
