"""The alarm: every crossing is told once, whatever lies between; unreadable data is no alarm."""

from datetime import datetime
from decimal import Decimal

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.api import AccountSnapshot, Field
from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_STATE_CHANGED
from homeassistant.core import (
    CoreState,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import issue_registry as ir

from .common import Clock, Providers, entry_state, get_state, refresh_with, set_up

EVENT = "event.crun_ai_balance_event"
LOW = "binary_sensor.crun_ai_low_balance"
THRESHOLD = {"low_balance_threshold": {"credits": "100"}}


@pytest.fixture
def happened(hass: HomeAssistant) -> list[str]:
    """Return the events that are told, as they come."""
    result: list[str] = []

    @callback
    def listen(event: Event[EventStateChangedData]) -> None:
        new, old = event.data["new_state"], event.data["old_state"]
        if new is None or not new.entity_id.startswith("event."):
            return
        # An entity that is unloaded or restored shows its last event again: that is not a new one.
        states = {"unavailable", new.state}
        if old is not None and old.state not in states and new.state != "unavailable":
            result.append(new.attributes["event_type"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, listen)
    return result


def crun(providers: Providers) -> MockConfigEntry:
    """Return an account with a thousand credits and a threshold of a hundred."""
    return providers.entry("crun", options=THRESHOLD)


def attributes(hass: HomeAssistant) -> dict[str, object]:
    """Return what the last event says."""
    found = hass.states.get(EVENT)
    assert isinstance(found, State)
    names = {"account", "provider", "balance", "unit", "threshold", "amount", "run_out"}
    return {name: value for name, value in found.attributes.items() if name in names}


async def test_each_crossing_is_told_once(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str]
) -> None:
    """Low, empty, topped up, recovered: with what a notification needs."""
    await set_up(hass, crun(providers))
    key = providers.key("crun")
    await clock.next_poll()
    assert happened == []
    providers.simulator.spend("crun", key, 920)
    await clock.next_poll()
    await clock.next_poll()
    assert happened == ["became_low"]
    assert attributes(hass) == {
        "account": "Crun.ai",
        "provider": "Crun.ai",
        "balance": 80,
        "unit": "credits",
        "threshold": 100,
        "amount": None,
        "run_out": None,
    }
    providers.simulator.spend("crun", key, 80)
    await clock.next_poll()
    await clock.next_poll()
    assert happened == ["became_low", "emptied"]
    providers.simulator.top_up("crun", key, "50.5")
    await clock.next_poll()
    assert happened == ["became_low", "emptied", "topped_up"]
    assert attributes(hass)["amount"] == 50.5
    assert attributes(hass)["balance"] == 50.5
    providers.simulator.top_up("crun", key, 200)
    await clock.next_poll()
    assert happened[3:] == ["topped_up", "recovered"]
    providers.simulator.spend("crun", key, 1000)
    await clock.next_poll()
    assert happened[5:] == ["became_low", "emptied"]


@pytest.mark.parametrize("scenario", ["low", "empty"])
async def test_the_first_reading_is_no_event(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str], scenario: str
) -> None:
    """Somebody who adds an account that is low sees it, and is not told."""
    await set_up(hass, providers.entry("crun", scenario, options=THRESHOLD))
    await clock.next_poll()
    assert get_state(hass, LOW) == "on"
    assert get_state(hass, EVENT) == "unknown"
    assert happened == []


@pytest.mark.parametrize("trouble", ["html_502", "malformed", "reset", "rate_limited"])
async def test_an_outage_neither_alarms_nor_clears(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str], trouble: str
) -> None:
    """And what happened meanwhile is told when it is over, once."""
    await set_up(hass, crun(providers))
    key = providers.key("crun")
    providers.respond_as("crun", trouble)
    await clock.next_poll()
    providers.respond_as("crun", None)
    await clock.next_poll()
    assert happened == []
    providers.simulator.spend("crun", key, 920)
    await clock.next_poll()
    for _ in range(3):
        providers.respond_as("crun", trouble)
        await clock.next_poll()
        assert get_state(hass, LOW) == "unavailable"
        assert get_state(hass, EVENT) not in {"unavailable", "unknown"}
        providers.respond_as("crun", None)
        await clock.next_poll()
        await clock.next_poll()
    assert happened == ["became_low"]
    providers.respond_as("crun", trouble)
    providers.simulator.top_up("crun", key, 920)
    await clock.next_poll()
    assert happened == ["became_low"]
    providers.respond_as("crun", None)
    await clock.next_poll()
    await clock.next_poll()
    assert happened == ["became_low", "topped_up", "recovered"]


async def test_an_unknown_balance_neither_alarms_nor_clears(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str]
) -> None:
    """A provider that says null says nothing."""
    options = {"low_balance_threshold": {"USD": "5"}}
    await set_up(hass, providers.entry("lumenfall", options=options))
    key = providers.key("lumenfall")
    providers.simulator.spend("lumenfall", key, 10)
    await clock.next_poll()
    assert happened == ["became_low"]
    providers.respond_as("lumenfall", "postpaid")
    await clock.next_poll()
    assert get_state(hass, "binary_sensor.lumenfall_low_balance") == "unknown"
    assert get_state(hass, "sensor.lumenfall_spent_today") == "10.00"
    providers.respond_as("lumenfall", None)
    await clock.next_poll()
    assert happened == ["became_low"]


async def test_a_reload_tells_nothing_again(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str]
) -> None:
    """And what happened while nobody polled is told after it."""
    entry = await set_up(hass, crun(providers))
    key = providers.key("crun")
    providers.simulator.spend("crun", key, 920)
    await clock.next_poll()
    for _ in range(2):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    assert happened == ["became_low"]
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    providers.simulator.top_up("crun", key, 920)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done()
    assert happened == ["became_low", "topped_up", "recovered"]


async def test_a_restart_waits_for_the_automations(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str]
) -> None:
    """What is found at the start is told when everything listens."""
    entry = await set_up(hass, crun(providers))
    await hass.config_entries.async_unload(entry.entry_id)
    providers.simulator.spend("crun", providers.key("crun"), 920)
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert get_state(hass, LOW) == "on"
    assert happened == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert happened == ["became_low"]
    await clock.next_poll()
    assert happened == ["became_low"]


async def test_a_start_that_is_cut_short_tells_at_the_next(
    hass: HomeAssistant, providers: Providers, happened: list[str]
) -> None:
    """What was found and not told is not forgotten."""
    entry = await set_up(hass, crun(providers))
    await hass.config_entries.async_unload(entry.entry_id)
    providers.simulator.spend("crun", providers.key("crun"), 920)
    hass.set_state(CoreState.starting)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(entry.entry_id)
    hass.set_state(CoreState.running)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert happened == ["became_low"]


async def test_a_threshold_takes_effect_at_once(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str]
) -> None:
    """A threshold that is changed can be crossed as well: the alarm is told as it is shown."""
    entry = await set_up(hass, crun(providers))
    coordinator = entry.runtime_data
    coordinator.async_set_threshold("credits", Decimal(2000))
    assert get_state(hass, LOW) == "on"
    coordinator.async_set_threshold("credits", Decimal(3000))
    await clock.next_poll()
    assert happened == ["became_low"]
    assert attributes(hass)["threshold"] == 2000
    coordinator.async_set_threshold("credits", Decimal(5))
    await hass.async_block_till_done()
    assert happened == ["became_low", "recovered"]


async def test_a_threshold_that_is_changed_in_an_outage_waits_for_a_reading(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str]
) -> None:
    """Nobody knows what the balance is just now."""
    entry = await set_up(hass, crun(providers))
    coordinator = entry.runtime_data
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    coordinator.async_set_threshold("credits", Decimal(2000))
    await hass.async_block_till_done()
    assert happened == []
    providers.respond_as("crun", None)
    await clock.next_poll()
    assert happened == ["became_low"]


async def test_the_providers_own_alarm_counts(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str]
) -> None:
    """Also without a threshold of the user's."""
    await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "low")
    await clock.next_poll()
    assert happened == ["became_low"]
    providers.respond_as("lunos", "alert_disabled")
    await clock.next_poll()
    assert happened == ["became_low", "recovered"]


async def test_other_accounts_hear_nothing(
    hass: HomeAssistant, providers: Providers, clock: Clock, happened: list[str]
) -> None:
    """Two accounts of one provider have events of their own."""
    await set_up(hass, crun(providers))
    await set_up(hass, providers.entry("crun", "active.second", options=THRESHOLD))
    providers.simulator.spend("crun", providers.key("crun", "active.second"), 950)
    await clock.next_poll()
    assert happened == ["became_low"]
    assert get_state(hass, EVENT) == "unknown"
    assert get_state(hass, f"{EVENT}_2") != "unknown"


async def test_the_day_begins_at_midnight_without_a_poll(
    hass: HomeAssistant, providers: Providers, freezer: FrozenDateTimeFactory, clock: Clock
) -> None:
    """What was spent today begins anew at the user's midnight."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to("2026-11-30T22:40:00+00:00")
    await set_up(hass, crun(providers))
    providers.simulator.spend("crun", providers.key("crun"), 10)
    await clock.move_to("2026-11-30T22:56:00+00:00")
    assert get_state(hass, "sensor.crun_ai_spent_today") == "10"
    before = providers.calls
    await clock.move_to("2026-11-30T23:00:00.500+00:00")
    assert providers.calls == before
    for name in ("today", "this_month"):
        found = hass.states.get(f"sensor.crun_ai_spent_{name}")
        assert found is not None
        assert found.state == "0"
        assert datetime.fromisoformat(found.attributes["last_reset"]) == datetime.fromisoformat(
            "2026-12-01T00:00:00+01:00"
        )
    # A day without spending is over too.
    await clock.move_to("2026-12-01T23:00:00.500+00:00")
    found = hass.states.get("sensor.crun_ai_spent_today")
    assert found is not None
    assert datetime.fromisoformat(found.attributes["last_reset"]) == datetime.fromisoformat(
        "2026-12-02T00:00:00+01:00"
    )


async def test_figures(
    hass: HomeAssistant, providers: Providers, freezer: FrozenDateTimeFactory, clock: Clock
) -> None:
    """How fast it goes, when it is empty, and what came in."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to("2026-11-10T11:00:00+00:00")
    await set_up(hass, crun(providers))
    providers.simulator.spend("crun", providers.key("crun"), 200)
    await clock.move_to("2026-11-12T11:00:00+00:00")
    assert get_state(hass, "sensor.crun_ai_spent_today") == "50"
    assert get_state(hass, "sensor.crun_ai_spent_this_month") == "200"
    since = {"today": "2026-11-12T00:00:00+01:00", "this_month": "2026-11-10T12:00:00+01:00"}
    for name, text in since.items():
        found = hass.states.get(f"sensor.crun_ai_spent_{name}")
        assert found is not None
        assert datetime.fromisoformat(found.attributes["last_reset"]) == datetime.fromisoformat(
            text
        )
    assert get_state(hass, "sensor.crun_ai_spending_rate") == "100"
    assert get_state(hass, "sensor.crun_ai_runs_out") == "2026-11-19T23:00:00+00:00"
    assert get_state(hass, "sensor.crun_ai_last_top_up") == "unknown"
    providers.simulator.top_up("crun", providers.key("crun"), "12.5")
    await clock.next_poll()
    assert get_state(hass, "sensor.crun_ai_last_top_up") == "2026-11-12T11:15:01+00:00"
    assert get_state(hass, "sensor.crun_ai_last_top_up_amount") == "12.5"


# Repair issues.


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the issues that are shown, by what they are about."""
    return {
        str(each.translation_key): each
        for (domain, _), each in ir.async_get(hass).issues.items()
        if domain == DOMAIN and each.active
    }


async def test_issues_follow_the_alarm(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """A warning while low, an error while empty, nothing otherwise; with the top-up page."""
    await set_up(hass, crun(providers))
    key = providers.key("crun")
    assert issues(hass) == {}
    providers.simulator.spend("crun", key, "919.5")
    await clock.next_poll()
    assert list(issues(hass)) == ["balance_low"]
    issue = issues(hass)["balance_low"]
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.learn_more_url == "https://crun.ai/billing"
    assert issue.translation_placeholders == {
        "account": "Crun.ai",
        "provider": "Crun.ai",
        "balance": "80.5 credits",
    }
    providers.simulator.spend("crun", key, "80.5")
    await clock.next_poll()
    assert list(issues(hass)) == ["balance_empty"]
    assert issues(hass)["balance_empty"].severity is ir.IssueSeverity.ERROR
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    assert list(issues(hass)) == ["balance_empty"]
    providers.respond_as("crun", None)
    providers.simulator.top_up("crun", key, 20)
    await clock.next_poll()
    assert list(issues(hass)) == ["balance_low"]
    providers.simulator.top_up("crun", key, 200)
    await clock.next_poll()
    assert issues(hass) == {}


async def test_an_account_that_is_low_from_the_first_has_its_issue(
    hass: HomeAssistant, providers: Providers
) -> None:
    """Though nothing happened."""
    await set_up(hass, providers.entry("crun", "empty"))
    assert list(issues(hass)) == ["balance_empty"]


async def test_a_threshold_raises_and_clears_the_issue_at_once(
    hass: HomeAssistant, providers: Providers
) -> None:
    """As it does the sensor."""
    entry = await set_up(hass, crun(providers))
    entry.runtime_data.async_set_threshold("credits", Decimal(2000))
    assert list(issues(hass)) == ["balance_low"]
    entry.runtime_data.async_set_threshold("credits", Decimal(1))
    assert issues(hass) == {}


async def test_an_ignored_issue_stays_ignored_for_its_episode(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """Through polls, reloads, and a time of being empty; not beyond the recovery."""
    entry = await set_up(hass, crun(providers))
    key = providers.key("crun")
    providers.simulator.spend("crun", key, 950)
    await clock.next_poll()
    registry = ir.async_get(hass)
    low_id = f"balance_low_{entry.entry_id}_credits"

    def is_ignored() -> bool:
        issue = registry.async_get_issue(DOMAIN, low_id)
        assert issue is not None
        return issue.dismissed_version is not None

    assert not is_ignored()
    ir.async_ignore_issue(hass, DOMAIN, low_id, ignore=True)
    providers.simulator.spend("crun", key, 10)
    await clock.next_poll()
    assert is_ignored()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert is_ignored()
    providers.simulator.spend("crun", key, 40)
    await clock.next_poll()
    assert list(issues(hass)) == ["balance_low", "balance_empty"]
    assert is_ignored()
    providers.simulator.top_up("crun", key, 40)
    await clock.next_poll()
    assert list(issues(hass)) == ["balance_low"]
    assert is_ignored()
    providers.simulator.top_up("crun", key, 400)
    await clock.next_poll()
    assert issues(hass) == {}
    providers.simulator.spend("crun", key, 400)
    await clock.next_poll()
    assert not is_ignored()


async def test_what_was_low_is_low_while_set_up_fails(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """A provider that does not answer after a restart clears nothing."""
    entry = await set_up(hass, crun(providers))
    providers.simulator.spend("crun", providers.key("crun"), 950)
    await clock.next_poll()
    await hass.config_entries.async_unload(entry.entry_id)
    ir.async_delete_issue(hass, DOMAIN, f"balance_low_{entry.entry_id}_credits")
    providers.respond_as("crun", "html_502")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert list(issues(hass)) == ["balance_low"]


@pytest.mark.parametrize("end", ["disable", "remove"])
async def test_issues_go_with_the_entry(
    hass: HomeAssistant, providers: Providers, end: str
) -> None:
    """Of this account only."""
    await set_up(hass, providers.entry("crun", "empty.other"))
    entry = await set_up(hass, providers.entry("crun", "empty"))
    assert len([each for each in ir.async_get(hass).issues if each[0] == DOMAIN]) == 2
    if end == "disable":
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    else:
        await hass.config_entries.async_remove(entry.entry_id)
    (left,) = [each for each in ir.async_get(hass).issues if each[0] == DOMAIN]
    assert entry.entry_id not in left[1]


async def test_a_unit_that_is_let_go(hass: HomeAssistant, providers: Providers) -> None:
    """A threshold for a unit without a ledger is kept, and decides nothing."""
    entry = await set_up(hass, providers.entry("lumenfall", "postpaid"))
    entry.runtime_data.async_set_threshold("USD", Decimal(5))
    assert issues(hass) == {}
    details = {Field.BILLING_TYPE: "prepaid"}
    await refresh_with(
        hass, entry, AccountSnapshot.of("USD", {Field.BALANCE: Decimal(3)}, details=details)
    )
    assert list(issues(hass)) == ["balance_low"]
