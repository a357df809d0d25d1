"""Find the numbers, units and times in a response that a user can choose from."""

from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.api_balance.api import JsonObject, Money, UnexpectedResponseError, Unit
from custom_components.api_balance.api.candidates import (
    find_amounts,
    find_times,
    find_units,
    nearest_unit,
)


def decode(response: object) -> JsonObject:
    """Return a response as the client decodes it."""
    return JsonObject.from_bytes(json.dumps(response).encode())


def amounts(body: JsonObject) -> list[tuple[str, str]]:
    """Return the paths of the amounts with their values as text."""
    return [(each.path, f"{each.value:f}") for each in find_amounts(body)]


def test_all_numbers() -> None:
    """Numbers and numeric texts are listed with their paths, and nothing else."""
    body = JsonObject.from_bytes(
        b"""{"id": "a1", "ok": true, "none": null, "rate": 1.50, "count": 7, "text": "-0.25",
        "list": [1, {"deep": [[2]]}], "empty": {}, "word": "NaN", "long": "0.1000",
        "float": 0.30000000000000004}"""
    )
    assert amounts(body) == [
        ("rate", "1.50"),
        ("count", "7"),
        ("text", "-0.25"),
        ("list.0", "1"),
        ("list.1.deep.0.0", "2"),
        ("long", "0.1000"),
        ("float", "0.3"),
    ]
    assert [each.kind for each in find_amounts(body)] == [
        *("number", "number", "text", "number", "number", "text", "number")
    ]


@pytest.mark.parametrize(
    ("response", "path"),
    [
        ({"limit": 9, "data": {"balance": 5}}, "data.balance"),
        ({"used": 1, "totalBalance": "5"}, "totalBalance"),
        ({"a": 1, "available_credits": 5}, "available_credits"),
        ({"a": 1, "creditsRemaining": 5, "credits": 6}, "creditsRemaining"),
        ({"total_used": 1, "total_available": 5}, "total_available"),
        ({"a": 1, "USDBalance": 5}, "USDBalance"),
        ({"a": 1, "available": {"currency": "usd", "amount": 5}}, "available.amount"),
        ({"a": 1, "credits_left": 5}, "credits_left"),
        ({"alertBalance": 1, "balance": 5}, "balance"),
        ({"balance_threshold": 1, "low_balance": 2, "remaining": 5}, "remaining"),
        ({"credits_used": 1, "credits": 5}, "credits"),
    ],
)
def test_likely_balance(response: object, path: str) -> None:
    """What is probably the balance comes first."""
    found = find_amounts(decode(response))
    assert found[0].path == path
    assert found[0].is_likely


@pytest.mark.parametrize(
    "response",
    [
        {"a": 1},
        {"balances": 2},
        {"amount": 3},
        {"used": {"amount": 4}},
        {"credit_limit": 5},
        {"": 6},
    ],
)
def test_no_likely_balance(response: object) -> None:
    """Nothing is suggested without a reason."""
    assert [each.is_likely for each in find_amounts(decode(response))] == [False]


@pytest.mark.parametrize(("body", "path"), [(b"12.5", ""), (b'"12.5"', ""), (b"[12.5]", ".0")])
def test_no_object(body: bytes, path: str) -> None:
    """A response may be nothing but a number, or a list."""
    assert amounts(JsonObject.from_bytes(body)) == [(path, "12.5")]


def test_units() -> None:
    """Units are found by their name or by their value; those next to the balance are suggested."""
    body = decode(
        {
            "name": "Acme",
            "plan": "PRO",
            "kind": "credits",
            "currency": "eur",
            "wallets": [
                {"balance": 1, "currencyCode": "usd"},
                {"total": {"value": 2, "unit": " Points "}},
            ],
            "unit": "x" * 21,
            "units": 5,
            "other_currency": "",
        }
    )
    units = find_units(body)
    assert [(each.path, each.value) for each in units] == [
        ("currency", "EUR"),
        ("wallets.0.currencyCode", "USD"),
        ("wallets.1.total.unit", "Points"),
        ("plan", "PRO"),
        ("kind", "credits"),
    ]
    for balance, path in (
        ("wallets.0.balance", "wallets.0.currencyCode"),
        ("wallets.1.total.value", "wallets.1.total.unit"),
        ("wallets.1.other", "currency"),
        ("balance", "currency"),
    ):
        unit = nearest_unit(units, balance)
        assert unit is not None
        assert unit.path == path
        assert Unit(path)(body) == unit.value
    assert nearest_unit([], "balance") is None
    assert nearest_unit(find_units(decode({"plan": "PRO"})), "balance") is None


def test_times() -> None:
    """Times in all formats are found, those of a renewal first."""
    body = decode(
        {
            "created": "2026-01-02",
            "count": 7,
            "milliseconds": 1767225600000,
            "resetAt": 1767225600,
            "renews_at": "2026-01-01T01:00:00+01:00",
            "old": "1999-12-31T23:59:59Z",
            "text": "soon",
        }
    )
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    assert [(each.path, *each.value) for each in find_times(body)] == [
        ("resetAt", new_year, "seconds"),
        ("renews_at", new_year, "iso"),
        ("created", datetime(2026, 1, 2, tzinfo=UTC), "iso_utc"),
        ("milliseconds", new_year, "milliseconds"),
    ]


@pytest.mark.parametrize(
    "key", ["a.b", "a[0]", "a\\b", "a\\.b", "$.a", "", " ", "0", "a.b.c", "..", "é", "{api_key}"]
)
def test_keys_with_special_characters(key: str) -> None:
    """A path finds the value again, whatever characters the key has."""
    body = decode({"data": {key: {"balance": 5}, "other": {"balance": 6}}})
    (first, second) = find_amounts(body)
    assert first.value == 5
    assert Money(first.path)(body) == 5
    assert Money(second.path)(body) == 6


def test_deep_and_wide() -> None:
    """A response of any form is listed quickly; its paths and the list are limited."""
    deep: Any = {"balance": 1}
    for _ in range(50):
        deep = {"a": deep}
    wide = {f"key{number}": number for number in range(3000)}
    found = find_amounts(decode({"deep": deep, "wide": wide, "list": [0] * 5000, "balance": 2}))
    assert len(found) == 200
    assert found[0].path == "balance"
    assert not [each for each in found if each.path.startswith("deep")]
    assert amounts(decode({"a" * 300: 1, "b\u0000": 2, "c\u202e": 3, "d": 4})) == [("d", "4")]


@pytest.mark.parametrize(
    "body", [b"[" * 30_000 + b"]" * 30_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000]
)
def test_nested_too_deeply(body: bytes) -> None:
    """Extreme nesting is an unexpected response, or has no candidates."""
    try:
        decoded = JsonObject.from_bytes(body)
    except UnexpectedResponseError:
        return
    assert not find_amounts(decoded)
    assert not find_units(decoded)
    assert not find_times(decoded)


@pytest.mark.parametrize(
    "number", ["1e400", "1e15", "9" * 5000, "-1e15", '"1e15"', '"1e999999999"']
)
def test_huge_numbers(number: str) -> None:
    """A number that no balance has is not offered."""
    try:
        body = JsonObject.from_bytes(f'{{"a": {number}, "b": 1}}'.encode())
    except UnexpectedResponseError:
        return
    assert amounts(body) == [("b", "1")]


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=20,
)


@given(response=_JSON)
def test_chosen_is_read(response: object) -> None:
    """Whatever is offered is read again from the same path, with the same value."""
    body = decode(response)
    for amount in find_amounts(body):
        assert Money(amount.path)(body) == amount.value
    for unit in find_units(body):
        assert Unit(unit.path)(body) == unit.value
