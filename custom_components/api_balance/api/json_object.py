"""Decode the body of a response and find values in it by path."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
import json
import re
from typing import Final, NoReturn, Self

from .errors import UnexpectedResponseError

type Json = dict[str, Json] | list[Json] | str | int | Decimal | bool | None

_INDEX: Final = re.compile(r"[0-9]{1,4}")
# As many as an index of four digits can name.
_MAX_ITEMS: Final = 10_000
# Real responses have up to five levels.
_MAX_DEPTH: Final = 16


@lru_cache(maxsize=512)
def split_path(path: str) -> tuple[str, ...]:
    r"""Split a path into keys and list indexes.

    A dot separates them, as in "data.items.0.total". A backslash makes the next character part of
    the key: "data.v1\.total" is the key "v1.total" in the object "data".
    """
    keys = [""]
    characters = iter(path)
    for character in characters:
        if character == ".":
            keys.append("")
        else:
            keys[-1] += next(characters, "\\") if character == "\\" else character
    return tuple(keys)


def join_path(keys: Iterable[str | int]) -> str:
    """Return the path that split_path splits into these keys."""
    return ".".join(re.sub(r"[\\.]", r"\\\g<0>", str(key)) for key in keys)


class JsonObject:
    """A JSON object that knows its path in the response.

    Errors name the path and what was expected there, never the value that was found.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, values: dict[str, Json], path: str = "") -> None:
        """Wrap a decoded object; path is empty or ends in a dot."""
        self._values = values
        self._path = path

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """Decode the body of a response.

        A body that is not an object is wrapped in one, with an empty key. Raises
        UnexpectedResponseError for invalid JSON, and for an object that has the same key twice:
        which of the two values is meant cannot be known.
        """
        try:
            values: Json = json.loads(
                body,
                parse_float=Decimal,
                parse_constant=_refuse_constant,
                object_pairs_hook=_unique_keys,
            )
        # Includes a wrong encoding, too many digits, a huge exponent, and deep nesting.
        except ValueError, ArithmeticError, RecursionError:
            pass
        else:
            return cls(values if isinstance(values, dict) else {"": values})
        # Raised outside the except block: otherwise __context__ keeps the decoder's exception,
        # which holds the body.
        reason = "the response is not valid JSON"
        raise UnexpectedResponseError(reason)

    def find(self, path: str) -> Json:
        """Return the value at a path; raises LookupError if there is none."""
        value: Json = self._values
        for key in split_path(path):
            if isinstance(value, dict):
                value = value[key]
            elif isinstance(value, list) and _INDEX.fullmatch(key):
                value = value[int(key)]
            else:
                raise KeyError(key)
        return value

    def get(self, path: str) -> Json:
        """Return the value at a path; None if there is none."""
        try:
            return self.find(path)
        except LookupError:
            return None

    def value(self, path: str, *, nullable: bool = False, optional: bool = False) -> Json:
        """Return the value at a path; None if it may be null or missing, and is.

        Raises UnexpectedResponseError if it is null or missing and may not be.
        """
        try:
            value = self.find(path)
        except LookupError:
            if optional:
                return None
            problem = "is missing"
        else:
            if value is not None or nullable:
                return value
            problem = "is null"
        raise self.error(path, problem)

    def objects(self, path: str) -> list[JsonObject]:
        """Return the objects in the list at a path; raises UnexpectedResponseError if empty."""
        items = self.get(path)
        if not isinstance(items, list) or not items:
            raise self.error(path, "is not a list of objects")
        objects = []
        for index, item in enumerate(items):
            item_path = f"{path}.{index}"
            if not isinstance(item, dict):
                raise self.error(item_path, "is not an object")
            objects.append(JsonObject(item, f"{self._path}{item_path}."))
        return objects

    def values(self) -> Iterator[tuple[tuple[str | int, ...], Json]]:
        """Yield the keys and value of everything in the object that is neither object nor list.

        In the order of the response, without what is nested too deeply and without list items that
        no path can name.
        """
        pending: list[tuple[tuple[str | int, ...], Json]] = [((), self._values)]
        while pending:
            keys, value = pending.pop()
            children: Iterable[tuple[str | int, Json]]
            if isinstance(value, dict):
                children = value.items()
            elif isinstance(value, list):
                children = enumerate(value[:_MAX_ITEMS])
            else:
                yield keys, value
                continue
            if len(keys) < _MAX_DEPTH:
                pending += [((*keys, key), child) for key, child in children][::-1]

    def error(self, path: str, problem: str) -> UnexpectedResponseError:
        """Return the error that names a path and the problem there."""
        return UnexpectedResponseError(f"{self._path}{path or 'the response'} {problem}")


def _unique_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Return an object; raises ValueError if it has a key twice."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError
    return values


def _refuse_constant(_name: str) -> NoReturn:
    """Refuse NaN and the infinities, which are not JSON."""
    raise ValueError
