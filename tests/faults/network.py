"""Faults of the network: connections that fail or break, and certificates."""

from collections.abc import Iterator
from typing import Final

from .fault import HTML, End, Fault, always, chunked, head, http

_BODY: Final = b'{"code": 200, "success": true'
_PARTS: Final = {
    "before the response": b"",
    "in the status line": b"HTTP/1.1 20",
    "after the status line": b"HTTP/1.1 200 OK\r\n",
    "in the headers": head("X-Part: half")[:-5],
    "after the headers": head("Content-Length: 500") + b"\r\n",
    "in the body": head("Content-Length: 500") + b"\r\n" + _BODY,
    "between two chunks": chunked(b"1d\r\n" + _BODY + b"\r\n"),
}
_ENDS: Final = {
    End.CLOSE: "Connection closed",
    End.RESET: "Connection reset",
    End.STALL: "No data",
}
_SLOW: Final = {
    "in the headers": head() + b"X-Slow: ",
    "in the body": _PARTS["in the body"],
    "in a body without length": head("Connection: close") + b"\r\n" + _BODY,
}
_CERTIFICATES: Final = ("untrusted", "expired", "wrong name")


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    kind = "cannot_connect"
    yield Fault(name="Connection refused", kind=kind, is_listening=False)
    yield Fault(name="Unknown host name", kind=kind, is_known=False)
    for certificate in _CERTIFICATES:
        yield Fault(
            name=f"Certificate: {certificate}",
            kind=kind,
            form_error="invalid_certificate",
            certificate=certificate,
        )
    for name, wire, end in (
        ("HTTP instead of TLS", http(400, b"", HTML), End.CLOSE),
        ("No response to the TLS handshake", b"", End.STALL),
        ("Connection reset during the TLS handshake", b"", End.RESET),
    ):
        yield Fault(name=name, kind=kind, wire=always(wire), certificate="", is_early=True, end=end)
    yield Fault(
        name="Connection reset before the request is read",
        kind=kind,
        wire=always(b""),
        is_early=True,
        end=End.RESET,
    )
    for end, name in _ENDS.items():
        for place, data in _PARTS.items():
            yield Fault(name=f"{name} {place}", kind=kind, wire=always(data), end=end)
    for place, data in _SLOW.items():
        yield Fault(name=f"Slow data {place}", kind=kind, wire=always(data), end=End.DRIP)
