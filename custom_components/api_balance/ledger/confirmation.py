"""Confirmation: a suspicious response must be followed by another one like it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from itertools import takewhile
from typing import Final

from .hours import DAY

_MIN_READINGS: Final = 2
_MAX_READINGS: Final = 4


class Severity(IntEnum):
    """How suspicious a response is."""

    NONE = 0
    """It can be used immediately."""
    LARGE_DROP = 1
    """The balance lost more than half of its value."""
    ALARM = 2
    """The response would start an alarm, or says that nothing is left."""


@dataclass(slots=True)
class Confirmation:
    """Suspicious responses of one balance.

    Providers sometimes report a balance of 0 for a minute. A suspicious response is only used if
    the next one is at least as suspicious. If it is not, the first one is discarded, and for a day
    one more response is required.

    Pending responses are not stored: after a restart they may be old, so confirmation starts
    again. Discards are stored, so that a restart does not lower the requirement.
    """

    pending: list[Severity] = field(default_factory=list, compare=False)
    """Consecutive suspicious responses that have not been used, oldest first."""
    discards: list[datetime] = field(default_factory=list)
    """When pending responses were discarded, in UTC, oldest first; only the last two."""

    def admit(self, severity: Severity, at: datetime) -> bool:
        """Return whether a response may be used now; if not, add it to the pending ones."""
        if severity is Severity.NONE:
            self._settle(at, self.pending)
            return True
        self.pending.append(severity)
        agreeing = list(takewhile(lambda each: each >= severity, reversed(self.pending)))
        if len(agreeing) < self._required(at):
            return False
        self._settle(at, (each for each in self.pending if each > severity))
        return True

    def _settle(self, at: datetime, false: Iterable[Severity]) -> None:
        """Clear the pending responses, and note if some of them were false."""
        if any(false):
            self.discards = [*self._recent_discards(at), at][_MIN_READINGS - _MAX_READINGS :]
        self.pending.clear()

    def _required(self, at: datetime) -> int:
        """Return how many consecutive responses must agree."""
        return min(_MIN_READINGS + len(self._recent_discards(at)), _MAX_READINGS)

    def _recent_discards(self, at: datetime) -> list[datetime]:
        """Return the discards of the last day, also if the clock was put back."""
        return [each for each in self.discards if abs(at - each) <= DAY]
