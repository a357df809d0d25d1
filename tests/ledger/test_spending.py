"""Spending by day and month."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from .account import AMSTERDAM, Account, local

KATHMANDU = ZoneInfo("Asia/Kathmandu")
CAIRO = ZoneInfo("Africa/Cairo")


def account(*readings: tuple[str, str], zone: ZoneInfo = AMSTERDAM) -> Account:
    """Return an account after readings, with times in the user's time zone."""
    (start, balance), *rest = readings
    result = Account.open(balance, local(start, zone), zone)
    for moment, amount in rest:
        result.at(moment, amount)
        # Accept it without confirmation.
        if result.ledger.awaits_confirmation:
            assert result.poll(amount) is not None
    return result


def days(result: Account) -> dict[date, Decimal]:
    """Return the spending by day when no refund is possible anymore."""
    result.after(61, str(result.ledger.balance))
    return result.ledger.spending.days


def test_first_reading() -> None:
    """After the first reading, most figures are unknown."""
    figures = account(("2026-11-21 15:00", "10.5")).figures
    assert figures.day == date(2026, 11, 21)
    assert figures.spent_today == figures.spent_this_month == 0
    assert figures.max_spent_today == figures.max_spent_this_month == 0
    assert figures.spent_yesterday is None
    assert figures.spent_last_month is None
    assert figures.spending_rate is None
    assert figures.days_left is None
    assert figures.min_days_left is None
    assert figures.run_out is None
    assert figures.last_top_up is None
    assert figures.last_top_up_amount is None
    assert figures.percent_left == 100


def test_spending_and_top_up() -> None:
    """A top-up does not reduce the spending."""
    figures = account(
        ("2026-11-20 15:00", "10.5"),
        ("2026-11-21 09:00", "10.5"),
        ("2026-11-21 09:15", "10.25"),
        ("2026-11-21 09:30", "30.25"),
        ("2026-11-21 09:45", "30.13"),
    ).figures
    assert figures.spent_today == Decimal("0.37")
    assert figures.spent_yesterday == 0
    assert figures.spent_this_month == Decimal("0.37")
    assert figures.last_top_up == local("2026-11-21 09:30")
    assert figures.last_top_up_amount == 20


def test_arrears() -> None:
    """Spending continues below zero."""
    result = account(("2026-11-21 09:00", "1"), ("2026-11-21 09:15", "-0.5"))
    assert result.figures.spent_today == Decimal("1.5")


def test_new_day_and_new_month() -> None:
    """Days and months start at the user's midnight, even without a reading."""
    result = account(("2026-11-30 10:00", "100"), ("2026-11-30 12:00", "90"))
    result.now = local("2026-11-30 23:59:59")
    assert result.figures.spent_today == result.figures.spent_this_month == 10
    assert result.figures.spent_yesterday is None
    result.now = local("2026-12-01 00:00")
    assert result.now == datetime(2026, 11, 30, 23, tzinfo=UTC)
    figures = result.figures
    assert figures.day == date(2026, 12, 1)
    assert figures.spent_today == figures.spent_this_month == 0
    assert figures.spent_yesterday == figures.spent_last_month == 10
    result.now = local("2027-01-01 00:00")
    assert result.figures.spent_yesterday == result.figures.spent_last_month == 0


def test_first_reading_on_the_first_of_a_month() -> None:
    """Nothing is known of the month before."""
    result = account(("2026-11-01 00:00", "100"), ("2026-11-02 00:00", "90"))
    assert result.figures.spent_last_month is None
    assert result.figures.spent_yesterday == 10


def test_yesterday_and_last_month_at_the_end_of_a_year() -> None:
    """Yesterday and last month can be in the previous year."""
    result = account(("2026-12-31 10:00", "100"), ("2026-12-31 12:00", "90"))
    result.at("2027-01-01 10:00", "90")
    assert result.figures.spent_yesterday == result.figures.spent_last_month == 10


def test_last_month_is_complete_until_the_month_ends() -> None:
    """Last month stays complete until the end of this month, 62 days later."""
    result = Account.open("1000", local("2026-06-30 12:00"), AMSTERDAM)
    balance = 1000
    while result.now < local("2026-08-31 12:00"):
        balance -= 1
        assert result.after(24 * 60, str(balance)) == []
    assert result.figures.spent_last_month == 31
    # A single credit between two noons counts on the second day.
    assert result.figures.spent_this_month == 31


def test_drop_across_midnight_is_divided() -> None:
    """Ten minutes belong to the old day and five to the new one."""
    figures = account(("2026-11-20 23:50", "103"), ("2026-11-21 00:05", "100")).figures
    assert (figures.spent_yesterday, figures.spent_today) == (Decimal(2), Decimal(1))


def test_outage_of_a_week() -> None:
    """Spending during an outage is spread over its days."""
    result = account(("2026-11-13 12:00", "100"), ("2026-11-20 12:00", "30"))
    figures = result.figures
    assert (figures.spent_today, figures.spent_yesterday) == (Decimal(5), Decimal(10))
    assert figures.spent_this_month == 70
    # The week is known, although nothing was read: 10 a day, and 30 left.
    assert figures.spending_rate == 10
    assert figures.run_out == local("2026-11-23 00:00")
    assert days(result) == {
        date(2026, 11, 13): Decimal(5),
        **{date(2026, 11, day): Decimal(10) for day in range(14, 20)},
        date(2026, 11, 20): Decimal(5),
    }


def test_outage_over_the_end_of_a_month() -> None:
    """Spending during an outage is spread over both months."""
    result = account(("2026-11-29 00:00", "40"), ("2026-12-03 00:00", "0"))
    assert result.figures.spent_this_month == 20
    assert result.figures.spent_last_month == 20


def test_outage_of_a_year() -> None:
    """Only two months of a long outage are kept."""
    result = account(("2025-08-21 00:00", "36500"), ("2026-08-21 00:00", "0"))
    assert result.figures.spent_this_month == 2000
    assert result.figures.spent_last_month == 3100
    assert sum(days(result).values()) == 6300


def test_shares_are_exact() -> None:
    """Shares have no more decimal places than the amount, and add up to it."""
    result = account(("2026-11-13 07:11", "0.0100"), ("2026-11-16 19:03", "0.0033"))
    assert sum(days(result).values()) == Decimal("0.0067")
    assert len(days(result)) == 4
    hours = result.ledger.spending.hours.values()
    assert sum(hours) == Decimal("0.0067")
    # One unit of the last place at a time.
    assert len(hours) == 67
    for spent in (*hours, *days(result).values()):
        assert int(spent.as_tuple().exponent) >= -4


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)]
)
def test_days_of_23_and_25_hours(day: str, hours: int) -> None:
    """Days with a clock change have 23 or 25 hours."""
    start = local(f"{day} 00:00")
    result = Account.open("1000", start - timedelta(hours=10), AMSTERDAM)
    result.now = start + timedelta(hours=hours + 5)
    result.poll(str(1000 - 15 - hours))
    assert result.figures.spent_today == 5
    assert result.figures.spent_yesterday == hours
    assert sum(days(result).values()) == 15 + hours


def test_day_that_begins_at_one() -> None:
    """In Cairo, midnight does not exist on the last Friday of April."""
    result = account(("2026-04-23 22:00", "10"), ("2026-04-24 02:00", "7"), zone=CAIRO)
    assert result.figures.spent_yesterday == 2
    assert result.figures.spent_today == 1
    assert days(result) == {date(2026, 4, 23): Decimal(2), date(2026, 4, 24): Decimal(1)}


def test_midnight_within_an_hour() -> None:
    """In Kathmandu, the user's midnight is not at a full hour."""
    result = account(("2026-11-20 23:00", "10"), ("2026-11-20 23:50", "8"), zone=KATHMANDU)
    result.now = local("2026-11-20 23:59", KATHMANDU)
    assert result.figures.spent_today == 2
    result.now = local("2026-11-21 00:01", KATHMANDU)
    assert result.figures.spent_today == 0
    assert result.figures.spent_yesterday == 2


def test_time_zone_changes() -> None:
    """Past days stay the same if the time zone changes."""
    result = account(("2026-11-20 10:00", "100"), ("2026-11-20 12:00", "90"))
    result.at("2026-11-21 10:00", "90")
    result.at("2026-11-21 12:00", "85")
    result.at("2026-11-21 23:30", "85")
    before = result.figures
    assert (before.spent_yesterday, before.spent_today) == (Decimal(10), Decimal(5))
    result.zone = ZoneInfo("Asia/Tokyo")
    # It is the 22nd there.
    assert result.figures.day == date(2026, 11, 22)
    assert result.figures.spent_yesterday == 5
    assert result.figures.spent_today == 0
    assert result.figures.spent_this_month == 15
    result.after(15, "84")
    assert result.figures.spent_today == 1
    result.zone = AMSTERDAM
    assert result.figures.spent_this_month == 16


def test_clock_is_put_back() -> None:
    """If the clock is put back, no spending is lost or counted twice."""
    result = account(
        ("2026-11-21 10:00", "10"),
        ("2026-11-21 12:00", "8"),
        ("2026-11-21 11:00", "7"),
        ("2026-11-21 11:30", "6"),
    )
    assert result.figures.spent_today == 4


def test_clock_is_put_back_by_days() -> None:
    """Spending on days in the future does not count for today."""
    result = account(
        ("2026-11-30 12:00", "100"), ("2026-12-02 12:00", "88"), ("2026-11-30 13:00", "81")
    )
    # A quarter of the 12 was spent on the 30th, as it looked then.
    assert result.figures.spent_today == result.figures.spent_this_month == 3 + 7
    assert sum(days(result).values()) == 19
    assert min(result.ledger.spending.observed.values()) > 0


def test_hours_in_the_future_are_kept_for_two_days() -> None:
    """If the clock is put back further, they are removed."""
    result = Account.open("1000", local("2026-11-01 00:00"), AMSTERDAM)
    for hour in range(1, 101):
        assert result.after(60, str(1000 - hour)) == []
    result.after(-60 * 60, "900")
    hour = int(result.now.timestamp()) // 3600
    # The first 40 hours, this one, and 48 after it.
    assert sorted(result.ledger.spending.hours) == list(range(hour - 40, hour + 49))
    rows = result.ledger.hourly_spending(result.now)
    assert rows[-1] == (hour + 48, Decimal(1), Decimal(100))


def test_clock_is_put_back_before_the_first_reading() -> None:
    """A reading that is earlier than the first one replaces it."""
    result = account(("2026-11-21 00:10", "10"), ("2026-11-20 23:50", "9"))
    assert result.figures.spent_today == 1
    result.now = local("2026-11-21 10:00")
    assert result.figures.spent_yesterday == 1


def test_days_are_kept_for_two_months() -> None:
    """Days are kept for two months."""
    result = Account.open("1000")
    for day in range(1, 100):
        assert result.after(24 * 60, str(1000 - day)) == []
    assert 62 <= len(result.ledger.spending.days) <= 64


def test_high_water_marks() -> None:
    """A refund does not lower the high-water marks."""
    result = account(("2026-11-29 10:00", "1000"), ("2026-11-29 10:15", "800"))
    assert result.figures.max_spent_today == 200
    result.at("2026-11-29 10:30", "950")
    result.restart()
    figures = result.figures
    assert (figures.spent_today, figures.max_spent_today) == (Decimal(50), Decimal(200))
    assert (figures.spent_this_month, figures.max_spent_this_month) == (Decimal(50), Decimal(200))
    result.now = local("2026-11-30 00:00")
    assert result.figures.max_spent_today == 0
    assert result.figures.max_spent_this_month == 200
    result.at("2026-11-30 10:00", "940")
    assert 0 < result.figures.max_spent_today < 10
    assert result.figures.max_spent_this_month == 200
    result.at("2026-12-01 10:00", "940")
    assert result.figures.max_spent_this_month == 0


def test_huge_and_tiny_amounts_stay_exact() -> None:
    """Amounts with 15 digits before and 12 after the point are not rounded."""
    result = account(
        ("2026-11-21 10:00", "999999999999999.000000000001"), ("2026-11-21 10:15", "0")
    )
    assert result.figures.spent_today == Decimal("999999999999999.000000000001")
