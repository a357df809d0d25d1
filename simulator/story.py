"""The demo's story: what its accounts spend, and when they are topped up.

Everything follows from the beginning of the story, so a restarted simulator continues it. The
documented responses are what the accounts hold at the beginning: a month of history precedes it,
and some minutes of faster spending follow, for somebody to watch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from itertools import accumulate
from typing import Final

from .files import load

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
HISTORY: Final = 30 * _DAY

# Share of the busiest hour that each hour of a day spends: people work from eight to six.
_HOURS: Final = (
    *(0.08, 0.05, 0.04, 0.04, 0.05, 0.08, 0.2, 0.45),
    *(0.8, 0.95, 1.0, 0.9, 0.55, 0.85, 1.0, 0.95),
    *(0.8, 0.6, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1),
)
_WEEKEND: Final = 0.35
_SATURDAY: Final = 5
# Its multiples are spread evenly between the integers, without a visible order.
_GOLDEN: Final = 0.6180339887


@dataclass(frozen=True, kw_only=True)
class Account:
    """What happens to one account; times are relative to the story's beginning."""

    slug: str
    key: str
    """The first of its credentials, which no other account has."""
    step: Decimal
    """What the cheapest request costs."""
    a_day: float
    """What an average working day spends."""
    until: timedelta | None = None
    """When nothing was left; None for an account that is still used."""
    top_ups: tuple[tuple[timedelta, int], ...]
    """Times and amounts of the top-ups, in order."""
    hurry: tuple[timedelta, timedelta, float] | None = None
    """Beginning and end of faster spending, and the additional amount per minute."""

    def moves(self, begin: datetime, start: datetime, end: datetime) -> Iterator[Decimal]:
        """Yield what is spent between two times, in order; top-ups are negative.

        If the end is before the start, one amount reverses everything in between.
        """
        if end < start:
            yield -sum(self.moves(begin, end, start), Decimal(0))
            return
        for after, amount in self.top_ups:
            if start < (moment := begin + after) <= end:
                yield self._spent(begin, moment) - self._spent(begin, start)
                yield Decimal(-amount)
                start = moment
        yield self._spent(begin, end) - self._spent(begin, start)

    def readings(self, begin: datetime) -> list[datetime]:
        """Return the times of the history: each full hour, around top-ups, and the beginning."""
        hour = begin.replace(minute=0, second=0, microsecond=0)
        hours = (hour - ago * _HOUR for ago in range(HISTORY // _HOUR))
        around = (
            moment
            for after, _ in self.top_ups
            for moment in (begin + after - _SECOND, begin + after)
        )
        return sorted({begin, *(moment for moment in (*hours, *around) if moment < begin)})

    def _spent(self, begin: datetime, moment: datetime) -> Decimal:
        """Return what was spent between the first day of the history and a time."""
        end = moment if self.until is None else min(moment, begin + self.until)
        # Working hours are those of the time zone in which the story began.
        end = end.astimezone(begin.tzinfo)
        today, salt = end.toordinal(), len(self.key)
        days = sum(_day(day, salt)[-1] for day in range((begin - HISTORY).toordinal(), today))
        before, after = _day(today, salt)[end.hour : end.hour + 2]
        part = (end.minute * 60 + end.second) / 3600
        spent = self.a_day * (days + before + (after - before) * part)
        if self.hurry:
            first, last, a_minute = self.hurry
            spent += a_minute * ((min(max(moment - begin, first), last) - first) / _MINUTE)
        return (Decimal(spent) / self.step).to_integral_value(ROUND_FLOOR) * self.step


@cache
def _day(day: int, salt: int) -> tuple[float, ...]:
    """Return what was spent by each full hour of a day, in shares of an average working day."""
    is_weekend = date.fromordinal(day).weekday() >= _SATURDAY
    of_the_day = (_WEEKEND if is_weekend else 1) * (0.6 + 0.8 * ((day + salt) * _GOLDEN % 1))
    hours = [
        share * (0.7 + 0.6 * (((day + salt) * 24 + hour) * _GOLDEN % 1))
        for hour, share in enumerate(_HOURS)
    ]
    return tuple(of_the_day * part / sum(_HOURS) for part in accumulate(hours, initial=0.0))


@cache
def accounts() -> dict[tuple[str, str], Account]:
    """Return the story's accounts, by slug and key."""
    found = {}
    for api in load().values():
        if not api.story:
            continue
        story = dict(api.story)
        key = f"{api.auth.get('prefix', '')}{story.pop('scenario')}.story"
        hurry = story.pop("hurry", None)
        found[api.slug, key] = Account(
            slug=api.slug,
            key=key,
            step=Decimal(story.pop("step")),
            until=timedelta(**story.pop("until")) if "until" in story else None,
            top_ups=tuple((timedelta(**at), amount) for at, amount in story.pop("top_ups")),
            hurry=hurry and (timedelta(**hurry[0]), timedelta(**hurry[1]), float(hurry[2])),
            a_day=float(story.pop("a_day")),
        )
    return found
