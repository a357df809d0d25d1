"""Actions: a fresh balance before or after something that costs."""

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

from .common import Providers, get_state, set_up


async def get_balance(hass: HomeAssistant, entry_id: str) -> Any:
    """Run the action and return its response."""
    return await hass.services.async_call(
        DOMAIN,
        "get_balance",
        {"config_entry_id": entry_id},
        blocking=True,
        return_response=True,
    )


# The documents' example answers, but for what is personal.
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
    """One request goes out, and everything that is reported comes back as plain JSON."""
    entry = await set_up(hass, providers.entry(slug))
    freezer.move_to(datetime(2026, 11, 21, 12, tzinfo=UTC))
    response = await get_balance(hass, entry.entry_id)
    expected = {"provider": slug, "updated": "2026-11-21T12:00:00+00:00", **RESPONSES[slug]}
    assert response == expected
    assert providers.calls == 2
    assert json_dumps(response)


async def test_unknown_is_null(hass: HomeAssistant, providers: Providers) -> None:
    """What the provider does not know is null, and so is what follows from it."""
    entry = await set_up(hass, providers.entry("lumenfall", "postpaid"))
    response = await get_balance(hass, entry.entry_id)
    assert response["balance"] is None
    assert response["low_balance"] is None
    assert response["billing_type"] == "postpaid"


async def test_entities_follow(hass: HomeAssistant, providers: Providers) -> None:
    """The answer is shown by the entities too."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.simulator.spend("crun", providers.key("crun"), 400)
    response = await get_balance(hass, entry.entry_id)
    assert response["balance"] == 600
    assert get_state(hass, "sensor.crun_ai_balance") == "600"


async def test_two_calls_at_once_are_one_request(hass: HomeAssistant, providers: Providers) -> None:
    """Whoever asks while an answer is under way shares it; somebody who gives up harms nobody."""
    entry = await set_up(hass, providers.entry("crun"))
    press = hass.services.async_call(
        "button", "press", {"entity_id": "button.crun_ai_refresh"}, blocking=True
    )
    impatient = asyncio.create_task(get_balance(hass, entry.entry_id))
    asking = asyncio.gather(*(get_balance(hass, entry.entry_id) for _ in range(3)), press)
    await asyncio.sleep(0)
    impatient.cancel()
    first, second, third, _ = await asking
    assert first == second == third
    assert providers.calls == 2
    await get_balance(hass, entry.entry_id)
    assert providers.calls == 3


async def test_no_such_account(hass: HomeAssistant, providers: Providers) -> None:
    """An account that is not there, not ours or not loaded is a mistake of the caller."""
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
async def test_what_is_no_id(hass: HomeAssistant, providers: Providers, entry_id: Any) -> None:
    """Anything but a text is refused before anything is looked up."""
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
    """A failure of the provider is said with its reason, by the action and by the button."""
    entry = await set_up(hass, providers.entry(slug))
    providers.respond_as(slug, scenario)
    with pytest.raises(HomeAssistantError, match=reason) as caught:
        await get_balance(hass, entry.entry_id)
    assert not isinstance(caught.value, ServiceValidationError)
    button = f"button.{'crun_ai' if slug == 'crun' else slug}_refresh"
    with pytest.raises(HomeAssistantError, match=reason):
        await hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)
    assert not hass.config_entries.flow.async_progress()

    providers.respond_as(slug, None)
    assert (await get_balance(hass, entry.entry_id))["balance"] == RESPONSES[slug]["balance"]


@pytest.mark.expects_traceback("Unexpected error fetching Crun.ai data")
async def test_an_error_of_our_own_is_no_answer(hass: HomeAssistant, providers: Providers) -> None:
    """What was read before must not be taken for what is left now."""
    entry = await set_up(hass, providers.entry("crun"))
    with (
        patch.object(Client, "read", side_effect=RuntimeError("a bug")),
        pytest.raises(HomeAssistantError, match="in a way that API Balance does not understand"),
    ):
        await get_balance(hass, entry.entry_id)


async def test_refused_credentials_ask_for_others(
    hass: HomeAssistant, providers: Providers
) -> None:
    """An authentication failure is said, and starts the question for another key."""
    entry = await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "expired_key")
    with pytest.raises(HomeAssistantError, match="Lunos does not accept the credentials"):
        await get_balance(hass, entry.entry_id)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
