"""Decode responses and find values in them; no error contains a value."""

from contextlib import suppress

from hypothesis import given, strategies as st
import pytest

from custom_components.api_balance.api import (
    JsonObject,
    UnexpectedResponseError,
    join_path,
    split_path,
)


def read(value: str) -> JsonObject:
    """Return an object whose key "x" has the given JSON text as its value."""
    return JsonObject.from_bytes(f'{{"x": {value}}}'.encode())


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    """Decoding raises nothing but the one error."""
    with suppress(UnexpectedResponseError):
        JsonObject.from_bytes(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
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
def test_invalid_json(body: bytes) -> None:
    """A broken or hostile body is one error, whose text contains nothing of it."""
    with pytest.raises(UnexpectedResponseError) as caught:
        JsonObject.from_bytes(body)
    assert str(caught.value) == "the response is not valid JSON"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"balance": 5, "balance": 5}',
        b'{"balance": 5, "balance": 6}',
        b'{"data": {"balance": 5, "x": 1, "balance": 6}}',
        b'{"items": [{"a": 1}, {"a": 1, "\\u0061": 2}]}',
    ],
)
def test_duplicate_keys(body: bytes) -> None:
    """An object that has a key twice is ambiguous, wherever it is and whatever the values are."""
    with pytest.raises(UnexpectedResponseError, match=r"^the response is not valid JSON$"):
        JsonObject.from_bytes(body)


def test_encodings() -> None:
    """The encodings of JSON are understood."""
    assert JsonObject.from_bytes(b'\xef\xbb\xbf{"x": 5}').find("x") == 5
    assert JsonObject.from_bytes('{"x": 5}'.encode("utf-16")).find("x") == 5


@pytest.mark.parametrize("body", [b"5", b'"900"', b"[1]", b"true"])
def test_body_that_is_no_object(body: bytes) -> None:
    """A body that is not an object is found at the empty key; an object has no such key."""
    assert JsonObject.from_bytes(body).get("") is not None
    assert JsonObject.from_bytes(b'[{"a": 7}]').find(".0.a") == 7
    assert read("5").get("") is None


BODY = b"""{
    "a": {"b": [{"c": 1}, {"c": 2}], "": 3, "0": 4},
    "v1.total": 5, "a.b": {"c.d": 6}, "x[0]": 7, "back\\\\slash": 8, "null": null
}"""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b.0.c", 1),
        ("a.b.1.c", 2),
        ("a.", 3),
        ("a.0", 4),
        (r"v1\.total", 5),
        (r"a\.b.c\.d", 6),
        ("x[0]", 7),
        (r"back\\slash", 8),
        ("null", None),
    ],
)
def test_paths(path: str, value: int | None) -> None:
    """A path leads through objects and lists, and to keys that contain a dot."""
    body = JsonObject.from_bytes(BODY)
    assert body.find(path) == value
    assert body.get(path) == value


@pytest.mark.parametrize(
    "path", ["b", "a.c", "a.b.2", "a.b.-1", "a.b.01234567", "a.b.x", "a.b.0.c.d", "v1.total", ""]
)
def test_nothing_at_a_path(path: str) -> None:
    """A path that leads nowhere is a LookupError, or None."""
    body = JsonObject.from_bytes(BODY)
    with pytest.raises(LookupError):
        body.find(path)
    assert body.get(path) is None


@given(st.lists(st.text(max_size=8), min_size=1, max_size=5))
def test_every_key_has_a_path(keys: list[str]) -> None:
    """Splitting a joined path returns the keys, whatever they contain."""
    assert split_path(join_path(keys)) == tuple(keys)


def test_split_path() -> None:
    """The syntax is documented: dots separate, a backslash escapes."""
    assert split_path("data.items.0.total") == ("data", "items", "0", "total")
    assert split_path(r"data.v1\.total") == ("data", "v1.total")
    assert split_path("end\\") == ("end\\",)
    assert join_path(["data", 0, "v1.total"]) == r"data.0.v1\.total"


def test_objects() -> None:
    """A list of objects is read item by item; errors name the whole path."""
    first, second = read('[{"a": 1}, {"a": "secret"}]').objects("x")
    assert (first.find("a"), second.find("a")) == (1, "secret")
    assert str(second.error("a", "is odd")) == "x.1.a is odd"
    for text in ("[]", "null", "{}", "5", '"[]"'):
        with pytest.raises(UnexpectedResponseError, match=r"^x is not a list of objects$"):
            read(text).objects("x")
    with pytest.raises(UnexpectedResponseError, match=r"^x\.1 is not an object$"):
        read("[{}, 5]").objects("x")
