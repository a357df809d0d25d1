"""Entities: low balance, threshold, refresh, and unusual responses."""

from decimal import Decimal
from typing import Final

import pytest

from custom_components.api_balance.api import AccountSnapshot, Field
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, get_state, press, refresh_with, set_threshold, set_up
from .leftovers import warnings

LOW: Final = "binary_sensor.lunos_low_balance"
THRESHOLD: Final = "number.lunos_alert_below"


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


async def test_postpaid(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """A postpaid account has no figures to show before it has a balance."""
    await set_up(hass, providers.entry("lumenfall", "postpaid"))
    shown = {
        each.entity_id.partition("lumenfall_")[2]: each.state for each in hass.states.async_all()
    }
    assert shown == {
        "balance": "unknown",
        "low_balance": "unknown",
        "balance_event": "unknown",
        "refresh": "unknown",
        "alert_below": "0",
        "billing_type": "postpaid",
        "status": "ok",
    }
    key = providers.key("lumenfall", "postpaid")
    providers.simulator.set_scenario("lumenfall", key, "active")
    await clock.next_poll()
    assert get_state(hass, "sensor.lumenfall_balance") != "unknown"
    assert get_state(hass, "sensor.lumenfall_spent_today") == "0"
    assert get_state(hass, "sensor.lumenfall_percent_left") == "100.0"


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
    """Only what the provider reports is unavailable after a failure, and only if it lasts."""
    await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "server_error")
    await clock.next_poll()
    assert get_state(hass, "sensor.lunos_balance") == "10.5"
    assert get_state(hass, "sensor.lunos_status") == "ok"
    await clock.three_retries()
    assert get_state(hass, "sensor.lunos_balance") == "unavailable"
    assert get_state(hass, "binary_sensor.lunos_provider_alert") == "unavailable"
    assert get_state(hass, "sensor.lunos_status") == "cannot_connect"
    assert get_state(hass, "sensor.lunos_spent_today") == "0"
    assert get_state(hass, LOW) == "off"
    assert get_state(hass, THRESHOLD) == "0"
    assert get_state(hass, "button.lunos_refresh") == "unknown"


async def test_status_follows_the_error(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """The status changes with the reason, and ends with the outage."""
    await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "server_error")
    await clock.next_poll()
    await clock.three_retries()
    for scenario, status in (("malformed", "unexpected_response"), (None, "ok")):
        providers.respond_as("lunos", scenario)
        await clock.next_poll()
        assert get_state(hass, "sensor.lunos_status") == status


@pytest.mark.usefixtures("all_entities_enabled")
async def test_last_successful_poll(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """Every good response is noted, also an equal one, and only for its own account."""
    await clock.move_to("2026-11-10T11:00:00+00:00")
    await set_up(hass, providers.entry("lunos"))
    await set_up(hass, providers.entry("crun"))
    name = "sensor.lunos_last_successful_poll"
    assert get_state(hass, name) == "2026-11-10T11:00:00+00:00"
    providers.respond_as("crun", "html_502")
    await clock.advance(seconds=901)
    assert get_state(hass, name) == "2026-11-10T11:15:01+00:00"
    name = "sensor.crun_ai_last_successful_poll"
    assert get_state(hass, name) == "2026-11-10T11:00:00+00:00"


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


async def test_update_entity_fails(
    hass: HomeAssistant, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure is not an error of the action, which would log a traceback."""
    assert await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, providers.entry("crun"))
    providers.respond_as("crun", "html_502")
    entity = {"entity_id": "sensor.crun_ai_balance"}
    await hass.services.async_call("homeassistant", "update_entity", entity, blocking=True)
    await hass.async_block_till_done()
    assert providers.calls == 2
    assert get_state(hass, "sensor.crun_ai_balance") == "1000"
    assert warnings(caplog) == []


async def test_unknown_balance(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """A balance that becomes unknown is not zero; whether it is low is known from before."""
    await set_up(hass, providers.entry("lumenfall"))
    for scenario, balance in (("unavailable", "unknown"), (None, "12.50")):
        providers.respond_as("lumenfall", scenario)
        await clock.next_poll()
        assert get_state(hass, "sensor.lumenfall_balance") == balance
        assert get_state(hass, "binary_sensor.lumenfall_low_balance") == "off"


async def test_unknown_option(hass: HomeAssistant, providers: Providers) -> None:
    """A billing type that the integration does not know is unknown."""
    entry = await set_up(hass, providers.entry("lumenfall"))
    details = {Field.BILLING_TYPE: "hybrid"}
    snapshot = AccountSnapshot.of("USD", {Field.BALANCE: Decimal(1)}, details=details)
    # A drop to 1 has to be confirmed.
    for _ in range(2):
        await refresh_with(hass, entry, snapshot)
    assert get_state(hass, "sensor.lumenfall_billing_type") == "unknown"
    assert get_state(hass, "sensor.lumenfall_balance") == "1"


async def test_tiny_amount(hass: HomeAssistant, providers: Providers) -> None:
    """The state of a tiny amount has no exponent."""
    entry = await set_up(hass, providers.entry("crun"))
    snapshot = AccountSnapshot.of("credits", {Field.BALANCE: Decimal("1E-9")})
    for _ in range(2):
        await refresh_with(hass, entry, snapshot)
    assert get_state(hass, "sensor.crun_ai_balance") == "0.000000001"
