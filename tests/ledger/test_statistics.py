"""Hourly statistics of the spending in the recorder."""

from datetime import timedelta
from decimal import Decimal
import threading
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.api_balance.ledger import (
    async_remove_statistics,
    async_write_statistics,
    spent_statistic_id,
)
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import list_statistic_ids, valid_statistic_id
from homeassistant.components.recorder.tasks import ImportStatisticsTask
from homeassistant.core import HomeAssistant

from .account import AMSTERDAM, Account, local
from .recorder import STATISTIC, bars, write

ENTRY = "01JF0N6B0QXJ6D5K8M3Z9V7R2T"


@pytest.fixture
async def mock_recorder_before_hass(async_test_recorder: object) -> None:
    """Prepare the recorder before Home Assistant, as the test package requires."""


@pytest.fixture
async def recorder(recorder_mock: object, hass: HomeAssistant) -> None:
    """Run a recorder, for a user in Amsterdam."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")


@pytest.mark.parametrize("key", ["USD", "credits", "email/sms", "¥", "a__b", "Ünits of x "])
def test_statistic_id(key: str) -> None:
    """The statistic ID is valid for any key."""
    assert valid_statistic_id(spent_statistic_id(ENTRY, key))
    assert spent_statistic_id(ENTRY, "USD") == STATISTIC


async def test_without_a_recorder(hass: HomeAssistant) -> None:
    """Without a recorder nothing is written."""
    account = Account.open("100")
    account.ledger.reset_spending(None, account.now, account.zone)
    await async_write_statistics(hass, STATISTIC, "x", "USD", account.ledger, account.now)
    assert account.ledger.clear_statistics
    await async_remove_statistics(hass, ENTRY)


async def test_metadata(hass: HomeAssistant, recorder: None) -> None:
    """The metadata has the unit of the balance, and its current name."""
    account = Account.open("100")
    for name in ("Account USD", "Renamed USD"):
        await write(hass, account, name=name)
        (listed,) = await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
        assert listed["statistic_id"] == STATISTIC
        assert listed["source"] == "api_balance"
        assert listed["name"] == name
        assert listed["has_sum"] is True
        assert listed["mean_type"] is StatisticMeanType.NONE
        assert listed["unit_class"] is None
        assert listed["statistics_unit_of_measurement"] == "USD"


async def test_spending_by_hour(hass: HomeAssistant, recorder: None) -> None:
    """Each hour has its spending, including the current one."""
    account = Account.open("100", local("2026-11-20 10:00"), AMSTERDAM)
    await write(hass, account)
    assert await bars(hass, "hour") == {"20 10:00": 0.0}
    account.at("2026-11-20 10:30", "97")
    account.now = local("2026-11-20 11:00:05")
    await write(hass, account)
    assert await bars(hass, "hour") == {"20 10:00": 3.0, "20 11:00": 0.0}
    account.at("2026-11-20 11:10", "93")
    await write(hass, account)
    await write(hass, account)
    assert await bars(hass, "hour") == {"20 10:00": 6.0, "20 11:00": 1.0}
    # Next time only the current hour is written.
    assert len(account.ledger.hourly_spending(account.now)) == 1
    assert await bars(hass, "day") == {"11-20": 7.0}


async def test_only_past_hours(hass: HomeAssistant, recorder: None) -> None:
    """The current hour can be left out until it is over."""
    account = Account.open("100", local("2026-11-20 10:00"), AMSTERDAM)
    await write(hass, account)
    account.at("2026-11-20 10:30", "97")
    account.at("2026-11-20 11:10", "93")
    await write(hass, account, only_past=True)
    assert await bars(hass, "hour") == {"20 10:00": 6.0}
    account.now = local("2026-11-20 12:00:05")
    await write(hass, account, only_past=True)
    assert await bars(hass, "hour") == {"20 10:00": 6.0, "20 11:00": 1.0}


async def test_refund_lowers_the_past(hass: HomeAssistant, recorder: None) -> None:
    """A refund lowers the hour of the drop."""
    account = Account.open("100", local("2026-11-20 10:00"), AMSTERDAM)
    account.at("2026-11-20 10:45", "90")
    account.now = local("2026-11-20 11:00")
    await write(hass, account)
    account.at("2026-11-20 11:30", "98")
    await write(hass, account)
    assert await bars(hass, "hour") == {"20 10:00": 2.0, "20 11:00": 0.0}


async def test_off_over_the_end_of_a_month(hass: HomeAssistant, recorder: None) -> None:
    """Spending during an outage is spread over hours, days and months."""
    account = Account.open("1000", local("2026-10-30 12:00"), AMSTERDAM)
    await write(hass, account)
    account.restart()
    account.at("2026-11-02 12:00", "928")
    await write(hass, account)
    account.restart()
    account.now += timedelta(hours=1)
    await write(hass, account)
    assert await bars(hass, "month") == {"2026-10": 36.0, "2026-11": 36.0}
    assert await bars(hass, "day") == {"10-30": 12.0, "10-31": 24.0, "11-01": 24.0, "11-02": 12.0}


async def test_off_for_longer_than_hours_are_kept(hass: HomeAssistant, recorder: None) -> None:
    """Rows before the kept hours are written once and stay."""
    account = Account.open("10000", local("2026-10-12 12:00"), AMSTERDAM)
    await write(hass, account)
    account.at("2026-11-02 12:00", "9495")
    await write(hass, account)
    for hour in range(13, 16):
        account.at(f"2026-11-02 {hour}:00", "9495")
        account.restart()
        await write(hass, account)
    daily = await bars(hass, "day")
    assert daily.pop("10-12") == 12.0
    assert daily.pop("10-25") == 25.0
    assert daily.pop("11-02") == 12.0
    assert set(daily.values()) == {24.0}
    assert len(daily) == 19


@pytest.mark.parametrize("spent", [0, 240])
async def test_restart_after_a_long_outage(hass: HomeAssistant, recorder: None, spent: int) -> None:
    """Rows of hours that are no longer kept stay as they were written before the outage."""
    account = Account.open("1000", local("2026-11-02 00:00"), AMSTERDAM)
    for hours in range(24, 73, 24):
        account.after(24 * 60, str(1000 - 2 * hours))
        await write(hass, account)
    before = {"11-02": 48.0, "11-03": 48.0, "11-04": 48.0}
    assert await bars(hass, "day") == before | {"11-05": 0.0}
    account.restart()
    account.after(10 * 24 * 60, str(856 - spent))
    await write(hass, account)
    daily = await bars(hass, "day")
    assert daily | before == daily
    assert sum(daily.values()) == 144.0 + spent


async def test_time_zone_changes(hass: HomeAssistant, recorder: None) -> None:
    """A change of the time zone does not change any hour."""
    account = Account.open("1000", local("2026-11-20 10:00"), AMSTERDAM)
    for hour in range(1, 49):
        account.after(60, str(1000 - hour))
        account.zone = ZoneInfo("Asia/Tokyo") if 20 <= hour < 30 else AMSTERDAM
        await write(hass, account)
    assert await bars(hass, "day") == {"11-20": 14.0, "11-21": 24.0, "11-22": 10.0}
    tokyo = await bars(hass, "day", ZoneInfo("Asia/Tokyo"))
    assert tokyo == {"11-20": 6.0, "11-21": 24.0, "11-22": 18.0}


async def test_reset_since_a_moment(hass: HomeAssistant, recorder: None) -> None:
    """A reset removes the spending since a moment."""
    account = Account.open("1000", local("2026-11-20 00:00"), AMSTERDAM)
    for hour in range(1, 37):
        account.after(60, str(1000 - hour))
    await write(hass, account)
    account.ledger.reset_spending(local("2026-11-21 00:00"), account.now, account.zone)
    await write(hass, account)
    assert await bars(hass, "day") == {"11-20": 24.0, "11-21": 0.0}
    account.after(60, "954")
    await write(hass, account)
    assert await bars(hass, "day") == {"11-20": 24.0, "11-21": 10.0}


async def test_reset_of_everything(hass: HomeAssistant, recorder: None) -> None:
    """A complete reset removes the statistics."""
    account = Account.open("1000", local("2026-10-01 00:00"), AMSTERDAM)
    for _ in range(20):
        account.after(24 * 60, str(account.ledger.balance - 10))
        await write(hass, account)
    account.ledger.reset_spending(None, account.now, account.zone)
    await write(hass, account)
    assert set((await bars(hass, "day")).values()) == {0.0}
    account.after(60, str(account.ledger.balance - 5))
    await write(hass, account)
    assert await bars(hass, "day") == {"10-21": 5.0}


async def delete_and_restart(hass: HomeAssistant, account: Account) -> None:
    """Delete the statistics as the user can, and check that they start with the last week."""
    get_instance(hass).async_clear_statistics([STATISTIC])
    await async_wait_recording_done(hass)
    account.after(24 * 60, str(account.ledger.balance - 24))
    await write(hass, account)
    daily = await bars(hass, "day")
    assert max(daily.values()) == 24.0
    assert 7 * 24 <= sum(daily.values()) <= 8 * 24


async def test_deleted_statistics(hass: HomeAssistant, recorder: None) -> None:
    """After the user has deleted them, the statistics start again with the last week."""
    account = Account.open("1000", local("2026-10-01 00:00"), AMSTERDAM)
    for _ in range(20):
        account.after(24 * 60, str(account.ledger.balance - 24))
        await write(hass, account)
    await delete_and_restart(hass, account)


@pytest.mark.parametrize("reset", [False, True])
async def test_slow_recorder(hass: HomeAssistant, recorder: None, *, reset: bool) -> None:
    """Statistics that the recorder has not processed yet were not deleted by the user."""
    account = Account.open("1000", local("2026-10-01 00:00"), AMSTERDAM)
    if reset:
        await write(hass, account)
        account.ledger.reset_spending(None, account.now, account.zone)
    processes = threading.Event()
    original = ImportStatisticsTask.run

    def run(task: ImportStatisticsTask, instance: Recorder) -> None:
        processes.wait()
        original(task, instance)

    with patch.object(ImportStatisticsTask, "run", run):
        await async_write_statistics(hass, STATISTIC, "", "USD", account.ledger, account.now)
        for _ in range(20):
            account.after(24 * 60, str(account.ledger.balance - 24))
        await async_write_statistics(hass, STATISTIC, "", "USD", account.ledger, account.now)
        processes.set()
        await async_wait_recording_done(hass)
    assert sum((await bars(hass, "day")).values()) == 20 * 24.0
    # They can still be deleted.
    await write(hass, account)
    await delete_and_restart(hass, account)


async def test_removed_with_the_account(hass: HomeAssistant, recorder: None) -> None:
    """The statistics of all balances of the account are removed, and no others."""
    account = Account.open("100")
    for entry_id, key in ((ENTRY, "USD"), (ENTRY, "EUR"), ("01OTHER", "USD")):
        await write(hass, account, spent_statistic_id(entry_id, key))
    await async_remove_statistics(hass, ENTRY)
    await async_wait_recording_done(hass)
    left = await get_instance(hass).async_add_executor_job(list_statistic_ids, hass)
    assert [each["statistic_id"] for each in left] == ["api_balance:01other_usd_spent"]


async def test_amounts_are_exact(hass: HomeAssistant, recorder: None) -> None:
    """Sums have no rounding errors."""
    account = Account.open("100", local("2026-11-20 00:00"), AMSTERDAM)
    for hour in range(1, 11):
        account.after(60, str(Decimal(100) - hour * Decimal("0.1")))
        await write(hass, account)
    assert (await bars(hass, "day"))["11-20"] == 1.0
