"""Spending sensors: what was spent, how fast, and when the balance runs out."""

import pytest

from homeassistant.core import HomeAssistant

from .common import Clock, Providers, get_state, set_up


@pytest.fixture(autouse=True)
async def _time_zone(hass: HomeAssistant) -> None:
    """Use a time zone east of UTC."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")


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


@pytest.mark.usefixtures("all_entities_enabled")
async def test_previous_periods(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """Yesterday and last month are unknown until the account was watched for that long."""
    await clock.move_to("2026-11-30T12:00:00+00:00")
    await set_up(hass, providers.entry("crun"))
    yesterday, last_month = "sensor.crun_ai_spent_yesterday", "sensor.crun_ai_spent_last_month"
    assert (get_state(hass, yesterday), get_state(hass, last_month)) == ("unknown", "unknown")
    providers.spend("crun", 10)
    await clock.move_to("2026-11-30T12:15:01+00:00")
    await clock.move_to("2026-11-30T23:00:00.500+00:00")
    assert (get_state(hass, yesterday), get_state(hass, last_month)) == ("10", "10")
    await clock.move_to("2026-12-01T23:00:00.500+00:00")
    assert (get_state(hass, yesterday), get_state(hass, last_month)) == ("0", "10")


async def test_spending(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """Spending is divided between the days; rate, run-out and last top-up follow from it."""
    await clock.move_to("2026-11-10T11:00:00+00:00")
    await set_up(hass, providers.entry("crun"))
    providers.spend("crun", 200)
    await clock.move_to("2026-11-12T11:00:00+00:00")
    assert get_state(hass, "sensor.crun_ai_spent_today") == "50"
    assert get_state(hass, "sensor.crun_ai_spent_this_month") == "200"
    assert get_state(hass, "sensor.crun_ai_spending_rate") == "100"
    assert get_state(hass, "sensor.crun_ai_estimated_run_out") == "2026-11-19T23:00:00+00:00"
    assert get_state(hass, "sensor.crun_ai_percent_left") == "80.0"
    assert get_state(hass, "sensor.crun_ai_last_top_up") == "unknown"
    providers.top_up("crun", "212.5")
    await clock.advance(seconds=901)
    assert get_state(hass, "sensor.crun_ai_last_top_up") == "2026-11-12T11:15:01+00:00"
    assert get_state(hass, "sensor.crun_ai_last_top_up_amount") == "212.5"
    assert get_state(hass, "sensor.crun_ai_percent_left") == "100.0"


async def test_statistics_attributes(hass: HomeAssistant, providers: Providers) -> None:
    """What is spent has no state class: its statistics are written by hour instead.

    What is calculated from it needs none.
    """
    await set_up(hass, providers.entry("lumenfall"))
    expected = {
        "balance": ("total", "monetary", "USD"),
        "spent_today": (None, "monetary", "USD"),
        "spending_rate": (None, None, "USD/d"),
        "percent_left": (None, None, "%"),
    }
    for name, attributes in expected.items():
        state = hass.states.get(f"sensor.lumenfall_{name}")
        assert state is not None
        names = ("state_class", "device_class", "unit_of_measurement")
        assert tuple(map(state.attributes.get, names)) == attributes


async def test_statistics_of_the_balance_only(hass: HomeAssistant, providers: Providers) -> None:
    """Other amounts have no state class, since statistics are most of the recorder's work."""
    await set_up(hass, providers.entry("elevenlabs"))
    classes = {
        name: state.attributes.get("state_class")
        for name in ("balance", "used")
        if (state := hass.states.get(f"sensor.elevenlabs_{name}"))
    }
    assert classes == {"balance": "measurement", "used": None}
