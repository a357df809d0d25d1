"""System health: which providers can be reached."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import Providers, set_up


def at_base_url(entry: MockConfigEntry, base_url: str) -> MockConfigEntry:
    """Return a copy of an entry with another base URL."""
    data = {**entry.data, "base_url": base_url}
    return MockConfigEntry(domain=DOMAIN, title=entry.title, data=data)


async def system_health(hass: HomeAssistant) -> dict[str, Any]:
    """Return the information on the page, with the result of every check."""
    assert await async_setup_component(hass, "system_health", {})
    info = await get_system_health_info(hass, DOMAIN)
    return {
        key: await value if hasattr(value, "__await__") else value for key, value in info.items()
    }


async def test_accounts_and_providers(hass: HomeAssistant, providers: Providers) -> None:
    """The page counts the accounts, and checks each provider once without credentials."""
    await set_up(hass, providers.entry("lunos"))
    await set_up(hass, providers.entry("crun"))
    await set_up(hass, providers.entry("crun", "maintenance"))
    # The same address, written differently.
    base_url = providers.base_url("crun").replace("/crun", "/%63run")
    await set_up(hass, at_base_url(providers.entry("crun", "low"), base_url))
    await set_up(hass, providers.entry("lensmor", "invalid_key"))
    calls = providers.calls
    assert await system_health(hass) == {
        "accounts": 5,
        "accounts_available": 3,
        "Crun.ai": "ok",
        "Lensmor": "ok",
        "Lunos": "ok",
    }
    for request in list(providers.simulator.requests)[calls:]:
        assert not {"Authorization", "x-api-key"} & set(request.headers)


async def test_unreachable_provider(
    hass: HomeAssistant, providers: Providers, refused_url: str
) -> None:
    """The providers of accounts whose setup fails are checked too; no address is shown."""
    await set_up(hass, at_base_url(providers.entry("lunos"), f"{refused_url}/planted"))
    await set_up(hass, providers.entry("crun"))
    assert await system_health(hass) == {
        "accounts": 2,
        "accounts_available": 1,
        "Crun.ai": "ok",
        "Lunos": {"type": "failed", "error": "unreachable"},
    }


@pytest.mark.parametrize("path", ["", "/planted"])
async def test_several_base_urls(
    hass: HomeAssistant, providers: Providers, refused_url: str, path: str
) -> None:
    """A provider is reachable only if all base URLs of its accounts are."""
    await set_up(hass, providers.entry("crun"))
    await set_up(hass, at_base_url(providers.entry("crun", "low"), f"{refused_url}{path}"))
    assert (await system_health(hass))["Crun.ai"] == {"type": "failed", "error": "unreachable"}


@pytest.mark.expects_traceback("does not know the provider later")
async def test_unused_accounts(hass: HomeAssistant, providers: Providers) -> None:
    """Nothing is checked for a disabled account or an unknown provider."""
    await set_up(hass, providers.entry("crun", disabled_by=ConfigEntryDisabler.USER))
    entry = providers.entry("lunos")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={"provider": "later"})
    await hass.config_entries.async_setup(entry.entry_id)
    assert await system_health(hass) == {"accounts": 1, "accounts_available": 0}
