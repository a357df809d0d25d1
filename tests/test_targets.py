"""What the target of a trigger or condition means, and which entities are refused."""

from typing import Any, Final

import pytest
import voluptuous as vol

from custom_components.api_balance.targets import async_is_meant
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import condition, config_validation as cv, entity_registry as er
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, get_state, set_up, set_up_automation, threshold

EVENT: Final = "event.crun_ai_balance_event"
BALANCE: Final = "sensor.crun_ai_balance"
OTHER: Final = "sensor.bank_balance"
THRESHOLD: Final = {"threshold": {"type": "below", "value": {"number": 5}}}
HAS_EXCLUDE: Final = hasattr(TargetSelection({}), "exclude")

NOT_OURS: Final = (
    r"sensor\.bank_balance is not an entity of API Balance; choose an account or its balance"
)
NOT_AN_AMOUNT: Final = (
    r"button\.crun_ai_refresh is not an amount; choose a sensor such as Balance or Spent today"
)


@pytest.fixture(autouse=True)
async def _entities(
    hass: HomeAssistant, providers: Providers, entity_registry: er.EntityRegistry
) -> None:
    """Add an account, and an entity of another integration."""
    await set_up(hass, providers.entry("crun", options=threshold("100")))
    entity_registry.async_get_or_create("sensor", "bank", "balance", translation_key="balance")


TRIGGERS: Final[dict[str, dict[str, Any]]] = {
    "balance_became_low": {},
    "balance_crossed_threshold": THRESHOLD,
    "spending_exceeded": {"period": "day", "amount": 5},
    "runs_out_soon": {"days": 3},
}
CONDITIONS: Final[dict[str, dict[str, Any]]] = {
    "is_balance": THRESHOLD,
    "is_balance_low": {},
    "is_balance_not_low": {},
    "runs_out_within": {"days": 3},
}


async def validate(
    hass: HomeAssistant, kind: str, name: str, options: dict[str, Any], entity_id: str
) -> None:
    """Validate a trigger or condition, as the editor and a reload do."""
    assert await async_setup_component(hass, "automation", {})
    config = {
        kind: f"api_balance.{name}",
        "target": {"entity_id": entity_id},
        "options": options,
    }
    if kind == "trigger":
        await async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA(config))
    else:
        await condition.async_validate_condition_config(hass, cv.CONDITION_SCHEMA(config))


@pytest.mark.parametrize(
    ("kind", "names"), [("trigger", TRIGGERS), ("condition", CONDITIONS)], ids=str
)
async def test_entities_of_others_are_refused(
    hass: HomeAssistant, kind: str, names: dict[str, dict[str, Any]]
) -> None:
    """An entity of another integration would never match, so it is refused with a reason."""
    for name, options in names.items():
        with pytest.raises(vol.Invalid, match=NOT_OURS):
            await validate(hass, kind, name, options, OTHER)
        await validate(hass, kind, name, options, BALANCE)
        # Nobody knows whose it is: its integration may not have been loaded yet.
        await validate(hass, kind, name, options, "sensor.not_there_yet")


async def test_what_is_not_an_amount_is_refused(hass: HomeAssistant) -> None:
    """A button is no amount; for everything else it stands for its account."""
    for kind, name in (("trigger", "balance_crossed_threshold"), ("condition", "is_balance")):
        with pytest.raises(vol.Invalid, match=NOT_AN_AMOUNT):
            await validate(hass, kind, name, THRESHOLD, "button.crun_ai_refresh")
        await validate(hass, kind, name, THRESHOLD, "sensor.crun_ai_spent_today")
    await validate(hass, "trigger", "balance_became_low", {}, "button.crun_ai_refresh")
    await validate(hass, "condition", "is_balance_low", {}, "button.crun_ai_refresh")


@pytest.mark.parametrize(
    "entity_id", ["button.crun_ai_refresh", "sensor.crun_ai_status", "sensor.crun_ai_spent_today"]
)
async def test_every_entity_stands_for_its_account(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall], entity_id: str
) -> None:
    """A trigger runs for each entity of the account, and not for another account's."""
    await set_up(hass, providers.entry("crun", "active.second", options=threshold("100")))
    trigger = {
        "trigger": "api_balance.balance_became_low",
        "target": {"entity_id": [entity_id, "sensor.not_there_yet"]},
    }
    await set_up_automation(hass, trigger)
    providers.spend("crun", 950, "active.second")
    await clock.next_poll()
    assert runs == []
    providers.spend("crun", 950)
    await clock.next_poll()
    assert [call.data["entity_id"] for call in runs] == [EVENT]


@pytest.mark.skipif(not HAS_EXCLUDE, reason="Home Assistant has the exclude block since 2026.11")
async def test_excluded_account(
    hass: HomeAssistant, providers: Providers, clock: Clock, runs: list[ServiceCall]
) -> None:
    """An excluded entity excludes its account."""
    await set_up(hass, providers.entry("crun", "active.second", options=threshold("100")))
    trigger = {
        "trigger": "api_balance.balance_became_low",
        "target": {"entity_id": [EVENT, f"{EVENT}_2"], "exclude": {"entity_id": EVENT}},
    }
    await set_up_automation(hass, trigger)
    for scenario in ("active", "active.second"):
        providers.spend("crun", 950, scenario)
    await clock.next_poll()
    assert [call.data["entity_id"] for call in runs] == [f"{EVENT}_2"]


class SelectionWithExclude(TargetSelection):
    """A target with an exclude block, as of Home Assistant 2026.11."""

    def __init__(self, config: dict[str, Any], exclude: dict[str, Any]) -> None:
        """Keep what is excluded."""
        super().__init__(config)
        self.exclude = TargetSelection(exclude)


async def test_what_is_excluded_is_not_meant(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    """Excluding one balance, or an entity about the account as a whole, excludes it."""
    entity = entity_registry.async_get(BALANCE)
    assert entity is not None
    entry_id = entity.config_entry_id
    assert entry_id is not None
    assert get_state(hass, BALANCE) == "1000"
    for excluded, expected in (
        ({}, True),
        ({"entity_id": "sensor.not_there_yet"}, True),
        ({"entity_id": BALANCE}, False),
        ({"entity_id": "button.crun_ai_refresh"}, False),
        ({"device_id": entity.device_id}, False),
    ):
        for included in ({}, {"device_id": entity.device_id}):
            target = SelectionWithExclude(included, excluded)
            assert async_is_meant(hass, target, entry_id, "credits") is expected
