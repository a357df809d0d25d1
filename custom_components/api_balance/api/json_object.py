"""Read a provider's JSON with a path and a type; money is exact."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
import re
from typing import Final, NoReturn, Self

from .errors import UnexpectedResponseError

type Json = dict[str, Json] | list[Json] | str | int | Decimal | bool | None

# Above every balance that somebody has, below what sums of them would round.
_LARGEST: Final = Decimal(10) ** 15
# Twelve places hold every unit in use (the finest is a billionth of a dollar); what a server sends
# beyond them is the noise of its binary floating point.
_PLACES: Final = 12
_FINEST: Final = Decimal(10) ** -_PLACES
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
# Documented codes have up to four digits; a code becomes part of an error's text.
_LARGEST_CODE: Final = 999_999_999
# The longest state that Home Assistant can hold.
_LONGEST_TEXT: Final = 255
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class JsonObject:
    """A JSON object that knows where it stands in the answer.

    Every reader raises UnexpectedResponseError with the path and what was expected there, never
    with the value that was found.
    """

    __slots__ = ("_path", "_values")

    def __init__(self, values: Mapping[str, Json], path: str = "") -> None:
        """Wrap a decoded object that stands at a path."""
        self._values = values
        self._path = path

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """Decode an answer's body; anything but a JSON object is an UnexpectedResponseError."""
        try:
            values: Json = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
        # Also a wrong encoding, endless digits, an endless exponent, endless nesting.
        except ValueError, ArithmeticError, RecursionError:
            reason = "the answer is not valid JSON"
        else:
            if isinstance(values, dict):
                return cls(values)
            reason = "the answer is not a JSON object"
        # Not where the decoder's own exception is caught: it holds the answer, and would stay the
        # context of this one.
        raise UnexpectedResponseError(reason)

    def __contains__(self, key: str) -> bool:
        """Return whether there is something at a key, and not null."""
        return self._values.get(key) is not None

    def is_object(self, key: str) -> bool:
        """Return whether there is an object at a key; never an error."""
        return isinstance(self._values.get(key), dict)

    def object(self, key: str) -> JsonObject:
        """Return the object at a key."""
        value = self._values.get(key)
        if not isinstance(value, dict):
            raise self._refusal(key, "an object")
        return JsonObject(value, f"{self._path}{key}.")

    def money(self, key: str) -> Decimal:
        """Return the amount at a key, a number or a numeric string, exactly as it was sent."""
        value = self._values.get(key)
        number: Decimal | None = None
        if isinstance(value, Decimal):
            number = value
        elif isinstance(value, int) and not isinstance(value, bool):
            # Compared before it is converted: a conversion of endless digits takes long.
            number = Decimal(value) if abs(value) < _LARGEST else None
        elif isinstance(value, str) and _NUMBER.fullmatch(value):
            number = Decimal(value)
        if number is None or not number.is_finite() or number.copy_abs() >= _LARGEST:
            raise self._refusal(key, "an amount")
        return _plain(number)

    def money_or_none(self, key: str) -> Decimal | None:
        """Return the amount at a key; None where it is null. A missing key is an error."""
        return None if self._is_null(key) else self.money(key)

    def currency(self, key: str) -> str:
        """Return the ISO 4217 code at a key, in capitals."""
        value = self._values.get(key)
        if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
            raise self._refusal(key, "a currency code")
        return value.upper()

    def timestamp(self, key: str) -> datetime:
        """Return the ISO 8601 time at a key, in UTC; one without its offset is an error."""
        value = self._values.get(key)
        if isinstance(value, str):
            with suppress(ValueError, OverflowError):
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is not None:
                    return moment.astimezone(UTC)
        raise self._refusal(key, "a time with its offset")

    def milliseconds_or_none(self, key: str) -> datetime | None:
        """Return the time at a key, in milliseconds since 1970; None where it is null."""
        if self._is_null(key):
            return None
        value = self._values.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            with suppress(OverflowError):
                return _EPOCH + timedelta(milliseconds=value)
        raise self._refusal(key, "milliseconds since 1970")

    def flag(self, key: str) -> bool:
        """Return the boolean at a key."""
        value = self._values.get(key)
        if not isinstance(value, bool):
            raise self._refusal(key, "true or false")
        return value

    def is_true(self, key: str) -> bool:
        """Return whether there is a true at a key; never an error."""
        return self._values.get(key) is True

    def text(self, key: str) -> str:
        """Return the text at a key: printable, and no longer than a state may be."""
        value = self._values.get(key)
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not value.isprintable():
            raise self._refusal(key, "a short text")
        return value

    def code(self, key: str) -> int | str:
        """Return the error code at a key: an integer, which may be shown, or a text."""
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self._refusal(key, "an error code")
        if isinstance(value, int) and abs(value) > _LARGEST_CODE:
            raise self._refusal(key, "an error code")
        return value

    def _is_null(self, key: str) -> bool:
        """Return whether a key is there and null."""
        return key in self._values and self._values[key] is None

    def _refusal(self, key: str, expected: str) -> UnexpectedResponseError:
        """Return the error that says what should have been at a key."""
        return UnexpectedResponseError(f"{self._path}{key} is not {expected}")


def _refuse_constant(_name: str) -> NoReturn:
    """Refuse NaN and the infinities, which are not JSON."""
    raise ValueError


def _plain(number: Decimal) -> Decimal:
    """Return a number without exponent, without negative zero, and without float noise."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_PLACES:
        number = number.quantize(_FINEST).normalize()
    if not number:
        number = number.copy_abs()
    return Decimal(format(number, "f"))
