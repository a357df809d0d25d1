"""The automations in the documentation do what it says."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
import re
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.api_balance.condition import CONDITIONS
from custom_components.api_balance.trigger import TRIGGERS
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import config_validation as cv, script
from homeassistant.helpers.condition import async_validate_condition_config
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component
from homeassistant.util import slugify
from homeassistant.util.yaml import parse_yaml
from scripts.lib.files import ROOT

from .common import Clock, Providers, get_state, set_up

DOCUMENTS: Final = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks() -> list[Any]:
    """Return the YAML in the documentation."""
    pattern = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [parse_yaml(text) for path in DOCUMENTS for text in pattern.findall(path.read_text())]


def examples() -> dict[str, dict[str, Any]]:
    """Return the automations in the documentation, by alias."""
    return {block["alias"]: block for block in blocks() if isinstance(block, dict)}


def snippets(kind: str) -> list[dict[str, Any]]:
    """Return the triggers, conditions or actions that are shown without an automation."""
    found = [block for block in blocks() if isinstance(block, list)]
    return [each for block in found for each in block if kind in each]


class Home:
    """A home with three accounts and the actions that the examples use."""

    def __init__(self, hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
        """Start without accounts."""
        self.hass, self.providers, self.clock = hass, providers, clock
        self.entries: dict[str, MockConfigEntry] = {}
        self.calls: dict[str, list[ServiceCall]] = {}

    async def set_up(self) -> None:
        """Add the accounts and mock the actions of other integrations."""
        for slug, unit in (("crun", "credits"), ("lumenfall", "USD"), ("lunos", "credits")):
            threshold = {"low_balance_threshold": {unit: "5"}}
            entry = self.providers.entry(slug, options=threshold)
            self.entries[slug] = await set_up(self.hass, entry)
        for action in (
            "notify.mobile_app_pixel_9",
            "notify.send_message",
            "script.draw_picture",
            "script.unlock_contact",
            "switch.turn_off",
            "switch.turn_on",
            "todo.add_item",
        ):
            domain, _, name = action.partition(".")
            self.calls[action] = async_mock_service(self.hass, domain, name)

    async def automate(self, alias: str) -> None:
        """Set up an automation of the documentation."""
        config = {"automation": examples()[alias]}
        assert await async_setup_component(self.hass, "automation", config)
        await self.hass.async_block_till_done()
        assert get_state(self.hass, f"automation.{slugify(alias)}") == "on"

    async def change(self, slug: str, amount: float | str) -> None:
        """Change a balance by an amount, and poll the account."""
        self.providers.simulator.top_up(slug, self.providers.key(slug), str(amount))
        await self.clock.next_poll()

    def called(self, action: str) -> list[Mapping[str, Any]]:
        """Return the data of each call of an action."""
        return [call.data for call in self.calls[action]]


@pytest.fixture
async def home(
    hass: HomeAssistant, providers: Providers, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Home:
    """Return a home with three accounts, whose readings are confirmed without a pause."""
    # The clock stands still.
    coordinator = "custom_components.api_balance.coordinator"
    monkeypatch.setattr(f"{coordinator}.CONFIRMATION_DELAY_WHILE_WAITING", 0)
    result = Home(hass, providers, clock)
    await result.set_up()
    return result


async def test_notification(home: Home) -> None:
    """There is one notification, with the name of the account and the message."""
    await home.automate("Notify my phone when an account becomes low")
    await home.change("crun", -996)
    await home.change("crun", -1)
    assert home.called("notify.mobile_app_pixel_9") == [
        {
            "title": "Crun.ai",
            "message": "Crun.ai has only 4 credits left,"
            " which is below the threshold of 5 credits.",
        }
    ]


async def test_switch_off_and_on(home: Home) -> None:
    """The switch is off while the account is empty, and on after a top-up."""
    await home.automate("Stop the image bot while its account is empty")
    await home.change("lumenfall", -10)
    assert home.called("switch.turn_off") == []
    await home.change("lumenfall", "-2.5")
    assert len(home.called("switch.turn_off")) == 1
    assert home.called("switch.turn_on") == []
    await home.change("lumenfall", 20)
    assert len(home.called("switch.turn_on")) == 1


async def test_runs_out_soon(home: Home) -> None:
    """The to-do item is added once when the balance lasts less than three days."""
    await home.automate("Remind me to buy credits")
    for _ in range(3):
        await home.clock.advance(hours=12)
        await home.change("crun", -100)
    assert home.called("todo.add_item") == []
    await home.change("crun", -300)
    # The estimate covers complete hours.
    for _ in range(5):
        await home.change("crun", -1)
    assert [call["item"] for call in home.called("todo.add_item")] == ["Top up Crun.ai"]


async def test_top_up(home: Home) -> None:
    """The message has the amount of the top-up."""
    await home.automate("Thank whoever topped up")
    await home.change("lumenfall", "7.25")
    assert [call["message"] for call in home.called("notify.send_message")] == [
        "Lumenfall was topped up by 7.25 USD, and the balance is now 19.75 USD. Thank you!"
    ]


@pytest.mark.parametrize(("spent", "runs"), [("0", 1), ("9", 0), ("11", 0)])
async def test_conditions(
    hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory, spent: str, runs: int
) -> None:
    """The script runs only while the account is not low and the balance is sufficient."""
    await home.automate("Draw the picture of the day")
    await home.change("lumenfall", f"-{spent}")
    freezer.move_to("2026-11-30T06:29:00-08:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    # Calls on the days that were skipped.
    home.calls["script.draw_picture"].clear()
    freezer.tick(timedelta(minutes=2))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(home.called("script.draw_picture")) == runs
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def test_spent_today(home: Home) -> None:
    """There is one message when more than 200 credits were spent in a day."""
    await home.automate("Somebody spends more than usual")
    await home.change("crun", -150)
    assert home.called("notify.send_message") == []
    await home.change("crun", -100)
    await home.change("crun", -1)
    assert [call["message"] for call in home.called("notify.send_message")] == [
        "Crun.ai has spent 250 credits today, which is more than 200 credits."
    ]


@pytest.mark.parametrize(("left", "runs"), [(15, 1), (14, 0)])
async def test_get_balance(hass: HomeAssistant, home: Home, left: int, runs: int) -> None:
    """The action returns the current balance, even if the entities are not yet updated."""
    await home.automate("Unlock the contact if the account can pay for it")
    home.providers.simulator.spend("crun", home.providers.key("crun"), 1000 - left)
    hass.bus.async_fire("contact_wanted")
    # The clock stands still, so a pause before the confirmation would never end.
    with patch("custom_components.api_balance.coordinator.CONFIRMATION_DELAY_WHILE_WAITING", new=0):
        await hass.async_block_till_done(wait_background_tasks=True)
    assert len(home.called("script.unlock_contact")) == runs
    assert get_state(hass, "sensor.crun_ai_balance") == str(left)


@pytest.mark.parametrize(("bot", "shown"), [("on", "11.5"), ("off", "12.50")])
async def test_own_schedule(
    hass: HomeAssistant, home: Home, freezer: FrozenDateTimeFactory, bot: str, shown: str
) -> None:
    """The automation polls the provider on the hour, in addition to the regular polls."""
    assert await async_setup_component(hass, "homeassistant", {})
    await home.automate("Read the balance every hour while the bot works")
    hass.states.async_set("switch.image_bot", bot)
    freezer.move_to("2026-11-30T06:59:00-08:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    home.providers.simulator.spend("lumenfall", home.providers.key("lumenfall"), 1)
    freezer.tick(timedelta(minutes=2))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert get_state(hass, "sensor.lumenfall_balance") == shown
    # Its timer would outlive the test.
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def test_snippets(hass: HomeAssistant, home: Home) -> None:
    """Home Assistant accepts each trigger, condition and action, and all of ours are shown."""
    triggers = cv.TRIGGER_SCHEMA(snippets("trigger"))
    assert await async_validate_trigger_config(hass, triggers)
    for condition in snippets("condition"):
        assert await async_validate_condition_config(hass, cv.CONDITION_SCHEMA(condition))
    shown = {each["trigger"] for each in snippets("trigger")}
    assert shown == {f"api_balance.{name}" for name in TRIGGERS}
    shown = {each["condition"] for each in snippets("condition")}
    assert shown == {f"api_balance.{name}" for name in CONDITIONS}
    actions = snippets("action")
    assert await script.async_validate_actions_config(hass, cv.SCRIPT_SCHEMA(actions))
    shown = {each["action"] for each in actions}
    assert shown == {
        f"api_balance.{name}" for name in hass.services.async_services()["api_balance"]
    }


@pytest.mark.tooling
def test_every_example_is_run() -> None:
    """Every automation in the documentation is tested."""
    run = set(re.findall(r'home\.automate\("(.*?)"\)', Path(__file__).read_text()))
    assert run == set(examples())
