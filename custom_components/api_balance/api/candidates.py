"""Find the values in a response that the fields of the user's own endpoint can be read from.

Likely values come first, by their names. A response may contain anything, so the numbers of
candidates and the lengths of their paths are limited.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
import re
from typing import Final, NamedTuple

from .json_object import Json, JsonObject, join_path, split_path
from .readers import TimeFormat, read_amount, read_time, read_unit

# A list with more options is of no use in a form.
_MAX_CANDIDATES: Final = 200
_MAX_PATH: Final = 255
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Last words in the name of a balance, the most likely first.
_BALANCE_WORDS: Final = ("balance", "available", "remaining", "left", "credits", "credit")
# The balance is not the amount below which the provider sends an alert, nor what was used.
_OTHER_AMOUNTS: Final = {"alert", "limit", "low", "threshold", "used"}
# Names that mean nothing by themselves, as in {"available": {"amount": 5}}.
_VALUE_WORDS: Final = {"amount", "value"}
_UNIT_WORDS: Final = {"currency", "unit", "units"}
_UNITS: Final = re.compile(
    r"[A-Z]{3}|credits|characters|tokens|points|messages|searches|emails", re.IGNORECASE
)
_TIME_WORDS: Final = {"expires", "expiry", "next", "renewal", "renews", "reset", "resets"}
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_UNLIKELY: Final = 99


class Candidate[T](NamedTuple):
    """A value in a response that a field can be read from."""

    path: str
    """Path of the value (see split_path); empty if the response is nothing but the value."""
    value: T
    """The value as the field shows it."""
    kind: str
    """JSON type of the value: "number" or "text"."""
    rank: int
    """How likely it is by its name: the lower, the more likely."""

    @property
    def is_likely(self) -> bool:
        """Return whether its name suggests the field."""
        return self.rank < _UNLIKELY


def find_amounts(body: JsonObject) -> list[Candidate[Decimal]]:
    """Return the numbers and numeric texts in a response, likely balances first."""
    return _find(body, read_amount, _rank_balance)


def find_units(body: JsonObject) -> list[Candidate[str]]:
    """Return the texts in a response that are a unit, by their name or by their value."""
    found = _find(body, read_unit, lambda keys: _rank(keys, _UNIT_WORDS))
    return [each for each in found if each.is_likely or _UNITS.fullmatch(each.value)]


def find_times(body: JsonObject) -> list[Candidate[tuple[datetime, TimeFormat]]]:
    """Return the times in a response, in UTC, with their formats; likely renewals first.

    A text without an offset is read as UTC.
    """
    return _find(body, _read_any_time, lambda keys: _rank(keys, _TIME_WORDS))


def nearest_unit(units: Sequence[Candidate[str]], balance: str) -> Candidate[str] | None:
    """Return the likely unit next to the path of a balance, or in an object around it."""
    parents = split_path(balance)[:-1]
    around = [
        each
        for each in units
        if each.is_likely and (own := split_path(each.path)[:-1]) == parents[: len(own)]
    ]
    return max(around, key=lambda each: len(split_path(each.path)), default=None)


def _find[T](
    body: JsonObject,
    read: Callable[[Json], T | None],
    rank: Callable[[Sequence[str | int]], int],
) -> list[Candidate[T]]:
    """Return the values that can be read, the most likely first."""
    found = []
    for keys, value in body.values():
        if (result := read(value)) is None:
            continue
        path = join_path(keys)
        if len(path) <= _MAX_PATH and path.isprintable():
            kind = "text" if isinstance(value, str) else "number"
            found.append(Candidate(path=path, value=result, kind=kind, rank=rank(keys)))
    return sorted(found, key=lambda each: each.rank)[:_MAX_CANDIDATES]


def _rank_balance(keys: Sequence[str | int]) -> int:
    """Return how likely the value with these keys is a balance."""
    words = _words(keys[-1])
    if _OTHER_AMOUNTS & set(words):
        return _UNLIKELY
    if words and words[-1] in _BALANCE_WORDS:
        return _BALANCE_WORDS.index(words[-1])
    if len(keys) > 1 and words and words[-1] in _VALUE_WORDS:
        return min(_rank_balance(keys[:-1]) + len(_BALANCE_WORDS), _UNLIKELY)
    return _UNLIKELY


def _rank(keys: Sequence[str | int], expected: set[str]) -> int:
    """Return how likely a value is by the words in its name."""
    return 0 if expected & set(_words(keys[-1])) else _UNLIKELY


def _words(key: str | int) -> list[str]:
    """Return the words in a key such as totalBalance or total_balance, in lower case."""
    return [word.lower() for word in _WORD.findall(str(key))]


def _read_any_time(value: Json) -> tuple[datetime, TimeFormat] | None:
    """Return a time between 2000 and 2100, and how it is written."""
    for time_format in TimeFormat:
        time = read_time(value, time_format)
        if time is not None and _EARLIEST <= time < _LATEST:
            return time, time_format
    return None
