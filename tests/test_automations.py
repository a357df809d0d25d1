"""Triggers and conditions: what automations can be made of, without a template."""

from collections.abc import Mapping
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import (
    area_registry as ar,
    condition,
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.automation import get_absolute_description_key
from homeassistant.helpers.trigger import async_get_all_descriptions
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, entry_state, get_state, set_up

OPTIONS = {"low_balance_threshold": {"credits": "100"}}
EVENT = "event.crun_ai_balance_event"


@pytest.fixture
def ran(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the calls of the automations' action."""
    return async_mock_service(hass, "test", "run")


async def automate(hass: HomeAssistant, trigger: Mapping[str, Any], **more: Any) -> None:
    """Set up an automation with a trigger, which says what started it."""
    action = {
        "action": "test.run",
        "data": {
            "entity_id": "{{ trigger.entity_id }}",
            "balance": "{{ trigger.balance | default('') }}",
        },
    }
    config = {"id": "one", "alias": "One", "triggers": [trigger], "actions": [action], **more}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    # One that Home Assistant refuses is there, but unavailable.
    assert get_state(hass, "automation.one") == "on"


async def crun(hass: HomeAssistant, providers: Providers) -> MockConfigEntry:
    """Set up an account with a thousand credits and a threshold of a hundred."""
    return await set_up(hass, providers.entry("crun", options=OPTIONS))


@pytest.mark.parametrize(
    ("trigger", "runs"),
    [
        ("balance_became_low", [80]),
        ("balance_emptied", [0]),
        ("balance_recovered", [250]),
        ("topped_up", [50, 250]),
    ],
)
async def test_each_trigger(
    hass: HomeAssistant,
    providers: Providers,
    clock: Clock,
    ran: list[ServiceCall],
    trigger: str,
    runs: list[int],
) -> None:
    """Once each time, and with what happened."""
    await crun(hass, providers)
    await automate(hass, {"trigger": f"api_balance.{trigger}", "target": {"entity_id": EVENT}})
    for change in (-100, -820, -80, 50, 200):
        providers.simulator.top_up("crun", providers.key("crun"), change)
        await clock.next_poll()
        await clock.next_poll()
    assert [call.data["balance"] for call in ran] == runs
    assert {call.data["entity_id"] for call in ran} == {EVENT}


@pytest.mark.parametrize("kind", ["entity", "device", "area", "label", "floor-less", "nothing"])
async def test_targets(
    hass: HomeAssistant,
    providers: Providers,
    clock: Clock,
    ran: list[ServiceCall],
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    area_registry: ar.AreaRegistry,
    label_registry: lr.LabelRegistry,
    kind: str,
) -> None:
    """An entity, a device, an area, a label; without any all accounts, also later ones."""
    entry = await crun(hass, providers)
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    area, label = area_registry.async_create("Office"), label_registry.async_create("Paid")
    targets: dict[str, dict[str, str]] = {
        "entity": {"entity_id": EVENT},
        "device": {"device_id": device.id},
        "area": {"area_id": area.id},
        "label": {"label_id": label.label_id},
        "floor-less": {},
    }
    trigger = {"trigger": "api_balance.balance_became_low"}
    await automate(hass, trigger if kind == "nothing" else trigger | {"target": targets[kind]})
    # Put into the area and given the label only now: a target is what it is at the moment.
    device_registry.async_update_device(device.id, area_id=area.id, labels={label.label_id})
    await set_up(hass, providers.entry("crun", "active.second", options=OPTIONS))
    for scenario in ("active", "active.second"):
        providers.simulator.spend("crun", providers.key("crun", scenario), 950)
    await clock.next_poll()
    found = {call.data["entity_id"] for call in ran}
    assert found == ({EVENT, f"{EVENT}_2"} if kind in {"nothing", "floor-less"} else {EVENT})


async def test_nothing_runs_for_what_is_shown_again(
    hass: HomeAssistant, providers: Providers, clock: Clock, ran: list[ServiceCall]
) -> None:
    """A reload brings the last event back from the past: it does not happen again."""
    entry = await crun(hass, providers)
    await automate(hass, {"trigger": "api_balance.balance_became_low"})
    providers.simulator.spend("crun", providers.key("crun"), 950)
    await clock.next_poll()
    assert len(ran) == 1
    assert await hass.config_entries.async_reload(entry.entry_id)
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    providers.respond_as("crun", None)
    await clock.next_poll()
    assert len(ran) == 1


async def test_a_trigger_that_is_switched_off(
    hass: HomeAssistant, providers: Providers, clock: Clock, ran: list[ServiceCall]
) -> None:
    """An automation that is off listens to nothing."""
    await crun(hass, providers)
    await automate(hass, {"trigger": "api_balance.balance_became_low"})
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.one"}, blocking=True
    )
    providers.simulator.spend("crun", providers.key("crun"), 950)
    await clock.next_poll()
    assert ran == []


@pytest.mark.parametrize(
    "trigger",
    [
        {"trigger": "api_balance.balance_became_low", "options": {"for": "00:05:00"}},
        {"trigger": "api_balance.balance_became_low", "target": {"somebody": "x"}},
        {"trigger": "api_balance.balance_exploded"},
        {"trigger": "api_balance.balance_crossed_threshold", "target": {"entity_id": EVENT}},
    ],
)
async def test_wrong_triggers_are_refused(
    hass: HomeAssistant, providers: Providers, trigger: dict[str, Any]
) -> None:
    """By Home Assistant, when the automation is saved."""
    await crun(hass, providers)
    config = {"alias": "One", "triggers": [trigger], "actions": []}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    assert hass.states.get("automation.one") is None or (
        get_state(hass, "automation.one") == "unavailable"
    )


BALANCE = "sensor.crun_ai_balance"


def crossed(kind: str = "below", number: float = 500, **target: str) -> dict[str, Any]:
    """Return a trigger on a threshold of the automation's own."""
    return {
        "trigger": "api_balance.balance_crossed_threshold",
        "target": target or {"entity_id": BALANCE},
        "options": {"threshold": {"type": kind, "value": {"number": number}}},
    }


async def test_a_crossed_threshold(
    hass: HomeAssistant, providers: Providers, clock: Clock, ran: list[ServiceCall]
) -> None:
    """Once for each time that the balance goes past it."""
    await crun(hass, providers)
    await automate(hass, crossed())
    runs = []
    for change in (-400, -200, -100, 500, -50, -300):
        providers.simulator.top_up("crun", providers.key("crun"), change)
        await clock.next_poll()
        await clock.next_poll()
        runs.append(len(ran))
    assert runs == [0, 1, 1, 1, 1, 2]


async def test_a_threshold_that_is_crossed_in_an_outage(
    hass: HomeAssistant, providers: Providers, clock: Clock, ran: list[ServiceCall]
) -> None:
    """Is seen afterwards, once; an outage without a crossing is nothing."""
    entry = await crun(hass, providers)
    await automate(hass, crossed())
    key = providers.key("crun")

    async def outage() -> None:
        providers.respond_as("crun", "html_502")
        await clock.next_poll()
        assert get_state(hass, BALANCE) == "unavailable"
        providers.respond_as("crun", None)
        await clock.next_poll()

    await outage()
    assert ran == []
    providers.simulator.spend("crun", key, 600)
    await outage()
    assert len(ran) == 1
    await outage()
    assert len(ran) == 1
    providers.simulator.top_up("crun", key, 600)
    await clock.next_poll()
    providers.simulator.spend("crun", key, 600)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert len(ran) == 2
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert len(ran) == 2


async def test_a_first_reading_crosses_nothing(
    hass: HomeAssistant, providers: Providers, ran: list[ServiceCall]
) -> None:
    """Also where the entity was there before, without a value."""
    entry = await set_up(hass, providers.entry("lumenfall", "postpaid"))
    trigger = crossed("below", 500, entity_id="sensor.lumenfall_balance")
    await automate(hass, trigger)
    assert get_state(hass, "sensor.lumenfall_balance") == "unknown"
    providers.simulator.set_scenario("lumenfall", providers.key("lumenfall", "postpaid"), "active")
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
    assert get_state(hass, "sensor.lumenfall_balance") == "12.50"
    assert ran == []


async def test_crossings_are_of_balances_only(
    hass: HomeAssistant,
    providers: Providers,
    clock: Clock,
    ran: list[ServiceCall],
    device_registry: dr.DeviceRegistry,
) -> None:
    """Of a device not what was spent, and nothing that is not ours."""
    entry = await crun(hass, providers)
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    await automate(hass, crossed("above", 10, device_id=device.id))
    providers.simulator.spend("crun", providers.key("crun"), 100)
    await clock.next_poll()
    assert get_state(hass, "sensor.crun_ai_spent_today") == "100"
    assert ran == []


async def test_entities_of_others_are_not_touched(
    hass: HomeAssistant, providers: Providers, ran: list[ServiceCall]
) -> None:
    """A sensor of another integration, or one that is not registered, fires nothing."""
    await crun(hass, providers)
    hass.states.async_set("sensor.other", "1000")
    await automate(hass, crossed("below", 500, entity_id="sensor.other"))
    hass.states.async_set("sensor.other", "100")
    await hass.async_block_till_done()
    assert ran == []


async def test_a_balance_whose_account_is_gone(
    hass: HomeAssistant, providers: Providers, ran: list[ServiceCall]
) -> None:
    """A state that comes from somewhere else crosses nothing."""
    entry = await crun(hass, providers)
    await automate(hass, crossed())
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.NOT_LOADED
    hass.states.async_set(BALANCE, "unavailable")
    hass.states.async_set(BALANCE, "100", {"unit_of_measurement": "credits"})
    await hass.async_block_till_done()
    assert ran == []


# Conditions.


async def holds(hass: HomeAssistant, name: str, target: dict[str, Any], **options: Any) -> bool:
    """Return whether a condition holds, as Home Assistant checks it."""
    config = {"condition": f"api_balance.{name}", "target": target, "options": options}
    checked = await condition.async_validate_condition_config(hass, cv.CONDITION_SCHEMA(config))
    checker = await condition.async_from_config(hass, checked)
    result = checker.async_check()
    checker.async_unload()
    return bool(result)


async def test_is_balance_low(
    hass: HomeAssistant, providers: Providers, clock: Clock, device_registry: dr.DeviceRegistry
) -> None:
    """As the alarm has it; what is unknown is not low."""
    assert await async_setup_component(hass, "automation", {})
    entry = await crun(hass, providers)
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    targets = [{"entity_id": "binary_sensor.crun_ai_low_balance"}, {"device_id": device.id}]
    for target in targets:
        assert not await holds(hass, "is_balance_low", target)
    providers.simulator.spend("crun", providers.key("crun"), 950)
    await clock.next_poll()
    for target in targets:
        assert await holds(hass, "is_balance_low", target)
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    for target in targets:
        assert not await holds(hass, "is_balance_low", target)


async def test_is_balance_low_looks_at_nothing_else(
    hass: HomeAssistant, providers: Providers
) -> None:
    """The provider's flag and somebody else's sensor are not the alarm."""
    assert await async_setup_component(hass, "automation", {})
    await set_up(hass, providers.entry("lunos", "alert_disabled"))
    flag = "binary_sensor.lunos_low_balance_reported_by_provider"
    assert get_state(hass, flag) == "on"
    assert not await holds(hass, "is_balance_low", {"entity_id": flag})
    hass.states.async_set("binary_sensor.other", "on")
    assert not await holds(hass, "is_balance_low", {"entity_id": "binary_sensor.other"})


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        ({"type": "above", "value": {"number": 999}}, True),
        ({"type": "above", "value": {"number": 1000}}, False),
        ({"type": "below", "value": {"number": 1000}}, False),
        ({"type": "below", "value": {"number": 1000.5}}, True),
        (
            {"type": "between", "value_min": {"number": 1000}, "value_max": {"number": 1001}},
            True,
        ),
        ({"type": "below", "value": {"entity": "number.crun_ai_low_balance_threshold"}}, False),
        ({"type": "above", "value": {"entity": "number.crun_ai_low_balance_threshold"}}, True),
    ],
)
async def test_is_balance(
    hass: HomeAssistant, providers: Providers, threshold: dict[str, Any], *, expected: bool
) -> None:
    """Above, below, between: a number or an entity, such as the account's own threshold."""
    assert await async_setup_component(hass, "automation", {})
    await crun(hass, providers)
    target = {"entity_id": BALANCE}
    assert await holds(hass, "is_balance", target, threshold=threshold) is expected


async def test_descriptions(hass: HomeAssistant, providers: Providers) -> None:
    """The editor offers all of them by name."""
    assert await async_setup_component(hass, "automation", {})
    await crun(hass, providers)
    triggers = await async_get_all_descriptions(hass)
    conditions = await condition.async_get_all_descriptions(hass)
    found = [
        get_absolute_description_key(DOMAIN, name) if "." not in name else name
        for name in (*triggers, *conditions)
    ]
    assert sorted(name for name in found if name.startswith(DOMAIN)) == [
        "api_balance.balance_became_low",
        "api_balance.balance_crossed_threshold",
        "api_balance.balance_emptied",
        "api_balance.balance_recovered",
        "api_balance.is_balance",
        "api_balance.is_balance_low",
        "api_balance.topped_up",
    ]
    assert all(triggers[name] for name in triggers if name.startswith(DOMAIN))
