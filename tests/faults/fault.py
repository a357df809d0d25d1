"""What a fault is, and helpers to describe one."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

type Wire = Callable[[str, bytes], bytes]
"""Returns what a provider, given by its slug, sends instead of its good response body."""

# The providers with which a fault is tested if it does not depend on the provider: one has personal
# data in its response and the key in a header, the other one has the key in the URL.
SAMPLE: Final = ("lunos", "pushover")
JSON: Final = "Content-Type: application/json"
HTML: Final = "Content-Type: text/html; charset=utf-8"
# A pause that a provider asks for is at least and at most this long, in seconds.
MIN_PAUSE: Final = 30
MAX_PAUSE: Final = 6 * 60 * 60
# Is replaced by the address of a second server.
OTHER_SERVER: Final = "{other_server}"


class End(Enum):
    """What the server does after it has sent everything."""

    CLOSE = auto()
    RESET = auto()
    STALL = auto()
    """Keep the connection open without sending anything."""
    DRIP = auto()
    """Send single spaces, then keep the connection open."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A way in which an account cannot be read."""

    name: str
    kind: str
    """Key of the error."""
    form_error: str = ""
    """Key of the error in a form if it is another one."""
    wire: Wire = lambda _slug, good: http(200, good, JSON)
    """What is sent; a good response if the connection must fail before."""
    slugs: tuple[str, ...] = SAMPLE
    """The providers with which the fault is tested."""
    end: End = End.CLOSE
    is_early: bool = False
    """Whether the server sends its response before it has read the request."""
    pause: int | None = None
    """Seconds until the next request because of a Retry-After header; None without a valid one."""
    is_listening: bool = True
    """Whether the server accepts connections."""
    is_known: bool = True
    """Whether the name of the host can be resolved."""
    certificate: str | None = None
    """The invalid certificate of an HTTPS server; empty if the server does not support TLS."""


def http(status: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """Return an HTTP response; length is the Content-Length header if that is not correct."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [
        f"HTTP/1.1 {status} {phrase}",
        *headers,
        f"Content-Length: {len(body) if length is None else length}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def head(*headers: str) -> bytes:
    """Return the head of a good response without the empty line at its end."""
    return "\r\n".join(["HTTP/1.1 200 OK", JSON, *headers, ""]).encode()


def chunked(*chunks: bytes) -> bytes:
    """Return a good response with the given bytes as its chunked body."""
    return head("Transfer-Encoding: chunked") + b"\r\n" + b"".join(chunks)


def always(data: bytes) -> Wire:
    """Send the same for every provider."""
    return lambda _slug, _good: data
