"""Rule 1: a drop that would start an alarm or takes half of the balance must be confirmed."""

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
    """Only a drop from a positive balance can be suspicious."""
    account = Account.open(balance, threshold=Decimal(threshold))
    assert (account.after(15, following) is not None) is is_accepted
    assert account.ledger.awaits_confirmation is not is_accepted


def test_drop_that_the_providers_alert_calls_low() -> None:
    """The provider's own alert starts an alarm as well."""
    account = Account.open("100")
    assert account.after(15, "99", alarmed=True) is None
    assert account.after(1, "99", alarmed=True) == ["became_low"]


def test_alert_without_a_drop() -> None:
    """An alert that appears while the balance stays the same is a setting."""
    assert Account.open("100").after(15, "100", alarmed=True) == ["became_low"]


def test_second_reading_confirms_and_is_recorded() -> None:
    """The first one only says that something may have happened."""
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
    """A false 0 that is followed by a smaller loss: only the loss is confirmed."""
    account = Account.open("100", threshold=Decimal(5))
    assert account.after(15, "0") is None
    assert account.after(1, "40") == []
    assert account.ledger.balance == 40
    # The 0 was false: one more reading is required now.
    assert account.after(15, "0") is None
    assert account.after(1, "0") is None
    assert account.after(1, "0") == ["became_low", "emptied"]


def test_worse_reading_is_not_confirmed_by_a_better_one() -> None:
    """Half of the balance is lost, then all of it: the second one needs another like it."""
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
    """Two readings, and one more for each discard in the last day, up to four."""
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
    """One day later two readings are enough again."""
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
    """What is counted is how often the provider was wrong, not for how long."""
    account = Account.open("100")
    assert account.after(15, "0") is None
    assert account.after(15, "100") == []
    for _ in range(2):
        assert account.after(1, "0") is None
    assert account.after(1, "100") == []
    assert len(account.ledger.confirmation.discards) == 2


def test_discards_are_bounded() -> None:
    """A provider that is wrong at every other poll leaves no growing list."""
    account = Account.open("100")
    for _ in range(50):
        assert account.after(15, "0") is None
        assert account.after(15, "100") == []
    assert len(account.ledger.confirmation.discards) == 2


def test_failure_in_between_neither_confirms_nor_discards() -> None:
    """Nothing is admitted then, and the next reading confirms, however late."""
    account = Account.open("100")
    assert account.after(15, "0") is None
    assert account.after(90, "0") == ["became_low", "emptied"]


def test_refusal_is_confirmed_by_another_one() -> None:
    """A first 402 is requested again."""
    account = Account.open("100")
    assert account.refused(15) is None
    assert account.ledger.awaits_confirmation
    assert account.refused(1) == ["became_low", "emptied"]
    assert account.ledger.no_credits
    assert account.refused(15) == []


def test_refusal_and_empty_balance_agree() -> None:
    """Both say that nothing is left."""
    account = Account.open("100")
    assert account.refused(15) is None
    assert account.after(1, "0") == ["became_low", "emptied"]
    assert not account.ledger.no_credits

    account = Account.open("100")
    assert account.after(15, "0") is None
    assert account.refused(1) == ["became_low", "emptied"]
    assert account.ledger.no_credits


def test_refusal_is_discarded_by_a_good_reading() -> None:
    """It was a mistake of the provider."""
    account = Account.open("100")
    assert account.refused(15) is None
    assert account.after(1, "100") == []
    assert account.refused(15) is None
    assert account.refused(1) is None
    assert account.refused(1) == ["became_low", "emptied"]


def test_restart_starts_confirmation_again() -> None:
    """Pending readings are not stored, and may be old by then; discarded ones are stored."""
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
    """A discard that seems to be in the future does not count for longer than a day."""
    account = Account.open("100", at=START + timedelta(days=40))
    assert account.after(15, "0") is None
    assert account.after(1, "100") == []
    account.now = START
    assert account.poll("0") is None
    assert account.after(1, "0") == ["became_low", "emptied"]
