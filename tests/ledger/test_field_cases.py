"""Behavior of real providers, from bug reports of similar programs."""

from datetime import timedelta
from decimal import Decimal

import pytest

from .account import AMSTERDAM, START, Account, local


@pytest.mark.parametrize("false", ["0", "-1", "0.004"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_false_zero(false: str, times: int) -> None:
    """A single false 0 changes nothing."""
    account = Account.open("100", threshold=Decimal(5))
    for _ in range(times):
        for _ in range(96):
            assert account.after(15, "100") == []
        before = account.figures
        assert account.after(15, false) is None
        assert account.figures == account.ledger.figures(account.now, account.zone)
        assert account.after(0.75, "100") == []
        figures = account.figures
        assert figures.spent_today == figures.spent_this_month == 0
        assert figures.run_out is None
        assert figures.last_top_up is None
        assert figures.percent_left == before.percent_left == 100
    assert not account.ledger.low


def test_false_zero_that_lasts_for_two_readings() -> None:
    """After a false 0, two consecutive ones are not enough."""
    account = Account.open("100", threshold=Decimal(5))
    assert account.after(15, "0") is None
    assert account.after(0.75, "100") == []
    assert account.after(15, "0") is None
    assert account.after(0.75, "0") is None
    assert account.after(0.75, "100") == []
    assert account.spent == 0


def test_replica_that_is_behind() -> None:
    """A replica reports an old balance at every third poll."""
    account = Account.open("250", threshold=Decimal(5))
    for _ in range(32):
        assert account.after(15, "250") == []
        assert account.after(15, "250") == []
        assert account.after(15, "100") is None
        assert account.after(0.75, "250") == []
    assert account.spent == 0


@pytest.mark.parametrize(
    ("first", "hold", "cost", "cycles"),
    [
        # 1000, 990, 998, 988, 996 ...
        ("1000", "10", "2", 10),
        # A job that fails costs nothing.
        ("50", "0.35", "0", 20),
        # A video that is cheaper than its estimate.
        ("12.5", "1.2", "0.85", 8),
    ],
)
def test_held_credits(first: str, hold: str, cost: str, cycles: int) -> None:
    """Credits that are held for a job and released are not spent."""
    account = Account.open(first)
    balance = Decimal(first)
    for _ in range(cycles):
        assert account.confirmed(15, str(balance - Decimal(hold))) == []
        balance -= Decimal(cost)
        assert account.after(15, str(balance)) == []
    assert account.spent == cycles * Decimal(cost)
    assert account.figures.last_top_up is None
    # It stays so when it is settled.
    assert account.after(120, str(balance)) == []
    assert account.spent == cycles * Decimal(cost)


def test_job_that_fails_after_half_an_hour() -> None:
    """A job fails after other jobs have spent credits."""
    account = Account.open("100")
    assert account.after(15, "80") == []
    assert account.after(15, "79") == []
    assert account.after(15, "97") == []
    assert account.spent == 3
    assert account.figures.last_top_up is None


@pytest.mark.parametrize(
    ("above", "below", "threshold"),
    [
        ("10.02", "9.98", "10"),
        ("5", "4.9999", "5"),
        # Empty and not empty.
        ("0.01", "0", "0"),
    ],
)
def test_around_the_threshold(above: str, below: str, threshold: str) -> None:
    """A balance around the threshold causes one alarm a day."""
    account = Account.open(above, threshold=Decimal(threshold))
    events = []
    for _ in range(48):
        events += account.confirmed(15, below) or []
        events += account.confirmed(15, above) or []
    assert events in (["became_low"], ["became_low", "emptied"])
    assert account.ledger.low


def test_real_recovery() -> None:
    """After a top-up there can be another alarm."""
    account = Account.open("10.02", threshold=Decimal(10))
    assert account.confirmed(15, "9.98") == ["became_low"]
    assert account.after(15, "30") == ["topped_up", "recovered"]
    assert account.confirmed(15, "9.98") == ["became_low"]


def test_renewal() -> None:
    """A subscription is renewed while credits are left."""
    reset = START + timedelta(hours=1)
    account = Account.open("12000", reset=reset)
    account.fields["reset"] = reset + timedelta(days=30)
    assert account.after(75, "35000") == ["renewed"]
    assert account.spent == 0
    assert account.figures.last_top_up is None


def test_gift_that_expires() -> None:
    """Gift credits that expire are not spent."""
    account = Account.open("500", at=START - timedelta(days=3), reset=START)
    assert account.after(3 * 24 * 60 - 15, "500") == []
    account.fields["reset"] = None
    assert account.confirmed(30, "100") == ["renewed"]
    assert account.spent == 0
    assert account.figures.spending_rate == 0


def test_off_over_the_end_of_a_month() -> None:
    """Home Assistant is off over the end of a month."""
    account = Account.open("1000", local("2026-10-30 12:00"), AMSTERDAM)
    account.ledger.mark_written(account.now)
    assert account.at("2026-11-02 12:00", "928") == []
    rows = account.ledger.hourly_spending(account.now)
    assert [spent for _, spent, _ in rows] == [Decimal(1)] * 72 + [Decimal(0)]
    assert [total for _, _, total in rows] == [Decimal(sum_) for sum_ in (*range(1, 73), 72)]
    assert rows[0][0] == local("2026-10-30 12:00").timestamp() // 3600
    figures = account.figures
    assert (figures.spent_last_month, figures.spent_this_month) == (Decimal(36), Decimal(36))
    assert (figures.spent_yesterday, figures.spent_today) == (Decimal(24), Decimal(12))


def test_off_for_longer_than_hours_are_kept() -> None:
    """Home Assistant is off for three weeks."""
    account = Account.open("10000", local("2026-10-12 12:00"), AMSTERDAM)
    account.ledger.mark_written(account.now)
    hours = 21 * 24 + 1  # with the hour that was repeated on 25 October
    assert account.at("2026-11-02 12:00", str(10000 - hours)) == []
    rows = account.ledger.hourly_spending(account.now)
    assert [spent for _, spent, _ in rows] == [Decimal(1)] * hours + [Decimal(0)]
    assert account.figures.spent_last_month == 19 * 24 + 12 + 1
    # Also after a restart, as long as it can be refunded.
    account.restart()
    assert account.ledger.hourly_spending(account.now) == rows
    assert account.at("2026-11-02 12:30", str(10000 - hours + 101)) == []
    rows = account.ledger.hourly_spending(account.now)
    assert sum(spent for _, spent, _ in rows) == hours - 101


def test_job_at_midnight() -> None:
    """A job runs around midnight."""
    account = Account.open("100", local("2026-11-20 23:50"), AMSTERDAM)
    assert account.at("2026-11-21 00:05", "95") == []
    assert account.figures.spent_yesterday == 3
    assert account.figures.spent_today == 2


def test_job_at_the_end_of_a_month() -> None:
    """A job runs around midnight at the end of a month."""
    account = Account.open("100", local("2026-11-30 23:55"), AMSTERDAM)
    assert account.at("2026-12-01 00:10", "97") == []
    assert account.figures.spent_last_month == 1
    assert account.figures.spent_this_month == 2


def test_job_at_midnight_that_fails() -> None:
    """A job around midnight fails, and both days are corrected."""
    account = Account.open("100", local("2026-11-20 23:50"), AMSTERDAM)
    assert account.at("2026-11-21 00:05", "95") == []
    assert account.at("2026-11-21 00:20", "100") == []
    assert account.figures.spent_yesterday == account.figures.spent_today == 0


def test_refused_as_soon_as_nothing_is_left() -> None:
    """A provider responds with HTTP 402 for a day."""
    account = Account.open("8", threshold=Decimal(5))
    assert account.after(15, "5") == []
    assert account.refused(15) is None
    assert account.refused(0.75) == ["became_low", "emptied"]
    for _ in range(96):
        assert account.refused(15) == []
    assert account.spent == 3
    assert account.after(15, "25") == ["topped_up", "recovered"]
    assert account.spent == 3


def test_refused_after_a_restart() -> None:
    """HTTP 402 is not reported again after a restart."""
    account = Account.open("8", threshold=Decimal(5))
    assert account.refused(15) is None
    assert account.refused(0.75) == ["became_low", "emptied"]
    account.restart()
    assert account.ledger.no_credits
    assert account.refused(15) == []
    assert account.after(15, "3") == []
    assert account.after(15, "0") is None
    assert account.after(0.75, "0") == []


def test_refused_once() -> None:
    """A single HTTP 402 changes nothing."""
    account = Account.open("8", threshold=Decimal(5))
    assert account.refused(15) is None
    assert account.after(0.75, "8") == []
    assert not account.ledger.low


def test_amounts_below_a_cent() -> None:
    """Amounts below a cent are exact."""
    account = Account.open("0.0042")
    assert account.after(15, "0.0041999") == []
    assert account.spent == Decimal("0.0000001")
