"""Migration of ledgers from version 1 of the storage."""

from decimal import Decimal

import pytest

from custom_components.api_balance.ledger import EventType
from custom_components.api_balance.ledger.migration import ledger_from_version_1

from .account import AMSTERDAM, Account, local
from .files import VERSION_1


def from_version_1(**changes: object) -> Account:
    """Return an account whose ledger was stored by version 1."""
    ledger = ledger_from_version_1(VERSION_1 | changes)
    return Account(ledger, ledger.last.at, AMSTERDAM, {"threshold": Decimal(100)})


def test_migration() -> None:
    """Figures, alarm and events are migrated."""
    result = from_version_1()
    figures = result.figures
    assert figures.spent_today == figures.spent_this_month == 10
    assert figures.last_top_up == local("2026-11-20 16:00")
    assert figures.last_top_up_amount == 5
    assert figures.percent_left == 100
    assert result.ledger.balance == 55
    topped_up, became_low = result.ledger.pending
    assert topped_up.type is EventType.TOPPED_UP
    assert topped_up.amount == 5
    assert became_low.type is EventType.BECAME_LOW
    assert became_low.threshold == 100
    assert became_low.run_out == local("2026-11-23 01:00")
    result.deliver()
    assert result.after(15, "54") == []
    assert result.ledger.low
    assert result.figures.spent_today == 11
    assert result.ledger.spending.observed[498660] == 3600
    result.restart()
    assert result.after(15, "100") == ["topped_up", "recovered"]


def test_migration_keeps_the_statistics_in_step() -> None:
    """The statistics start with the known hours."""
    rows = from_version_1().ledger.hourly_spending(local("2026-11-20 16:00"))
    assert rows == [
        (498660, Decimal(5), Decimal(5)),
        (498661, Decimal(5), Decimal(10)),
        (498662, Decimal(0), Decimal(10)),
        (498663, Decimal(0), Decimal(10)),
    ]


def test_migration_does_not_end_an_alarm_of_the_provider() -> None:
    """Only a reading can end an alarm whose cause is unknown."""
    result = from_version_1(untold=[])
    result.ledger.set_threshold(Decimal(0), result.now, result.zone)
    assert result.deliver() == []
    assert result.poll("55", threshold=Decimal(0), refreshed=True) == ["recovered"]


def test_migration_of_an_empty_account() -> None:
    """An empty account is not reported again."""
    result = from_version_1(balance="0", empty=True, untold=[], last_top_up=None)
    assert result.after(15, "-1") == []
    assert result.figures.last_top_up is None


@pytest.mark.parametrize(
    ("since", "at", "yesterday", "last_month"),
    [
        # Known from the start.
        ("2026-11-18T12:00:00+00:00", "2026-11-20T15:00:00+00:00", True, False),
        ("2026-10-25T12:00:00+00:00", "2026-11-20T15:00:00+00:00", True, True),
        # Version 1 kept the days of a month: part of October is missing.
        ("2026-06-01T12:00:00+00:00", "2026-11-20T15:00:00+00:00", True, False),
        ("2026-06-01T12:00:00+00:00", "2026-11-05T15:00:00+00:00", True, False),
        ("2026-06-01T12:00:00+00:00", "2026-12-31T15:00:00+00:00", True, False),
        # On the first of a month, nothing is missing of the month before.
        ("2026-06-01T12:00:00+00:00", "2026-12-01T15:00:00+00:00", True, True),
        # In Amsterdam it is 1 December already.
        ("2026-06-01T12:00:00+00:00", "2026-11-30T23:30:00+00:00", True, True),
    ],
)
def test_migration_shows_no_incomplete_month(
    since: str, at: str, *, yesterday: bool, last_month: bool
) -> None:
    """A month of which days are missing is not shown."""
    figures = from_version_1(since=since, at=at).figures
    assert (figures.spent_yesterday is not None) is yesterday
    assert (figures.spent_last_month is not None) is last_month


def test_migrated_month_becomes_complete() -> None:
    """The first complete month is shown when it is over."""
    result = from_version_1(since="2026-06-01T12:00:00+00:00")
    result.now = local("2026-11-30 23:00")
    assert result.figures.spent_last_month is None
    result.now = local("2026-12-01 00:30")
    assert result.figures.spent_last_month == 10


@pytest.mark.parametrize("key", sorted(VERSION_1))
@pytest.mark.parametrize("wrong", [7.5, "x", [7.5], {"x": 7.5}])
def test_migration_of_damage(key: str, wrong: object) -> None:
    """Damaged data raises an error that the store handles."""
    with pytest.raises((ArithmeticError, LookupError, TypeError, ValueError)):
        ledger_from_version_1(VERSION_1 | {key: wrong})
    with pytest.raises(LookupError):
        ledger_from_version_1({each: VERSION_1[each] for each in VERSION_1 if each != key})
