"""Actions: read a balance before or after a paid request, and correct the spending."""

from datetime import datetime
from typing import Final

import voluptuous as vol

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr, service
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from .account import BalanceData, json_value
from .api import Field
from .const import DOMAIN
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator
from .messages import unit_name
from .targets import async_own_entity
from .units import is_currency

ATTR_SINCE: Final = "since"
ATTR_UNIT: Final = "unit"
SERVICE_GET_BALANCE: Final = "get_balance"
SERVICE_RESET_SPENDING: Final = "reset_spending"

_ACCOUNT: Final = {
    vol.Exclusive(ATTR_CONFIG_ENTRY_ID, "account"): cv.string,
    vol.Exclusive(ATTR_DEVICE_ID, "account"): cv.string,
    vol.Exclusive(ATTR_ENTITY_ID, "account"): cv.entity_id,
}
_ONE_ACCOUNT: Final = cv.has_at_least_one_key(ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_GET_BALANCE,
        _async_get_balance,
        schema=vol.All(vol.Schema(_ACCOUNT | {vol.Optional(ATTR_UNIT): cv.string}), _ONE_ACCOUNT),
        supports_response=SupportsResponse.ONLY,
    )
    hass.services.async_register(
        DOMAIN,
        SERVICE_RESET_SPENDING,
        _async_reset_spending,
        schema=vol.All(
            vol.Schema(_ACCOUNT | {vol.Optional(ATTR_SINCE): cv.datetime}), _ONE_ACCOUNT
        ),
    )


async def _async_get_balance(call: ServiceCall) -> ServiceResponse:
    """Poll an account, and return what the provider reports.

    The fields of the main balance, or of the balance with the given unit, are at the top level.
    """
    coordinator = _coordinator(call)
    await coordinator.async_refresh_now()
    data = coordinator.data
    key = data.main
    if (unit := call.data.get(ATTR_UNIT)) is not None:
        # As the response has it, or as the entities show it.
        matches = (
            key
            for key, each in data.balances.items()
            if unit in {each.unit, unit_name(call.hass, each.unit)}
        )
        key = next(matches, "")
    if key not in data.balances:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="unknown_unit",
            translation_placeholders={
                "account": coordinator.config_entry.title,
                "unit": call.data[ATTR_UNIT],
            },
        )
    # The email address is personal data, and responses are kept in the traces of automations.
    details = {**data.snapshot.flags, **data.snapshot.details}
    details.pop(Field.ACCOUNT_EMAIL, None)
    return {
        "account": coordinator.config_entry.title,
        "provider": coordinator.provider.slug,
        "updated": json_value(coordinator.last_success),
        **_balance(data.balances[key]),
        **{str(field): json_value(value) for field, value in details.items()},
        "balances": {each.unit: _balance(each) for each in data.balances.values()},
    }


async def _async_reset_spending(call: ServiceCall) -> None:
    """Remove the spending counted since a time, or all of it."""
    coordinator = _coordinator(call)
    since: datetime | None = call.data.get(ATTR_SINCE)
    coordinator.async_reset_spending(None if since is None else dt_util.as_utc(since))


def _balance(balance: BalanceData) -> JsonObjectType:
    """Return the fields of one balance."""
    return {
        "unit": balance.unit,
        "currency": balance.unit if is_currency(balance.unit) else None,
        "low_balance": balance.low,
        **{str(field): json_value(amount) for field, amount in balance.amounts.items()},
    }


def _coordinator(call: ServiceCall) -> ApiBalanceCoordinator:
    """Return the coordinator of the account that an action is about."""
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    if (device_id := call.data.get(ATTR_DEVICE_ID)) is not None:
        device = dr.async_get(call.hass).async_get(device_id)
        entry_id = None if device is None else device.primary_config_entry
    elif (entity_id := call.data.get(ATTR_ENTITY_ID)) is not None:
        entity = async_own_entity(call.hass, entity_id)
        entry_id = None if entity is None else entity.config_entry_id
    entry: ApiBalanceConfigEntry = service.async_get_config_entry(call.hass, DOMAIN, entry_id or "")
    return entry.runtime_data
