"""Confirmation of drops that would start an alarm or remove half of the balance."""

from datetime import timedelta
from decimal import Decimal

import pytest

from custom_components.api_balance.ledger import Ledger, Reading

from .account import START, Account


@pytest.mark.parametrize(
    ("balance", "following", "threshold", "is_accepted"),
    [
        ("100", "99", "10", True),
        ("100", "50", "10", True),
        ("100", "49.99", "10", False),
        ("100", "10", "10", False),
        ("12", "10", "10", True),
        ("12", "9.99", "10", False),
        ("100", "0", "0", False),
        ("100", "-5", "0", False),
        ("0.5", "0", "0", False),
        # Not a drop from a positive balance.
        ("100", "200", "10", True),
        ("0", "-50", "0", True),
        ("-1", "-50", "0", True),
        # Low already, so that no alarm starts.
        ("9", "8", "10", True),
        ("9", "4.5", "10", True),
        ("9", "4.4", "10", False),
    ],
)
def test_suspicious_drops(
    balance: str, following: str, threshold: str, *, is_accepted: bool
) -> None:
    """Only drops from a positive balance need confirmation."""
    account = Account.open(balance, threshold=Decimal(threshold))
    assert (account.after(15, following) is not None) is is_accepted
    assert account.ledger.awaits_confirmation is not is_accepted


def test_drop_that_the_providers_alert_calls_low() -> None:
    """A drop must be confirmed if the provider's alert calls it low."""
    account = Account.open("100")
    assert account.after(15, "99", alarmed=True) is None
    assert account.after(1, "99", alarmed=True) == ["became_low"]


def test_alert_without_a_drop() -> None:
    """An alert needs no confirmation if the balance is unchanged."""
    assert Account.open("100").after(15, "100", alarmed=True) == ["became_low"]


def test_second_reading_confirms_and_is_recorded() -> None:
    """The first reading changes nothing; the second one is recorded."""
    account = Account.open("100", threshold=Decimal(20))
    assert account.after(15, "12") is None
    assert account.ledger.balance == 100
    assert not account.ledger.low
    assert account.after(1, "11") == ["became_low"]
    assert account.ledger.balance == 11
    assert account.ledger.before == 100
    assert account.spent == 89
    assert not account.ledger.awaits_confirmation


def test_second_reading_of_the_same_kind() -> None:
    """A drop that follows a false 0 is confirmed by it, and the 0 is discarded."""
    account = Account.open("100", threshold=Decimal(5))
    assert account.after(15, "0") is None
    assert account.after(1, "40") == []
    assert account.ledger.balance == 40
    # The 0 was false: one more reading is required now.
    assert account.after(15, "0") is None
    assert account.after(1, "0") is None
    assert account.after(1, "0") == ["became_low", "emptied"]


def test_worse_reading_is_not_confirmed_by_a_better_one() -> None:
    """An empty balance is not confirmed by a reading that was less suspicious."""
    account = Account.open("100", threshold=Decimal(5))
    assert account.after(15, "40") is None
    assert account.after(1, "0") is None
    assert account.after(1, "0") == ["became_low", "emptied"]
    # None was false: still two are required.
    account = Account.open("100", threshold=Decimal(5))
    assert account.after(15, "40") is None
    assert account.after(1, "40") == []
    assert account.ledger.confirmation.discards == []


def test_discarded_readings_require_more() -> None:
    """Two readings are required, and one more for each discard, up to four."""
    account = Account.open("100")
    required = []
    for _ in range(4):
        needed = 1
        trial = Ledger.from_dict(account.ledger.as_dict())
        reading = Reading(balance=Decimal(0), at=account.now)
        while not trial.admit(reading):
            needed += 1
        required.append(needed)
        assert account.after(15, "0") is None
        assert account.after(1, "100") == []
    assert required == [2, 3, 4, 4]


def test_discards_count_for_a_day() -> None:
    """One day after a discard, two readings are enough again."""
    account = Account.open("100")
    assert account.after(15, "0") is None
    assert account.after(1, "100") == []
    discarded = account.now
    account.now = discarded + timedelta(days=1) - timedelta(minutes=1)
    assert account.poll("0") is None
    assert account.after(1, "0") is None
    assert account.after(1, "0") == ["became_low", "emptied"]
    assert account.confirmed(60, "100") == []
    account.now = discarded + timedelta(days=2, hours=2)
    assert account.poll("0") is None
    assert account.after(1, "0") is not None


def test_several_false_readings_are_one_discard() -> None:
    """Several pending readings that are discarded together count once."""
    account = Account.open("100")
    assert account.after(15, "0") is None
    assert account.after(15, "100") == []
    for _ in range(2):
        assert account.after(1, "0") is None
    assert account.after(1, "100") == []
    assert len(account.ledger.confirmation.discards) == 2


def test_discards_are_bounded() -> None:
    """The list of discards does not grow."""
    account = Account.open("100")
    for _ in range(50):
        assert account.after(15, "0") is None
        assert account.after(15, "100") == []
    assert len(account.ledger.confirmation.discards) == 2


def test_failure_in_between_neither_confirms_nor_discards() -> None:
    """Failures between two readings do not matter."""
    account = Account.open("100")
    assert account.after(15, "0") is None
    assert account.after(90, "0") == ["became_low", "emptied"]


def test_refusal_is_confirmed_by_another_one() -> None:
    """The first HTTP 402 must be confirmed."""
    account = Account.open("100")
    assert account.refused(15) is None
    assert account.ledger.awaits_confirmation
    assert account.refused(1) == ["became_low", "emptied"]
    assert account.ledger.no_credits
    assert account.refused(15) == []


def test_refusal_and_empty_balance_agree() -> None:
    """HTTP 402 and an empty balance confirm each other."""
    account = Account.open("100")
    assert account.refused(15) is None
    assert account.after(1, "0") == ["became_low", "emptied"]
    assert not account.ledger.no_credits

    account = Account.open("100")
    assert account.after(15, "0") is None
    assert account.refused(1) == ["became_low", "emptied"]
    assert account.ledger.no_credits


def test_refusal_is_discarded_by_a_good_reading() -> None:
    """A good reading discards HTTP 402."""
    account = Account.open("100")
    assert account.refused(15) is None
    assert account.after(1, "100") == []
    assert account.refused(15) is None
    assert account.refused(1) is None
    assert account.refused(1) == ["became_low", "emptied"]


def test_restart_starts_confirmation_again() -> None:
    """A restart clears the pending readings, but not the discards."""
    account = Account.open("100")
    assert account.after(15, "0") is None
    assert account.after(1, "100") == []
    assert account.after(15, "0") is None
    account.restart()
    assert not account.ledger.awaits_confirmation
    assert account.after(15, "0") is None
    assert account.after(1, "0") is None
    assert account.after(1, "0") == ["became_low", "emptied"]


def test_clock_is_put_back_after_a_discard() -> None:
    """A discard in the future is ignored."""
    account = Account.open("100", at=START + timedelta(days=40))
    assert account.after(15, "0") is None
    assert account.after(1, "100") == []
    account.now = START
    assert account.poll("0") is None
    assert account.after(1, "0") == ["became_low", "emptied"]
