"""The lowest estimate and the highest spending, for triggers that fire once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Final, Self

from .hours import hour_of
from .serialization import Json, amount_from, expect, join
from .spending import Spending

_MAX_OBSERVED_HOURS: Final = 24


@dataclass(slots=True)
class LowestEstimate:
    """The lowest estimate of the days left, in the last 24 hours with a reading."""

    hours: dict[int, Decimal | None] = field(default_factory=dict)
    """By hour since 1970, in the order of the readings; None if there was no estimate."""

    @property
    def days(self) -> Decimal | None:
        """Return the lowest estimate; None if there was none."""
        return min((days for days in self.hours.values() if days is not None), default=None)

    def add(self, at: datetime, days: Decimal | None) -> None:
        """Add the estimate after a reading."""
        hour = hour_of(at)
        before = self.hours.get(hour)
        self.hours[hour] = min((each for each in (before, days) if each is not None), default=None)
        while len(self.hours) > _MAX_OBSERVED_HOURS:
            del self.hours[next(iter(self.hours))]

    def as_json(self) -> Json:
        """Return the data for storage."""
        return join(f"{hour}:{'' if days is None else days}" for hour, days in self.hours.items())

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Restore from stored data."""
        pairs = (pair.split(":") for pair in expect(stored, str).split())
        return cls({int(hour): amount_from(days) if days else None for hour, days in pairs})


@dataclass(slots=True)
class HighWaterMark:
    """The highest spending of a day or a month; a refund does not lower it."""

    period: date = date.min
    """The day, or the first day of the month."""
    amount: Decimal = Decimal(0)

    def update(self, period: date, amount: Decimal) -> None:
        """Update the mark with the current spending of a period."""
        self.period, self.amount = period, self.of(period, amount)

    def of(self, period: date, amount: Decimal) -> Decimal:
        """Return the highest spending of a period, given its current spending."""
        return max(amount, self.amount) if period == self.period else amount

    def as_json(self) -> Json:
        """Return the data for storage."""
        return join((self.period.isoformat(), self.amount))

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Restore from stored data."""
        period, amount = expect(stored, str).split(" ")
        return cls(date.fromisoformat(period), amount_from(amount))


@dataclass(slots=True)
class Extremes:
    """The lowest estimate and the highest spending of one balance."""

    estimate: LowestEstimate = field(default_factory=LowestEstimate)
    today: HighWaterMark = field(default_factory=HighWaterMark)
    month: HighWaterMark = field(default_factory=HighWaterMark)

    def update_spending(self, spending: Spending, at: datetime, zone: tzinfo) -> None:
        """Update the high-water marks of the user's day and month."""
        today = at.astimezone(zone).date()
        month = today.replace(day=1)
        self.today.update(today, spending.on_days(today, today, zone))
        self.month.update(month, spending.on_days(month, today, zone))

    def as_json(self) -> Json:
        """Return the data for storage."""
        return {
            "estimate": self.estimate.as_json(),
            "today": self.today.as_json(),
            "month": self.month.as_json(),
        }

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Restore from stored data."""
        extremes: Mapping[str, object] = expect(stored, dict)
        return cls(
            LowestEstimate.from_json(extremes["estimate"]),
            HighWaterMark.from_json(extremes["today"]),
            HighWaterMark.from_json(extremes["month"]),
        )
