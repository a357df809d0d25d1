"""Read amounts: exact money, and errors that contain no value."""

from decimal import Decimal
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.api_balance.api import JsonObject, Money, UnexpectedResponseError


def read(reader: Money, value: str) -> Decimal | None:
    """Return what a reader of "x" reads from a JSON text."""
    return reader(JsonObject.from_bytes(f'{{"x": {value}}}'.encode()))


def money(
    value: str, *, divisor: Decimal | int = 1, unlimited: tuple[Decimal | str, ...] = ()
) -> str | None:
    """Return the amount of a JSON text as a state shows it."""
    amount = read(Money("x", divisor=divisor, unlimited=unlimited), value)
    return None if amount is None else format(amount, "f")


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
        ('"0.00000000"', "0.000000"),
        ("1e3", "1000"),
        ("1.5E+2", "150"),
        ("0e5", "0"),
        ("0e99999", "0"),
        ("0.0042", "0.0042"),
        ("0.0000001", "0.0000001"),
        ('"0.000000000001"', "0.000000000001"),
        ('"0.0000000000004"', "0"),
        ('"999999999999999.99"', "999999999999999.99"),
        ('"999999999999999.000000000001"', "999999999999999.000000000001"),
        # Floating-point noise.
        ("10000.300000000001", "10000.3"),
        ("10000.299999999999", "10000.3"),
        ("0.30000000000000004", "0.3"),
        ("2.9999999999999996", "3"),
        ("5.551115123125783e-17", "0"),
        ("-5.551115123125783e-17", "0"),
        ("1e-999999", "0"),
        ("29.18202293", "29.18202293"),
        ("123456789.123456", "123456789.123456"),
        # The same digits in a text are what the provider means.
        ('"10000.300000000001"', "10000.300000000001"),
    ],
)
def test_amounts(text: str, expected: str) -> None:
    """An amount keeps its digits, without an exponent, a negative zero or float noise."""
    assert money(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("true", "false", '""', '" 5"', '"5 "', '"5\\n"', '"1,000"', '"1_000"', '"NaN"'),
        *('"Infinity"', '"-inf"', '"0x10"', '"٣"', '"five"', '"."', '"1."', '"1e9999"'),
        *("1e15", "1000000000000000", "-1e15", "999999999999999.9999", "1e999999", "[1]", "{}"),
        *("9" * 4000, '"' + "9" * 4000 + '"'),
    ],
)
def test_not_an_amount(text: str) -> None:
    """Anything else is an error that names the path and not the value."""
    with pytest.raises(UnexpectedResponseError, match=r"^x is not an amount$"):
        money(text)


amounts = st.decimals(
    min_value=Decimal(-999999999999999),
    max_value=Decimal(999999999999999),
    places=12,
    allow_nan=False,
    allow_infinity=False,
)


@given(amounts)
def test_texts_are_exact(amount: Decimal) -> None:
    """Nothing is lost of a numeric string with up to twelve places."""
    assert read(Money("x"), f'"{amount:f}"') == amount


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 12))
def test_numbers_are_exact_to_15_digits(digits: int, places: int) -> None:
    """Nothing is lost of a JSON number with up to fifteen significant digits."""
    number = Decimal(digits).scaleb(-places)
    assert read(Money("x"), format(number, "f")) == number


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_floats(number: float) -> None:
    """A binary float is read to 15 significant digits or 12 places, without an exponent."""
    amount = read(Money("x"), json.dumps(number))
    assert amount is not None
    assert abs(amount - Decimal(repr(number))) <= Decimal("5e-13") + abs(amount) * Decimal("5e-15")
    assert int(amount.as_tuple().exponent) <= 0


@pytest.mark.parametrize(
    ("value", "divisor", "expected"),
    [
        ("2350", 100, "23.5"),
        ("1234500", 10000, "123.45"),
        ('"12340000"', 10000, "1234"),
        ("500001", 500000, "1.000002"),
        ('"42500000000"', 10**9, "42.5"),
        ('"1"', 10**9, "0.000000001"),
        ("-12.3", -1, "12.3"),
        ("0", -1, "0"),
        ("-1000", -100, "10"),
        ("10", 3, "3.333333333333"),
        ("5", Decimal("0.01"), "500"),
    ],
)
def test_divisor(value: str, divisor: Decimal | int, expected: str) -> None:
    """Cents, ten-thousandths and nanodollars are converted; a debt changes its sign."""
    assert money(value, divisor=divisor) == expected


def test_impossible_divisor() -> None:
    """No amount has the divisor 0, and none becomes too large by a small one."""
    for value, divisor in (
        ("5", 0),
        ("0", 0),
        ("999999999999999", Decimal("0.001")),
    ):
        with pytest.raises(UnexpectedResponseError, match=r"^x is not an amount$"):
            money(value, divisor=divisor)


@pytest.mark.parametrize(
    ("body", "divisor", "expected"),
    [
        ('{"a": 100.5, "b": 25.75}', 1, "74.75"),
        ('{"a": 10000, "b": 10794}', 1, "-794"),
        ('{"a": "50.0", "b": 12.35}', 1, "37.65"),
        ('{"a": 600000, "b": 100000}', 500000, "1"),
        # A debt of -55.11 is a credit, from which pending charges of 7.03 are subtracted.
        ('{"a": -55.11, "b": 7.03}', -1, "48.08"),
        ('{"a": 0.3, "b": 0.1}', 1, "0.2"),
    ],
)
def test_minus(body: str, divisor: int, expected: str) -> None:
    """What was used is subtracted from the limit, exactly."""
    amount = Money("a", minus="b", divisor=divisor)(JsonObject.from_bytes(body.encode()))
    assert amount == Decimal(expected)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"a": 5}', "b is missing"),
        ('{"b": 5}', "a is missing"),
        ('{"a": 5, "b": null}', "b is null"),
        ('{"a": 5, "b": "secret"}', "b is not an amount"),
    ],
)
def test_minus_is_required(body: str, problem: str) -> None:
    """Nothing is assumed to be 0."""
    with pytest.raises(UnexpectedResponseError, match=f"^{problem}$"):
        Money("a", minus="b")(JsonObject.from_bytes(body.encode()))


def test_null_minus_is_unknown() -> None:
    """A difference is unknown where either part may be null."""
    reader = Money("a", minus="b", nullable=True)
    assert reader(JsonObject.from_bytes(b'{"a": 5, "b": null}')) is None
    assert reader(JsonObject.from_bytes(b'{"a": null, "b": 5}')) is None


def test_unlimited() -> None:
    """A value that means "unlimited" is no amount, as a number or as a word."""
    unlimited = (Decimal(10**12), "unlimited")
    assert money("1000000000000", unlimited=unlimited) is None
    assert money("1e12", unlimited=unlimited) is None
    assert money('"unlimited"', unlimited=unlimited) is None
    assert money("999999999999", unlimited=unlimited) == "999999999999"
    with pytest.raises(UnexpectedResponseError):
        money('"infinite"', unlimited=unlimited)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a": 50.23, "b": "100.023", "c": 25}', "175.253"),
        ('{"a": 50.23, "b": 0, "c": null}', "50.23"),
        ('{"a": 0, "c": -0.5}', "-0.5"),
        ('{"a": 0}', "0"),
    ],
)
def test_plus(body: str, expected: str) -> None:
    """Further parts of an amount are added if they are there."""
    amount = Money("a", plus=("b", "c"))(JsonObject.from_bytes(body.encode()))
    assert amount is not None
    assert format(amount, "f") == expected


def test_plus_with_divisor_and_minus() -> None:
    """Further parts are in the same unit, and have the same sign."""
    body = JsonObject.from_bytes(b'{"owed": 100, "fees": 50, "held": 20}')
    assert Money("owed", plus=("fees",), minus="held", divisor=-100)(body) == Decimal("-1.7")


@pytest.mark.parametrize("value", ["true", '"many"', "[]"])
def test_plus_must_be_readable(value: str) -> None:
    """A further part that cannot be read is not left out."""
    body = JsonObject.from_bytes(f'{{"a": 1, "b": {value}}}'.encode())
    with pytest.raises(UnexpectedResponseError, match=r"^b is not an amount$"):
        Money("a", plus=("b",))(body)


def test_first_part_is_required() -> None:
    """Without the first part the amount is unknown."""
    with pytest.raises(UnexpectedResponseError, match=r"^a is missing$"):
        Money("a", plus=("b",))(JsonObject.from_bytes(b'{"b": 1}'))
