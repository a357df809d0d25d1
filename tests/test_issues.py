"""Repair issues: low and empty balances, disabled accounts, unexpected responses."""

from datetime import timedelta
from decimal import Decimal
from typing import Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.api_balance.account import async_forget_failures
from custom_components.api_balance.api import AccountSnapshot, Client, Field, NoCreditsError
from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .common import (
    Clock,
    Providers,
    entry_state,
    get_issues,
    get_state,
    refresh_with,
    set_threshold,
    set_up,
    threshold,
)

THRESHOLD: Final = "number.crun_ai_alert_below"
# The account has 1000 credits.
OPTIONS: Final = threshold("100")


async def test_low_and_empty(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """A low balance is a warning, an empty one an error; both link to the console."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    assert get_issues(hass) == {}
    providers.spend("crun", "919.5")
    await clock.next_poll()
    assert list(get_issues(hass)) == ["balance_low"]
    issue = get_issues(hass)["balance_low"]
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.learn_more_url == "https://crun.ai/billing"
    assert issue.translation_placeholders == {
        "account": "Crun.ai",
        "provider": "Crun.ai",
        "url": "https://crun.ai/billing",
        "balance": "80.5 credits",
    }
    providers.spend("crun", "80.5")
    await clock.next_poll()
    assert list(get_issues(hass)) == ["balance_empty"]
    assert get_issues(hass)["balance_empty"].severity is ir.IssueSeverity.ERROR
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    await clock.three_retries()
    assert list(get_issues(hass)) == ["balance_empty"]
    providers.respond_as("crun", None)
    providers.top_up("crun", 20)
    await clock.next_poll()
    assert list(get_issues(hass)) == ["balance_low"]
    providers.top_up("crun", 200)
    await clock.next_poll()
    assert get_issues(hass) == {}


async def test_first_reading(hass: HomeAssistant, providers: Providers) -> None:
    """An account that is empty when it is added has an issue, although it has no event."""
    await set_up(hass, providers.entry("crun", "empty"))
    assert list(get_issues(hass)) == ["balance_empty"]


async def test_changed_threshold(hass: HomeAssistant, providers: Providers) -> None:
    """A changed threshold creates and deletes the issue immediately."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    await set_threshold(hass, THRESHOLD, 2000)
    assert list(get_issues(hass)) == ["balance_low"]
    await set_threshold(hass, THRESHOLD, 1)
    assert get_issues(hass) == {}


async def test_ignored(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """An ignored issue stays ignored until the balance has recovered, also while it is empty."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    issue_id = f"balance_low_{entry.entry_id}_credits"

    async def spend_and_poll(amount: int) -> None:
        providers.spend("crun", amount)
        await clock.next_poll()

    def is_ignored() -> bool:
        issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
        assert issue is not None
        return issue.dismissed_version is not None

    await spend_and_poll(950)
    assert not is_ignored()
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)
    await spend_and_poll(10)
    assert is_ignored()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert is_ignored()
    await spend_and_poll(40)
    assert list(get_issues(hass)) == ["balance_low", "balance_empty"]
    assert is_ignored()
    await spend_and_poll(-40)
    assert list(get_issues(hass)) == ["balance_low"]
    assert is_ignored()
    await spend_and_poll(-400)
    assert get_issues(hass) == {}
    await spend_and_poll(400)
    assert not is_ignored()


async def test_low_while_setup_fails(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """The issue is there after a restart, even if the provider does not respond."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    providers.spend("crun", 950)
    await clock.next_poll()
    await hass.config_entries.async_unload(entry.entry_id)
    ir.async_delete_issue(hass, DOMAIN, f"balance_low_{entry.entry_id}_credits")
    providers.respond_as("crun", "html_502")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert list(get_issues(hass)) == ["balance_low"]


@pytest.mark.parametrize("end", ["disable", "remove"])
async def test_disabled_or_removed(hass: HomeAssistant, providers: Providers, end: str) -> None:
    """The issues of an account are deleted with it, and no others."""
    await set_up(hass, providers.entry("crun", "empty.other"))
    entry = await set_up(hass, providers.entry("crun", "empty"))
    issues = ir.async_get(hass).issues
    assert len([key for key in issues if key[0] == DOMAIN]) == 2
    if end == "disable":
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    else:
        await hass.config_entries.async_remove(entry.entry_id)
    (remaining,) = [key for key in issues if key[0] == DOMAIN]
    assert entry.entry_id not in remaining[1]


async def test_threshold_before_the_first_balance(
    hass: HomeAssistant, providers: Providers
) -> None:
    """A threshold for a balance that is unknown takes effect once it is known."""
    entry = await set_up(hass, providers.entry("lumenfall", "postpaid"))
    await set_threshold(hass, "number.lumenfall_alert_below", 5)
    assert get_issues(hass) == {}
    details = {Field.BILLING_TYPE: "prepaid"}
    snapshot = AccountSnapshot.of("USD", {Field.BALANCE: Decimal(3)}, details=details)
    await refresh_with(hass, entry, snapshot)
    assert list(get_issues(hass)) == ["balance_low"]


async def test_disabled_account_during_setup(
    hass: HomeAssistant, providers: Providers, issue_registry: ir.IssueRegistry
) -> None:
    """An account that the provider has disabled has an issue, which is removed with the entry."""
    entry = await set_up(hass, providers.entry("engagelab_otp", "disabled"))
    issue = issue_registry.async_get_issue(DOMAIN, f"account_disabled_{entry.entry_id}")
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.ERROR
    assert issue.learn_more_url == "https://www.engagelab.com"
    assert issue.translation_placeholders == {
        "account": "EngageLab OTP",
        "provider": "EngageLab OTP",
        "url": "https://www.engagelab.com",
    }
    await hass.config_entries.async_remove(entry.entry_id)
    assert not issue_registry.issues


async def test_disabled_account(
    hass: HomeAssistant, providers: Providers, clock: Clock, issue_registry: ir.IssueRegistry
) -> None:
    """An ignored issue survives a reload; a good response or a disabled entry deletes it."""
    entry = await set_up(hass, providers.entry("engagelab_otp"))

    async def fail() -> None:
        providers.respond_as("engagelab_otp", "disabled")
        await clock.next_poll()
        await clock.three_retries()

    await fail()
    issue_id = f"account_disabled_{entry.entry_id}"
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)
    await hass.config_entries.async_reload(entry.entry_id)
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.dismissed_version is not None

    providers.respond_as("engagelab_otp", None)
    await clock.advance(minutes=15)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert not issue_registry.issues
    await fail()
    assert len(issue_registry.issues) == 1
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert not issue_registry.issues


async def test_unexpected_responses_during_setup(
    hass: HomeAssistant, providers: Providers, clock: Clock, issue_registry: ir.IssueRegistry
) -> None:
    """Half an hour of unexpected responses has an issue, also if setup is retried each time."""
    entry = await set_up(hass, providers.entry("lunos", "malformed"))
    await clock.advance(minutes=29)
    assert providers.calls == 2
    assert not issue_registry.issues
    await clock.advance(minutes=2)
    assert providers.calls == 3
    issue = issue_registry.async_get_issue(DOMAIN, f"unexpected_response_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["reason"] == "the response is not valid JSON"
    assert issue.learn_more_url is not None
    assert issue.learn_more_url.endswith("docs/troubleshooting.md#unexpected-responses")


async def test_changed_text(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """The text follows the balance immediately, without another event."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    for spent, balance in ((919, "81 credits"), (10, "71 credits")):
        providers.spend("crun", spent)
        await clock.next_poll()
        placeholders = get_issues(hass)["balance_low"].translation_placeholders
        assert placeholders is not None
        assert placeholders["balance"] == balance


async def test_unreadable_account_after_a_restart(
    hass: HomeAssistant, providers: Providers, clock: Clock, freezer: FrozenDateTimeFactory
) -> None:
    """The time that an account could not be read survives a restart, without the time off."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.respond_as("crun", "html_502")
    for _ in range(4 * 12):
        await clock.next_poll()
    await hass.config_entries.async_unload(entry.entry_id)
    async_forget_failures(hass, entry.entry_id)
    freezer.tick(timedelta(hours=20))
    await hass.config_entries.async_setup(entry.entry_id)
    for _ in range(4 * 11):
        await clock.advance(minutes=15)
    assert get_issues(hass) == {}
    for _ in range(4 * 2):
        await clock.advance(minutes=15)
    assert list(get_issues(hass)) == ["account_unreadable"]
    placeholders = get_issues(hass)["account_unreadable"].translation_placeholders
    assert placeholders is not None
    assert placeholders["reason"] == "Crun.ai cannot be reached"


async def test_no_credits_with_a_wrong_clock(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """With a wrong clock, HTTP 402 is not recorded either."""
    await set_up(hass, providers.entry("crun"))
    date = dt_util.utcnow() - timedelta(days=2)
    with patch.object(Client, "read", side_effect=NoCreditsError("HTTP 402", date=date)):
        await clock.next_poll()
        await clock.three_retries()
    assert list(get_issues(hass)) == ["clock_wrong"]
    assert get_state(hass, "sensor.crun_ai_status") == "clock_wrong"
    assert get_state(hass, "binary_sensor.crun_ai_low_balance") == "off"
