"""Blueprints: checked by Home Assistant, imported by their address, and run."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from decimal import Decimal
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    async_mock_service,
)
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.api_balance.api import AccountSnapshot, Balance, Field
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.components.blueprint.models import Blueprint, DomainBlueprints
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import CoreState, Event, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util

from .common import Providers, get_state, refresh_with, set_up

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "blueprints"
MANIFEST = json.loads((ROOT / "custom_components/api_balance/manifest.json").read_text())
REPOSITORY = str(MANIFEST["documentation"]).removeprefix("https://github.com/")
ALERT = "automation/api_balance/low_balance_alert.yaml"
GUARD = "script/api_balance/guard_paid_action.yaml"
PATHS = [ALERT, GUARD]
SCHEMAS: dict[str, Callable[[Any], Any]] = {
    "automation": AUTOMATION_BLUEPRINT_SCHEMA,
    "script": BLUEPRINT_SCHEMA,
}


@pytest.fixture(autouse=True)
def _blueprints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Home Assistant find the blueprints where they are."""
    folder = property(lambda blueprints: FOLDER / blueprints.domain)
    monkeypatch.setattr(DomainBlueprints, "blueprint_folder", folder)


def load(path: str) -> Blueprint:
    """Return a blueprint as Home Assistant reads it."""
    domain = path.split("/", maxsplit=1)[0]
    data = yaml_util.load_yaml_dict(FOLDER / path)
    return Blueprint(data, path=path, expected_domain=domain, schema=SCHEMAS[domain])


async def automate(hass: HomeAssistant, **inputs: Any) -> None:
    """Create an automation from the blueprint."""
    use = {"path": "api_balance/low_balance_alert.yaml", "input": inputs}
    config = {"automation": {"id": "alert", "alias": "Alert", "use_blueprint": use}}
    assert await async_setup_component(hass, "automation", config)
    await hass.async_block_till_done()
    assert get_state(hass, "automation.alert") == "on"


async def write_script(hass: HomeAssistant, **inputs: Any) -> None:
    """Create a script from the blueprint."""
    use = {"path": "api_balance/guard_paid_action.yaml", "input": inputs}
    config = {"script": {"guard": {"alias": "Guard", "use_blueprint": use}}}
    assert await async_setup_component(hass, "script", config)
    await hass.async_block_till_done()
    assert get_state(hass, "script.guard") == "off"


async def account(
    hass: HomeAssistant, providers: Providers, slug: str, threshold: str = "0", **kwargs: Any
) -> MockConfigEntry:
    """Set up an account with a threshold."""
    unit = "USD" if slug in {"lumenfall", "engagelab_otp"} else "credits"
    options = {"low_balance_threshold": {unit: threshold}}
    return await set_up(hass, providers.entry(slug, options=options, **kwargs))


class Notifications:
    """The notifications in Home Assistant, and how often one was made."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to listen."""
        self._hass = hass
        self._calls: list[Event[Any]] = async_capture_events(hass, EVENT_CALL_SERVICE)

    def _texts(self, service: str, *fields: str) -> list[tuple[str, ...]]:
        """Return what an action was called with, each time."""
        return [
            tuple(call.data["service_data"][field] for field in fields)
            for call in self._calls
            if call.data["domain"] == "persistent_notification" and call.data["service"] == service
        ]

    @property
    def made(self) -> list[tuple[str, ...]]:
        """Return title and message of each."""
        return self._texts("create", "title", "message")

    @property
    def dismissed(self) -> int:
        """Return how often one was dismissed."""
        return len(self._texts("dismiss", "notification_id"))

    @property
    def shown(self) -> dict[str, str]:
        """Return the titles of those that are there, by id."""
        return {
            key: notification["title"]
            for key, notification in self._hass.data["persistent_notification"].items()
        }


@pytest.fixture
async def notifications(hass: HomeAssistant) -> AsyncGenerator[Notifications]:
    """Return the notifications; afterwards the automation waits for no digest any more."""
    assert await async_setup_component(hass, "persistent_notification", {})
    yield Notifications(hass)
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.alert"}, blocking=True
    )


async def read(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Read the balance of an account again, whatever comes of it."""
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)


async def spend(
    hass: HomeAssistant, providers: Providers, entry: MockConfigEntry, amount: str
) -> None:
    """Spend something, or top up with a negative amount, and read the balance."""
    slug = entry.data["provider"]
    providers.simulator.spend(slug, providers.key(slug), amount)
    await read(hass, entry)


async def at(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    """Let it be a certain time, a moment before as well."""
    freezer.move_to(moment)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


# The files.


@pytest.mark.parametrize("path", PATHS)
def test_address(path: str) -> None:
    """A blueprint says where it is: below the address in the manifest."""
    manifest = json.loads((ROOT / "custom_components/api_balance/manifest.json").read_text())
    address = f"{manifest['documentation']}/blob/main/blueprints/{path}"
    assert load(path).metadata["source_url"] == address


def test_all_blueprints_are_tested() -> None:
    """No other blueprint lies there."""
    found = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert found == set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_words(path: str) -> None:
    """Everything that somebody fills in has a name, and what it does is said."""
    blueprint = load(path)
    assert blueprint.metadata["description"]
    assert blueprint.validate() is None
    for key, field in blueprint.inputs.items():
        assert field["name"], key
        assert field["selector"], key
        if not key.startswith("digest_"):
            assert field["description"], key


def test_zero_setup() -> None:
    """The alert needs nothing filled in; the guard must know the account and what costs."""
    needed = {
        path: [key for key, field in load(path).inputs.items() if "default" not in field]
        for path in PATHS
    }
    assert needed == {ALERT: [], GUARD: ["account", "paid_actions"]}


@pytest.mark.parametrize("path", PATHS)
async def test_import(hass: HomeAssistant, aioclient_mock: AiohttpClientMocker, path: str) -> None:
    """Home Assistant imports a blueprint by its address, and what it writes is the same."""
    raw = f"https://raw.githubusercontent.com/{REPOSITORY}/main/blueprints/{path}"
    text = (FOLDER / path).read_text()
    aioclient_mock.get(raw, text=text)  # type: ignore[no-untyped-call]
    blueprint = load(path)
    imported = await fetch_blueprint_from_url(hass, blueprint.metadata["source_url"])
    assert imported.suggested_filename == f"{Path(REPOSITORY).parent}/{Path(path).stem}"
    assert imported.raw_data == text
    written = yaml_util.parse_yaml(imported.blueprint.yaml())
    assert isinstance(written, dict)
    assert Blueprint(written, schema=SCHEMAS[blueprint.domain]).data == blueprint.data


# The alert.


async def test_became_low_and_recovered(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """With nothing filled in: one notification for a low balance, gone when it recovers."""
    await automate(hass)
    entry = await account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "899")
    assert not notifications.made

    await spend(hass, providers, entry, "2")
    low = ("Crun.ai: the balance is low", "99 credits left in Crun.ai, below the threshold of")
    ((title, message),) = notifications.made
    assert title == low[0]
    assert message == f"{low[1]} 100 credits."
    tag = f"api_balance_{entry.entry_id}_credits"
    assert notifications.shown == {tag: "Crun.ai: the balance is low"}

    await spend(hass, providers, entry, "1")
    await read(hass, entry)
    assert len(notifications.made) == 1

    await spend(hass, providers, entry, "-500")
    assert len(notifications.made) == 1
    assert notifications.dismissed == 1
    assert not notifications.shown


async def test_used_up_in_one_fall(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """What is used up at once is told once, as used up."""
    await automate(hass)
    entry = await account(hass, providers, "lumenfall", "5")
    await spend(hass, providers, entry, "12.5")
    assert notifications.made == [
        (
            "Lumenfall: the balance is used up",
            "The balance of Lumenfall is 0.00 USD: Lumenfall may refuse everything that costs.",
        )
    ]


async def test_low_then_used_up(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """The second alert about a balance takes the place of the first."""
    await automate(hass)
    entry = await account(hass, providers, "lumenfall", "5")
    await spend(hass, providers, entry, "10")
    await spend(hass, providers, entry, "2.5")
    assert [title for title, _ in notifications.made] == [
        "Lumenfall: the balance is low",
        "Lumenfall: the balance is used up",
    ]
    assert notifications.made[0][1] == (
        "2.50 USD left in Lumenfall, below the threshold of 5.00 USD."
    )
    assert list(notifications.shown.values()) == ["Lumenfall: the balance is used up"]
    await spend(hass, providers, entry, "-20")
    assert not notifications.shown


async def test_the_providers_own_alarm(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """A balance that the provider calls low is not said to be below the threshold."""
    await automate(hass)
    entry = await account(hass, providers, "lunos")
    await spend(hass, providers, entry, "10")
    assert notifications.made == [
        (
            "Lunos: the balance is low",
            "0.5 credits left in Lunos. Lunos itself reports a low balance.",
        )
    ]


async def test_run_out_in_some_days(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Days ahead only the day is said."""
    freezer.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))
    await automate(hass)
    entry = await account(hass, providers, "crun", "900")
    freezer.move_to(datetime(2026, 11, 22, 12, tzinfo=UTC))
    await spend(hass, providers, entry, "200")
    ((_, message),) = notifications.made
    # 100 credits a day: eight days more.
    assert message == (
        "800 credits left in Crun.ai, below the threshold of 900 credits."
        " At the present rate it runs out on Monday 30 November 2026."
    )


async def test_run_out(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    freezer: FrozenDateTimeFactory,
) -> None:
    """When it runs out is said, in local time."""
    freezer.move_to(datetime(2026, 11, 20, 12, tzinfo=UTC))
    await automate(hass)
    entry = await account(hass, providers, "crun", "100")
    freezer.move_to(datetime(2026, 11, 22, 12, tzinfo=UTC))
    await spend(hass, providers, entry, "910")
    ((_, message),) = notifications.made
    # 455 credits a day: five hours more. The tests' time zone is eight hours behind.
    assert message == (
        "90 credits left in Crun.ai, below the threshold of 100 credits."
        " At the present rate it runs out on Sunday 22 November 2026 at 09:00."
    )


@pytest.mark.parametrize("top_ups", [False, True])
async def test_top_ups(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, *, top_ups: bool
) -> None:
    """Top-ups are told on request; what tells of one outlives the alarm that it ends."""
    await automate(hass, top_ups=top_ups)
    entry = await account(hass, providers, "crun", "100")
    await spend(hass, providers, entry, "950")
    await spend(hass, providers, entry, "-500")
    assert notifications.dismissed == 1
    tag = f"api_balance_{entry.entry_id}_credits_topped_up"
    told = {tag: "Crun.ai: topped up"}
    assert notifications.shown == (told if top_ups else {})
    assert notifications.made[1:] == (
        [("Crun.ai: topped up", "500 credits added to Crun.ai: the balance is now 550 credits.")]
        if top_ups
        else []
    )


async def test_own_actions(hass: HomeAssistant, providers: Providers) -> None:
    """The user's own actions receive what happened, each time once."""
    calls = async_mock_service(hass, "notify", "phone")
    names = "happening", "account", "provider", "balance", "unit", "title", "message", "tag"
    action = [{"action": "notify.phone", "data": {name: f"{{{{ {name} }}}}" for name in names}}]
    await automate(hass, top_ups=True, alert_actions=action, dismiss_actions=action)
    entry = await account(hass, providers, "lumenfall", "5")
    hass.config_entries.async_update_entry(entry, title="Pictures")
    for amount in ("10", "2.5", "-1", "-10"):
        await spend(hass, providers, entry, amount)
    tag = f"api_balance_{entry.entry_id}_usd"
    rows = [
        ("became_low", 2.5, "Pictures: the balance is low", tag),
        ("emptied", 0, "Pictures: the balance is used up", tag),
        ("topped_up", 1, "Pictures: topped up", f"{tag}_topped_up"),
        ("topped_up", 11, "Pictures: topped up", f"{tag}_topped_up"),
        ("recovered", 11, "Pictures: the balance is no longer low", tag),
    ]
    told = [dict(call.data) for call in calls]
    messages = [data.pop("message") for data in told]
    assert told == [
        {
            "happening": happening,
            "account": "Pictures",
            "provider": "Lumenfall",
            "balance": balance,
            "unit": "USD",
            "title": title,
            "tag": tag,
        }
        for happening, balance, title, tag in rows
    ]
    assert messages[-1] == "The balance of Pictures is 11.00 USD."


def targets(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, dict[str, Any]]:
    """Return all the ways to choose an account."""
    devices, entities, areas = dr.async_get(hass), er.async_get(hass), ar.async_get(hass)
    labels = lr.async_get(hass)
    (device,) = dr.async_entries_for_config_entry(devices, entry.entry_id)
    floor = fr.async_get(hass).async_create("Upstairs")
    area = areas.async_create("Office", floor_id=floor.floor_id)
    on_device, on_entity, on_area = (labels.async_create(name).label_id for name in "abc")
    devices.async_update_device(device.id, area_id=area.id, labels={on_device})
    areas.async_update(area.id, labels={on_area})
    event = "event.crun_ai_balance_event"
    entities.async_update_entity(event, labels={on_entity})
    return {
        "entity": {"entity_id": event},
        "entities": {"entity_id": [event]},
        "device": {"device_id": [device.id]},
        "area": {"area_id": [area.id]},
        "floor": {"floor_id": [floor.floor_id]},
        "label of device": {"label_id": [on_device]},
        "label of entity": {"label_id": [on_entity]},
        "label of area": {"label_id": [on_area]},
        "alarm": {"entity_id": ["binary_sensor.crun_ai_low_balance"]},
    }


WAYS = [
    "entity",
    "entities",
    "device",
    "area",
    "floor",
    "label of device",
    "label of entity",
    "label of area",
]


@pytest.mark.parametrize("way", [*WAYS, "alarm"])
async def test_exclude(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, way: str
) -> None:
    """An account that is left out is neither told of nor listed."""
    crun = await account(hass, providers, "crun", "100")
    lumenfall = await account(hass, providers, "lumenfall", "5")
    await automate(hass, exclude=targets(hass, crun)[way])
    await spend(hass, providers, crun, "950")
    assert not notifications.made
    await spend(hass, providers, lumenfall, "10")
    assert [title for title, _ in notifications.made] == ["Lumenfall: the balance is low"]

    await run_by_hand(hass)
    assert notifications.made[1:] == [("1 account is low", "- Lumenfall: 2.50 USD left")]
    await spend(hass, providers, crun, "-950")
    assert notifications.dismissed == 0


@pytest.mark.parametrize("way", WAYS)
async def test_include(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, way: str
) -> None:
    """With accounts chosen, no other is told of or listed."""
    crun = await account(hass, providers, "crun", "100")
    lumenfall = await account(hass, providers, "lumenfall", "5")
    await automate(hass, include=targets(hass, crun)[way], top_ups=True)
    for amount in ("10", "2.5", "-20", "18"):
        await spend(hass, providers, lumenfall, amount)
    assert not notifications.made
    assert notifications.dismissed == 0
    await spend(hass, providers, crun, "950")
    assert [title for title, _ in notifications.made] == ["Crun.ai: the balance is low"]

    await run_by_hand(hass)
    assert notifications.made[1:] == [("1 account is low", "- Crun.ai: 50 credits left")]


async def test_exclude_wins(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """What is chosen and left out is left out."""
    crun = await account(hass, providers, "crun", "100")
    found = targets(hass, crun)
    await automate(hass, include=found["area"], exclude=found["entity"])
    await spend(hass, providers, crun, "950")
    await run_by_hand(hass)
    assert [title for title, _ in notifications.made] == ["No account is low"]


async def test_things_that_are_gone(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What was chosen and exists no longer changes nothing for the others."""
    freezer.move_to(datetime(2026, 11, 22, 3, 50, tzinfo=UTC))
    crun = await account(hass, providers, "crun", "100")
    gone = {
        "entity_id": ["event.gone"],
        "device_id": ["gone"],
        "area_id": ["gone"],
        "floor_id": ["gone"],
        "label_id": ["gone"],
    }
    await automate(hass, exclude=gone, digest=True, digest_time="20:00:00")
    await spend(hass, providers, crun, "950")
    await at(hass, freezer, EVENING)
    assert [title for title, _ in notifications.made] == [
        "Crun.ai: the balance is low",
        "1 account is low",
    ]


async def test_several_units(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """An account with several balances is told of for each, and listed once."""
    entry = await account(hass, providers, "lumenfall")
    await automate(hass)
    details = entry.runtime_data.data.snapshot.details

    async def hold(dollars: str, euros: str) -> None:
        """Let the account hold two balances."""
        balances = tuple(
            Balance(unit=unit, amounts={Field.BALANCE: Decimal(amount)})
            for unit, amount in (("USD", dollars), ("EUR", euros))
        )
        await refresh_with(hass, entry, AccountSnapshot(balances=balances, details=details))
        await hass.async_block_till_done()

    await hold("12.50", "3")
    await hold("0", "0")
    tag = f"api_balance_{entry.entry_id}"
    assert set(notifications.shown) == {f"{tag}_usd", f"{tag}_eur"}
    await hold("12.50", "0")
    assert set(notifications.shown) == {f"{tag}_eur"}

    with patch.object(entry.runtime_data, "async_ask"):
        await run_by_hand(hass)
        assert notifications.made[-1] == ("1 account is low", "- Lumenfall: low")
        await hold("0", "0")
        await run_by_hand(hass)
    digest = ("1 account is low", "- Lumenfall: used up, the balance is 0.00 USD")
    assert notifications.made[-1] == digest


async def test_many_at_once(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """News that come while an action still runs wait for it."""
    calls = async_mock_service(hass, "notify", "phone")
    action = [
        {"delay": {"milliseconds": 1}},
        {"action": "notify.phone", "data": {"title": "{{ title }}"}},
    ]
    entry = await account(hass, providers, "crun", "100")
    await automate(hass, alert_actions=action, top_ups=True)
    crun = providers.key("crun")
    for _ in range(10):
        providers.simulator.spend("crun", crun, 950)
        await entry.runtime_data.async_refresh()
        providers.simulator.top_up("crun", crun, 950)
        await entry.runtime_data.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [call.data["title"] for call in calls] == 10 * [
        "Crun.ai: the balance is low",
        "Crun.ai: topped up",
    ]
    assert notifications.dismissed == 10


async def test_while_home_assistant_was_off(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """A balance that became low in the meantime is told once, at the start."""
    entry = await account(hass, providers, "crun", "100")
    await hass.config_entries.async_unload(entry.entry_id)
    providers.simulator.spend("crun", providers.key("crun"), 950)
    hass.set_state(CoreState.not_running)
    await hass.config_entries.async_setup(entry.entry_id)
    await automate(hass)
    assert not notifications.made
    await hass.async_start()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [title for title, _ in notifications.made] == ["Crun.ai: the balance is low"]


# The digest.


async def run_by_hand(hass: HomeAssistant) -> None:
    """Choose Run actions in the automation's menu."""
    await hass.services.async_call(
        "automation", "trigger", {"entity_id": "automation.alert"}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)


# A Saturday, at eight in the evening in the tests' time zone.
EVENING = datetime(2026, 11, 22, 4, tzinfo=UTC)


async def test_digest(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    freezer: FrozenDateTimeFactory,
) -> None:
    """At its time it lists what is low by then, with what is left, afresh."""
    freezer.move_to(datetime(2026, 11, 22, 3, 50, tzinfo=UTC))
    crun = await account(hass, providers, "crun", "2000")
    await account(hass, providers, "lumenfall", "13")
    await account(hass, providers, "lensmor")
    await account(hass, providers, "engagelab_otp", "200")
    await automate(hass, digest=True, digest_time="20:00:00")
    assert not notifications.made
    providers.simulator.spend("crun", providers.key("crun"), 250)
    providers.simulator.spend("lumenfall", providers.key("lumenfall"), "12.5")
    providers.simulator.top_up("engagelab_otp", providers.key("engagelab_otp"), "500")

    await at(hass, freezer, EVENING)
    digests = [text for text in notifications.made if "are low" in text[0]]
    assert digests == [
        (
            "2 accounts are low",
            "- Crun.ai: 750 credits left\n- Lumenfall: used up, the balance is 0.00 USD",
        )
    ]
    assert notifications.shown["api_balance_digest"] == "2 accounts are low"

    hass.config_entries.async_update_entry(crun, title="Films")
    await at(hass, freezer, datetime(2026, 11, 23, 4, tzinfo=UTC))
    assert notifications.made[-1][1].startswith("- Films: 750 credits left\n")


async def test_nothing_to_list(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    freezer: FrozenDateTimeFactory,
) -> None:
    """No digest comes when none is low; run by hand it says so."""
    freezer.move_to(datetime(2026, 11, 22, 3, 50, tzinfo=UTC))
    await account(hass, providers, "crun")
    await automate(hass, digest=True, digest_time="20:00:00")
    await at(hass, freezer, EVENING)
    assert not notifications.made
    await run_by_hand(hass)
    assert notifications.made == [("No account is low", "Nothing to worry about.")]


@pytest.mark.parametrize(
    ("inputs", "comes"),
    [
        ({}, False),
        ({"digest": True}, False),
        ({"digest": True, "digest_time": "20:00:00"}, True),
        ({"digest": True, "digest_time": "20:00:00", "digest_days": ["sat"]}, True),
        ({"digest": True, "digest_time": "20:00:00", "digest_days": ["sun", "mon"]}, False),
        ({"digest_time": "20:00:00"}, False),
    ],
)
async def test_time_of_the_digest(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    freezer: FrozenDateTimeFactory,
    inputs: dict[str, Any],
    *,
    comes: bool,
) -> None:
    """It comes when it is asked for, at its time and on its days."""
    freezer.move_to(datetime(2026, 11, 22, 3, 50, tzinfo=UTC))
    await account(hass, providers, "crun", "2000")
    await automate(hass, **inputs)
    await at(hass, freezer, EVENING)
    assert len(notifications.made) == comes


async def test_default_time_of_the_digest(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Without a time it comes at nine in the morning."""
    freezer.move_to(datetime(2026, 11, 22, 16, 59, tzinfo=UTC))
    await account(hass, providers, "crun", "2000")
    await automate(hass, digest=True)
    await at(hass, freezer, datetime(2026, 11, 22, 17, tzinfo=UTC))
    assert notifications.made == [("1 account is low", "- Crun.ai: 1000 credits left")]


@pytest.mark.parametrize("listed", [False, True])
async def test_accounts_that_cannot_be_read(
    hass: HomeAssistant, providers: Providers, notifications: Notifications, *, listed: bool
) -> None:
    """They are listed on request, also those that have not answered since the start."""
    await account(hass, providers, "lensmor", "100000")
    crun = await account(hass, providers, "crun")
    lumenfall = await account(hass, providers, "lumenfall")
    await automate(hass, digest_unavailable=listed)
    providers.respond_as("crun", "maintenance")
    providers.respond_as("lumenfall", "server_error")
    await read(hass, crun)
    await hass.config_entries.async_reload(lumenfall.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await run_by_hand(hass)
    lines = [
        "- Lensmor: 30050 credits left",
        "- Crun.ai: cannot be read at the moment",
        "- Lumenfall: cannot be read at the moment",
    ]
    message = "\n".join(lines if listed else lines[:1])
    assert notifications.made == [("1 account is low", message)]

    providers.simulator.top_up("lensmor", providers.key("lensmor"), 100000)
    await run_by_hand(hass)
    assert notifications.made[1:] == [
        ("Accounts cannot be read", "\n".join(lines[1:]))
        if listed
        else ("No account is low", "Nothing to worry about.")
    ]


@pytest.mark.parametrize("listed", [False, True])
async def test_digest_of_accounts_that_cannot_be_read(
    hass: HomeAssistant,
    providers: Providers,
    notifications: Notifications,
    freezer: FrozenDateTimeFactory,
    *,
    listed: bool,
) -> None:
    """When none is low, those that cannot be read are reason enough, on request."""
    freezer.move_to(datetime(2026, 11, 22, 3, 50, tzinfo=UTC))
    crun = await account(hass, providers, "crun")
    await automate(hass, digest=True, digest_time="20:00:00", digest_unavailable=listed)
    providers.respond_as("crun", "maintenance")
    await read(hass, crun)
    await at(hass, freezer, EVENING)
    digest = ("Accounts cannot be read", "- Crun.ai: cannot be read at the moment")
    assert notifications.made == ([digest] if listed else [])


async def test_a_low_account_that_stops_answering(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """A low account is listed even if it cannot be read just then; the next one is unharmed."""
    await account(hass, providers, "crun", "2000")
    await account(hass, providers, "lumenfall", "13")
    await account(hass, providers, "lensmor", "100000")
    await automate(hass)
    providers.respond_as("lumenfall", "server_error")
    await run_by_hand(hass)
    assert notifications.made == [
        (
            "3 accounts are low",
            (
                "- Crun.ai: 1000 credits left\n"
                "- Lensmor: 30050 credits left\n"
                "- Lumenfall: low, cannot be read at the moment"
            ),
        )
    ]


async def test_others_are_not_listed(
    hass: HomeAssistant, providers: Providers, notifications: Notifications
) -> None:
    """Problems of other integrations are none of ours; a strange name of an account is no trap."""
    other = MockConfigEntry(domain="other", title="Other")
    other.add_to_hass(hass)
    leak = er.async_get(hass).async_get_or_create(
        "binary_sensor", "other", "leak", config_entry=other
    )
    hass.states.async_set(leak.entity_id, "on", {"device_class": "problem"})
    hass.states.async_set("binary_sensor.smoke", "on", {"device_class": "problem"})
    hass.states.async_set("binary_sensor.door", "on")
    crun = await account(hass, providers, "crun", "2000")
    hass.config_entries.async_update_entry(crun, title="api_balance")
    await account(hass, providers, "lumenfall", "13")
    await automate(hass)
    await run_by_hand(hass)
    assert notifications.made == [
        (
            "2 accounts are low",
            "- api_balance: 1000 credits left\n- Lumenfall: 12.50 USD left",
        )
    ]


async def test_own_actions_in_the_digest(hass: HomeAssistant, providers: Providers) -> None:
    """The digest goes the way of the alerts."""
    calls = async_mock_service(hass, "notify", "phone")
    names = "happening", "account", "balance", "title", "message", "tag"
    action = [{"action": "notify.phone", "data": {name: f"{{{{ {name} }}}}" for name in names}}]
    await account(hass, providers, "crun", "2000")
    await automate(hass, alert_actions=action)
    await run_by_hand(hass)
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


# The guard.


class Guarded:
    """What the script has done."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to listen."""
        self._hass = hass
        self.paid: list[ServiceCall] = async_mock_service(hass, "shop", "buy")
        self.not_paid: list[ServiceCall] = async_mock_service(hass, "shop", "wait")

    async def write(self, entry: MockConfigEntry, **inputs: Any) -> None:
        """Create the script for an account."""
        data = {"reason": "{{ reason }}", "balance": "{{ account.balance }}"}
        inputs = {
            "account": entry.entry_id,
            "paid_actions": [{"action": "shop.buy", "data": data}],
            "alternative_actions": [
                {"action": "shop.wait", "data": {"reason": "{{ reason }}", "got": "{{ account }}"}}
            ],
        } | inputs
        await write_script(self._hass, **inputs)

    async def run(self) -> None:
        """Run the script."""
        await self._hass.services.async_call("script", "guard", blocking=True)
        await self._hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def guarded(hass: HomeAssistant) -> Guarded:
    """Return what the script has done."""
    return Guarded(hass)


async def test_enough(hass: HomeAssistant, providers: Providers, guarded: Guarded) -> None:
    """The balance is read before and after what costs."""
    entry = await account(hass, providers, "crun")

    async def buy(call: ServiceCall) -> None:
        """Spend something."""
        guarded.paid.append(call)
        providers.simulator.spend("crun", providers.key("crun"), 100)

    hass.services.async_register("shop", "buy", buy)
    await guarded.write(entry, needed=900)
    providers.simulator.spend("crun", providers.key("crun"), 50)
    calls = providers.calls
    await guarded.run()
    assert [call.data for call in guarded.paid] == [
        {"reason": "950 credits left in Crun.ai.", "balance": 950}
    ]
    assert not guarded.not_paid
    assert providers.calls == calls + 2
    assert get_state(hass, "sensor.crun_ai_balance") == "850"

    await guarded.run()
    assert len(guarded.paid) == 1
    assert [call.data["reason"] for call in guarded.not_paid] == [
        "Only 850 credits left in Crun.ai, and 900 credits needed."
    ]
    assert guarded.not_paid[0].data["got"]["balance"] == 850


@pytest.mark.parametrize(
    ("needed", "spent", "reason", "paid"),
    [
        (0, "12.49", "0.01 USD left in Lumenfall.", True),
        (0, "12.5", "The balance of Lumenfall is used up: it is 0.00 USD.", False),
        (2.5, "10", "2.50 USD left in Lumenfall.", True),
        (2.51, "10", "Only 2.50 USD left in Lumenfall, and 2.51 USD needed.", False),
    ],
)
async def test_boundary(
    hass: HomeAssistant,
    providers: Providers,
    guarded: Guarded,
    needed: float,
    spent: str,
    reason: str,
    *,
    paid: bool,
) -> None:
    """At least what is needed must be left, and more than nothing."""
    entry = await account(hass, providers, "lumenfall")
    await guarded.write(entry, needed=needed)
    providers.simulator.spend("lumenfall", providers.key("lumenfall"), spent)
    await guarded.run()
    done, not_done = (guarded.paid, guarded.not_paid) if paid else (guarded.not_paid, guarded.paid)
    assert [call.data["reason"] for call in done] == [reason]
    assert not not_done


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        ("postpaid", "The balance of Lumenfall is unknown."),
        ("server_error", "The balance of Lumenfall cannot be read at the moment."),
        ("invalid_key", "The balance of Lumenfall cannot be read at the moment."),
    ],
)
async def test_nothing_is_spent_blindly(
    hass: HomeAssistant, providers: Providers, guarded: Guarded, scenario: str, reason: str
) -> None:
    """What is not known is not enough."""
    entry = await account(hass, providers, "lumenfall")
    await guarded.write(entry)
    providers.respond_as("lumenfall", scenario)
    await guarded.run()
    assert not guarded.paid
    assert [call.data["reason"] for call in guarded.not_paid] == [reason]


async def test_an_account_that_is_gone(
    hass: HomeAssistant, providers: Providers, guarded: Guarded
) -> None:
    """Nothing is spent for an account that was deleted."""
    entry = await account(hass, providers, "crun")
    await guarded.write(entry)
    await hass.config_entries.async_remove(entry.entry_id)
    await guarded.run()
    assert not guarded.paid
    assert [call.data for call in guarded.not_paid] == [
        {"reason": "The balance of the account cannot be read at the moment.", "got": None}
    ]


async def test_no_alternative(hass: HomeAssistant, providers: Providers, guarded: Guarded) -> None:
    """Without an alternative nothing is done."""
    entry = await account(hass, providers, "crun")
    inputs = {
        "account": entry.entry_id,
        "needed": 2000,
        "paid_actions": [{"action": "shop.buy"}],
    }
    await write_script(hass, **inputs)
    await guarded.run()
    assert not guarded.paid
    assert not guarded.not_paid


async def test_failure_of_the_second_reading(
    hass: HomeAssistant, providers: Providers, guarded: Guarded
) -> None:
    """What was bought was bought, whether the balance can be read afterwards or not."""
    entry = await account(hass, providers, "crun")

    async def buy(call: ServiceCall) -> None:
        """Spend something, and break the provider."""
        guarded.paid.append(call)
        providers.respond_as("crun", "maintenance")

    hass.services.async_register("shop", "buy", buy)
    await guarded.write(entry)
    await guarded.run()
    assert len(guarded.paid) == 1
    assert not guarded.not_paid
    assert get_state(hass, "sensor.crun_ai_balance") == "unavailable"


async def test_failure_of_what_costs(
    hass: HomeAssistant, providers: Providers, guarded: Guarded
) -> None:
    """Whoever runs the script is told what went wrong in the user's own action."""
    entry = await account(hass, providers, "crun")

    async def buy(_call: ServiceCall) -> None:
        """Fail."""
        message = "Sold out"
        raise HomeAssistantError(message)

    hass.services.async_register("shop", "buy", buy)
    await guarded.write(entry)
    with pytest.raises(HomeAssistantError, match="Sold out"):
        await guarded.run()
    assert not guarded.not_paid


async def test_one_after_the_other(
    hass: HomeAssistant, providers: Providers, guarded: Guarded
) -> None:
    """Two at the same time do not both spend what is enough for one."""
    entry = await account(hass, providers, "crun")

    async def buy(call: ServiceCall) -> None:
        """Spend something."""
        guarded.paid.append(call)
        providers.simulator.spend("crun", providers.key("crun"), 600)

    hass.services.async_register("shop", "buy", buy)
    await guarded.write(entry, needed=600)
    for _ in range(2):
        await hass.services.async_call("script", "turn_on", {"entity_id": "script.guard"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(guarded.paid) == 1
    assert len(guarded.not_paid) == 1
