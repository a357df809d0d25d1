"""What a correct snapshot is, from the providers' documentation and independent of our readers."""

from collections.abc import Mapping
from datetime import timedelta
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

from .values import HALF_A_PLACE, MAX_TEXT, Integer, Number, check_value, is_ordinary

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


def check_error(error: ApiError, *secrets: str) -> None:
    """Require one of the documented errors, with a short text that contains nothing secret."""
    assert type(error) in ERRORS
    text = str(error)
    assert text == error.reason
    assert len(text) <= MAX_TEXT
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
        body, parse_float=Number, parse_int=Integer, object_pairs_hook=_without_duplicates
    )
    for path, wanted in documented.get("good", {}).items():
        sent = _at(response, path)
        assert sent == wanted
        assert isinstance(sent, bool) is isinstance(wanted, bool)
        assert not isinstance(sent, Decimal) or type(sent) is Integer
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
    return sent is not MISSING and sent is not None and abs(Decimal(sent)) > HALF_A_PLACE


def _is_unlimited(documented: Mapping[str, Any], response: Any) -> bool:
    """Return whether a response has a value with which amounts are unknown."""
    values = documented.get("unknown_if", {})
    return any(_at(response, path) is value for path, value in values.items())


def _check_field(
    documented: Mapping[str, Any], name: str, sent: list[Any], read: object, problem: str | None
) -> None:
    """Require that a field was read correctly, or is unknown for a good reason."""
    if read is not None:
        check_value(documented, name, sent, read)
        # With several balances, another one may have the problem.
        assert problem is None or "each" in documented
        return
    field = {**documented["fields"], **documented.get("account_fields", {})}[name]
    is_null = None in sent and name in documented.get("nullable", ())
    is_unlimited = not isinstance(field, str) and _is_one_of(sent[0], field.get("unlimited", ()))
    is_zero = name in TIMES and type(sent[0]) is Integer and sent[0] == 0
    is_optional = MISSING in sent and name in documented.get("optional", ())
    if is_null or is_unlimited or is_optional:
        return
    if is_zero and name in documented.get("nullable", ()):
        return
    assert name != "balance"
    assert problem is not None
    assert re.search(r" is (missing|null|not [a-z() _]+)$", problem)
    assert not all(is_ordinary(documented, name, value) for value in sent)


def _is_one_of(sent: Any, values: list[Any]) -> bool:
    """Return whether a value, or the number in a text, is one of some values."""
    is_number = isinstance(sent, str) and re.fullmatch(r"\+?[0-9]+(\.0+)?", sent, re.ASCII)
    return (Decimal(sent) if is_number else sent) in values
