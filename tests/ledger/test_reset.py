"""Removal of spending that should not be counted."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from .account import AMSTERDAM, Account, local


def account() -> Account:
    """Return an account that spends 1 an hour from 1 November 00:00 to 21 November 12:00."""
    result = Account.open("1000", local("2026-11-01 00:00"), AMSTERDAM, threshold=Decimal(400))
    while result.now < local("2026-11-21 12:00"):
        assert result.after(60, str(result.ledger.balance - 1)) is not None
    return result


def reset(result: Account, since: datetime | None) -> None:
    """Remove the spending since a moment, or all of it."""
    result.ledger.reset_spending(since, result.now, result.zone)


def sums(result: Account) -> dict[datetime, float]:
    """Return the totals of the hours whose statistics have changed."""
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return {
        epoch + timedelta(hours=hour): float(total)
        for hour, _, total in result.ledger.hourly_spending(result.now)
    }


def test_everything() -> None:
    """After a complete reset the spending starts again."""
    result = account()
    result.ledger.mark_written(result.now)
    reset(result, None)
    figures = result.figures
    assert figures.spent_today == figures.spent_this_month == 0
    assert figures.max_spent_today == figures.max_spent_this_month == 0
    assert figures.spent_yesterday is None
    assert figures.spent_last_month is None
    assert figures.spending_rate is None
    assert figures.min_days_left is None
    assert result.ledger.clear_statistics
    assert sums(result) == {local("2026-11-21 12:00"): 0.0}
    result.after(60, "507")
    assert result.figures.spent_today == 1
    assert sums(result) == {local("2026-11-21 12:00"): 1.0, local("2026-11-21 13:00"): 1.0}


def test_everything_survives_a_restart() -> None:
    """Removed spending does not come back after a restart."""
    result = account()
    reset(result, None)
    result.restart()
    assert result.figures.spent_this_month == 0
    result.after(90, str(result.ledger.balance))
    assert result.figures.spent_this_month == 0


def test_since_this_morning() -> None:
    """Spending before the moment is kept."""
    result = account()
    result.ledger.mark_written(result.now)
    reset(result, local("2026-11-21 08:00"))
    assert result.figures.spent_today == result.figures.max_spent_today == 8
    assert result.figures.spent_yesterday == 24
    assert result.figures.spent_this_month == result.figures.max_spent_this_month == 488
    assert not result.ledger.clear_statistics
    assert sums(result) == {local(f"2026-11-21 {hour:02}:00"): 488.0 for hour in range(8, 13)}
    result.after(120, str(result.ledger.balance))
    assert result.figures.spent_today == 8
    # Of the last 168 hours, 4 are not counted any more, and 2 were idle.
    assert result.figures.spending_rate == (Decimal(162) * 24 / 164).quantize(Decimal("0.000001"))


def test_since_the_middle_of_an_hour() -> None:
    """Of the hour that contains the moment, the part before it is kept."""
    result = Account.open("1000", local("2026-11-20 10:00"), AMSTERDAM)
    result.at("2026-11-20 11:00", "996")
    result.at("2026-11-21 12:00", "996")
    reset(result, local("2026-11-20 10:45"))
    assert result.figures.spent_yesterday == 3
    assert result.ledger.spending.observed == {
        int(local("2026-11-20 10:00").timestamp()) // 3600: 45 * 60
    }


def test_since_within_an_hour_without_data() -> None:
    """Nothing is removed or added."""
    result = Account.open("1000", local("2026-11-20 10:00"), AMSTERDAM)
    result.at("2026-11-20 11:00", "996")
    result.at("2026-11-20 14:00", "1500")
    before = result.ledger.spending.as_json()
    reset(result, local("2026-11-20 12:30"))
    assert result.ledger.spending.as_json() == before
    assert result.figures.spent_today == 4


def test_since_within_a_recent_drop() -> None:
    """A recent drop is counted in part, and can still be refunded."""
    result = Account.open("1000", local("2026-11-21 10:00"), AMSTERDAM)
    result.at("2026-11-21 11:00", "996")
    reset(result, local("2026-11-21 10:45"))
    assert result.figures.spent_today == 3
    result.restart()
    assert result.figures.spent_today == 3
    assert result.at("2026-11-21 11:15", "1000") == []
    assert result.figures.spent_today == 0
    assert result.at("2026-11-21 11:30", "1001") == ["topped_up"]


def test_refund_of_what_was_removed() -> None:
    """A refund of removed spending is not a top-up."""
    result = Account.open("1000", local("2026-11-21 10:00"), AMSTERDAM)
    result.at("2026-11-21 11:00", "996")
    reset(result, None)
    assert result.at("2026-11-21 11:15", "998") == []
    assert result.figures.spent_today == 0


def test_since_yesterday() -> None:
    """Spending on the days after the moment is removed."""
    result = account()
    reset(result, local("2026-11-20 12:00"))
    assert result.figures.spent_today == 0
    assert result.figures.spent_yesterday == 12
    assert result.figures.spent_this_month == 19 * 24 + 12


@pytest.mark.parametrize("restart", [False, True])
def test_since_more_than_a_week_ago(*, restart: bool) -> None:
    """Before the last week, whole days are removed."""
    result = account()
    result.ledger.mark_written(result.now)
    if restart:
        result.restart()
    reset(result, local("2026-11-10 17:00"))
    assert result.figures.spent_this_month == 9 * 24
    assert result.figures.spending_rate is None
    rows = sums(result)
    assert min(rows) == local("2026-11-10 00:00")
    assert set(rows.values()) == {9 * 24.0}
    assert len(rows) == 11 * 24 + 13


def test_since_before_the_first_reading() -> None:
    """A moment before the first reading removes all spending."""
    result = account()
    result.ledger.mark_written(result.now)
    reset(result, local("2025-01-01 00:00"))
    assert result.figures.spent_this_month == 0
    assert result.figures.spent_yesterday == 0
    assert set(sums(result).values()) == {0.0}
    assert len(sums(result)) <= 63 * 24 + 2


def test_days_that_are_not_kept_stay_in_the_total() -> None:
    """Days that are no longer kept stay in the total."""
    result = Account.open("1000", local("2026-07-01 00:00"), AMSTERDAM)
    for day in range(100):
        assert result.after(24 * 60, str(999 - day)) == []
    reset(result, local("2026-07-10 00:00"))
    assert result.figures.spent_this_month == 0
    assert result.ledger.spending.total == 100 - 63


def test_since_in_the_future() -> None:
    """A moment in the future removes nothing."""
    result = account()
    before = result.figures
    reset(result, local("2026-11-22 12:00"))
    assert result.figures == before


def test_alarm_and_threshold_stay() -> None:
    """A reset does not end an alarm."""
    result = account()
    assert result.confirmed(60, "0") == ["became_low", "emptied"]
    reset(result, local("2026-11-21 00:00"))
    assert result.ledger.low
    assert result.ledger.pending == []
    assert result.figures.percent_left == 0
    assert result.after(60, "0") == []


def test_estimate_starts_again() -> None:
    """The lowest estimate starts again with the current one."""
    result = Account.open("480", local("2026-11-01 00:00"), AMSTERDAM)
    result.after(24 * 60, "456")
    result.after(24 * 60, "24")
    result.poll("24")
    assert result.figures.min_days_left == (Decimal(24) / 228).quantize(Decimal("0.000001"))
    reset(result, local("2026-11-02 00:00"))
    assert result.figures.spending_rate == 24
    assert result.figures.days_left == result.figures.min_days_left == 1


@pytest.mark.parametrize("hours", [3, 200])
def test_zone_with_a_quarter_of_an_hour(hours: int) -> None:
    """If midnight is within an hour, no day becomes negative."""
    zone = ZoneInfo("Asia/Kathmandu")
    result = Account.open("1000", local("2026-11-20 20:00", zone), zone)
    result.at("2026-11-21 04:00", "920")
    result.after(hours * 60, "920")
    reset(result, local("2026-11-21 00:00", zone))
    days = result.ledger.spending.days
    assert sum(days.values()) == 40
    assert all(spent >= 0 for spent in days.values())
    assert result.ledger.spending.total == 40
