"""Decide whether a response may be used, or must be confirmed by another one first."""

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
    """How much depends on a response being true; a higher one needs others like it."""

    NONE = 0
    """It may be used."""
    LARGE_DROP = 1
    """It takes away more than half of the balance."""
    ALARM = 2
    """It would start an alarm, or says that nothing is left."""


@dataclass(slots=True)
class Confirmation:
    """Suspicious responses of one balance.

    Some providers report a balance of 0 for a minute. A suspicious response is used after another
    one that is at least as bad; after one that is not it was false, and for the next day one more
    is required.

    Pending responses are not stored: after a restart, which may be long after them, confirmation
    starts again. Discarded ones are stored, since they make the following days safer.
    """

    pending: list[Severity] = field(default_factory=list, compare=False)
    """Consecutive suspicious responses that were not used yet, oldest first."""
    discards: list[datetime] = field(default_factory=list)
    """When pending responses turned out to be false; the last ones, oldest first."""

    def admit(self, severity: Severity, at: datetime) -> bool:
        """Return whether a response may be used now; otherwise it is kept in mind."""
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
        """Forget what is pending; some of it may have been false."""
        if any(false):
            self.discards = [*self._recent_discards(at), at][_MIN_READINGS - _MAX_READINGS :]
        self.pending.clear()

    def _required(self, at: datetime) -> int:
        """Return how many consecutive responses must agree."""
        return min(_MIN_READINGS + len(self._recent_discards(at)), _MAX_READINGS)

    def _recent_discards(self, at: datetime) -> list[datetime]:
        """Return the discards of the last day, also if the clock was put back."""
        return [each for each in self.discards if abs(at - each) <= DAY]
