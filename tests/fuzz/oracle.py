"""What a correct snapshot is, from the providers' documentation and independent of our readers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
import re
from typing import Any, Final

from custom_components.api_balance.api import (
    FLAGS,
    TEXTS,
    TIMES,
    AccountDisabledError,
    AccountSnapshot,
    ApiError,
    AuthenticationError,
    CertificateError,
    NoCreditsError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
)
import simulator

ERRORS: Final = {
    AccountDisabledError,
    AuthenticationError,
    CertificateError,
    NoCreditsError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
}
APIS: Final = simulator.load()
MISSING: Final = object()

_ISO_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII
)
# Values that no reader may refuse.
_ORDINARY_AMOUNT: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_ORDINARY_TIME: Final = re.compile(r"20\d\d-0[1-9]-1\dT1\d:[0-5]\d:[0-5]\d(\.\d{1,6})?Z", re.ASCII)
_HALF_A_PLACE: Final = Decimal("5e-13")
_MAX_AMOUNT: Final = Decimal("1e15")
# The longest state in Home Assistant, and the longest reason that somebody should have to read.
_MAX_TEXT: Final = 255
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Number(Decimal):
    """A JSON number."""


class _Integer(_Number):
    """A JSON number without a point and an exponent."""


def check_error(error: ApiError, *secrets: str) -> None:
    """Require one of the documented errors, with a short text that contains nothing secret."""
    assert type(error) in ERRORS
    text = str(error)
    assert text == error.reason
    assert len(text) <= _MAX_TEXT
    assert text.isprintable()
    assert text.isascii()
    assert not [secret for secret in secrets if secret in text]
    assert error.__cause__ is None
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")
    assert error.date is None or error.date.utcoffset() == timedelta(0)


def check_snapshot(slug: str, body: bytes, snapshot: AccountSnapshot) -> None:
    """Require that a snapshot contains what the response contains, field by field."""
    check_response(APIS[slug].response, body, snapshot)


def check_response(documented: Mapping[str, Any], body: bytes, snapshot: AccountSnapshot) -> None:
    """Require that a snapshot contains what a response of a documented form contains."""
    response = json.loads(
        body, parse_float=_Number, parse_int=_Integer, object_pairs_hook=_without_duplicates
    )
    for path, wanted in documented.get("good", {}).items():
        sent = _at(response, path)
        assert sent == wanted
        assert isinstance(sent, bool) is isinstance(wanted, bool)
        assert not isinstance(sent, Decimal) or type(sent) is _Integer
    if "bad" in documented:
        assert response.get(documented["bad"]) is None
    problems = {str(name): problem for name, problem in snapshot.problems.items()}
    others = {str(field) for field in FLAGS | TEXTS | TIMES}
    fields = documented["fields"] | documented.get("account_fields", {})
    amounts = fields.keys() - others
    assert problems.keys() <= fields.keys() - {"balance"}
    items = _at(response, documented["each"]) if "each" in documented else [response]
    for (unit, parts), balance in zip(_parts(documented, items), snapshot.balances, strict=True):
        assert (balance.key, balance.unit) == (unit, unit)
        assert {str(name) for name in balance.amounts} == amounts
        for name, amount in balance.amounts.items():
            if amount is None and _is_unlimited(documented, response):
                continue
            # Only plain fields have several parts, which are added up.
            assert len(parts) == 1 or isinstance(fields[name], str)
            sent = [value for part in parts for value in _sent_amounts(part, fields[name])]
            _check_field(documented, name, sent, amount, problems.get(name))
    account = {str(name): value for name, value in {**snapshot.flags, **snapshot.details}.items()}
    assert account.keys() == fields.keys() & others
    for key, value in account.items():
        field = fields[key]
        sent = _at(response, field if isinstance(field, str) else field["path"])
        needed = documented.get("only_with", {}).get(key)
        if needed is not None and not _is_some(_at(response, needed)):
            assert value is None
            assert key not in problems
            continue
        _check_field(documented, key, [sent], value, problems.get(key))


def _parts(documented: Mapping[str, Any], items: list[Any]) -> list[tuple[str, list[Any]]]:
    """Return the unit of each balance with its items: several, if they are to be added up."""
    found: list[tuple[str, list[Any]]] = []
    for item in items:
        unit = documented.get("unit", "credits")
        if "currency" in documented:
            unit = _at(item, documented["currency"]).upper()
            assert re.fullmatch("[A-Z]{3}", unit)
        same = [parts for other, parts in found if other == unit]
        if documented.get("sum") and same:
            same[0].append(item)
        else:
            found.append((unit, [item]))
    return found


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object in which no key occurs twice."""
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _at(response: Any, path: str) -> Any:
    """Return the value at a path, or MISSING."""
    for key in path.split("."):
        if isinstance(response, list) and key.isdecimal() and int(key) < len(response):
            response = response[int(key)]
        elif isinstance(response, Mapping) and key in response:
            response = response[key]
        else:
            return MISSING
    return response


def _sent_amounts(item: Any, field: str | Mapping[str, Any]) -> list[Any]:
    """Return the values that an amount is made of: itself, what is subtracted, and what is added.

    What is added may be missing or null.
    """
    if isinstance(field, str):
        return [_at(item, field)]
    paths = [field["path"], *([field["minus"]] if "minus" in field else [])]
    added = [_at(item, path) for path in field.get("plus", ())]
    return [
        *(_at(item, path) for path in paths),
        *(part for part in added if part is not MISSING and part is not None),
    ]


def _is_some(sent: Any) -> bool:
    """Return whether an amount is there, and not zero after rounding."""
    return sent is not MISSING and sent is not None and abs(Decimal(sent)) > _HALF_A_PLACE


def _is_unlimited(documented: Mapping[str, Any], response: Any) -> bool:
    """Return whether a response has a value with which amounts are unknown."""
    values = documented.get("unknown_if", {})
    return any(_at(response, path) is value for path, value in values.items())


def _check_field(
    documented: Mapping[str, Any], name: str, sent: list[Any], read: object, problem: str | None
) -> None:
    """Require that a field was read correctly, or is unknown for a good reason."""
    if read is not None:
        _check_value(documented, name, sent, read)
        # With several balances, another one may have the problem.
        assert problem is None or "each" in documented
        return
    field = {**documented["fields"], **documented.get("account_fields", {})}[name]
    is_null = None in sent and name in documented.get("nullable", ())
    is_unlimited = not isinstance(field, str) and _is_one_of(sent[0], field.get("unlimited", ()))
    is_zero = name in TIMES and type(sent[0]) is _Integer and sent[0] == 0
    is_optional = MISSING in sent and name in documented.get("optional", ())
    if is_null or is_unlimited or is_optional:
        return
    if is_zero and name in documented.get("nullable", ()):
        return
    assert name != "balance"
    assert problem is not None
    assert re.search(r" is (missing|null|not [a-z() _]+)$", problem)
    assert not all(_is_ordinary(documented, name, value) for value in sent)


def _is_one_of(sent: Any, values: list[Any]) -> bool:
    """Return whether a value, or the number in a text, is one of some values."""
    is_number = isinstance(sent, str) and re.fullmatch(r"\+?[0-9]+(\.0+)?", sent, re.ASCII)
    return (Decimal(sent) if is_number else sent) in values


def _is_ordinary(documented: Mapping[str, Any], name: str, sent: Any) -> bool:
    """Return whether a value is of the documented form, so that it must be read."""
    if name in FLAGS:
        return _meaning(documented, name, sent) is not None
    if name in TEXTS:
        return type(sent) is str and sent.isascii() and sent.isprintable() and len(sent) < 200
    if name in TIMES:
        unit = _epoch_unit(documented, name)
        if unit is not None:
            return type(sent) is _Integer and 0 < sent < 4 * 10**9 * (timedelta(seconds=1) // unit)
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
    value = int(sent) if type(sent) is _Integer else sent
    for flag, meaning in ((on, True), (off, False)):
        # To Python, 1 equals True.
        if type(value) is type(flag) and value == flag:
            return meaning
    return None


def _check_value(documented: Mapping[str, Any], name: str, sent: list[Any], read: object) -> None:
    """Require that a value was read as it was sent."""
    (value, *_) = sent
    if name in FLAGS:
        assert read is _meaning(documented, name, value)
    elif name in TEXTS:
        assert type(value) is str
        assert read == value
        assert len(value) <= _MAX_TEXT
        assert value.isprintable()
    elif name in TIMES:
        assert isinstance(read, datetime)
        assert read.utcoffset() == timedelta(0)
        if (unit := _epoch_unit(documented, name)) is not None:
            assert type(value) is _Integer
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
        _HALF_A_PLACE,
    )
    assert abs(read - wanted) <= noise


def _exact(value: object) -> Decimal:
    """Return a number exactly as it was sent."""
    assert isinstance(value, _Number | str)
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
