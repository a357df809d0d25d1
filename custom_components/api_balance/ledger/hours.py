"""Hours since 1970 and the user's days."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def hour_of(moment: datetime) -> int:
    """Return the number of whole hours since 1970."""
    return (moment - _EPOCH) // HOUR


def hour_start(hour: int) -> datetime:
    """Return when an hour begins, in UTC."""
    return _EPOCH + hour * HOUR


def day_start(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins, in UTC.

    If the clock is put forward at midnight, the day begins at that moment.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def seconds_by_hour(start: datetime, end: datetime, first: int) -> Iterator[tuple[int, int]]:
    """Yield the seconds that an interval has in each hour, starting at a certain hour."""
    for hour in range(max(hour_of(start), first), hour_of(end) + 1):
        begin, finish = max(start, hour_start(hour)), min(end, hour_start(hour + 1))
        yield hour, round((finish - begin).total_seconds())
