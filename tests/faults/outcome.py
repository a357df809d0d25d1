"""What a user sees of each kind of error, and when."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from .fault import Fault

# All times are in seconds.
_INTERVAL: Final = 15 * 60
_HOUR: Final = 60 * 60


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a user sees of an error; texts have the name of the provider as {provider}."""

    reason: str
    """The reason on the page of the account and in the log."""
    delays: tuple[int, ...]
    """The times from each failure to the next request."""
    visible_after: int
    """The time from the first failure until the balance is unavailable."""
    issue: str | None = None
    """Translation key of the repair issue."""
    issue_after: int = 0
    """The time from the first failure until the issue is created."""
    starts_reauth: bool = False
    """Whether new credentials are asked for when the balance becomes unavailable."""

    @property
    def log(self) -> str:
        """Return the one line in the log."""
        return f"Error fetching {{provider}} data: {self.reason}"

    @property
    def log_after(self) -> list[str]:
        """Return the lines in the log when the account can be read again."""
        # New credentials reload the entry.
        return [] if self.starts_reauth else ["Fetching {provider} data recovered"]


# Three retries, of which the last one makes the failure visible, then more.
_RETRIES: Final = (30, 60, 120, 240, 480, _INTERVAL)
_VISIBLE_AFTER: Final = sum(_RETRIES[:3])

OUTCOMES: Final = {
    "account_disabled": Outcome(
        reason="{provider} reports that the account or application is disabled",
        delays=_RETRIES,
        visible_after=_VISIBLE_AFTER,
        issue="account_disabled",
        issue_after=_VISIBLE_AFTER,
    ),
    "cannot_connect": Outcome(
        reason="{provider} cannot be reached", delays=_RETRIES, visible_after=_VISIBLE_AFTER
    ),
    "invalid_auth": Outcome(
        reason="{provider} does not accept the credentials",
        delays=(60, _HOUR, _HOUR),
        visible_after=60,
        starts_reauth=True,
    ),
    "permission_denied": Outcome(
        reason="{provider} does not allow these credentials to read the balance",
        delays=(60, _HOUR, _HOUR),
        visible_after=60,
        starts_reauth=True,
    ),
    "rate_limited": Outcome(
        reason="{provider} has received too many requests",
        delays=(_INTERVAL, _INTERVAL),
        visible_after=_INTERVAL,
    ),
    "unexpected_response": Outcome(
        reason="{provider} sent an unexpected response",
        delays=_RETRIES,
        visible_after=_VISIBLE_AFTER,
        issue="unexpected_response",
        issue_after=sum(_RETRIES),
    ),
}


def expected_outcome(fault: Fault) -> Outcome:
    """Return what a user sees of a fault."""
    outcome = OUTCOMES[fault.kind]
    if fault.pause is None:
        return outcome
    # The fourth failure is visible, and so is any failure that has lasted for 15 minutes.
    retries = min(3, ceil(_INTERVAL / fault.pause))
    return replace(
        outcome,
        delays=(fault.pause,) * retries,
        visible_after=min(retries * fault.pause, _INTERVAL),
    )
