"""Refunds and top-ups."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from .account import AMSTERDAM, Account


def test_refund_of_a_drop() -> None:
    """A refund is deducted from the spending, and is not a top-up."""
    account = Account.open("1000")
    assert account.after(15, "990") == []
    assert account.spent == 10
    assert account.after(15, "998") == []
    assert account.spent == 2
    assert account.figures.last_top_up is None


@pytest.mark.parametrize(("minutes", "is_refund"), [(59, True), (60, True), (60 + 1 / 60, False)])
def test_refund_within_an_hour(minutes: float, *, is_refund: bool) -> None:
    """A refund is possible for one hour after the drop was read."""
    account = Account.open("1000")
    assert account.after(300, "990") == []
    assert account.after(minutes, "998") == ([] if is_refund else ["topped_up"])
    assert account.spent == (2 if is_refund else 10)


def test_larger_increase_is_a_top_up_in_full() -> None:
    """An increase that is larger than the recent drops is a top-up."""
    account = Account.open("1000")
    assert account.after(15, "990") == []
    assert account.after(15, "1000.01") == ["topped_up"]
    assert account.spent == 10
    assert account.figures.last_top_up_amount == Decimal("10.01")


def test_refund_reaches_back_over_several_drops() -> None:
    """A refund can exceed the last drop."""
    account = Account.open("1000")
    assert account.after(15, "990") == []
    assert account.after(15, "985") == []
    assert account.after(15, "992") == []
    assert account.spent == 8
    assert account.after(10, "1000") == []
    assert account.spent == 0
    assert account.after(5, "1001") == ["topped_up"]


def test_refund_changes_all_hours_of_its_drops() -> None:
    """The statistics of the earliest of them change."""
    account = Account.open("1000")
    assert account.after(30, "990") == []
    assert account.after(40, "980") == []
    account.ledger.mark_written(account.now)
    assert account.after(5, "995") == []
    rows = [(spent, total) for _, spent, total in account.ledger.hourly_spending(account.now)]
    assert rows == [(Decimal(5), Decimal(5)), (Decimal(0), Decimal(5))]


def test_refund_is_used_once() -> None:
    """A drop that was refunded cannot be refunded again."""
    account = Account.open("1000")
    assert account.after(15, "990") == []
    assert account.after(15, "1000") == []
    assert account.after(15, "1005") == ["topped_up"]


def test_most_recent_drop_first() -> None:
    """The latest drop is refunded first."""
    account = Account.open("1000", zone=AMSTERDAM)
    account.at("2026-11-20 23:30", "1000")
    account.at("2026-11-20 23:45", "990")
    account.at("2026-11-21 00:00", "990")
    account.at("2026-11-21 00:15", "980")
    account.at("2026-11-21 00:30", "988")
    assert account.figures.spent_yesterday == 10
    assert account.figures.spent_today == 2
    account.at("2026-11-21 00:40", "994")
    assert account.figures.spent_yesterday == 6
    assert account.figures.spent_today == 0


@pytest.mark.parametrize(
    ("before", "after", "is_top_up"),
    [
        ({"paid": Decimal(50)}, {"paid": Decimal(58)}, True),
        ({"granted": Decimal(1000)}, {"granted": Decimal(1008)}, True),
        ({"paid": Decimal(50)}, {"paid": Decimal(50)}, False),
        ({"paid": Decimal(50)}, {"paid": Decimal(49)}, False),
        ({"granted": Decimal(1000)}, {"granted": Decimal(1000)}, False),
        ({"paid": None}, {"paid": Decimal(58)}, False),
        ({"paid": Decimal(50)}, {"paid": None}, False),
        ({}, {"tops_up": True}, True),
        ({"tops_up": True}, {"tops_up": False}, False),
    ],
)
@pytest.mark.parametrize("restart", [False, True])
def test_data_of_the_provider_takes_precedence(
    before: dict[str, Any], after: dict[str, Any], *, is_top_up: bool, restart: bool
) -> None:
    """An increase of the paid balance or of the total granted is a top-up."""
    account = Account.open("1000")
    assert account.after(15, "990", **before) == []
    if restart:
        account.restart()
    assert account.after(15, "998", **after) == (["topped_up"] if is_top_up else [])
    assert account.spent == (10 if is_top_up else 2)


def test_account_that_tops_up_automatically() -> None:
    """If the account tops up automatically, every increase is a top-up."""
    account = Account.open("20", tops_up=True)
    assert account.after(15, "11") == []
    assert account.after(15, "20") == ["topped_up"]
    assert account.spent == 9


def test_refund_after_a_restart() -> None:
    """A refund is recognized after a restart."""
    account = Account.open("1000")
    assert account.after(15, "990") == []
    account.restart()
    assert account.after(15, "998") == []
    assert account.spent == 2


def test_refund_changes_the_past_exactly() -> None:
    """After a refund, the history is as if the drop had been smaller."""
    refunded = Account.open("1000", zone=AMSTERDAM)
    refunded.at("2026-11-18 07:11", "1000")
    refunded.at("2026-11-21 19:03", "900.07")
    refunded.at("2026-11-21 19:33", "933.44")
    # As if 66.56 had been spent in the first place.
    direct = Account.open("1000", zone=AMSTERDAM)
    direct.at("2026-11-18 07:11", "1000")
    direct.at("2026-11-21 19:03", "933.44")
    direct.at("2026-11-21 19:33", "933.44")
    refunded.ledger.extremes = direct.ledger.extremes
    assert refunded.figures == direct.figures
    now = direct.now + timedelta(minutes=45)
    rows = [account.ledger.hourly_spending(now) for account in (refunded, direct)]
    assert rows[0] == rows[1]
    # It stays so when the drop is settled.
    for account in (refunded, direct):
        account.at("2026-11-21 21:00", "933.44")
    assert refunded.ledger.spending == direct.ledger.spending


def test_refund_does_not_end_an_alarm() -> None:
    """A refund does not end an alarm immediately."""
    account = Account.open("11", threshold=Decimal(10))
    assert account.confirmed(15, "9") == ["became_low"]
    assert account.after(15, "11") == []
    assert account.ledger.low


def test_time_with_refunds_is_observed() -> None:
    """Time with refunds counts as observed: 2 in 30 minutes are 96 per day."""
    account = Account.open("10000")
    balance = 10000
    for _ in range(60):
        assert account.after(15, str(balance - 10)) == []
        balance -= 2
        assert account.after(15, str(balance)) == []
    assert account.figures.spending_rate == 96


def test_many_drops_in_an_hour() -> None:
    """The list of recent drops is limited, and no spending is lost."""
    account = Account.open("1000")
    for number in range(1, 101):
        assert account.after(0.5, str(1000 - number)) == []
    assert account.spent == 100
    assert len(account.ledger.spending.recent) <= 31
    assert account.after(1, "929") == []
    assert account.spent == 71


def test_zone_changes_before_a_refund() -> None:
    """If the time zone changes before a refund, no day becomes negative."""
    account = Account.open("100", zone=AMSTERDAM)
    account.at("2026-11-20 23:30", "100")
    account.at("2026-11-21 00:30", "90")
    account.zone = Account.open("1").zone
    account.after(15, "95")
    assert account.spent == 5
    assert all(spent >= 0 for spent in account.ledger.spending.days.values())
    account.after(120, "95")
    assert sum(account.ledger.spending.days.values()) == 5
    assert set(account.ledger.spending.days) == {date(2026, 11, 20)}
