"""Entities: what somebody sees of each account, against the documents' own examples."""

from datetime import timedelta
from decimal import Decimal

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.api_balance.api import AccountSnapshot, Balance, Field
from custom_components.api_balance.const import DOMAIN
from homeassistant.components.number import SERVICE_SET_VALUE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component

from .common import Providers, get_state, refresh_with, set_up

# Entity: state, unit, device class, state class, category, enabled by default.
# The states are those of the documents' example answers.
type Row = tuple[str, str | None, str | None, str | None, str | None, bool]
ENTITIES: dict[str, dict[str, Row]] = {
    "crun": {
        "sensor.crun_ai_balance": ("1000", "credits", None, "measurement", None, True),
        "binary_sensor.crun_ai_low_balance": ("off", None, "problem", None, None, True),
        "number.crun_ai_low_balance_threshold": ("0", "credits", None, None, "config", True),
        "button.crun_ai_refresh": ("unknown", None, None, None, None, True),
    },
    "engagelab_otp": {
        "sensor.engagelab_otp_balance": ("124.4500", "USD", "monetary", "total", None, True),
        "sensor.engagelab_otp_paid_balance": ("123.4500", "USD", "monetary", "total", None, True),
        "sensor.engagelab_otp_gift_balance": ("1.0000", "USD", "monetary", "total", None, True),
        "binary_sensor.engagelab_otp_low_balance": ("off", None, "problem", None, None, True),
        "number.engagelab_otp_low_balance_threshold": (
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
            "measurement",
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
        "sensor.lensmor_gift_balance": ("50", "credits", None, "measurement", None, True),
        "sensor.lensmor_gift_granted": ("50", "credits", None, None, "diagnostic", True),
        "sensor.lensmor_reset": ("2024-05-01T00:00:00+00:00", None, "timestamp", None, None, True),
        "binary_sensor.lensmor_low_balance": ("off", None, "problem", None, None, True),
        "number.lensmor_low_balance_threshold": ("0", "credits", None, None, "config", True),
        "button.lensmor_refresh": ("unknown", None, None, None, None, True),
    },
    "lumenfall": {
        "sensor.lumenfall_balance": ("12.50", "USD", "monetary", "total", None, True),
        "sensor.lumenfall_billing_type": ("prepaid", None, "enum", None, "diagnostic", True),
        "binary_sensor.lumenfall_low_balance": ("off", None, "problem", None, None, True),
        "number.lumenfall_low_balance_threshold": ("0", "USD", "monetary", None, "config", True),
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
        "sensor.lunos_updated_by_provider": (
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
        "number.lunos_low_balance_threshold": ("0", "credits", None, None, "config", True),
        "button.lunos_refresh": ("unknown", None, None, None, None, True),
    },
}


def of_the_ledger(name: str, unit: str) -> dict[str, Row]:
    """Return what each account has after its first reading, of which nothing follows yet."""
    money = None if unit == "credits" else "monetary"
    return {
        f"sensor.{name}_spent_today": ("0", unit, money, "total", None, True),
        f"sensor.{name}_spent_this_month": ("0", unit, money, "total", None, True),
        f"sensor.{name}_spending_rate": (
            "unknown",
            f"{unit}/d",
            None,
            "measurement",
            None,
            True,
        ),
        f"sensor.{name}_runs_out": ("unknown", None, "timestamp", None, None, True),
        f"sensor.{name}_last_top_up": ("unknown", None, "timestamp", None, None, True),
        f"sensor.{name}_last_top_up_amount": ("unknown", unit, money, None, None, True),
        f"event.{name}_balance_event": ("unknown", None, None, None, None, True),
    }


ENTITIES["crun"] |= of_the_ledger("crun_ai", "credits")
ENTITIES["engagelab_otp"] |= of_the_ledger("engagelab_otp", "USD")
ENTITIES["lensmor"] |= of_the_ledger("lensmor", "credits")
ENTITIES["lumenfall"] |= of_the_ledger("lumenfall", "USD")
ENTITIES["lunos"] |= of_the_ledger("lunos", "credits")


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize("slug", ENTITIES)
async def test_states(hass: HomeAssistant, providers: Providers, slug: str) -> None:
    """Every documented field is an entity with the right value, unit and classes."""
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
    """Categories and defaults are as chosen; unique ids hold neither key nor unit-less money."""
    entry = await set_up(hass, providers.entry(slug))
    entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert {
        each.entity_id: (each.entity_category, each.disabled_by is None) for each in entities
    } == {entity_id: row[4:] for entity_id, row in ENTITIES[slug].items()}
    for each in entities:
        parts = each.unique_id.removeprefix(f"{entry.entry_id}_")
        assert each.unique_id.startswith(f"{entry.entry_id}_")
        unit = ENTITIES[slug][each.entity_id][1]
        if unit:
            assert parts == f"{each.translation_key}_{unit.removesuffix('/d').lower()}"
    display = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    money = [each for each in display if each.original_device_class == "monetary"]
    money = [each for each in money if each.domain == "sensor"]
    for each in money:
        assert each.options["sensor"]["suggested_display_precision"] == 2


@pytest.mark.parametrize(
    ("slug", "scenario", "expected"),
    [
        ("lunos", "active", "off"),
        ("lunos", "empty", "on"),
        ("lunos", "low", "on"),
        # The balance is below the provider's threshold, but the user has switched its alert off.
        ("lunos", "alert_disabled", "off"),
        ("engagelab_otp", "overdrawn", "on"),
        ("engagelab_otp", "empty", "on"),
        ("lumenfall", "postpaid", "unknown"),
        ("lumenfall", "unavailable", "unknown"),
    ],
)
async def test_low_balance_without_a_threshold(
    hass: HomeAssistant, providers: Providers, slug: str, scenario: str, expected: str
) -> None:
    """Empty and overdrawn accounts are low, and those that the provider itself calls low."""
    await set_up(hass, providers.entry(slug, scenario))
    assert get_state(hass, f"binary_sensor.{slug}_low_balance") == expected


async def test_overdrawn_balance_is_shown(hass: HomeAssistant, providers: Providers) -> None:
    """Arrears are not hidden."""
    await set_up(hass, providers.entry("engagelab_otp", "overdrawn"))
    assert get_state(hass, "sensor.engagelab_otp_balance") == "-12.3400"


async def test_threshold_takes_effect_at_once_and_survives(
    hass: HomeAssistant, providers: Providers
) -> None:
    """A new threshold needs no request and no reload, and outlives both."""
    entry = await set_up(hass, providers.entry("lunos"))
    low, threshold = "binary_sensor.lunos_low_balance", "number.lunos_low_balance_threshold"

    async def set_threshold(value: float) -> None:
        await hass.services.async_call(
            "number", SERVICE_SET_VALUE, {"entity_id": threshold, "value": value}, blocking=True
        )

    coordinator = entry.runtime_data
    await set_threshold(10.5)
    assert get_state(hass, threshold) == "10.5"
    # At the threshold is not below it.
    assert get_state(hass, low) == "off"
    await set_threshold(10.51)
    assert get_state(hass, low) == "on"
    assert providers.calls == 1
    assert entry.runtime_data is coordinator
    assert entry.options == {"low_balance_threshold": {"credits": "10.51"}}

    await hass.config_entries.async_reload(entry.entry_id)
    assert get_state(hass, threshold) == "10.51"
    assert get_state(hass, low) == "on"
    await set_threshold(0)
    assert get_state(hass, low) == "off"
    with pytest.raises(ServiceValidationError):
        await set_threshold(-1)


async def test_a_failed_account(
    hass: HomeAssistant, providers: Providers, freezer: FrozenDateTimeFactory
) -> None:
    """What the provider reports is unavailable with it; what is the user's stays."""
    await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "server_error")
    freezer.tick(timedelta(minutes=16))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert get_state(hass, "sensor.lunos_balance") == "unavailable"
    assert get_state(hass, "binary_sensor.lunos_low_balance") == "unavailable"
    assert get_state(hass, "binary_sensor.lunos_provider_alert") == "unavailable"
    assert get_state(hass, "number.lunos_low_balance_threshold") == "0"
    assert get_state(hass, "button.lunos_refresh") == "unknown"


async def test_refresh_button(hass: HomeAssistant, providers: Providers) -> None:
    """The button asks once and shows the answer."""
    await set_up(hass, providers.entry("lensmor"))
    providers.simulator.spend("lensmor", providers.key("lensmor"), Decimal(2000))
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.lensmor_refresh"}, blocking=True
    )
    assert providers.calls == 2
    # The document: subscription credits are consumed before gift credits.
    assert get_state(hass, "sensor.lensmor_balance") == "28050"
    assert get_state(hass, "sensor.lensmor_subscription_balance") == "28000"
    assert get_state(hass, "sensor.lensmor_gift_balance") == "50"


async def test_update_entity(hass: HomeAssistant, providers: Providers) -> None:
    """Home Assistant's own action for updating an entity does the same."""
    assert await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, providers.entry("crun"))
    providers.simulator.spend("crun", providers.key("crun"), Decimal(1))
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": "sensor.crun_ai_balance"}, blocking=True
    )
    await hass.async_block_till_done()
    assert get_state(hass, "sensor.crun_ai_balance") == "999"


async def test_a_word_that_is_no_option(hass: HomeAssistant, providers: Providers) -> None:
    """A billing type of the future is unknown, not an error."""
    entry = await set_up(hass, providers.entry("lumenfall"))
    details = {Field.BILLING_TYPE: "hybrid"}
    await refresh_with(
        hass, entry, AccountSnapshot.of("USD", {Field.BALANCE: Decimal(1)}, details=details)
    )
    assert get_state(hass, "sensor.lumenfall_billing_type") == "unknown"
    assert get_state(hass, "sensor.lumenfall_balance") == "1"


async def test_tiny_amounts_have_no_exponent(hass: HomeAssistant, providers: Providers) -> None:
    """A state is a plain number, however small."""
    entry = await set_up(hass, providers.entry("crun"))
    await refresh_with(hass, entry, AccountSnapshot.of("credits", {Field.BALANCE: Decimal("1E-9")}))
    assert get_state(hass, "sensor.crun_ai_balance") == "0.000000001"


async def test_several_units(
    hass: HomeAssistant, providers: Providers, entity_registry: er.EntityRegistry
) -> None:
    """Each unit of an account has its entities, and its threshold; a unit may come and go."""
    entry = await set_up(hass, providers.entry("lumenfall"))
    coordinator = entry.runtime_data
    details = {Field.BILLING_TYPE: "prepaid"}
    usd = Balance(key="USD", unit="USD", amounts={Field.BALANCE: Decimal("12.50")})
    eur = Balance(key="EUR", unit="EUR", amounts={Field.BALANCE: Decimal(3)})
    await refresh_with(hass, entry, AccountSnapshot(balances=(usd, eur), details=details))
    await hass.async_block_till_done()

    def entity(platform: str, key: str, unit: str) -> str:
        unique_id = f"{entry.entry_id}_{key}_{unit}"
        entity_id = entity_registry.async_get_entity_id(platform, DOMAIN, unique_id)
        assert entity_id is not None
        return entity_id

    assert get_state(hass, entity("sensor", "balance", "usd")) == "12.50"
    assert get_state(hass, entity("sensor", "balance", "eur")) == "3"
    coordinator.async_set_threshold("EUR", Decimal(5))
    assert get_state(hass, entity("binary_sensor", "low_balance", "eur")) == "on"
    assert get_state(hass, entity("binary_sensor", "low_balance", "usd")) == "off"

    # The provider's own alarm is about the account's main unit.
    flags = {Field.ALERT_ENABLED: True, Field.PROVIDER_LOW_BALANCE: True}
    coordinator.async_set_threshold("EUR", Decimal(0))
    await refresh_with(
        hass, entry, AccountSnapshot(balances=(usd, eur), flags=flags, details=details)
    )
    assert get_state(hass, entity("binary_sensor", "low_balance", "eur")) == "off"
    assert get_state(hass, entity("binary_sensor", "low_balance", "usd")) == "on"

    await refresh_with(hass, entry, AccountSnapshot(balances=(eur,), details=details))
    assert get_state(hass, entity("sensor", "balance", "usd")) == "unavailable"
    assert get_state(hass, entity("binary_sensor", "low_balance", "usd")) == "unavailable"
    assert get_state(hass, entity("sensor", "balance", "eur")) == "3"
