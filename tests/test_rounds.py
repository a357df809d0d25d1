"""Regular polls: the accounts of one provider one after another, the providers spread out."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from datetime import UTC, datetime
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.api_balance.api import AccountSnapshot, Client
from custom_components.api_balance.const import UPDATE_INTERVAL
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant

from .common import Clock, Providers, press, refresh, set_up


class Polls:
    """The requests of all accounts: when each of them was sent, and what it has to wait for."""

    def __init__(self) -> None:
        """Start without requests."""
        self.sent: list[tuple[str, datetime]] = []
        self.pending = 0
        self.concurrent = 0
        self.waits: dict[str, Callable[[], Awaitable[object]]] = {}

    def take(self) -> list[str]:
        """Return the accounts that were polled since the last call, in order."""
        names = [name for name, _ in self.sent]
        self.sent.clear()
        return names

    async def wait_for(self, number: int) -> None:
        """Wait until so many requests have been sent and answered; the clock stands still."""
        for _ in range(1000):
            if len(self.sent) >= number and self.pending <= len(self.waits):
                break
            await asyncio.sleep(0)


@pytest.fixture
def polls() -> Generator[Polls]:
    """Record the requests."""
    polls = Polls()
    original = Client.read

    async def read(client: Client) -> AccountSnapshot:
        name = client._values["api_key"]
        polls.sent.append((name, datetime.now(UTC)))
        polls.pending += 1
        polls.concurrent = max(polls.concurrent, polls.pending)
        try:
            if name in polls.waits:
                await polls.waits[name]()
            return await original(client)
        finally:
            polls.pending -= 1

    with patch.object(Client, "read", read):
        yield polls


async def add(
    hass: HomeAssistant, providers: Providers, number: int, slug: str = "crun"
) -> MockConfigEntry:
    """Set up an account; its key is numbered."""
    entry = providers.entry(slug, f"active.{number}", entry_id=f"{slug}{number:04}")
    return await set_up(hass, entry)


def key(providers: Providers, number: int, slug: str = "crun") -> str:
    """Return the key of an account."""
    return providers.credentials(slug, f"active.{number}")["api_key"]


async def test_one_after_another(
    hass: HomeAssistant, clock: Clock, providers: Providers, polls: Polls
) -> None:
    """The accounts of a provider are polled in the order in which they were added."""
    entries = []
    for number in (3, 1, 2, 4):
        await clock.advance(seconds=1)
        entries.append(await add(hass, providers, number))
    await hass.config_entries.async_reload(entries[0].entry_id)
    polls.take()
    polls.concurrent = 0
    for _ in range(3):
        await clock.advance(seconds=901)
        assert polls.take() == [key(providers, number) for number in (3, 1, 2, 4)]
    assert polls.concurrent == 1


@pytest.mark.freeze_time("2026-11-10T10:00:00+00:00")
@pytest.mark.usefixtures("real_rounds")
async def test_added_and_disabled(
    hass: HomeAssistant, clock: Clock, providers: Providers, polls: Polls
) -> None:
    """An account that is added, disabled or removed does not change the time of the others."""
    entries = [await add(hass, providers, number) for number in (1, 2, 3)]
    polls.take()

    async def round_time() -> datetime:
        """Return when the second account is polled next."""
        polls.sent.clear()
        for _ in range(15 * 6):
            await clock.advance(seconds=10)
            for name, sent in polls.sent:
                if name == key(providers, 2):
                    return sent
        pytest.fail("not polled")

    first = await round_time()
    await add(hass, providers, 4)
    assert await round_time() - first == UPDATE_INTERVAL
    assert polls.take() == [key(providers, number) for number in (1, 2, 3, 4)]
    await hass.config_entries.async_set_disabled_by(entries[0].entry_id, ConfigEntryDisabler.USER)
    await hass.config_entries.async_remove(entries[2].entry_id)
    assert await round_time() - first == 2 * UPDATE_INTERVAL
    assert polls.take() == [key(providers, number) for number in (2, 4)]
    await hass.config_entries.async_set_disabled_by(entries[0].entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await round_time() - first == 3 * UPDATE_INTERVAL
    assert polls.take() == [key(providers, number) for number in (1, 2, 4)]


async def test_no_account_left(
    hass: HomeAssistant, clock: Clock, providers: Providers, polls: Polls
) -> None:
    """Without accounts nothing is polled; an account that is added again is."""
    entry = await add(hass, providers, 1)
    await hass.config_entries.async_unload(entry.entry_id)
    polls.take()
    await clock.advance(seconds=901)
    assert polls.take() == []
    await hass.config_entries.async_setup(entry.entry_id)
    await clock.advance(seconds=901)
    assert polls.take() == [key(providers, 1)] * 2


async def test_polling_turned_off(
    hass: HomeAssistant, clock: Clock, providers: Providers, polls: Polls
) -> None:
    """An account whose polling is turned off in Home Assistant is polled only on request."""
    entry = providers.entry("crun", "active.1", pref_disable_polling=True)
    await set_up(hass, entry)
    polls.take()
    await clock.advance(seconds=901)
    assert polls.take() == []
    await press(hass, "button.crun_ai_refresh")
    assert polls.take() == [key(providers, 1)]


async def test_retries_and_requests(
    hass: HomeAssistant, clock: Clock, providers: Providers, polls: Polls
) -> None:
    """A retry or a requested refresh does not take an account out of its round."""
    entries = [await add(hass, providers, number) for number in (1, 2, 3)]
    polls.take()
    account = key(providers, 2)
    providers.simulator.set_scenario("crun", account, "malformed")
    await clock.advance(seconds=901)
    everyone = [key(providers, number) for number in (1, 2, 3)]
    assert polls.take() == everyone
    providers.simulator.set_scenario("crun", account, None)
    await clock.advance(seconds=31)
    assert polls.take() == [account]
    await refresh(hass, entries[2])
    assert polls.take() == [key(providers, 3)]
    await clock.advance(seconds=870)
    assert polls.take() == everyone


async def test_failing_account(
    hass: HomeAssistant, clock: Clock, providers: Providers, polls: Polls
) -> None:
    """While an account cannot be read, its round does not add to its retries."""
    await add(hass, providers, 1)
    providers.simulator.set_scenario("crun", key(providers, 1), "malformed")
    await clock.advance(seconds=901)
    polls.take()
    # The retries follow after 30, 60, 120, 240 and 480 seconds: the fifth is due after the round.
    for seconds in (31, 61, 121, 241):
        await clock.advance(seconds=seconds)
        assert polls.take() == [key(providers, 1)]
    await clock.advance(seconds=450)
    assert polls.take() == []
    await clock.advance(seconds=31)
    assert polls.take() == [key(providers, 1)]


async def test_slow_account(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers, polls: Polls
) -> None:
    """An account that does not respond holds up the others for two seconds only."""
    for number in (1, 2, 3):
        await add(hass, providers, number)
    polls.take()
    released = asyncio.Event()
    polls.waits[key(providers, 1)] = released.wait
    freezer.tick(901)
    async_fire_time_changed(hass)
    assert polls.take() == [key(providers, 1)]
    freezer.tick(2.1)
    await polls.wait_for(2)
    assert polls.take() == [key(providers, 2), key(providers, 3)]
    # Its request is still in flight when the next round begins, and is not repeated.
    freezer.tick(901)
    async_fire_time_changed(hass)
    await polls.wait_for(2)
    assert polls.take() == [key(providers, 2), key(providers, 3)]
    released.set()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_unloaded_during_a_round(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers, polls: Polls
) -> None:
    """An account that is unloaded before its turn is not polled."""
    entries = [await add(hass, providers, number) for number in (1, 2, 3)]
    polls.take()
    released = asyncio.Event()
    polls.waits[key(providers, 1)] = released.wait
    freezer.tick(901)
    async_fire_time_changed(hass)
    await asyncio.sleep(0)
    await hass.config_entries.async_unload(entries[1].entry_id)
    released.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert polls.take() == [key(providers, 1), key(providers, 3)]


async def test_portions(
    hass: HomeAssistant, clock: Clock, providers: Providers, polls: Polls
) -> None:
    """Of many accounts thirty are polled in each minute, which all documented limits allow."""
    for number in range(70):
        await add(hass, providers, number)
    polls.take()
    await clock.advance(seconds=901)
    expected = [key(providers, number) for number in range(70)]
    assert polls.take() == expected[:30]
    await clock.advance(seconds=59)
    assert polls.take() == []
    await clock.advance(seconds=1)
    assert polls.take() == expected[30:60]
    await clock.advance(seconds=60)
    assert polls.take() == expected[60:]
    await clock.advance(seconds=780)
    assert polls.take() == expected[:30]


@pytest.mark.freeze_time("2026-11-10T10:00:00+00:00")
@pytest.mark.usefixtures("real_rounds")
async def test_providers_spread_out(
    hass: HomeAssistant, clock: Clock, providers: Providers
) -> None:
    """The providers do not all have the same time of the interval, but always their own."""
    slugs = sorted(slug for slug in BY_SLUG if slug != "custom")
    for slug in slugs:
        await set_up(hass, providers.entry(slug))
    times = []
    for _ in range(2):
        sent: dict[str, int] = {}
        for second in range(0, 900, 10):
            before = providers.simulator.request_count
            await clock.advance(seconds=10)
            new = providers.simulator.request_count - before
            requests = list(providers.simulator.requests)
            for request in requests[len(requests) - new :]:
                sent[request.slug] = second
        times.append(sent)
    assert times[0] == times[1]
    assert times[0].keys() == set(slugs)
    minutes = [second // 60 for second in times[0].values()]
    assert len(set(minutes)) > 9
    assert max(map(minutes.count, minutes)) < 6


@pytest.mark.freeze_time("2026-11-10T10:00:00+00:00")
@pytest.mark.usefixtures("real_rounds")
async def test_installations_spread_out(
    hass: HomeAssistant, clock: Clock, providers: Providers, polls: Polls
) -> None:
    """Another installation polls the same provider at another time."""
    minutes = []
    for instance_id in ("1" * 32, "2" * 32):
        with patch("homeassistant.helpers.instance_id.async_get", return_value=instance_id):
            entry = await add(hass, providers, 1)
        polls.take()
        while not polls.take():
            await clock.advance(minutes=1)
        minutes.append(datetime.now(UTC).minute % 15)
        await hass.config_entries.async_remove(entry.entry_id)
    assert minutes[0] != minutes[1]
