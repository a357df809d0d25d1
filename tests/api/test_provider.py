"""Providers described as data: their responses, as the documentation of real ones shows them."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
import json
from typing import Any

import pytest

from custom_components.api_balance.api import (
    BEARER,
    AccountSnapshot,
    Balance,
    Currency,
    Each,
    ErrorCode,
    Evidence,
    Field,
    Flag,
    Host,
    JsonObject,
    Money,
    Provider,
    Text,
    Time,
    TimeFormat,
    UnexpectedResponseError,
)


def provider(**options: Any) -> Provider:
    """Return a provider with what matters in a test."""
    common: dict[str, Any] = {
        "slug": "acme",
        "name": "Acme",
        "hosts": (Host(url="https://api.acme.example"),),
        "path": "/v1/balance",
        "auth": BEARER,
        "unit": "USD",
        "fields": {Field.BALANCE: Money("balance")},
        "key_hint": "API key",
        "console_url": "https://acme.example",
        "key_url": "https://acme.example",
        "docs_url": "https://acme.example",
        "evidence": Evidence.DOCUMENTATION,
    }
    return Provider(**common | options)


def parse(each: Provider, body: object, host: Host | None = None) -> AccountSnapshot:
    """Return what a provider reads from a response."""
    return each.parse(JsonObject.from_bytes(json.dumps(body).encode()), host)


def amounts(each: Provider, body: object) -> dict[str, Decimal | None]:
    """Return the balances of a response, by key."""
    return {balance.key: balance.amounts[Field.BALANCE] for balance in parse(each, body).balances}


def test_limit_and_used() -> None:
    """A subscription reports a limit, what was used of it, and when it renews."""
    snapshot = parse(
        provider(
            unit="characters",
            fields={
                Field.BALANCE: Money("character_limit", minus="character_count"),
                Field.USED: Money("character_count"),
                Field.LIMIT: Money("character_limit"),
                Field.RESET: Time("reset_unix", TimeFormat.SECONDS, nullable=True),
                Field.PLAN: Text("tier"),
            },
        ),
        {
            "tier": "free",
            "character_count": 794,
            "character_limit": 10000,
            "reset_unix": 1714521600,
        },
    )
    assert snapshot == AccountSnapshot.of(
        "characters",
        {Field.BALANCE: Decimal(9206), Field.USED: Decimal(794), Field.LIMIT: Decimal(10000)},
        details={Field.RESET: datetime(2024, 5, 1, tzinfo=UTC), Field.PLAN: "free"},
    )


CURRENCIES = provider(
    unit=Currency("currency"),
    each=Each(path="balance_infos"),
    fields={
        Field.BALANCE: Money("total_balance"),
        Field.GIFT_BALANCE: Money("granted_balance"),
        Field.CAN_SPEND: Flag("is_available"),
    },
)
CNY = {"currency": "CNY", "total_balance": "110.00", "granted_balance": "10.00"}
USD = {"currency": "USD", "total_balance": "0.00", "granted_balance": None}


def test_list_of_balances() -> None:
    """Amounts are read from each item of a list, everything else from the response."""
    snapshot = parse(CURRENCIES, {"is_available": True, "balance_infos": [CNY, USD]})
    assert [balance.key for balance in snapshot.balances] == ["CNY", "USD"]
    cny, usd = snapshot.balances
    assert cny.amounts == {Field.BALANCE: Decimal(110), Field.GIFT_BALANCE: Decimal(10)}
    assert usd.amounts == {Field.BALANCE: Decimal(0), Field.GIFT_BALANCE: None}
    assert snapshot.flags == {Field.CAN_SPEND: True}
    assert snapshot.problems == {Field.GIFT_BALANCE: "balance_infos.1.granted_balance is null"}


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([], "balance_infos is not a list of objects"),
        ([CNY, {**USD, "total_balance": None}], "balance_infos.1.total_balance is null"),
        ([CNY, {**USD, "currency": None}], "balance_infos.1.currency is not a currency code"),
        ([CNY, {**CNY, "currency": "cny"}], "balance_infos has no balance, or one twice"),
    ],
)
def test_list_that_is_not_understood(items: list[object], problem: str) -> None:
    """Each balance and each unit is required, and no balance may occur twice."""
    with pytest.raises(UnexpectedResponseError) as caught:
        parse(CURRENCIES, {"is_available": True, "balance_infos": items})
    assert caught.value.reason == problem


def test_keys() -> None:
    """The key of a balance does not depend on its unit where the provider has a better one."""
    each = provider(
        unit="credits",
        each=Each(path="plan", key="type"),
        fields={Field.BALANCE: Money("credits")},
    )
    body = {"plan": [{"type": "sms", "credits": 12.5}, {"type": 7, "credits": 3}]}
    assert amounts(each, body) == {"sms": Decimal("12.5"), "7": Decimal(3)}
    body = {"plan": [{"type": "with space", "credits": 12.5}]}
    with pytest.raises(UnexpectedResponseError, match=r"^plan\.0\.type is not an ID$"):
        parse(each, body)
    assert amounts(provider(key="balance"), {"balance": 5}) == {"balance": Decimal(5)}


def test_host_implies_the_unit() -> None:
    """The same response means dollars at one address and yuan at another."""
    international = Host(url="https://api.acme.ai", label="api.acme.ai", unit="USD")
    china = Host(url="https://api.acme.cn", label="api.acme.cn", unit="CNY")
    each = provider(unit="", hosts=(international, china))
    assert parse(each, {"balance": 5}).balances[0].unit == "USD"
    assert parse(each, {"balance": 5}, china).balances[0].unit == "CNY"
    assert each.host("https://api.acme.cn") is china
    assert each.host(None) is each.host("https://other.example") is international
    assert not each.self_hosted


def test_self_hosted() -> None:
    """A gateway at home has no address of its own; divisor and literal unit are data."""
    each = provider(hosts=(), fields={Field.BALANCE: Money("data.total_available", divisor=500000)})
    assert each.self_hosted
    assert each.host(None) is None
    assert amounts(each, {"data": {"total_available": 250000}}) == {"USD": Decimal("0.5")}


def test_functions() -> None:
    """A function reads what data cannot say."""

    def balances(body: JsonObject) -> tuple[Balance, ...]:
        return tuple(
            Balance(key=unit, unit=unit, amounts={Field.BALANCE: Money(unit.lower())(body)})
            for unit in ("DIEM", "USD")
        )

    each = provider(fields={Field.BALANCE: lambda body: Money("total")(body) or None})
    assert amounts(each, {"total": 0}) == {"USD": None}
    assert amounts(each, {"total": 5}) == {"USD": Decimal(5)}
    each = provider(
        balances=balances,
        fields={Field.BALANCE: Money("usd"), Field.LIMIT: Money("limit"), Field.PLAN: Text("plan")},
    )
    snapshot = parse(each, {"diem": 90.5, "usd": 25, "plan": "pro"})
    assert [balance.unit for balance in snapshot.balances] == ["DIEM", "USD"]
    assert snapshot.balances[0].amounts == {Field.BALANCE: Decimal("90.5"), Field.LIMIT: None}
    assert snapshot.details == {Field.PLAN: "pro"}
    for wrong in (lambda _body: (), lambda body: balances(body) * 2):
        with pytest.raises(UnexpectedResponseError, match=r"^the response has no balance"):
            parse(replace(each, balances=wrong), {"diem": 90.5, "usd": 25})


FIELDS = provider(
    fields={
        Field.BALANCE: Money("balance"),
        Field.ALERT_THRESHOLD: Money("threshold"),
        Field.ALERT_ENABLED: Flag("enabled"),
        Field.RESET: Time("reset", nullable=True),
        Field.PLAN: Text("plan"),
    },
)
GOOD: dict[str, object] = {
    "balance": 5,
    "threshold": 1,
    "enabled": True,
    "reset": "2026-12-01T00:00:00Z",
    "plan": "pro",
}


@pytest.mark.parametrize(
    ("field", "name", "odd"),
    [
        (Field.ALERT_THRESHOLD, "threshold", "secret"),
        (Field.ALERT_ENABLED, "enabled", "secret"),
        (Field.RESET, "reset", "secret"),
        (Field.PLAN, "plan", 12345),
    ],
)
def test_only_the_balance_is_required(field: Field, name: str, odd: object) -> None:
    """A field that is missing, null or malformed is unknown and named; the others are read."""
    good = parse(FIELDS, GOOD)
    bodies = [GOOD | {name: odd}, {key: value for key, value in GOOD.items() if key != name}]
    if field is not Field.RESET:
        bodies.append(GOOD | {name: None})
    for body in bodies:
        snapshot = parse(FIELDS, body)
        amounts = snapshot.balances[0].amounts
        values = {**amounts, **snapshot.flags, **snapshot.details}
        assert values.keys() == FIELDS.fields.keys()
        assert [each for each, value in values.items() if value is None] == [field]
        assert snapshot.problems.keys() == {field}
        assert snapshot.problems[field].startswith(f"{name} is ")
        assert str(odd) not in snapshot.problems[field]
        assert amounts[Field.BALANCE] == good.balances[0].amounts[Field.BALANCE]


def test_documented_null_is_no_problem() -> None:
    """What may be null is unknown, and nothing is wrong with that."""
    snapshot = parse(FIELDS, GOOD | {"reset": None})
    assert snapshot.details[Field.RESET] is None
    assert snapshot.problems == {}


@pytest.mark.parametrize("balance", [None, "much", True, 10**15, [], {}])
def test_the_balance_is_required(balance: object) -> None:
    """Without a balance there is no snapshot."""
    with pytest.raises(UnexpectedResponseError, match=r"^balance is "):
        parse(FIELDS, GOOD | {"balance": balance})


OBJECT = {"codes": ("error.code", "error")}
FLAG = {"success": {"code": 0, "status": True}, "codes": ("code", "error.type")}


@pytest.mark.parametrize(
    ("envelope", "body", "code"),
    [
        ({}, {"balance": 5}, None),
        (OBJECT, {"balance": 5}, None),
        (OBJECT, {"error": None}, None),
        (OBJECT, {"error": {"code": 401}}, 401),
        (OBJECT, {"error": {"code": -999_999_999}}, -999_999_999),
        (OBJECT, {"error": "UNAUTHORIZED"}, "UNAUTHORIZED"),
        ({"codes": ("errors.0.code",)}, {"errors": [{"code": "10009"}]}, "10009"),
        ({"codes": ("detail.status",)}, {"detail": {"status": "missing"}}, "missing"),
        (FLAG, {"code": 0, "status": True, "balance": 5}, None),
        (FLAG, {"code": 7, "status": True}, 7),
        (FLAG, {"code": 0, "status": False}, 0),
        (FLAG, {"error": {"type": "invalid_authentication_error"}}, "invalid_authentication_error"),
        # A body that is not an object is an error code by itself.
        ({"codes": ("",)}, "900", "900"),
        ({"codes": ("",)}, {"balance": 5}, None),
    ],
)
def test_error_codes(envelope: dict[str, Any], body: object, code: ErrorCode | None) -> None:
    """The envelope says whether a response is good, and where the error code is."""
    decoded = JsonObject.from_bytes(json.dumps(body).encode())
    assert provider(**envelope).error_code(decoded) == code


@pytest.mark.parametrize(
    ("envelope", "body", "path"),
    [
        (OBJECT, {"error": {}}, "error.code"),
        (OBJECT, {"error": {"code": 1.5}}, "error.code"),
        (OBJECT, {"error": {"code": 10**9}}, "error.code"),
        (OBJECT, {"error": False}, "error.code"),
        ({"success": {"ok": True}}, {"balance": 5}, "ok"),
        ({"success": {"ok": True}}, {"ok": 1}, "ok"),
        ({"success": {"ok": 1}}, {"ok": True}, "ok"),
        ({"success": {"code": 200}, "codes": ("code",)}, {"code": 200.0}, "code"),
        ({"codes": ("",)}, [5], "the response"),
    ],
)
def test_errors_without_a_code(envelope: dict[str, Any], body: object, path: str) -> None:
    """An error that has no code is not taken for a success."""
    with pytest.raises(UnexpectedResponseError) as caught:
        provider(**envelope).error_code(JsonObject.from_bytes(json.dumps(body).encode()))
    assert caught.value.reason == f"{path} reports an error without a code"
