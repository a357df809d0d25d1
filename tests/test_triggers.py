"""Triggers: automations that start when something happens to a balance."""

from typing import Any, Final

import pytest

from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import area_registry as ar, device_registry as dr, label_registry as lr
from homeassistant.helpers.automation import get_absolute_description_key
from homeassistant.helpers.trigger import async_get_all_descriptions
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, set_up, set_up_automation, threshold

# The account has 1000 credits.
OPTIONS: Final = threshold("100")
EVENT: Final = "event.crun_ai_balance_event"


@pytest.mark.parametrize(
    ("trigger", "balances"),
    [
        ("balance_became_low", [80]),
        ("balance_emptied", [0]),
        ("balance_recovered", [250]),
        ("topped_up", [50, 250]),
    ],
)
async def test_event_triggers(
    hass: HomeAssistant,
    providers: Providers,
    clock: Clock,
    runs: list[ServiceCall],
    trigger: str,
    balances: list[int],
) -> None:
    """Each event runs the automation once, with its data."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    target = {"entity_id": EVENT}
    await set_up_automation(hass, {"trigger": f"api_balance.{trigger}", "target": target})
    for change in (-100, -820, -80, 50, 200):
        providers.top_up("crun", change)
        await clock.next_poll()
        # An increase within an hour after spending would be a refund.
        await clock.advance(hours=1)
    assert [call.data["balance"] for call in runs] == balances
    assert {call.data["entity_id"] for call in runs} == {EVENT}


@pytest.mark.parametrize("kind", ["entity", "device", "area", "label", "empty", "none"])
async def test_targets(
    hass: HomeAssistant,
    providers: Providers,
    clock: Clock,
    runs: list[ServiceCall],
    device_registry: dr.DeviceRegistry,
    area_registry: ar.AreaRegistry,
    label_registry: lr.LabelRegistry,
    kind: str,
) -> None:
    """The target is evaluated when an event occurs; without one, all accounts are meant."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    area, label = area_registry.async_create("Office"), label_registry.async_create("Paid")
    targets: dict[str, dict[str, Any]] = {
        "entity": {"target": {"entity_id": EVENT}},
        "device": {"target": {"device_id": device.id}},
        "area": {"target": {"area_id": area.id}},
        "label": {"target": {"label_id": label.label_id}},
        "empty": {"target": {}},
        "none": {},
    }
    await set_up_automation(hass, {"trigger": "api_balance.balance_became_low", **targets[kind]})
    device_registry.async_update_device(device.id, area_id=area.id, labels={label.label_id})
    await set_up(hass, providers.entry("crun", "active.second", options=OPTIONS))
    providers.spend("crun", 950)
    providers.spend("crun", 950, "active.second")
    await clock.next_poll()
    found = {call.data["entity_id"] for call in runs}
    assert found == ({EVENT, f"{EVENT}_2"} if kind in {"empty", "none"} else {EVENT})


async def test_reload_and_outage(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """An event is not repeated after a reload or an outage."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    await set_up_automation(hass, {"trigger": "api_balance.balance_became_low"})
    providers.spend("crun", 950)
    await clock.next_poll()
    assert len(runs) == 1
    assert await hass.config_entries.async_reload(entry.entry_id)
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    providers.respond_as("crun", None)
    await clock.next_poll()
    assert len(runs) == 1


async def test_disabled_automation(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """An automation that is turned off does not run."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    await set_up_automation(hass, {"trigger": "api_balance.balance_became_low"})
    automation = {"entity_id": "automation.one"}
    await hass.services.async_call("automation", "turn_off", automation, blocking=True)
    providers.spend("crun", 950)
    await clock.next_poll()
    assert runs == []


async def test_renewed(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """A renewal of an allowance is no top-up."""
    await clock.move_to("2024-04-30T23:50:00+00:00")
    await set_up(hass, providers.entry("lensmor"))
    await set_up_automation(hass, {"trigger": "api_balance.balance_renewed"})
    await clock.move_to("2024-05-01T00:10:00+00:00")
    providers.top_up("lensmor", 5000)
    await clock.next_poll()
    assert [call.data["balance"] for call in runs] == [35050]


@pytest.mark.parametrize(
    "trigger",
    [
        {"trigger": "api_balance.balance_became_low", "options": {"for": "00:05:00"}},
        {"trigger": "api_balance.balance_became_low", "target": {"somebody": "x"}},
        {"trigger": "api_balance.balance_exploded"},
        {"trigger": "api_balance.balance_crossed_threshold", "target": {"entity_id": EVENT}},
        {"trigger": "api_balance.spending_exceeded"},
        {"trigger": "api_balance.spending_exceeded", "options": {"period": "day"}},
        {
            "trigger": "api_balance.spending_exceeded",
            "options": {"period": "week", "amount": 5},
        },
        {
            "trigger": "api_balance.spending_exceeded",
            "options": {"period": "day", "amount": -5},
        },
        {"trigger": "api_balance.runs_out_soon", "options": {"days": "soon"}},
        {"trigger": "api_balance.runs_out_soon", "options": {}},
    ],
)
async def test_invalid_trigger(
    hass: HomeAssistant, providers: Providers, trigger: dict[str, Any]
) -> None:
    """Home Assistant refuses an automation with an invalid trigger."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    config = {"alias": "One", "triggers": [trigger], "actions": []}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    automation = hass.states.get("automation.one")
    assert automation is None or automation.state == "unavailable"


async def test_descriptions(hass: HomeAssistant, providers: Providers) -> None:
    """The editor offers all triggers."""
    assert await async_setup_component(hass, "automation", {})
    await set_up(hass, providers.entry("crun"))
    descriptions = await async_get_all_descriptions(hass)
    found = {
        name: value
        for key, value in descriptions.items()
        if (name := get_absolute_description_key(DOMAIN, key) if "." not in key else key)
        and name.startswith(DOMAIN)
    }
    assert all(found.values())
    assert sorted(found) == [
        "api_balance.balance_became_low",
        "api_balance.balance_crossed_threshold",
        "api_balance.balance_emptied",
        "api_balance.balance_recovered",
        "api_balance.balance_renewed",
        "api_balance.runs_out_soon",
        "api_balance.spending_exceeded",
        "api_balance.topped_up",
    ]
