"""Rule 4: a renewal is neither spending nor a top-up."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from custom_components.api_balance.ledger import EventType, Reading

from .account import START, Account

RESET = START + timedelta(days=1)
NEXT_RESET = RESET + timedelta(days=30)


def subscription(balance: str = "12000", reset: datetime | None = RESET) -> Account:
    """Return an account whose allowance ends a day later, read a quarter of an hour before."""
    account = Account.open(balance, reset=reset)
    account.fields.clear()
    account.now = RESET - timedelta(minutes=15)
    assert account.poll(balance, reset=reset) == []
    return account


def test_renewal() -> None:
    """Case 8: 12000 before the end, 35000 after it."""
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
    """Credits that expired were not spent; a large drop still needs confirmation."""
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
    """Only the time of the next one changes."""
    account = subscription("35000")
    account.now = RESET
    assert account.poll("35000", reset=NEXT_RESET) == ["renewed"]
    assert account.poll("35000", reset=NEXT_RESET) == []


def test_renewal_that_is_late() -> None:
    """The first change within a day."""
    account = subscription()
    account.now = RESET
    assert account.poll("12000", reset=RESET) == []
    account.now = RESET + timedelta(hours=23)
    assert account.poll("12000", reset=RESET) == []
    account.now = RESET + timedelta(hours=24)
    assert account.poll("35000", reset=RESET) == ["renewed"]


def test_no_renewal_after_more_than_a_day() -> None:
    """Then it is what it looks like."""
    account = subscription()
    account.now = RESET + timedelta(hours=24, seconds=1)
    assert account.poll("35000", reset=RESET) == ["topped_up"]
    account = subscription()
    account.now = RESET + timedelta(hours=24, seconds=1)
    assert account.poll("11000", reset=RESET) == []
    assert account.spent == 1000


def test_no_renewal_before_the_reset() -> None:
    """A top-up in the meantime is one, even if the reset time moves."""
    account = subscription()
    account.now = RESET - timedelta(seconds=1)
    assert account.poll("35000", reset=NEXT_RESET) == ["topped_up"]
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("36000", reset=NEXT_RESET) == ["topped_up"]


def test_once_per_reset_time() -> None:
    """Also if the provider still reports the old one."""
    account = subscription()
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("35000", reset=RESET) == ["renewed"]
    assert account.after(15, "34990", reset=RESET) == []
    assert account.spent == 10
    assert account.after(90, "40000", reset=RESET) == ["topped_up"]


def test_reset_time_that_is_missing_afterwards() -> None:
    """An earlier reading has reported it."""
    account = subscription()
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("12000", reset=None) == []
    assert account.after(15, "35000", reset=None) == ["renewed"]


def test_reset_time_in_the_past() -> None:
    """A provider that reports the last reset instead of the next one renews nothing."""
    account = subscription(reset=START - timedelta(days=1))
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("35000", reset=START) == ["topped_up"]


def test_restart_between() -> None:
    """The reset time is stored."""
    account = subscription()
    account.restart()
    account.now = RESET + timedelta(minutes=15)
    assert account.poll("35000", reset=NEXT_RESET) == ["renewed"]
    account.restart()
    account.now = NEXT_RESET + timedelta(minutes=15)
    assert account.poll("35000", reset=NEXT_RESET + timedelta(days=30)) == ["renewed"]


def test_renewal_takes_precedence_over_a_top_up() -> None:
    """A renewal increases what was granted, too."""
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
    """If the balance is not low after it."""
    account = Account.open("12000", reset=RESET, threshold=Decimal(20000))
    account.now = RESET + timedelta(minutes=15)
    assert account.poll(balance, reset=NEXT_RESET) == events


def test_renewal_can_start_an_alarm() -> None:
    """After confirmation."""
    account = Account.open("12000", reset=RESET, threshold=Decimal(5000))
    account.now = RESET + timedelta(minutes=15)
    assert account.confirmed(0, "1000", reset=NEXT_RESET) == ["renewed", "became_low"]
