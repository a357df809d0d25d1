"""Spending rate, run-out, days left and percent left."""

from datetime import timedelta
from decimal import Decimal

import pytest

from .account import AMSTERDAM, Account, local


def account(start: str, balance: str, *steps: tuple[float, str]) -> Account:
    """Return an account after readings at intervals of some hours."""
    result = Account.open(balance, local(start), AMSTERDAM)
    for hours, amount in steps:
        if result.after(hours * 60, amount) is None:
            # Confirmed in the same second.
            assert result.poll(amount) is not None
    return result


def test_rate_needs_a_day() -> None:
    """The rate is unknown until 24 hours were observed."""
    result = account("2026-11-20 10:00", "1000")
    for hour in range(1, 24):
        assert result.after(60, str(1000 - hour)) == []
        assert result.figures.spending_rate is None
        assert result.figures.days_left is None
        assert result.figures.run_out is None
    assert result.after(60, "976") == []
    assert result.figures.spending_rate == 24
    # 976 credits are 976 hours, 40 days and 16 hours: until 1 January, 02:00.
    assert result.figures.days_left == (Decimal(976) / 24).quantize(Decimal("0.000001"))
    assert result.figures.run_out == local("2027-01-01 00:00")


def test_idle_account() -> None:
    """An idle account has a rate of 0 and does not run out."""
    result = account("2026-11-01 10:00", "0.5", (72, "0.5"))
    assert result.figures.spending_rate == 0
    assert result.figures.days_left is None
    assert result.figures.run_out is None


def test_rate_covers_seven_days() -> None:
    """Spending more than seven days ago does not count."""
    result = account("2026-11-01 00:00", "10000", (48, "5000"), (72, "5000"), (96, "4960"))
    assert result.figures.spending_rate == (Decimal(40) / 7).quantize(Decimal("0.000001"))


def test_rate_without_readings() -> None:
    """Without readings the rate becomes unknown after seven days."""
    result = account("2026-11-10 12:00", "100", (48, "60"))
    result.now = local("2026-11-18 11:30")
    assert result.figures.spending_rate is not None
    result.now = local("2026-11-18 13:30")
    assert result.figures.spending_rate is None


def test_rate_of_an_hour_includes_the_reading_in_it() -> None:
    """A reading updates the rate of an hour for which it was already calculated."""
    result = account("2026-11-20 10:30", "1000", (47.25, "953"))
    result.now = local("2026-11-22 10:00")
    before = result.figures.spending_rate
    # 47 in 47.25 hours, then 1 in 30 minutes, 15 of them in the hour before.
    assert result.after(15, "952") == []
    assert before == (Decimal(47) * 24 / Decimal("47.25")).quantize(Decimal("0.000001"))
    assert result.figures.spending_rate != before


def test_top_ups_do_not_hide_spending() -> None:
    """Spending is invisible during a top-up, so this time is not observed."""
    result = account("2026-11-01 00:00", "100", (48, "76"), (48, "500"), (24, "488"))
    # 36 in the three days that are known.
    assert result.figures.spending_rate == 12


def test_empty_account_is_not_thrifty() -> None:
    """Time without credits does not lower the rate."""
    result = account("2026-11-01 00:00", "20", (48, "0"), (48, "0"))
    assert result.figures.spending_rate == 10
    figures = result.figures
    assert (figures.run_out, figures.days_left) == (None, None)
    assert result.after(60, "30") == ["topped_up", "recovered"]
    assert result.figures.days_left == 3
    assert result.figures.run_out == local("2026-11-08 00:00")


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        ("48", "2026-11-23 10:00"),
        ("47.6", "2026-11-23 10:00"),
        ("1", "2026-11-21 11:00"),
        ("0.1", "2026-11-21 10:00"),
        ("49", "2026-11-23 00:00"),
        ("62", "2026-11-24 00:00"),
    ],
)
def test_run_out_is_an_hour_or_a_day(balance: str, expected: str) -> None:
    """The run-out is an hour within two days, and a day after that."""
    result = Account.open(str(Decimal(balance) + 48), local("2026-11-19 10:00"), AMSTERDAM)
    result.now = local("2026-11-21 10:00")
    if result.poll(balance) is None:
        result.poll(balance)
    assert result.figures.run_out == local(expected)


@pytest.mark.parametrize(
    ("balance", "is_known"), [("3650", True), ("3651", False), ("999999999999997", False)]
)
def test_run_out_beyond_ten_years(balance: str, *, is_known: bool) -> None:
    """A run-out in more than ten years is unknown."""
    result = account("2026-11-01 00:00", str(Decimal(balance) + 2), (48, balance))
    assert result.figures.spending_rate == 1
    assert (result.figures.run_out is not None) is is_known
    assert (result.figures.days_left is not None) is is_known


def test_unchanged_balance_changes_nothing_within_an_hour() -> None:
    """An unchanged balance changes no figure within an hour."""
    result = account("2026-11-01 00:00", "100", (48, "98"))
    before = result.figures
    for _ in range(3):
        assert result.after(15, "98") == []
        assert result.figures == before


def lasts(days: float) -> str:
    """Return a balance that lasts for some days at 24 per day."""
    return str(Decimal(days) * 24)


def test_lowest_estimate() -> None:
    """The lowest estimate of the last 24 hours with a reading is kept."""
    result = account("2026-11-01 00:00", lasts(5), (24, lasts(4)))
    assert result.figures.min_days_left == 4
    # 96, 95, 94: less every hour.
    for hour in range(1, 13):
        assert result.after(60, str(96 - hour)) == []
    assert result.figures.days_left == result.figures.min_days_left == Decimal("3.5")
    # A week without spending, read once a day: the rate falls, and the balance lasts longer.
    for _ in range(6):
        assert result.after(24 * 60, "84") == []
        assert result.figures.min_days_left == Decimal("3.5")
    # 24 in the last seven days.
    assert result.figures.spending_rate == (Decimal(24) / 7).quantize(Decimal("0.000001"))
    assert Decimal("24.5") <= result.figures.days_left < Decimal("24.51")


def test_lowest_estimate_is_forgotten_after_24_observed_hours() -> None:
    """An estimate is forgotten after 24 hours with readings."""
    result = account("2026-11-01 00:00", lasts(5), (24, lasts(4)))
    assert result.figures.min_days_left == 4
    for _ in range(23):
        assert result.after(60, lasts(4)) == []
        assert result.figures.min_days_left == 4
    assert result.after(60, lasts(4)) == []
    # One idle hour after 24 with 1 each: 24 in 25 hours.
    assert result.figures.min_days_left == (96 / (Decimal(24) * 24 / 25)).quantize(
        Decimal("0.000001")
    )


def test_outage_adds_no_hours() -> None:
    """Hours without readings do not count, and a restart changes nothing."""
    result = account("2026-11-01 00:00", lasts(5), (24, lasts(4)))
    result.restart()
    assert result.figures.min_days_left == 4
    assert result.after(72 * 60, lasts(4)) == []
    result.restart()
    assert result.figures.min_days_left == 4
    assert result.figures.days_left == 16


def test_lowest_estimate_after_a_top_up() -> None:
    """A top-up clears the lowest estimate."""
    result = account("2026-11-01 00:00", lasts(5), (24, lasts(4)))
    assert result.after(15, lasts(6)) == ["topped_up"]
    assert result.figures.min_days_left is None
    assert result.figures.days_left == 6
    assert result.after(15, lasts(6)) == []
    assert result.figures.min_days_left == 6


def test_lowest_estimate_of_an_hour() -> None:
    """A refund does not raise the lowest estimate of the hour."""
    result = account("2026-11-01 00:00", lasts(5), (24, lasts(4)))
    assert result.after(15, lasts(3)) == []
    assert result.after(15, lasts(4)) == []
    assert result.figures.days_left == 4
    assert result.figures.min_days_left == 3


def test_percent_of_the_first_reading() -> None:
    """Without a top-up, the first reading is 100 percent."""
    result = account("2026-11-01 00:00", "80", (1, "60"))
    assert result.figures.percent_left == 75
    result.restart()
    assert result.figures.percent_left == 75


def test_percent_of_the_last_top_up() -> None:
    """The balance after the last top-up is 100 percent; a refund can raise it."""
    result = account("2026-11-01 00:00", "80", (1, "60"), (2, "200"), (1, "180"))
    assert result.figures.percent_left == 90
    result = account("2026-11-01 00:00", "80", (1, "60"))
    assert result.after(15, "100") == ["topped_up"]
    assert result.after(15, "110") == []
    assert result.figures.percent_left == 100
    assert result.after(15, "55") == []
    assert result.figures.percent_left == 50
    # A smaller top-up is 100 percent as well.
    assert result.confirmed(15, "5") == []
    assert result.after(120, "20") == ["topped_up"]
    assert result.after(15, "15") == []
    assert result.figures.percent_left == 75


def test_percent_of_the_limit() -> None:
    """The provider's limit is 100 percent, and the balance can exceed it."""
    result = Account.open("80", limit=Decimal(200))
    assert result.figures.percent_left == 40
    result.restart()
    assert result.figures.percent_left == 40
    assert result.after(15, "300") == ["topped_up"]
    assert result.figures.percent_left == 150
    assert result.after(15, "299.95", limit=Decimal(0)) == []
    assert result.figures.percent_left == 100
    assert result.figures.percent_left.as_tuple().exponent == -1


def test_percent_of_a_small_limit() -> None:
    """The limit can be less than 1."""
    assert Account.open("0.25", limit=Decimal("0.5")).figures.percent_left == 50


def test_percent_of_less_than_one() -> None:
    """The balance can be less than 1."""
    result = account("2026-11-01 00:00", "0.5", (1, "0.25"))
    assert result.figures.percent_left == 50


@pytest.mark.parametrize("first", ["0", "-5"])
def test_percent_of_nothing(first: str) -> None:
    """The percentage of nothing is unknown."""
    assert Account.open(first).figures.percent_left is None


def test_percent_is_not_negative() -> None:
    """Arrears are 0 percent."""
    result = account("2026-11-01 00:00", "80", (1, "-20"))
    assert result.figures.percent_left == 0


def test_rate_ignores_this_hour() -> None:
    """Spending in the current hour does not change the rate."""
    result = account("2026-11-01 00:00", "100", (48, "52"))
    assert result.figures.spending_rate == 24
    assert result.after(30, "30") == []
    assert result.figures.spending_rate == 24
    result.now += timedelta(minutes=30)
    assert result.figures.spending_rate == (Decimal(70) * 24 / Decimal("48.5")).quantize(
        Decimal("0.000001")
    )
