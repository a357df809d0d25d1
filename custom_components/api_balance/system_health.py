"""System health: whether the providers in use can be reached."""

from typing import Any

from homeassistant.components import system_health
from homeassistant.core import HomeAssistant, callback

from .const import CONF_BASE_URL, DOMAIN
from .coordinator import ApiBalanceConfigEntry


@callback
def async_register(_hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Register the information page."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Count the accounts, and try to reach each provider; without any credential."""
    entries: list[ApiBalanceConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    info: dict[str, Any] = {
        "accounts": len(hass.config_entries.async_entries(DOMAIN)),
        "accounts_available": sum(entry.runtime_data.last_update_success for entry in entries),
    }
    for entry in entries:
        provider = entry.runtime_data.provider
        info[provider.name] = system_health.async_check_can_reach_url(
            hass, entry.data.get(CONF_BASE_URL, provider.base_url)
        )
    return info
