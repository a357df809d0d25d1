"""Diagnostics: from an allow-list, so that nothing secret and no amount can get in."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .const import CONF_BASE_URL, CONF_PROVIDER
from .coordinator import ApiBalanceConfigEntry


async def async_get_config_entry_diagnostics(
    _hass: HomeAssistant, entry: ApiBalanceConfigEntry
) -> dict[str, Any]:
    """Return what a bug report needs: which fields came and of what type, and how polling goes."""
    about_entry = {
        "provider": entry.data[CONF_PROVIDER],
        "custom_base_url": CONF_BASE_URL in entry.data,
        "state": entry.state.value,
        "reason": entry.reason,
    }
    if entry.state is not ConfigEntryState.LOADED:
        return about_entry
    coordinator = entry.runtime_data
    snapshot = coordinator.data.snapshot
    error = coordinator.last_exception
    return about_entry | {
        "last_update_success": coordinator.last_update_success,
        "last_error": getattr(error, "translation_key", None) or (error and type(error).__name__),
        "last_error_reason": getattr(error and error.__cause__, "reason", None),
        "balances": [
            {
                "unit": balance.unit,
                "threshold_set": coordinator.threshold(balance.unit) > 0,
                "low": coordinator.is_low(balance.unit),
                "fields": {
                    field: "null" if amount is None else "amount"
                    for field, amount in balance.amounts.items()
                },
            }
            for balance in snapshot.balances
        ],
        "flags": dict(snapshot.flags),
        "details": {field: type(value).__name__ for field, value in snapshot.details.items()},
    }
