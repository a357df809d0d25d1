"""Conditions: automations that check a balance."""

from typing import Any, Final

import pytest

from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    condition,
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.automation import get_absolute_description_key
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, get_state, set_up, threshold

BALANCE: Final = "sensor.crun_ai_balance"
LOW: Final = "binary_sensor.crun_ai_low_balance"
THRESHOLD: Final = "number.crun_ai_low_balance_threshold"
# The account has 1000 credits.
OPTIONS: Final = threshold("100")


@pytest.fixture(autouse=True)
async def _automation(hass: HomeAssistant) -> None:
    """Set up what loads the conditions."""
    assert await async_setup_component(hass, "automation", {})


async def check(hass: HomeAssistant, name: str, target: dict[str, Any], **options: Any) -> bool:
    """Return whether a condition is true."""
    config = {"condition": f"api_balance.{name}", "target": target, "options": options}
    validated = await condition.async_validate_condition_config(hass, cv.CONDITION_SCHEMA(config))
    checker = await condition.async_from_config(hass, validated)
    result = checker.async_check()
    checker.async_unload()
    return bool(result)


@pytest.mark.parametrize("kind", ["entity", "device"])
async def test_is_balance_low(
    hass: HomeAssistant,
    providers: Providers,
    clock: Clock,
    device_registry: dr.DeviceRegistry,
    kind: str,
) -> None:
    """A balance that cannot be read is not low."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    target = {"entity_id": LOW} if kind == "entity" else {"device_id": device.id}
    assert not await check(hass, "is_balance_low", target)
    providers.spend("crun", 950)
    await clock.next_poll()
    assert await check(hass, "is_balance_low", target)
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    assert not await check(hass, "is_balance_low", target)


async def test_is_balance_low_for_other_entities(
    hass: HomeAssistant, providers: Providers, entity_registry: er.EntityRegistry
) -> None:
    """Neither the provider's own alert nor an entity of another integration is meant."""
    await set_up(hass, providers.entry("lunos", "alert_disabled"))
    alert = "binary_sensor.lunos_low_balance_reported_by_provider"
    assert get_state(hass, alert) == "on"
    assert not await check(hass, "is_balance_low", {"entity_id": alert})
    entity_registry.async_get_or_create(
        "binary_sensor", "bank", "1", suggested_object_id="bank", translation_key="low_balance"
    )
    for other in ("binary_sensor.bank", "binary_sensor.other"):
        hass.states.async_set(other, "on")
        assert not await check(hass, "is_balance_low", {"entity_id": other})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"type": "above", "value": {"number": 999}}, True),
        ({"type": "above", "value": {"number": 1000}}, False),
        ({"type": "below", "value": {"number": 1000}}, False),
        ({"type": "below", "value": {"number": 1000.5}}, True),
        ({"type": "between", "value_min": {"number": 1000}, "value_max": {"number": 1001}}, True),
        ({"type": "below", "value": {"entity": THRESHOLD}}, False),
        ({"type": "above", "value": {"entity": THRESHOLD}}, True),
    ],
)
async def test_is_balance(
    hass: HomeAssistant, providers: Providers, value: dict[str, Any], *, expected: bool
) -> None:
    """A balance is compared with a number or with an entity, such as its own threshold."""
    await set_up(hass, providers.entry("crun", options=OPTIONS))
    target = {"entity_id": BALANCE}
    assert await check(hass, "is_balance", target, threshold=value) is expected


async def test_descriptions(hass: HomeAssistant, providers: Providers) -> None:
    """The editor offers all conditions."""
    await set_up(hass, providers.entry("crun"))
    keys = await condition.async_get_all_descriptions(hass)
    names = [get_absolute_description_key(DOMAIN, key) if "." not in key else key for key in keys]
    assert sorted(name for name in names if name.startswith(DOMAIN)) == [
        "api_balance.is_balance",
        "api_balance.is_balance_low",
    ]
