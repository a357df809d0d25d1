"""What is stored: everything that a restart needs, and no more than 10 kB."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
import json
from typing import Any

import pytest

from custom_components.api_balance.ledger import EventType, Ledger
from custom_components.api_balance.ledger.migration import ledger_from_version_1

from .account import AMSTERDAM, START, Account, local


def account() -> Account:
    """Return an account whose ledger has everything."""
    result = Account.open("100", threshold=Decimal(50), paid=Decimal(100), limit=Decimal(1000))
    result.fields["reset"] = START + timedelta(days=300)
    result.confirmed(24 * 60, "40")
    result.after(24 * 60, "90")
    result.confirmed(24 * 60, "30")
    result.after(15, "0")
    result.after(1, "29")
    result.after(15, "55")
    result.ledger.set_threshold(Decimal(60), result.now, result.zone)
    result.ledger.set_threshold(Decimal(50), result.now, result.zone)
    return result


def stored() -> dict[str, Any]:
    """Return what is stored of it."""
    result: dict[str, Any] = json.loads(json.dumps(account().ledger.as_dict()))
    return result


def test_restart_changes_nothing() -> None:
    """Except the reading before the last one, which is only needed until the next one."""
    ledger = account().ledger
    assert ledger.pending
    assert ledger.confirmation.discards
    assert ledger.spending.recent
    assert ledger.last_top_up
    again = Ledger.from_dict(stored())
    assert again == ledger
    assert json.loads(json.dumps(again.as_dict())) == stored()
    assert (ledger.before, again.before) == (Decimal(29), None)


def test_damaged_text_is_not_in_the_error() -> None:
    """It could be an amount, and the error is logged."""
    damaged = stored()
    damaged["full"] = "12345x"
    with pytest.raises(ValueError, match="damaged") as info:
        Ledger.from_dict(damaged)
    assert "12345" not in str(info.value)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of everything in a JSON value."""
    children: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    return [
        each for key, child in children for each in [(*path, key), *places(child, (*path, key))]
    ]


def change(value: Any, path: tuple[str | int, ...], new: Callable[[Any, Any], None]) -> Any:
    """Return a copy of a JSON value in which one place was changed."""
    result = deepcopy(value)
    parent = result
    for key in path[:-1]:
        parent = parent[key]
    new(parent, path[-1])
    return result


@pytest.mark.parametrize("path", places(stored()), ids=lambda path: ".".join(map(str, path)))
def test_damage(path: tuple[str | int, ...]) -> None:
    """Whatever is missing or has another type is a ValueError, or does not matter."""
    for wrong in (7.5, "x", [], [7.5], {"x": 7.5}, "NaN", "2026-11-20T12:00:00"):

        def replace(parent: Any, key: Any, wrong: object = wrong) -> None:
            parent[key] = wrong

        damaged = change(stored(), path, replace)
        if damaged != stored() and not (
            wrong == [] and path[-1] in {"discards", "pending", "recent"}
        ):
            with pytest.raises(ValueError, match="damaged"):
                Ledger.from_dict(damaged)
    if isinstance(path[-1], str):
        with pytest.raises(ValueError, match="damaged"):
            Ledger.from_dict(change(stored(), path, lambda parent, key: parent.pop(key)))


@pytest.mark.parametrize("whole", [None, [], "x", {}, 5])
def test_no_ledger_at_all(whole: object) -> None:
    """It is damaged as well."""
    with pytest.raises(ValueError, match="damaged"):
        Ledger.from_dict(whole)


def test_size() -> None:
    """Two months with spending at every poll stay below 10 kB, indented as in the file."""
    result = Account.open("99999.123456", threshold=Decimal(5))
    for poll in range(1, 63 * 96):
        spent = Decimal(poll) * Decimal("0.123457")
        assert result.after(15, str(Decimal("99999.123456") - spent)) == []
    ledger = result.ledger
    assert len(ledger.spending.days) >= 62
    assert len(ledger.spending.hours) >= 167
    assert len(json.dumps(ledger.as_dict(), indent=2)) < 10_000


# Written by version 0.1.0: 60 credits, 10 spent on 20 November from 12:00 to 14:00, topped up by
# 5 at 15:00, and low since then because the user had raised the threshold to 100.
VERSION_1: dict[str, Any] = {
    "since": "2026-11-20T12:00:00+00:00",
    "at": "2026-11-20T15:00:00+00:00",
    "balance": "55",
    "low": True,
    "empty": False,
    "last_top_up": ["2026-11-20T15:00:00+00:00", "5"],
    "days": {"2026-11-20": "10"},
    "hours": ["498660 5 3600", "498661 5 3600", "498662 0 3600", "498663 0 0"],
    "untold": [
        {
            "type": "topped_up",
            "balance": "55",
            "threshold": "100",
            "amount": "5",
            "run_out": None,
        },
        {
            "type": "became_low",
            "balance": "55",
            "threshold": "100",
            "amount": None,
            "run_out": "2026-11-23T00:00:00+00:00",
        },
    ],
}


def from_version_1(**changes: object) -> Account:
    """Return the account of a ledger that version 1 has stored."""
    ledger = ledger_from_version_1(VERSION_1 | changes)
    return Account(ledger, ledger.last.at, AMSTERDAM, {"threshold": Decimal(100)})


def test_migration() -> None:
    """Figures, alarm and events stay."""
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
    """They begin with the hours that are known."""
    rows = from_version_1().ledger.hourly_spending(local("2026-11-20 16:00"))
    assert rows == [
        (498660, Decimal(5), Decimal(5)),
        (498661, Decimal(5), Decimal(10)),
        (498662, Decimal(0), Decimal(10)),
        (498663, Decimal(0), Decimal(10)),
    ]


def test_migration_does_not_end_an_alarm_of_the_provider() -> None:
    """Version 1 did not store its cause: only a reading can end it."""
    result = from_version_1(untold=[])
    result.ledger.set_threshold(Decimal(0), result.now, result.zone)
    assert result.deliver() == []
    assert result.poll("55", threshold=Decimal(0), refreshed=True) == ["recovered"]


def test_migration_of_an_empty_account() -> None:
    """It is not reported again."""
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
        # In January nothing is missing of December.
        ("2026-06-01T12:00:00+00:00", "2026-12-31T15:00:00+00:00", True, False),
    ],
)
def test_migration_shows_no_incomplete_month(
    since: str, at: str, *, yesterday: bool, last_month: bool
) -> None:
    """It would look as if less had been spent."""
    figures = from_version_1(since=since, at=at).figures
    assert (figures.spent_yesterday is not None) is yesterday
    assert (figures.spent_last_month is not None) is last_month


def test_migrated_month_becomes_complete() -> None:
    """The month after the one with missing days is shown when it is over."""
    result = from_version_1(since="2026-06-01T12:00:00+00:00")
    result.now = local("2026-11-30 23:00")
    assert result.figures.spent_last_month is None
    result.now = local("2026-12-01 00:30")
    assert result.figures.spent_last_month == 10


@pytest.mark.parametrize("key", sorted(VERSION_1))
@pytest.mark.parametrize("wrong", [7.5, "x", [7.5], {"x": 7.5}])
def test_migration_of_damage(key: str, wrong: object) -> None:
    """The store sets it aside."""
    with pytest.raises((ArithmeticError, LookupError, TypeError, ValueError)):
        ledger_from_version_1(VERSION_1 | {key: wrong})
    with pytest.raises(LookupError):
        ledger_from_version_1({each: VERSION_1[each] for each in VERSION_1 if each != key})


def test_days_without_spending_are_not_stored() -> None:
    """The text of the days begins with the first one that has spending."""
    result = Account.open("100")
    spending: Any = result.ledger.as_dict()["spending"]
    assert (spending["days"], spending["hours"], spending["observed"]) == ("0", "0", "0")
    result.after(24 * 60, "99")
    result.after(24 * 60, "99")
    result.after(24 * 60, "98")
    result.after(61, "98")
    result.restart()
    assert result.ledger.spending.days == {
        date(2026, 11, 21): Decimal(1),
        date(2026, 11, 23): Decimal(1),
    }
