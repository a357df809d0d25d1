"""Spending by day and by hour."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Final, Self

from .drop import Drop
from .hours import DAY, HOUR, day_start, hour_of, hour_start, seconds_by_hour
from .serialization import Json, amount_from, expect, join, time_from

# The rate covers a whole week, since spending differs between weekdays and weekends.
WINDOW_HOURS: Final = 7 * 24
# A rate from less than a day would mistake a single morning for a habit.
_MIN_OBSERVED: Final = 24 * 60 * 60
_RATE_PLACES: Final = Decimal("0.000001")
_REFUND_TIME: Final = HOUR
# A limit for the file. With more decreases per hour, a refund reaches back less than an hour.
_MAX_RECENT: Final = 30
# This month and the last one, and a day for a change of the time zone.
KEPT_DAYS: Final = 63
# If the clock was put back, hours in the future are needed again.
_KEPT_HOURS_AHEAD: Final = 48


@dataclass(slots=True, kw_only=True)
class Spending:
    """Spending derived from the readings of one balance.

    A decrease can be refunded for an hour. After that it is added to the days and hours.
    """

    since: datetime
    """When the first reading was taken, or all spending was removed; in UTC."""
    settled: Decimal = Decimal(0)
    """Spending since the statistics began, without recent decreases."""
    days: dict[date, Decimal] = field(default_factory=dict)
    """Spending on the user's days, without recent decreases and days without spending."""
    hours: dict[int, Decimal] = field(default_factory=dict)
    """Spending by hour since 1970, without recent decreases and hours without spending."""
    observed: dict[int, int] = field(default_factory=dict)
    """Observed seconds by hour since 1970: in this time, spending would have been seen."""
    recent: list[Drop] = field(default_factory=list)
    """Decreases that were read during the last hour, oldest first."""
    _rate: tuple[int, Decimal | None] | None = field(default=None, repr=False, compare=False)
    """The rate, and the hour for which it was calculated; cached, since it sums up a week."""
    _sums: dict[tuple[date, date, tzinfo], Decimal] = field(
        default_factory=dict, repr=False, compare=False
    )
    """Sums of days; cached, since every reading needs them, and most readings change nothing."""
    _pruned: tuple[int, date] | None = field(default=None, repr=False, compare=False)
    """The hour and day for which old days and hours were removed."""

    def first_hour(self, at: datetime) -> int:
        """Return the earliest known hour; at is the last reading, if there is no other one."""
        recent = (hour_of(drop.start) for drop in self.recent)
        return min((hour_of(at), *self.hours, *self.observed, *recent))

    @property
    def total(self) -> Decimal:
        """Return the spending since the statistics began; never negative."""
        return sum((drop.counted for drop in self.recent), self.settled)

    def add(self, drop: Drop) -> None:
        """Add a decrease."""
        self.recent.append(drop)
        self._sums.clear()
        self.observe(drop.start, drop.end)

    def refund(self, amount: Decimal) -> datetime | None:
        """Deduct an amount from the recent decreases, the latest first.

        Returns the earliest moment that has changed; None if the amount is larger than all of
        them together, so that it cannot be a refund.
        """
        if amount > sum(drop.amount for drop in self.recent):
            return None
        changed = self.recent[-1].start
        for drop in reversed(self.recent):
            if not amount:
                break
            part = min(amount, drop.amount)
            drop.amount -= part
            amount -= part
            changed = min(changed, drop.start)
        self._sums.clear()
        self._discard_rate(changed)
        return changed

    def observe(self, start: datetime, end: datetime) -> None:
        """Add the time between two readings to the observed time."""
        for hour, seconds in seconds_by_hour(start, end, hour_of(end) - WINDOW_HOURS):
            if seconds:
                self.observed[hour] = self.observed.get(hour, 0) + seconds
        self._discard_rate(start)

    def _discard_rate(self, changed: datetime) -> None:
        """Discard the cached rate if it covers the moment from which something has changed."""
        if self._rate is not None and hour_of(changed) < self._rate[0]:
            self._rate = None

    def invalidate(self) -> None:
        """Discard the cached rate and sums."""
        self._rate = None
        self._sums.clear()

    def settle(self, at: datetime, zone: tzinfo) -> int | None:
        """Settle the decreases that can no longer be refunded, and remove old days and hours.

        Returns the latest hour whose spending was removed; None if no hour had spending.
        """
        settling = [drop for drop in self.recent if abs(at - drop.end) > _REFUND_TIME]
        recent = [drop for drop in self.recent if abs(at - drop.end) <= _REFUND_TIME]
        settling += recent[:-_MAX_RECENT]
        self.recent = recent[-_MAX_RECENT:]
        today, hour = at.astimezone(zone).date(), hour_of(at)
        if not settling and self._pruned == (hour, today):
            return None
        self._pruned = (hour, today)
        self._sums.clear()
        first = hour - WINDOW_HOURS
        removed = [key for key in self.hours if key < first]
        for drop in settling:
            self._settle(drop, zone, today - KEPT_DAYS * DAY, first)
            if hour_of(drop.start) < first:
                removed.append(min(hour_of(drop.end), first - 1))
        self._prune(today, range(first, hour + _KEPT_HOURS_AHEAD + 1))
        return max(removed, default=None)

    def _prune(self, today: date, kept: range) -> None:
        """Remove old days, and all hours but those that are kept."""
        self.days = {
            day: spent for day, spent in self.days.items() if abs(day - today).days <= KEPT_DAYS
        }
        self.hours = {key: spent for key, spent in self.hours.items() if key in kept}
        self.observed = {key: seconds for key, seconds in self.observed.items() if key in kept}

    def _settle(self, drop: Drop, zone: tzinfo, first_day: date, first_hour: int) -> None:
        """Add a decrease to the days and hours."""
        self.settled += drop.counted
        for day, spent in drop.by_day(zone, first_day):
            self.days[day] = self.days.get(day, Decimal(0)) + spent
        for hour, spent in drop.by_hour(first_hour):
            self.hours[hour] = self.hours.get(hour, Decimal(0)) + spent

    def on_days(self, first: date, last: date, zone: tzinfo) -> Decimal:
        """Return the spending from the first to the last of the user's days."""
        if (found := self._sums.get((first, last, zone))) is not None:
            return found
        start, end = day_start(first, zone), day_start(last + DAY, zone)
        settled = sum(
            (spent for day, spent in self.days.items() if first <= day <= last), Decimal(0)
        )
        total = sum((drop.spent_between(start, end) for drop in self.recent), settled)
        self._sums[first, last, zone] = total
        return total

    def rate(self, now: datetime) -> Decimal | None:
        """Return the average spending per day in the hours before this one; None if unknown.

        It stays the same during an hour, so that an unchanged response changes no state.
        """
        hour = hour_of(now)
        if self._rate is None or self._rate[0] != hour:
            self._rate = (hour, self._calculate_rate(hour))
        return self._rate[1]

    def _calculate_rate(self, this_hour: int) -> Decimal | None:
        """Return the average spending per day in the week before an hour."""
        window = range(this_hour - WINDOW_HOURS, this_hour)
        observed = sum(seconds for hour, seconds in self.observed.items() if hour in window)
        if observed < _MIN_OBSERVED:
            return None
        start, end = hour_start(window.start), hour_start(window.stop)
        settled = sum((spent for hour, spent in self.hours.items() if hour in window), Decimal(0))
        spent = sum((drop.spent_between(start, end) for drop in self.recent), settled)
        return (spent * 86400 / observed).quantize(_RATE_PLACES).normalize()

    def by_hour(self, first: int, this_hour: int) -> Iterator[tuple[int, Decimal, Decimal]]:
        """Yield each hour, starting at a certain one, its spending, and the total at its end.

        The last one is the current hour, or a later one if the clock was put back.
        """
        spent = dict(self.hours)
        for drop in self.recent:
            for hour, amount in drop.by_hour(first):
                spent[hour] = spent.get(hour, Decimal(0)) + amount
        last = min(max((this_hour, *spent)), this_hour + _KEPT_HOURS_AHEAD)
        hours = range(first, last + 1)
        total = self.total - sum(spent.get(hour, Decimal(0)) for hour in hours)
        for hour in hours:
            total += spent.get(hour, Decimal(0))
            yield hour, spent.get(hour, Decimal(0)), total

    def as_json(self) -> dict[str, Json]:
        """Return the data for storage."""
        first_day = min(self.days, default=date.min)
        days = range((max(self.days, default=date.min) - first_day).days + 1)
        known = self.hours.keys() | self.observed.keys()
        hours = range(min(known, default=0), max(known, default=0) + 1)
        return {
            "since": self.since.isoformat(),
            "settled": str(self.settled),
            "first_day": first_day.isoformat(),
            "days": join(self.days.get(first_day + day * DAY, 0) for day in days),
            "first_hour": hours.start,
            "hours": join(self.hours.get(hour, 0) for hour in hours),
            "observed": join(self.observed.get(hour, 0) for hour in hours),
            "recent": [drop.as_json() for drop in self.recent],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """Restore from stored data."""
        first_day = date.fromisoformat(expect(stored["first_day"], str))
        first_hour = expect(stored["first_hour"], int)
        days, hours, observed = (
            expect(stored[key], str).split(" ") for key in ("days", "hours", "observed")
        )
        return cls(
            since=time_from(stored["since"]),
            settled=amount_from(stored["settled"]),
            days={
                first_day + day * DAY: amount_from(spent)
                for day, spent in enumerate(days)
                if spent != "0"
            },
            hours={
                hour: amount_from(spent)
                for hour, spent in enumerate(hours, first_hour)
                if spent != "0"
            },
            observed={
                hour: int(seconds)
                for hour, seconds in enumerate(observed, first_hour)
                if seconds != "0"
            },
            recent=[Drop.from_json(drop) for drop in expect(stored["recent"], list)],
        )
