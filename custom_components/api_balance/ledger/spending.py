"""Where a balance goes: what was spent and what was topped up, from readings alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Context, Decimal, localcontext
from typing import Final, Self

# Amounts have at most 15 places before the point and 12 behind it: no sum of them is ever rounded.
_EXACT: Final = Context(prec=60)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

# The window of the spending rate: a whole week, since people work on some days and not on others.
_WINDOW_HOURS: Final = 7 * 24
# A rate from less than a day would take a morning's work for a habit.
_LEAST_OBSERVED: Final = 24 * 60 * 60
# Up to here the hour of running out matters; beyond it every reading would move it.
_NEAR_HOURS: Final = 2 * 24
# Beyond this a run-out time says no more than that there is enough.
_FARTHEST: Final = timedelta(days=3650)
# A month, and the days that a clock may be wrong by.
_KEPT_DAYS: Final = 33
# A clock that was put back may find hours that are still to come.
_KEPT_HOURS_AHEAD: Final = 48
_RATE_PLACES: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the readings of one balance say at one moment; amounts are in the balance's unit."""

    spent_today: Decimal
    """What was spent since today_since; never negative."""
    today_since: datetime
    """The user's midnight, or the first reading if it came later."""
    spent_this_month: Decimal
    """What was spent since month_since; never negative."""
    month_since: datetime
    """The start of the user's month, or the first reading if it came later."""
    spending_rate: Decimal | None
    """What is spent a day, over the last seven; None until 24 hours have been observed."""
    run_out: datetime | None
    """When nothing will be left at that rate: the hour, or beyond two days the user's day.

    None without a rate, beyond ten years, and where nothing is left already.
    """
    last_top_up: datetime | None
    """When the balance last rose; None if it never has."""
    last_top_up_amount: Decimal | None
    """By how much it rose then; positive."""


@dataclass(slots=True, kw_only=True)
class Spending:
    """The account of one balance: a fall is spending, a rise is a top-up.

    Times are in UTC. A fall is spread evenly over the time between the two readings that show it,
    in whole units of its own last place, so that an outage does not put a week on one day and all
    shares together are exactly the fall.
    """

    since: datetime
    """The first reading."""
    at: datetime
    """The last reading."""
    balance: Decimal
    """What it read."""
    days: dict[date, Decimal]
    """What was spent on the user's days of the last month; days without spending are left out."""
    hours: dict[int, tuple[Decimal, int]]
    """For hours since 1970, of the last week: what was spent, and the seconds observed."""
    last_top_up: tuple[datetime, Decimal] | None = None
    """When the balance last rose, and by how much."""
    _known: tuple[tuple[int, date, tzinfo], Figures] | None = field(
        default=None, init=False, repr=False, compare=False
    )
    """The last figures, with the hour and the user's day that they are of."""

    @classmethod
    def start(cls, balance: Decimal, at: datetime) -> Self:
        """Begin with a first reading, which is neither spending nor a top-up."""
        return cls(since=at, at=at, balance=balance, days={}, hours={})

    def record(self, balance: Decimal, at: datetime, zone: tzinfo) -> Decimal:
        """Add a reading; return the change of the balance, negative for spending.

        A reading that is earlier than the last one (the clock was put back) counts as one that
        took no time.
        """
        with localcontext(_EXACT):
            change = balance - self.balance
            fall = max(-change, Decimal(0))
            start = min(self.at, at)
            if change > 0:
                self.last_top_up = (at, change)
            for day, spent in _by_day(fall, start, at, zone):
                if spent:
                    self.days[day] = self.days.get(day, Decimal(0)) + spent
            # What was spent while the balance rose cannot be seen, and where nothing is left
            # nothing can be spent: neither says how fast the credits go.
            if fall or (not change and balance > 0):
                for hour, spent, seconds in _by_hour(fall, start, at):
                    before, watched = self.hours.get(hour, (Decimal(0), 0))
                    self.hours[hour] = (before + spent, watched + seconds)
        is_new_hour = _hour(at) != _hour(self.at)
        if change or is_new_hour:
            self._known = None
        self.since = min(self.since, at)
        self.at = at
        self.balance = balance
        if is_new_hour:
            self._forget(zone)
        return change

    def figures(self, now: datetime, zone: tzinfo) -> Figures:
        """Return what the readings say now; within an hour only a change of the balance counts."""
        today = now.astimezone(zone).date()
        key = (_hour(now), today, zone)
        # To add up a week and a month would cost more than all else that a poll does here.
        if self._known is None or self._known[0] != key:
            self._known = (key, self._figures(now, today, zone))
        return self._known[1]

    def _figures(self, now: datetime, today: date, zone: tzinfo) -> Figures:
        """Return what the readings say, worked out anew."""
        first = today.replace(day=1)
        rate = self._rate(now)
        top_up, amount = self.last_top_up or (None, None)
        with localcontext(_EXACT):
            month = sum(
                (spent for day, spent in self.days.items() if first <= day <= today), Decimal(0)
            )
        return Figures(
            spent_today=self.days.get(today, Decimal(0)),
            today_since=max(_midnight(today, zone), self.since),
            spent_this_month=month,
            month_since=max(_midnight(first, zone), self.since),
            spending_rate=rate,
            run_out=None if rate is None else self._run_out(rate, now, zone),
            last_top_up=top_up,
            last_top_up_amount=amount,
        )

    def _rate(self, now: datetime) -> Decimal | None:
        """Return what is spent a day, over the hours that are complete.

        Within an hour it stays the same, so that an unchanged answer changes nothing.
        """
        this_hour = _hour(now)
        window = [
            self.hours[hour]
            for hour in range(this_hour - _WINDOW_HOURS, this_hour)
            if hour in self.hours
        ]
        observed = sum(seconds for _, seconds in window)
        if observed < _LEAST_OBSERVED:
            return None
        with localcontext(_EXACT):
            spent = sum((spent for spent, _ in window), Decimal(0))
            return (spent * 86400 / observed).quantize(_RATE_PLACES).normalize()

    def _run_out(self, rate: Decimal, now: datetime, zone: tzinfo) -> datetime | None:
        """Return when nothing will be left."""
        if rate <= 0 or self.balance <= 0:
            return None
        with localcontext(_EXACT):
            days = self.balance / rate
            if days > _FARTHEST / _DAY:
                return None
            hours = int((days * 24).to_integral_value())
        moment = _EPOCH + (_hour(now) + hours) * _HOUR
        if hours <= _NEAR_HOURS:
            return moment
        return _midnight(moment.astimezone(zone).date(), zone)

    def _forget(self, zone: tzinfo) -> None:
        """Drop what no figure can need any more: there is a bound to what is kept."""
        today, hour = self.at.astimezone(zone).date(), _hour(self.at)
        for day in [day for day in self.days if abs((day - today).days) > _KEPT_DAYS]:
            del self.days[day]
        for key in [key for key in self.hours if not _is_kept(key - hour)]:
            del self.hours[key]


def _is_kept(hours_from_now: int) -> bool:
    """Return whether an hour may still be needed."""
    return -_WINDOW_HOURS <= hours_from_now <= _KEPT_HOURS_AHEAD


def _hour(moment: datetime) -> int:
    """Return the number of whole hours since 1970."""
    return (moment - _EPOCH) // _HOUR


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins, in UTC; days have 23 or 25 hours twice a year."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _by_day(
    amount: Decimal, start: datetime, end: datetime, zone: tzinfo
) -> Iterator[tuple[date, Decimal]]:
    """Yield the share of each of the user's days in an amount that was spent evenly."""
    if not amount:
        return
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    day = max(day, last - _KEPT_DAYS * _DAY)
    before = _share(amount, start, _midnight(day, zone), end)
    while day < last:
        until = _share(amount, start, _midnight(day + _DAY, zone), end)
        yield day, until - before
        day, before = day + _DAY, until
    yield last, amount - before


def _by_hour(amount: Decimal, start: datetime, end: datetime) -> Iterator[tuple[int, Decimal, int]]:
    """Yield the share of each hour in an amount that was spent evenly, and its seconds."""
    last = _hour(end)
    hour = max(_hour(start), last - _WINDOW_HOURS)
    begin = max(start, _EPOCH + hour * _HOUR)
    before = _share(amount, start, begin, end)
    while hour < last:
        edge = _EPOCH + (hour + 1) * _HOUR
        until = _share(amount, start, edge, end)
        yield hour, until - before, round((edge - begin).total_seconds())
        hour, begin, before = hour + 1, edge, until
    yield last, amount - before, round((end - begin).total_seconds())


def _share(amount: Decimal, start: datetime, moment: datetime, end: datetime) -> Decimal:
    """Return what was spent up to a moment, in whole units of the amount's last place."""
    if moment <= start:
        return Decimal(0)
    if moment >= end:
        return amount
    elapsed, whole = (moment - start) // _MICROSECOND, (end - start) // _MICROSECOND
    exponent = amount.as_tuple().exponent
    place = Decimal(1).scaleb(min(exponent if isinstance(exponent, int) else 0, 0))
    return (amount * elapsed / whole).quantize(place)
