"""Readings of a balance, and what they lead to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self

from .serialization import (
    Json,
    amount_from,
    expect,
    optional_amount_from,
    optional_text,
    optional_time_from,
    time_from,
)


class EventType(StrEnum):
    """Something that happens to a balance; the value is the event entity's event type."""

    TOPPED_UP = "topped_up"
    """Credits were added to the balance."""
    RENEWED = "renewed"
    """The allowance was renewed, or credits expired."""
    RECOVERED = "recovered"
    """The balance is no longer low."""
    BECAME_LOW = "became_low"
    """The balance became low: see is_low."""
    EMPTIED = "emptied"
    """Nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceEvent:
    """Something that happened to a balance; amounts are in the balance's unit."""

    type: EventType
    balance: Decimal | None
    """The balance at that time; None if the provider only said that nothing is left (HTTP 402)."""
    threshold: Decimal
    """The user's threshold at that time."""
    amount: Decimal | None = None
    """What was added by a top-up (positive) or changed by a renewal (signed); otherwise None."""
    run_out: datetime | None = None
    """When the balance was expected to run out, in UTC; None if unknown."""

    def as_json(self) -> Json:
        """Return what is stored."""
        return {
            "type": self.type.value,
            "balance": optional_text(self.balance),
            "threshold": str(self.threshold),
            "amount": optional_text(self.amount),
            "run_out": optional_text(self.run_out),
        }

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Return what was stored."""
        event: Mapping[str, object] = expect(stored, dict)
        return cls(
            type=EventType(expect(event["type"], str)),
            balance=optional_amount_from(event["balance"]),
            threshold=amount_from(event["threshold"]),
            amount=optional_amount_from(event["amount"]),
            run_out=optional_time_from(event["run_out"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One balance in one good response; amounts are in the balance's unit."""

    balance: Decimal
    """What can be spent; negative in arrears."""
    at: datetime
    """When it was read, in UTC."""
    threshold: Decimal = Decimal(0)
    """The user's threshold: below it the balance is low."""
    alarmed: bool = False
    """Whether the provider's own enabled alert says that the balance is low."""
    paid: Decimal | None = None
    """The paid part of the balance; None if the provider does not report it."""
    granted: Decimal | None = None
    """The total ever granted; None if the provider does not report it."""
    limit: Decimal | None = None
    """The provider's limit; None if it does not report one."""
    tops_up: bool = False
    """Whether the account is topped up automatically, so that every increase is a top-up."""
    reset: datetime | None = None
    """When the allowance renews or credits expire, in UTC; None if unknown."""

    @property
    def low(self) -> bool:
        """Return whether this balance is low."""
        return is_low(self.balance, self.threshold, alarmed=self.alarmed)

    @property
    def next_reset(self) -> datetime | None:
        """Return the reset time; None if it is in the past, which some providers report."""
        return self.reset if self.reset is not None and self.reset > self.at else None

    def as_json(self) -> Json:
        """Return what is stored."""
        return {
            "balance": str(self.balance),
            "at": self.at.isoformat(),
            "threshold": str(self.threshold),
            "alarmed": self.alarmed,
            "paid": optional_text(self.paid),
            "granted": optional_text(self.granted),
            "limit": optional_text(self.limit),
            "tops_up": self.tops_up,
            "reset": optional_text(self.reset),
        }

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Return what was stored."""
        reading: Mapping[str, object] = expect(stored, dict)
        return cls(
            balance=amount_from(reading["balance"]),
            at=time_from(reading["at"]),
            threshold=amount_from(reading["threshold"]),
            alarmed=expect(reading["alarmed"], bool),
            paid=optional_amount_from(reading["paid"]),
            granted=optional_amount_from(reading["granted"]),
            limit=optional_amount_from(reading["limit"]),
            tops_up=expect(reading["tops_up"], bool),
            reset=optional_time_from(reading["reset"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the readings of one balance show at one moment; amounts are in the balance's unit."""

    day: date
    """The user's date that spent_today refers to."""
    spent_today: Decimal
    """Spending since the user's midnight; never negative."""
    spent_yesterday: Decimal | None
    """Spending on the day before; None if nothing was read before today."""
    spent_this_month: Decimal
    """Spending since the start of the user's month; never negative."""
    spent_last_month: Decimal | None
    """Spending in the month before; None if nothing was read before this month."""
    max_spent_today: Decimal
    """The highest value that spent_today has had on this day; a refund does not lower it."""
    max_spent_this_month: Decimal
    """The highest value that spent_this_month has had in this month."""
    spending_rate: Decimal | None
    """Average spending per day over seven days; None until 24 hours have been observed."""
    days_left: Decimal | None
    """Days until the balance runs out at this rate.

    None without a rate, beyond ten years, and if nothing is left already.
    """
    min_days_left: Decimal | None
    """The lowest days_left of the last 24 observed hours, the current one included.

    An outage or a restart adds no hours. A top-up or a renewal starts a new list. None if there
    was no estimate. Compare days_left with the min_days_left of the figures before.
    """
    run_out: datetime | None
    """When the balance runs out: the hour, or beyond two days the start of the user's day."""
    last_top_up: datetime | None
    """When the last top-up was read; None if there was none."""
    last_top_up_amount: Decimal | None
    """The amount of that top-up; positive."""
    percent_left: Decimal | None
    """The balance in percent, with one decimal place; never negative.

    Of the provider's limit if it reports one, otherwise of the highest balance since the last
    top-up or renewal, or since the first reading. None if that is not positive.
    """


def is_low(balance: Decimal, threshold: Decimal, *, alarmed: bool) -> bool:
    """Return whether a balance is low: below the threshold, used up, or by the provider's alert."""
    return alarmed or balance <= 0 or balance < threshold
