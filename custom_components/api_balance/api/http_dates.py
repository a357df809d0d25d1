"""Dates and durations in the headers of a response."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import re
from typing import Final

# The longest form of RFC 9110 has 33 characters.
_MAX_DATE: Final = 64


def http_date(text: str) -> datetime | None:
    """Return the time of a date in one of the three forms of RFC 9110, in UTC; None for others."""
    if len(text) > _MAX_DATE:
        return None
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except ValueError, OverflowError:
        return None


def delay_seconds(text: str, date: datetime | None) -> float | None:
    """Return the seconds of a Retry-After header; None if it is not in a form of RFC 9110.

    A date counts from the Date header, so that a wrong local clock does not matter.
    """
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    if (until := http_date(text)) is None:
        return None
    return max(0.0, (until - (date or datetime.now(UTC))).total_seconds())
