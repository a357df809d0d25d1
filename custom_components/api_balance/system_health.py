"""System health: whether the providers in use can be reached."""

import asyncio
from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import CONF_BASE_URL, CONF_PROVIDER, DOMAIN
from .coordinator import ApiBalanceConfigEntry
from .providers import BY_SLUG


@callback
def async_register(_hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the information page."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Count the accounts, and try to reach each provider in use; without any credential."""
    entries = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    loaded: list[ApiBalanceConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    info: dict[str, Any] = {
        "accounts": len(entries),
        "accounts_available": sum(entry.runtime_data.last_update_success for entry in loaded),
    }
    # Also of accounts that could not be set up: the reason may be found here.
    addresses: dict[str, set[str]] = {}
    for entry in entries:
        if provider := BY_SLUG.get(entry.data[CONF_PROVIDER]):
            address = entry.data.get(CONF_BASE_URL, provider.hosts[0].url)
            addresses.setdefault(provider.name, set()).add(address)
    return info | {name: _async_reach(hass, urls) for name, urls in sorted(addresses.items())}


async def _async_reach(hass: HomeAssistant, urls: set[str]) -> str | dict[str, str]:
    """Try every address at which accounts of a provider are asked; return what went wrong first.

    The page is copied into bug reports: an address of the user's own is not shown.
    """
    results = await asyncio.gather(
        *(system_health.async_check_can_reach_url(hass, url) for url in sorted(urls))
    )
    return next((result for result in results if result != "ok"), "ok")
