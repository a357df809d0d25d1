"""Actions: read the balance before or after something that costs."""

from typing import Final

import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import service
from homeassistant.helpers.selector import ConfigEntrySelector

from .api import CREDITS, Field
from .const import DOMAIN
from .coordinator import ApiBalanceConfigEntry, json_value

SERVICE_GET_BALANCE: Final = "get_balance"

_SCHEMA: Final = vol.Schema(
    {vol.Required(ATTR_CONFIG_ENTRY_ID): ConfigEntrySelector({"integration": DOMAIN})}
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_GET_BALANCE,
        _async_get_balance,
        schema=_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )


async def _async_get_balance(call: ServiceCall) -> ServiceResponse:
    """Ask the provider once, and return what it reports."""
    entry: ApiBalanceConfigEntry = service.async_get_config_entry(
        call.hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID]
    )
    coordinator = entry.runtime_data
    await coordinator.async_ask()
    snapshot = coordinator.data.snapshot
    main = snapshot.balances[0]
    reported = {**main.amounts, **snapshot.flags, **snapshot.details}
    # Personal data: a response is kept in the traces of automations.
    reported.pop(Field.ACCOUNT_EMAIL, None)
    return {
        "provider": coordinator.provider.slug,
        "currency": None if main.unit == CREDITS else main.unit,
        "low_balance": coordinator.is_low(main.unit),
        "updated": json_value(coordinator.last_update_success_time),
        **{str(field): json_value(value) for field, value in reported.items()},
    }
