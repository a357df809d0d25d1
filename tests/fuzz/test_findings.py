"""Responses that were, or could have been, read incorrectly."""

from compression import zstd
from datetime import UTC, datetime
from decimal import Decimal
import gzip
import json
from typing import Final

import pytest

from custom_components.api_balance.api import (
    AccountSnapshot,
    ApiError,
    Field,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
)

from .oracle import check_snapshot
from .responses import APIS
from .targets import read_body, reproducer
from .wire import RawResponse, Wire

GOOD: Final = {slug: api.scenarios["active"].body.encode() for slug, api in APIS.items()}


def good(*headers: bytes, status: bytes = b"200 OK") -> RawResponse:
    """Return a good response with additional headers."""
    return RawResponse("crun", b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"", GOOD["crun"]]))


@pytest.mark.parametrize(
    ("slug", "changes"),
    [
        # A missing or unreadable code is not a success.
        ("crun", {"code": None}),
        ("crun", {"code": 401.0}),
        ("crun", {"code": True}),
        ("crun", {"code": -0.0}),
        ("crun", {"code": []}),
        ("crun", {"code": "200"}),
        # A failure without a readable reason is a failure.
        ("lunos", {"success": False, "error": {"message": "failed"}}),
        ("lunos", {"success": False, "error": {"code": None}}),
        ("lunos", {"success": 1}),
        ("lumenfall", {"error": {}}),
        ("lumenfall", {"error": {"code": 1.5}}),
        ("lensmor", {"errorKey": ["FAILED"]}),
        ("lensmor", {"errorKey": False}),
        ("engagelab_otp", {"code": 2001.0}),
        ("engagelab_otp", {"code": {}}),
    ],
)
def test_balance_beside_a_failure(wire: Wire, slug: str, changes: dict[str, object]) -> None:
    """A balance in a response that is not a success is not read."""
    body = json.dumps(json.loads(GOOD[slug]) | changes).encode()
    result = wire.read(RawResponse(slug, b"HTTP/1.1 200 OK\r\n\r\n" + body))
    assert type(result) is UnexpectedResponseError


@pytest.mark.parametrize(
    ("slug", "name"), [("lensmor", "errorKey"), ("lumenfall", "error"), ("engagelab_otp", "code")]
)
def test_null_error(wire: Wire, slug: str, name: str) -> None:
    """A response whose error is null is good."""
    body = json.dumps(json.loads(GOOD[slug]) | {name: None}).encode()
    result = wire.read(RawResponse(slug, b"HTTP/1.1 200 OK\r\n\r\n" + body))
    assert isinstance(result, AccountSnapshot)
    check_snapshot(slug, body, result)


@pytest.mark.parametrize(
    "location", [b"http://[", b"http://a:b:c/", b"://", b"http://127.0.0.1/", b"\xff", b""]
)
def test_invalid_redirect(wire: Wire, location: bytes) -> None:
    """Home Assistant's session checks the address of a redirect that is not followed."""
    result = wire.read(good(b"Location: " + location, status=b"302 Found"))
    assert isinstance(result, ServiceUnavailableError | UnexpectedResponseError)


@pytest.mark.parametrize("digits", [9, 10, 4000])
def test_long_code(wire: Wire, digits: int) -> None:
    """An error code with many digits does not become part of the reason."""
    body = b'{"code": ' + b"9" * digits + b', "message": "?", "data": null}'
    result = wire.read(RawResponse("crun", b"HTTP/1.1 200 OK\r\n\r\n" + body))
    assert type(result) is UnexpectedResponseError
    assert len(str(result)) < 50


@pytest.mark.parametrize(
    "header",
    [
        b"9" * 8000,
        b"Wed, 21 Oct 2015 07:28:00 -0000",
        b"Mon, 1 Jan 9999 23:00:00 -2359",
        b"Mon, 1 Jan 0001 00:00:00 +2359",
        b"Mon, 1 Jan 2035 00:00:00 +99999999999999999999",
        b"1 Jan " + b"9" * 4000 + b" 00:00:00",
        b"1 " * 4000,
        b"\xd9\xa3",
    ],
    ids=len,
)
def test_invalid_retry_after(wire: Wire, header: bytes) -> None:
    """A Retry-After header has a number of seconds that is not negative, or is ignored."""
    result = wire.read(good(b"Retry-After: " + header, status=b"429 Too Many Requests"))
    assert type(result) is RateLimitedError


_OK: Final = b"HTTP/1.1 200 OK\r\n"
_CHUNKED: Final = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN: Final = (
    b"HTTP/1.1 101 OK\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}",
    _OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    _CHUNKED + b"ffffffffffffffff\r\n{}",
    _CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n",
    _OK + b"Content-Encoding: br\r\n\r\n{}",
    b"HTTP/1.1 204 OK\r\nContent-Length: 400\r\n\r\n{}",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 5000,
    _OK + b"X: y\r\n" * 5000 + b"\r\n{}",
    _OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"") * 5000,
    _OK + b"Content-Encoding: zstd\r\n\r\n" + zstd.compress(b"") * 5000,
    b"{}",
    b"",
)


@pytest.mark.parametrize(
    "response",
    [*(RawResponse("crun", raw) for raw in BROKEN), RawResponse("crun", b"", reset=True)],
    ids=lambda response: reproducer(response)[:80],
)
def test_broken_http(wire: Wire, response: RawResponse) -> None:
    """Broken HTTP results in an error."""
    wire.check(response)
    assert isinstance(wire.read(response), ApiError)


@pytest.mark.parametrize(
    ("slug", "field"),
    [
        ("lunos", Field.BALANCE),
        ("lunos", Field.PROVIDER_LOW_BALANCE),
        ("lunos", Field.ACCOUNT_EMAIL),
        ("lensmor", Field.RESET),
    ],
)
def test_oracle(slug: str, field: Field) -> None:
    """The oracle of these tests finds an incorrect value of each type."""
    snapshot = read_body(RawResponse(slug, GOOD[slug]))
    assert snapshot is not None
    check_snapshot(slug, GOOD[slug], snapshot)
    (balance,) = snapshot.balances
    amounts = dict(balance.amounts)
    flags, details = dict(snapshot.flags), dict(snapshot.details)
    if field in amounts:
        amounts[field] = Decimal("10.50000000001")
    elif field in flags:
        flags[field] = not flags[field]
    else:
        details[field] = datetime(2024, 5, 1, 0, 0, 1, tzinfo=UTC)
    incorrect = AccountSnapshot.of(balance.unit, amounts, flags, details)
    with pytest.raises(AssertionError):
        check_snapshot(slug, GOOD[slug], incorrect)
