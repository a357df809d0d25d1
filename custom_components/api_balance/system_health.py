"""System health: whether the providers in use can be reached."""

import asyncio
from typing import Any, Final

from aiohttp import ClientError, ClientTimeout

from homeassistant.components import system_health
from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .const import CONF_BASE_URL, CONF_HOST, DOMAIN
from .coordinator import ApiBalanceConfigEntry
from .providers import provider_of

# As long as Home Assistant waits for addresses whose certificates it verifies.
_TIMEOUT: Final = ClientTimeout(total=5)


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the information."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Count the accounts, and try to reach each provider in use, without any credentials."""
    entries = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    loaded: list[ApiBalanceConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    info: dict[str, Any] = {
        "accounts": len(entries),
        "accounts_available": sum(entry.runtime_data.last_update_success for entry in loaded),
    }
    # Accounts whose setup failed are included: this page may show why.
    addresses: dict[str, set[tuple[str, bool]]] = {}
    for entry in entries:
        provider = await hass.async_add_import_executor_job(provider_of, entry.data)
        if provider is not None:
            host = provider.host(entry.data.get(CONF_HOST))
            address = entry.data.get(CONF_BASE_URL, "" if host is None else host.url)
            verify_ssl = entry.data.get(CONF_VERIFY_SSL, True)
            addresses.setdefault(provider.name, set()).add((address, verify_ssl))
    return info | {name: _async_reach(hass, urls) for name, urls in sorted(addresses.items())}


async def _async_reach(
    hass: HomeAssistant, addresses: set[tuple[str, bool]]
) -> str | dict[str, str]:
    """Return "ok", or the first error among the addresses of one provider.

    People copy this page into bug reports, so it does not show a user's own address.
    """
    results = await asyncio.gather(
        *(_async_check(hass, url, verify_ssl=verify_ssl) for url, verify_ssl in sorted(addresses))
    )
    return next((result for result in results if result != "ok"), "ok")


async def _async_check(hass: HomeAssistant, url: str, *, verify_ssl: bool) -> str | dict[str, str]:
    """Return "ok", or the error of one address."""
    if verify_ssl:
        return await system_health.async_check_can_reach_url(hass, url)
    session = async_get_clientsession(hass, verify_ssl=False)
    try:
        async with session.get(url, timeout=_TIMEOUT):
            return "ok"
    except ClientError, TimeoutError:
        return {"type": "failed", "error": "unreachable"}
