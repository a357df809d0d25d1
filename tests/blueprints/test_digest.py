"""The alert blueprint: the digest of all low accounts, and reminders."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from ..common import Clock, Providers
from .common import CRUN_URL, Notifications, run_alert, set_up_account, set_up_alert, spend

# Eight in the evening in the time zone of the tests.
EVENING: Final = datetime(2026, 11, 22, 4, tzinfo=UTC)
BEFORE: Final = datetime(2026, 11, 22, 3, 50, tzinfo=UTC)
AT_EIGHT: Final = {"digest": True, "digest_time": "20:00:00"}


async def test_digest(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, clock: Clock
) -> None:
    """The digest polls the low accounts and lists them with their balance."""
    await clock.move_to(BEFORE)
    crun = await set_up_account(hass, providers, "crun", "2000")
    await set_up_account(hass, providers, "lumenfall", "13")
    await set_up_account(hass, providers, "lensmor")
    await set_up_alert(hass, **AT_EIGHT)
    providers.spend("crun", 250)
    providers.spend("lumenfall", "12.5")
    await clock.move_to(EVENING)
    lines = "- Crun.ai: 750 credits\n- Lumenfall: 0 USD"
    assert notifications.shown["API Balance"] == lines

    hass.config_entries.async_update_entry(crun, title="Films")
    await clock.move_to(datetime(2026, 11, 23, 4, tzinfo=UTC))
    assert notifications.shown["API Balance"].startswith("- Films: 750 credits\n")


@pytest.mark.parametrize(
    ("inputs", "is_sent"),
    [({}, False), ({"digest": True}, False), (AT_EIGHT, True), ({"digest_time": "20:00"}, False)],
)
async def test_time(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    clock: Clock,
    inputs: dict[str, Any],
    *,
    is_sent: bool,
) -> None:
    """The digest is sent at its time, if it is enabled."""
    await clock.move_to(BEFORE)
    await set_up_account(hass, providers, "crun", "2000")
    await set_up_alert(hass, **inputs)
    await clock.move_to(EVENING)
    assert ("API Balance" in notifications.shown) is is_sent


async def test_no_low_account(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, clock: Clock
) -> None:
    """Without a low account there is no digest, unless the automation is run by hand."""
    await clock.move_to(BEFORE)
    await set_up_account(hass, providers, "crun")
    await set_up_alert(hass, **AT_EIGHT)
    await clock.move_to(EVENING)
    assert not notifications.created
    await run_alert(hass)
    assert notifications.created == [("API Balance", "✓")]


async def test_unreadable_accounts(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """An account is listed if it is low, or if it could not be read for a day."""
    await set_up_account(hass, providers, "crun", "2000")
    lumenfall = await set_up_account(hass, providers, "lumenfall")
    await set_up_alert(hass)
    for slug in ("crun", "lumenfall"):
        providers.respond_as(slug, "server_error")
    await run_alert(hass)
    assert notifications.created[-1] == ("API Balance", "- Crun.ai: ?")
    # The integration raises this issue after a day.
    ir.async_create_issue(
        hass,
        "api_balance",
        f"account_unreadable_{lumenfall.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="account_unreadable",
    )
    await run_alert(hass)
    assert notifications.created[-1] == ("API Balance", "- Crun.ai: ?\n- Lumenfall: ?")


async def test_entities_of_other_integrations(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """Sensors of other integrations are not listed; an account may have any name."""
    other = MockConfigEntry(domain="other", title="Other")
    other.add_to_hass(hass)
    registry = er.async_get(hass)
    sensor = registry.async_get_or_create("sensor", "other", "leak", config_entry=other)
    hass.states.async_set(sensor.entity_id, "1")
    hass.states.async_set("sensor.without_registry_entry", "1")
    crun = await set_up_account(hass, providers, "crun", "2000")
    hass.config_entries.async_update_entry(crun, title="api_balance")
    await set_up_alert(hass)
    await run_alert(hass)
    assert notifications.created == [("API Balance", "- api_balance: 1000 credits")]


@pytest.mark.parametrize(
    ("days", "reminded"),
    [(0, []), (1, [1, 2, 3, 4, 5]), (2, [2, 4]), (7, [])],
)
async def test_reminders(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    clock: Clock,
    days: int,
    reminded: list[int],
) -> None:
    """A reminder repeats the alert after every so many days."""
    own = async_mock_service(hass, "test", "run")
    await clock.move_to(BEFORE)
    await set_up_alert(
        hass, reminder_days=days, digest_time="20:00:00", alert_actions=[{"action": "test.run"}]
    )
    crun = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, crun, "950")
    found = []
    for day in range(6):
        before = len(own)
        await clock.move_to(EVENING.replace(day=22 + day))
        if len(own) > before:
            found.append(day)
    assert found == reminded
    if reminded:
        assert notifications.shown == {"Crun.ai": f"50 credits\n\n[Top up]({CRUN_URL})"}


async def test_reminders_end(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, clock: Clock
) -> None:
    """There is no reminder of an alert that the user has ignored."""
    await clock.move_to(BEFORE)
    await set_up_alert(hass, reminder_days=1, digest_time="20:00:00")
    crun = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, crun, "950")
    issue_id = f"balance_low_{crun.entry_id}_credits"
    ir.async_ignore_issue(hass, "api_balance", issue_id, ignore=True)
    await clock.move_to(EVENING.replace(day=23))
    assert len(notifications.created) == 1
    ir.async_ignore_issue(hass, "api_balance", issue_id, ignore=False)
    await clock.move_to(EVENING.replace(day=24))
    assert len(notifications.created) == 2
