"""Read times, flags and texts; no error contains a value."""

from datetime import UTC, datetime

import pytest

from custom_components.api_balance.api import (
    Currency,
    Flag,
    JsonObject,
    Money,
    Reader,
    Text,
    Time,
    TimeFormat,
    UnexpectedResponseError,
)


def read(reader: Reader, value: str) -> object:
    """Return what a reader of "x" reads from a JSON text."""
    return reader(JsonObject.from_bytes(f'{{"x": {value}}}'.encode()))


@pytest.mark.parametrize(
    ("time_format", "text", "expected"),
    [
        (TimeFormat.ISO, '"2024-01-15T10:30:00.000Z"', datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        (TimeFormat.ISO, '"2024-01-15T12:30:00+02:00"', datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        (TimeFormat.ISO_UTC, '"2024-01-15T10:30:00"', datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        (TimeFormat.ISO_UTC, '"2024-01-15T10:30+02:00"', datetime(2024, 1, 15, 8, 30, tzinfo=UTC)),
        (TimeFormat.ISO_UTC, '"2026-11-01"', datetime(2026, 11, 1, tzinfo=UTC)),
        # 1714521600 is 2024-05-01 00:00:00 UTC.
        (TimeFormat.SECONDS, "1714521600", datetime(2024, 5, 1, tzinfo=UTC)),
        (TimeFormat.MILLISECONDS, "1714521600000", datetime(2024, 5, 1, tzinfo=UTC)),
    ],
)
def test_times(time_format: TimeFormat, text: str, expected: datetime) -> None:
    """A time is in UTC, whatever its offset was."""
    time = read(Time("x", time_format), text)
    assert time == expected
    assert isinstance(time, datetime)
    assert time.tzinfo is UTC


@pytest.mark.parametrize(
    ("time_format", "text"),
    [
        # No offset is guessed.
        *((TimeFormat.ISO, text) for text in ('"2024-01-15T10:30:00"', '"2024-01-15"')),
        *((TimeFormat.ISO, text) for text in ('"yesterday"', '""', "1705314600", "true")),
        *((TimeFormat.ISO, f'"{text}"') for text in ("0001-01-01T00:00:00+05:00", "soon")),
        (TimeFormat.ISO, '"9999-12-31T23:59:59-05:00"'),
        *((TimeFormat.ISO_UTC, text) for text in ('"2024-13-01"', "1705314600")),
        *((TimeFormat.SECONDS, text) for text in ("1714521600000000", "1.5", '"5"', "true", "0")),
        *((TimeFormat.MILLISECONDS, text) for text in ("1e30", "9" * 30, "{}", "false", "0")),
    ],
)
def test_not_a_time(time_format: TimeFormat, text: str) -> None:
    """Anything else, and what is beyond the calendar, is an error."""
    with pytest.raises(UnexpectedResponseError, match=rf"^x is not a time \({time_format}\)$"):
        read(Time("x", time_format), text)


def test_zero_is_no_time() -> None:
    """Providers write 0 where there is no time."""
    for time_format in (TimeFormat.SECONDS, TimeFormat.MILLISECONDS):
        assert read(Time("x", time_format, nullable=True), "0") is None
        with pytest.raises(UnexpectedResponseError):
            read(Time("x", time_format, nullable=True), "false")


def test_currency() -> None:
    """A code is returned in capitals; no currency is guessed."""
    assert read(Currency("x"), '"usd"') == "USD"
    for text in ("null", '""', '"US"', '"USDT"', '"$$$"', '"uśd"', "5", '"usd\\n"'):
        with pytest.raises(UnexpectedResponseError, match=r"^x is not a currency code$"):
            read(Currency("x"), text)
    with pytest.raises(UnexpectedResponseError, match=r"^y is not a currency code$"):
        read(Currency("y"), "5")


def test_flag() -> None:
    """Only the documented values are flags."""
    assert read(Flag("x"), "true") is True
    assert read(Flag("x"), "false") is False
    for text in ("1", "0", '"true"', "1.0", "[]"):
        with pytest.raises(UnexpectedResponseError, match=r"^x is not a flag$"):
            read(Flag("x"), text)
    number = Flag("x", on=1, off=0)
    assert read(number, "1") is True
    assert read(number, "0") is False
    for text in ("true", "false", "2", '"1"'):
        with pytest.raises(UnexpectedResponseError):
            read(number, text)
    assert read(Flag("x", on=False, off=True), "true") is False
    assert read(Flag("x", on="normal", off="banned"), '"normal"') is True


def test_text() -> None:
    """A text fits into a state."""
    assert read(Text("x"), '"user@example.com"') == "user@example.com"
    assert read(Text("x"), f'"{"a" * 255}"') == "a" * 255
    for text in (f'"{"a" * 256}"', '"a\\u0000b"', '"\\ud800"', '"a\\nb"', "5"):
        with pytest.raises(UnexpectedResponseError, match=r"^x is not a short text$"):
            read(Text("x"), text)


@pytest.mark.parametrize(
    ("plain", "nullable", "optional"),
    [
        (Money("a.x"), Money("a.x", nullable=True), Money("a.x", optional=True)),
        (Time("a.x"), Time("a.x", nullable=True), Time("a.x", optional=True)),
        (Flag("a.x"), Flag("a.x", nullable=True), Flag("a.x", optional=True)),
        (Text("a.x"), Text("a.x", nullable=True), Text("a.x", optional=True)),
    ],
)
def test_null_and_missing(plain: Reader, nullable: Reader, optional: Reader) -> None:
    """Null and no value are errors unless the documentation allows the one or the other."""
    null = JsonObject.from_bytes(b'{"a": {"x": null}}')
    missing = JsonObject.from_bytes(b'{"a": null}')
    for reader in (plain, optional):
        with pytest.raises(UnexpectedResponseError, match=r"^a\.x is null$"):
            reader(null)
    for reader in (plain, nullable):
        with pytest.raises(UnexpectedResponseError, match=r"^a\.x is missing$"):
            reader(missing)
    assert nullable(null) is None
    assert optional(missing) is None
