"""Readers: where a field is in a response, and of which type it is.

A reader is called with the response and returns the value, or None where the documentation says
that there may be none. It raises UnexpectedResponseError for everything else. Where data is not
enough, a provider may use a function instead.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
import re
from typing import Final, NamedTuple, Protocol

from .json_object import Json, JsonObject

type Value = Decimal | datetime | str | bool | None

# Larger than any real balance, and small enough that sums are exact.
_MAX_AMOUNT: Final = 10**15
# The finest unit in use is a billionth of a dollar; more places are floating-point noise.
_MAX_PLACES: Final = 12
# From seven places on, Python writes zero with an exponent.
_MAX_PLACES_OF_ZERO: Final = 6
# A JSON number usually was a binary float, which holds 15 significant digits.
_FLOAT: Final = Context(prec=15, rounding=ROUND_HALF_EVEN, traps=[])
_EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[])
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
_MAX_UNIT: Final = 20
# The longest state in Home Assistant.
_MAX_TEXT: Final = 255
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Reader(Protocol):
    """Reads a field: one of the classes below, or a function."""

    def __call__(self, body: JsonObject, /) -> Value:
        """Return the value; raises UnexpectedResponseError."""


# Named tuples, because creating a dataclass takes five times as long and delays the start of Home
# Assistant.
class Money(NamedTuple):
    """An amount: a JSON number or a numeric string.

    The amount is (value + further parts) / divisor - subtrahend / |divisor|. It has at most 12
    decimal places, no exponent and no negative zero. JSON numbers are rounded to 15 significant
    digits.
    """

    path: str
    """Path of the value: keys and list indexes with dots between them (see split_path)."""
    minus: str | None = None
    """Path of an amount to subtract, such as what was used of a limit."""
    plus: tuple[str, ...] = ()
    """Paths of further parts of the amount; one that is null or missing does not count."""
    divisor: Decimal | int = 1
    """Number of the provider's units in one unit; negative if the value is a debt."""
    unlimited: tuple[Decimal | str, ...] = ()
    """Values that mean "unlimited", for which there is no amount."""
    nullable: bool = False
    """Whether the documentation says that a value may be null."""
    optional: bool = False
    """Whether the documentation says that a value may be missing. Not for the balance."""

    def __call__(self, body: JsonObject) -> Decimal | None:
        """Return the amount; None if it is null, missing or unlimited and may be."""
        amount = self._amount(body, self.path)
        if amount is None:
            return None
        for path in self.plus:
            part = None if body.get(path) is None else self._amount(body, path)
            amount = amount if part is None else _EXACT.add(amount, part)
        divisor = Decimal(self.divisor)
        amount = _EXACT.divide(amount, divisor)
        if self.minus is not None:
            if (subtrahend := self._amount(body, self.minus)) is None:
                return None
            amount = _EXACT.subtract(amount, _EXACT.divide(subtrahend, divisor.copy_abs()))
        if not amount.is_finite() or amount.copy_abs() >= _MAX_AMOUNT:
            raise body.error(self.path, "is not an amount")
        return _plain(amount)

    def _amount(self, body: JsonObject, path: str) -> Decimal | None:
        """Return the amount at a path in the provider's units."""
        value = body.value(path, nullable=self.nullable, optional=self.optional)
        if value is None or (isinstance(value, str) and value in self.unlimited):
            return None
        number = _number(value)
        if number is None:
            raise body.error(path, "is not an amount")
        return None if number in self.unlimited else number


class TimeFormat(StrEnum):
    """How a response writes a time."""

    ISO = "iso"
    """ISO 8601 with an offset."""
    ISO_UTC = "iso_utc"
    """ISO 8601, documented to be UTC where it has no offset."""
    SECONDS = "seconds"
    """Seconds since 1970; 0 is the same as null."""
    MILLISECONDS = "milliseconds"
    """Milliseconds since 1970; 0 is the same as null."""


class Time(NamedTuple):
    """A time, in UTC."""

    path: str
    """Path of the value."""
    format: TimeFormat = TimeFormat.ISO
    """How the time is written."""
    nullable: bool = False
    """Whether the documentation says that the value may be null."""
    optional: bool = False
    """Whether the documentation says that the value may be missing."""

    def __call__(self, body: JsonObject) -> datetime | None:
        """Return the time; None if it is null or missing and may be."""
        value = body.value(self.path, nullable=self.nullable, optional=self.optional)
        if value is None:
            return None
        is_number = self.format in {TimeFormat.SECONDS, TimeFormat.MILLISECONDS}
        if is_number and type(value) is int and value == 0 and self.nullable:
            return None
        if (time := read_time(value, self.format)) is None:
            raise body.error(self.path, f"is not a time ({self.format})")
        return time


class Flag(NamedTuple):
    """A value that is true or false."""

    path: str
    """Path of the value."""
    on: bool | int | str = True
    """The value that means true."""
    off: bool | int | str = False
    """The value that means false."""
    nullable: bool = False
    """Whether the documentation says that the value may be null."""
    optional: bool = False
    """Whether the documentation says that the value may be missing."""

    def __call__(self, body: JsonObject) -> bool | None:
        """Return the flag; None if it is null or missing and may be."""
        value = body.value(self.path, nullable=self.nullable, optional=self.optional)
        if value is None:
            return None
        for flag, meaning in ((self.on, True), (self.off, False)):
            # To Python, 1 equals True.
            if type(value) is type(flag) and value == flag:
                return meaning
        raise body.error(self.path, "is not a flag")


class Text(NamedTuple):
    """A printable text that fits into a state."""

    path: str
    """Path of the value."""
    nullable: bool = False
    """Whether the documentation says that the value may be null."""
    optional: bool = False
    """Whether the documentation says that the value may be missing."""

    def __call__(self, body: JsonObject) -> str | None:
        """Return the text; None if it is null or missing and may be."""
        value = body.value(self.path, nullable=self.nullable, optional=self.optional)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.isprintable():
            raise body.error(self.path, "is not a short text")
        return value


class Currency(NamedTuple):
    """An ISO 4217 currency code, in capitals: the unit of a balance."""

    path: str
    """Path of the value, which is required."""

    def __call__(self, body: JsonObject) -> str:
        """Return the currency."""
        value = body.get(self.path)
        if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
            raise body.error(self.path, "is not a currency code")
        return value.upper()


class Unit(NamedTuple):
    """The unit of a balance: a currency code in any case, or another short text."""

    path: str
    """Path of the value, which is required."""

    def __call__(self, body: JsonObject) -> str:
        """Return the unit."""
        unit = read_unit(body.get(self.path))
        if unit is None:
            raise body.error(self.path, "is not a unit")
        return unit


def read_unit(value: Json) -> str | None:
    """Return a unit without surrounding spaces, and three letters in capitals as a currency code.

    None for anything but a printable text of up to 20 characters that is not a number.
    """
    if not isinstance(value, str):
        return None
    unit = value.strip()
    if not 0 < len(unit) <= _MAX_UNIT or not unit.isprintable() or _NUMBER.fullmatch(unit):
        return None
    return unit.upper() if _CURRENCY.fullmatch(unit) else unit


def read_amount(value: Json) -> Decimal | None:
    """Return the amount that Money reads from a value; None for anything else."""
    number = _number(value)
    return None if number is None else _plain(number)


def read_time(value: Json, time_format: TimeFormat) -> datetime | None:
    """Return the time that Time reads from a value, in UTC; None for anything else."""
    if time_format in {TimeFormat.SECONDS, TimeFormat.MILLISECONDS}:
        return _epoch_time(value, time_format)
    return _iso_time(value, time_format)


def _number(value: Json) -> Decimal | None:
    """Return a JSON number or numeric string in the allowed range; None for anything else."""
    number: Decimal | None = None
    if isinstance(value, Decimal):
        number = _FLOAT.plus(value)
        # Rounding pads with zeros, which would look like places that the provider sent.
        number = value if number == value else number.normalize(_EXACT)
    # The range is checked before the conversion, which is slow for thousands of digits.
    elif (type(value) is int and abs(value) < _MAX_AMOUNT) or (
        isinstance(value, str) and _NUMBER.fullmatch(value)
    ):
        number = Decimal(value)
    if number is None or not number.is_finite() or number.copy_abs() >= _MAX_AMOUNT:
        return None
    return number


def _plain(number: Decimal) -> Decimal:
    """Return a number with at most 12 places, and without an exponent or a negative zero."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_MAX_PLACES:
        number = number.quantize(Decimal(10) ** -_MAX_PLACES, context=_EXACT).normalize(_EXACT)
    if not number:
        places = min(max(-int(number.as_tuple().exponent), 0), _MAX_PLACES_OF_ZERO)
        return Decimal((0, (0,), -places))
    return Decimal(format(number, "f"))


def _epoch_time(value: Json, time_format: TimeFormat) -> datetime | None:
    """Return the time of a number of seconds or milliseconds; None if there is no such time."""
    if type(value) is int and value:
        seconds = time_format is TimeFormat.SECONDS
        with suppress(OverflowError):
            return _EPOCH + (timedelta(seconds=value) if seconds else timedelta(milliseconds=value))
    return None


def _iso_time(value: Json, time_format: TimeFormat) -> datetime | None:
    """Return the time of an ISO 8601 text; None if there is no such time."""
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            time = datetime.fromisoformat(value)
            if time.tzinfo is None and time_format is TimeFormat.ISO_UTC:
                time = time.replace(tzinfo=UTC)
            return None if time.tzinfo is None else time.astimezone(UTC)
    return None
