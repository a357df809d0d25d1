"""What a user sees of each kind of error."""

from dataclasses import dataclass
from typing import Final

from .fault import Fault

# In seconds.
_INTERVAL: Final = 900


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a user sees of an error; texts have the name of the provider as {provider}."""

    reason: str
    """The reason on the page of the account and in the log."""
    pauses: tuple[int, ...]
    """Seconds until the second and the third request; empty if none follows."""
    issue: str | None = None
    """Translation key of the repair issue."""
    issue_after: int = 1
    """The number of responses in a row after which the issue is created."""
    starts_reauth: bool = False
    """Whether new credentials are asked for."""
    state: str = "unavailable"
    """State of the balance."""

    @property
    def log(self) -> str:
        """Return the one line in the log when the error starts."""
        action = "Authentication failed while" if self.starts_reauth else "Error"
        return f"{action} fetching {{provider}} data: {self.reason}"

    @property
    def log_after(self) -> list[str]:
        """Return the lines in the log when the account can be read again."""
        # New credentials reload the entry.
        return [] if self.starts_reauth else ["Fetching {provider} data recovered"]

    @property
    def log_at_setup(self) -> list[str]:
        """Return the warnings in the log when setup fails; retries are not logged as warnings."""
        entry = "Config entry '{provider}' for api_balance integration"
        return [f"{entry} could not authenticate: {self.reason}"] if self.starts_reauth else []

    @property
    def setup_state(self) -> str:
        """Return the state of the entry when setup fails."""
        return "setup_error" if self.starts_reauth else "setup_retry"


OUTCOMES: Final = {
    "account_disabled": Outcome(
        reason="{provider} reports that the account or application is disabled",
        pauses=(_INTERVAL, _INTERVAL),
        issue="account_disabled",
    ),
    "cannot_connect": Outcome(reason="{provider} cannot be reached", pauses=(30, 60)),
    "invalid_auth": Outcome(
        reason="{provider} does not accept the credentials", pauses=(), starts_reauth=True
    ),
    "permission_denied": Outcome(
        reason="{provider} does not let these credentials read the balance",
        pauses=(),
        starts_reauth=True,
    ),
    "rate_limited": Outcome(
        reason="{provider} has received too many requests", pauses=(_INTERVAL, _INTERVAL)
    ),
    "unexpected_response": Outcome(
        reason="{provider} answered in a way that API Balance does not understand",
        pauses=(_INTERVAL, _INTERVAL),
        issue="unexpected_response",
        issue_after=3,
    ),
}


def expected_outcome(fault: Fault) -> Outcome:
    """Return what a user sees of a fault."""
    outcome = OUTCOMES[fault.kind]
    if fault.pause is None:
        return outcome
    return Outcome(reason=outcome.reason, pauses=(fault.pause, fault.pause))
