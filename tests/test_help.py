"""Diagnostics and system health: enough to help, nothing secret, no amounts."""

from datetime import timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .conftest import Providers, set_up


async def diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers, slug: str
) -> dict[str, Any]:
    """Return the diagnostics of a provider's active account as somebody downloads them."""
    assert await async_setup_component(hass, "diagnostics", {})
    entry = await set_up(hass, providers.entry(slug))
    result = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert isinstance(result, dict)
    return result


async def test_diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """Diagnostics say which fields came and of what type."""
    assert await diagnostics(hass, hass_client, providers, "lunos") == {
        "provider": "lunos",
        "custom_base_url": True,
        "state": "loaded",
        "reason": None,
        "last_update_success": True,
        "last_error": None,
        "last_error_reason": None,
        "balances": [
            {
                "unit": "credits",
                "threshold_set": False,
                "low": False,
                "fields": {"balance": "amount", "alert_threshold": "amount"},
            }
        ],
        "flags": {"alert_enabled": True, "provider_low_balance": False},
        "details": {"provider_updated": "datetime", "account_email": "str"},
    }


@pytest.mark.parametrize("slug", BY_SLUG)
async def test_nothing_secret(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers, slug: str
) -> None:
    """No credential, no address, no e-mail and no amount is in diagnostics."""
    text = json.dumps(await diagnostics(hass, hass_client, providers, slug))
    served = json.loads(providers.simulator.served(slug, providers.key(slug)) or b"")
    amounts = {str(value) for value in flatten(served) if str(value).strip("0.-")}
    for secret in (*providers.credentials(slug).values(), "127.0.0.1", "@", *amounts):
        if secret not in {"True", "False", "USD", "usd", "1", "200", "active", "secret"}:
            assert secret not in text


def flatten(value: object) -> list[object]:
    """Return the numbers in an answer."""
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in flatten(each)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


async def test_diagnostics_of_a_failure(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    providers: Providers,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The last error is there with its reason."""
    assert await async_setup_component(hass, "diagnostics", {})
    entry = await set_up(hass, providers.entry("crun"))
    providers.answer_as("crun", "maintenance_in_200")
    freezer.tick(timedelta(minutes=16))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert isinstance(result, dict)
    assert result["last_update_success"] is False
    assert result["last_error"] == "cannot_connect"
    assert result["last_error_reason"] == "HTTP 200, code 455"


async def test_diagnostics_of_an_account_that_was_never_loaded(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """A failed set-up is when diagnostics are needed most."""
    assert await async_setup_component(hass, "diagnostics", {})
    entry = await set_up(hass, providers.entry("lunos", "malformed"))
    assert await get_diagnostics_for_config_entry(hass, hass_client, entry) == {
        "provider": "lunos",
        "custom_base_url": True,
        "state": "setup_retry",
        "reason": "Lunos answered in a way that API Balance does not understand",
    }


async def test_system_health(hass: HomeAssistant, providers: Providers) -> None:
    """The page counts the accounts and tries each provider in use, without credentials."""
    assert await async_setup_component(hass, "system_health", {})
    await set_up(hass, providers.entry("lunos"))
    await set_up(hass, providers.entry("crun"))
    await set_up(hass, providers.entry("crun", "maintenance"))
    calls = providers.calls
    info = await get_system_health_info(hass, DOMAIN)
    assert info["accounts"] == 3
    assert info["accounts_available"] == 2
    assert await info["Lunos"] == "ok"
    assert await info["Crun.ai"] == "ok"
    assert set(info) == {"accounts", "accounts_available", "Lunos", "Crun.ai"}
    for request in list(providers.simulator.requests)[calls:]:
        assert not {"Authorization", "x-api-key"} & set(request.headers)
