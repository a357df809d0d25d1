"""The ledger of one balance: its spending, and its alarm with each crossing told once."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Self

from .spending import Figures, Spending

type Json = Mapping[str, Json] | list[Json] | str | int | bool | None


class EventType(StrEnum):
    """What can happen to a balance; the value is the event entity's event type."""

    TOPPED_UP = "topped_up"
    """The balance rose."""
    RECOVERED = "recovered"
    """The balance is not low any more."""
    BECAME_LOW = "became_low"
    """The balance became low: see is_low."""
    EMPTIED = "emptied"
    """Nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceEvent:
    """Something that happened to a balance; amounts are in the balance's unit."""

    type: EventType
    balance: Decimal
    """What was left."""
    threshold: Decimal
    """The user's threshold at that moment."""
    amount: Decimal | None = None
    """By how much the balance rose; None for anything but a top-up."""
    run_out: datetime | None = None
    """When nothing would be left, as it looked then."""


def is_low(balance: Decimal, threshold: Decimal, *, alarmed: bool) -> bool:
    """Return whether a balance is low: below the threshold, used up, or so says the provider."""
    return alarmed or balance <= 0 or balance < threshold


@dataclass(slots=True)
class Ledger:
    """What happened to one balance.

    Only real readings get in. The first is the baseline: it is no event, however low it is.
    """

    spending: Spending
    low: bool
    """Whether the last reading was low; from one to the next it can cross once."""
    empty: bool
    """Whether nothing was left at the last reading."""
    untold: list[BalanceEvent]
    """What happened and was not told yet, in order."""
    before: Decimal | None = None
    """What the reading before the last one read; not stored, for the next reading replaces it."""

    @classmethod
    def start(cls, balance: Decimal, at: datetime, *, low: bool) -> Self:
        """Begin with a first reading."""
        return cls(Spending.start(balance, at), low, balance <= 0, [])

    def record(
        self, balance: Decimal, at: datetime, zone: tzinfo, *, low: bool, threshold: Decimal
    ) -> None:
        """Add a reading, taken at a moment in UTC; days are those of the zone."""
        self.before = self.spending.balance
        change = self.spending.record(balance, at, zone)
        if change > 0:
            self._note(EventType.TOPPED_UP, threshold, zone, change)
        self.judge(zone, low=low, threshold=threshold)

    def judge(self, zone: tzinfo, *, low: bool, threshold: Decimal) -> None:
        """Decide about the alarm, after a reading or a change of the threshold."""
        empty = self.spending.balance <= 0
        was_low, was_empty = self.low, self.empty
        self.low, self.empty = low, empty
        if was_low and not low:
            self._note(EventType.RECOVERED, threshold, zone)
        if low and not was_low:
            self._note(EventType.BECAME_LOW, threshold, zone)
        if empty and not was_empty:
            self._note(EventType.EMPTIED, threshold, zone)

    def figures(self, now: datetime, zone: tzinfo) -> Figures:
        """Return what the readings say now."""
        return self.spending.figures(now, zone)

    def _note(
        self, kind: EventType, threshold: Decimal, zone: tzinfo, amount: Decimal | None = None
    ) -> None:
        """Keep an event until it is told."""
        self.untold.append(
            BalanceEvent(
                type=kind,
                balance=self.spending.balance,
                threshold=threshold,
                amount=amount,
                run_out=self.figures(self.spending.at, zone).run_out,
            )
        )

    def as_dict(self) -> dict[str, Json]:
        """Return what is stored."""
        spending = self.spending
        return {
            "since": spending.since.isoformat(),
            "at": spending.at.isoformat(),
            "balance": str(spending.balance),
            "low": self.low,
            "empty": self.empty,
            "last_top_up": None
            if spending.last_top_up is None
            else [spending.last_top_up[0].isoformat(), str(spending.last_top_up[1])],
            "days": {day.isoformat(): str(spent) for day, spent in spending.days.items()},
            # A line each: as lists they would be most of the file, which is written often.
            "hours": [
                f"{hour} {spent} {seconds}" for hour, (spent, seconds) in spending.hours.items()
            ],
            "untold": [
                {
                    "type": event.type.value,
                    "balance": str(event.balance),
                    "threshold": str(event.threshold),
                    "amount": None if event.amount is None else str(event.amount),
                    "run_out": None if event.run_out is None else event.run_out.isoformat(),
                }
                for event in self.untold
            ],
        }

    @classmethod
    def from_dict(cls, stored: object) -> Self:
        """Return what was stored; raises ValueError where it is damaged."""
        table = _table(stored)
        top_up = table.get("last_top_up")
        moment, amount = (None, None) if top_up is None else _row(top_up, 2)
        spending = Spending(
            since=_moment(table.get("since")),
            at=_moment(table.get("at")),
            balance=_amount(table.get("balance")),
            days={
                date.fromisoformat(day): _amount(spent)
                for day, spent in _table(table.get("days")).items()
            },
            hours={
                int(hour): (_amount(spent), int(seconds))
                for hour, spent, seconds in (
                    _text(row).split(" ") for row in _list(table.get("hours"))
                )
            },
            last_top_up=None if top_up is None else (_moment(moment), _amount(amount)),
        )
        untold = [_event(_table(event)) for event in _list(table.get("untold"))]
        return cls(spending, _flag(table.get("low")), _flag(table.get("empty")), untold)


def _event(table: Mapping[str, object]) -> BalanceEvent:
    """Return an event that was stored."""
    amount, run_out = table.get("amount"), table.get("run_out")
    return BalanceEvent(
        type=EventType(_text(table.get("type"))),
        balance=_amount(table.get("balance")),
        threshold=_amount(table.get("threshold")),
        amount=None if amount is None else _amount(amount),
        run_out=None if run_out is None else _moment(run_out),
    )


def _table(value: object) -> Mapping[str, object]:
    """Return a JSON object."""
    if isinstance(value, dict):
        return value
    raise _DamageError


def _list(value: object) -> list[object]:
    """Return a JSON array."""
    if isinstance(value, list):
        return value
    raise _DamageError


def _row(value: object, length: int) -> list[object]:
    """Return a JSON array of a certain length."""
    row = _list(value)
    if len(row) == length:
        return row
    raise _DamageError


def _text(value: object) -> str:
    """Return a JSON text."""
    if isinstance(value, str):
        return value
    raise _DamageError


def _flag(value: object) -> bool:
    """Return a JSON boolean."""
    if isinstance(value, bool):
        return value
    raise _DamageError


def _amount(value: object) -> Decimal:
    """Return an amount, which is stored as a text."""
    with suppress(InvalidOperation):
        amount = Decimal(_text(value))
        if amount.is_finite():
            return amount
    raise _DamageError


def _moment(value: object) -> datetime:
    """Return a time, which is stored as a text with its offset."""
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    raise _DamageError


class _DamageError(ValueError):
    """What is stored is not what was written."""
