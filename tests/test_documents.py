"""The links, headings and names in the documentation are right."""

import json
import os
from pathlib import Path
import re
from typing import Any, Final
from urllib.parse import unquote

import pytest

from scripts.lib.files import ROOT, own_files

<<<<<<< HEAD
pytestmark = pytest.mark.tooling

=======
from .common import Clock, Providers, get_state, set_up

ROOT: Final = Path(__file__).parent.parent
>>>>>>> tests
DOCUMENTS: Final = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES: Final = [path for path in own_files(ROOT) if path.suffix == ".md"]
README: Final = (ROOT / "README.md").read_text()
TEXTS: Final[dict[str, Any]] = json.loads(
    (ROOT / "custom_components/api_balance/translations/en.json").read_text()
)
PAGE: Final = (ROOT / "docs/automations.md").read_text()
ADDRESS: Final = str(
    json.loads((ROOT / "custom_components/api_balance/manifest.json").read_text())["documentation"]
)


<<<<<<< HEAD
=======
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

    def __init__(self, hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
        """Remember what it is made of."""
        self.hass, self.providers, self.clock = hass, providers, clock
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
        assert get_state(self.hass, f"automation.{slugify(alias)}") == "on"

    async def change(self, slug: str, amount: float | str) -> None:
        """Let a balance rise or fall, and be read."""
        self.providers.simulator.top_up(slug, self.providers.key(slug), str(amount))
        await self.clock.next_poll()

    def called(self, action: str) -> list[Mapping[str, Any]]:
        """Return the data of the calls of an action."""
        return [call.data for call in self.calls[action]]


@pytest.fixture
async def house(hass: HomeAssistant, providers: Providers, clock: Clock) -> House:
    """Return a house."""
    result = House(hass, providers, clock)
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
    assert get_state(hass, "sensor.crun_ai_balance") == str(left)


@pytest.mark.parametrize(("bot", "shown"), [("on", "11.5"), ("off", "12.50")])
async def test_own_times(
    hass: HomeAssistant, house: House, freezer: FrozenDateTimeFactory, bot: str, shown: str
) -> None:
    """The provider is asked at the full hour, between its polls."""
    assert await async_setup_component(hass, "homeassistant", {})
    await house.automate("Read the balance every hour while the bot works")
    hass.states.async_set("switch.image_bot", bot)
    freezer.move_to("2026-11-30T06:59:00-08:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    house.providers.simulator.spend("lumenfall", house.providers.key("lumenfall"), 1)
    freezer.tick(timedelta(minutes=2))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert get_state(hass, "sensor.lumenfall_balance") == shown
    # Its clock would tick on.
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


def test_every_example_is_run() -> None:
    """An example without a test could be wrong."""
    run = set(re.findall(r'house\.automate\("(.*?)"\)', Path(__file__).read_text()))
    assert run == set(examples())


def test_all_triggers_and_conditions_are_documented() -> None:
    """In a table, under their keys."""
    documented = set(re.findall(r"^\|.*?\| `api_balance\.(\w+)` \|", PAGE, re.MULTILINE))
    assert documented == {*trigger.TRIGGERS, *condition.CONDITIONS}


>>>>>>> tests
def test_links_to_blueprints() -> None:
    """The links that import a blueprint lead to an existing file."""
    links = re.findall(r"blueprint_import/\?blueprint_url=([^)]*)\)", PAGE)
    paths = {unquote(link).removeprefix(f"{ADDRESS}/blob/main/") for link in links}
    assert paths == {str(path.relative_to(ROOT)) for path in (ROOT / "blueprints").rglob("*.yaml")}


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub generates for the headings of a document."""
    found: list[str] = []
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w -]", "", words).replace(" ", "-")
        earlier = len(
            [each for each in found if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", each)]
        )
        found.append(f"{anchor}-{earlier}" if earlier else anchor)
    return set(found)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links(path: Path) -> None:
    """Every link inside the repository leads to an existing file and heading."""
    text = (ROOT / path).read_text()
    links = re.findall(r"\]\(([^):]+)\)|src(?:set)?=\"([^\":]+)\"", text)
    for link in {each for pair in links for each in pair if each}:
        name, _, anchor = link.partition("#")
        target = ROOT / path.parent / name if name else ROOT / path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_linked() -> None:
    """All pages can be reached from the README."""
    found, unread = {Path("README.md")}, [Path("README.md")]
    while unread:
        path = unread.pop()
        for link in re.findall(r"\]\(([^):#]+\.md)\b", (ROOT / path).read_text()):
            target = (ROOT / path.parent / link).resolve().relative_to(ROOT)
            if target not in found:
                found.add(target)
                unread.append(target)
    assert found == set(PAGES)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_scripts(path: Path) -> None:
    """Every script that a document mentions exists and is executable."""
    for name in re.findall(r"\bscripts/[\w.-]*\w", (ROOT / path).read_text()):
        assert (ROOT / name).is_dir() or os.access(ROOT / name, os.X_OK), name


def test_every_script_is_documented() -> None:
    """Each script is in the contributing guide."""
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if path.is_file()}
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    assert scripts <= set(re.findall(r"`scripts/(\w+)", guide))


def test_headings() -> None:
    """The documentation has a heading for everything that the quality scale requires."""
    wanted = {
        *("installation", "configuration", "supported-providers", "entities", "data-updates"),
        *("actions", "triggers", "conditions", "examples", "use-cases", "known-limitations"),
        *("troubleshooting", "removal", "privacy"),
    }
    assert wanted <= set().union(*map(anchors, DOCUMENTS))


def test_fields_of_the_forms() -> None:
    """The README explains every field of the forms."""
    steps = TEXTS["config"]["step"]
    names = {name for step in steps.values() for name in step["data"].values()}
    names |= {
        name
        for step in steps.values()
        for section in step.get("sections", {}).values()
        for name in section["data"].values()
    }
    table = README[README.index("\n## Configuration\n") : README.index("\n## What you get\n")]
    rows = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
    assert names == {each.split(": ")[-1] for row in rows[1:] for each in row.split(", ")}
