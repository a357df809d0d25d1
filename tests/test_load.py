"""Many accounts and a long time: requests are spread, nothing grows, nothing is left behind."""

import asyncio
from collections import Counter
from collections.abc import Generator
from datetime import timedelta
from decimal import Decimal
import logging
import os
from random import Random
from typing import Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.api import AccountSnapshot, Client
from custom_components.api_balance.const import MAX_CONCURRENT_REQUESTS
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .common import Clock, Providers, entry_state, get_state, refresh, set_up
from .leftovers import assert_no_trace, count_instances, count_registrations, stored_files, warnings

pytestmark = pytest.mark.real_storage

SLUGS: Final = sorted(BY_SLUG)
# scripts/bench runs the long form with two hundred accounts and a year.
ACCOUNTS: Final = int(os.environ.get("API_BALANCE_ACCOUNTS", "60"))
DAYS: Final = int(os.environ.get("API_BALANCE_DAYS", "6"))
POLLS_PER_DAY: Final = 96
POLLS_BETWEEN_RELOADS: Final = 200


@pytest.fixture
def concurrency() -> Generator[Counter[str]]:
    """Record the highest number of concurrent requests to each provider."""
    highest: Counter[str] = Counter()
    pending: Counter[str] = Counter()
    original = Client.read

    async def read(client: Client) -> AccountSnapshot:
        slug = client._provider.slug
        pending[slug] += 1
        highest[slug] = max(highest[slug], pending[slug])
        try:
            return await original(client)
        finally:
            pending[slug] -= 1

    with patch.object(Client, "read", read):
        yield highest


async def set_up_many(
    hass: HomeAssistant, providers: Providers, number: int
) -> list[MockConfigEntry]:
    """Set up accounts of all providers at the same time, as after a start."""
    entries = [
        providers.entry(SLUGS[each % len(SLUGS)], f"active.{each}") for each in range(number)
    ]
    for entry in entries:
        entry.add_to_hass(hass)
    await asyncio.gather(*(hass.config_entries.async_setup(entry.entry_id) for entry in entries))
    await hass.async_block_till_done(wait_background_tasks=True)
    return entries


@pytest.mark.usefixtures("real_rounds")
async def test_many_accounts(
    hass: HomeAssistant,
    clock: Clock,
    providers: Providers,
    concurrency: Counter[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Their requests are spread over the interval, and removed accounts leave nothing behind."""
    caplog.set_level(logging.WARNING)
    # What Home Assistant keeps for any account is not counted.
    first = await set_up(hass, providers.entry("crun"))
    await hass.config_entries.async_remove(first.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    before = count_registrations(hass)

    requests = providers.simulator.request_count
    entries = await set_up_many(hass, providers, ACCOUNTS)
    assert {entry_state(entry) for entry in entries} == {ConfigEntryState.LOADED}
    assert providers.simulator.request_count - requests == ACCOUNTS
    assert max(concurrency.values()) <= MAX_CONCURRENT_REQUESTS
    for _ in range(2):
        minutes = []
        for _ in range(15):
            requests = providers.simulator.request_count
            await clock.advance(minutes=1)
            minutes.append(providers.simulator.request_count - requests)
        assert max(minutes) <= ACCOUNTS / 4
        assert abs(sum(minutes) - ACCOUNTS) < ACCOUNTS / 15
    # The balance and six figures for a provider that reports nothing else.
    assert len(hass.states.async_all("sensor")) >= 7 * ACCOUNTS

    for entry in entries:
        assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert warnings(caplog) == []
    assert count_registrations(hass) == before
    for entry in entries:
        assert_no_trace(hass, entry.entry_id)


class MonthlySpending:
    """The expected amount of the sensor for the spending of this month."""

    def __init__(self) -> None:
        """Start with the first poll."""
        self.spent = Decimal(0)
        self._month = 0
        self._start = Decimal(0)

    def check(self, shown: Decimal) -> None:
        """Compare with the sensor, after a successful poll."""
        month = dt_util.now().month
        if month != self._month:
            # Spending at the end of a month is divided between both months.
            self._month, self._start, self.spent = month, shown, Decimal(0)
        assert shown - self._start == self.spent


class Usage:
    """What a user and the provider do to an account between two polls."""

    def __init__(self, providers: Providers, freezer: FrozenDateTimeFactory) -> None:
        """Start with the documented response."""
        self.spending = MonthlySpending()
        self.outages = 0
        self.is_available = True
        self._providers = providers
        self._freezer = freezer
        self._random = Random(5)

    async def before_poll(self, hass: HomeAssistant, entry: MockConfigEntry, poll: int) -> None:
        """Spend something, top up now and then, and start or end a long outage."""
        self._freezer.tick(timedelta(minutes=15, seconds=1))
        phase = poll % 400
        if phase == 100:
            self._providers.respond_as("crun", "malformed")
            self.outages += 1
            self.is_available = False
        elif phase == 130:
            self._providers.respond_as("crun", None)
            self.is_available = True
        if self._random.random() < 0.5:
            amount = Decimal(self._random.randint(1, 300)) / 100
            self._providers.spend("crun", amount)
            self.spending.spent += amount
        if poll % 40 == 39 and self.is_available:
            # A poll before the top-up, so that it does not hide spending.
            await refresh(hass, entry)
            self._freezer.tick(timedelta(seconds=1))
            self._providers.top_up("crun", 55)


async def test_long_time(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    providers: Providers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After many polls, outages and reloads the amounts are exact, and nothing has grown."""
    caplog.set_level(logging.WARNING)
    logging.getLogger("homeassistant").setLevel(logging.WARNING)
    freezer.move_to("2026-01-01T00:00:00+00:00")
    entry = await set_up(hass, providers.entry("crun"))
    usage = Usage(providers, freezer)
    registrations, instances, file_sizes = [], [], []
    for poll in range(DAYS * POLLS_PER_DAY):
        await usage.before_poll(hass, entry, poll)
        await refresh(hass, entry)
        if usage.is_available:
            usage.spending.check(Decimal(get_state(hass, "sensor.crun_ai_spent_this_month")))
        if poll % POLLS_BETWEEN_RELOADS == POLLS_BETWEEN_RELOADS - 1:
            # While the account is unloaded, no write of the ledger is pending.
            assert await hass.config_entries.async_unload(entry.entry_id)
            registrations.append(count_registrations(hass))
            assert await hass.config_entries.async_setup(entry.entry_id)
            # The exceptions in the log would keep the coordinator.
            for record in caplog.records:
                record.msg, record.args = record.getMessage(), ()
            instances.append(count_instances())
            file_sizes += [file.stat().st_size for file in stored_files(hass)]
    assert registrations[0] == registrations[-1]
    assert instances[0] == instances[-1]
    assert max(file_sizes) < 10 * 1024
    errors = warnings(caplog)
    assert len(errors) == usage.outages
    assert all("Error fetching Crun.ai data" in error for error in errors)
