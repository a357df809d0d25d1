"""Field cases 4, 5, 6, 7, 13, 15: failures that must not show, and failures that must."""

from collections.abc import Callable
from copy import replace
from datetime import timedelta
from decimal import Decimal
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.api_balance.api import Field
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component

from ..common import Clock, Providers, refresh_with
from .conftest import Account


async def automate(hass: HomeAssistant, event: str, trigger: dict[str, Any]) -> None:
    """Add an automation that fires an event with the message of its trigger."""
    config = {
        "alias": event,
        "triggers": trigger,
        "actions": {"event": event, "event_data": {"message": "{{ trigger.message }}"}},
    }
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()


async def test_case_4_spending_is_reported_once_a_day(
    hass: HomeAssistant,
    account: Account,
    clock: Clock,
    runs: Callable[[str], list[dict[str, Any]]],
) -> None:
    """A failure in between does not trigger again; the next day does."""
    found = runs("spent")
    await account.add(balance=1000)
    options = {"period": "day", "amount": 200}
    await automate(hass, "spent", {"trigger": "api_balance.spending_exceeded", "options": options})
    await account.poll(790)
    assert [each["message"] for each in found] == [
        "Crun.ai has spent 210 credits today, which is more than 200 credits."
    ]
    await account.responds("html_502")
    await account.responds(None)
    await account.poll(780)
    assert len(found) == 1
    # A refund below the limit and spending above it again: still the same day.
    await account.poll(830)
    await account.poll(700)
    await account.confirm()
    assert len(found) == 1
    await clock.advance(days=1)
    await account.poll(450)
    assert len(found) == 2


async def test_case_5_a_short_outage_is_invisible(
    hass: HomeAssistant, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    """One failed request changes no state, and nothing above debug is logged."""
    await account.add(balance=100)
    changes: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        changes.append(event.data["entity_id"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    caplog.clear()
    with caplog.at_level(logging.INFO, "custom_components.api_balance"):
        await account.responds("html_502")
        await account.responds(None)
        await account.poll()
    assert changes == []
    assert [each for each in caplog.records if "api_balance" in each.name] == []


async def test_case_5_a_long_outage(
    hass: HomeAssistant, account: Account, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The fourth failure shows, is logged once, and so is its end; our own figures stay."""
    await account.add(balance=100, threshold="200")
    await account.responds("html_502")
    for seconds in (31, 61):
        await clock.advance(seconds=seconds)
        assert account.shows("balance") == "100"
    caplog.clear()
    await clock.advance(seconds=121)
    assert account.shows("balance") == "unavailable"
    assert account.shows("status") == "cannot_connect"
    assert account.shows("spent_today") == "0"
    assert account.low == "on"
    assert account.shows("alert_below", "number") == "200"
    for _ in range(5):
        await account.poll()
    errors = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert errors == ["Error fetching Crun.ai data: Crun.ai cannot be reached"]
    await account.responds(None)
    await account.poll()
    assert account.shows("balance") == "100"
    assert account.shows("status") == "ok"
    assert "Fetching Crun.ai data recovered" in caplog.text


async def test_case_5_fifteen_minutes_make_it_visible(account: Account, clock: Clock) -> None:
    """A pause requested by the provider hides a failure for a quarter of an hour at most."""
    await account.add(balance=100)
    await account.responds("rate_limited")
    assert account.shows("balance") == "100"
    await clock.advance(minutes=14)
    assert account.shows("balance") == "100"
    await clock.advance(minutes=1, seconds=1)
    assert account.shows("balance") == "unavailable"
    assert account.shows("status") == "rate_limited"


async def test_case_6_a_refusal_that_heals(
    hass: HomeAssistant, account: Account, clock: Clock
) -> None:
    """One 401 during a deployment: the next attempt a minute later works."""
    await account.add(balance=100)
    await account.responds("invalid_key")
    assert account.shows("balance") == "100"
    assert not hass.config_entries.flow.async_progress()
    await account.responds(None)
    await clock.advance(seconds=61)
    await account.poll(90)
    assert account.shows("balance") == "90"
    assert not hass.config_entries.flow.async_progress()


async def test_case_6_reauthentication_ends_by_itself(
    hass: HomeAssistant, account: Account, clock: Clock
) -> None:
    """After the second refusal Home Assistant asks, but the stored key is tried every hour."""
    await account.add(balance=100)
    await account.responds("invalid_key")
    await clock.advance(seconds=61)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"
    assert account.shows("balance") == "unavailable"
    assert account.shows("status") == "invalid_auth"
    await account.responds(None)
    await clock.advance(minutes=30)
    assert account.shows("balance") == "unavailable"
    await clock.advance(minutes=31)
    assert account.shows("balance") == "100"
    assert not hass.config_entries.flow.async_progress()


@pytest.mark.parametrize("change", ["disabled", "hidden"])
async def test_case_7_the_event_entity_is_disabled_or_hidden(
    hass: HomeAssistant,
    account: Account,
    clock: Clock,
    runs: Callable[[str], list[dict[str, Any]]],
    entity_registry: er.EntityRegistry,
    change: str,
) -> None:
    """An automation by device runs all the same."""
    found = runs("low")
    await account.add(balance=100, threshold="50")
    entity = entity_registry.async_get("event.crun_ai_balance_event")
    assert entity is not None
    if change == "disabled":
        user = er.RegistryEntryDisabler.USER
        entity_registry.async_update_entity(entity.entity_id, disabled_by=user)
    else:
        entity_registry.async_update_entity(entity.entity_id, hidden_by=er.RegistryEntryHider.USER)
    # Home Assistant reloads the account half a minute after an entity was disabled.
    await clock.advance(seconds=31)
    trigger = {
        "trigger": "api_balance.balance_became_low",
        "target": {"device_id": entity.device_id},
    }
    await automate(hass, "low", trigger)
    await account.poll(40)
    await account.confirm()
    assert [each["message"] for each in found] == [
        "Crun.ai has only 40 credits left, which is below the threshold of 50 credits."
    ]


async def test_an_account_that_cannot_be_read_for_a_day(
    hass: HomeAssistant, account: Account, clock: Clock
) -> None:
    """After 24 hours an issue says since when and why; it ends with the next good response."""
    await account.add(balance=100)
    await account.responds("html_502")
    for _ in range(95):
        await account.poll()
    assert account.issues == set()
    await account.poll()
    await account.poll()
    assert account.issues == {"account_unreadable"}
    await account.responds(None)
    await account.poll()
    assert account.issues == set()


async def test_case_15_a_wrong_clock(account: Account, freezer: FrozenDateTimeFactory) -> None:
    """A clock that is days ahead records nothing; see tests/api for the provider's clock."""
    await account.add(balance=100)
    entry = account.entry
    read = entry.runtime_data._client.read

    async def read_with_other_clock() -> Any:
        snapshot = await read()
        return replace(snapshot, date=snapshot.date - timedelta(days=40))

    entry.runtime_data._client.read = read_with_other_clock
    await account.poll(10)
    assert account.issues == {"clock_wrong"}
    assert account.shows("balance") == "100"
    entry.runtime_data._client.read = read
    await account.poll()
    await account.confirm()
    assert account.issues == set()
    assert account.shows("balance") == "10"
    assert account.events == []


async def test_case_13_a_secondary_field(
    hass: HomeAssistant, providers: Providers, clock: Clock, hass_client: ClientSessionGenerator
) -> None:
    """A field that cannot be read is unknown and named in diagnostics; everything else works."""
    account = Account(hass, providers, clock, "lunos", Decimal("10.5"))
    await account.add(balance="10.5")
    snapshot = account.entry.runtime_data.data.snapshot
    balance = replace(
        snapshot.balances[0],
        amounts={Field.BALANCE: Decimal(9), Field.ALERT_THRESHOLD: None},
    )
    odd = replace(
        snapshot,
        balances=(balance,),
        flags={Field.ALERT_ENABLED: None, Field.PROVIDER_LOW_BALANCE: False},
        problems={
            Field.ALERT_THRESHOLD: "data.alertBalance is not an amount",
            Field.ALERT_ENABLED: "data.isAlertEnabled is not true or false",
        },
    )
    await refresh_with(hass, account.entry, odd)
    assert account.shows("balance") == "9"
    assert account.shows("provider_alert_threshold") == "unknown"
    assert account.shows("provider_alert", "binary_sensor") == "unknown"
    assert account.shows("low_balance_reported_by_provider", "binary_sensor") == "off"
    assert account.shows("status") == "ok"
    assert await async_setup_component(hass, "diagnostics", {})
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, account.entry)
    assert diagnostics["problems"] == {
        "alert_threshold": "data.alertBalance is not an amount",
        "alert_enabled": "data.isAlertEnabled is not true or false",
    }
