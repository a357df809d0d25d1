"""The action that removes what was counted as spent."""

from typing import Any

import pytest
import voluptuous as vol

from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .common import Clock, Providers, get_state, set_up


async def test_reset_spending(
    hass: HomeAssistant, providers: Providers, clock: Clock, device_registry: dr.DeviceRegistry
) -> None:
    """The spending since a moment is removed, or all of it; the balance stays."""
    await clock.move_to("2026-11-10T11:00:00+00:00")
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    entry = await set_up(hass, providers.entry("crun"))
    await set_up(hass, providers.entry("lunos"))
    for spent in (10, 20):
        providers.spend("crun", spent)
        providers.spend("lunos", 1)
        await clock.advance(hours=2)
    names = ("spent_today", "spent_this_month")
    assert [get_state(hass, f"sensor.crun_ai_{name}") for name in names] == ["30", "30"]

    async def reset(**data: Any) -> list[str]:
        await hass.services.async_call(DOMAIN, "reset_spending", data, blocking=True)
        return [get_state(hass, f"sensor.crun_ai_{name}") for name in names]

    # In the user's time zone.
    since = {"since": "2026-11-10T14:00:00"}
    assert await reset(config_entry_id=entry.entry_id, **since) == ["10", "10"]
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert await reset(device_id=device.id) == ["0", "0"]
    assert get_state(hass, "sensor.crun_ai_balance") == "970"
    assert get_state(hass, "sensor.lunos_spent_today") == "2.0"
    with pytest.raises(vol.Invalid):
        await reset(config_entry_id=entry.entry_id, since="yesterday")
    with pytest.raises(vol.Invalid):
        await reset()
