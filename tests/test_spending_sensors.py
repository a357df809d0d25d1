"""Spending sensors: what was spent, how fast, and when the balance runs out."""

from datetime import datetime

import pytest

from homeassistant.core import HomeAssistant

from .common import Clock, Providers, get_state, set_up


@pytest.fixture(autouse=True)
async def _time_zone(hass: HomeAssistant) -> None:
    """Use a time zone east of UTC."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")


def last_reset(hass: HomeAssistant, name: str) -> datetime:
    """Return when the sensor of a period has started from zero."""
    state = hass.states.get(f"sensor.crun_ai_spent_{name}")
    assert state is not None
    return datetime.fromisoformat(state.attributes["last_reset"])


async def test_new_day(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """The sensors start from zero at local midnight, without a poll."""
    await clock.move_to("2026-11-30T22:40:00+00:00")
    await set_up(hass, providers.entry("crun"))
    providers.spend("crun", 10)
    await clock.move_to("2026-11-30T22:56:00+00:00")
    assert get_state(hass, "sensor.crun_ai_spent_today") == "10"
    calls = providers.calls
    await clock.move_to("2026-11-30T23:00:00.500+00:00")
    assert providers.calls == calls
    for name in ("today", "this_month"):
        assert get_state(hass, f"sensor.crun_ai_spent_{name}") == "0"
        assert last_reset(hass, name) == datetime.fromisoformat("2026-12-01T00:00:00+01:00")
    # The same after a day without spending.
    await clock.move_to("2026-12-01T23:00:00.500+00:00")
    assert last_reset(hass, "today") == datetime.fromisoformat("2026-12-02T00:00:00+01:00")


async def test_spending(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """Spending is divided between the days; rate, run out and last top-up follow from it."""
    await clock.move_to("2026-11-10T11:00:00+00:00")
    await set_up(hass, providers.entry("crun"))
    providers.spend("crun", 200)
    await clock.move_to("2026-11-12T11:00:00+00:00")
    assert get_state(hass, "sensor.crun_ai_spent_today") == "50"
    assert get_state(hass, "sensor.crun_ai_spent_this_month") == "200"
    assert last_reset(hass, "today") == datetime.fromisoformat("2026-11-12T00:00:00+01:00")
    assert last_reset(hass, "this_month") == datetime.fromisoformat("2026-11-10T12:00:00+01:00")
    assert get_state(hass, "sensor.crun_ai_spending_rate") == "100"
    assert get_state(hass, "sensor.crun_ai_runs_out") == "2026-11-19T23:00:00+00:00"
    assert get_state(hass, "sensor.crun_ai_last_top_up") == "unknown"
    providers.top_up("crun", "12.5")
    await clock.next_poll()
    assert get_state(hass, "sensor.crun_ai_last_top_up") == "2026-11-12T11:15:01+00:00"
    assert get_state(hass, "sensor.crun_ai_last_top_up_amount") == "12.5"
