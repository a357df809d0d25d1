"""The trigger that compares a balance with a threshold of its own."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr

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
        await clock.three_retries()
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
    await clock.three_retries()
    assert get_state(hass, BALANCE) == "unavailable"
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


async def test_other_integrations_cross_no_threshold(
    hass: HomeAssistant, providers: Providers, runs: list[ServiceCall]
) -> None:
    """A sensor that is not in the entity registry is not meant; see also test_targets."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    hass.states.async_set("sensor.bank", "1000")
    await set_up_automation(hass, crossed_threshold(entity_id="sensor.bank"))
    hass.states.async_set("sensor.bank", "100")
    await hass.async_block_till_done()
    assert runs == []


async def test_a_figure_of_the_ledger(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """An amount other than the balance crosses a threshold if it was chosen itself."""
    await set_up(hass, providers.entry("crun"))
    await set_up_automation(
        hass, crossed_threshold("above", 50, entity_id="sensor.crun_ai_spent_today")
    )
    for spent, count in ((40, 0), (20, 1), (10, 1)):
        providers.spend("crun", spent)
        await clock.next_poll()
        assert len(runs) == count


async def test_an_amount_of_the_provider_during_an_outage(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """Every amount that a provider reports is compared with the reading before the outage."""
    await set_up(hass, providers.entry("lensmor"))
    amount = "sensor.lensmor_subscription_balance"
    await set_up_automation(hass, crossed_threshold(number=29500, entity_id=amount))
    # The documentation says that subscription credits are consumed before gift credits.
    for spent, count in ((100, 0), (500, 1), (100, 1)):
        providers.respond_as("lensmor", "server_error")
        await clock.next_poll()
        await clock.three_retries()
        assert get_state(hass, amount) == "unavailable"
        providers.spend("lensmor", spent)
        providers.respond_as("lensmor", None)
        await clock.next_poll()
        assert len(runs) == count


async def test_an_amount_that_was_never_reported(
    hass: HomeAssistant, providers: Providers, runs: list[ServiceCall]
) -> None:
    """A reading without an earlier one has crossed nothing."""
    entry = await set_up(hass, providers.entry("lensmor"))
    amount = "sensor.lensmor_subscription_balance"
    await set_up_automation(hass, crossed_threshold(number=90000, entity_id=amount))
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert get_state(hass, amount) == "30000"
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
