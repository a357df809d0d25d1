"""Balance events: each one occurs once, whatever happens in between."""

from typing import Final

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_STATE_CHANGED
from homeassistant.core import CoreState, Event, EventStateChangedData, HomeAssistant, callback

from .common import Clock, Providers, get_state, set_threshold, set_up, threshold

EVENT: Final = "event.crun_ai_balance_event"
LOW: Final = "binary_sensor.crun_ai_low_balance"
THRESHOLD: Final = "number.crun_ai_alert_below"
# The account has 1000 credits.
OPTIONS: Final = threshold("100")


@pytest.fixture
def events(hass: HomeAssistant) -> list[str]:
    """Return the events of all event entities, in order."""
    types: list[str] = []

    @callback
    def on_state_changed(event: Event[EventStateChangedData]) -> None:
        """Add a new event; an entity that is loaded shows its last event again."""
        new, old = event.data["new_state"], event.data["old_state"]
        if new is None or old is None or not new.entity_id.startswith("event."):
            return
        if "unavailable" not in {new.state, old.state} and new.state != old.state:
            types.append(new.attributes["event_type"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, on_state_changed)
    return types


def event_data(hass: HomeAssistant) -> dict[str, object]:
    """Return the data of the last event."""
    state = hass.states.get(EVENT)
    assert state is not None
    names = {"account", "provider", "balance", "unit", "threshold", "amount", "run_out"}
    return {name: value for name, value in state.attributes.items() if name in names}


async def test_low_emptied_topped_up_recovered(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str]
) -> None:
    """Each change has one event, with the data that a notification needs."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    await clock.next_poll()
    assert events == []
    providers.spend("crun", 920)
    await clock.next_poll()
    await clock.next_poll()
    assert events == ["became_low"]
    assert event_data(hass) == {
        "account": "Crun.ai",
        "provider": "Crun.ai",
        "balance": 80,
        "unit": "credits",
        "threshold": 100,
        "amount": None,
        "run_out": None,
    }
    providers.spend("crun", 80)
    await clock.next_poll()
    await clock.next_poll()
    assert events == ["became_low", "emptied"]
    # An increase within an hour after spending would be a refund.
    await clock.advance(hours=1)
    providers.top_up("crun", "50.5")
    await clock.next_poll()
    assert events == ["became_low", "emptied", "topped_up"]
    assert event_data(hass)["amount"] == 50.5
    assert event_data(hass)["balance"] == 50.5
    providers.top_up("crun", 200)
    await clock.next_poll()
    assert events[3:] == ["topped_up", "recovered"]
    providers.spend("crun", 1000)
    await clock.next_poll()
    assert events[5:] == ["became_low", "emptied"]


@pytest.mark.parametrize("scenario", ["low", "empty"])
async def test_first_reading(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str], scenario: str
) -> None:
    """An account that is low when it is added has no event."""
    await set_up(hass, providers.entry("crun", scenario, options=OPTIONS))
    await clock.next_poll()
    assert get_state(hass, LOW) == "on"
    assert get_state(hass, EVENT) == "unknown"
    assert events == []


@pytest.mark.parametrize("scenario", ["html_502", "malformed", "reset", "rate_limited"])
async def test_outage(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str], scenario: str
) -> None:
    """An outage has no event; what has happened during it has one event afterwards."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    providers.respond_as("crun", scenario)
    await clock.next_poll()
    providers.respond_as("crun", None)
    await clock.next_poll()
    assert events == []
    providers.spend("crun", 920)
    await clock.next_poll()
    for _ in range(3):
        providers.respond_as("crun", scenario)
        await clock.next_poll()
        assert get_state(hass, LOW) == "on"
        assert get_state(hass, EVENT) not in {"unavailable", "unknown"}
        providers.respond_as("crun", None)
        await clock.next_poll()
        await clock.next_poll()
    assert events == ["became_low"]
    providers.respond_as("crun", scenario)
    providers.top_up("crun", 920)
    await clock.next_poll()
    assert events == ["became_low"]
    providers.respond_as("crun", None)
    await clock.next_poll()
    await clock.next_poll()
    assert events == ["became_low", "topped_up", "recovered"]


async def test_unknown_balance(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str]
) -> None:
    """A balance that is unknown for a while has no event."""
    await set_up(hass, providers.entry("lumenfall", options=threshold("5", "USD")))
    providers.spend("lumenfall", 10)
    await clock.next_poll()
    assert events == ["became_low"]
    providers.respond_as("lumenfall", "unavailable")
    await clock.next_poll()
    assert get_state(hass, "sensor.lumenfall_balance") == "unknown"
    assert get_state(hass, "binary_sensor.lumenfall_low_balance") == "on"
    assert get_state(hass, "sensor.lumenfall_spent_today") == "10.00"
    providers.respond_as("lumenfall", None)
    await clock.next_poll()
    assert events == ["became_low"]


async def test_postpaid(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str]
) -> None:
    """A postpaid account is not low, whatever its threshold; a prepaid one may be low again."""
    await set_up(hass, providers.entry("lumenfall", options=threshold("5", "USD")))
    providers.spend("lumenfall", 10)
    await clock.next_poll()
    providers.respond_as("lumenfall", "postpaid")
    await clock.next_poll()
    await set_threshold(hass, "number.lumenfall_alert_below", 6)
    assert get_state(hass, "binary_sensor.lumenfall_low_balance") == "unknown"
    assert events == ["became_low"]
    providers.respond_as("lumenfall", None)
    await clock.next_poll()
    assert events == ["became_low", "became_low"]


async def test_reload(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str]
) -> None:
    """A reload has no event; what has happened while the account was disabled has one."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    providers.spend("crun", 920)
    await clock.next_poll()
    for _ in range(2):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    assert events == ["became_low"]
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    # More than what was spent within the last hour, so it is no refund.
    providers.top_up("crun", 950)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done()
    assert events == ["became_low", "topped_up", "recovered"]


@pytest.mark.parametrize("is_interrupted", [False, True])
async def test_restart(
    hass: HomeAssistant,
    providers: Providers,
    freezer: FrozenDateTimeFactory,
    events: list[str],
    *,
    is_interrupted: bool,
) -> None:
    """An event during the start of Home Assistant waits for its end, or for the next start."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    await hass.config_entries.async_unload(entry.entry_id)
    providers.spend("crun", 920)
    freezer.tick(60)
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert get_state(hass, LOW) == "on"
    assert events == []
    if is_interrupted:
        assert await hass.config_entries.async_unload(entry.entry_id)
        hass.set_state(CoreState.running)
        await hass.config_entries.async_setup(entry.entry_id)
    else:
        hass.set_state(CoreState.running)
        hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert events == ["became_low"]


async def test_changed_threshold(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str]
) -> None:
    """A changed threshold takes effect immediately, with its event."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    await set_threshold(hass, THRESHOLD, 2000)
    assert get_state(hass, LOW) == "on"
    await set_threshold(hass, THRESHOLD, 3000)
    await clock.next_poll()
    assert events == ["became_low"]
    assert event_data(hass)["threshold"] == 2000
    await set_threshold(hass, THRESHOLD, 5)
    assert events == ["became_low", "recovered"]


async def test_changed_threshold_during_an_outage(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str]
) -> None:
    """A threshold that is changed during an outage is compared with the last reading."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    await clock.three_retries()
    await set_threshold(hass, THRESHOLD, 2000)
    assert events == ["became_low"]
    assert get_state(hass, LOW) == "on"
    assert get_state(hass, "sensor.crun_ai_status") == "cannot_connect"
    providers.respond_as("crun", None)
    await clock.next_poll()
    assert events == ["became_low"]


async def test_alert_of_the_provider(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str]
) -> None:
    """A balance is also low while the provider's own alert says so."""
    await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "low")
    await clock.next_poll()
    assert events == ["became_low"]
    state = hass.states.get("event.lunos_balance_event")
    assert state is not None
    assert state.attributes["message"] == (
        "Lunos has only 0.5 credits left, and Lunos reports a low balance."
    )
    providers.respond_as("lunos", "alert_disabled")
    # An hour of readings that are not low ends the alarm.
    for _ in range(4):
        await clock.next_poll()
        assert events == ["became_low"]
    await clock.next_poll()
    assert events == ["became_low", "recovered"]


async def test_recovery_continues_after_a_restart(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str]
) -> None:
    """The hour of readings that are not low is not interrupted by a reload."""
    entry = await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "low")
    await clock.next_poll()
    providers.respond_as("lunos", "alert_disabled")
    for _ in range(3):
        await clock.next_poll()
    await hass.config_entries.async_reload(entry.entry_id)
    await clock.next_poll()
    assert events == ["became_low"]
    await clock.next_poll()
    assert events == ["became_low", "recovered"]


async def test_two_accounts(
    hass: HomeAssistant, providers: Providers, clock: Clock, events: list[str]
) -> None:
    """Each account of a provider has its own events."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    await set_up(hass, providers.entry("crun", "active.second", options=OPTIONS))
    providers.spend("crun", 950, "active.second")
    await clock.next_poll()
    assert events == ["became_low"]
    assert get_state(hass, EVENT) == "unknown"
    assert get_state(hass, f"{EVENT}_2") != "unknown"
