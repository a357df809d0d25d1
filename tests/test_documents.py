"""The documents: their examples do what they say, and their addresses are ours."""

from collections.abc import Mapping
from datetime import timedelta
import json
from pathlib import Path
import re
from typing import Any, Final
from urllib.parse import unquote

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.api_balance import condition, trigger
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util import slugify
from homeassistant.util.yaml import parse_yaml

from .conftest import Providers, set_up, state
from .test_alarm import Read, read

__all__ = ["read"]

ROOT: Final = Path(__file__).parent.parent
DOCUMENTS: Final = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGE: Final = (ROOT / "docs/automations.md").read_text()
ADDRESS: Final = str(
    json.loads((ROOT / "custom_components/api_balance/manifest.json").read_text())["documentation"]
)


def examples() -> dict[str, dict[str, Any]]:
    """Return the automations that stand in the documents, by name."""
    found = {}
    for path in DOCUMENTS:
        for block in re.findall(r"^```yaml\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE):
            example = parse_yaml(block)
            assert isinstance(example, dict), f"{path.name}: {block}"
            found[str(example["alias"])] = example
    return found


class House:
    """A house with three accounts and the things that the examples use."""

    def __init__(self, hass: HomeAssistant, providers: Providers, read: Read) -> None:
        """Remember what it is made of."""
        self.hass, self.providers, self.read = hass, providers, read
        self.entries: dict[str, MockConfigEntry] = {}
        self.calls: dict[str, list[ServiceCall]] = {}

    async def build(self) -> None:
        """Add the accounts, and mock what is not ours."""
        for slug, unit in (("crun", "credits"), ("lumenfall", "USD"), ("lunos", "credits")):
            threshold = {"low_balance_threshold": {unit: "5"}}
            entry = self.providers.entry(slug, options=threshold)
            self.entries[slug] = await set_up(self.hass, entry)
        for action in (
            "notify.send_message",
            "persistent_notification.create",
            "script.draw_picture",
            "script.unlock_contact",
            "switch.turn_off",
            "switch.turn_on",
            "todo.add_item",
        ):
            domain, _, name = action.partition(".")
            self.calls[action] = async_mock_service(self.hass, domain, name)

    async def automate(self, alias: str) -> None:
        """Set up an example."""
        example = examples()[alias]
        text = json.dumps(example).replace(
            "01JABCDEFGHJKMNPQRSTVWXYZ0", self.entries["crun"].entry_id
        )
        config = {"automation": json.loads(text)}
        assert await async_setup_component(self.hass, "automation", config)
        await self.hass.async_block_till_done()
        assert state(self.hass, f"automation.{slugify(alias)}") == "on"

    async def change(self, slug: str, amount: float | str) -> None:
        """Let a balance rise or fall, and be read."""
        self.providers.simulator.top_up(slug, self.providers.key(slug), str(amount))
        await self.read()

    def called(self, action: str) -> list[Mapping[str, Any]]:
        """Return the data of the calls of an action."""
        return [call.data for call in self.calls[action]]


@pytest.fixture
async def house(hass: HomeAssistant, providers: Providers, read: Read) -> House:
    """Return a house."""
    result = House(hass, providers, read)
    await result.build()
    return result


async def test_tell_me(house: House) -> None:
    """Once, with the account's name and what is left."""
    await house.automate("Tell me when an account becomes low")
    await house.change("crun", -996)
    await house.change("crun", -1)
    assert house.called("persistent_notification.create") == [
        {
            "title": "Crun.ai is running low",
            "message": "4 credits left.",
            "notification_id": "event.crun_ai_balance_event",
        }
    ]


async def test_stop_and_go(house: House) -> None:
    """Off when empty, on when there is enough."""
    await house.automate("Stop the image bot while its account is empty")
    await house.change("lumenfall", -10)
    assert house.called("switch.turn_off") == []
    await house.change("lumenfall", "-2.5")
    assert len(house.called("switch.turn_off")) == 1
    assert house.called("switch.turn_on") == []
    await house.change("lumenfall", 20)
    assert len(house.called("switch.turn_on")) == 1


async def test_an_earlier_warning(house: House) -> None:
    """Below five hundred."""
    await house.automate("Order more credits in good time")
    await house.change("crun", -500)
    assert house.called("todo.add_item") == []
    await house.change("crun", -1)
    assert [call["item"] for call in house.called("todo.add_item")] == ["Top up Crun.ai"]


async def test_thanks(house: House) -> None:
    """By how much it rose."""
    await house.automate("Say thank you for a top-up")
    await house.change("lumenfall", "7.25")
    assert [call["message"] for call in house.called("notify.send_message")] == [
        "Lumenfall got 7.25 USD. Thank you!"
    ]


@pytest.mark.parametrize(("spent", "runs"), [("0", 1), ("9", 0), ("11", 0)])
async def test_conditions(
    hass: HomeAssistant, house: House, freezer: FrozenDateTimeFactory, spent: str, runs: int
) -> None:
    """The picture is drawn only while it can be paid."""
    await house.automate("Draw the picture of the day")
    await house.change("lumenfall", f"-{spent}")
    freezer.move_to("2026-11-30T06:29:00-08:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    # Those of the days that were left out.
    house.calls["script.draw_picture"].clear()
    freezer.tick(timedelta(minutes=2))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(house.called("script.draw_picture")) == runs
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def test_figures(house: House) -> None:
    """More than two hundred in a day."""
    await house.automate("Somebody spends more than usual")
    await house.change("crun", -150)
    assert house.called("notify.send_message") == []
    await house.change("crun", -100)
    assert [call["message"] for call in house.called("notify.send_message")] == [
        "250 credits were spent today."
    ]


@pytest.mark.parametrize(("left", "runs"), [(15, 1), (14, 0)])
async def test_get_balance(hass: HomeAssistant, house: House, left: int, runs: int) -> None:
    """The balance is fresh, whatever the entities still show."""
    await house.automate("Unlock the contact if the account can pay for it")
    house.providers.simulator.spend("crun", house.providers.key("crun"), 1000 - left)
    hass.bus.async_fire("contact_wanted")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(house.called("script.unlock_contact")) == runs
    assert state(hass, "sensor.crun_ai_balance") == str(left)


def test_every_example_is_run() -> None:
    """An example without a test could be wrong."""
    run = set(re.findall(r'house\.automate\("(.*?)"\)', Path(__file__).read_text()))
    assert run == set(examples())


def test_all_triggers_and_conditions_are_documented() -> None:
    """In a table, under their keys."""
    documented = set(re.findall(r"^\|.*?\| `api_balance\.(\w+)` \|", PAGE, re.MULTILINE))
    assert documented == {*trigger.TRIGGERS, *condition.CONDITIONS}


def test_links_to_blueprints() -> None:
    """One click imports a file that is there."""
    links = re.findall(r"blueprint_import/\?blueprint_url=([^)]*)\)", PAGE)
    paths = {unquote(link).removeprefix(f"{ADDRESS}/blob/main/") for link in links}
    assert paths == {str(path.relative_to(ROOT)) for path in (ROOT / "blueprints").rglob("*.yaml")}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files(path: Path) -> None:
    """Every link inside the repository leads somewhere."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|src(?:set)?=\"([^\"]+)\"", path.read_text())
    for link in {each for pair in links for each in pair if each}:
        assert (path.parent / link).exists(), link
