"""Actions: get the current balance of an account."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.api_balance.api import Client
from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.json import json_dumps

from .common import Providers, get_state, hold_requests, press, set_up


async def get_balance(hass: HomeAssistant, entry_id: str) -> Any:
    """Run the action and return its response."""
    return await hass.services.async_call(
        DOMAIN,
        "get_balance",
        {"config_entry_id": entry_id},
        blocking=True,
        return_response=True,
    )


# The examples in the documentation, without personal data.
RESPONSES: dict[str, dict[str, Any]] = {
    "crun": {"currency": None, "low_balance": False, "balance": 1000},
    "engagelab_otp": {
        "currency": "USD",
        "low_balance": False,
        "balance": 124.45,
        "paid_balance": 123.45,
        "gift_balance": 1,
    },
    "lensmor": {
        "currency": None,
        "low_balance": False,
        "balance": 30050,
        "total_granted": 35050,
        "subscription_balance": 30000,
        "subscription_granted": 35000,
        "gift_balance": 50,
        "gift_granted": 50,
        "reset": "2024-05-01T00:00:00+00:00",
    },
    "lumenfall": {
        "currency": "USD",
        "low_balance": False,
        "balance": 12.5,
        "billing_type": "prepaid",
    },
    "lunos": {
        "currency": None,
        "low_balance": False,
        "balance": 10.5,
        "alert_threshold": 1,
        "alert_enabled": True,
        "provider_low_balance": False,
        "provider_updated": "2024-01-15T10:30:00+00:00",
    },
}


@pytest.mark.parametrize("slug", RESPONSES)
async def test_response(
    hass: HomeAssistant, providers: Providers, slug: str, freezer: FrozenDateTimeFactory
) -> None:
    """The action sends one request and returns everything that is reported, as plain JSON."""
    entry = await set_up(hass, providers.entry(slug))
    freezer.move_to(datetime(2026, 11, 21, 12, tzinfo=UTC))
    response = await get_balance(hass, entry.entry_id)
    expected = {"provider": slug, "updated": "2026-11-21T12:00:00+00:00", **RESPONSES[slug]}
    assert response == expected
    assert providers.calls == 2
    assert json_dumps(response)


async def test_unknown_balance(hass: HomeAssistant, providers: Providers) -> None:
    """A value that the provider reports as null is null, and so is what follows from it."""
    entry = await set_up(hass, providers.entry("lumenfall", "postpaid"))
    response = await get_balance(hass, entry.entry_id)
    assert response["balance"] is None
    assert response["low_balance"] is None
    assert response["billing_type"] == "postpaid"


async def test_entities_are_updated(hass: HomeAssistant, providers: Providers) -> None:
    """The entities show the same balance."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.spend("crun", 400)
    response = await get_balance(hass, entry.entry_id)
    assert response["balance"] == 600
    assert get_state(hass, "sensor.crun_ai_balance") == "600"


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


async def test_invalid_account(hass: HomeAssistant, providers: Providers) -> None:
    """The account must exist, belong to the integration and be loaded."""
    entry = await set_up(hass, providers.entry("crun", "malformed"))
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    for entry_id in ("nonsense", "", other.entry_id, entry.entry_id, "x" * 1_000_000):
        with pytest.raises(ServiceValidationError):
            await get_balance(hass, entry_id)
    await hass.config_entries.async_remove(entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await get_balance(hass, entry.entry_id)


@pytest.mark.parametrize("entry_id", [None, 5, True, ["x"], {"x": "y"}, b"x"])
async def test_invalid_entry_id(hass: HomeAssistant, providers: Providers, entry_id: Any) -> None:
    """The ID of the entry must be a text."""
    await set_up(hass, providers.entry("crun"))
    with pytest.raises(vol.Invalid):
        await get_balance(hass, entry_id)
    assert providers.calls == 1


@pytest.mark.parametrize(
    ("slug", "scenario", "reason"),
    [
        ("crun", "maintenance", "Crun.ai cannot be reached"),
        ("lensmor", "rate_limited", "Lensmor has received too many requests"),
        ("lumenfall", "malformed", "Lumenfall answered in a way that API Balance does not"),
        ("engagelab_otp", "disabled", "EngageLab OTP reports that the account or application"),
    ],
)
async def test_failure(
    hass: HomeAssistant, providers: Providers, slug: str, scenario: str, reason: str
) -> None:
    """Action and button raise an error with the reason when the account cannot be read."""
    entry = await set_up(hass, providers.entry(slug))
    providers.respond_as(slug, scenario)
    with pytest.raises(HomeAssistantError, match=reason) as caught:
        await get_balance(hass, entry.entry_id)
    assert not isinstance(caught.value, ServiceValidationError)
    button = f"button.{'crun_ai' if slug == 'crun' else slug}_refresh"
    with pytest.raises(HomeAssistantError, match=reason):
        await press(hass, button)
    assert not hass.config_entries.flow.async_progress()

    providers.respond_as(slug, None)
    assert (await get_balance(hass, entry.entry_id))["balance"] == RESPONSES[slug]["balance"]


@pytest.mark.expects_traceback("Unexpected error fetching Crun.ai data")
async def test_unexpected_exception(hass: HomeAssistant, providers: Providers) -> None:
    """After an unexpected exception, the previous balance is not returned."""
    entry = await set_up(hass, providers.entry("crun"))
    with (
        patch.object(Client, "read", side_effect=RuntimeError("a bug")),
        pytest.raises(HomeAssistantError, match="in a way that API Balance does not understand"),
    ):
        await get_balance(hass, entry.entry_id)


async def test_refused_credentials(hass: HomeAssistant, providers: Providers) -> None:
    """Refused credentials raise an error and start reauthentication."""
    entry = await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "expired_key")
    with pytest.raises(HomeAssistantError, match="Lunos does not accept the credentials"):
        await get_balance(hass, entry.entry_id)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
