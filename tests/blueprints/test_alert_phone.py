"""The alert blueprint: phones, notify entities and the user's own actions."""

from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr

from ..common import Providers
from .common import CRUN_URL, LUMENFALL_URL, Notifications, set_up_account, set_up_alert, spend

LOW: Final = "Crun.ai has only 50 credits left, which is below the threshold of 100 credits."


@pytest.fixture
def phone(hass: HomeAssistant) -> str:
    """Return the ID of the device of a phone."""
    entry = MockConfigEntry(domain="mobile_app", title="Anna's Pixel 9")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={("mobile_app", "pixel")},
        name="Anna's Pixel 9",
    )
    # Its name in Home Assistant does not change the name of the action.
    dr.async_get(hass).async_update_device(device.id, name_by_user="Anna")
    return device.id


@pytest.fixture
def calls(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the calls of the action that the phone's app registers."""
    return async_mock_service(hass, "notify", "mobile_app_anna_s_pixel_9")


async def test_phone(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    phone: str,
    calls: list[ServiceCall],
) -> None:
    """A phone gets the alert with a button that opens the top-up page, and a top-up clears it."""
    await set_up_alert(hass, phones=[phone], in_home_assistant=False)
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    tag = f"api_balance_{entry.entry_id}"
    button = {"action": "URI", "title": "Top up", "uri": CRUN_URL}
    alert = {"title": "Crun.ai", "message": LOW, "data": {"tag": tag, "actions": [button]}}
    assert [call.data for call in calls] == [alert]
    assert not notifications.created

    await spend(hass, providers, entry, "-2000")
    cleared = {"message": "clear_notification", "data": {"tag": tag}}
    assert [call.data for call in calls[1:]] == [cleared]


async def test_top_up_has_no_button(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    phone: str,
    calls: list[ServiceCall],
) -> None:
    """A notification about a top-up needs no button, and has its own tag."""
    await set_up_alert(hass, phones=[phone], top_ups=True)
    entry = await set_up_account(hass, providers, "crun")
    await spend(hass, providers, entry, "-500")
    assert set(notifications.shown) == {"Crun.ai"}
    tag = f"api_balance_{entry.entry_id}_topped_up"
    assert [call.data["data"] for call in calls] == [{"tag": tag, "actions": []}]


async def test_removed_phone(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    phone: str,
    calls: list[ServiceCall],
) -> None:
    """A phone that was removed does not keep the others from being notified."""
    await set_up_alert(hass, phones=["gone", phone])
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    assert [call.data["message"] for call in calls] == [LOW]
    assert set(notifications.shown) == {"Crun.ai"}


async def test_notify_entities(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """Notify entities get the same texts."""
    sent = async_mock_service(hass, "notify", "send_message")
    await set_up_alert(hass, notify_entities=["notify.family", "notify.work"])
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    await spend(hass, providers, entry, "-2000")
    entities = ["notify.family", "notify.work"]
    assert [call.data for call in sent] == [
        {"entity_id": entities, "title": "Crun.ai", "message": LOW}
    ]
    assert not notifications.shown


async def test_own_actions(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """The user's own actions run once for each event, also when a balance recovers."""
    own = async_mock_service(hass, "test", "run")
    names = ("happening", "title", "message", "tag", "url")
    data: dict[str, Any] = {name: f"{{{{ {name} }}}}" for name in names}
    await set_up_alert(hass, top_ups=True, alert_actions=[{"action": "test.run", "data": data}])
    entry = await set_up_account(hass, providers, "lumenfall", "5")
    for amount in ("10", "2.5", "-20"):
        await spend(hass, providers, entry, amount)
    tag = f"api_balance_{entry.entry_id}"
    assert [(call.data["happening"], call.data["tag"], call.data["url"]) for call in own] == [
        ("became_low", tag, LUMENFALL_URL),
        ("emptied", tag, LUMENFALL_URL),
        ("topped_up", f"{tag}_topped_up", ""),
        ("recovered", tag, LUMENFALL_URL),
    ]
    assert {call.data["title"] for call in own} == {"Lumenfall"}
    assert own[-1].data["message"] == "Lumenfall is no longer low: 20.00 USD left."
    assert len(notifications.created) == 3


async def test_many_events_at_once(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """Events during an action wait for its end."""
    own = async_mock_service(hass, "test", "run")
    action = [
        {"delay": {"milliseconds": 1}},
        {"action": "test.run", "data": {"title": "{{ title }}"}},
    ]
    await set_up_alert(hass, alert_actions=action, top_ups=True)
    entries = [
        await set_up_account(hass, providers, slug, "99999")
        for slug in ("crun", "lumenfall", "lensmor")
    ]
    for entry in entries:
        providers.top_up(entry.data["provider"], 200000)
        await entry.runtime_data.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    # A top-up and a recovery of each account.
    assert len(own) == 6
    assert set(notifications.shown) == {"Crun.ai", "Lensmor", "Lumenfall"}
