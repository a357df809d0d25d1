"""Diagnostics: from an allow-list, so that nothing secret and no amount can get in."""

from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.update_coordinator import UpdateFailed

from .const import CONF_BASE_URL, CONF_PROVIDER
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator, Request, async_last_requests
from .ledger import Ledger, LedgerStore


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ApiBalanceConfigEntry
) -> dict[str, Any]:
    """Return what a bug report needs; Home Assistant adds all versions by itself."""
    requests = list(async_last_requests(hass, entry.entry_id))
    file_size, size_set_aside = await LedgerStore(hass, entry.entry_id).async_sizes()
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    about_entry = {
        "provider": entry.data[CONF_PROVIDER],
        "custom_base_url": CONF_BASE_URL in entry.data,
        "options": sorted(entry.options),
        "polling": not entry.pref_disable_polling,
        "state": entry.state.value,
        # Not the reason itself: of an error of our own nobody knows what is in its text.
        "reason": entry.error_reason_translation_key,
        "requests": [_about_request(request) for request in requests],
        "failures_in_a_row": _failures(requests),
        "ledger_file": {"bytes": file_size, "bytes_set_aside": size_set_aside},
        "disabled_entities": sorted(
            f"{entity.domain}.{entity.translation_key}" for entity in entities if entity.disabled
        ),
    }
    if entry.state is not ConfigEntryState.LOADED:
        return about_entry
    return about_entry | _about_account(entry.runtime_data)


def _about_account(coordinator: ApiBalanceCoordinator) -> dict[str, Any]:
    """Return which fields came and of what type, and how the account is kept."""
    snapshot = coordinator.data.snapshot
    error = coordinator.last_exception
    return {
        "last_update_success": coordinator.last_update_success,
        "last_error": getattr(error, "translation_key", None) or (error and type(error).__name__),
        "last_error_reason": getattr(error and error.__cause__, "reason", None),
        "next_poll_after_seconds": _seconds_to_next_poll(coordinator),
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
        "details": {field: _type(value) for field, value in snapshot.details.items()},
        "ledgers": {
            unit: _about_ledger(ledger) for unit, ledger in sorted(coordinator.ledgers.items())
        },
    }


def _type(detail: datetime | str | None) -> str:
    """Return what kind of detail came."""
    if detail is None:
        return "null"
    return "time" if isinstance(detail, datetime) else "text"


def _seconds_to_next_poll(coordinator: ApiBalanceCoordinator) -> float | None:
    """Return the time from the last poll to the next; None while none is planned."""
    error = None if coordinator.last_update_success else coordinator.last_exception
    # Refused credentials are not tried again by themselves.
    if coordinator.config_entry.pref_disable_polling or isinstance(error, ConfigEntryAuthFailed):
        return None
    if isinstance(error, UpdateFailed) and error.retry_after is not None:
        return error.retry_after
    interval = coordinator.update_interval
    return None if interval is None else interval.total_seconds()


def _about_ledger(ledger: Ledger) -> dict[str, Any]:
    """Return since when there are readings, and how much is kept of them."""
    spending = ledger.spending
    return {
        "since": spending.since.isoformat(timespec="seconds"),
        "last_reading": spending.at.isoformat(timespec="seconds"),
        "days": len(spending.days),
        "hours": len(spending.hours),
        "untold_events": len(ledger.untold),
    }


def _about_request(request: Request) -> dict[str, Any]:
    """Return when a request was sent, how long it took, and what came of it."""
    return {
        "at": request.at.isoformat(timespec="seconds"),
        "milliseconds": request.milliseconds,
        "error": request.error,
        "reason": request.reason,
    }


def _failures(requests: list[Request]) -> int:
    """Return how many requests have failed since the last that did not."""
    results = [request.error is None for request in reversed(requests)]
    return results.index(True) if True in results else len(results)
