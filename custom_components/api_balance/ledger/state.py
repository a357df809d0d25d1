"""The stored data of one balance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Self

from .alarm import Alarm
from .confirmation import Confirmation
from .extremes import Extremes
from .models import BalanceEvent, Reading
from .serialization import Json, amount_from, expect, optional_text, optional_time_from, time_from
from .spending import Spending


@dataclass(slots=True, kw_only=True)
class LedgerState:
    """The data of one balance; amounts are in its unit, times in UTC.

    All of it is stored, except the balance before the last one, pending confirmations (see
    Confirmation), and what is known of the statistics: after a restart, all known hours are
    written again.
    """

    last: Reading
    """The last accepted reading."""
    before: Decimal | None = field(default=None, compare=False)
    """The balance of the accepted reading before it; not stored."""
    no_credits: bool = False
    """Whether the provider refuses because nothing is left (HTTP 402); the amount is unknown."""
    reset: datetime | None
    """The reset time of an earlier reading that has not led to a renewal yet."""
    full: Decimal
    """The highest balance since the last top-up or renewal, or since the first reading."""
    last_top_up: tuple[datetime, Decimal] | None = None
    """When the last top-up was read, and its amount."""
    alarm: Alarm
    spending: Spending
    extremes: Extremes = field(default_factory=Extremes)
    confirmation: Confirmation = field(default_factory=Confirmation)
    pending: list[BalanceEvent] = field(default_factory=list)
    """Events that were not delivered yet, oldest first."""
    changed_from: int = field(compare=False)
    """First hour since 1970 whose statistics have changed since they were written."""
    clear_statistics: bool = field(default=False, compare=False)
    """Whether the statistics that were written must be removed first."""
    is_queued: bool = field(default=False, compare=False)
    """Whether the recorder may not have processed the first statistics that were written."""

    def as_dict(self) -> dict[str, Json]:
        """Return the data for storage."""
        return {
            "reading": self.last.as_json(),
            "no_credits": self.no_credits,
            "reset": optional_text(self.reset),
            "full": str(self.full),
            "last_top_up": self.last_top_up
            and [self.last_top_up[0].isoformat(), str(self.last_top_up[1])],
            "alarm": self.alarm.as_json(),
            "spending": self.spending.as_json(),
            "extremes": self.extremes.as_json(),
            "discards": [each.isoformat() for each in self.confirmation.discards],
            "pending": [event.as_json() for event in self.pending],
        }

    @classmethod
    def from_dict(cls, stored: object) -> Self:
        """Restore from stored data; raises ValueError if it is damaged."""
        try:
            return cls._from_dict(expect(stored, dict))
        except (ArithmeticError, LookupError, TypeError, ValueError) as err:
            # The message could contain an amount, and it is logged.
            msg = f"a ledger is damaged ({type(err).__name__})"
            raise ValueError(msg) from err

    @classmethod
    def _from_dict(cls, stored: Mapping[str, object]) -> Self:
        """Restore from stored data."""
        last = Reading.from_json(stored["reading"])
        spending = Spending.from_json(expect(stored["spending"], dict))
        return cls(
            last=last,
            no_credits=expect(stored["no_credits"], bool),
            reset=optional_time_from(stored["reset"]),
            full=amount_from(stored["full"]),
            last_top_up=_top_up_from(stored["last_top_up"]),
            alarm=Alarm.from_json(stored["alarm"]),
            spending=spending,
            changed_from=spending.first_hour(last.at),
            extremes=Extremes.from_json(stored["extremes"]),
            confirmation=Confirmation(
                discards=[time_from(each) for each in expect(stored["discards"], list)]
            ),
            pending=[BalanceEvent.from_json(each) for each in expect(stored["pending"], list)],
        )


def _top_up_from(stored: object) -> tuple[datetime, Decimal] | None:
    """Restore the last top-up."""
    if stored is None:
        return None
    at, amount = expect(stored, list)
    return time_from(at), amount_from(amount)
