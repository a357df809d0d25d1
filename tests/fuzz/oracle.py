"""What a correct snapshot is, from the providers' documentation and independent of our readers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
import re
from typing import Any, Final

from custom_components.api_balance.api import (
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
FLAGS: Final = {"alert_enabled", "provider_low_balance"}
TEXTS: Final = {"account_email", "billing_type"}
MISSING: Final = object()

_ISO_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII
)
# An amount that no reader may refuse.
_ORDINARY_AMOUNT: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
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
    response = json.loads(
        body, parse_float=_Number, parse_int=_Integer, object_pairs_hook=_without_duplicates
    )
    answer = APIS[slug].answer
    for path, wanted in answer.get("good", {}).items():
        sent = _at(response, path)
        assert sent == wanted
        assert type(sent) is (bool if wanted is True else _Integer)
    if "bad" in answer:
        assert response.get(answer["bad"]) is None
    (balance,) = snapshot.balances
    unit = _at(response, answer["currency"]).upper() if "currency" in answer else "credits"
    assert balance.unit == balance.key == unit
    assert re.fullmatch("credits|[A-Z]{3}", unit)
    found: dict[str, object] = {}
    for values in (balance.amounts, snapshot.flags, snapshot.details):
        found |= {str(key): value for key, value in values.items()}
    assert found.keys() == answer["fields"].keys()
    problems = {str(key): problem for key, problem in snapshot.problems.items()}
    assert problems.keys() <= found.keys() - {"balance"}
    for key, path in answer["fields"].items():
        sent, nullable = _at(response, path), key in answer.get("nullable", ())
        _check_field(key, sent, found[key], problems.get(key), nullable=nullable)
        assert key not in problems or problems[key].startswith(f"{path} is ")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object in which no key occurs twice."""
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _at(response: Any, path: str) -> Any:
    """Return the value at a path, or MISSING."""
    for key in path.split("."):
        if not isinstance(response, Mapping) or key not in response:
            return MISSING
        response = response[key]
    return response


def _check_field(key: str, sent: Any, read: object, problem: str | None, *, nullable: bool) -> None:
    """Require that a field was read correctly, or is unknown for a good reason."""
    if read is not None:
        assert problem is None
        _check_value(key, sent, read)
    elif (sent is None and nullable) or (key == "reset" and type(sent) is _Integer and sent == 0):
        assert problem is None
    else:
        assert key != "balance"
        assert problem is not None
        assert not _is_ordinary(key, sent)
        text = str(sent)
        assert len(text) < 4 or text not in problem


def _is_ordinary(key: str, sent: Any) -> bool:
    """Return whether a value is of the documented form, so that it must be read."""
    if key in FLAGS:
        return type(sent) is bool
    if key in TEXTS:
        return type(sent) is str and sent.isascii() and sent.isprintable() and len(sent) < 200
    if key == "reset":
        return type(sent) is _Integer and 0 < sent < 4_000_000_000_000
    if key == "provider_updated":
        return (
            type(sent) is str
            and re.fullmatch(r"20\d\d-0[1-9]-1\dT1\d:.*", sent) is not None
            and (_iso_time(sent) is not None)
        )
    return isinstance(sent, Decimal | str) and _ORDINARY_AMOUNT.fullmatch(str(sent)) is not None


def _check_value(key: str, sent: Any, read: object) -> None:
    """Require that a value was read as it was sent."""
    if key in FLAGS:
        assert type(sent) is bool
        assert read is sent
    elif key in TEXTS:
        assert type(sent) is str
        assert read == sent
        assert len(sent) <= _MAX_TEXT
        assert sent.isprintable()
    elif key == "reset":
        assert type(sent) is _Integer
        assert _moment(read) == _EPOCH + timedelta(milliseconds=int(sent))
    elif key == "provider_updated":
        assert type(sent) is str
        moment = _moment(read)
        assert _iso_time(sent) in {moment, None}
    else:
        _check_amount(sent, read)


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


def _moment(read: object) -> datetime:
    """Return a time that has an offset."""
    assert isinstance(read, datetime)
    assert read.utcoffset() == timedelta(0)
    return read


def _check_amount(sent: object, read: object) -> None:
    """Require the exact amount, apart from floating-point noise, in a form that a state can have.

    A number is exact to 15 significant digits, a text to 12 places.
    """
    assert isinstance(sent, _Number | str)
    text = str(sent)
    assert text.isascii()
    assert not set(text) - set("0123456789+-.eE")
    exact = Decimal(text)
    assert isinstance(read, Decimal)
    assert read.is_finite()
    assert abs(read) <= _MAX_AMOUNT
    assert exact.copy_abs() <= _MAX_AMOUNT
    digits, places = exact.as_tuple().digits, -int(exact.as_tuple().exponent)
    if places <= 12 and (isinstance(sent, str) or len(digits) <= 15):
        # Compared and not subtracted: a subtraction would round.
        assert read == exact
    else:
        noise = abs(read) * Decimal("5e-15") if isinstance(sent, _Number) else Decimal(0)
        assert abs(read - exact) <= _HALF_A_PLACE + noise
    shown = format(read, "f")
    assert re.fullmatch(r"-?[0-9]{1,16}(\.[0-9]{1,12})?", shown)
    assert int(read.as_tuple().exponent) <= 0
    assert not (read.is_zero() and (read.is_signed() or str(read) != shown))
