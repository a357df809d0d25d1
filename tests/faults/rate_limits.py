"""Too many requests (HTTP 429), with every form of the Retry-After header; HTTP 503 with one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

from .fault import MAX_PAUSE, MIN_PAUSE, Fault, Wire, always, http


def _in(seconds: float) -> Callable[[], str]:
    """Return the date in some seconds, as HTTP writes it."""
    return lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


# The header, and the resulting pause in seconds; None if the header is ignored.
_TEXTS: Final[dict[str, int | None]] = {
    "0": MIN_PAUSE,
    "1": MIN_PAUSE,
    "60": 60,
    "3600": 3600,
    "86400": MAX_PAUSE,
    "999999999": MAX_PAUSE,
    "9" * 30: None,
    "-5": None,
    "1.5": None,
    "soon": None,
    "60, 120": None,
    "Wed, 99 Oct 2015 07:28:00 GMT": None,
    f"Wed, 21 Oct 2015 07:28:00 +{'9' * 20}": None,
    "Sunday, 06-Nov-94 08:49:37 GMT": MIN_PAUSE,
    "Sun Nov  6 08:49:37 1994": MIN_PAUSE,
}
_DATES: Final[dict[str, tuple[Callable[[], str], int]]] = {
    "a date in ten minutes": (_in(600), 600),
    "a date in a year": (_in(365 * 86400), MAX_PAUSE),
    "a date in the past": (_in(-600), MIN_PAUSE),
}


def _until(date: Callable[[], str]) -> Wire:
    """Send a date that is calculated when it is sent."""
    return lambda _slug, _good: http(429, b"", f"Retry-After: {date()}")


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    kind = "rate_limited"
    yield Fault(name="No Retry-After", kind=kind, wire=always(http(429, b"")))
    for text, pause in _TEXTS.items():
        wire = always(http(429, b"", f"Retry-After: {text}"))
        yield Fault(name=f"Retry-After: {text}", kind=kind, wire=wire, pause=pause)
    for name, (date, pause) in _DATES.items():
        yield Fault(name=f"Retry-After: {name}", kind=kind, wire=_until(date), pause=pause)
    yield Fault(
        name="Service unavailable (HTTP 503) with Retry-After: 3600",
        kind="cannot_connect",
        wire=always(http(503, b"", "Retry-After: 3600")),
        pause=3600,
    )
