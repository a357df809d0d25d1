"""Limits of time and memory, whatever a server sends."""

from collections.abc import Callable, Generator
from compression import zstd
from contextlib import contextmanager
from decimal import Decimal
import json
import time
import tracemalloc
from typing import Final
import zlib

from aiohttp import ClientTimeout
import pytest

from custom_components.api_balance.api import (
    AccountSnapshot,
    ServiceUnavailableError,
    UnexpectedResponseError,
)

from .http_responses import chunked
from .targets import read_body
from .test_findings import GOOD, good
from .wire import MAX_CALLS, RawResponse, Wire, count_calls

_MAX_BODY: Final = 64 * 1024
_MEGABYTE: Final = 1_000_000
_OK: Final = b"HTTP/1.1 200 OK\r\n"


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
def test_invalid_content_type(wire: Wire, content_type: bytes) -> None:
    """A Content-Type header that no parser understands causes neither an error nor much work."""
    headers = _OK + b"Content-Type: " + content_type + b"\r\n\r\n"
    with count_calls() as counter:
        assert isinstance(wire.read(RawResponse("crun", headers + GOOD["crun"])), AccountSnapshot)
        error = wire.read(RawResponse("crun", headers + b"{"))
    assert isinstance(error, ServiceUnavailableError | UnexpectedResponseError)
    assert counter.calls < MAX_CALLS


@contextmanager
def max_memory(limit: int) -> Generator[None]:
    """Check that at no time more than a number of bytes is allocated."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < limit


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_decompression_bomb(wire: Wire, encoding: str, *, is_chunked: bool) -> None:
    """A small response with a large body is never decompressed completely."""
    compressor = (
        zstd.ZstdCompressor()
        if encoding == "zstd"
        else zlib.compressobj(wbits=31 if encoding == "gzip" else 15)
    )
    body = compressor.compress(b" " * 30 * _MEGABYTE) + compressor.flush()
    headers = _OK + b"Content-Encoding: " + encoding.encode()
    if is_chunked:
        headers += b"\r\nTransfer-Encoding: chunked"
        body = chunked(body, 1000)
    wire.read(good())
    with max_memory(10 * _MEGABYTE):
        result = wire.read(RawResponse("crun", headers + b"\r\n\r\n" + body))
    assert type(result) is UnexpectedResponseError


def test_endless_body(wire: Wire) -> None:
    """The connection is closed when the body exceeds the limit."""
    raw = _OK + b"\r\n" + b" " * 50 * _MEGABYTE
    result = wire.read(RawResponse("crun", raw, piece=_MAX_BODY))
    assert type(result) is UnexpectedResponseError
    # Part of it is in the buffers of both sockets.
    assert wire.sent < 25 * _MEGABYTE


@pytest.mark.parametrize(
    "raw",
    [_OK + b"\r\n" + b" " * 500, b"H" * 500, b"HTTP/1.1 100 C\r\n\r\n" * 99],
    ids=["body", "status line", "continue"],
)
def test_slow_response(wire: Wire, monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    """The timeout is for the whole request, even if data arrives all the time."""
    timeout = ClientTimeout(total=0.2)
    monkeypatch.setattr("custom_components.api_balance.api.client._TIMEOUT", timeout)
    result = wire.read(RawResponse("crun", raw, piece=1, delay=0.01))
    assert type(result) is ServiceUnavailableError
    assert wire.sent < len(raw)


def _filled(start: bytes, part: bytes, end: bytes) -> bytes:
    """Return a body of the maximum size with a part repeated."""
    return start + part * ((_MAX_BODY - len(start) - len(end)) // len(part)) + end


HEAVY: Final = {
    "open lists": b"[" * _MAX_BODY,
    "open objects": b'{"a":' * (_MAX_BODY // 5),
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
    "quotation marks": _filled(b'{"a": "', b'\\"', b'"}'),
    "white space": _filled(b"{", b" \n", b"}"),
    "empty lists": _filled(b'{"a": [', b"[],", b"1]}"),
    "UTF-16": _filled(b'{"a": "', b"a", b'"}').decode().encode("utf-16")[:_MAX_BODY],
    "UTF-32": _filled(b'{"a": "', b"a", b'"}').decode().encode("utf-32")[:_MAX_BODY],
}


def cpu_time(work: Callable[[], object]) -> float:
    """Return the shortest CPU time of three attempts, in seconds."""
    times = []
    for _ in range(3):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return min(times)


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize("slug", ["crun", "lunos"])
def test_heavy_bodies(slug: str, name: str) -> None:
    """No body of the maximum size takes much longer to read than ordinary numbers of that size.

    Python's own reader of JSON takes about three milliseconds for them. What takes fifty could be
    felt in Home Assistant.
    """
    ordinary = HEAVY["fractions"]
    yardstick = cpu_time(lambda: json.loads(ordinary, parse_float=Decimal))
    assert len(HEAVY[name]) <= _MAX_BODY
    response = RawResponse(slug, HEAVY[name])
    assert cpu_time(lambda: read_body(response)) < 15 * yardstick
