"""Hostile and broken answers: a short run of what scripts/fuzz does for long, and its findings."""

import asyncio
from collections.abc import Generator
from compression import zstd
from datetime import UTC, datetime
from decimal import Decimal
import gzip
import json
import time
import tracemalloc
from typing import Final
import zlib

from aiohttp import ClientTimeout
from hypothesis import HealthCheck, Phase, given, settings
import pytest

from custom_components.api_balance.api import (
    AccountSnapshot,
    ApiError,
    Field,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
)
from custom_components.api_balance.providers import BY_SLUG

from .answers import APIS, every_odd_body
from .oracle import check_snapshot
from .targets import TARGETS, Target, check_body, read_body, reproducer
from .wire import Answer, Wire, chunked

GOOD: Final = {slug: api.scenarios["active"].body.encode() for slug, api in APIS.items()}
# The client's own limit.
LARGEST: Final = 64 * 1024
# What a user would begin to feel; the promise is for a computer that does nothing else.
LONGEST_STRETCH: Final = 0.05


@pytest.fixture
def wire(socket_enabled: None) -> Generator[Wire]:
    """Return a server that sends any bytes, and a client."""
    with Wire() as opened:
        yield opened


def good(slug: str = "crun", *headers: bytes, status: bytes = b"200 OK") -> Answer:
    """Return a good answer with further headers."""
    body = GOOD[slug]
    return Answer(slug, b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"", body]))


# Hypothesis takes a generator of its own for one that nobody keeps.
@pytest.mark.filterwarnings("ignore:.*register_random:hypothesis.errors.HypothesisWarning")
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_target(socket_enabled: None, target: Target) -> None:
    """Every answer is a right snapshot or one of the six errors."""
    with target.open() as check:

        @settings(
            max_examples=100,
            derandomize=True,
            deadline=None,
            database=None,
            # A finding is made smaller by scripts/fuzz.
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(target.answers)
        def run(answer: Answer) -> None:
            """Check one answer."""
            check(answer)

        run()


@pytest.mark.parametrize("slug", sorted(APIS))
def test_each_odd_value_in_each_place(slug: str) -> None:
    """Whatever stands in the place of a value is read right or refused."""
    for body in every_odd_body(slug):
        check_body(Answer(slug, body))


@pytest.mark.parametrize(
    ("slug", "changed"),
    [
        # A code that is missing or unreadable is no success.
        ("crun", {"code": None}),
        ("crun", {"code": 401.0}),
        ("crun", {"code": True}),
        ("crun", {"code": -0.0}),
        ("crun", {"code": []}),
        ("crun", {"code": "200"}),
        # A failure without a reason that can be read is a failure all the same.
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
def test_no_balance_is_read_beside_a_failure(
    wire: Wire, slug: str, changed: dict[str, object]
) -> None:
    """A good balance in an answer that is no success is not shown."""
    body = json.dumps(json.loads(GOOD[slug]) | changed).encode()
    result = wire.read(Answer(slug, b"HTTP/1.1 200 OK\r\n\r\n" + body))
    assert type(result) is UnexpectedResponseError


@pytest.mark.parametrize(
    ("slug", "name"), [("lensmor", "errorKey"), ("lumenfall", "error"), ("engagelab_otp", "code")]
)
def test_an_error_that_is_null_is_none(wire: Wire, slug: str, name: str) -> None:
    """An answer that says that there is no error is good."""
    body = json.dumps(json.loads(GOOD[slug]) | {name: None}).encode()
    result = wire.read(Answer(slug, b"HTTP/1.1 200 OK\r\n\r\n" + body))
    assert isinstance(result, AccountSnapshot)
    check_snapshot(slug, body, result)


@pytest.mark.parametrize(
    "content_type",
    [
        b"text/html;1charset*",
        b"text/html;" + b"(" * 8000,
        b";" * 8000,
        b"a/b;x=" * 1300,
        b'text/html; a="' + b"\\" * 8000,
        b"\xff\xfe",
    ],
    ids=len,
)
def test_content_types_that_are_none(wire: Wire, content_type: bytes) -> None:
    """A header that no parser understands neither fails nor takes long, whatever the body is."""
    headers = b"HTTP/1.1 200 OK\r\nContent-Type: " + content_type + b"\r\n\r\n"
    for body, expected in (
        (GOOD["crun"], AccountSnapshot),
        (b"{", (ServiceUnavailableError, UnexpectedResponseError)),
    ):
        begin = time.thread_time()
        assert isinstance(wire.read(Answer("crun", headers + body)), expected)
        assert time.thread_time() - begin < 0.25


@pytest.mark.parametrize(
    "location", [b"http://[", b"http://a:b:c/", b"://", b"http://127.0.0.1/", b"\xff", b""]
)
def test_redirects_to_what_is_no_address(wire: Wire, location: bytes) -> None:
    """Home Assistant's session looks where a redirect leads, although nobody follows it."""
    result = wire.read(good("crun", b"Location: " + location, status=b"302 Found"))
    assert isinstance(result, ServiceUnavailableError | UnexpectedResponseError)


@pytest.mark.parametrize("digits", [9, 10, 4000])
def test_an_endless_code_is_not_repeated(wire: Wire, digits: int) -> None:
    """An error code that is a number becomes part of a text that somebody reads."""
    body = b'{"code": ' + b"9" * digits + b', "message": "?", "data": null}'
    result = wire.read(Answer("crun", b"HTTP/1.1 200 OK\r\n\r\n" + body))
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
def test_pauses_that_are_none(wire: Wire, header: bytes) -> None:
    """A pause is a number of seconds that is not negative, or there is none."""
    result = wire.read(good("crun", b"Retry-After: " + header, status=b"429 Slow down"))
    assert type(result) is RateLimitedError


KNOWN: Final = (
    Answer("crun", b"HTTP/1.1 101 OK\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}"),
    Answer("crun", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
    Answer("crun", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}"),
    Answer("crun", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n"),
    Answer("crun", b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n{}"),
    Answer("crun", b"HTTP/1.1 204 OK\r\nContent-Length: 400\r\n\r\n{}"),
    Answer("crun", b"HTTP/1.1 100 Continue\r\n\r\n" * 5000),
    Answer("crun", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n{}"),
    Answer(
        "crun", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"") * 5000
    ),
    Answer(
        "crun", b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n" + zstd.compress(b"") * 5000
    ),
    Answer("crun", b"{}"),
    Answer("crun", b""),
    Answer("crun", b"", reset=True),
)


@pytest.mark.parametrize("answer", KNOWN, ids=lambda answer: reproducer(answer)[:80])
def test_broken_http(wire: Wire, answer: Answer) -> None:
    """What breaks HTTP in a way that has a name is an error."""
    wire.check(answer)
    assert isinstance(wire.read(answer), ApiError)


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_not_unpacked(wire: Wire, encoding: str, *, in_chunks: bool) -> None:
    """A small answer of a hundred million bytes never stands in memory."""
    packer = (
        zstd.ZstdCompressor()
        if encoding == "zstd"
        else zlib.compressobj(wbits=31 if encoding == "gzip" else 15)
    )
    spaces = b" " * 1_000_000
    body = b"".join(packer.compress(spaces) for _ in range(100)) + packer.flush()
    headers = b"HTTP/1.1 200 OK\r\nContent-Encoding: " + encoding.encode()
    if in_chunks:
        headers += b"\r\nTransfer-Encoding: chunked"
        body = chunked(body, 1000)
    answer = Answer("crun", headers + b"\r\n\r\n" + body)
    wire.read(good())
    tracemalloc.start()
    result = wire.read(answer)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert type(result) is UnexpectedResponseError
    assert peak < 4_000_000


def test_an_endless_answer_is_not_kept(wire: Wire) -> None:
    """What is sent beyond the limit is not read."""
    answer = Answer("crun", b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 50_000_000)
    wire.read(good())
    tracemalloc.start()
    result = wire.read(answer)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert type(result) is UnexpectedResponseError
    # The server's own copies of what it sends are among it; the answer itself was made before.
    assert peak < 100_000_000


def test_dribbled_answers_end(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often something comes, the whole request has one limit."""
    monkeypatch.setattr(
        "custom_components.api_balance.api.client._TIMEOUT", ClientTimeout(total=0.3)
    )
    real_sleep = asyncio.sleep

    async def dawdle(_seconds: float) -> None:
        await real_sleep(0.02)

    monkeypatch.setattr("tests.fuzz.wire.asyncio.sleep", dawdle)
    for raw in (
        b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 500,
        b"H" * 500,
        b"HTTP/1.1 100 C\r\n\r\n" * 99,
    ):
        begin = time.monotonic()
        result = wire.read(Answer("crun", raw, piece=1))
        assert type(result) is ServiceUnavailableError
        assert time.monotonic() - begin < 3


def _filled(begin: bytes, unit: bytes, end: bytes) -> bytes:
    """Return the largest body of a beginning, many of a unit, and an end."""
    return begin + unit * ((LARGEST - len(begin) - len(end)) // len(unit)) + end


HEAVY: Final = {
    "open lists": b"[" * LARGEST,
    "open objects": b'{"a":' * (LARGEST // 5),
    "closed lists": b'{"data":' + b"[" * 32_000 + b"]" * 32_000 + b"}",
    "digits": _filled(b'{"code": 200, "data": {"balance": ', b"9", b"}}"),
    "digits as text": _filled(b'{"code": 200, "data": {"balance": "', b"9", b'"}}'),
    "digits of a fraction": _filled(b'{"code": 200, "data": {"balance": 0.', b"9", b"}}"),
    "digits and exponent": _filled(b'{"code": 200, "data": {"balance": ', b"9", b"e-65500}}"),
    "largest integers": _filled(b'{"code": 200, "x": [', b"9" * 4300 + b",", b"1]}"),
    "fractions": _filled(b'{"code": 200, "x": [', b"1.1e1,", b"1]}"),
    "exponent": b'{"code": 200, "data": {"balance": 1e999999999999999999}}',
    "zero with exponent": b'{"code": 200, "data": {"balance": 0e999999999999999999}}',
    "tiny": b'{"code": 200, "data": {"balance": 1e-999999999999999999}}',
    "keys": b"{" + b",".join(b'"%d":1' % number for number in range(6000)) + b"}",
    "one key": _filled(b"{", b'"":1,', b'"a":1}'),
    "escapes": _filled(b'{"a": "', b"\\u00e9", b'"}'),
    "surrogates": _filled(b'{"a": "', b"\\ud83d\\ude00", b'"}'),
    "quotes": _filled(b'{"a": "', b'\\"', b'"}'),
    "white space": _filled(b"{", b" \n", b"}"),
    "empty lists": _filled(b'{"a": [', b"[],", b"1]}"),
    "UTF-16": _filled(b'{"a": "', b"a", b'"}').decode().encode("utf-16")[:LARGEST],
    "UTF-32": _filled(b'{"a": "', b"a", b'"}').decode().encode("utf-32")[:LARGEST],
}


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize("slug", sorted(APIS))
def test_nothing_is_long_to_read(slug: str, name: str) -> None:
    """The heaviest answers of the largest size do not hold up Home Assistant."""
    answer = Answer(slug, HEAVY[name])
    assert len(answer.raw) <= LARGEST
    stretches = []
    for _ in range(3):
        begin = time.thread_time()
        read_body(answer)
        stretches.append(time.thread_time() - begin)
    assert min(stretches) < LONGEST_STRETCH


@pytest.mark.parametrize("slug", sorted(APIS))
@pytest.mark.parametrize(
    "field", [Field.BALANCE, Field.PROVIDER_LOW_BALANCE, Field.ACCOUNT_EMAIL, Field.RESET]
)
def test_a_wrong_snapshot_is_found(slug: str, field: Field) -> None:
    """The judge of all these answers can say no: to each kind of value."""
    if field not in BY_SLUG[slug].fields:
        return
    snapshot = read_body(Answer(slug, GOOD[slug]))
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
    wrong = AccountSnapshot.of(balance.unit, amounts, flags, details)
    with pytest.raises(AssertionError):
        check_snapshot(slug, GOOD[slug], wrong)
