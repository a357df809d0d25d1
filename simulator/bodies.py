"""Change the body of a documented response."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
import json
import re
from typing import Any


def paths_of(field: str | Mapping[str, Any]) -> list[str]:
    """Return the paths that a field is read from."""
    if isinstance(field, str):
        return [field]
    minus = [field["minus"]] if "minus" in field else []
    return [field["path"], *minus, *field.get("plus", ())]


def edited(
    body: str, values: Mapping[str, Any], null: Iterable[str], removed: Iterable[str]
) -> str:
    """Return a body with other values, with nulls, and without some values, by path."""
    changes = [*values.items(), *((path, None) for path in null)]
    removed = list(removed)
    if not changes and not removed:
        return body
    response = _decoded(body)
    for path, value in changes:
        _set(response, path, value)
    for path in dict.fromkeys(removed):
        container, key = _place(response, path)
        del container[key]
    return _encoded(response)


def spent(spend: Mapping[str, Any], body: str, amount: Decimal, changed: datetime) -> str:
    """Return a body after an amount was spent; a negative amount is a top-up.

    The amount is taken from the values at the paths in from, in this order; a top-up goes into the
    one named into. The value at used grows instead. total is their sum, low a flag that is set
    below another value, touch the time of the change. overdraft allows a debt, and divisor converts
    the provider's units. With nothing spent the body is the documentation's own text.
    """
    if not amount:
        return body
    response = _decoded(body)
    divisor = Decimal(spend.get("divisor", 1))
    if used := spend.get("used"):
        _set_amount(response, used, Decimal(_get(response, used)) + amount * abs(divisor))
        return _encoded(response)
    buckets = spend["from"]
    if None in (_get(response, path) for path in buckets):
        return body
    _take(response, spend, amount, divisor)
    if total := spend.get("total"):
        _set_amount(
            response, total, sum((Decimal(_get(response, path)) for path in buckets), Decimal(0))
        )
    if low := spend.get("low"):
        is_low = _get(response, buckets[0]) < _get(response, low["below"])
        _set(response, low["flag"], is_low)
    if touch := spend.get("touch"):
        _set(response, touch, changed.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z")
    return _encoded(response)


def _take(response: Any, spend: Mapping[str, Any], amount: Decimal, divisor: Decimal) -> None:
    """Take an amount from the values that are spent."""
    rest, buckets = amount, spend["from"]
    # A top-up goes into one value; a debt, where one is possible, into the last.
    final = spend.get("into", buckets[-1]) if amount < 0 else buckets[-1]
    for path in buckets:
        left = Decimal(_get(response, path)) / divisor
        is_final = path == final
        taken = rest if is_final else min(max(left, Decimal(0)), max(rest, Decimal(0)))
        if is_final and not spend.get("overdraft") and left >= 0:
            taken = min(taken, left)
        _set_amount(response, path, (left - taken) * divisor)
        rest -= taken


def _place(response: Any, path: str) -> tuple[Any, str | int]:
    """Return the object or list that a path leads into, and the last key or index."""
    *parents, key = path.split(".")
    for parent in parents:
        response = response[int(parent)] if isinstance(response, list) else response[parent]
    return response, int(key) if isinstance(response, list) else key


def _get(response: Any, path: str) -> Any:
    """Return the value at a path."""
    container, key = _place(response, path)
    return container[key]


def _set(response: Any, path: str, value: Any) -> None:
    """Put a value at a path."""
    container, key = _place(response, path)
    container[key] = value


def _set_amount(response: Any, path: str, amount: Decimal) -> None:
    """Put an amount at a path, in the form that was there: a number, or a text of four places."""
    is_text = isinstance(_get(response, path), str)
    _set(response, path, f"{amount:.4f}" if is_text else amount.normalize())


def _decoded(body: str) -> Any:
    """Return a body with its numbers exact."""
    return json.loads(body, parse_float=Decimal)


def _encoded(response: Any) -> str:
    """Return the text of a body, with its numbers exact."""
    text = json.dumps(response, indent=2, default=lambda number: f"<{number:f}>")
    return re.sub(r'"<(-?[0-9.]+)>"', r"\1", text)
