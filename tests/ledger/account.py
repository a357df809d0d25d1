"""A driver for the ledger of one balance."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
import json
from typing import Any, Self
from zoneinfo import ZoneInfo

from custom_components.api_balance.ledger import Figures, Ledger, Reading

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONES = [
    UTC,
    AMSTERDAM,
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("Pacific/Auckland"),
    # Its days start at one o'clock when daylight saving time begins.
    ZoneInfo("Africa/Cairo"),
]


def local(text: str, zone: tzinfo = AMSTERDAM) -> datetime:
    """Return a moment in UTC, given as text in the user's time zone."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@dataclass
class Account:
    """The ledger of one balance, with a clock."""

    ledger: Ledger
    now: datetime
    zone: tzinfo = UTC
    fields: dict[str, Any] = field(default_factory=dict)
    """Fields of every reading, such as the threshold."""

    @classmethod
    def open(cls, balance: str, at: datetime = START, zone: tzinfo = UTC, **fields: Any) -> Self:
        """Return an account after its first reading."""
        reading = Reading(balance=Decimal(balance), at=at, **fields)
        return cls(Ledger.start(reading), at, zone, fields)

    def poll(self, balance: str, *, refreshed: bool = False, **fields: Any) -> list[str] | None:
        """Read a balance now; return the events, or None if it must be confirmed first."""
        reading = Reading(balance=Decimal(balance), at=self.now, **self.fields | fields)
        if not self.ledger.admit(reading):
            return None
        if refreshed:
            self.ledger.record(reading, self.zone, refreshed=True)
        else:
            self.ledger.record(reading, self.zone)
        return self.deliver()

    def after(self, minutes: float, balance: str, **fields: Any) -> list[str] | None:
        """Read a balance some minutes later; see poll."""
        self.now += timedelta(minutes=minutes)
        return self.poll(balance, **fields)

    def at(self, text: str, balance: str, **fields: Any) -> list[str] | None:
        """Read a balance at a moment in the user's time; see poll."""
        self.now = local(text, self.zone)
        return self.poll(balance, **fields)

    def confirmed(self, minutes: float, balance: str, **fields: Any) -> list[str] | None:
        """Read a balance some minutes later, and again until it is accepted."""
        self.now += timedelta(minutes=minutes)
        for _ in range(4):
            if (events := self.poll(balance, **fields)) is not None:
                return events
            self.now += timedelta(seconds=45)
        return None

    def refused(self, minutes: float) -> list[str] | None:
        """Receive HTTP 402 some minutes later; see poll."""
        self.now += timedelta(minutes=minutes)
        if not self.ledger.admit_no_credits(self.now):
            return None
        threshold = self.fields.get("threshold", Decimal(0))
        self.ledger.record_no_credits(self.now, self.zone, threshold=threshold)
        return self.deliver()

    def restart(self) -> None:
        """Store the ledger and load it again, as a restart does."""
        self.ledger = Ledger.from_dict(json.loads(json.dumps(self.ledger.as_dict())))

    def deliver(self) -> list[str]:
        """Deliver the pending events and return their types."""
        events = [event.type.value for event in self.ledger.pending]
        self.ledger.pending.clear()
        return events

    @property
    def figures(self) -> Figures:
        """Return the figures now."""
        return self.ledger.figures(self.now, self.zone)

    @property
    def spent(self) -> Decimal:
        """Return the spending of this month and the last one."""
        figures = self.figures
        return figures.spent_this_month + (figures.spent_last_month or Decimal(0))
