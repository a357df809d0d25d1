"""Readings, events and figures of one balance."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Self

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
    """Type of an event; the value is the event type of the event entity."""

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


class BalanceEvent(NamedTuple):
    """Something that happened to a balance; amounts are in the balance's unit."""

    type: EventType
    balance: Decimal | None
    """The balance at that time; None if the provider only reported that nothing is left."""
    threshold: Decimal
    """The user's threshold at that time."""
    amount: Decimal | None = None
    """Increase by a top-up, or change by a renewal (signed); None for other events."""
    run_out: datetime | None = None
    """When the balance was expected to run out, in UTC; None if unknown."""

    def as_json(self) -> Json:
        """Return the data for storage."""
        return {
            "type": self.type.value,
            "balance": optional_text(self.balance),
            "threshold": str(self.threshold),
            "amount": optional_text(self.amount),
            "run_out": optional_text(self.run_out),
        }

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Restore from stored data."""
        event: Mapping[str, object] = expect(stored, dict)
        return cls(
            type=EventType(expect(event["type"], str)),
            balance=optional_amount_from(event["balance"]),
            threshold=amount_from(event["threshold"]),
            amount=optional_amount_from(event["amount"]),
            run_out=optional_time_from(event["run_out"]),
        )


class Reading(NamedTuple):
    """One balance in one good response; amounts are in the balance's unit."""

    balance: Decimal
    """Amount that can be spent; negative in arrears."""
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
        """Return the reset time; None if it is in the past, as some providers report it."""
        return self.reset if self.reset is not None and self.reset > self.at else None

    def as_json(self) -> Json:
        """Return the data for storage."""
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
        """Restore from stored data."""
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


class Figures(NamedTuple):
    """Figures derived from the readings of one balance; amounts are in the balance's unit."""

    day: date
    """The user's date; spent_today is the spending of this day."""
    spent_today: Decimal
    """Spending since the user's midnight; never negative."""
    spent_yesterday: Decimal | None
    """Spending on the day before; None if nothing was read before today."""
    spent_this_month: Decimal
    """Spending since the start of the user's month; never negative."""
    spent_last_month: Decimal | None
    """Spending in the month before; None if nothing was read before this month."""
    max_spent_today: Decimal
    """Highest value of spent_today on this day; a refund does not lower it."""
    max_spent_this_month: Decimal
    """Highest value of spent_this_month in this month; a refund does not lower it."""
    spending_rate: Decimal | None
    """Average spending per day over the last seven days; None until 24 hours were observed."""
    days_left: Decimal | None
    """Days until the balance runs out at this rate.

    None without a rate, if it is more than ten years, and if nothing is left.
    """
    min_days_left: Decimal | None
    """Lowest days_left in the last 24 hours with a reading, including the current one.

    Hours without a reading are not counted. Cleared by a top-up or a renewal. None if there was
    no estimate. To find out whether days_left has fallen below a limit, compare the limit with
    days_left and with the min_days_left of the previous figures.
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
