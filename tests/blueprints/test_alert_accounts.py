"""The alert blueprint: which accounts it watches."""

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..common import Providers
from .common import Notifications, get_device, run_alert, set_up_account, set_up_alert, spend


@pytest.mark.parametrize("option", ["included_accounts", "excluded_accounts"])
async def test_chosen_accounts(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, option: str
) -> None:
    """Only watched accounts have notifications and are in the digest."""
    crun = await set_up_account(hass, providers, "crun", "100")
    lumenfall = await set_up_account(hass, providers, "lumenfall", "5")
    chosen = crun if option == "included_accounts" else lumenfall
    await set_up_alert(hass, **{option: [get_device(hass, chosen)]}, top_ups=True)
    await spend(hass, providers, lumenfall, "10")
    await spend(hass, providers, crun, "950")
    await run_alert(hass)
    assert set(notifications.shown) == {"Crun.ai", "API Balance"}
    assert notifications.shown["API Balance"] == "- Crun.ai: 50 credits"
    await spend(hass, providers, lumenfall, "-20")
    await spend(hass, providers, crun, "-2000")
    titles = [title for title, _ in notifications.created]
    assert titles == ["Crun.ai", "API Balance", "Crun.ai"]


async def test_exclude_takes_precedence(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """An account that is both included and excluded is excluded."""
    crun = await set_up_account(hass, providers, "crun", "100")
    device = get_device(hass, crun)
    await set_up_alert(hass, included_accounts=[device], excluded_accounts=[device])
    await spend(hass, providers, crun, "950")
    assert not notifications.created


async def test_later_accounts(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """An account that is added later is watched, even if its event entity is disabled."""
    await set_up_alert(hass, excluded_accounts=["a device that is gone"])
    crun = await set_up_account(hass, providers, "crun", "100")
    er.async_get(hass).async_update_entity(
        "event.crun_ai_balance_event", disabled_by=er.RegistryEntryDisabler.USER
    )
    await hass.config_entries.async_reload(crun.entry_id)
    await spend(hass, providers, crun, "950")
    assert set(notifications.shown) == {"Crun.ai"}
    await spend(hass, providers, crun, "-2000")
    assert not notifications.shown
