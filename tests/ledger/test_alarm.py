"""The low-balance alarm, its events, and HTTP 402."""

from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from custom_components.api_balance.ledger import EventType, Ledger, Reading, is_low

from .account import START, Account


@pytest.mark.parametrize(
    ("balance", "threshold", "alarmed", "expected"),
    [
        ("10", "0", False, False),
        ("0.0001", "0", False, False),
        ("0", "0", False, True),
        ("-1", "0", False, True),
        ("5", "5", False, False),
        ("4.99", "5", False, True),
        ("10", "5", True, True),
    ],
)
def test_low(balance: str, threshold: str, *, alarmed: bool, expected: bool) -> None:
    """A balance is low below the threshold, if it is used up, or by the provider's alert."""
    assert is_low(Decimal(balance), Decimal(threshold), alarmed=alarmed) is expected


@pytest.mark.parametrize("balance", ["10", "3", "0"])
def test_first_reading_is_the_baseline(balance: str) -> None:
    """The first reading can be low, but it causes no event."""
    account = Account.open(balance, threshold=Decimal(5))
    assert account.ledger.pending == []
    assert account.ledger.low is (balance != "10")
    assert account.after(15, balance) == []


def test_each_event_once_per_episode() -> None:
    """A low balance that changes but stays low is one episode."""
    account = Account.open("10", threshold=Decimal(5))
    assert account.after(15, "6") == []
    assert account.confirmed(15, "4") == ["became_low"]
    assert account.after(15, "3") == []
    assert account.confirmed(15, "0") == ["emptied"]
    assert account.after(15, "-1") == []
    assert account.after(180, "2") == ["topped_up"]
    assert account.after(15, "1.5") == []
    assert account.confirmed(15, "-0.5") == []
    assert account.after(15, "20") == ["topped_up", "recovered"]
    assert account.confirmed(15, "0") == ["became_low", "emptied"]


def test_balance_of_less_than_one() -> None:
    """A balance is used up at 0, not before it."""
    account = Account.open("0.75", threshold=Decimal(5))
    assert account.after(15, "0.5") == []
    assert account.confirmed(15, "0") == ["emptied"]
    account = Account.open("10", threshold=Decimal(5))
    assert account.confirmed(15, "0.5") == ["became_low"]


def test_low_until_a_top_up() -> None:
    """A top-up only ends the alarm if the balance is not low after it."""
    account = Account.open("3", threshold=Decimal(5))
    assert account.after(15, "4") == ["topped_up"]
    assert account.ledger.low
    assert account.after(15, "5") == ["topped_up", "recovered"]
    assert not account.ledger.low


def test_one_hour_of_readings_that_are_not_low() -> None:
    """An alarm ends after one hour of readings that are not low."""
    account = Account.open("11", threshold=Decimal(10))
    assert account.confirmed(15, "9") == ["became_low"]
    assert account.after(15, "10.5") == []
    for _ in range(3):
        assert account.after(15, "10.5") == []
        assert account.ledger.low
    assert account.after(14.9, "10.5") == []
    assert account.after(0.1, "10.5") == ["recovered"]
    assert not account.ledger.low
    assert account.confirmed(15, "9") == ["became_low"]


def test_low_reading_starts_the_hour_again() -> None:
    """A low reading during the hour restarts it."""
    account = Account.open("11", threshold=Decimal(10))
    assert account.confirmed(15, "9") == ["became_low"]
    assert account.after(15, "10.5") == []
    assert account.after(45, "9.5") == []
    assert account.after(15, "10") == []
    assert account.after(59, "10") == []
    assert account.after(1, "10") == ["recovered"]


def test_hour_continues_after_a_restart() -> None:
    """Readings before a restart count toward the hour."""
    account = Account.open("11", threshold=Decimal(10))
    assert account.confirmed(15, "9") == ["became_low"]
    assert account.after(15, "10.5") == []
    account.restart()
    assert account.after(59, "10.5") == []
    assert account.after(1, "10.5") == ["recovered"]


def test_hour_after_the_clock_was_put_back() -> None:
    """If the clock is put back, the hour starts again."""
    account = Account.open("11", threshold=Decimal(10))
    assert account.confirmed(15, "9") == ["became_low"]
    assert account.after(15, "10.5") == []
    assert account.after(-60 * 24, "10.5") == []
    assert account.after(59, "10.5") == []
    assert account.after(1, "10.5") == ["recovered"]


def test_refresh_by_a_person_ends_the_alarm() -> None:
    """A refresh that a person requests ends the alarm immediately."""
    account = Account.open("11", threshold=Decimal(10))
    assert account.confirmed(15, "9") == ["became_low"]
    assert account.after(5, "9.5", refreshed=True) == []
    assert account.after(5, "10", refreshed=True) == ["recovered"]
    assert account.after(5, "10", refreshed=True) == []


def test_threshold_ends_and_starts_an_alarm() -> None:
    """A new threshold takes effect immediately, with the last reading."""
    account = Account.open("11", threshold=Decimal(10))
    ledger = account.ledger
    ledger.set_threshold(Decimal(11), account.now, account.zone)
    assert account.deliver() == []
    ledger.set_threshold(Decimal(12), account.now, account.zone)
    assert account.deliver() == ["became_low"]
    ledger.set_threshold(Decimal(20), account.now, account.zone)
    assert account.deliver() == []
    ledger.set_threshold(Decimal(5), account.now, account.zone)
    assert not ledger.low
    assert account.deliver() == ["recovered"]


def test_threshold_during_the_hour() -> None:
    """A new threshold ends the alarm during the hour, too."""
    account = Account.open("11", threshold=Decimal(10))
    assert account.confirmed(15, "9") == ["became_low"]
    assert account.after(15, "10.5") == []
    account.ledger.set_threshold(Decimal("10.5"), account.now, account.zone)
    assert account.deliver() == ["recovered"]


def test_threshold_does_not_end_what_has_another_cause() -> None:
    """A lower threshold does not end an alarm that has another cause."""
    alarmed = Account.open("11", threshold=Decimal(20), alarmed=True)
    empty = Account.open("0", threshold=Decimal(20))
    refused = Account.open("11", threshold=Decimal(20))
    assert refused.refused(15) is None
    assert refused.refused(1) == ["emptied"]
    for account in (alarmed, empty, refused):
        account.restart()
        account.ledger.set_threshold(Decimal(0), account.now, account.zone)
        assert account.deliver() == []
        assert account.ledger.low


def test_refusal() -> None:
    """HTTP 402 is reported once, and no spending is recorded."""
    account = Account.open("100", threshold=Decimal(10))
    assert account.confirmed(15, "90") == []
    assert account.refused(15) is None
    assert account.refused(1) == ["became_low", "emptied"]
    assert account.refused(60) == []
    assert account.spent == 10
    assert account.ledger.balance == 90
    assert account.figures.percent_left is None
    assert account.figures.run_out is None
    # The next reading is compared with the last accepted one.
    assert account.after(15, "95") == ["topped_up", "recovered"]
    assert not account.ledger.no_credits
    assert account.figures.last_top_up_amount == 5
    assert account.spent == 10


def test_increase_after_a_refusal_is_a_top_up() -> None:
    """An increase after HTTP 402 is a top-up, since the spending before it is unknown."""
    account = Account.open("100")
    assert account.after(15, "90") == []
    assert account.confirmed(15, "90") == []
    assert account.refused(5) is None
    assert account.refused(1) == ["became_low", "emptied"]
    assert account.after(5, "92") == ["topped_up", "recovered"]
    assert account.spent == 10


def test_false_refusal() -> None:
    """If the balance is the same as before HTTP 402, the alarm ends after an hour."""
    account = Account.open("100")
    assert account.refused(15) is None
    assert account.refused(1) == ["became_low", "emptied"]
    assert account.after(15, "100") == []
    assert account.after(60, "100") == ["recovered"]
    assert account.spent == 0


def test_spending_before_a_refusal() -> None:
    """Spending before HTTP 402 is recorded with the next reading, without confirmation."""
    account = Account.open("100", threshold=Decimal(10))
    assert account.refused(15) is None
    assert account.refused(1) == ["became_low", "emptied"]
    assert account.after(15, "1") == []
    assert account.spent == 99
    assert account.ledger.low


def test_contents_of_events() -> None:
    """Events contain what a notification needs."""
    ledger = Ledger.start(Reading(balance=Decimal(54), at=START - timedelta(days=2)))
    for at, balance in ((START, 6), (START + timedelta(hours=2), 4)):
        reading = Reading(balance=Decimal(balance), at=at, threshold=Decimal(5))
        ledger.record(reading, UTC)
    (low,) = ledger.pending
    assert low.type is EventType.BECAME_LOW
    assert low.balance == 4
    assert low.threshold == 5
    assert low.amount is None
    # 24 a day, so that 4 last for four hours.
    assert low.run_out == START + timedelta(hours=6)
    ledger.pending.clear()
    reading = Reading(balance=Decimal("8.5"), at=START + timedelta(days=1), threshold=Decimal(5))
    ledger.record(reading, UTC)
    topped_up, recovered = ledger.pending
    assert topped_up.type is EventType.TOPPED_UP
    assert (topped_up.balance, topped_up.amount) == (Decimal("8.5"), Decimal("4.5"))
    assert recovered.type is EventType.RECOVERED
    assert recovered.amount is None


def test_contents_of_events_of_a_refusal() -> None:
    """After HTTP 402 the balance is unknown."""
    account = Account.open("54", threshold=Decimal(5))
    for _ in range(2):
        account.ledger.admit_no_credits(account.now)
    account.ledger.record_no_credits(account.now, account.zone, threshold=Decimal(6))
    low, emptied = account.ledger.pending
    for event in (low, emptied):
        assert event.threshold == 6
        assert event.balance is None
        assert event.run_out is None
