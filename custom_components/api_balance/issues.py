"""Repair issues of one account."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.loader import async_get_loaded_integration

from .account.failures import ClockError, Failures
from .api import AccountDisabledError, ApiError, Provider, UnexpectedResponseError
from .const import DOMAIN, UNREADABLE_AFTER
from .messages import format_amount, format_time, translate, unit_name

# Below the documentation's address in the manifest.
_UNEXPECTED_RESPONSES: Final = "blob/main/docs/troubleshooting.md#unexpected-responses"


class AccountIssue(StrEnum):
    """A repair issue; the value is its translation key."""

    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_UNREADABLE = "account_unreadable"
    BALANCE_EMPTY = "balance_empty"
    BALANCE_LOW = "balance_low"
    CHOOSE_THRESHOLD = "choose_threshold"
    CLOCK_WRONG = "clock_wrong"
    UNEXPECTED_RESPONSE = "unexpected_response"


_FAILURES: Final = (
    AccountIssue.ACCOUNT_DISABLED,
    AccountIssue.ACCOUNT_UNREADABLE,
    AccountIssue.CLOCK_WRONG,
    AccountIssue.UNEXPECTED_RESPONSE,
)
_ALARMS: Final = (AccountIssue.BALANCE_LOW, AccountIssue.BALANCE_EMPTY)
_FIXABLE: Final = (*_ALARMS, AccountIssue.CHOOSE_THRESHOLD)
_ERRORS: Final = (
    AccountIssue.ACCOUNT_DISABLED,
    AccountIssue.BALANCE_EMPTY,
    AccountIssue.UNEXPECTED_RESPONSE,
)


class AccountIssues:
    """Raises and clears the repair issues of one account."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, provider: Provider) -> None:
        """Prepare the issues of a config entry."""
        self._hass = hass
        self._entry = entry
        self._provider = provider

    @callback
    def raise_failure(self, error: ApiError, failures: Failures, now: datetime) -> None:
        """Raise what the user has to act on while the account cannot be read.

        Raising an issue again only updates its text, so an issue that was ignored stays ignored.
        """
        if isinstance(error, ClockError):
            self._create(AccountIssue.CLOCK_WRONG, None, {})
        elif isinstance(error, AccountDisabledError):
            self._create(AccountIssue.ACCOUNT_DISABLED, None, {})
        elif isinstance(error, UnexpectedResponseError) and failures.is_api_changed(now):
            self._create(AccountIssue.UNEXPECTED_RESPONSE, None, {"reason": error.reason})
        if failures.unreadable >= UNREADABLE_AFTER and failures.unreadable_since is not None:
            reason = translate(self._hass, f"reason_{error.key}", provider=self._provider.name)
            since = format_time(self._hass, failures.unreadable_since)
            self._create(AccountIssue.ACCOUNT_UNREADABLE, None, {"since": since, "reason": reason})

    @callback
    def show_alarm(self, key: str, balance: Decimal, unit: str, *, low: bool) -> None:
        """Raise a warning while a balance is low, and an error while nothing is left."""
        is_empty = low and balance <= 0
        placeholders = {"balance": format_amount(self._hass, balance, unit)} if low else {}
        # One is created before the other is deleted, so that a low balance always has an issue.
        if is_empty:
            self._create(AccountIssue.BALANCE_EMPTY, key, placeholders)
        elif low:
            self._create(AccountIssue.BALANCE_LOW, key, placeholders)
        if not is_empty:
            self._delete(AccountIssue.BALANCE_EMPTY, key)
        # Keep an ignored warning until recovery, also while the balance is empty: deleting the
        # issue would forget that it was ignored.
        if not low or (is_empty and not self._is_ignored(AccountIssue.BALANCE_LOW, key)):
            self._delete(AccountIssue.BALANCE_LOW, key)

    @callback
    def ask_for_threshold(self, key: str, unit: str) -> None:
        """Ask for the threshold of a balance that the account did not have before."""
        self._create(AccountIssue.CHOOSE_THRESHOLD, key, {"unit": unit_name(self._hass, unit)})

    @callback
    def clear_threshold_question(self, key: str) -> None:
        """Delete the question for a threshold."""
        self._delete(AccountIssue.CHOOSE_THRESHOLD, key)

    @callback
    def clear_balance(self, key: str) -> None:
        """Delete the issues of a balance that the account no longer has."""
        for issue in _FIXABLE:
            self._delete(issue, key)

    @callback
    def clear_failures(self) -> None:
        """Delete the issues about an account that could not be read."""
        for issue in _FAILURES:
            self._delete(issue, None)

    def _create(self, issue: AccountIssue, key: str | None, placeholders: dict[str, str]) -> None:
        """Create an issue, or update its text."""
        is_unexpected = issue is AccountIssue.UNEXPECTED_RESPONSE
        documentation = async_get_loaded_integration(self._hass, DOMAIN).documentation
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(issue, key),
            data={"entry_id": self._entry.entry_id, "key": key},
            is_fixable=issue in _FIXABLE,
            # The question for a threshold is asked only once, so it has to survive a restart.
            is_persistent=issue is AccountIssue.CHOOSE_THRESHOLD,
            severity=ir.IssueSeverity.ERROR if issue in _ERRORS else ir.IssueSeverity.WARNING,
            translation_key=issue,
            translation_placeholders={
                "account": self._entry.title,
                "provider": self._provider.name,
                "url": self._provider.console_url,
                **placeholders,
            },
            learn_more_url=f"{documentation}/{_UNEXPECTED_RESPONSES}"
            if is_unexpected
            else self._provider.console_url,
        )

    def _delete(self, issue: AccountIssue, key: str | None) -> None:
        """Delete an issue if it exists."""
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(issue, key))

    def _issue_id(self, issue: AccountIssue, key: str | None) -> str:
        """Return the ID of an issue about the account or one of its balances."""
        issue_id = f"{issue}_{self._entry.entry_id}"
        return issue_id if key is None else f"{issue_id}_{key}"

    def _is_ignored(self, issue: AccountIssue, key: str) -> bool:
        """Return whether the user has ignored an issue."""
        entry = ir.async_get(self._hass).async_get_issue(DOMAIN, self._issue_id(issue, key))
        return entry is not None and entry.dismissed_version is not None


@callback
def async_clear_issues(hass: HomeAssistant, entry_id: str) -> None:
    """Delete all issues of an account."""
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and entry_id in issue_id.split("_"):
            ir.async_delete_issue(hass, DOMAIN, issue_id)
