"""Diagnostics, from an allow-list: no secret and no amount can get in."""

from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .account import Request, async_failures
from .const import CONF_BASE_URL, CONF_ENDPOINT, CONF_PROVIDER
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator
from .endpoint_diagnostics import endpoint_diagnostics
from .entity import description_key
from .ledger import Ledger, LedgerStore


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ApiBalanceConfigEntry
) -> dict[str, Any]:
    """Return what a bug report needs; Home Assistant adds all versions."""
    failures = async_failures(hass, entry.entry_id)
    file_size, corrupt_size = await LedgerStore(hass, entry.entry_id).async_sizes()
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    about_entry = {
        "provider": entry.data[CONF_PROVIDER],
        "custom_base_url": CONF_BASE_URL in entry.data,
        "options": sorted(entry.options),
        "polling": not entry.pref_disable_polling,
        "state": entry.state.value,
        # Not the reason itself: nobody knows what the text of an unexpected exception contains.
        "reason": entry.error_reason_translation_key,
        "requests": [_request(request) for request in failures.requests],
        "consecutive_failures": failures.consecutive,
        "seconds_to_next_request": round(failures.wait_left(dt_util.utcnow())),
        "unreadable_seconds": round(failures.unreadable.total_seconds()),
        "ledger_file": {"bytes": file_size, "corrupt_bytes": corrupt_size},
        "disabled_entities": sorted(
            f"{entity.domain}.{description_key(entity)}" for entity in entities if entity.disabled
        ),
    }
    if CONF_ENDPOINT in entry.data:
        about_entry["endpoint"] = endpoint_diagnostics(entry.data)
    if entry.state is not ConfigEntryState.LOADED:
        return about_entry
    return about_entry | _account(entry.runtime_data)


def _account(coordinator: ApiBalanceCoordinator) -> dict[str, Any]:
    """Return which fields were reported with which types, and the state of the ledgers."""
    data, account = coordinator.data, coordinator.account
    return {
        "status": data.status,
        "last_update_success": coordinator.last_update_success,
        "awaits_confirmation": account.awaits_confirmation,
        "balances": [
            {
                "key": key,
                "unit": balance.unit,
                "main": key == data.main,
                "threshold_set": account.threshold(key) > 0,
                "low": balance.low,
                "fields": {
                    field: "null" if amount is None else "amount"
                    for field, amount in balance.amounts.items()
                },
            }
            for key, balance in data.balances.items()
        ],
        "flags": dict(data.snapshot.flags),
        "details": {field: _type(value) for field, value in data.snapshot.details.items()},
        "problems": dict(data.snapshot.problems),
        "ledgers": {key: _ledger(ledger) for key, ledger in sorted(account.ledgers.items())},
    }


def _type(detail: datetime | str | None) -> str:
    """Return the type of a detail."""
    if detail is None:
        return "null"
    return "time" if isinstance(detail, datetime) else "text"


def _ledger(ledger: Ledger) -> dict[str, Any]:
    """Return how much history a ledger holds."""
    return {
        "since": ledger.spending.since.isoformat(timespec="seconds"),
        "last_reading": ledger.last.at.isoformat(timespec="seconds"),
        "days": len(ledger.spending.days),
        "hours": len(ledger.spending.hours),
        "pending_events": len(ledger.pending),
    }


def _request(request: Request) -> dict[str, Any]:
    """Return when a request was sent, how long it took, and its result."""
    return {
        "at": request.at.isoformat(timespec="seconds"),
        "milliseconds": request.milliseconds,
        "error": request.error,
        "reason": request.reason,
    }
