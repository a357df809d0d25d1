"""Months in the life of an account: everything that happens is told once, and all sums are right.

A chance with a fixed seed plays the user, the provider and the power supply; a second, much simpler
book-keeping of what was readable says what must come out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
import json
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.setup import async_setup_component

from .common import Providers, get_state, set_up

ZONE = ZoneInfo("Europe/Amsterdam")
FIRST, LAST = date(2026, 9, 29), date(2027, 4, 2)
KINDS = ["balance_became_low", "balance_emptied", "balance_recovered", "topped_up"]
OUTAGES = ["html_502", "malformed", "rate_limited", "reset", "not_found"]


class Book:
    """What a person would write down who sees every answer that Home Assistant gets."""

    def __init__(self, balance: Decimal, threshold: Decimal, at: datetime) -> None:
        """Begin with the first answer."""
        self.balance, self.threshold, self.at = balance, threshold, at
        self.low, self.empty = balance < threshold or balance <= 0, balance <= 0
        self.told: Counter[str] = Counter()
        self.spent: defaultdict[date, Fraction] = defaultdict(Fraction)
        """What was spent on each day, as exactly as one likes."""
        self.slack: defaultdict[date, Fraction] = defaultdict(Fraction)
        """By how much a day may be off: each share is rounded to the last place of its fall."""

    def read(self, balance: Decimal, at: datetime) -> None:
        """Write down an answer."""
        if balance > self.balance:
            self.told["topped_up"] += 1
        elif balance < self.balance:
            fall = self.balance - balance
            exponent = fall.normalize().as_tuple().exponent
            assert isinstance(exponent, int)
            place = Fraction(10) ** min(exponent, 0)
            for day, share in self._days(at):
                self.spent[day] += share * Fraction(fall)
                self.slack[day] += place
        self.balance, self.at = balance, at
        self.judge()

    def judge(self) -> None:
        """Write down what was crossed."""
        low = self.balance < self.threshold or self.balance <= 0
        self.told["balance_became_low"] += low and not self.low
        self.told["balance_recovered"] += self.low and not low
        self.told["balance_emptied"] += self.balance <= 0 and not self.empty
        self.low, self.empty = low, self.balance <= 0

    def _days(self, at: datetime) -> Iterator[tuple[date, Fraction]]:
        """Yield each of the user's days since the last answer, with its share of the time."""
        day = self.at.astimezone(ZONE).date()
        while (start := midnight(day)) < at:
            end = midnight(day + timedelta(days=1))
            seconds = (min(end, at) - max(start, self.at)).total_seconds()
            yield day, Fraction(seconds) / Fraction((at - self.at).total_seconds())
            day += timedelta(days=1)


def midnight(day: date) -> datetime:
    """Return when a day begins."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def moments() -> Iterator[datetime]:
    """Yield when Home Assistant's clock goes on: twice a day, as the user's clock has it."""
    day = FIRST
    while day < LAST:
        for hour in (0, 13):
            yield datetime.combine(day, time(hour), ZONE).astimezone(UTC)
        day += timedelta(days=1)


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the integration end and start with Home Assistant."""
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done(wait_background_tasks=True)


class Life:
    """What chance does to an account."""

    def __init__(self, seed: int, providers: Providers) -> None:
        """Begin with what the provider's document shows."""
        self.chance = Random(seed)
        self.providers = providers
        self.key = providers.key("crun")
        self.balance = Decimal(1000)
        self.is_up = self.is_on = True

    def go_on(self) -> None:
        """Let the world go on for some hours."""
        chance, simulator = self.chance, self.providers.simulator
        if chance.random() < 0.7:
            spent = min(Decimal(chance.randrange(1, 8000)) / 100, self.balance)
            self.balance -= spent
            simulator.spend("crun", self.key, spent)
        if chance.random() < (0.25 if self.balance < 100 else 0.01):
            top_up = Decimal(chance.choice([5, 50, 400, 1500]))
            self.balance += top_up
            simulator.top_up("crun", self.key, top_up)
        if chance.random() < (0.1 if self.is_up else 0.3):
            self.is_up = not self.is_up
            self.providers.respond_as("crun", None if self.is_up else chance.choice(OUTAGES))

    async def interrupt(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        """Let the user and the power supply have their turn."""
        if not self.is_on:
            # A set-up that has failed waits for Home Assistant's start, which comes once in its
            # life and many times in this one.
            if self.is_up and self.chance.random() < 0.5:
                await restart(hass, entry)
                self.is_on = True
        elif self.chance.random() < 0.05:
            assert await hass.config_entries.async_unload(entry.entry_id)
            self.is_on = False
        elif self.chance.random() < 0.05:
            await hass.config_entries.async_reload(entry.entry_id)


@pytest.mark.parametrize("seed", [1, 2])
async def test_half_a_year(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    providers: Providers,
    seed: int,
) -> None:
    """Outages, restarts, thresholds, top-ups, ends of months and of a year, summer and winter."""
    life = Life(seed, providers)
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    clock = moments()
    freezer.move_to(now := next(clock))
    entry = await set_up(
        hass, providers.entry("crun", options={"low_balance_threshold": {"credits": "100"}})
    )
    book = Book(Decimal(1000), Decimal(100), now)
    calls = async_mock_service(hass, "test", "run")
    automations = [
        {
            "alias": kind,
            "triggers": {"trigger": f"api_balance.{kind}"},
            "actions": {"action": "test.run", "data": {"kind": kind}},
            "mode": "queued",
        }
        for kind in KINDS
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})

    for now in clock:
        freezer.move_to(now)
        life.go_on()
        await life.interrupt(hass, entry)
        # The second poll comes after what a failure has to wait for.
        for _ in range(2):
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)
            read_at = life.is_on and entry.state is ConfigEntryState.LOADED and last_read(entry)
            if read_at and read_at > book.at:
                book.read(life.balance, read_at)
            freezer.tick(timedelta(minutes=16))
        if not (life.is_on and life.is_up):
            continue
        assert Decimal(get_state(hass, "sensor.crun_ai_balance")) == life.balance
        if life.chance.random() < 0.05:
            book.threshold = Decimal(life.chance.choice([0, 50, 100, 600]))
            entry.runtime_data.async_set_threshold("credits", book.threshold)
            book.judge()
            await hass.async_block_till_done()
        assert Counter(call.data["kind"] for call in calls) == +book.told
        assert (get_state(hass, "binary_sensor.crun_ai_low_balance") == "on") is book.low
        assert_sums(hass, book)
    assert min(book.told[kind] for kind in KINDS) >= 5
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert len(json.dumps(hass_storage[f"api_balance.{entry.entry_id}"])) < 64 * 1024


def last_read(entry: MockConfigEntry) -> datetime:
    """Return when the last good answer came."""
    moment = entry.runtime_data.last_update_success_time
    assert isinstance(moment, datetime)
    return moment


def assert_sums(hass: HomeAssistant, book: Book) -> None:
    """Compare what was spent: a share may be rounded to its last place, and no more."""
    today = book.at.astimezone(ZONE).date()
    month = [day for day in book.spent if (day.year, day.month) == (today.year, today.month)]
    for name, days in (("today", [today]), ("this_month", month)):
        expected = sum((book.spent[day] for day in days), Fraction(0))
        found = Fraction(get_state(hass, f"sensor.crun_ai_spent_{name}"))
        assert abs(found - expected) <= sum(book.slack[day] for day in days)
