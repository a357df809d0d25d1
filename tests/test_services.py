"""Actions: get the current balance of an account."""

from datetime import UTC, datetime
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.api_balance.api import Client
from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_dumps

from .common import Clock, Providers, get_state, press, set_up

COORDINATOR: Final = "custom_components.api_balance.coordinator"


async def get_balance(hass: HomeAssistant, entry_id: Any = None, **data: Any) -> Any:
    """Run the action and return its response."""
    if not data.keys() & {"device_id", "entity_id"}:
        data["config_entry_id"] = entry_id
    return await hass.services.async_call(
        DOMAIN, "get_balance", data, blocking=True, return_response=True
    )


# The examples in the documentation, without personal data.
# Name of the account, balances by unit, and what is reported about the account as a whole.
RESPONSES: dict[str, tuple[str, dict[str, dict[str, Any]], dict[str, Any]]] = {
    "crun": ("Crun.ai", {"credits": {"balance": 1000}}, {}),
    "engagelab_otp": (
        "EngageLab OTP",
        {"USD": {"balance": 124.45, "paid_balance": 123.45, "gift_balance": 1}},
        {},
    ),
    "lensmor": (
        "Lensmor",
        {
            "credits": {
                "balance": 30050,
                "total_granted": 35050,
                "subscription_balance": 30000,
                "subscription_granted": 35000,
                "gift_balance": 50,
                "gift_granted": 50,
            }
        },
        {"reset": "2024-05-01T00:00:00+00:00"},
    ),
    "lumenfall": ("Lumenfall", {"USD": {"balance": 12.5}}, {"billing_type": "prepaid"}),
    "lunos": (
        "Lunos",
        {"credits": {"balance": 10.5, "alert_threshold": 1}},
        {
            "alert_enabled": True,
            "provider_low_balance": False,
            "provider_updated": "2024-01-15T10:30:00+00:00",
        },
    ),
}


@pytest.mark.parametrize("slug", RESPONSES)
async def test_response(
    hass: HomeAssistant, providers: Providers, slug: str, freezer: FrozenDateTimeFactory
) -> None:
    """The action sends one request and returns everything that is reported, as plain JSON."""
    entry = await set_up(hass, providers.entry(slug))
    freezer.move_to(datetime(2026, 11, 21, 12, tzinfo=UTC))
    response = await get_balance(hass, entry.entry_id)
    account, by_unit, details = RESPONSES[slug]
    balances = {
        unit: {
            "unit": unit,
            "currency": None if unit == "credits" else unit,
            "low_balance": False,
            **amounts,
        }
        for unit, amounts in by_unit.items()
    }
    assert response == {
        "account": account,
        "provider": slug,
        "updated": "2026-11-21T12:00:00+00:00",
        **next(iter(balances.values())),
        **details,
        "balances": balances,
    }
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
    """The ID of the entry must be a text, and one that exists."""
    await set_up(hass, providers.entry("crun"))
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await get_balance(hass, entry_id)
    assert providers.calls == 1


@pytest.mark.parametrize(
    ("slug", "scenario", "reason"),
    [
        ("crun", "maintenance", "Crun.ai cannot be reached"),
        ("lensmor", "rate_limited", "Lensmor has received too many requests"),
        ("lumenfall", "malformed", "Lumenfall sent an unexpected response"),
        ("engagelab_otp", "disabled", "EngageLab OTP reports that the account or application"),
    ],
)
async def test_failure(
    hass: HomeAssistant,
    providers: Providers,
    freezer: FrozenDateTimeFactory,
    slug: str,
    scenario: str,
    reason: str,
) -> None:
    """Action and button raise an error with the reason when the account cannot be read."""
    entry = await set_up(hass, providers.entry(slug))
    providers.respond_as(slug, scenario)
    with pytest.raises(HomeAssistantError, match=reason) as caught:
        await get_balance(hass, entry.entry_id)
    assert not isinstance(caught.value, ServiceValidationError)
    button = f"button.{'crun_ai' if slug == 'crun' else slug}_refresh"
    # A requested pause is not over yet.
    reason = "Lensmor has requested a pause" if slug == "lensmor" else reason
    with pytest.raises(HomeAssistantError, match=reason):
        await press(hass, button)
    assert not hass.config_entries.flow.async_progress()

    providers.respond_as(slug, None)
    freezer.tick(33)
    (balance,) = RESPONSES[slug][1].values()
    assert (await get_balance(hass, entry.entry_id))["balance"] == balance["balance"]


@pytest.mark.expects_traceback("Unexpected error fetching Crun.ai data")
async def test_unexpected_exception(hass: HomeAssistant, providers: Providers) -> None:
    """After an unexpected exception, the previous balance is not returned."""
    entry = await set_up(hass, providers.entry("crun"))
    with (
        patch.object(Client, "read", side_effect=RuntimeError("a bug")),
        pytest.raises(HomeAssistantError, match=r"Crun\.ai sent an unexpected response"),
    ):
        await get_balance(hass, entry.entry_id)


async def test_refused_credentials(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """A refusal raises an error; reauthentication starts with the second scheduled one."""
    entry = await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "expired_key")
    for _ in range(3):
        with pytest.raises(HomeAssistantError, match="Lunos does not accept the credentials"):
            await get_balance(hass, entry.entry_id)
    await hass.async_block_till_done()
    assert not hass.config_entries.flow.async_progress()
    assert get_state(hass, "sensor.lunos_balance") == "10.5"
    await clock.advance(seconds=61)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"


async def test_accounts_by_device_and_entity(
    hass: HomeAssistant, providers: Providers, device_registry: dr.DeviceRegistry
) -> None:
    """An account can also be chosen by its device or by one of its entities."""
    await set_up(hass, providers.entry("lunos"))
    entry = await set_up(hass, providers.entry("crun"))
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    for data in ({"device_id": device.id}, {"entity_id": "button.crun_ai_refresh"}):
        assert (await get_balance(hass, **data))["account"] == "Crun.ai"


async def test_devices_and_entities_of_others(
    hass: HomeAssistant,
    providers: Providers,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """What belongs to another integration, or to nothing, is no account."""
    await set_up(hass, providers.entry("crun"))
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", "1")}
    )
    entity_registry.async_get_or_create("sensor", "other", "1", config_entry=other)
    for data in (
        {"device_id": device.id},
        {"device_id": "nonsense"},
        {"entity_id": "sensor.other_1"},
        {"entity_id": "sensor.nowhere"},
    ):
        with pytest.raises(ServiceValidationError):
            await get_balance(hass, **data)
    for invalid in ({"entity_id": "x"}, {"device_id": "x", "entity_id": "sensor.x"}, {}):
        with pytest.raises(vol.Invalid):
            await hass.services.async_call(
                DOMAIN, "get_balance", invalid, blocking=True, return_response=True
            )
    assert providers.calls == 1


async def test_several_balances(hass: HomeAssistant, providers: Providers) -> None:
    """The fields of the main balance, or of the one with the given unit, are at the top level."""
    entry = await set_up(hass, providers.entry("deepseek", "two_currencies"))
    response = await get_balance(hass, entry.entry_id)
    assert (response["unit"], response["balance"], response["low_balance"]) == ("CNY", 81.69, False)
    assert list(response["balances"]) == ["CNY", "USD"]
    assert response["balances"]["USD"]["low_balance"] is True
    response = await get_balance(hass, entry.entry_id, unit="USD")
    assert (response["unit"], response["currency"], response["balance"]) == ("USD", "USD", 0)
    with pytest.raises(ServiceValidationError, match="DeepSeek has no balance in EUR"):
        await get_balance(hass, entry.entry_id, unit="EUR")
