"""All entities of each provider, compared with the examples in its documentation."""

from typing import Final

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .common import Providers, set_up

# State, unit, device class, state class, category, enabled by default; the states are those of the
# example in the documentation.
type Row = tuple[str, str | None, str | None, str | None, str | None, bool]
ENTITIES: Final[dict[str, dict[str, Row]]] = {
    "crun": {
        "sensor.crun_ai_balance": ("1000", "credits", None, "measurement", None, True),
        "binary_sensor.crun_ai_low_balance": ("off", None, "problem", None, None, True),
        "number.crun_ai_alert_below": ("0", "credits", None, None, "config", True),
        "button.crun_ai_refresh": ("unknown", None, None, None, None, True),
    },
    "engagelab_otp": {
        "sensor.engagelab_otp_balance": ("124.4500", "USD", "monetary", "total", None, True),
        "sensor.engagelab_otp_paid_balance": ("123.4500", "USD", "monetary", None, None, True),
        "sensor.engagelab_otp_gift_balance": ("1.0000", "USD", "monetary", None, None, True),
        "binary_sensor.engagelab_otp_low_balance": ("off", None, "problem", None, None, True),
        "number.engagelab_otp_alert_below": (
            "0",
            "USD",
            "monetary",
            None,
            "config",
            True,
        ),
        "button.engagelab_otp_refresh": ("unknown", None, None, None, None, True),
    },
    "lensmor": {
        "sensor.lensmor_balance": ("30050", "credits", None, "measurement", None, True),
        "sensor.lensmor_total_granted": ("35050", "credits", None, None, "diagnostic", True),
        "sensor.lensmor_subscription_balance": (
            "30000",
            "credits",
            None,
            None,
            None,
            True,
        ),
        "sensor.lensmor_subscription_granted": (
            "35000",
            "credits",
            None,
            None,
            "diagnostic",
            True,
        ),
        "sensor.lensmor_gift_balance": ("50", "credits", None, None, None, True),
        "sensor.lensmor_gift_granted": ("50", "credits", None, None, "diagnostic", True),
        "sensor.lensmor_credits_expire": (
            "2024-05-01T00:00:00+00:00",
            None,
            "timestamp",
            None,
            None,
            True,
        ),
        "binary_sensor.lensmor_low_balance": ("off", None, "problem", None, None, True),
        "number.lensmor_alert_below": ("0", "credits", None, None, "config", True),
        "button.lensmor_refresh": ("unknown", None, None, None, None, True),
    },
    "lumenfall": {
        "sensor.lumenfall_balance": ("12.50", "USD", "monetary", "total", None, True),
        "sensor.lumenfall_billing_type": ("prepaid", None, "enum", None, "diagnostic", True),
        "binary_sensor.lumenfall_low_balance": ("off", None, "problem", None, None, True),
        "number.lumenfall_alert_below": ("0", "USD", "monetary", None, "config", True),
        "button.lumenfall_refresh": ("unknown", None, None, None, None, True),
    },
    "lunos": {
        "sensor.lunos_balance": ("10.5", "credits", None, "measurement", None, True),
        "sensor.lunos_provider_alert_threshold": (
            "1.0",
            "credits",
            None,
            None,
            "diagnostic",
            True,
        ),
        "sensor.lunos_last_provider_update": (
            "2024-01-15T10:30:00+00:00",
            None,
            "timestamp",
            None,
            "diagnostic",
            False,
        ),
        "sensor.lunos_account_email": ("user@example.com", None, None, None, "diagnostic", False),
        "binary_sensor.lunos_low_balance": ("off", None, "problem", None, None, True),
        "binary_sensor.lunos_low_balance_reported_by_provider": (
            "off",
            None,
            None,
            None,
            "diagnostic",
            True,
        ),
        "binary_sensor.lunos_provider_alert": ("on", None, None, None, "diagnostic", True),
        "number.lunos_alert_below": ("0", "credits", None, None, "config", True),
        "button.lunos_refresh": ("unknown", None, None, None, None, True),
    },
}


def spending_entities(name: str, unit: str) -> dict[str, Row]:
    """Return the entities that every account has, after its first poll."""
    money = None if unit == "credits" else "monetary"
    return {
        f"sensor.{name}_spent_today": ("0", unit, money, None, None, True),
        f"sensor.{name}_spent_this_month": ("0", unit, money, None, None, True),
        f"sensor.{name}_spending_rate": ("unknown", f"{unit}/d", None, None, None, True),
        f"sensor.{name}_estimated_run_out": ("unknown", None, "timestamp", None, None, True),
        f"sensor.{name}_last_top_up": ("unknown", None, "timestamp", None, None, True),
        f"sensor.{name}_last_top_up_amount": ("unknown", unit, money, None, None, True),
        f"sensor.{name}_spent_yesterday": ("unknown", unit, money, None, None, False),
        f"sensor.{name}_spent_last_month": ("unknown", unit, money, None, None, False),
        f"sensor.{name}_percent_left": ("100.0", "%", None, None, None, True),
        f"sensor.{name}_status": ("ok", None, "enum", None, "diagnostic", True),
        f"sensor.{name}_last_successful_poll": (
            "2026-11-10T10:00:00+00:00",
            None,
            "timestamp",
            None,
            "diagnostic",
            False,
        ),
        f"event.{name}_balance_event": ("unknown", None, None, None, None, True),
    }


ENTITIES["crun"] |= spending_entities("crun_ai", "credits")
ENTITIES["engagelab_otp"] |= spending_entities("engagelab_otp", "USD")
ENTITIES["lensmor"] |= spending_entities("lensmor", "credits")
ENTITIES["lumenfall"] |= spending_entities("lumenfall", "USD")
ENTITIES["lunos"] |= spending_entities("lunos", "credits")


@pytest.mark.freeze_time("2026-11-10T10:00:00+00:00")
@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize("slug", ENTITIES)
async def test_states(hass: HomeAssistant, providers: Providers, slug: str) -> None:
    """Every documented field has an entity with the right state, unit and classes."""
    await set_up(hass, providers.entry(slug))
    found = {
        each.entity_id: (
            each.state,
            each.attributes.get("unit_of_measurement"),
            each.attributes.get("device_class"),
            each.attributes.get("state_class"),
        )
        for each in hass.states.async_all()
    }
    assert found == {entity_id: row[:4] for entity_id, row in ENTITIES[slug].items()}


@pytest.mark.parametrize("slug", ENTITIES)
async def test_registry(
    hass: HomeAssistant, providers: Providers, slug: str, entity_registry: er.EntityRegistry
) -> None:
    """Every entity has its category and default; its unique ID has the key and the unit."""
    entry = await set_up(hass, providers.entry(slug))
    entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert {
        each.entity_id: (each.entity_category, each.disabled_by is None) for each in entities
    } == {entity_id: row[4:] for entity_id, row in ENTITIES[slug].items()}
    for each in entities:
        parts = each.unique_id.removeprefix(f"{entry.entry_id}_")
        assert each.unique_id.startswith(f"{entry.entry_id}_")
        unit = ENTITIES[slug][each.entity_id][1]
        if unit and unit != "%":
            assert parts == f"{each.translation_key}:{unit.removesuffix('/d')}"
    display = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    money = [each for each in display if each.original_device_class == "monetary"]
    money = [each for each in money if each.domain == "sensor" and not each.disabled]
    for each in money:
        assert each.options["sensor"]["suggested_display_precision"] == 2


@pytest.mark.parametrize("slug", ["crun", "engagelab_otp"])
async def test_registered_once(hass: HomeAssistant, providers: Providers, slug: str) -> None:
    """An entity is registered with everything, precision included; the recorder keeps events."""
    events = async_capture_events(hass, er.EVENT_ENTITY_REGISTRY_UPDATED)
    await set_up(hass, providers.entry(slug))
    changes = [(event.data["action"], event.data["entity_id"]) for event in events]
    assert sorted(changes) == [("create", entity_id) for entity_id in sorted(ENTITIES[slug])]
