"""Responses of proxies, firewalls, load balancers and captive portals, and redirects."""

from collections.abc import Iterator
from typing import Final

from .fault import HTML, JSON, OTHER_SERVER, Fault, always, http

_PAGES: Final = {
    200: ("Captive portal", "cannot_connect"),
    400: ("Page of a proxy", "unexpected_response"),
    401: ("Page of a proxy", "invalid_auth"),
    403: ("Page of a firewall", "cannot_connect"),
    404: ("Page of a proxy", "unexpected_response"),
    407: ("Page of a proxy", "unexpected_response"),
    408: ("Page of a proxy", "cannot_connect"),
    429: ("Page of a firewall", "rate_limited"),
    500: ("Page of a server", "cannot_connect"),
    502: ("Page of a proxy", "cannot_connect"),
    503: ("Page of a proxy", "cannot_connect"),
    504: ("Page of a proxy", "cannot_connect"),
    511: ("Captive portal", "cannot_connect"),
    520: ("Page of a proxy", "cannot_connect"),
}
# None is followed.
_REDIRECTS: Final = {
    "to another path": (301, "/elsewhere"),
    "to another server": (302, f"{OTHER_SERVER}/redirected"),
    "to the same address": (303, "/"),
    "to HTTP": (307, "http://example.com/"),
    "to an address with a user name": (308, "https://user:password@example.com/"),
    "without an address": (302, ""),
}


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    for status, (name, kind) in _PAGES.items():
        page = f"<!DOCTYPE html><html><body><h1>{status}</h1></body></html>".encode()
        yield Fault(
            name=f"{name} (HTTP {status})", kind=kind, wire=always(http(status, page, HTML))
        )
    yield Fault(
        name="JSON of a gateway (HTTP 403)",
        kind="cannot_connect",
        wire=always(http(403, b'{"message": "Forbidden"}', JSON)),
    )
    for name, (status, address) in _REDIRECTS.items():
        location = [f"Location: {address}"] if address else []
        yield Fault(
            name=f"Redirect {name} (HTTP {status})",
            kind="unexpected_response",
            wire=always(http(status, b"", HTML, *location)),
        )
