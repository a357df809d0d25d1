"""What a single value in a response means, independent of our readers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import re
from typing import Any, Final

from custom_components.api_balance.api import FLAGS, TEXTS, TIMES

_ISO_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII
)
# Values that no reader may refuse.
_ORDINARY_AMOUNT: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_ORDINARY_TIME: Final = re.compile(r"20\d\d-0[1-9]-1\dT1\d:[0-5]\d:[0-5]\d(\.\d{1,6})?Z", re.ASCII)
HALF_A_PLACE: Final = Decimal("5e-13")
_MAX_AMOUNT: Final = Decimal("1e15")
# The maximum length of a state in Home Assistant, which a reason should not exceed either.
MAX_TEXT: Final = 255
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Number(Decimal):
    """A JSON number."""


class Integer(Number):
    """A JSON number without a point and an exponent."""


def check_value(documented: Mapping[str, Any], name: str, sent: list[Any], read: object) -> None:
    """Require that a value was read as it was sent."""
    (value, *_) = sent
    if name in FLAGS:
        assert read is _meaning(documented, name, value)
    elif name in TEXTS:
        assert type(value) is str
        assert read == value
        assert len(value) <= MAX_TEXT
        assert value.isprintable()
    elif name in TIMES:
        assert isinstance(read, datetime)
        assert read.utcoffset() == timedelta(0)
        if (unit := _epoch_unit(documented, name)) is not None:
            assert type(value) is Integer
            assert read == _EPOCH + int(value) * unit
        else:
            assert type(value) is str
            assert _iso_time(value) in {read, None}
    else:
        _check_amount(documented["fields"][name], sent, read)


def _epoch_unit(documented: Mapping[str, Any], name: str) -> timedelta | None:
    """Return the unit of a time since 1970; None for ISO 8601."""
    units = {"seconds": timedelta(seconds=1), "milliseconds": timedelta(milliseconds=1)}
    return units.get(documented.get("times", {}).get(name, ""))


def _iso_time(text: str) -> datetime | None:
    """Return the time of a text in the usual form of ISO 8601; None for another form."""
    if (parts := _ISO_TIME.fullmatch(text)) is None:
        return None
    day, time, fraction, offset = parts.groups()
    try:
        return datetime.strptime(
            f"{day} {time}{fraction or '.0'}{offset}", "%Y-%m-%d %H:%M:%S.%f%z"
        )
    except ValueError:
        return None


def _check_amount(field: str | Mapping[str, Any], sent: list[Any], read: object) -> None:
    """Require the exact amount, apart from floating-point noise, in a form that a state can have.

    A number is exact to 15 significant digits, a text to 12 places.
    """
    assert isinstance(read, Decimal)
    assert read.is_finite()
    shown = format(read, "f")
    assert re.fullmatch(r"-?[0-9]{1,16}(\.[0-9]{1,12})?", shown)
    assert int(read.as_tuple().exponent) <= 0
    assert not (read.is_zero() and (read.is_signed() or str(read) != shown))
    numbers = [_exact(value) for value in sent]
    divisor = Decimal(1 if isinstance(field, str) else field.get("divisor", 1))
    if divisor == 1 and len(sent) == 1 and _has_no_noise(sent[0], numbers[0]):
        # Compared and not subtracted: a subtraction would round.
        assert read == numbers[0]
        return
    subtracted = 1 if not isinstance(field, str) and "minus" in field else 0
    wanted = (numbers[0] + sum(numbers[1 + subtracted :], Decimal(0))) / divisor
    wanted -= sum(numbers[1 : 1 + subtracted], Decimal(0)) / abs(divisor)
    noise = sum(
        (
            abs(number / divisor) * Decimal("5e-15")
            for value, number in zip(sent, numbers, strict=True)
            if not _has_no_noise(value, number)
        ),
        HALF_A_PLACE,
    )
    assert abs(read - wanted) <= noise


def _exact(value: object) -> Decimal:
    """Return a number exactly as it was sent."""
    assert isinstance(value, Number | str)
    text = str(value)
    assert text.isascii()
    assert not set(text) - set("0123456789+-.eE")
    number = Decimal(text)
    assert number.copy_abs() <= _MAX_AMOUNT
    return number


def _has_no_noise(value: object, number: Decimal) -> bool:
    """Return whether a number must be read to the last digit."""
    digits, places = number.as_tuple().digits, -int(number.as_tuple().exponent)
    return places <= 12 and (isinstance(value, str) or len(digits) <= 15)


def is_ordinary(documented: Mapping[str, Any], name: str, sent: Any) -> bool:
    """Return whether a value is of the documented form, so that it must be read."""
    if name in FLAGS:
        return _meaning(documented, name, sent) is not None
    if name in TEXTS:
        return type(sent) is str and sent.isascii() and sent.isprintable() and len(sent) < 200
    if name in TIMES:
        unit = _epoch_unit(documented, name)
        if unit is not None:
            return type(sent) is Integer and 0 < sent < 4 * 10**9 * (timedelta(seconds=1) // unit)
        return (
            type(sent) is str
            and _iso_time(sent) is not None
            and bool(_ORDINARY_TIME.fullmatch(sent))
        )
    return isinstance(sent, Decimal | str) and _ORDINARY_AMOUNT.fullmatch(str(sent)) is not None


def _meaning(documented: Mapping[str, Any], name: str, sent: Any) -> bool | None:
    """Return what a flag means; None for a value without a documented meaning."""
    field = documented["fields"].get(name) or documented["account_fields"][name]
    on, off = (True, False) if isinstance(field, str) else (field["on"], field["off"])
    value = int(sent) if type(sent) is Integer else sent
    for flag, meaning in ((on, True), (off, False)):
        # To Python, 1 equals True.
        if type(value) is type(flag) and value == flag:
            return meaning
    return None


def negated(value: Any) -> Number:
    """Return an amount with the other sign, to the last digit."""
    return Number(_exact(value).copy_negate())
