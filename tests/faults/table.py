"""The faults: how a server behaves, and which kind of error that is.

A fault is what goes over the wire. The kind of error is written by hand, for the documented errors
beside the provider's answers in the simulator's files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum, auto
import gzip
from http import HTTPStatus
import tomllib
from typing import Final

import simulator
from simulator.apis import FOLDER, Scenario

type Wire = Callable[[str, bytes], bytes]
"""Returns what a provider, by slug, sends in place of its good answer's body."""

SLUGS: Final = tuple(simulator.load())
JSON: Final = "Content-Type: application/json"
HTML: Final = "Content-Type: text/html; charset=utf-8"
# The server puts the address of a second server in its place.
ELSEWHERE: Final = "{elsewhere}"


class End(Enum):
    """What a server does after it has sent what it sends."""

    CLOSE = auto()
    RESET = auto()
    STALL = auto()
    DRIP = auto()
    """Goes on with one space at a time."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way in which an account cannot be read."""

    group: str
    """The heading under which the document has it."""
    name: str
    """What happens, in words."""
    kinds: Mapping[str, str]
    """The kind of error, by slug; only these providers can have the fault."""
    wire: Wire = lambda _slug, good: answer(200, good, JSON)
    """What is sent: a good answer where it must not come to that."""
    end: End = End.CLOSE
    is_early: bool = False
    """Whether the server ends before it has read the request."""
    pauses: Mapping[str, int] = field(default_factory=dict)
    """The seconds for which an account is left alone because of a Retry-After header, by slug."""
    is_up: bool = True
    """Whether anybody listens."""
    is_known: bool = True
    """Whether the host's name is known."""
    certificate: str | None = None
    """The certificate in place of the good one; empty for a server that does not speak TLS."""


def answer(status: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """Return an answer of HTTP; length is what it says of its body, if that is not true."""
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


def chunked(*chunks: bytes) -> bytes:
    """Return a good answer's beginning with what is said to be its chunks."""
    return f"HTTP/1.1 200 OK\r\n{JSON}\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + b"".join(
        chunks
    )


def head(*headers: str) -> bytes:
    """Return the head of a good answer, without its end."""
    return "\r\n".join(["HTTP/1.1 200 OK", JSON, *headers, ""]).encode()


def always(data: bytes) -> Wire:
    """Send the same for every provider."""
    return lambda _slug, _good: data


def everywhere(kind: str) -> dict[str, str]:
    """Say that an error is of the same kind at every provider."""
    return dict.fromkeys(SLUGS, kind)


DOWN: Final = everywhere("cannot_connect")
ODD: Final = everywhere("unexpected_response")
LIMITED: Final = everywhere("rate_limited")


# Names that say too little by themselves.
_WORDS: Final = {
    "code 404": "Not found",
    "code 422": "Validation error",
    "disabled": "The account or application is disabled",
    "error": "An error in place of a balance",
    "failed": "An error that no document has",
    "half": "Fields are missing",
    "insufficient": "Insufficient credits",
    "invalid key object": "Invalid key, as an object",
    "no amount": "The amount is missing",
    "no currency": "The currency is missing",
    "no data": "The balance is missing",
    "null balance": "The balance is null",
    "object": "An error as an object",
    "permission denied object": "Permission denied, as an object",
    "silent failure": "A failure without an error",
}


def documented() -> list[Fault]:
    """Return every error in the providers' documents; those of the same name together."""
    common = tomllib.loads((FOLDER / "common.toml").read_text())["scenario"]
    found: dict[str, dict[str, Scenario]] = {}
    for slug, api in simulator.load().items():
        for name, scenario in api.scenarios.items():
            if scenario.error and name not in common:
                found.setdefault(name, {})[slug] = scenario
    return [_documented(name, scenarios) for name, scenarios in sorted(found.items())]


def _documented(name: str, scenarios: Mapping[str, Scenario]) -> Fault:
    """Return the fault of the scenarios of one name."""
    pauses = {slug: int(each.retry_after) for slug, each in scenarios.items() if each.retry_after}
    statuses = " or ".join(sorted({str(each.status) for each in scenarios.values()}))

    def wire(slug: str, _good: bytes) -> bytes:
        """Send the document's answer; a pause is asked for by those that document it."""
        each = scenarios[slug]
        headers = [f"{key}: {value}" for key, value in each.headers.items()]
        return answer(each.status, each.body.encode(), JSON, *headers)

    plain = name.removesuffix("_in_200").replace("_", " ")
    words = _WORDS.get(plain, plain.capitalize())
    return Fault(
        group="Errors that the providers document",
        name=f"{words} (HTTP {statuses})",
        kinds={slug: str(each.error) for slug, each in scenarios.items()},
        wire=wire,
        pauses=pauses,
    )


def connection() -> list[Fault]:
    """Return what goes wrong before HTTP begins."""
    group = "The network"
    return [
        Fault(group=group, name="Connection refused", kinds=DOWN, is_up=False),
        Fault(group=group, name="The host's name is not known", kinds=DOWN, is_known=False),
        *(
            Fault(group=group, name=name, kinds=DOWN, certificate=certificate)
            for name, certificate in (
                ("TLS: a certificate that nobody vouches for", "untrusted"),
                ("TLS: an expired certificate", "expired"),
                ("TLS: a certificate for another name", "wrong name"),
            )
        ),
        Fault(
            group=group,
            name="TLS: plain HTTP instead",
            kinds=DOWN,
            certificate="",
            is_early=True,
            wire=always(answer(400, b"", HTML)),
        ),
        Fault(
            group=group,
            name="TLS: no answer to the greeting",
            wire=always(b""),
            kinds=DOWN,
            certificate="",
            is_early=True,
            end=End.STALL,
        ),
        Fault(
            group=group,
            name="TLS: reset at the greeting",
            wire=always(b""),
            kinds=DOWN,
            certificate="",
            is_early=True,
            end=End.RESET,
        ),
    ]


def stages() -> list[Fault]:
    """Return an answer that breaks off: at each stage, in each way."""
    body = b'{"code": 200, "success": true'
    sent: dict[str, bytes] = {
        "before anything is sent": b"",
        "in the status line": b"HTTP/1.1 20",
        "after the status line": b"HTTP/1.1 200 OK\r\n",
        "in the headers": head("X-Part: half")[:-5],
        "after the headers": head("Content-Length: 500") + b"\r\n",
        "in the body": head("Content-Length: 500") + b"\r\n" + body,
        "between two chunks": chunked(b"1d\r\n" + body + b"\r\n"),
    }
    ends = {
        End.CLOSE: "Connection closed",
        End.RESET: "Connection reset",
        End.STALL: "Silence",
    }
    found = [
        Fault(
            group="Answers that break off",
            name=f"{word} {stage}",
            kinds=DOWN,
            wire=always(data),
            end=end,
        )
        for end, word in ends.items()
        for stage, data in sent.items()
    ]
    slow = {
        "A byte at a time, in the headers": head() + b"X-Slow: ",
        "A byte at a time, in the body": sent["in the body"],
        "A byte at a time, without any length": head("Connection: close") + b"\r\n" + body,
    }
    early = Fault(
        group="Answers that break off",
        name="Connection reset before the request is read",
        wire=always(b""),
        kinds=DOWN,
        is_early=True,
        end=End.RESET,
    )
    return [
        early,
        *found,
        *(
            Fault(
                group="Answers that break off",
                name=name,
                kinds=DOWN,
                wire=always(data),
                end=End.DRIP,
            )
            for name, data in slow.items()
        ),
    ]


def lengths() -> list[Fault]:
    """Return answers whose length or form is not what they say."""
    wires: dict[str, tuple[Mapping[str, str], Wire]] = {
        "A length beyond the body": (
            DOWN,
            lambda _, good: answer(200, good, JSON, length=len(good) + 1),
        ),
        "A length short of the body": (
            DOWN,
            lambda _, good: answer(200, good, JSON, length=len(good) - 1),
        ),
        "A length of 0 before a body": (DOWN, lambda _, good: answer(200, good, JSON, length=0)),
        "A negative length": (DOWN, lambda _, good: answer(200, good, JSON, length=-1)),
        "A length that is no number": (
            DOWN,
            lambda _, good: head("Content-Length: many") + b"\r\n" + good,
        ),
        "Two different lengths": (
            DOWN,
            lambda _, good: answer(200, good, JSON, "Content-Length: 5"),
        ),
        "A length and chunks at once": (
            DOWN,
            lambda _, good: answer(200, good, JSON, "Transfer-Encoding: chunked"),
        ),
        "A chunk whose size is no number": (DOWN, lambda _, good: chunked(b"zz\r\n", good)),
        "A chunk longer than its size": (
            DOWN,
            lambda _, good: chunked(b"1\r\n", good, b"0\r\n\r\n"),
        ),
        "No length, and cut short": (
            ODD,
            lambda _, good: head("Connection: close") + b"\r\n" + good[:-2],
        ),
        "A body of 300 KB around the answer": (
            ODD,
            lambda _, good: answer(200, b" " * 300_000 + good, JSON),
        ),
        "20 MB packed into 20 KB": (
            ODD,
            always(answer(200, gzip.compress(b" " * 20_000_000), JSON, "Content-Encoding: gzip")),
        ),
        "Said to be compressed, and not so": (
            DOWN,
            lambda _, good: answer(200, good, JSON, "Content-Encoding: gzip"),
        ),
        "A header of 100 KB": (
            DOWN,
            lambda _, good: answer(200, good, JSON, f"X-Long: {'x' * 100_000}"),
        ),
        "Something that is not HTTP": (DOWN, always(b"SSH-2.0-OpenSSH_9.9\r\n")),
        "HTTP/2 without being asked": (DOWN, always(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00")),
        "An empty body": (ODD, always(answer(200, b"", JSON))),
        "No content (204)": (ODD, always(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")),
        "Not modified (304)": (
            ODD,
            always(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"),
        ),
        "Half of the JSON": (ODD, lambda _, good: answer(200, good[: len(good) // 2], JSON)),
        "Not JSON": (ODD, always(answer(200, b"OK", "Content-Type: text/plain"))),
        "JSON that is no object": (ODD, always(answer(200, b"[1000]", JSON))),
        "An empty JSON object": (ODD, always(answer(200, b"{}", JSON))),
        "JSON nested 10,000 deep": (ODD, always(answer(200, b"[" * 10_000, JSON))),
        "The right answer in UTF-16": (
            ODD,
            lambda _, good: answer(200, b"\xff\xfe\x00" + good, JSON),
        ),
    }
    return [
        Fault(group="Answers of a wrong form", name=name, kinds=kinds, wire=wire)
        for name, (kinds, wire) in wires.items()
    ]


def in_between() -> list[Fault]:
    """Return what firewalls, load balancers and networks' sign-in pages send."""
    page = b"<!DOCTYPE html><html><body><h1>%s</h1></body></html>"
    pages = {
        200: ("A network's sign-in page", DOWN),
        400: ("A proxy's page", ODD),
        401: ("A proxy's page", everywhere("invalid_auth")),
        403: ("A firewall's page", DOWN),
        404: ("A proxy's page", ODD),
        407: ("A proxy's page", ODD),
        408: ("A proxy's page", DOWN),
        429: ("A firewall's page", LIMITED),
        500: ("A server's page", DOWN),
        502: ("A proxy's page", DOWN),
        503: ("A proxy's page", DOWN),
        504: ("A proxy's page", DOWN),
        511: ("A network's sign-in page", DOWN),
        520: ("A proxy's page", DOWN),
    }
    hops = {
        "to another path": "/elsewhere",
        "to another host": f"{ELSEWHERE}/redirected",
        "to itself": "/",
        "to plain http": "http://example.com/",
        "with a user name": "https://user:password@example.com/",
        "to nowhere": "",
    }
    return [
        *(
            Fault(
                group="Servers in between",
                name=f"{words} (HTTP {status})",
                kinds=kinds,
                wire=always(answer(status, page % str(status).encode(), HTML)),
            )
            for status, (words, kinds) in pages.items()
        ),
        Fault(
            group="Servers in between",
            name="A gateway's own JSON (HTTP 403)",
            kinds=DOWN,
            wire=always(answer(403, b'{"message": "Forbidden"}', JSON)),
        ),
        *(
            Fault(
                group="Redirects, of which none is followed",
                name=f"{status} {words}",
                kinds=ODD,
                wire=always(answer(status, b"", HTML, *([f"Location: {place}"] if place else []))),
            )
            for status, (words, place) in zip(
                (301, 302, 303, 307, 308, 302), hops.items(), strict=True
            )
        ),
    ]


def limited() -> list[Fault]:
    """Return every form of Retry-After, sensible and absurd."""
    longest = 6 * 60 * 60
    forms: dict[str, tuple[int | None, Callable[[], str]]] = {
        "none": (None, lambda: ""),
        "`0`": (30, lambda: "0"),
        "`1`": (30, lambda: "1"),
        "`60`": (60, lambda: "60"),
        "`3600`": (3600, lambda: "3600"),
        "`86400`": (longest, lambda: "86400"),
        "`999999999`": (longest, lambda: "999999999"),
        "a number of 30 digits": (None, lambda: "9" * 30),
        "`-5`": (None, lambda: "-5"),
        "`1.5`": (None, lambda: "1.5"),
        "`soon`": (None, lambda: "soon"),
        "`60, 120`": (None, lambda: "60, 120"),
        "a date in ten minutes": (600, lambda: date(600)),
        "a date in a year": (longest, lambda: date(365 * 86400)),
        "a date that has passed": (30, lambda: date(-600)),
        "a date without sense": (None, lambda: "Wed, 99 Oct 2015 07:28:00 GMT"),
        "a date with an absurd offset": (None, lambda: f"Wed, 21 Oct 2015 07:28:00 +{'9' * 20}"),
        "a date as RFC 850 wrote it": (30, lambda: "Sunday, 06-Nov-94 08:49:37 GMT"),
        "a date as C's asctime writes it": (30, lambda: "Sun Nov  6 08:49:37 1994"),
    }
    return [
        *(
            Fault(
                group="Too many requests (HTTP 429), by the pause that is asked for",
                name=f"`Retry-After`: {words}",
                kinds=LIMITED,
                pauses={} if pause is None else dict.fromkeys(SLUGS, pause),
                wire=_limit(429, header),
            )
            for words, (pause, header) in forms.items()
        ),
        Fault(
            group="Servers in between",
            name="Out of service, with `Retry-After: 3600` (HTTP 503)",
            kinds=DOWN,
            wire=_limit(503, lambda: "3600"),
        ),
    ]


def _limit(status: int, header: Callable[[], str]) -> Wire:
    """Send a refusal with a Retry-After header, unless it is empty."""

    def wire(_slug: str, _good: bytes) -> bytes:
        """Send it with the time of this moment."""
        text = header()
        return answer(status, b"", *([f"Retry-After: {text}"] if text else []))

    return wire


def date(seconds: float) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


FAULTS: Final = [
    *documented(),
    *connection(),
    *stages(),
    *lengths(),
    *in_between(),
    *limited(),
]
