"""Convert between values and JSON.

What cannot be read raises an ArithmeticError, a LookupError, a TypeError or a ValueError.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

type Json = Mapping[str, Json] | list[Json] | str | float | bool | None


def expect[T](value: object, kind: type[T]) -> T:
    """Return a value of a certain type."""
    if isinstance(value, kind):
        return value
    msg = f"expected {kind.__name__}"
    raise TypeError(msg)


def amount_from(value: object) -> Decimal:
    """Return an amount, which is stored as text."""
    amount = Decimal(expect(value, str))
    if amount.is_finite():
        return amount
    msg = "an amount is not finite"
    raise ValueError(msg)


def time_from(value: object) -> datetime:
    """Return a time in UTC, which is stored as text with its offset."""
    moment = datetime.fromisoformat(expect(value, str))
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    msg = "a time has no offset"
    raise ValueError(msg)


def optional_amount_from(value: object) -> Decimal | None:
    """Return an amount, or None."""
    return None if value is None else amount_from(value)


def optional_time_from(value: object) -> datetime | None:
    """Return a time in UTC, or None."""
    return None if value is None else time_from(value)


def optional_text(value: Decimal | datetime | None) -> str | None:
    """Return an amount or a time as text, or None."""
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value is None else str(value)


def join(values: Iterable[object]) -> str:
    """Return values as one text; a JSON list would have a line for each of them."""
    return " ".join(str(value) for value in values)
