"""Entities: low balance, threshold, refresh, and unusual responses."""

from decimal import Decimal
from typing import Final

import pytest

from custom_components.api_balance.api import AccountSnapshot, Balance, Field
from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, get_state, press, refresh_with, set_threshold, set_up

LOW: Final = "binary_sensor.lunos_low_balance"
THRESHOLD: Final = "number.lunos_low_balance_threshold"
# The details of an account at Lumenfall, where balances of several units are invented.
PREPAID: Final = {Field.BILLING_TYPE: "prepaid"}


@pytest.mark.parametrize(
    ("slug", "scenario", "expected"),
    [
        ("lunos", "active", "off"),
        ("lunos", "empty", "on"),
        ("lunos", "low", "on"),
        # The balance is below the provider's threshold, but the user has disabled its alert.
        ("lunos", "alert_disabled", "off"),
        ("engagelab_otp", "overdrawn", "on"),
        ("engagelab_otp", "empty", "on"),
        ("lumenfall", "postpaid", "unknown"),
        ("lumenfall", "unavailable", "unknown"),
    ],
)
async def test_low_balance_without_threshold(
    hass: HomeAssistant, providers: Providers, slug: str, scenario: str, expected: str
) -> None:
    """A balance is low if it is zero or negative, or if the provider's own alert says so."""
    await set_up(hass, providers.entry(slug, scenario))
    assert get_state(hass, f"binary_sensor.{slug}_low_balance") == expected


async def test_negative_balance(hass: HomeAssistant, providers: Providers) -> None:
    """A negative balance is shown."""
    await set_up(hass, providers.entry("engagelab_otp", "overdrawn"))
    assert get_state(hass, "sensor.engagelab_otp_balance") == "-12.3400"


async def test_threshold(hass: HomeAssistant, providers: Providers) -> None:
    """A threshold takes effect without a request or a reload, and survives a reload."""
    entry = await set_up(hass, providers.entry("lunos"))
    coordinator = entry.runtime_data
    await set_threshold(hass, THRESHOLD, 10.5)
    assert get_state(hass, THRESHOLD) == "10.5"
    # A balance that equals the threshold is not below it.
    assert get_state(hass, LOW) == "off"
    await set_threshold(hass, THRESHOLD, 10.51)
    assert get_state(hass, LOW) == "on"
    assert providers.calls == 1
    assert entry.runtime_data is coordinator
    assert entry.options == {"low_balance_threshold": {"credits": "10.51"}}

    await hass.config_entries.async_reload(entry.entry_id)
    assert get_state(hass, THRESHOLD) == "10.51"
    assert get_state(hass, LOW) == "on"
    await set_threshold(hass, THRESHOLD, 0)
    assert get_state(hass, LOW) == "off"
    with pytest.raises(ServiceValidationError):
        await set_threshold(hass, THRESHOLD, -1)


async def test_failure(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """After a failure, the entities of the provider are unavailable, but not the user's own."""
    await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "server_error")
    await clock.next_poll()
    assert get_state(hass, "sensor.lunos_balance") == "unavailable"
    assert get_state(hass, LOW) == "unavailable"
    assert get_state(hass, "binary_sensor.lunos_provider_alert") == "unavailable"
    assert get_state(hass, THRESHOLD) == "0"
    assert get_state(hass, "button.lunos_refresh") == "unknown"


async def test_refresh_button(hass: HomeAssistant, providers: Providers) -> None:
    """The button sends one request and updates the entities."""
    await set_up(hass, providers.entry("lensmor"))
    providers.spend("lensmor", 2000)
    await press(hass, "button.lensmor_refresh")
    assert providers.calls == 2
    # The documentation says that subscription credits are consumed before gift credits.
    assert get_state(hass, "sensor.lensmor_balance") == "28050"
    assert get_state(hass, "sensor.lensmor_subscription_balance") == "28000"
    assert get_state(hass, "sensor.lensmor_gift_balance") == "50"


async def test_update_entity(hass: HomeAssistant, providers: Providers) -> None:
    """The action of Home Assistant that updates an entity polls the account."""
    assert await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, providers.entry("crun"))
    providers.spend("crun", 1)
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": "sensor.crun_ai_balance"}, blocking=True
    )
    await hass.async_block_till_done()
    assert get_state(hass, "sensor.crun_ai_balance") == "999"


async def test_unknown_option(hass: HomeAssistant, providers: Providers) -> None:
    """A billing type that the integration does not know is unknown."""
    entry = await set_up(hass, providers.entry("lumenfall"))
    details = {Field.BILLING_TYPE: "hybrid"}
    snapshot = AccountSnapshot.of("USD", {Field.BALANCE: Decimal(1)}, details=details)
    await refresh_with(hass, entry, snapshot)
    assert get_state(hass, "sensor.lumenfall_billing_type") == "unknown"
    assert get_state(hass, "sensor.lumenfall_balance") == "1"


async def test_tiny_amount(hass: HomeAssistant, providers: Providers) -> None:
    """The state of a tiny amount has no exponent."""
    entry = await set_up(hass, providers.entry("crun"))
    snapshot = AccountSnapshot.of("credits", {Field.BALANCE: Decimal("1E-9")})
    await refresh_with(hass, entry, snapshot)
    assert get_state(hass, "sensor.crun_ai_balance") == "0.000000001"


def two_balances(dollars: str | None, euros: str, *, is_alarmed: bool = False) -> AccountSnapshot:
    """Return what a provider reports of an account with two balances, or with the second only."""
    amounts = {"USD": dollars, "EUR": euros}
    return AccountSnapshot(
        balances=tuple(
            Balance(key=unit, unit=unit, amounts={Field.BALANCE: Decimal(amount)})
            for unit, amount in amounts.items()
            if amount is not None
        ),
        flags={Field.ALERT_ENABLED: is_alarmed, Field.PROVIDER_LOW_BALANCE: is_alarmed},
        details=PREPAID,
    )


async def test_several_balances(
    hass: HomeAssistant, providers: Providers, entity_registry: er.EntityRegistry
) -> None:
    """Each balance has its own entities and threshold, and may disappear."""
    entry = await set_up(hass, providers.entry("lumenfall"))
    await refresh_with(hass, entry, two_balances("12.50", "3"))

    def entity_id(platform: str, key: str, unit: str) -> str:
        unique_id = f"{entry.entry_id}_{key}_{unit}"
        found = entity_registry.async_get_entity_id(platform, DOMAIN, unique_id)
        assert found is not None
        return found

    def states(platform: str, key: str) -> tuple[str, str]:
        dollars, euros = (entity_id(platform, key, unit) for unit in ("usd", "eur"))
        return get_state(hass, dollars), get_state(hass, euros)

    assert states("sensor", "balance") == ("12.50", "3")
    threshold = entity_id("number", "low_balance_threshold", "eur")
    await set_threshold(hass, threshold, 5)
    assert states("binary_sensor", "low_balance") == ("off", "on")

    # The provider's own alert is about the main balance.
    await set_threshold(hass, threshold, 0)
    await refresh_with(hass, entry, two_balances("12.50", "3", is_alarmed=True))
    assert states("binary_sensor", "low_balance") == ("on", "off")

    await refresh_with(hass, entry, two_balances(None, "3"))
    assert states("sensor", "balance") == ("unavailable", "3")
    assert states("binary_sensor", "low_balance") == ("unavailable", "off")
