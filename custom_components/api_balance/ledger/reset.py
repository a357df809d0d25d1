"""Remove spending that should not be counted."""

from datetime import datetime, tzinfo
from decimal import Decimal

from .drop import Drop
from .hours import DAY, HOUR, day_start, hour_of, hour_start
from .spending import KEPT_DAYS, WINDOW_HOURS, Spending


def remove_all(spending: Spending, now: datetime) -> None:
    """Remove all spending, as if the account had been added now."""
    spending.since, spending.settled = now, Decimal(0)
    spending.days, spending.hours, spending.observed = {}, {}, {}
    _remove_recent(spending, datetime.min.replace(tzinfo=now.tzinfo))


def remove_since(spending: Spending, since: datetime, now: datetime, zone: tzinfo) -> datetime:
    """Remove the spending since a moment; return the moment from which it was removed.

    Before the last week only whole days are known, so it is removed from the start of the day.
    Days that are no longer kept cannot be removed.
    """
    today = now.astimezone(zone).date()
    day = max(since.astimezone(zone).date(), today - KEPT_DAYS * DAY)
    removed_days = {each: spent for each, spent in spending.days.items() if each >= day}
    spending.days = {each: spent for each, spent in spending.days.items() if each < day}
    if hour_of(since) < hour_of(now) - WINDOW_HOURS:
        since = day_start(day, zone)
        removed = sum(removed_days.values(), Decimal(0))
    else:
        drops = [
            Drop.between(hour_start(hour), hour_start(hour + 1), spent)
            for hour, spent in spending.hours.items()
            if hour >= hour_of(since)
        ]
        removed, next_day = Decimal(0), day_start(day + DAY, zone)
        left = removed_days.get(day, Decimal(0))
        for drop in drops:
            removed += drop.spent_between(since, drop.end)
            left -= drop.spent_between(since, next_day)
        if left > 0:
            spending.days[day] = left
    spending.settled = max(spending.settled - removed, Decimal(0))
    _remove_hours(spending, since)
    _remove_recent(spending, since)
    return since


def _remove_hours(spending: Spending, since: datetime) -> None:
    """Remove the hours since a moment, and part of the hour that contains it."""
    hour = hour_of(since)
    spent, observed = spending.hours.get(hour, Decimal(0)), spending.observed.get(hour, 0)
    spending.hours = {each: amount for each, amount in spending.hours.items() if each < hour}
    spending.observed = {each: time for each, time in spending.observed.items() if each < hour}
    begin = hour_start(hour)
    if left := Drop.between(begin, begin + HOUR, spent).spent_until(since):
        spending.hours[hour] = left
    if seconds := round(observed * ((since - begin) / HOUR)):
        spending.observed[hour] = seconds


def _remove_recent(spending: Spending, since: datetime) -> None:
    """Stop counting recent decreases since a moment; they can still be refunded."""
    for drop in spending.recent:
        drop.counted_until = min(drop.counted_until, max(since, drop.start))
    spending.invalidate()
