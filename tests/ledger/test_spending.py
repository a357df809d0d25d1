"""Spending by day and month: examples worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from .account import AMSTERDAM, Account, local

KATHMANDU = ZoneInfo("Asia/Kathmandu")
CAIRO = ZoneInfo("Africa/Cairo")


def account(*readings: tuple[str, str], zone: ZoneInfo = AMSTERDAM) -> Account:
    """Return an account after readings, given as texts in the user's time."""
    (start, balance), *rest = readings
    result = Account.open(balance, local(start, zone), zone)
    for moment, amount in rest:
        result.at(moment, amount)
        # Accept it without confirmation.
        if result.ledger.awaits_confirmation:
            assert result.poll(amount) is not None
    return result


def days(result: Account) -> dict[date, Decimal]:
    """Return what was spent on each day, after the time for refunds."""
    result.after(61, str(result.ledger.balance))
    return result.ledger.spending.days


def test_first_reading() -> None:
    """It is neither spending nor a top-up, and nothing is known of the time before it."""
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
    """A top-up is no negative spending."""
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
    """Nothing special happens at zero."""
    result = account(("2026-11-21 09:00", "1"), ("2026-11-21 09:15", "-0.5"))
    assert result.figures.spent_today == Decimal("1.5")


def test_new_day_and_new_month() -> None:
    """They begin at the user's midnight, also without a reading."""
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


def test_yesterday_and_last_month_at_the_end_of_a_year() -> None:
    """January follows December."""
    result = account(("2026-12-31 10:00", "100"), ("2026-12-31 12:00", "90"))
    result.at("2027-01-01 10:00", "90")
    assert result.figures.spent_yesterday == result.figures.spent_last_month == 10


def test_last_month_is_complete_until_the_month_ends() -> None:
    """July and August have 62 days together."""
    result = Account.open("1000", local("2026-06-30 12:00"), AMSTERDAM)
    balance = 1000
    while result.now < local("2026-08-31 12:00"):
        balance -= 1
        assert result.after(24 * 60, str(balance)) == []
    assert result.figures.spent_last_month == 31
    # A single credit between two noons counts on the second day.
    assert result.figures.spent_this_month == 31


def test_drop_across_midnight_is_divided() -> None:
    """Ten minutes of the old day and five of the new one."""
    figures = account(("2026-11-20 23:50", "103"), ("2026-11-21 00:05", "100")).figures
    assert (figures.spent_yesterday, figures.spent_today) == (Decimal(2), Decimal(1))


def test_outage_of_a_week() -> None:
    """70 credits in a week are 10 a day, of which today has had a half."""
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
    """Each month gets its own days."""
    result = account(("2026-11-29 00:00", "40"), ("2026-12-03 00:00", "0"))
    assert result.figures.spent_this_month == 20
    assert result.figures.spent_last_month == 20


def test_outage_of_a_year() -> None:
    """Two months of it are kept."""
    result = account(("2025-08-21 00:00", "36500"), ("2026-08-21 00:00", "0"))
    assert result.figures.spent_this_month == 2000
    assert result.figures.spent_last_month == 3100
    assert sum(days(result).values()) == 6300


def test_shares_are_exact() -> None:
    """They have no more decimal places than the amount, and together they are the amount."""
    result = account(("2026-11-13 07:11", "0.0100"), ("2026-11-16 19:03", "0.0033"))
    assert sum(days(result).values()) == Decimal("0.0067")
    hours = result.ledger.spending.hours.values()
    assert sum(hours) == Decimal("0.0067")
    for spent in (*hours, *days(result).values()):
        assert int(spent.as_tuple().exponent) >= -4


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)]
)
def test_days_of_23_and_25_hours(day: str, hours: int) -> None:
    """A day is as long as it is: one credit an hour."""
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
    """Past days stay as they were."""
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
    """A reading before the last one took no time; nothing is lost or counted twice."""
    result = account(
        ("2026-11-21 10:00", "10"),
        ("2026-11-21 12:00", "8"),
        ("2026-11-21 11:00", "7"),
        ("2026-11-21 11:30", "6"),
    )
    assert result.figures.spent_today == 4


def test_clock_is_put_back_by_days() -> None:
    """Spending counts on the day of its reading; what is still to come is not today's."""
    result = account(
        ("2026-11-30 12:00", "100"), ("2026-12-02 12:00", "88"), ("2026-11-30 13:00", "81")
    )
    # A quarter of the 12 was spent on the 30th, as it looked then.
    assert result.figures.spent_today == result.figures.spent_this_month == 3 + 7
    assert sum(days(result).values()) == 19
    assert min(result.ledger.spending.observed.values()) > 0


def test_clock_is_put_back_before_the_first_reading() -> None:
    """That reading is then the first one."""
    result = account(("2026-11-21 00:10", "10"), ("2026-11-20 23:50", "9"))
    assert result.figures.spent_today == 1
    result.now = local("2026-11-21 10:00")
    assert result.figures.spent_yesterday == 1


def test_days_are_kept_for_two_months() -> None:
    """However much is spent on each of them."""
    result = Account.open("1000")
    for day in range(1, 100):
        assert result.after(24 * 60, str(1000 - day)) == []
    assert 62 <= len(result.ledger.spending.days) <= 64


def test_high_water_marks() -> None:
    """A refund lowers the spending, but not its highest value."""
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
    """15 digits before the point and 12 after it: nothing is rounded."""
    result = account(
        ("2026-11-21 10:00", "999999999999999.000000000001"), ("2026-11-21 10:15", "0")
    )
    assert result.figures.spent_today == Decimal("999999999999999.000000000001")
