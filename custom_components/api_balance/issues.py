"""Repair issues of one account."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .api import amount_text
from .const import DOMAIN


class AccountIssue(StrEnum):
    """What somebody has to look at; the value is the translation key."""

    ACCOUNT_DISABLED = "account_disabled"
    UNEXPECTED_RESPONSE = "unexpected_response"
    BALANCE_LOW = "balance_low"
    BALANCE_EMPTY = "balance_empty"


_TROUBLE: Final = (AccountIssue.ACCOUNT_DISABLED, AccountIssue.UNEXPECTED_RESPONSE)


@callback
def async_raise_issue(
    hass: HomeAssistant, entry_id: str, issue: AccountIssue, url: str, **placeholders: str
) -> None:
    """Tell the user; telling again changes nothing, so an issue once ignored stays ignored."""
    _create(hass, f"{issue}_{entry_id}", issue, url, placeholders)


@callback
def async_show_alarm(  # noqa: PLR0913
    hass: HomeAssistant,
    entry_id: str,
    unit: str,
    url: str,
    *,
    low: bool,
    balance: Decimal,
    **placeholders: str,
) -> None:
    """Warn while a balance is low, and more urgently while nothing is left."""
    low_id = _alarm_id(AccountIssue.BALANCE_LOW, entry_id, unit)
    empty_id = _alarm_id(AccountIssue.BALANCE_EMPTY, entry_id, unit)
    if low:
        placeholders["balance"] = amount_text(balance, unit)
    if balance <= 0:
        _create(hass, empty_id, AccountIssue.BALANCE_EMPTY, url, placeholders)
    else:
        ir.async_delete_issue(hass, DOMAIN, empty_id)
    if low and balance > 0:
        _create(hass, low_id, AccountIssue.BALANCE_LOW, url, placeholders)
    # Whoever has ignored the warning has ignored it until the balance recovers, also when it is
    # empty in between: deleting it would forget that.
    elif not low or not _is_ignored(hass, low_id):
        ir.async_delete_issue(hass, DOMAIN, low_id)


@callback
def async_clear_alarm(hass: HomeAssistant, entry_id: str, unit: str) -> None:
    """Take back what was said about a balance that nobody looks at any more."""
    for issue in (AccountIssue.BALANCE_LOW, AccountIssue.BALANCE_EMPTY):
        ir.async_delete_issue(hass, DOMAIN, _alarm_id(issue, entry_id, unit))


@callback
def async_clear_trouble(hass: HomeAssistant, entry_id: str) -> None:
    """Take back what was said about an account that did not answer well."""
    for issue in _TROUBLE:
        ir.async_delete_issue(hass, DOMAIN, f"{issue}_{entry_id}")


@callback
def async_clear_issues(hass: HomeAssistant, entry_id: str) -> None:
    """Take back everything that was said about an account."""
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and entry_id in issue_id:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def _alarm_id(issue: AccountIssue, entry_id: str, unit: str) -> str:
    """Return the id of an issue about what an account holds in a unit."""
    return f"{issue}_{entry_id}_{unit.lower()}"


def _is_ignored(hass: HomeAssistant, issue_id: str) -> bool:
    """Return whether the user has ignored an issue."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    return issue is not None and issue.dismissed_version is not None


def _create(
    hass: HomeAssistant, issue_id: str, issue: AccountIssue, url: str, placeholders: dict[str, str]
) -> None:
    """Create an issue, or bring it up to date."""
    is_warning = issue is AccountIssue.BALANCE_LOW
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING if is_warning else ir.IssueSeverity.ERROR,
        translation_key=issue,
        translation_placeholders=placeholders,
        learn_more_url=url,
    )
