"""Lets the frontend offer the dashboard of all accounts, as a strategy in one JavaScript module."""

from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from .const import DOMAIN

_MODULE: Final = Path(__file__).parent / "frontend" / "dashboard.js"
_URL: Final = f"/{DOMAIN}/dashboard.js"


async def async_setup_dashboard(hass: HomeAssistant) -> None:
    """Serve the module, and let the frontend load it; without a frontend, do nothing."""
    if "frontend" not in hass.config.components:
        return
    integration = await async_get_integration(hass, DOMAIN)
    await hass.http.async_register_static_paths([StaticPathConfig(_URL, str(_MODULE))])
    # Browsers keep the file: another version needs another address.
    add_extra_js_url(hass, f"{_URL}?v={integration.version}")
