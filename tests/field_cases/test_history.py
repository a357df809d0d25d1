"""Field cases 9, 10, 17: spending belongs to the hours in which it happened, and is exact."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant

from ..common import Clock, Providers
from .conftest import Account


async def spent(hass: HomeAssistant, account: Account, period: str) -> dict[str, float]:
    """Return the spending per period from the recorder's statistics."""
    await hass.async_block_till_done(wait_background_tasks=True)
    instance = get_instance(hass)
    await instance.async_block_till_done()
    statistic_id = f"api_balance:{account.entry.entry_id.lower()}_credits_spent"
    rows: dict[str, list[dict[str, Any]]] = await instance.async_add_executor_job(
        lambda: statistics_during_period(  # type: ignore[arg-type, return-value]
            hass,
            datetime(2020, 1, 1, tzinfo=UTC),
            None,
            {statistic_id},
            period,  # type: ignore[arg-type]
            None,
            {"change"},
        )
    )
    return {
        datetime.fromtimestamp(row["start"], UTC).strftime("%Y-%m-%d %H"): round(row["change"], 6)
        for row in rows.get(statistic_id, [])
        if row["change"]
    }


@pytest.fixture
async def _recorder(recorder_mock: object, hass: HomeAssistant) -> None:
    """Use a recorder, and the time zone UTC."""
    await hass.config.async_set_time_zone("UTC")


@pytest.mark.usefixtures("_recorder")
async def test_case_9_off_over_the_end_of_a_month(
    hass: HomeAssistant, clock: Clock, account: Account
) -> None:
    """What was spent while Home Assistant was off is divided among the hours of that time."""
    await clock.move_to("2026-10-30T12:00:00+00:00")
    await account.add(balance=1000)
    assert await hass.config_entries.async_unload(account.entry.entry_id)
    await clock.move_to("2026-11-02T12:00:00+00:00")
    account.holds(928)
    assert await hass.config_entries.async_setup(account.entry.entry_id)
    await clock.advance(seconds=5)
    months = await spent(hass, account, "month")
    assert months == {"2026-10-01 00": 36, "2026-11-01 00": 36}
    days = await spent(hass, account, "day")
    assert days["2026-10-31 00"] == 24
    assert days["2026-11-01 00"] == 24
    hours = await spent(hass, account, "hour")
    assert hours["2026-10-31 03"] == 1
    assert account.shows("spent_this_month") == "36"


@pytest.mark.usefixtures("_recorder")
async def test_case_10_a_job_at_midnight(
    hass: HomeAssistant, clock: Clock, account: Account
) -> None:
    """Yesterday's share of a drop across midnight belongs to yesterday."""
    await clock.move_to("2026-06-01T23:50:00+00:00")
    await account.add(balance=100)
    account.holds(95)
    await clock.move_to("2026-06-02T00:05:01+00:00")
    state = Decimal(account.shows("spent_today"))
    assert round(state) == 2
    # Hours are written when they are over.
    await clock.move_to("2026-06-02T01:16:00+00:00")
    days = await spent(hass, account, "day")
    assert round(days["2026-06-01 00"]) == 3
    assert round(days["2026-06-02 00"]) == 2


@pytest.mark.usefixtures("_recorder")
async def test_statistics_go_with_the_account(
    hass: HomeAssistant, clock: Clock, account: Account
) -> None:
    """A removed account leaves no statistics behind."""
    await account.add(balance=100)
    for balance in (90, 80):
        for _ in range(5):
            await account.poll(balance)
    assert await spent(hass, account, "month")
    await hass.config_entries.async_remove(account.entry.entry_id)
    assert await spent(hass, account, "month") == {}


@pytest.mark.usefixtures("_recorder")
async def test_another_time_zone_changes_no_statistics(
    hass: HomeAssistant, clock: Clock, account: Account
) -> None:
    """Nothing is counted twice when Home Assistant moves."""
    await clock.move_to("2026-06-15T12:00:00+00:00")
    await account.add(balance=100)
    await account.poll(90)
    before = await spent(hass, account, "hour")
    for zone in ("Asia/Tokyo", "UTC"):
        await hass.config.async_set_time_zone(zone)
        await account.poll()
    assert await spent(hass, account, "hour") == before


async def test_reset_spending(hass: HomeAssistant, account: Account) -> None:
    """The action removes what was counted, and leaves the alarm alone."""
    await account.add(balance=100, threshold="95")
    await account.poll(90)
    await account.confirm()
    assert account.shows("spent_today") == "10"
    await hass.services.async_call(
        "api_balance", "reset_spending", {"entity_id": "sensor.crun_ai_balance"}, blocking=True
    )
    assert account.shows("spent_today") == "0"
    assert account.low == "on"
    assert account.events == ["became_low"]


async def test_case_17_amounts_below_a_cent(
    hass: HomeAssistant, usd_account: Account, providers: Providers
) -> None:
    """Small amounts are shown with their decimal places, and never with an exponent."""
    account = usd_account
    await account.add(balance="0.0043")
    state = hass.states.get("sensor.lumenfall_balance")
    assert state is not None
    assert state.state == "0.0043"
    assert hass.states.async_all("sensor")
    options = hass.data["entity_registry"].async_get("sensor.lumenfall_balance").options
    assert options["sensor"]["suggested_display_precision"] == 4
    await account.poll("0.0000001")
    await account.confirm()
    assert account.shows("balance") == "0.0000001"


async def test_case_17_more_places_later(hass: HomeAssistant, usd_account: Account) -> None:
    """The display follows when the provider starts sending more decimal places."""
    account = usd_account
    await account.add(balance="12.5")
    registry = hass.data["entity_registry"]

    def precision() -> int:
        return int(
            registry.async_get("sensor.lumenfall_balance").options["sensor"][
                "suggested_display_precision"
            ]
        )

    assert precision() == 2
    await account.poll("12.4957")
    assert precision() == 4
    await account.poll("12.4")
    assert precision() == 4
