"""Failures of one account, and when to try again."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..api import (
    ApiError,
    AuthenticationError,
    PermissionDeniedError,
    RateLimitedError,
    UnexpectedResponseError,
)
from ..const import (
    DOMAIN,
    MAX_RECENT_REQUESTS,
    MAX_RETRY_AFTER,
    MIN_RETRY_AFTER,
    REAUTH_RETRY,
    REFUSED_RETRY,
    RETRY_BACKOFF,
    UNEXPECTED_RESPONSES_AFTER,
    UPDATE_INTERVAL,
    VISIBLE_AFTER,
    VISIBLE_FAILURES,
)
from ..ledger import LedgerStore

STATUS_OK: Final = "ok"


class ClockError(ApiError):
    """The clocks of Home Assistant and the provider differ by more than a day."""

    key: ClassVar[str] = "clock_wrong"


class Request(NamedTuple):
    """A request, for diagnostics."""

    at: datetime
    """When it was sent, in UTC."""
    milliseconds: int
    """Time until the response was read."""
    error: str | None
    """Key of the error; None for a good response."""
    reason: str | None
    """Reason of the error, without secrets; None for a good response."""


@dataclass(slots=True, kw_only=True)
class Failures:
    """Consecutive failures of one account, cleared by a successful poll.

    Kept outside the coordinator, because every retry of a failed setup creates a new one.
    """

    requests: deque[Request] = field(default_factory=lambda: deque(maxlen=MAX_RECENT_REQUESTS))
    """The most recent requests, oldest first; they survive a successful poll."""
    error: ApiError | None = None
    """The last failure; None after a successful poll."""
    consecutive: int = 0
    """Consecutive failures of scheduled polls."""
    refusals: int = 0
    """Responses among them that refused the credentials."""
    first_at: datetime | None = None
    """Time of the first of the consecutive failures."""
    unexpected_since: datetime | None = None
    """Time of the first unexpected response among them."""
    pause_until: datetime | None = None
    """End of the pause that the provider has requested. No request is sent before."""
    retry_at: datetime | None = None
    """When the next scheduled poll may send a request."""
    unreadable: timedelta = timedelta()
    """How long the account could not be read, without the time that nobody tried."""
    unreadable_since: datetime | None = None
    """When that began."""
    _attempt: tuple[datetime, datetime] | None = None
    """Time of the last failed attempt, and when the next one was due."""

    @property
    def is_refused(self) -> bool:
        """Return whether the stored credentials were refused twice."""
        return self.refusals > 1

    def is_visible(self, now: datetime) -> bool:
        """Return whether entities show that the account cannot be read."""
        return (
            self.consecutive >= VISIBLE_FAILURES
            or self.is_refused
            or (self.first_at is not None and now - self.first_at >= VISIBLE_AFTER)
        )

    def seconds_to_visible(self, now: datetime) -> float:
        """Return the seconds until a failure becomes visible by its duration."""
        first_at = self.first_at
        return 0.0 if first_at is None else _seconds_left(first_at + VISIBLE_AFTER, now)

    def is_api_changed(self, now: datetime) -> bool:
        """Return whether unexpected responses have lasted so long that the API has changed."""
        since = self.unexpected_since
        return since is not None and now - since >= UNEXPECTED_RESPONSES_AFTER

    def pause_left(self, now: datetime) -> float:
        """Return the seconds that are left of the pause requested by the provider."""
        return _seconds_left(self.pause_until, now)

    def wait_left(self, now: datetime, *, in_setup: bool = False) -> float:
        """Return the seconds until a scheduled poll may send a request.

        Home Assistant has its own backoff for the setup, and a user who reloads an account expects
        a request. Only refused credentials have to wait there as well.
        """
        if in_setup and not self.refusals:
            return self.pause_left(now)
        return max(self.pause_left(now), _seconds_left(self.retry_at, now))

    def record(self, error: ApiError, now: datetime, *, is_requested: bool) -> float:
        """Count a failure, and return the seconds until the next attempt.

        A request that somebody asked for counts only if it is the first failure: pressing Refresh
        four times must not look like four failed polls.
        """
        self.error = error
        if error.retry_after is not None:
            seconds = min(max(error.retry_after, MIN_RETRY_AFTER), MAX_RETRY_AFTER)
            self.pause_until = now + timedelta(seconds=seconds)
        self._count_unreadable(now)
        if not (is_requested and self.consecutive):
            self._count(error, now)
        wait = self.wait_left(now)
        self._attempt = now, now + timedelta(seconds=wait)
        return wait

    def _count(self, error: ApiError, now: datetime) -> None:
        """Count a failure of a scheduled poll, or the first failure."""
        self.first_at = self.first_at or now
        self.consecutive += 1
        if isinstance(error, AuthenticationError | PermissionDeniedError):
            self.refusals += 1
        if not isinstance(error, UnexpectedResponseError):
            self.unexpected_since = None
        elif self.unexpected_since is None:
            self.unexpected_since = now
        self.retry_at = now + timedelta(seconds=self._delay(error))

    def _delay(self, error: ApiError) -> float:
        """Return the seconds before the next attempt, apart from a requested pause."""
        if isinstance(error, AuthenticationError | PermissionDeniedError):
            return REAUTH_RETRY if self.is_refused else REFUSED_RETRY
        # Without Retry-After nobody knows how soon another request would be too many.
        is_too_many = isinstance(error, RateLimitedError) and error.retry_after is None
        if not is_too_many and self.consecutive <= len(RETRY_BACKOFF):
            return RETRY_BACKOFF[self.consecutive - 1]
        return UPDATE_INTERVAL.total_seconds()

    def _count_unreadable(self, now: datetime) -> None:
        """Add the time since the previous attempt, unless polling was disabled in between."""
        self.unreadable_since = self.unreadable_since or now
        if self._attempt is not None:
            last, due = self._attempt
            if last < now <= due + UPDATE_INTERVAL:
                self.unreadable += now - last

    def restore(self, store: LedgerStore, now: datetime) -> None:
        """Take over what was stored before a restart, unless there is something newer."""
        if self.error is not None:
            return
        self.unreadable = timedelta(seconds=store.unreadable_seconds)
        self.unreadable_since = store.unreadable_since
        # A pause that seems to be longer than any was written with another clock.
        until = store.pause_until
        if until is not None and now < until <= now + timedelta(seconds=MAX_RETRY_AFTER):
            self.pause_until = until
            self.error = RateLimitedError("the requested pause is not over")

    def store(self, store: LedgerStore) -> None:
        """Store what has to survive a restart: a requested pause, and the unreadable time."""
        store.pause_until = self.pause_until
        store.unreadable_seconds = self.unreadable.total_seconds()
        store.unreadable_since = self.unreadable_since
        store.async_save_later()

    def clear(self) -> None:
        """Forget all failures after a successful poll."""
        self.error = None
        self.consecutive = self.refusals = 0
        self.first_at = self.unexpected_since = self.pause_until = self.retry_at = None
        self.unreadable, self.unreadable_since, self._attempt = timedelta(), None, None


_FAILURES: HassKey[dict[str, Failures]] = HassKey(f"{DOMAIN}_failures")


@callback
def async_failures(hass: HomeAssistant, entry_id: str) -> Failures:
    """Return the failures of an account, which outlive a failed setup."""
    return hass.data.setdefault(_FAILURES, {}).setdefault(entry_id, Failures())


@callback
def async_forget_failures(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the failures of an account that was removed or disabled."""
    hass.data.get(_FAILURES, {}).pop(entry_id, None)


def _seconds_left(until: datetime | None, now: datetime) -> float:
    """Return the seconds until a time; 0 if there is none or it has passed."""
    return 0.0 if until is None else max(0.0, (until - now).total_seconds())
