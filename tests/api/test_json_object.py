"""Reading JSON: exact money, honest errors, nothing of the value in any text."""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.api_balance.api import JsonObject, UnexpectedResponseError


def read(value: str) -> JsonObject:
    """Return an object whose key "x" has the given JSON text as its value."""
    return JsonObject.from_bytes(f'{{"x": {value}}}'.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000", "1000"),
        ("10.5", "10.5"),
        ("12.50", "12.50"),
        ("0", "0"),
        ("-0", "0"),
        ("-0.00", "0.00"),
        ("-12.34", "-12.34"),
        ('"124.4500"', "124.4500"),
        ('"-12.3400"', "-12.3400"),
        ("1e3", "1000"),
        ("1.5E+2", "150"),
        ("0e5", "0"),
        ("0.0000001", "0.0000001"),
        ("999999999999999.99", "999999999999999.99"),
        ("0.30000000000000004", "0.3"),
        ("5.551115123125783e-17", "0"),
        ("-5.551115123125783e-17", "0"),
        ("1e-999999", "0"),
        ("2.9999999999999996", "3"),
    ],
)
def test_money_is_exact(text: str, expected: str) -> None:
    """An amount keeps its digits and has no exponent, no negative zero and no float noise."""
    amount = read(text).money("x")
    assert format(amount, "f") == expected
    assert amount == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "true",
        "false",
        '""',
        '" 5"',
        '"5 "',
        '"5\\n"',
        '"1,000"',
        '"1_000"',
        '"NaN"',
        '"Infinity"',
        '"-inf"',
        '"0x10"',
        '"٣"',
        '"five"',
        '"."',
        '"1."',
        '"1e9999"',
        "1e15",
        "1000000000000000",
        "-1e15",
        "1e999999",
        "[1]",
        "{}",
        "9" * 4000,
        '"' + "9" * 4000 + '"',
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    """What is no sensible amount is an error that names the place and not the value."""
    with pytest.raises(UnexpectedResponseError) as caught:
        read(text).money("x")
    assert str(caught.value) == "x is not an amount"


@given(
    st.decimals(
        min_value=Decimal(-999999999999999),
        max_value=Decimal(999999999999999),
        places=12,
        allow_nan=False,
        allow_infinity=False,
    )
)
def test_every_amount_survives_as_number_and_as_text(amount: Decimal) -> None:
    """Up to twelve places nothing is lost, in either form that providers use."""
    for text in (format(amount, "f"), f'"{amount:f}"'):
        assert read(text).money("x") == amount


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_a_float_is_read_to_the_twelfth_place(number: float) -> None:
    """A binary float is read to within half a unit of the twelfth place, without an exponent."""
    amount = read(json.dumps(number)).money("x")
    assert abs(amount - Decimal(repr(number))) <= Decimal("5e-13")
    assert "e" not in format(amount, "f").lower()


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_an_error(body: bytes) -> None:
    """Nothing but the one error comes out of decoding."""
    with suppress(UnexpectedResponseError):
        JsonObject.from_bytes(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b'"text"',
        b"{",
        b"<html></html>",
        b'{"x": NaN}',
        b'{"x": Infinity}',
        b'{"x": -Infinity}',
        b'{"x": 1e9999999999999999999}',
        b'{"x": ' + b"9" * 5000 + b"}",
        b"[" * 60_000,
        b'{"x":' * 10_000,
        b'\xff\xfe{"x"',
        b'{"x": "\xe9"}',
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """A broken or hostile body is one error, whose text holds nothing of it."""
    with pytest.raises(UnexpectedResponseError) as caught:
        JsonObject.from_bytes(body)
    assert str(caught.value) in {"the answer is not valid JSON", "the answer is not a JSON object"}
    assert caught.value.__cause__ is None


def test_unicode_with_a_byte_order_mark_is_read() -> None:
    """The encodings of JSON are understood."""
    assert JsonObject.from_bytes(b'\xef\xbb\xbf{"x": 5}').money("x") == 5
    assert JsonObject.from_bytes('{"x": 5}'.encode("utf-16")).money("x") == 5


def test_null_is_unknown_and_missing_is_an_error() -> None:
    """Null means that the provider does not know; a missing key is another answer altogether."""
    assert read("null").money_or_none("x") is None
    assert read("7").money_or_none("x") == 7
    with pytest.raises(UnexpectedResponseError):
        read("7").money_or_none("y")
    assert read("null").milliseconds_or_none("x") is None
    with pytest.raises(UnexpectedResponseError):
        read("null").milliseconds_or_none("y")


def test_errors_name_the_whole_path() -> None:
    """An error deep inside says where."""
    with pytest.raises(UnexpectedResponseError, match=r"^x\.y\.z is not an amount$"):
        read('{"y": {"z": "secret"}}').object("x").object("y").money("z")
    with pytest.raises(UnexpectedResponseError, match=r"^x\.y is not an object$"):
        read('{"y": []}').object("x").object("y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"2024-01-15T10:30:00.000Z"', datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        ('"2024-01-15T12:30:00+02:00"', datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
    ],
)
def test_timestamp(text: str, expected: datetime) -> None:
    """A time is read with its offset."""
    moment = read(text).timestamp("x")
    assert moment == expected
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        '"2024-01-15T10:30:00"',
        '"2024-01-15"',
        '"yesterday"',
        '""',
        "null",
        "1705314600",
        '"0001-01-01T00:00:00+05:00"',
        '"9999-12-31T23:59:59-05:00"',
    ],
)
def test_timestamp_without_a_certain_moment_is_refused(text: str) -> None:
    """No offset is guessed."""
    with pytest.raises(UnexpectedResponseError, match=r"^x is not a time with its offset$"):
        read(text).timestamp("x")


def test_milliseconds() -> None:
    """Milliseconds since 1970 are a moment in UTC."""
    # The document's example: 1714521600000 is 2024-05-01 00:00:00 UTC.
    assert read("1714521600000").milliseconds_or_none("x") == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["true", '"1714521600000"', "1.5", "1e30", "9" * 30, "{}"])
def test_milliseconds_of_no_moment_are_refused(text: str) -> None:
    """What is no integer, or beyond the calendar, is an error."""
    with pytest.raises(UnexpectedResponseError, match=r"^x is not milliseconds since 1970$"):
        read(text).milliseconds_or_none("x")


def test_currency() -> None:
    """A code is put in capitals; no currency is guessed."""
    assert read('"usd"').currency("x") == "USD"
    for text in ("null", '""', '"US"', '"USDT"', '"$$$"', '"uśd"', "5", '"usd\\n"'):
        with pytest.raises(UnexpectedResponseError, match=r"^x is not a currency code$"):
            read(text).currency("x")


def test_flag() -> None:
    """Only true and false are flags."""
    assert read("true").flag("x") is True
    assert read("false").flag("x") is False
    for text in ("null", "1", "0", '"true"'):
        with pytest.raises(UnexpectedResponseError, match=r"^x is not true or false$"):
            read(text).flag("x")


def test_text() -> None:
    """A text fits into a state."""
    assert read('"user@example.com"').text("x") == "user@example.com"
    assert read(f'"{"a" * 255}"').text("x") == "a" * 255
    for text in (f'"{"a" * 256}"', '"a\\u0000b"', '"\\ud800"', '"a\\nb"', "null", "5"):
        with pytest.raises(UnexpectedResponseError, match=r"^x is not a short text$"):
            read(text).text("x")


def test_code() -> None:
    """A code is an integer or a text; what else stands there is no success either."""
    assert read("2001").code("x") == 2001
    assert read("-999999999").code("x") == -999999999
    assert read('"UNAUTHORIZED"').code("x") == "UNAUTHORIZED"
    for text in ("null", "true", "1.5", "200.0", "[]", "{}", "1000000000", "-1000000000"):
        with pytest.raises(UnexpectedResponseError, match=r"^x is not an error code$"):
            read(text).code("x")
    with pytest.raises(UnexpectedResponseError, match=r"^y is not an error code$"):
        read("5").code("y")


def test_what_is_there() -> None:
    """Questions about an answer are never an error; null is as good as nothing."""
    assert "x" in read("0")
    assert "x" in read("{}")
    assert "x" not in read("null")
    assert "y" not in read("0")
    assert read("{}").is_object("x")
    for text in ("null", "[]", '"{}"', "1"):
        assert not read(text).is_object("x")
    assert read("true").is_true("x")
    for text in ("1", '"true"', "null", "false"):
        assert not read(text).is_true("x")
