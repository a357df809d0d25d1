"""The alert blueprint: the digest of all low accounts."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..common import Clock, Providers, refresh
from .common import Notifications, run_alert, set_up_account, set_up_alert

# A Saturday, at eight in the evening in the time zone of the tests.
EVENING: Final = datetime(2026, 11, 22, 4, tzinfo=UTC)
BEFORE: Final = datetime(2026, 11, 22, 3, 50, tzinfo=UTC)
AT_EIGHT: Final = {"digest": True, "digest_time": "20:00:00"}
NOTHING_LOW: Final = ("No account is low", "Nothing to worry about.")


async def test_digest(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, clock: Clock
) -> None:
    """The digest polls all accounts and lists those that are low, with their balance."""
    await clock.move_to(BEFORE)
    crun = await set_up_account(hass, providers, "crun", "2000")
    await set_up_account(hass, providers, "lumenfall", "13")
    await set_up_account(hass, providers, "lensmor")
    await set_up_account(hass, providers, "engagelab_otp", "200")
    await set_up_alert(hass, **AT_EIGHT)
    assert not notifications.created
    providers.spend("crun", 250)
    providers.spend("lumenfall", "12.5")
    providers.top_up("engagelab_otp", 500)

    await clock.move_to(EVENING)
    digests = [text for text in notifications.created if "are low" in text[0]]
    lines = "- Crun.ai: 750 credits left\n- Lumenfall: used up, the balance is 0.00 USD"
    assert digests == [("2 accounts are low", lines)]
    assert notifications.shown["api_balance_digest"] == "2 accounts are low"

    hass.config_entries.async_update_entry(crun, title="Films")
    await clock.move_to(datetime(2026, 11, 23, 4, tzinfo=UTC))
    assert notifications.created[-1][1].startswith("- Films: 750 credits left\n")


async def test_no_low_account(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, clock: Clock
) -> None:
    """Without a low account there is no digest, unless the automation is run manually."""
    await clock.move_to(BEFORE)
    await set_up_account(hass, providers, "crun")
    await set_up_alert(hass, **AT_EIGHT)
    await clock.move_to(EVENING)
    assert not notifications.created
    await run_alert(hass)
    assert notifications.created == [NOTHING_LOW]


@pytest.mark.parametrize(
    ("inputs", "is_sent"),
    [
        ({}, False),
        ({"digest": True}, False),
        (AT_EIGHT, True),
        (AT_EIGHT | {"digest_days": ["sat"]}, True),
        (AT_EIGHT | {"digest_days": ["sun", "mon"]}, False),
        ({"digest_time": "20:00:00"}, False),
    ],
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
    """The digest is sent at its time, on its days, if it is turned on."""
    await clock.move_to(BEFORE)
    await set_up_account(hass, providers, "crun", "2000")
    await set_up_alert(hass, **inputs)
    await clock.move_to(EVENING)
    assert len(notifications.created) == is_sent


async def test_default_time(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, clock: Clock
) -> None:
    """The default time is nine in the morning."""
    await clock.move_to(datetime(2026, 11, 22, 16, 59, tzinfo=UTC))
    await set_up_account(hass, providers, "crun", "2000")
    await set_up_alert(hass, digest=True)
    await clock.move_to(datetime(2026, 11, 22, 17, tzinfo=UTC))
    assert notifications.created == [("1 account is low", "- Crun.ai: 1000 credits left")]


@pytest.mark.parametrize("is_listed", [False, True])
async def test_unavailable_accounts(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, *, is_listed: bool
) -> None:
    """Accounts that cannot be read are listed if that is turned on, also if setup has failed."""
    await set_up_account(hass, providers, "lensmor", "100000")
    crun = await set_up_account(hass, providers, "crun")
    lumenfall = await set_up_account(hass, providers, "lumenfall")
    await set_up_alert(hass, digest_unavailable=is_listed)
    providers.respond_as("crun", "maintenance")
    providers.respond_as("lumenfall", "server_error")
    await refresh(hass, crun)
    await hass.config_entries.async_reload(lumenfall.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await run_alert(hass)
    lines = [
        "- Lensmor: 30050 credits left",
        "- Crun.ai: cannot be read at the moment",
        "- Lumenfall: cannot be read at the moment",
    ]
    message = "\n".join(lines if is_listed else lines[:1])
    assert notifications.created == [("1 account is low", message)]

    providers.top_up("lensmor", 100000)
    await run_alert(hass)
    digest = ("Accounts cannot be read", "\n".join(lines[1:]))
    assert notifications.created[1:] == [digest if is_listed else NOTHING_LOW]


@pytest.mark.parametrize("is_listed", [False, True])
async def test_only_unavailable_accounts(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    clock: Clock,
    *,
    is_listed: bool,
) -> None:
    """Without a low account, the digest is sent for those that cannot be read."""
    await clock.move_to(BEFORE)
    crun = await set_up_account(hass, providers, "crun")
    await set_up_alert(hass, **AT_EIGHT, digest_unavailable=is_listed)
    providers.respond_as("crun", "maintenance")
    await refresh(hass, crun)
    await clock.move_to(EVENING)
    digest = ("Accounts cannot be read", "- Crun.ai: cannot be read at the moment")
    assert notifications.created == ([digest] if is_listed else [])


async def test_low_account_becomes_unavailable(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """A low account is listed even if it cannot be read, and so are all others."""
    await set_up_account(hass, providers, "crun", "2000")
    await set_up_account(hass, providers, "lumenfall", "13")
    await set_up_account(hass, providers, "lensmor", "100000")
    await set_up_alert(hass)
    providers.respond_as("lumenfall", "server_error")
    await run_alert(hass)
    lines = [
        "- Crun.ai: 1000 credits left",
        "- Lensmor: 30050 credits left",
        "- Lumenfall: low, cannot be read at the moment",
    ]
    assert notifications.created == [("3 accounts are low", "\n".join(lines))]


async def test_entities_of_other_integrations(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """Problems of other integrations are not listed; an account may have any name."""
    other = MockConfigEntry(domain="other", title="Other")
    other.add_to_hass(hass)
    leak = er.async_get(hass).async_get_or_create(
        "binary_sensor", "other", "leak", config_entry=other
    )
    hass.states.async_set(leak.entity_id, "on", {"device_class": "problem"})
    hass.states.async_set("binary_sensor.smoke", "on", {"device_class": "problem"})
    hass.states.async_set("binary_sensor.door", "on")
    crun = await set_up_account(hass, providers, "crun", "2000")
    hass.config_entries.async_update_entry(crun, title="api_balance")
    await set_up_account(hass, providers, "lumenfall", "13")
    await set_up_alert(hass)
    await run_alert(hass)
    lines = "- api_balance: 1000 credits left\n- Lumenfall: 12.50 USD left"
    assert notifications.created == [("2 accounts are low", lines)]


async def test_custom_actions(hass: HomeAssistant, providers: Providers) -> None:
    """The user's own actions run for the digest too."""
    calls = async_mock_service(hass, "notify", "phone")
    names = "happening", "account", "balance", "title", "message", "tag"
    action = [{"action": "notify.phone", "data": {name: f"{{{{ {name} }}}}" for name in names}}]
    await set_up_account(hass, providers, "crun", "2000")
    await set_up_alert(hass, alert_actions=action)
    await run_alert(hass)
    assert [call.data for call in calls] == [
        {
            "happening": "digest",
            "account": None,
            "balance": None,
            "title": "1 account is low",
            "message": "- Crun.ai: 1000 credits left",
            "tag": "api_balance_digest",
        }
    ]
