"""Half a year of an account: every event occurs once, and every amount is right.

Random events with a fixed seed play the user, the provider and power failures. A second, much
simpler calculation of what could be read gives the expected events and amounts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
import json
from random import Random
from typing import Any, Final
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
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

from .common import Providers, get_state, set_threshold, set_up, threshold

ZONE: Final = ZoneInfo("Europe/Amsterdam")
FIRST_DAY: Final = date(2026, 9, 29)
LAST_DAY: Final = date(2027, 4, 2)
TRIGGERS: Final = ("balance_became_low", "balance_emptied", "balance_recovered", "topped_up")
OUTAGES: Final = ("html_502", "malformed", "rate_limited", "reset", "not_found")


class Expected:
    """The expected events and amounts, calculated from the responses that were received."""

    def __init__(self, balance: Decimal, threshold: Decimal, at: datetime) -> None:
        """Start with the first response."""
        self.at = at
        self.threshold = threshold
        self.is_low = balance < threshold or balance <= 0
        self.events: Counter[str] = Counter()
        self.spent: defaultdict[date, Fraction] = defaultdict(Fraction)
        """The exact spending by local day."""
        self.tolerance: defaultdict[date, Fraction] = defaultdict(Fraction)
        """The largest rounding error by local day: each share is rounded to a decimal place."""
        self._balance = balance
        self._is_empty = balance <= 0

    def read(self, balance: Decimal, at: datetime) -> None:
        """Add a response."""
        if balance > self._balance:
            self.events["topped_up"] += 1
        elif balance < self._balance:
            drop = self._balance - balance
            exponent = drop.normalize().as_tuple().exponent
            assert isinstance(exponent, int)
            for day, share in self._shares(at):
                self.spent[day] += share * Fraction(drop)
                self.tolerance[day] += Fraction(10) ** min(exponent, 0)
        self._balance, self.at = balance, at
        self._update_alarm()

    def set_threshold(self, threshold: Decimal) -> None:
        """Change the threshold."""
        self.threshold = threshold
        self._update_alarm()

    def _update_alarm(self) -> None:
        """Add the events that follow from balance and threshold."""
        is_low = self._balance < self.threshold or self._balance <= 0
        self.events["balance_became_low"] += is_low and not self.is_low
        self.events["balance_recovered"] += self.is_low and not is_low
        self.events["balance_emptied"] += self._balance <= 0 and not self._is_empty
        self.is_low, self._is_empty = is_low, self._balance <= 0

    def _shares(self, at: datetime) -> Iterator[tuple[date, Fraction]]:
        """Yield each local day since the last response, with its share of the time."""
        day = self.at.astimezone(ZONE).date()
        while (start := midnight(day)) < at:
            end = midnight(day + timedelta(days=1))
            seconds = (min(end, at) - max(start, self.at)).total_seconds()
            yield day, Fraction(seconds) / Fraction((at - self.at).total_seconds())
            day += timedelta(days=1)

    def check(self, hass: HomeAssistant, runs: list[ServiceCall]) -> None:
        """Compare the events and the states."""
        assert Counter(call.data["trigger"] for call in runs) == +self.events
        assert (get_state(hass, "binary_sensor.crun_ai_low_balance") == "on") is self.is_low
        today = self.at.astimezone(ZONE).date()
        month = [day for day in self.spent if (day.year, day.month) == (today.year, today.month)]
        for name, days in (("today", [today]), ("this_month", month)):
            expected = sum((self.spent[day] for day in days), Fraction(0))
            shown = Fraction(get_state(hass, f"sensor.crun_ai_spent_{name}"))
            assert abs(shown - expected) <= sum(self.tolerance[day] for day in days)


def midnight(day: date) -> datetime:
    """Return when a local day starts."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def moments() -> Iterator[datetime]:
    """Yield two moments for each local day."""
    for number in range((LAST_DAY - FIRST_DAY).days):
        start = FIRST_DAY + timedelta(days=number)
        for hour in (0, 13):
            yield datetime.combine(start, time(hour), ZONE).astimezone(UTC)


class RandomEvents:
    """What happens to an account: spending, top-ups, outages, restarts and reloads."""

    def __init__(self, seed: int, providers: Providers) -> None:
        """Start with the documented response."""
        self.random = Random(seed)
        self.balance = Decimal(1000)
        self.is_available = True
        self.is_running = True
        self._providers = providers

    def at_the_provider(self) -> None:
        """Spend, top up, and start or end an outage, each with a probability."""
        if self.random.random() < 0.7:
            spent = min(Decimal(self.random.randrange(1, 8000)) / 100, self.balance)
            self.balance -= spent
            self._providers.spend("crun", spent)
        if self.random.random() < (0.25 if self.balance < 100 else 0.01):
            top_up = Decimal(self.random.choice([5, 50, 400, 1500]))
            self.balance += top_up
            self._providers.top_up("crun", top_up)
        if self.random.random() < (0.1 if self.is_available else 0.3):
            self.is_available = not self.is_available
            outage = None if self.is_available else self.random.choice(OUTAGES)
            self._providers.respond_as("crun", outage)

    async def at_home(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        """Stop, start or reload the integration, each with a probability."""
        if not self.is_running:
            # If setup fails, Home Assistant waits for its start, which is there once in its life.
            if self.is_available and self.random.random() < 0.5:
                await start(hass, entry)
                self.is_running = True
        elif self.random.random() < 0.05:
            assert await hass.config_entries.async_unload(entry.entry_id)
            self.is_running = False
        elif self.random.random() < 0.05:
            await hass.config_entries.async_reload(entry.entry_id)


async def start(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set up the account during a start of Home Assistant."""
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    hass.set_state(CoreState.running)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done(wait_background_tasks=True)


async def set_up_automations(hass: HomeAssistant) -> list[ServiceCall]:
    """Set up an automation for each trigger, and return their runs."""
    runs = async_mock_service(hass, "test", "run")
    automations = [
        {
            "alias": trigger,
            "triggers": {"trigger": f"api_balance.{trigger}"},
            "actions": {"action": "test.run", "data": {"trigger": trigger}},
            "mode": "queued",
        }
        for trigger in TRIGGERS
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    return runs


def last_reading(entry: MockConfigEntry) -> datetime | None:
    """Return when the last good response was received; None while the account is not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        return None
    moment: datetime = entry.runtime_data.last_update_success_time
    return moment


@pytest.mark.parametrize("seed", [1, 2])
async def test_half_a_year(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    providers: Providers,
    seed: int,
) -> None:
    """Events and amounts are right through outages, restarts and changes of the clock."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to(now := next(moments()))
    entry = await set_up(hass, providers.entry("crun", options=threshold("100")))
    expected = Expected(Decimal(1000), Decimal(100), now)
    events = RandomEvents(seed, providers)
    runs = await set_up_automations(hass)
    for now in moments():
        freezer.move_to(now)
        events.at_the_provider()
        await events.at_home(hass, entry)
        # Two polls: after an outage, the first may have to wait.
        for _ in range(2):
            async_fire_time_changed(hass)
            await hass.async_block_till_done(wait_background_tasks=True)
            read_at = last_reading(entry) if events.is_running else None
            if read_at and read_at > expected.at:
                expected.read(events.balance, read_at)
            freezer.tick(timedelta(minutes=16))
        if not (events.is_running and events.is_available):
            continue
        assert Decimal(get_state(hass, "sensor.crun_ai_balance")) == events.balance
        if events.random.random() < 0.05:
            value = events.random.choice([0, 50, 100, 600])
            expected.set_threshold(Decimal(value))
            await set_threshold(hass, "number.crun_ai_low_balance_threshold", value)
        expected.check(hass, runs)
    assert min(expected.events[trigger] for trigger in TRIGGERS) >= 5
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert len(json.dumps(hass_storage[f"api_balance.{entry.entry_id}"])) < 64 * 1024
