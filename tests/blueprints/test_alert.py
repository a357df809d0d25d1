"""The alert blueprint: notifications about low balances and top-ups."""

from datetime import UTC, datetime
from typing import Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.core import CoreState, HomeAssistant

from ..common import Providers, refresh
from .common import Notifications, set_up_account, set_up_alert, spend

VARIABLES: Final = (
    "happening",
    "account",
    "provider",
    "balance",
    "unit",
    "title",
    "message",
    "tag",
)


async def test_became_low_and_recovered(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """Without any input, a low balance has one notification until it recovers."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "899")
    assert not notifications.created

    await spend(hass, providers, entry, "2")
    message = "99 credits left in Crun.ai, below the threshold of 100 credits."
    assert notifications.created == [("Crun.ai: the balance is low", message)]
    tag = f"api_balance_{entry.entry_id}_credits"
    assert notifications.shown == {tag: "Crun.ai: the balance is low"}

    await spend(hass, providers, entry, "1")
    await refresh(hass, entry)
    assert len(notifications.created) == 1

    await spend(hass, providers, entry, "-500")
    assert len(notifications.created) == 1
    assert notifications.dismissed == 1
    assert not notifications.shown


async def test_emptied_by_one_drop(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """A balance that drops to zero has one notification."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "lumenfall", "5")
    await spend(hass, providers, entry, "12.5")
    assert notifications.created == [
        (
            "Lumenfall: the balance is used up",
            "The balance of Lumenfall is 0.00 USD: Lumenfall may refuse everything that costs.",
        )
    ]


async def test_low_then_emptied(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """The second notification about a balance replaces the first."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "lumenfall", "5")
    await spend(hass, providers, entry, "10")
    await spend(hass, providers, entry, "2.5")
    assert notifications.titles == [
        "Lumenfall: the balance is low",
        "Lumenfall: the balance is used up",
    ]
    assert notifications.created[0][1] == (
        "2.50 USD left in Lumenfall, below the threshold of 5.00 USD."
    )
    assert list(notifications.shown.values()) == ["Lumenfall: the balance is used up"]
    await spend(hass, providers, entry, "-20")
    assert not notifications.shown


async def test_alert_of_the_provider(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """The message says when it is the provider that reports a low balance."""
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "lunos")
    await spend(hass, providers, entry, "10")
    assert notifications.created == [
        (
            "Lunos: the balance is low",
            "0.5 credits left in Lunos. Lunos itself reports a low balance.",
        )
    ]


@pytest.mark.parametrize(
    ("threshold", "spent", "left", "moment"),
    [
        # 100 credits a day: eight more days.
        ("900", "200", "800", "Monday 30 November 2026"),
        # 455 credits a day: five more hours. The time zone of the tests is UTC-8.
        ("100", "910", "90", "Sunday 22 November 2026 at 09:00"),
    ],
    ids=["in some days", "today"],
)
async def test_run_out(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    freezer: FrozenDateTimeFactory,
    threshold: str,
    spent: str,
    left: str,
    moment: str,
) -> None:
    """The message says when the balance runs out, in local time."""
    freezer.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))
    await set_up_alert(hass)
    entry = await set_up_account(hass, providers, "crun", threshold)
    freezer.move_to(datetime(2026, 11, 22, 12, tzinfo=UTC))
    await spend(hass, providers, entry, spent)
    ((_, message),) = notifications.created
    assert message == (
        f"{left} credits left in Crun.ai, below the threshold of {threshold} credits."
        f" At the present rate it runs out on {moment}."
    )


@pytest.mark.parametrize("top_ups", [False, True])
async def test_top_ups(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, *, top_ups: bool
) -> None:
    """Top-ups have a notification if they are turned on, which stays when the alarm ends."""
    await set_up_alert(hass, top_ups=top_ups)
    entry = await set_up_account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    await spend(hass, providers, entry, "-500")
    assert notifications.dismissed == 1
    tag = f"api_balance_{entry.entry_id}_credits_topped_up"
    title = "Crun.ai: topped up"
    message = "500 credits added to Crun.ai: the balance is now 550 credits."
    assert notifications.shown == ({tag: title} if top_ups else {})
    assert notifications.created[1:] == ([(title, message)] if top_ups else [])


async def test_custom_actions(hass: HomeAssistant, providers: Providers) -> None:
    """The user's own actions run once for each event, with its data."""
    calls = async_mock_service(hass, "notify", "phone")
    data = {name: f"{{{{ {name} }}}}" for name in VARIABLES}
    action = [{"action": "notify.phone", "data": data}]
    await set_up_alert(hass, top_ups=True, alert_actions=action, dismiss_actions=action)
    entry = await set_up_account(hass, providers, "lumenfall", "5")
    hass.config_entries.async_update_entry(entry, title="Pictures")
    for amount in ("10", "2.5", "-1", "-10"):
        await spend(hass, providers, entry, amount)
    tag = f"api_balance_{entry.entry_id}_usd"
    received = [dict(call.data) for call in calls]
    messages = [data.pop("message") for data in received]
    assert received == [
        {
            "happening": event,
            "account": "Pictures",
            "provider": "Lumenfall",
            "balance": balance,
            "unit": "USD",
            "title": title,
            "tag": tag,
        }
        for event, balance, title, tag in (
            ("became_low", 2.5, "Pictures: the balance is low", tag),
            ("emptied", 0, "Pictures: the balance is used up", tag),
            ("topped_up", 1, "Pictures: topped up", f"{tag}_topped_up"),
            ("topped_up", 11, "Pictures: topped up", f"{tag}_topped_up"),
            ("recovered", 11, "Pictures: the balance is no longer low", tag),
        )
    ]
    assert messages[-1] == "The balance of Pictures is 11.00 USD."


async def test_many_events_at_once(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """Events during an action wait for its end."""
    calls = async_mock_service(hass, "notify", "phone")
    action = [
        {"delay": {"milliseconds": 1}},
        {"action": "notify.phone", "data": {"title": "{{ title }}"}},
    ]
    entry = await set_up_account(hass, providers, "crun", "100")
    await set_up_alert(hass, alert_actions=action, top_ups=True)
    for _ in range(10):
        providers.spend("crun", 950)
        await entry.runtime_data.async_refresh()
        providers.top_up("crun", 950)
        await entry.runtime_data.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    titles = [call.data["title"] for call in calls]
    assert titles == 10 * ["Crun.ai: the balance is low", "Crun.ai: topped up"]
    assert notifications.dismissed == 10


async def test_while_home_assistant_was_off(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """A balance that became low while Home Assistant was off has one notification at the start."""
    entry = await set_up_account(hass, providers, "crun", "100")
    await hass.config_entries.async_unload(entry.entry_id)
    providers.spend("crun", 950)
    hass.set_state(CoreState.not_running)
    await hass.config_entries.async_setup(entry.entry_id)
    await set_up_alert(hass)
    assert not notifications.created
    await hass.async_start()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert notifications.titles == ["Crun.ai: the balance is low"]
