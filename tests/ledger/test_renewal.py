"""Renewals, which are neither spending nor top-ups."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from custom_components.api_balance.ledger import EventType, Reading

from .account import START, Account

RESET = START + timedelta(days=1)
NEXT_RESET = RESET + timedelta(days=30)


def subscription(balance: str = "12000", reset: datetime | None = RESET) -> Account:
    """Return an account that was read 15 minutes before its allowance ends."""
    account = Account.open(balance, reset=reset)
    account.fields.clear()
    account.now = RESET - timedelta(minutes=15)
    assert account.poll(balance, reset=reset) == []
    return account


def test_renewal() -> None:
    """A renewal is reported with its signed amount."""
    account = subscription()
    account.now = RESET + timedelta(minutes=15)
    reading = Reading(balance=Decimal(35000), at=account.now, reset=NEXT_RESET)
    assert account.ledger.admit(reading)
    account.ledger.record(reading, account.zone)
    (event,) = account.ledger.pending
    assert event.type is EventType.RENEWED
    assert event.amount == 23000
    assert event.balance == 35000
    assert account.spent == 0
    assert account.figures.last_top_up is None
    assert account.figures.percent_left == 100


def test_renewal_that_lowers_the_balance() -> None:
    """Expired credits are not spent, but a large drop must be confirmed."""
    account = subscription()
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("500", reset=NEXT_RESET) is None
    assert account.ledger.pending == []
    account.now += timedelta(minutes=1)
    assert account.poll("500", reset=NEXT_RESET) == ["renewed"]
    assert account.spent == 0
    assert account.after(15, "490") == []
    assert account.spent == 10


def test_renewal_of_an_unused_allowance() -> None:
    """A new reset time is enough for a renewal."""
    account = subscription("35000")
    account.now = RESET
    assert account.poll("35000", reset=NEXT_RESET) == ["renewed"]
    assert account.poll("35000", reset=NEXT_RESET) == []


def test_renewal_that_is_late() -> None:
    """The first change within a day after the reset is the renewal."""
    account = subscription()
    account.now = RESET
    assert account.poll("12000", reset=RESET) == []
    account.now = RESET + timedelta(hours=23)
    assert account.poll("12000", reset=RESET) == []
    account.now = RESET + timedelta(hours=24)
    assert account.poll("35000", reset=RESET) == ["renewed"]


def test_no_renewal_after_more_than_a_day() -> None:
    """A change more than a day after the reset is not a renewal."""
    account = subscription()
    account.now = RESET + timedelta(hours=24, seconds=1)
    assert account.poll("35000", reset=RESET) == ["topped_up"]
    account = subscription()
    account.now = RESET + timedelta(hours=24, seconds=1)
    assert account.poll("11000", reset=RESET) == []
    assert account.spent == 1000


def test_no_renewal_before_the_reset() -> None:
    """A top-up before the reset is a top-up, even if the reset time changes."""
    account = subscription()
    account.now = RESET - timedelta(seconds=1)
    assert account.poll("35000", reset=NEXT_RESET) == ["topped_up"]
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("36000", reset=NEXT_RESET) == ["topped_up"]


def test_once_per_reset_time() -> None:
    """A reset time leads to one renewal, even if the provider keeps reporting it."""
    account = subscription()
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("35000", reset=RESET) == ["renewed"]
    assert account.after(15, "34990", reset=RESET) == []
    assert account.spent == 10
    assert account.after(90, "40000", reset=RESET) == ["topped_up"]


def test_reset_time_that_is_missing_afterwards() -> None:
    """The reset time of an earlier reading is enough."""
    account = subscription()
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("12000", reset=None) == []
    assert account.after(15, "35000", reset=None) == ["renewed"]


def test_reset_time_in_the_past() -> None:
    """A reset time in the past is ignored."""
    account = subscription(reset=START - timedelta(days=1))
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("35000", reset=START) == ["topped_up"]


def test_restart_between() -> None:
    """A renewal is recognized after a restart."""
    account = subscription()
    account.restart()
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("35000", reset=NEXT_RESET) == ["renewed"]
    account.restart()
    account.now = NEXT_RESET + timedelta(minutes=15)
    assert account.poll("35000", reset=NEXT_RESET + timedelta(days=30)) == ["renewed"]


def test_renewal_takes_precedence_over_a_top_up() -> None:
    """A renewal can increase the total granted."""
    account = subscription()
    account.now = RESET - timedelta(minutes=5)
    assert account.poll("12000", reset=RESET, granted=Decimal(35000)) == []
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("35000", granted=Decimal(70000), tops_up=True) == ["renewed"]


@pytest.mark.parametrize(
    ("balance", "events"),
    [("35000", ["renewed", "recovered"]), ("15000", ["renewed"])],
)
def test_renewal_ends_an_alarm(balance: str, events: list[str]) -> None:
    """A renewal ends an alarm if the balance is not low after it."""
    account = Account.open("12000", reset=RESET, threshold=Decimal(20000))
    account.now = RESET + timedelta(minutes=15)
    assert account.poll(balance, reset=NEXT_RESET) == events


def test_renewal_can_start_an_alarm() -> None:
    """A renewal that leaves a low balance starts an alarm."""
    account = Account.open("12000", reset=RESET, threshold=Decimal(5000))
    account.now = RESET + timedelta(minutes=15)
    assert account.confirmed(0, "1000", reset=NEXT_RESET) == ["renewed", "became_low"]
