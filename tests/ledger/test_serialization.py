"""Stored ledgers: complete, and checked when they are restored."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
import json
from typing import Any

import pytest

from custom_components.api_balance.ledger import Ledger

from .account import START, Account


def account() -> Account:
    """Return an account whose ledger uses every field."""
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
    """Return the stored ledger of the account."""
    result: dict[str, Any] = json.loads(json.dumps(account().ledger.as_dict()))
    return result


def test_restart_changes_nothing() -> None:
    """A restart changes nothing except the balance before the last one."""
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
    """The error, which is logged, contains no stored value."""
    damaged = stored()
    damaged["full"] = "12345x"
    with pytest.raises(ValueError, match="damaged") as info:
        Ledger.from_dict(damaged)
    assert "12345" not in str(info.value)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of all parts of a JSON value."""
    children: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    return [
        each for key, child in children for each in [(*path, key), *places(child, (*path, key))]
    ]


def change(value: Any, path: tuple[str | int, ...], new: Callable[[Any, Any], None]) -> Any:
    """Return a copy of a JSON value with one changed part."""
    result = deepcopy(value)
    parent = result
    for key in path[:-1]:
        parent = parent[key]
    new(parent, path[-1])
    return result


@pytest.mark.parametrize("path", places(stored()), ids=lambda path: ".".join(map(str, path)))
def test_damage(path: tuple[str | int, ...]) -> None:
    """Any missing or malformed part raises ValueError."""
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
    """Data of another type raises ValueError."""
    with pytest.raises(ValueError, match="damaged"):
        Ledger.from_dict(whole)


def test_days_without_spending_are_not_stored() -> None:
    """Days without spending are restored as such."""
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
