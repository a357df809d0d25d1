"""Conditions: automations that check a balance."""

from typing import Any, Final

import pytest

from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, config_validation as cv, device_registry as dr
from homeassistant.helpers.automation import get_absolute_description_key
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, get_state, set_threshold, set_up, threshold

BALANCE: Final = "sensor.crun_ai_balance"
LOW: Final = "binary_sensor.crun_ai_low_balance"
THRESHOLD: Final = "number.crun_ai_alert_below"
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
    # A short outage is invisible.
    assert await check(hass, "is_balance_low", target)
    await clock.three_retries()
    assert get_state(hass, LOW) == "on"
    assert not await check(hass, "is_balance_low", target)


async def test_is_balance_low_for_other_entities(hass: HomeAssistant, providers: Providers) -> None:
    """Every entity stands for its account: the provider's own alert does not decide."""
    await set_up(hass, providers.entry("lunos", "alert_disabled"))
    alert = "binary_sensor.lunos_low_balance_reported_by_provider"
    assert get_state(hass, alert) == "on"
    assert not await check(hass, "is_balance_low", {"entity_id": alert})
    await set_threshold(hass, "number.lunos_alert_below", 100)
    assert await check(hass, "is_balance_low", {"entity_id": alert})
    hass.states.async_set("binary_sensor.other", "on")
    assert not await check(hass, "is_balance_low", {"entity_id": "binary_sensor.other"})


async def test_is_balance_not_low(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """The guard for paid actions is true only for a balance that is known not to be low."""
    entry = await set_up(hass, providers.entry("crun", options=OPTIONS))
    target = {"entity_id": BALANCE}
    assert await check(hass, "is_balance_not_low", target)
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    await clock.three_retries()
    assert get_state(hass, LOW) == "off"
    assert not await check(hass, "is_balance_not_low", target)
    providers.respond_as("crun", None)
    await clock.next_poll()
    assert await check(hass, "is_balance_not_low", target)
    await set_threshold(hass, THRESHOLD, 2000)
    assert not await check(hass, "is_balance_not_low", target)
    await hass.config_entries.async_unload(entry.entry_id)
    assert not await check(hass, "is_balance_not_low", target)


async def test_postpaid(hass: HomeAssistant, providers: Providers) -> None:
    """Without a balance to watch, it is neither low nor not low."""
    await set_up(hass, providers.entry("lumenfall", "postpaid"))
    target = {"entity_id": "sensor.lumenfall_balance"}
    for name in ("is_balance_low", "is_balance_not_low"):
        assert not await check(hass, name, target)


CHECKS: Final[dict[str, dict[str, Any]]] = {
    "is_balance_not_low": {},
    "is_balance": {"threshold": {"type": "above", "value": {"number": 1}}},
    "runs_out_within": {"days": 3000},
}


async def spend_for_a_day(
    hass: HomeAssistant, providers: Providers, clock: Clock, *scenarios: str
) -> None:
    """Spend 100 credits in a day: at this rate the others last for nine days."""
    await clock.advance(days=1)
    for scenario in scenarios:
        providers.spend("crun", 100, scenario)
    await clock.next_poll()
    await clock.advance(hours=1)


@pytest.mark.parametrize("name", CHECKS)
async def test_any_and_all(
    hass: HomeAssistant, providers: Providers, clock: Clock, name: str
) -> None:
    """An account that cannot be read satisfies neither; the others satisfy "any" alone."""
    await set_up(hass, providers.entry("crun"))
    await set_up(hass, providers.entry("crun", "active.second"))
    await spend_for_a_day(hass, providers, clock, "active", "active.second")
    target = {"entity_id": [BALANCE, f"{BALANCE}_2"]}

    async def results() -> tuple[bool, bool]:
        any_, all_ = [
            await check(hass, name, target, behavior=behavior, **CHECKS[name])
            for behavior in ("any", "all")
        ]
        return any_, all_

    assert await results() == (True, True)
    providers.respond_as("crun", "html_502")
    await clock.next_poll()
    await clock.three_retries()
    assert await results() == (True, False)
    assert not await check(hass, name, {"entity_id": BALANCE}, **CHECKS[name])


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("behavior", ["any", "all"])
async def test_nothing_to_check(
    hass: HomeAssistant, providers: Providers, name: str, behavior: str
) -> None:
    """A target without any balance satisfies no condition."""
    await set_up(hass, providers.entry("crun"))
    for target in ({"label_id": "nothing"}, {"entity_id": "sensor.not_there"}):
        assert not await check(hass, name, target, behavior=behavior, **CHECKS[name])


@pytest.mark.parametrize(("days", "expected"), [(8, False), (10, True)])
async def test_runs_out_within(
    hass: HomeAssistant, providers: Providers, clock: Clock, days: float, *, expected: bool
) -> None:
    """The estimate is compared with the days; without one, the condition is false."""
    entry = await set_up(hass, providers.entry("crun"))
    targets = ({"entity_id": BALANCE}, {"entity_id": "button.crun_ai_refresh"})
    for target in targets:
        assert not await check(hass, "runs_out_within", target, days=3650)
    await spend_for_a_day(hass, providers, clock, "active")
    for target in targets:
        assert await check(hass, "runs_out_within", target, days=days) is expected
    await hass.config_entries.async_unload(entry.entry_id)
    for target in targets:
        assert not await check(hass, "runs_out_within", target, days=days)


async def test_an_automation_polls_the_estimate(hass: HomeAssistant, providers: Providers) -> None:
    """Home Assistant checks the condition again with time, since the estimate changes."""
    await set_up(hass, providers.entry("crun"))
    config = {
        "condition": "api_balance.runs_out_within",
        "target": {"entity_id": BALANCE},
        "options": {"days": 3},
    }
    validated = await condition.async_validate_condition_config(hass, cv.CONDITION_SCHEMA(config))
    checker = await condition.async_from_config(hass, validated)
    assert checker.needs_polling
    checker.async_unload()


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
        "api_balance.is_balance_not_low",
        "api_balance.runs_out_within",
    ]
