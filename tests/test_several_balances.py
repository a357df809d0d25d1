"""Accounts with several balances: their entities, thresholds, events, and what happens to them."""

from datetime import timedelta
from decimal import Decimal
import json
from pathlib import Path
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.api_balance.api import AccountSnapshot, Balance, Client, Field
from custom_components.api_balance.const import DOMAIN
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er

from .common import (
    Providers,
    get_issues,
    get_state,
    refresh,
    refresh_with,
    set_threshold,
    set_up,
    set_up_automation,
)


def snapshot(is_alarmed: bool = False, /, **amounts: str) -> AccountSnapshot:  # noqa: FBT001, FBT002 - the rest are units
    """Return a response with a balance in each unit."""
    return AccountSnapshot(
        balances=tuple(
            Balance(
                key=unit,
                unit=unit,
                amounts={
                    Field.BALANCE: Decimal(amount),
                    Field.PAID_BALANCE: Decimal(amount),
                    Field.GIFT_BALANCE: Decimal(0),
                },
            )
            for unit, amount in amounts.items()
        ),
        flags={Field.CAN_SPEND: True} | ({Field.PROVIDER_LOW_BALANCE: True} if is_alarmed else {}),
    )


@pytest.fixture
async def entry(hass: HomeAssistant, providers: Providers) -> MockConfigEntry:
    """Return an account with a balance in CNY, at a provider of accounts with several."""
    return await set_up(hass, providers.entry("deepseek"))


def balances(hass: HomeAssistant) -> dict[str, str]:
    """Return the states of the balance sensors by entity ID, without those that were removed."""
    return {
        state.entity_id: state.state
        for state in hass.states.async_all("sensor")
        if state.entity_id.startswith("sensor.deepseek_balance")
    }


async def test_entities(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Each further balance has its own entities, with the unit at the end of their names."""
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="3"))
    await hass.async_block_till_done()
    assert balances(hass) == {
        "sensor.deepseek_balance": "110.00",
        "sensor.deepseek_balance_usd": "3",
    }
    for entity_id, name in (
        ("sensor.deepseek_balance", "DeepSeek Balance"),
        ("sensor.deepseek_balance_usd", "DeepSeek Balance USD"),
        ("number.deepseek_alert_below_usd", "DeepSeek Alert below USD"),
        ("event.deepseek_balance_event_usd", "DeepSeek Balance event USD"),
    ):
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.name == name
    assert get_state(hass, "sensor.deepseek_spent_today_usd") == "0"


async def test_names_do_not_depend_on_the_order(
    hass: HomeAssistant, providers: Providers, entry: MockConfigEntry
) -> None:
    """The main balance stays the same when the provider lists another one first."""
    providers.respond_as("deepseek", "two_currencies")
    await refresh_with(hass, entry, snapshot(USD="3", CNY="110.00"))
    assert entry.data["main_balance"] == "CNY"
    await hass.config_entries.async_reload(entry.entry_id)
    assert balances(hass) == {
        "sensor.deepseek_balance": "81.69",
        "sensor.deepseek_balance_usd": "0.00",
    }


async def test_thresholds(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Each balance has its own threshold; the provider's own alert is about the main one."""
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="3"))
    await hass.async_block_till_done()
    low, low_usd = "binary_sensor.deepseek_low_balance", "binary_sensor.deepseek_low_balance_usd"
    assert list(get_issues(hass)) == ["choose_threshold"]
    await set_threshold(hass, "number.deepseek_alert_below_usd", 5)
    assert (get_state(hass, low), get_state(hass, low_usd)) == ("off", "on")
    # The question for a threshold has been answered.
    assert list(get_issues(hass)) == ["balance_low"]
    assert entry.options["low_balance_threshold"] == {"USD": "5.0"}


async def test_events_at_their_own_entity(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An event of one balance is shown by its own event entity only."""
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="3"))
    await hass.async_block_till_done()
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="13"))
    assert get_state(hass, "event.deepseek_balance_event") == "unknown"
    state = hass.states.get("event.deepseek_balance_event_usd")
    assert state is not None
    assert state.attributes["event_type"] == "topped_up"
    assert (state.attributes["amount"], state.attributes["unit"]) == (10, "USD")


async def test_order_of_an_event_of_a_later_balance(
    hass: HomeAssistant, entry: MockConfigEntry, runs: list[ServiceCall]
) -> None:
    """An automation sees the new states, also those of a balance that was added later."""
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="3"))
    await hass.async_block_till_done()
    await set_up_automation(hass, {"trigger": "api_balance.topped_up"})
    changes = async_capture_events(hass, EVENT_STATE_CHANGED)
    seen: list[list[str]] = []
    hass.bus.async_listen(
        "automation_triggered", lambda _: seen.append([each.data["entity_id"] for each in changes])
    )
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="13"))
    assert [call.data["entity_id"] for call in runs] == ["event.deepseek_balance_event_usd"]
    assert [call.data["balance"] for call in runs] == [13]
    assert {"sensor.deepseek_balance_usd", "event.deepseek_balance_event_usd"} <= set(seen[0])


async def test_a_missing_balance_is_confirmed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A single response that lacks a balance changes nothing; then it is unavailable."""
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="3"))
    await hass.async_block_till_done()
    await refresh_with(hass, entry, snapshot(USD="3"))
    assert balances(hass)["sensor.deepseek_balance"] == "110.00"
    await refresh_with(hass, entry, snapshot(USD="3"))
    assert balances(hass) == {
        "sensor.deepseek_balance": "unavailable",
        "sensor.deepseek_balance_usd": "3",
    }
    assert get_state(hass, "binary_sensor.deepseek_low_balance") == "off"


async def test_a_missing_balance_returns(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A provider may leave out a balance of zero for a while: it keeps its history."""
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="3"))
    await hass.async_block_till_done()
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="2"))
    for _ in range(2):
        await refresh_with(hass, entry, snapshot(CNY="110.00"))
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="2"))
    assert balances(hass)["sensor.deepseek_balance_usd"] == "2"
    assert get_state(hass, "sensor.deepseek_spent_today_usd") == "1"


@pytest.mark.parametrize(("missing", "remains"), [("USD", "CNY"), ("CNY", "USD")])
async def test_removed_after_a_week(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    missing: str,
    remains: str,
) -> None:
    """A balance that is missing for more than a week goes with its entities and its issues."""
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="-3"))
    await hass.async_block_till_done()
    response = snapshot(**{remains: "110.00" if remains == "CNY" else "-3"})
    with patch.object(Client, "read", return_value=response):
        for _ in range(2):
            await refresh(hass, entry)
        freezer.tick(timedelta(days=6, hours=23))
        await refresh(hass, entry)
        assert set(entry.runtime_data.data.balances) == {"CNY", "USD"}
        freezer.tick(timedelta(hours=2))
        await refresh(hass, entry)
    assert set(entry.runtime_data.data.balances) == {remains}
    assert entry.data["main_balance"] == remains
    keys = {
        each.unique_id.rpartition(":")[2]
        for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if ":" in each.unique_id
    }
    assert keys == {remains}
    expected = ["balance_empty", "choose_threshold"] if remains == "USD" else []
    assert sorted(get_issues(hass)) == expected


@pytest.mark.real_storage
async def test_many_units(
    hass: HomeAssistant, providers: Providers, entity_registry: er.EntityRegistry
) -> None:
    """Balances, issues and entities are limited if a provider invents units."""
    entry = await set_up(hass, providers.entry("deepseek"))
    units = {f"AA{letter}": "-5" for letter in "ABCDEF"}
    await refresh_with(hass, entry, snapshot(CNY="110.00", **units))
    await hass.async_block_till_done()
    assert set(entry.runtime_data.data.balances) == {"CNY", "AAA", "AAB", "AAC", "AAD"}
    assert len(balances(hass)) == 5
    await refresh_with(hass, entry, snapshot(CNY="110.00", ZZZ="1", **units))
    await hass.async_block_till_done()
    assert len(balances(hass)) == 5
    assert await hass.config_entries.async_unload(entry.entry_id)
    path = Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}"))
    content = await hass.async_add_executor_job(path.read_text)
    assert len(json.loads(content)["data"]["ledgers"]) == 5
    entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert len([each for each in entities if each.translation_key == "balance"]) == 5
