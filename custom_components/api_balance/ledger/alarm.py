"""The low-balance alarm: an episode begins once and ends once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from .hours import HOUR
from .models import EventType
from .serialization import Json, expect, optional_text, optional_time_from

# A balance around the threshold must not start an alarm at every poll.
_RECOVERY_TIME: Final = HOUR


@dataclass(slots=True)
class Alarm:
    """The alarm of one balance.

    All of it is stored, so that a restart neither repeats an event nor starts the hour again.
    """

    low: bool
    """Whether an episode is open."""
    emptied: bool
    """Whether the balance has been used up during this episode."""
    not_low_since: datetime | None = None
    """When the first of the latest readings that are not low was read, in UTC."""

    def update(self, at: datetime, *, low: bool, empty: bool, ends: bool) -> list[EventType]:
        """Update the alarm after a reading or a change of the threshold; return the events.

        If the balance is not low, ends closes the episode immediately instead of after an hour.
        """
        if low:
            self.not_low_since = None
            return self._open(empty=empty)
        if not self.low:
            return []
        # If the clock was put back, the hour starts again.
        self.not_low_since = min(self.not_low_since or at, at)
        if not ends and at - self.not_low_since < _RECOVERY_TIME:
            return []
        self.low, self.emptied, self.not_low_since = False, False, None
        return [EventType.RECOVERED]

    def _open(self, *, empty: bool) -> list[EventType]:
        """Open an episode, or continue the open one; return the events."""
        events = []
        if not self.low:
            events.append(EventType.BECAME_LOW)
        if empty and not self.emptied:
            events.append(EventType.EMPTIED)
        self.low, self.emptied = True, self.emptied or empty
        return events

    def as_json(self) -> Json:
        """Return the data for storage."""
        return {
            "low": self.low,
            "emptied": self.emptied,
            "not_low_since": optional_text(self.not_low_since),
        }

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Restore from stored data."""
        alarm: Mapping[str, object] = expect(stored, dict)
        return cls(
            expect(alarm["low"], bool),
            expect(alarm["emptied"], bool),
            optional_time_from(alarm["not_low_since"]),
        )
