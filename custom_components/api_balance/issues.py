"""Repair issues of one account."""

from enum import StrEnum

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN


class AccountIssue(StrEnum):
    """What somebody has to look at; the value is the translation key."""

    ACCOUNT_DISABLED = "account_disabled"
    UNEXPECTED_RESPONSE = "unexpected_response"


@callback
def async_raise_issue(
    hass: HomeAssistant, entry_id: str, issue: AccountIssue, url: str, **placeholders: str
) -> None:
    """Tell the user; telling again changes nothing, so an issue once ignored stays ignored."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{issue}_{entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=issue,
        translation_placeholders=placeholders,
        learn_more_url=url,
    )


@callback
def async_clear_issues(hass: HomeAssistant, entry_id: str) -> None:
    """Take back everything that was said about an account."""
    for issue in AccountIssue:
        ir.async_delete_issue(hass, DOMAIN, f"{issue}_{entry_id}")
