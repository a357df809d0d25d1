"""Polls that somebody waits for: shared, and confirmed within the same call."""

import asyncio

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from homeassistant.core import HomeAssistant

from .common import Providers, get_state, hold_requests, press, set_up, threshold
from .test_services import get_balance


async def test_concurrent_calls(hass: HomeAssistant, providers: Providers) -> None:
    """Concurrent calls share one request, even if one of the callers is cancelled."""
    entry = await set_up(hass, providers.entry("crun"))
    with hold_requests() as held:
        calls = [asyncio.create_task(get_balance(hass, entry.entry_id)) for _ in range(4)]
        pressed = asyncio.create_task(press(hass, "button.crun_ai_refresh"))
        await held.started.wait()
        calls.pop(0).cancel()
        held.released.set()
        first, second, third, _ = await asyncio.gather(*calls, pressed)
    assert first == second == third
    assert providers.calls == 2
    await get_balance(hass, entry.entry_id)
    assert providers.calls == 3


async def test_confirmation_within_the_call(hass: HomeAssistant, providers: Providers) -> None:
    """A suspicious reading is requested again within the same call."""
    entry = await set_up(hass, providers.entry("crun", options=threshold("100")))
    providers.spend("crun", 950)
    response = await get_balance(hass, entry.entry_id)
    assert (response["balance"], response["low_balance"]) == (50, True)
    assert providers.calls == 3
    assert get_state(hass, "sensor.crun_ai_balance") == "50"


async def test_a_scheduled_poll_in_flight(
    hass: HomeAssistant, providers: Providers, freezer: FrozenDateTimeFactory
) -> None:
    """A call shares a scheduled poll, and confirms its reading if that has to wait."""
    entry = await set_up(hass, providers.entry("crun", options=threshold("100")))
    for spent, requests in ((10, 1), (950, 2)):
        providers.spend("crun", spent)
        calls = providers.calls
        with hold_requests() as held:
            freezer.tick(901)
            async_fire_time_changed(hass)
            await held.started.wait()
            call = hass.async_create_task(get_balance(hass, entry.entry_id))
            await asyncio.sleep(0)
            held.released.set()
            response = await call
        assert response["balance"] == {10: 990, 950: 40}[spent]
        assert providers.calls - calls == requests
        assert response["low_balance"] is (spent == 950)


async def test_no_credits(hass: HomeAssistant, providers: Providers) -> None:
    """After 402 nothing is left: the account is low, and its amounts are unknown."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.respond_as("crun", "insufficient")
    response = await get_balance(hass, entry.entry_id)
    assert response["low_balance"] is True
    assert "balance" not in response
