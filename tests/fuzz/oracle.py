"""What a right answer is, from the providers' documents and without the integration's reading."""

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
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
    amount_text,
)
from scripts.harness.states import BODIES, CURRENCIES
import simulator

ERRORS: Final = {
    AccountDisabledError,
    AuthenticationError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
}
# What a document says stands in every good answer, and what stands in none.
SUCCESS: Final = {
    slug: next(iter(api.answer["good"].items()))
    for slug, api in simulator.load().items()
    if "good" in api.answer
}
FAILURE: Final = {
    slug: api.answer["bad"] for slug, api in simulator.load().items() if "bad" in api.answer
}
FLAGS: Final = {"alert_enabled", "provider_low_balance"}
TEXTS: Final = {"account_email", "billing_type"}
# The fields that a document lets be null.
NULLABLE: Final = {
    (slug, key) for slug, api in simulator.load().items() for key in api.answer.get("nullable", ())
}

_ISO_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_HALF_A_PLACE: Final = Decimal("5e-13")
_LARGEST: Final = Decimal("1e15")
# The longest state of Home Assistant, and of a reason that somebody has to read.
_LONGEST: Final = 255
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Integer(Decimal):
    """A number that was written without point and exponent."""


def check_error(error: ApiError, *secrets: str) -> None:
    """Require one of the six errors, with a short text that says nothing secret."""
    assert type(error) in ERRORS
    text = str(error)
    assert text == error.reason
    assert len(text) <= _LONGEST
    assert text.isprintable()
    assert text.isascii()
    assert not [secret for secret in secrets if secret in text]
    assert error.__cause__ is None
    if isinstance(error, RateLimitedError) and error.retry_after is not None:
        assert 0 <= error.retry_after < float("inf")


def check_snapshot(slug: str, body: bytes, snapshot: AccountSnapshot) -> None:
    """Require that a snapshot says what the answer says, field by field, in a form to show."""
    answer = json.loads(body, parse_float=Decimal, parse_int=_Integer)
    if slug in SUCCESS:
        key, wanted = SUCCESS[slug]
        assert answer[key] == wanted
        assert type(answer[key]) is (bool if wanted is True else _Integer)
    else:
        assert answer.get(FAILURE[slug]) is None
    (balance,) = snapshot.balances
    unit = _at(answer, CURRENCIES[slug]).upper() if slug in CURRENCIES else "credits"
    assert balance.unit == unit
    assert re.fullmatch("credits|[A-Z]{3}", unit)
    found: dict[str, object] = {}
    for values in (balance.amounts, snapshot.flags, snapshot.details):
        found |= {str(key): value for key, value in values.items()}
    assert found.keys() == BODIES[slug].keys()
    for key, path in BODIES[slug].items():
        _check_field(slug, key, _at(answer, path), found[key])
    for amount in balance.amounts.values():
        assert amount is None or "e" not in amount_text(amount, "USD").removesuffix("USD").lower()


def _at(answer: Any, path: str) -> Any:
    """Return what stands at a path; what is missing there is a wrong snapshot's fault."""
    for key in path.split("."):
        answer = answer[key]
    return answer


def _check_field(slug: str, key: str, sent: Any, read: object) -> None:
    """Require that one field was read as it was sent."""
    if sent is None:
        assert (slug, key) in NULLABLE
        assert read is None
    elif key in FLAGS:
        assert type(sent) is bool
        assert read is sent
    elif key in TEXTS:
        assert type(sent) is str
        assert read == sent
        assert len(sent) <= _LONGEST
        assert sent.isprintable()
    elif key == "reset":
        assert type(sent) is _Integer
        assert _moment(read) == _EPOCH + timedelta(milliseconds=int(sent))
    elif key == "provider_updated":
        assert type(sent) is str
        moment = _moment(read)
        if (parts := _ISO_TIME.fullmatch(sent)) is not None:
            day, time, fraction, offset = parts.groups()
            wanted = datetime.strptime(
                f"{day} {time}{fraction or '.0'}{offset}", "%Y-%m-%d %H:%M:%S.%f%z"
            )
            assert moment == wanted
    else:
        _check_amount(sent, read)


def _moment(read: object) -> datetime:
    """Return a time that has an offset."""
    assert isinstance(read, datetime)
    assert read.utcoffset() == timedelta(0)
    return read


def _check_amount(sent: object, read: object) -> None:
    """Require an amount as exact as the twelfth place, and in a form that a state can have."""
    assert isinstance(sent, Decimal | str)
    text = str(sent)
    assert text.isascii()
    assert not set(text) - set("0123456789+-.eE")
    exact = Decimal(text)
    assert isinstance(read, Decimal)
    assert read.is_finite()
    assert abs(read) <= _LARGEST
    # Compared and not subtracted: a subtraction would round.
    places = -int(exact.as_tuple().exponent)
    assert read == exact or (
        places > 12 and exact.copy_abs() < _LARGEST and abs(read - exact) <= _HALF_A_PLACE
    )
    shown = format(read, "f")
    assert str(read) == shown or "E" in str(read)
    assert re.fullmatch(r"-?[0-9]{1,16}(\.[0-9]{1,12})?", shown)
    assert not (read.is_zero() and read.is_signed())
