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
    visible_failures: int = 4
    """The number of failures in a row after which the balance is unavailable."""
    issue: str | None = None
    """Translation key of the repair issue."""
    issue_failures: int = 0
    """The number of failures in a row after which the issue is created."""
    starts_reauth: bool = False
    """Whether new credentials are asked for when the balance becomes unavailable."""

    def is_visible(self, failures: int, seconds: int) -> bool:
        """Return whether the balance is unavailable, at the latest after 15 minutes."""
        return failures >= self.visible_failures or seconds >= _INTERVAL

    def has_issue(self, failures: int) -> bool:
        """Return whether there is a repair issue."""
        return self.issue is not None and failures >= self.issue_failures

    @property
    def log(self) -> str:
        """Return the one line in the log."""
        return f"Error fetching {{provider}} data: {self.reason}"

    @property
    def log_after(self) -> list[str]:
        """Return the lines in the log when the account can be read again."""
        # New credentials reload the entry.
        return [] if self.starts_reauth else ["Fetching {provider} data recovered"]


_RETRIES: Final = (30, 60, 120, 240, 480, _INTERVAL)

OUTCOMES: Final = {
    "account_disabled": Outcome(
        reason="{provider} reports that the account or application is disabled",
        delays=_RETRIES,
        issue="account_disabled",
        issue_failures=4,
    ),
    "cannot_connect": Outcome(reason="{provider} cannot be reached", delays=_RETRIES),
    "invalid_auth": Outcome(
        reason="{provider} does not accept the credentials",
        delays=(60, _HOUR, _HOUR),
        visible_failures=2,
        starts_reauth=True,
    ),
    "permission_denied": Outcome(
        reason="{provider} does not allow these credentials to read the balance",
        delays=(60, _HOUR, _HOUR),
        visible_failures=2,
        starts_reauth=True,
    ),
    "rate_limited": Outcome(
        reason="{provider} has received too many requests", delays=(_INTERVAL, _INTERVAL)
    ),
    "unexpected_response": Outcome(
        reason="{provider} sent an unexpected response",
        delays=_RETRIES,
        issue="unexpected_response",
        # Half an hour after the first one.
        issue_failures=1 + len(_RETRIES),
    ),
}


def expected_outcome(fault: Fault) -> Outcome:
    """Return what a user sees of a fault."""
    outcome = OUTCOMES[fault.kind]
    if fault.pause is None:
        return outcome
    # The longer of both, until the balance is unavailable.
    retries = _RETRIES[: min(3, ceil(_INTERVAL / fault.pause))]
    return replace(outcome, delays=tuple(max(fault.pause, delay) for delay in retries))
