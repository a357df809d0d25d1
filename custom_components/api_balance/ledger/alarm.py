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

    Everything is stored: a restart neither repeats an event nor starts the hour again.
    """

    low: bool
    """Whether an episode is open."""
    emptied: bool
    """Whether nothing was left at some time in this episode."""
    not_low_since: datetime | None = None
    """The first reading in a row that was not low although the episode is open."""

    def update(self, at: datetime, *, low: bool, empty: bool, ends: bool) -> list[EventType]:
        """Take in a reading or a changed threshold and return what happens.

        If it is not low, the episode ends immediately with ends, otherwise after an hour.
        """
        if low:
            self.not_low_since = None
            return self._open(empty=empty)
        if not self.low:
            return []
        # After the clock was put back the hour starts again.
        self.not_low_since = min(self.not_low_since or at, at)
        if not ends and at - self.not_low_since < _RECOVERY_TIME:
            return []
        self.low, self.emptied, self.not_low_since = False, False, None
        return [EventType.RECOVERED]

    def _open(self, *, empty: bool) -> list[EventType]:
        """Return what happens for the first time in this episode."""
        events = []
        if not self.low:
            events.append(EventType.BECAME_LOW)
        if empty and not self.emptied:
            events.append(EventType.EMPTIED)
        self.low, self.emptied = True, self.emptied or empty
        return events

    def as_json(self) -> Json:
        """Return what is stored."""
        return {
            "low": self.low,
            "emptied": self.emptied,
            "not_low_since": optional_text(self.not_low_since),
        }

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Return what was stored."""
        alarm: Mapping[str, object] = expect(stored, dict)
        return cls(
            expect(alarm["low"], bool),
            expect(alarm["emptied"], bool),
            optional_time_from(alarm["not_low_since"]),
        )
