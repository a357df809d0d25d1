"""A decrease of the balance, spread over the time in which it happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final, Self

from .hours import DAY, day_start, hour_of, hour_start
from .serialization import Json, amount_from, expect, join, time_from

_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(slots=True)
class Drop:
    """A decrease of the balance between two readings.

    It is spread evenly over the time between them, so that an outage does not put a week's
    spending on one day. Shares are whole units of the last decimal place of the amount, so that
    their sum is exactly the amount.
    """

    start: datetime
    """When the reading before the decrease was taken, in UTC."""
    end: datetime
    """When the decrease was read, in UTC; always after the start."""
    amount: Decimal
    """The decrease; positive. A refund reduces it."""
    counted_until: datetime
    """Spending from this moment on is not counted, because the user has reset it."""

    @classmethod
    def between(cls, start: datetime, at: datetime, amount: Decimal) -> Self:
        """Return the decrease between two readings.

        If the clock was put back, so that the second reading seems to be earlier, all of the
        spending is assigned to the time of the second reading.
        """
        end = max(at, min(start, at) + _MICROSECOND)
        return cls(min(start, at), end, amount, end)

    @property
    def counted(self) -> Decimal:
        """Return the part of the amount that counts."""
        return self.spent_until(self.end)

    def spent_until(self, moment: datetime) -> Decimal:
        """Return the spending up to a moment."""
        moment = min(moment, self.counted_until)
        if moment <= self.start:
            return Decimal(0)
        if moment >= self.end:
            return self.amount
        elapsed = (moment - self.start) // _MICROSECOND
        whole = (self.end - self.start) // _MICROSECOND
        return (self.amount * elapsed / whole).quantize(self.amount)

    def spent_between(self, start: datetime, end: datetime) -> Decimal:
        """Return the spending between two moments."""
        return self.spent_until(end) - self.spent_until(start)

    def by_day(self, zone: tzinfo, first: date) -> Iterator[tuple[date, Decimal]]:
        """Yield the spending of each of the user's days, starting at a certain day."""
        day, last = self.start.astimezone(zone).date(), self.end.astimezone(zone).date()
        day = max(day, first)
        while day <= last:
            spent = self.spent_between(day_start(day, zone), day_start(day + DAY, zone))
            if spent:
                yield day, spent
            day += DAY

    def by_hour(self, first: int) -> Iterator[tuple[int, Decimal]]:
        """Yield the spending of each hour, starting at a certain hour."""
        for hour in range(max(hour_of(self.start), first), hour_of(self.end) + 1):
            spent = self.spent_between(hour_start(hour), hour_start(hour + 1))
            if spent:
                yield hour, spent

    def as_json(self) -> Json:
        """Return the data for storage."""
        times = (self.start, self.end, self.counted_until)
        return join([self.amount, *(each.isoformat() for each in times)])

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Restore from stored data."""
        amount, start, end, counted_until = expect(stored, str).split(" ")
        return cls(time_from(start), time_from(end), amount_from(amount), time_from(counted_until))
