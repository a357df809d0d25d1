"""The trigger that compares a balance with a threshold of its own."""

from typing import Any, Final

import pytest

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .common import (
    Clock,
    Providers,
    entry_state,
    get_state,
    refresh,
    set_up,
    set_up_automation,
    threshold,
)

# The account has 1000 credits.
OPTIONS: Final = threshold("100")
BALANCE: Final = "sensor.crun_ai_balance"


def crossed_threshold(kind: str = "below", number: float = 500, **target: str) -> dict[str, Any]:
    """Return a trigger with a threshold of its own."""
    return {
        "trigger": "api_balance.balance_crossed_threshold",
        "target": target or {"entity_id": BALANCE},
        "options": {"threshold": {"type": kind, "value": {"number": number}}},
    }


async def test_crossed_threshold(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """The automation runs once whenever the balance crosses the threshold."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    await set_up_automation(hass, crossed_threshold())
    counts = []
    for change in (-400, -200, -100, 500, -50, -300):
        providers.top_up("crun", change)
        await clock.next_poll()
        await clock.next_poll()
        counts.append(len(runs))
    assert counts == [0, 1, 1, 1, 1, 2]


async def test_crossed_threshold_during_an_outage(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """A threshold that is crossed during an outage or a reload runs the automation afterwards."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    await set_up_automation(hass, crossed_threshold())

    async def outage() -> None:
        providers.respond_as("crun", "html_502")
        await clock.next_poll()
        assert get_state(hass, BALANCE) == "unavailable"
        providers.respond_as("crun", None)
        await clock.next_poll()

    await outage()
    assert runs == []
    providers.spend("crun", "600.25")
    await outage()
    assert len(runs) == 1
    await outage()
    assert len(runs) == 1
    providers.top_up("crun", 600)
    await clock.next_poll()
    providers.spend("crun", 600)
    for _ in range(2):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
        assert len(runs) == 2


async def test_crossed_threshold_by_cents(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """The balance before an outage is compared exactly: 500.25 is not below 500.2."""
    await set_up(hass, providers.entry("crun"))
    providers.spend("crun", "499.75")
    await clock.next_poll()
    await set_up_automation(hass, crossed_threshold(number=500.2))
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    providers.respond_as("crun", None)
    providers.spend("crun", "0.1")
    await clock.next_poll()
    assert get_state(hass, BALANCE) == "500.15"
    assert len(runs) == 1


async def test_first_reading_crosses_no_threshold(
    hass: HomeAssistant, providers: Providers, runs: list[ServiceCall]
) -> None:
    """A balance that was unknown before has crossed no threshold."""
    entry = await set_up(hass, providers.entry("lumenfall", "postpaid"))
    trigger = crossed_threshold(entity_id="sensor.lumenfall_balance")
    await set_up_automation(hass, trigger)
    assert get_state(hass, "sensor.lumenfall_balance") == "unknown"
    providers.simulator.set_scenario("lumenfall", providers.key("lumenfall", "postpaid"), "active")
    await refresh(hass, entry)
    assert get_state(hass, "sensor.lumenfall_balance") == "12.50"
    assert runs == []


async def test_other_sensors_cross_no_threshold(
    hass: HomeAssistant,
    providers: Providers,
    clock: Clock,
    runs: list[ServiceCall],
    device_registry: dr.DeviceRegistry,
) -> None:
    """Of a device, only the balance is meant."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    await set_up_automation(hass, crossed_threshold("above", 10, device_id=device.id))
    providers.spend("crun", 100)
    await clock.next_poll()
    assert get_state(hass, "sensor.crun_ai_spent_today") == "100"
    assert runs == []


@pytest.mark.parametrize("is_registered", [False, True])
async def test_other_integrations_cross_no_threshold(
    hass: HomeAssistant,
    providers: Providers,
    runs: list[ServiceCall],
    entity_registry: er.EntityRegistry,
    *,
    is_registered: bool,
) -> None:
    """A sensor of another integration is not meant, even if it is called a balance too."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    if is_registered:
        entity_registry.async_get_or_create(
            "sensor", "bank", "1", suggested_object_id="bank", translation_key="balance"
        )
    hass.states.async_set("sensor.bank", "1000")
    await set_up_automation(hass, crossed_threshold(entity_id="sensor.bank"))
    hass.states.async_set("sensor.bank", "100")
    await hass.async_block_till_done()
    assert runs == []


async def test_unloaded_account_crosses_no_threshold(
    hass: HomeAssistant, providers: Providers, runs: list[ServiceCall]
) -> None:
    """A state that is set by somebody else after the account was unloaded is ignored."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    await set_up_automation(hass, crossed_threshold())
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.NOT_LOADED
    hass.states.async_set(BALANCE, "unavailable")
    hass.states.async_set(BALANCE, "100", {"unit_of_measurement": "credits"})
    await hass.async_block_till_done()
    assert runs == []
