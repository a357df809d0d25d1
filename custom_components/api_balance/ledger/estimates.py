"""Estimates of how long a balance lasts, and how much of it is left."""

from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final

from .hours import day_start, hour_of, hour_start

# Beyond two days the hour would change with every reading.
_NEAR_HOURS: Final = 2 * 24
# An estimate of more than ten years is of no use.
_MAX_DAYS: Final = 3650
_DAYS_PLACES: Final = Decimal("0.000001")
_PERCENT_PLACES: Final = Decimal("0.1")


def days_left(balance: Decimal | None, rate: Decimal | None) -> Decimal | None:
    """Return the days until a balance runs out; None if that is unknown."""
    if balance is None or rate is None or balance <= 0 or rate <= 0:
        return None
    days = balance / rate
    return None if days > _MAX_DAYS else days.quantize(_DAYS_PLACES)


def run_out(days: Decimal | None, now: datetime, zone: tzinfo) -> datetime | None:
    """Return when a balance runs out, in UTC: the hour, or the start of the user's day."""
    if days is None:
        return None
    hours = int((days * 24).to_integral_value())
    moment = hour_start(hour_of(now) + hours)
    if hours <= _NEAR_HOURS:
        return moment
    return day_start(moment.astimezone(zone).date(), zone)


def percent_left(balance: Decimal | None, full: Decimal) -> Decimal | None:
    """Return the percentage that is left; None if that is unknown."""
    if balance is None or full <= 0:
        return None
    return max(balance / full * 100, Decimal(0)).quantize(_PERCENT_PLACES)
