"""The expected events and amounts, calculated from the responses that were accepted."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Amsterdam")
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@dataclass
class Drop:
    """A decrease of the balance, spread evenly over the time in which it happened."""

    start: datetime
    end: datetime
    amount: Decimal


class Expected:
    """What must come of the responses."""

    def __init__(
        self, balance: Decimal, threshold: Decimal, at: datetime, reset: datetime | None
    ) -> None:
        """Start with the first response."""
        self.at = at
        self.threshold = threshold
        self.balance = balance
        self.low = balance < threshold or balance <= 0
        self.events: Counter[str] = Counter()
        self.topped_up = Decimal(0)
        self.renewed = Decimal(0)
        self._start = balance
        self._drops: list[Drop] = []
        self._emptied = balance <= 0
        self._no_credits = False
        self._not_low_since: datetime | None = None
        self._reset = reset

    def read(self, balance: Decimal, at: datetime) -> None:
        """Add a good response that was accepted."""
        change = balance - self.balance
        ends = True
        if change and self._reset and self._reset <= at <= self._reset + _DAY:
            self.events["balance_renewed"] += 1
            self.renewed += change
            self._reset = None
        elif change < 0:
            self._drops.append(Drop(self.at, at, -change))
            ends = False
        elif change and (self._no_credits or not self._refund(change, at)):
            self.events["topped_up"] += 1
            self.topped_up += change
        else:
            ends = False
        self.balance, self.at, self._no_credits = balance, at, False
        self._update_alarm(at, ends=ends)

    def refuse(self, at: datetime) -> None:
        """Add a response that says that nothing is left."""
        self._no_credits = True
        self._update_alarm(at, ends=False)

    def set_threshold(self, threshold: Decimal, at: datetime) -> None:
        """Change the threshold."""
        self.threshold = threshold
        self._update_alarm(at, ends=True)

    def _refund(self, amount: Decimal, at: datetime) -> bool:
        """Take an increase off the spending of the last hour; return whether it fits."""
        recent = [drop for drop in self._drops if at - drop.end <= _HOUR]
        if sum(drop.amount for drop in recent) < amount:
            return False
        for drop in reversed(recent):
            taken = min(drop.amount, amount)
            drop.amount -= taken
            amount -= taken
        return True

    def _update_alarm(self, at: datetime, *, ends: bool) -> None:
        """Add the events that follow from balance and threshold."""
        empty = self._no_credits or self.balance <= 0
        if empty or self.balance < self.threshold:
            self._not_low_since = None
            self.events["balance_became_low"] += not self.low
            self.events["balance_emptied"] += empty and not self._emptied
            self.low, self._emptied = True, self._emptied or empty
        elif self.low:
            self._not_low_since = self._not_low_since or at
            if ends or at - self._not_low_since >= _HOUR:
                self.events["balance_recovered"] += 1
                self.low, self._emptied, self._not_low_since = False, False, None

    @property
    def spent(self) -> Decimal:
        """Return everything that was spent."""
        total = sum((drop.amount for drop in self._drops), Decimal(0))
        # Credits are neither created nor lost in the bookkeeping.
        assert self._start + self.topped_up + self.renewed - total == self.balance
        return total

    def spent_by_day(self) -> tuple[dict[date, Fraction], dict[date, int]]:
        """Return the exact spending by local day, and how often a share of it is rounded."""
        spent: defaultdict[date, Fraction] = defaultdict(Fraction)
        rounded: defaultdict[date, int] = defaultdict(int)
        for drop in self._drops:
            whole = Fraction((drop.end - drop.start).total_seconds())
            day = drop.start.astimezone(ZONE).date()
            while (start := midnight(day)) < drop.end:
                end = midnight(day + _DAY)
                seconds = (min(end, drop.end) - max(start, drop.start)).total_seconds()
                spent[day] += Fraction(seconds) / whole * Fraction(drop.amount)
                rounded[day] += 1
                day += _DAY
        return spent, rounded


def midnight(day: date) -> datetime:
    """Return when a local day starts."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)
