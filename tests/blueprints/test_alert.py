"""The alert blueprint: notifications about low balances and top-ups."""

from decimal import Decimal

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.api import AccountSnapshot, Balance, Field
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..common import Providers, refresh, refresh_with
from .common import (
    CRUN_URL,
    LUMENFALL_URL,
    Notifications,
    run_alert,
    set_up_account,
    set_up_alert,
    spend,
)

LOW = "Crun.ai has only 50 credits left, which is below the threshold of 100 credits."


async def test_became_low_and_recovered(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """Without any input, a low balance has one notification until it recovers."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "899")
    assert not notifications.created

    await spend(hass, providers, entry, "51")
    assert notifications.shown == {"Crun.ai": f"{LOW}\n\n[Top up]({CRUN_URL})"}

    await spend(hass, providers, entry, "1")
    await refresh(hass, entry)
    assert len(notifications.created) == 1

    await spend(hass, providers, entry, "-1500")
    assert len(notifications.created) == 1
    assert not notifications.shown


async def test_emptied_by_one_drop(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """A balance that drops to zero has one notification."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "lumenfall", "5")
    await spend(hass, providers, entry, "12.5")
    message = "Lumenfall has no credits left, and Lumenfall may refuse paid requests."
    assert notifications.created == [("Lumenfall", message)]


async def test_low_then_emptied(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """The second notification about an account replaces the first, until it recovers."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "lumenfall", "5")
    await spend(hass, providers, entry, "10")
    await spend(hass, providers, entry, "2.5")
    assert len(notifications.created) == 2
    emptied = "Lumenfall has no credits left, and Lumenfall may refuse paid requests."
    assert notifications.shown == {"Lumenfall": f"{emptied}\n\n[Top up]({LUMENFALL_URL})"}
    # A top-up that is not enough.
    await spend(hass, providers, entry, "-1")
    assert set(notifications.shown) == {"Lumenfall"}
    await spend(hass, providers, entry, "-20")
    assert not notifications.shown


async def test_no_credits(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """A provider that refuses because nothing is left causes one notification."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "crun", "100")
    providers.respond_as("crun", "insufficient")
    await refresh(hass, entry)
    await refresh(hass, entry)
    message = "Crun.ai has no credits left, and Crun.ai may refuse paid requests."
    assert notifications.created == [("Crun.ai", message)]
    await run_alert(hass)
    assert notifications.created[1:] == [("API Balance", "- Crun.ai: 0 credits")]


async def test_texts(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """The texts are the user's name of the account, and the message of the event."""
    await set_up_alert(hass, top_up_label="Aufladen")
    entry = await set_up_account(hass, providers, "lumenfall", "5")
    hass.config_entries.async_update_entry(entry, title="Bilder")
    await spend(hass, providers, entry, "10")
    event = hass.states.get("event.lumenfall_balance_event")
    assert event is not None
    text = event.attributes["message"]
    assert notifications.shown == {"Bilder": f"{text}\n\n[Aufladen]({LUMENFALL_URL})"}


@pytest.mark.parametrize("top_ups", [False, True])
async def test_top_ups(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, *, top_ups: bool
) -> None:
    """Top-ups have a notification if they are turned on, which stays when the alarm ends."""
    await set_up_alert(hass, top_ups=top_ups)
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    await spend(hass, providers, entry, "-1500")
    message = "Crun.ai was topped up by 1,500 credits, and the balance is now 1,550 credits."
    assert notifications.shown == ({"Crun.ai": message} if top_ups else {})


async def test_several_balances(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """The notification stays until the last balance of the account has recovered."""
    entry = await set_up_account(hass, providers, "lumenfall")
    await set_up_alert(hass)

    async def report(dollars: str, euros: str) -> None:
        """Report two balances until they are confirmed."""
        balances = tuple(
            Balance(key=unit, unit=unit, amounts={Field.BALANCE: Decimal(amount)})
            for unit, amount in (("USD", dollars), ("EUR", euros))
        )
        snapshot = AccountSnapshot(balances=balances, details={Field.BILLING_TYPE: "prepaid"})
        for _ in range(2):
            await refresh_with(hass, entry, snapshot)

    await report("12.50", "3")
    await report("0", "0")
    assert len(notifications.created) == 2
    await report("20", "0")
    assert set(notifications.shown) == {"Lumenfall"}
    await report("20", "5")
    assert not notifications.shown


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Load an account and the automation as in a start of Home Assistant."""
    hass.set_state(CoreState.not_running)
    await hass.config_entries.async_setup(entry.entry_id)
    await set_up_alert(hass)


async def started(hass: HomeAssistant) -> None:
    """Finish the start of Home Assistant."""
    await hass.async_start()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_while_home_assistant_was_off(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """A balance that became low while Home Assistant was off has a notification at the start."""
    entry = await set_up_account(hass, providers, "crun", "100")
    await hass.config_entries.async_unload(entry.entry_id)
    providers.spend("crun", 950)
    await restart(hass, entry)
    assert not notifications.created
    await started(hass)
    assert set(notifications.shown) == {"Crun.ai"}
    assert ("Crun.ai", LOW) in notifications.created


@pytest.mark.parametrize("is_ignored", [False, True])
async def test_restart(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, *, is_ignored: bool
) -> None:
    """The notification of a low balance is there again after a restart, unless it is ignored."""
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    await hass.config_entries.async_unload(entry.entry_id)
    issue_id = f"balance_low_{entry.entry_id}_credits"
    ir.async_ignore_issue(hass, "api_balance", issue_id, is_ignored)
    await restart(hass, entry)
    await started(hass)
    shown = {"Crun.ai": f"50 credits\n\n[Top up]({CRUN_URL})"}
    assert notifications.shown == ({} if is_ignored else shown)


async def test_restart_during_an_outage(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """The notification returns even if the account cannot be read."""
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    await hass.config_entries.async_unload(entry.entry_id)
    providers.respond_as("crun", "maintenance")
    await restart(hass, entry)
    await started(hass)
    assert notifications.created == [("Crun.ai", "?")]


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_account_goes(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, *, is_deleted: bool
) -> None:
    """The notification goes with an account that is deleted or disabled."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    assert set(notifications.shown) == {"Crun.ai"}
    if is_deleted:
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        by_user = ConfigEntryDisabler.USER
        await hass.config_entries.async_set_disabled_by(entry.entry_id, by_user)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not notifications.shown


async def test_reload(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """Reloading the account neither repeats nor removes the notification."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(notifications.created) == 1
    assert set(notifications.shown) == {"Crun.ai"}
