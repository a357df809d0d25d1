"""A server that sends any bytes for an answer, and the real client that asks it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from compression import zstd
from contextlib import suppress
from dataclasses import dataclass, field
import gzip
import re
import tempfile
import time
from typing import Final, Self
from unittest.mock import patch
import zlib

from aiohttp import ClientTimeout, ThreadedResolver
from hypothesis import strategies as st

from custom_components.api_balance.api import (
    AccountSnapshot,
    ApiError,
    Client,
    client as client_module,
)
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
import simulator

from .answers import APIS, DOCUMENTED, GOOD, bodies, mutated
from .oracle import check_error, check_snapshot

KEY: Final = "active"
# Of computing, not of waiting: far above what any answer takes, far below what a user would feel
# twice. The first answers also pay for what Python loads late.
_LONGEST_WORK: Final = 1.0
# Seconds. Where a later piece of a body cannot be unpacked, aiohttp waits for ever.
_PATIENCE: Final = 0.5


@dataclass(frozen=True)
class Answer:
    """What a server sends."""

    slug: str
    raw: bytes
    """Everything, from the status line to the last byte."""
    piece: int = 0
    """The bytes sent at once; 0 for all."""
    reset: bool = False
    """Whether the connection ends with a reset."""
    scenario: str | None = field(default=None, compare=False)
    """The documented scenario that it is, in an unusual but correct form."""


class Wire:
    """A server on a free port, and a session; both live on a loop of their own."""

    _answer: Answer

    def __enter__(self) -> Self:
        """Start both."""
        self._runner = asyncio.Runner()
        self._runner.run(self._start())
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop both."""
        self._runner.run(self._stop())
        self._runner.close()

    async def _start(self) -> None:
        """Open the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        # The session that the integration has: with Home Assistant's limits, and its own look at
        # every answer.
        self._folder = tempfile.TemporaryDirectory()
        hass = HomeAssistant(self._folder.name)
        # Home Assistant's resolver looks for names in the local network too.
        with patch(
            "homeassistant.helpers.aiohttp_client._async_make_resolver",
            return_value=ThreadedResolver(),
        ):
            self._session = async_create_clientsession(hass, auto_cleanup=False)

    async def _stop(self) -> None:
        """Close the port."""
        connector = self._session.connector
        assert connector is not None
        self._session.detach()
        await connector.close()
        self._folder.cleanup()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and hang up."""
        answer = self._answer
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            step = answer.piece or len(answer.raw) or 1
            for begin in range(0, len(answer.raw), step):
                writer.write(answer.raw[begin : begin + step])
                await writer.drain()
                if answer.piece:
                    await asyncio.sleep(0)
            if answer.reset:
                writer.transport.abort()
            writer.close()
            await writer.wait_closed()

    def read(self, answer: Answer) -> AccountSnapshot | ApiError:
        """Return what the client makes of an answer."""
        self._answer = answer
        # A name and not an address: the session keeps no cookies of an address.
        base_url = f"http://localhost:{self._port}"
        credentials = simulator.credentials(APIS[answer.slug], KEY)
        client = Client(
            self._session, BY_SLUG[answer.slug], credentials, base_url=base_url, user_agent="Test/1"
        )
        # A provider is not on this computer: of such a one Home Assistant looks at redirects.
        elsewhere = patch(
            "homeassistant.helpers.aiohttp_client._async_is_blocked_host", return_value=False
        )
        try:
            with elsewhere:
                return self._runner.run(client.read())
        except ApiError as err:
            check_error(err, *credentials.values())
            return err

    def check(self, answer: Answer) -> None:
        """Require a right snapshot or one of the six errors, without long work."""
        # Of a broken answer the outcome is the same when nobody waits for long.
        is_broken = answer.scenario is None
        limit = ClientTimeout(total=_PATIENCE) if is_broken else client_module._TIMEOUT
        begin = time.thread_time()
        with patch.object(client_module, "_TIMEOUT", limit):
            result = self.read(answer)
        assert time.thread_time() - begin < _LONGEST_WORK
        if answer.scenario is not None:
            expected = APIS[answer.slug].scenarios[answer.scenario]
            assert isinstance(result, ApiError) == (expected.error is not None)
            if isinstance(result, ApiError):
                assert result.key == expected.error
                return
        if isinstance(result, AccountSnapshot):
            assert _is_right(answer.slug, answer.raw, result)


def _is_right(slug: str, raw: bytes, snapshot: AccountSnapshot) -> bool:
    """Return whether a snapshot is right for an answer, however HTTP that is broken is read."""
    assert re.search(rb"^\S+ +200\b", raw, re.MULTILINE)
    for body in _readings(raw):
        with suppress(AssertionError, LookupError, TypeError, AttributeError, ValueError):
            check_snapshot(slug, body, snapshot)
            return True
    return False


def _readings(raw: bytes) -> Iterator[bytes]:
    """Yield everything that could be meant to be the body."""
    lengths = {int(each) for each in re.findall(rb"(?i)content-length: *(\d{1,6})\b", raw)}
    for blank_line in re.finditer(rb"\r?\n\r?\n", raw):
        rest = raw[blank_line.end() :]
        for body in (rest, _dechunked(rest), *(rest[:length] for length in lengths)):
            yield body
            for unpack in (_gunzip, _inflate, _inflate_raw, _zstd):
                with suppress(EOFError, OSError, zlib.error, zstd.ZstdError):
                    yield unpack(body)


def _dechunked(data: bytes) -> bytes:
    """Return what stands in chunks, as far as it goes."""
    body = bytearray()
    while match := re.match(rb"([0-9a-fA-F]{1,8})[^\n]*\n", data):
        size = int(match[1], 16)
        body += data[match.end() : match.end() + size]
        data = data[match.end() + size + 2 :]
    return bytes(body)


def _gunzip(data: bytes) -> bytes:
    """Return the first member of what was packed with gzip, as far as it goes."""
    return zlib.decompressobj(wbits=31).decompress(data)


def _inflate(data: bytes) -> bytes:
    """Return what was deflated, as far as it goes."""
    return zlib.decompressobj().decompress(data)


def _inflate_raw(data: bytes) -> bytes:
    """Return what was deflated without a header, as far as it goes."""
    return zlib.decompressobj(wbits=-15).decompress(data)


def _zstd(data: bytes) -> bytes:
    """Return what was packed with Zstandard, as far as it goes."""
    return zstd.ZstdDecompressor().decompress(data)


def _raw_deflate(data: bytes) -> bytes:
    """Return deflated bytes without the header that belongs there; some servers send it so."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def chunked(data: bytes, size: int = 7, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    """Return bytes in chunks."""
    parts = [data[begin : begin + size] for begin in range(0, len(data), size)]
    lines = [b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts]
    return b"".join(lines) + b"0\r\n" + trailer + b"\r\n"


_PACKERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "DEFLATE": _raw_deflate,
    "zstd": zstd.compress,
}
_HARMLESS_HEADERS: Final = [
    *(b"Server: nginx", b"X-Empty:", b"X-Spaces:    a   b   ", b"X-Long: " + b"a" * 5000),
    *(b"Set-Cookie: a=b; Path=/", b"Date: yesterday", b"Content-Language: de", b"x: \xff\xfe"),
    *(b"Set-Cookie: a=b; Max-Age=" + b"9" * 5000, b"Set-Cookie: a=b; Expires=1 Jan 99999 0:0:0"),
    *(
        b"Location: ://",
        b"Location: http://[",
        b"Location: http://127.0.0.1/",
        b"Location: /x",
        b"Link: <",
        b"Keep-Alive: timeout=5",
        b"Connection: close",
    ),
    *(b"Location: http://a:b:c/", b"Location: http://" + b"a" * 300 + b"/", b"Location: \xff"),
]
_CONTENT_TYPES: Final = [
    *(b"application/json", b"text/plain", b"text/html", b"", b"/", b"text/html; charset=x*"),
    *(b"application/json; charset=latin-1", b"text/html;1charset*", b"text/html;" + b"(" * 3000),
    *(b";" * 4000, b"a/b;x=" * 1000, b'text/html; a="' + b"\\" * 999, b"\xff", b"text/html;a*0*="),
]
_RETRY_AFTER: Final = [
    *(b"Wed, 21 Oct 2015 07:28:00 -0000", b"1 Jan 2035 00:00:00"),
    *(b"5", b"-5", b"9" * 5000, b"1e9", b"\xd9\xa3", b"Mon, 1 Jan 2035 00:00:00 GMT", b",", b"  "),
    *(b"Mon, 1 Jan 9999 23:00:00 -2359", b"Mon, 1 Jan 0001 00:00:00 +2359", b"1 Jan 2020 0 +9e9"),
    *(
        b"Mon, 1 Jan 2035 00:00:00 +99999999999",
        b"1-Jan-35 1:1:1",
        b"1 Jan " + b"9" * 4000 + b" 1:1",
    ),
]
_ODD_HEADERS: Final = [
    *(b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: " + b"9" * 30),
    *(b"Content-Length: 0x10", b"Content-Length: 5, 5", b"Content-Length: ", b"Content-Length: +5"),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: x"),
    *(b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: zstd"),
    *(b"Content-Encoding: gzip, gzip", b"Content-Encoding: identity", b"Content-Encoding: \xff"),
    *(b"Upgrade: websocket\r\nConnection: upgrade", b"no colon", b": no name", b" folded", b"\x00"),
    *(b"Sp ace: x", b"X: " + b"x" * 9000, b"X: a\rb", b"X: \x01", b"\r\n".join([b"X: y"] * 300)),
]
_STATUS_LINES: Final = [
    *(b"HTTP/1.1 %d OK" % each for each in (100, 101, 103, 199, 201, 203, 204, 206, 226, 300, 302)),
    *(b"HTTP/1.1 %d OK" % each for each in (304, 400, 401, 402, 403, 407, 408, 426, 429, 451, 455)),
    *(b"HTTP/1.1 %d OK" % each for each in (500, 501, 503, 505, 599, 600, 999)),
    *(b"HTTP/1.1 429", b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1 -200 OK", b"HTTP/1.1"),
    *(b"HTTP/2 200 OK", b"HTTP/0.9 200 OK", b"HTTP/9.9 200 OK", b"http/1.1 200 ok", b"200 OK", b""),
    *(
        b"HTTP/1.1  200  OK",
        b"HTTP/1.1 200 " + b"x" * 9000,
        b"HTTP/1.1 200 \xff\x00",
        b"\x16\x03\x01",
    ),
    *(b"RTSP/1.0 200 OK", b"HTTP/1.1 2\xd9\xa30 OK", b"HTTP/1.1 200.0 OK", b"HTTP/1.1\t200\tOK"),
]


@st.composite
def unusual(draw: st.DrawFn) -> Answer:
    """Return a documented answer in an unusual, correct form: it must be read as ever."""
    slug, name = draw(st.sampled_from(DOCUMENTED))
    scenario = APIS[slug].scenarios[name]
    body = scenario.body.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))
    headers = draw(st.lists(st.sampled_from(_HARMLESS_HEADERS), max_size=3))
    packer = draw(st.sampled_from([None, *_PACKERS]))
    if packer is not None:
        headers.append(b"Content-Encoding: " + packer.lower().encode())
        body = _PACKERS[packer](body)
    headers.append(b"cOnTeNt-TyPe: " + scenario.content_type.encode())
    match draw(st.sampled_from(["length", "chunks", "close"])):
        case "length":
            headers.append(b"Content-Length:%d" % len(body))
        case "chunks":
            headers.append(b"transfer-encoding: Chunked")
            extension = draw(st.sampled_from([b"", b";a=b"]))
            body = chunked(body, draw(st.integers(1, 300)), extension, b"X-Trailer: a\r\n")
        case _:
            pass
    prefix = draw(st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n"]))
    line = b"HTTP/1.1 %d %b" % (scenario.status, draw(st.sampled_from([b"", b"OK", b"Nope"])))
    raw = prefix + b"\r\n".join([line, *headers, b"", body])
    return Answer(slug, raw, draw(st.sampled_from([0, 0, 0, 50])), scenario=name)


@st.composite
def broken(draw: st.DrawFn) -> Answer:
    """Return an answer that is wrong at one level of HTTP or at several."""
    slug = draw(st.sampled_from(sorted(APIS)))
    body = draw(st.one_of(_good_bodies(slug), bodies(slug), st.binary(max_size=200)))
    good_line = st.just(b"HTTP/1.1 200 OK")
    rate_limited = st.just(b"HTTP/1.1 429 Too Many Requests")
    line = draw(st.one_of(good_line, good_line, rate_limited, st.sampled_from(_STATUS_LINES)))
    headers = [
        b"Content-Type: " + draw(st.sampled_from(_CONTENT_TYPES)),
        b"Retry-After: " + draw(st.sampled_from(_RETRY_AFTER)),
        *draw(st.lists(st.sampled_from(_HARMLESS_HEADERS), max_size=2)),
        *draw(st.lists(st.sampled_from(_ODD_HEADERS), max_size=2)),
    ]
    if (packer := draw(st.sampled_from([None, None, *_PACKERS]))) is not None:
        headers.append(b"Content-Encoding: " + packer.lower().encode())
        body = _PACKERS[packer](body)
        body += draw(st.sampled_from([b"", b"", b"junk", body, body[:-4]]))
    match draw(st.sampled_from(["length", "wrong length", "chunks", "close"])):
        case "length":
            headers.append(b"Content-Length: %d" % len(body))
        case "wrong length":
            headers.append(b"Content-Length: %d" % draw(st.integers(0, len(body) + 9)))
        case "chunks":
            headers.append(b"Transfer-Encoding: chunked")
            body = chunked(body, draw(st.integers(1, 300)))
        case _:
            pass
    raw = b"\r\n".join([line, *headers, b"", body])
    if draw(st.booleans()):
        raw = mutated(draw, raw)
    piece = draw(st.sampled_from([0, 0, 0, 0, 100]))
    return Answer(slug, raw, piece, reset=draw(st.integers(0, 4)) == 0)


def _good_bodies(slug: str) -> st.SearchStrategy[bytes]:
    """Return the documented good answers of a provider."""
    return st.sampled_from(
        [APIS[slug].scenarios[name].body.encode() for each, name in GOOD if each == slug]
    )


def any_bytes() -> st.SearchStrategy[Answer]:
    """Return answers of any bytes at all, in front of which may stand a good beginning."""
    beginnings = st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
    return st.builds(
        lambda slug, beginning, rest: Answer(slug, beginning + rest),
        st.sampled_from(sorted(APIS)),
        beginnings,
        st.binary(max_size=400),
    )
