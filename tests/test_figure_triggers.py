"""Triggers about figures of the ledger: spending, and the estimated run-out."""

from typing import Any, Final

import pytest

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, set_up

EVENT: Final = "event.crun_ai_balance_event"


@pytest.fixture(autouse=True)
async def _time(hass: HomeAssistant, clock: Clock) -> None:
    """Start at noon in UTC, in the middle of a month."""
    await hass.config.async_set_time_zone("UTC")
    await clock.move_to("2026-11-10T12:00:00+00:00")


async def automate(
    hass: HomeAssistant, name: str, target: dict[str, Any] | None = None, **options: Any
) -> None:
    """Add an automation that runs with everything that the trigger says."""
    fields = ("entity_id", "balance", "unit", "message", "spent", "limit", "period", "run_out")
    config = {
        "alias": name,
        "triggers": {
            "trigger": f"api_balance.{name}",
            "options": options,
            **({} if target is None else {"target": target}),
        },
        "actions": {
            "action": "test.run",
            "data": {each: f"{{{{ trigger.{each} | default('') }}}}" for each in fields},
        },
    }
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()


async def spend(providers: Providers, clock: Clock, *amounts: float) -> None:
    """Spend amounts, one in each poll."""
    for amount in amounts:
        providers.spend("crun", amount)
        await clock.next_poll()


async def test_spending_of_a_day(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """It runs once a day, with everything that a notification needs."""
    await set_up(hass, providers.entry("crun"))
    await automate(hass, "spending_exceeded", period="day", amount=100)
    await spend(providers, clock, 60, 40)
    # 100 is not more than 100.
    assert runs == []
    await spend(providers, clock, 10, 200)
    assert [dict(call.data) for call in runs] == [
        {
            "entity_id": EVENT,
            "balance": 890,
            "unit": "credits",
            "spent": 110,
            "limit": 100,
            "period": "day",
            "run_out": "",
            "message": "Crun.ai has spent 110 credits today, which is more than 100 credits.",
        }
    ]
    await clock.move_to("2026-11-11T00:10:00+00:00")
    await spend(providers, clock, 50)
    assert len(runs) == 1
    await spend(providers, clock, 60)
    assert len(runs) == 2


async def test_spending_of_a_month(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """It runs once a month, over all of its days."""
    await set_up(hass, providers.entry("crun"))
    await automate(hass, "spending_exceeded", period="month", amount=100)
    await spend(providers, clock, 60)
    await clock.move_to("2026-11-12T12:00:00+00:00")
    await spend(providers, clock, 60)
    assert [call.data["message"] for call in runs] == [
        "Crun.ai has spent 120 credits this month, which is more than 100 credits."
    ]
    await clock.move_to("2026-11-20T12:00:00+00:00")
    await spend(providers, clock, 300)
    assert len(runs) == 1
    await clock.move_to("2026-12-01T00:10:00+00:00")
    await spend(providers, clock, 90)
    assert len(runs) == 1
    await spend(providers, clock, 30)
    assert len(runs) == 2


async def test_a_refund_does_not_repeat_it(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """Spending that is refunded and exceeded again is the same excess, also after a restart."""
    entry = await set_up(hass, providers.entry("crun"))
    await automate(hass, "spending_exceeded", period="day", amount=100)
    await spend(providers, clock, 110, -20, 30)
    assert len(runs) == 1
    await spend(providers, clock, -50)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await spend(providers, clock, 60)
    assert len(runs) == 1


@pytest.mark.parametrize("kind", ["account", "other"])
async def test_target(
    hass: HomeAssistant,
    providers: Providers,
    clock: Clock,
    runs: list[ServiceCall],
    kind: str,
) -> None:
    """Only the balances in the target run the automation."""
    await set_up(hass, providers.entry("crun"))
    await set_up(hass, providers.entry("crun", "active.second"))
    entity_id = "button.crun_ai_refresh" if kind == "account" else "button.crun_ai_refresh_2"
    target = {"entity_id": entity_id}
    await automate(hass, "spending_exceeded", target, period="day", amount=10)
    await spend(providers, clock, 20)
    assert len(runs) == (1 if kind == "account" else 0)


async def test_what_was_spent_during_an_outage(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """The first reading after an outage or a restart runs the automation."""
    entry = await set_up(hass, providers.entry("crun"))
    await automate(hass, "spending_exceeded", period="day", amount=100)
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    await clock.three_retries()
    providers.spend("crun", 50)
    providers.respond_as("crun", None)
    await clock.next_poll()
    assert runs == []
    assert await hass.config_entries.async_unload(entry.entry_id)
    providers.spend("crun", 60)
    await clock.advance(minutes=5)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert [call.data["spent"] for call in runs] == [110]


async def test_runs_out_soon(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """It runs once when the estimate falls below the days, and again after a top-up."""
    entry = await set_up(hass, providers.entry("crun"))
    await automate(hass, "runs_out_soon", days=3)
    # A day of spending is needed for an estimate: 100 a day, so nine days are left.
    await clock.move_to("2026-11-11T12:00:00+00:00")
    providers.spend("crun", 100)
    await clock.next_poll()
    assert runs == []
    await clock.move_to("2026-11-12T12:00:00+00:00")
    providers.spend("crun", 500)
    await clock.next_poll()
    # The spending rate follows with the next hour.
    await clock.advance(hours=1)
    assert len(runs) == 1
    assert (
        runs[0].data["message"].startswith("Crun.ai has 400 credits left and will run out on 11/1")
    )
    assert runs[0].data["message"].endswith(" at the current rate.")
    assert str(runs[0].data["run_out"]).startswith("2026-11-1")
    await spend(providers, clock, 10, 10)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await spend(providers, clock, 10)
    assert len(runs) == 1
    # A top-up ends it; spending half of that in a day is fast enough to run out again.
    providers.top_up("crun", 2000)
    await clock.next_poll()
    assert len(runs) == 1
    await clock.move_to("2026-11-13T12:00:00+00:00")
    providers.spend("crun", 1200)
    await clock.next_poll()
    await clock.move_to("2026-11-13T18:00:00+00:00")
    providers.spend("crun", 800)
    await clock.next_poll()
    await clock.advance(hours=1)
    assert len(runs) == 2
