"""A year of an account: every event occurs once, and every amount is right.

Random events with a fixed seed play the user, the provider and power failures.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
import json
import logging
from random import Random
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

from ..common import Providers, get_state, set_threshold, set_up, threshold
from .expected import ZONE, Expected

FIRST_DAY: Final = date(2023, 9, 29)
LAST_DAY: Final = date(2024, 9, 30)
# The documented response of the account: its balance, and when its subscription is renewed.
BALANCE: Final = Decimal(30050)
RESET: Final = datetime(2024, 5, 1, tzinfo=UTC)
TRIGGERS: Final = (
    "balance_became_low",
    "balance_emptied",
    "balance_recovered",
    "balance_renewed",
    "topped_up",
)
# What a provider may respond for a while, and what must come of it.
OUTAGES: Final = ("html_502", "malformed", "rate_limited", "reset", "not_found")


def moments() -> Iterator[datetime]:
    """Yield two moments for each local day."""
    for number in range((LAST_DAY - FIRST_DAY).days):
        start = FIRST_DAY + timedelta(days=number)
        for hour in (0, 13):
            yield datetime.combine(start, time(hour), ZONE).astimezone(UTC)


class Year:
    """What happens to an account, in Home Assistant and in the expectation."""

    def __init__(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers, seed: int
    ) -> None:
        """Start with the documented response."""
        self.hass = hass
        self.random = Random(seed)
        self.balance = BALANCE
        self.freezer = freezer
        self._providers = providers
        self._scenario: str | None = None
        self._is_running = True
        self.entry: MockConfigEntry = providers.entry("lensmor", options=threshold("5000"))

    async def start(self) -> None:
        """Add the account."""
        await set_up(self.hass, self.entry)
        now = self.entry.runtime_data.last_success
        self.expected = Expected(BALANCE, Decimal(5000), now, RESET)
        self._noted_at = now

    def _move(self, amount: Decimal) -> None:
        """Change the balance at the provider."""
        self.balance += amount
        self._providers.top_up("lensmor", amount)

    def _respond_as(self, scenario: str | None) -> None:
        """Change what the provider responds; None stands for the balance."""
        self._scenario = scenario
        self._providers.respond_as("lensmor", scenario)

    async def poll(self, minutes: int = 16) -> None:
        """Let time pass until everything that is due has been requested and confirmed."""
        self.freezer.tick(timedelta(minutes=minutes))
        for _ in range(5):
            await self._run_due()
            self.freezer.tick(timedelta(seconds=2))

    async def _run_due(self) -> None:
        """Run everything that is due, and note a reading that was accepted."""
        async_fire_time_changed(self.hass)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        self._note_reading()

    def _note_reading(self) -> None:
        """Hand an accepted reading to the expectation."""
        if self.entry.state is not ConfigEntryState.LOADED:
            return
        at = self.entry.runtime_data.last_success
        if at is not None and at > self._noted_at:
            self._noted_at = at
            if self._scenario == "insufficient":
                self.expected.refuse(at)
            else:
                self.expected.read(self.balance, at)

    async def half_a_day(self) -> None:
        """Let things happen, and poll."""
        chance = self.random.random
        if chance() < 0.7:
            self._move(-min(Decimal(self.random.randrange(1, 1500)), self.balance))
        if chance() < (0.25 if self.balance < 5000 else 0.01):
            self._move(Decimal(self.random.choice([50, 2000, 15000])))
        if self._scenario is not None and chance() < 0.4:
            self._respond_as(None)
        elif self._scenario is None and chance() < 0.08:
            self._respond_as(self.random.choice(OUTAGES))
        elif self._scenario is None and self.balance < 300 and chance() < 0.5:
            self._respond_as("insufficient")
        await self._at_home()
        await self.poll()
        if self._is_running and self._scenario is None:
            await self._short_events()

    async def _short_events(self) -> None:
        """Play what lasts for minutes: false readings, refusals, reserved and released credits."""
        chance = self.random.random
        if chance() < 0.1:
            self._providers.spend("lensmor", self.balance)
            self.freezer.tick(timedelta(minutes=16))
            await self._run_due()
            self._providers.top_up("lensmor", self.balance)
            await self.poll(1)
        if chance() < 0.1:
            self._respond_as("invalid_key")
            self.freezer.tick(timedelta(minutes=16))
            await self._run_due()
            self._respond_as(None)
            await self.poll(1)
        reserved = Decimal(self.random.randrange(10, 60))
        if chance() < 0.3 and self.balance > 20 * reserved:
            await self.poll()
            self._move(-reserved)
            await self.poll()
            self._move(Decimal(self.random.randrange(1, int(reserved) + 1)))
            await self.poll()

    async def _at_home(self) -> None:
        """Stop, start or reload the integration, each with a probability."""
        if not self._is_running:
            # If setup fails, Home Assistant waits for its start, which is there once in its life.
            if self._scenario in {None, "insufficient"} and self.random.random() < 0.5:
                self.hass.set_state(CoreState.starting)
                await self.hass.config_entries.async_setup(self.entry.entry_id)
                await self.hass.async_block_till_done(wait_background_tasks=True)
                self.hass.set_state(CoreState.running)
                self.hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_STARTED)
                await self.hass.async_block_till_done(wait_background_tasks=True)
                self._is_running = True
        elif self.random.random() < 0.05:
            assert await self.hass.config_entries.async_unload(self.entry.entry_id)
            self._is_running = False
        elif self.random.random() < 0.05:
            await self.hass.config_entries.async_reload(self.entry.entry_id)
        self._note_reading()

    async def end(self) -> None:
        """Read the balance for the last time."""
        self._respond_as(None)
        await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)
        self._note_reading()

    async def check(self, runs: list[ServiceCall]) -> None:
        """Compare events and states with the expectation."""
        expected = self.expected
        assert Counter(call.data["trigger"] for call in runs) == +expected.events
        if not self._is_running or self._scenario is not None:
            return
        # A requested pause may outlast an outage.
        if (shown_balance := get_state(self.hass, "sensor.lensmor_balance")) == "unavailable":
            return
        assert Decimal(shown_balance) == expected.balance
        low = get_state(self.hass, "binary_sensor.lensmor_low_balance")
        assert (low == "on") is expected.low
        spent, rounded = expected.spent_by_day()
        today = expected.at.astimezone(ZONE).date()
        month = [day for day in spent if (day.year, day.month) == (today.year, today.month)]
        for name, days in (("today", [today]), ("this_month", month)):
            exact = sum((spent.get(day, Fraction(0)) for day in days), Fraction(0))
            shown = Fraction(get_state(self.hass, f"sensor.lensmor_spent_{name}"))
            assert abs(shown - exact) <= sum(rounded.get(day, 0) for day in days)
        if self.random.random() < 0.05:
            value = self.random.choice([0, 2000, 5000, 20000])
            await set_threshold(self.hass, "number.lensmor_alert_below", value)
            expected.set_threshold(Decimal(value), expected.at)


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


async def play(year: Year) -> None:
    """Play a year and compare as it goes."""
    await year.hass.config.async_set_time_zone("Europe/Amsterdam")
    year.freezer.move_to(next(moments()))
    with patch("custom_components.api_balance.coordinator.CONFIRMATION_DELAY_WHILE_WAITING", new=0):
        await year.start()
        runs = await set_up_automations(year.hass)
        for now in moments():
            year.freezer.move_to(now)
            await year.half_a_day()
            await year.check(runs)
            if "recorder" in year.hass.config.components:
                # A recorder that is weeks late would take a reload for a deletion.
                await get_instance(year.hass).async_block_till_done()


async def test_a_year(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    providers: Providers,
) -> None:
    """Events and amounts are right through everything that happens."""
    year = Year(hass, freezer, providers, 1)
    await play(year)
    counts = year.expected.events
    assert counts["balance_renewed"] == 1
    assert min(counts[trigger] for trigger in TRIGGERS if trigger != "balance_renewed") >= 5
    assert await hass.config_entries.async_unload(year.entry.entry_id)
    assert len(json.dumps(hass_storage[f"api_balance.{year.entry.entry_id}"])) < 10_000


async def test_statistics_of_a_year(
    recorder_mock: object,
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    providers: Providers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The recorder's statistics show what was spent on each day."""
    # Each statement would be logged.
    caplog.set_level(logging.WARNING, "sqlalchemy.engine")
    year = Year(hass, freezer, providers, 2)
    await play(year)
    await year.end()
    instance = get_instance(hass)
    await instance.async_block_till_done()
    statistic_id = f"api_balance:{year.entry.entry_id.lower()}_credits_spent"
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rows = await instance.async_add_executor_job(
        statistics_during_period, hass, start, None, {statistic_id}, "day", None, {"change"}
    )
    shown = {
        datetime.fromtimestamp(row["start"], ZONE).date(): Fraction(row["change"] or 0)
        for row in rows[statistic_id]
    }
    spent, rounded = year.expected.spent_by_day()
    for day in shown.keys() | spent.keys():
        assert abs(shown.get(day, Fraction(0)) - spent.get(day, Fraction(0))) <= rounded.get(day, 0)
    assert sum(shown.values()) == year.expected.spent
