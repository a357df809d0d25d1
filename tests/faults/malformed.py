"""Faults in the form of a response: HTTP, compression, encoding and JSON."""

from collections.abc import Iterator, Mapping
import gzip
from typing import Final

from .fault import JSON, Fault, Wire, always, chunked, head, http

_NOT_HTTP: Final[Mapping[str, Wire]] = {
    "Length too large": lambda _, good: http(200, good, JSON, length=len(good) + 1),
    "Length too small": lambda _, good: http(200, good, JSON, length=len(good) - 1),
    "Length of 0 with a body": lambda _, good: http(200, good, JSON, length=0),
    "Negative length": lambda _, good: http(200, good, JSON, length=-1),
    "Length that is not a number": lambda _, good: head("Content-Length: many") + b"\r\n" + good,
    "Two lengths": lambda _, good: http(200, good, JSON, "Content-Length: 5"),
    "Length and chunks": lambda _, good: http(200, good, JSON, "Transfer-Encoding: chunked"),
    "Chunk size that is not a number": lambda _, good: chunked(b"zz\r\n", good),
    "Chunk larger than its size": lambda _, good: chunked(b"1\r\n", good, b"0\r\n\r\n"),
    "Not compressed as declared": lambda _, good: http(200, good, JSON, "Content-Encoding: gzip"),
    "Header of 100 KB": lambda _, good: http(200, good, JSON, f"X-Long: {'x' * 100_000}"),
    "SSH instead of HTTP": always(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "HTTP/2 instead of HTTP/1.1": always(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"),
}
_NO_BODY: Final = b"Connection: close\r\n\r\n"
_NOT_JSON: Final[Mapping[str, Wire]] = {
    "Incomplete body without length": lambda _, good: (
        head("Connection: close") + b"\r\n" + good[:-2]
    ),
    "Body of 300 KB": lambda _, good: http(200, b" " * 300_000 + good, JSON),
    "Body of 20 MB, compressed": always(
        http(200, gzip.compress(b" " * 20_000_000), JSON, "Content-Encoding: gzip")
    ),
    "Empty body": always(http(200, b"", JSON)),
    "No content (HTTP 204)": always(b"HTTP/1.1 204 No Content\r\n" + _NO_BODY),
    "Not modified (HTTP 304)": always(b"HTTP/1.1 304 Not Modified\r\n" + _NO_BODY),
    "Half of the JSON": lambda _, good: http(200, good[: len(good) // 2], JSON),
    "Text instead of JSON": always(http(200, b"OK", "Content-Type: text/plain")),
    "JSON array": always(http(200, b"[1000]", JSON)),
    "Empty JSON object": always(http(200, b"{}", JSON)),
    "JSON nested 10,000 levels deep": always(http(200, b"[" * 10_000, JSON)),
    "Invalid UTF-16": lambda _, good: http(200, b"\xff\xfe\x00" + good, JSON),
}


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    for kind, wires in (("cannot_connect", _NOT_HTTP), ("unexpected_response", _NOT_JSON)):
        for name, wire in wires.items():
            yield Fault(name=name, kind=kind, wire=wire)
