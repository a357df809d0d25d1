"""Responses that are unusual or broken at every level of HTTP."""

from collections.abc import Callable, Mapping
from compression import zstd
import gzip
from typing import Final
import zlib

from hypothesis import strategies as st

from .responses import APIS, DOCUMENTED, GOOD, bodies, mutate
from .wire import RawResponse


def _raw_deflate(data: bytes) -> bytes:
    """Return deflated bytes without their header, as some servers send them."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


def chunked(data: bytes, size: int = 7, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    """Return bytes as a chunked body."""
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    lines = [b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts]
    return b"".join(lines) + b"0\r\n" + trailer + b"\r\n"


_COMPRESSORS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
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
def unusual(draw: st.DrawFn) -> RawResponse:
    """Return a documented response in an unusual but correct form: it must be read as usual."""
    slug, name = draw(st.sampled_from(DOCUMENTED))
    scenario = APIS[slug].scenarios[name]
    body = scenario.body.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))
    headers = draw(st.lists(st.sampled_from(_HARMLESS_HEADERS), max_size=3))
    compressor = draw(st.sampled_from([None, *_COMPRESSORS]))
    if compressor is not None:
        headers.append(b"Content-Encoding: " + compressor.lower().encode())
        body = _COMPRESSORS[compressor](body)
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
    return RawResponse(slug, raw, draw(st.sampled_from([0, 0, 0, 50])), scenario=name)


@st.composite
def broken(draw: st.DrawFn) -> RawResponse:
    """Return a response that is wrong at one or more levels of HTTP."""
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
    if (compressor := draw(st.sampled_from([None, None, *_COMPRESSORS]))) is not None:
        headers.append(b"Content-Encoding: " + compressor.lower().encode())
        body = _COMPRESSORS[compressor](body)
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
        raw = mutate(draw, raw)
    piece = draw(st.sampled_from([0, 0, 0, 0, 100]))
    return RawResponse(slug, raw, piece, reset=draw(st.integers(0, 4)) == 0)


def _good_bodies(slug: str) -> st.SearchStrategy[bytes]:
    """Return the documented good responses of a provider."""
    return st.sampled_from(
        [APIS[slug].scenarios[name].body.encode() for each, name in GOOD if each == slug]
    )


def any_bytes() -> st.SearchStrategy[RawResponse]:
    """Return responses of any bytes, with a correct beginning or without."""
    beginnings = st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
    return st.builds(
        lambda slug, beginning, rest: RawResponse(slug, beginning + rest),
        st.sampled_from(sorted(APIS)),
        beginnings,
        st.binary(max_size=400),
    )
