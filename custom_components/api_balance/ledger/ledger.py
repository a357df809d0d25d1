"""The history of one balance."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Context, Decimal, localcontext
from typing import Final, Self

from .alarm import Alarm
from .confirmation import Severity
from .drop import Drop
from .estimates import days_left, percent_left, run_out
from .extremes import Extremes
from .hours import DAY, hour_of
from .models import BalanceEvent, EventType, Figures, Reading
from .reset import remove_all, remove_since
from .spending import KEPT_DAYS, Spending
from .state import LedgerState

# Amounts have at most 15 digits before the point and 12 after it, so that sums are exact.
_EXACT: Final = Context(prec=60)
_RENEWAL_TIME: Final = DAY


@dataclass(slots=True, kw_only=True)
class Ledger(LedgerState):
    """The history of one balance: its events, alarm, spending and estimates.

    A response is an observation, not yet a fact: call admit first, and record only what it admits.
    """

    _figures: tuple[datetime, tzinfo, Figures] | None = field(
        default=None, repr=False, compare=False
    )
    """The last figures; cached, since each reading needs them before and after it."""

    @classmethod
    def start(cls, reading: Reading) -> Self:
        """Start with the first reading, which is the baseline: it causes no event."""
        return cls(
            last=reading,
            reset=reading.next_reset,
            full=reading.balance,
            alarm=Alarm(low=reading.low, emptied=reading.balance <= 0),
            spending=Spending(since=reading.at),
            changed_from=hour_of(reading.at),
        )

    @property
    def balance(self) -> Decimal:
        """Return the balance of the last accepted reading."""
        return self.last.balance

    @property
    def low(self) -> bool:
        """Return whether a low-balance alarm is active."""
        return self.alarm.low

    @property
    def awaits_confirmation(self) -> bool:
        """Return whether another request should follow in 30 to 60 seconds."""
        return bool(self.confirmation.pending)

    def admit(self, reading: Reading) -> bool:
        """Return whether a reading may be recorded now; if not, another one must confirm it."""
        return self.confirmation.admit(self._severity(reading), reading.at)

    def admit_no_credits(self, at: datetime) -> bool:
        """Return whether HTTP 402 may be recorded now; if not, it must be confirmed."""
        return self.confirmation.admit(Severity.NONE if self.no_credits else Severity.ALARM, at)

    def _severity(self, reading: Reading) -> Severity:
        """Return how suspicious a reading is; only a drop from a positive balance can be."""
        if self.no_credits or self.balance <= 0 or reading.balance >= self.balance:
            return Severity.NONE
        if reading.low and not self.low:
            return Severity.ALARM
        if reading.balance * 2 < self.balance:
            return Severity.LARGE_DROP
        return Severity.NONE

    def record(self, reading: Reading, zone: tzinfo, *, refreshed: bool = False) -> None:
        """Record a reading.

        The zone is the user's, for days and months. Refreshed means that a person requested the
        reading: if it is not low, it ends an alarm immediately. If the clock was put back, so
        that the reading seems to be earlier than the last one, no time has passed between them.
        """
        with localcontext(_EXACT):
            removed = self.spending.settle(reading.at, zone)
            if removed is not None and removed >= self.changed_from:
                # It was written before, and would now be written without the spending.
                self.changed_from = removed + 1
            change = reading.balance - self.balance
            event = self._apply(reading, change)
            self._accept(reading, event)
            self.extremes.update_spending(self.spending, reading.at, zone)
            if event is None:
                self.extremes.estimate.add(reading.at, self._days_left(reading.at))
            else:
                self._queue(event, reading.at, zone, change)
            self._update_alarm(reading.at, zone, ends=event is not None or refreshed)
            self._figures = None

    def record_no_credits(self, at: datetime, zone: tzinfo, *, threshold: Decimal) -> None:
        """Record that nothing is left, although the amount is unknown (HTTP 402).

        No spending is recorded. The next reading is compared with the last accepted one.
        """
        self.no_credits = True
        self.last = self.last._replace(threshold=threshold)
        self._figures = None
        self._update_alarm(at, zone, ends=False)

    def set_threshold(self, threshold: Decimal, at: datetime, zone: tzinfo) -> None:
        """Change the threshold, and update the alarm with the last accepted reading."""
        self.last = self.last._replace(threshold=threshold)
        self._update_alarm(at, zone, ends=True)

    def rebase(self, balance: Decimal) -> None:
        """Continue from another balance, because it is calculated in another way from now on.

        The difference is neither spending nor a top-up; the next reading decides about the alarm.
        """
        self.last = self.last._replace(balance=balance, paid=None, granted=None)
        self.before, self.full, self.no_credits = None, balance, False
        self._figures = None

    def end_alarm(self) -> None:
        """End the alarm without an event: there is no balance to watch any more."""
        self.alarm = Alarm(low=False, emptied=False)

    def reset_spending(self, since: datetime | None, now: datetime, zone: tzinfo) -> None:
        """Remove the spending since a moment, or all of it; the alarm stays as it is."""
        with localcontext(_EXACT):
            if since is None:
                remove_all(self.spending, now)
                self.clear_statistics, self.changed_from = True, hour_of(now)
            else:
                self._mark_changed(remove_since(self.spending, since, now, zone))
            self.extremes = Extremes()
            self.extremes.estimate.add(now, self._days_left(now))
            self._figures = None

    def _apply(self, reading: Reading, change: Decimal) -> EventType | None:
        """Classify a change of the balance, and add it to the spending or deduct it."""
        start = min(self.last.at, reading.at)
        if self._is_renewal(reading, change):
            self.reset = None
            return EventType.RENEWED
        if change < 0:
            self.spending.add(Drop.between(start, reading.at, -change))
            self._mark_changed(start)
        elif not change:
            # Without credits nothing can be spent, so this time must not lower the rate.
            if reading.balance > 0:
                self.spending.observe(start, reading.at)
        elif self._is_top_up(reading) or (changed := self.spending.refund(change)) is None:
            self.last_top_up = (reading.at, change)
            return EventType.TOPPED_UP
        else:
            self.spending.observe(start, reading.at)
            self._mark_changed(changed)
        return None

    def _is_renewal(self, reading: Reading, change: Decimal) -> bool:
        """Return whether the allowance was renewed: the first change within a day after its end."""
        if self.reset is None or not self.reset <= reading.at <= self.reset + _RENEWAL_TIME:
            return False
        return bool(change) or reading.next_reset is not None

    def _is_top_up(self, reading: Reading) -> bool:
        """Return whether an increase must be a top-up.

        After HTTP 402 it is treated as one, since the spending before it is unknown.
        """
        return (
            reading.tops_up
            or self.no_credits
            or _has_increased(self.last.paid, reading.paid)
            or _has_increased(self.last.granted, reading.granted)
        )

    def _accept(self, reading: Reading, event: EventType | None) -> None:
        """Make a reading the last accepted one."""
        self.before, self.last, self.no_credits = self.balance, reading, False
        self.reset = reading.next_reset or self.reset
        self.spending.since = min(self.spending.since, reading.at)
        if event is not None:
            self.full = reading.balance
            self.extremes.estimate.hours.clear()
        self.full = max(self.full, reading.balance)

    def _mark_changed(self, moment: datetime) -> None:
        """Mark the statistics from a moment on as changed."""
        self.changed_from = min(self.changed_from, hour_of(moment))

    def _update_alarm(self, at: datetime, zone: tzinfo, *, ends: bool) -> None:
        """Update the alarm, and queue its events."""
        events = self.alarm.update(
            at,
            low=self.no_credits or self.last.low,
            empty=self.no_credits or self.balance <= 0,
            ends=ends,
        )
        for event in events:
            self._queue(event, at, zone)

    def _queue(
        self, event: EventType, at: datetime, zone: tzinfo, amount: Decimal | None = None
    ) -> None:
        """Queue an event for delivery."""
        self.pending.append(
            BalanceEvent(
                type=event,
                balance=None if self.no_credits else self.balance,
                threshold=self.last.threshold,
                amount=amount,
                run_out=self._calculate_figures(at, zone).run_out,
            )
        )

    def _days_left(self, now: datetime) -> Decimal | None:
        """Return the days until the balance runs out; None if that is unknown."""
        return days_left(self._known_balance, self.spending.rate(now))

    @property
    def _known_balance(self) -> Decimal | None:
        """Return the balance; None while only HTTP 402 is known."""
        return None if self.no_credits else self.balance

    def figures(self, now: datetime, zone: tzinfo) -> Figures:
        """Return the figures at a moment, in the user's time zone."""
        if self._figures is None or self._figures[:2] != (now, zone):
            self._figures = now, zone, self._calculate_figures(now, zone)
        return self._figures[2]

    def _calculate_figures(self, now: datetime, zone: tzinfo) -> Figures:
        """Calculate the figures at a moment, in the user's time zone."""
        today = now.astimezone(zone).date()
        yesterday, month = today - DAY, today.replace(day=1)
        last_month = (month - DAY).replace(day=1)
        since = self.spending.since.astimezone(zone).date()
        spent_on = self.spending.on_days
        limit = self.last.limit
        with localcontext(_EXACT):
            days = self._days_left(now)
            spent_today = spent_on(today, today, zone)
            spent_this_month = spent_on(month, today, zone)
            return Figures(
                day=today,
                spent_today=spent_today,
                spent_yesterday=spent_on(yesterday, yesterday, zone) if since < today else None,
                spent_this_month=spent_this_month,
                spent_last_month=(
                    spent_on(last_month, month - DAY, zone) if since < month else None
                ),
                max_spent_today=self.extremes.today.of(today, spent_today),
                max_spent_this_month=self.extremes.month.of(month, spent_this_month),
                spending_rate=self.spending.rate(now),
                days_left=days,
                min_days_left=self.extremes.estimate.days,
                run_out=run_out(days, now, zone),
                last_top_up=self.last_top_up[0] if self.last_top_up else None,
                last_top_up_amount=self.last_top_up[1] if self.last_top_up else None,
                percent_left=percent_left(
                    self._known_balance, limit if limit is not None and limit > 0 else self.full
                ),
            )

    def has_unwritten_spending(self, now: datetime) -> bool:
        """Return whether an hour before the current one has spending that is not written."""
        hours = range(self.changed_from, hour_of(now))
        return max(self.spending.hours, default=-1) in hours or any(
            hour_of(drop.start) in hours or hour_of(drop.end) in hours
            for drop in self.spending.recent
        )

    def hourly_spending(self, now: datetime) -> list[tuple[int, Decimal, Decimal]]:
        """Return the hours that have changed: hour, spending, and total at the end of the hour."""
        with localcontext(_EXACT):
            this_hour = hour_of(now)
            first = min(max(self.changed_from, this_hour - KEPT_DAYS * 24), this_hour)
            return list(self.spending.by_hour(first, this_hour))

    def restart_statistics(self) -> None:
        """Start the statistics again with the hours that are known."""
        with localcontext(_EXACT):
            self.spending.settled = sum(self.spending.hours.values(), Decimal(0))
            self.changed_from = self.spending.first_hour(self.last.at)

    def mark_written(self, now: datetime) -> None:
        """Mark the statistics before the current hour as written."""
        self.changed_from, self.clear_statistics = hour_of(now), False


def _has_increased(before: Decimal | None, after: Decimal | None) -> bool:
    """Return whether an amount is known to have increased."""
    return before is not None and after is not None and after > before
