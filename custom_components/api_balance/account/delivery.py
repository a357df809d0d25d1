"""Delivery of events: first to the event entity, then to the triggers, each event once."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from homeassistant.components.event import DOMAIN as EVENT_DOMAIN
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType
from homeassistant.util.signal_type import SignalType

from ..const import DOMAIN
from ..ledger import BalanceEvent, EventType
from ..messages import format_amount, format_time, translate
from .account import Account
from .data import AccountInfo, FiguresChange

type Attributes = Mapping[str, JsonValueType]

BALANCE_EVENT_KEY = "balance_event"


# Entry ID, key of the balance, event type and attributes: to the event entity ...
SIGNAL_ENTITY: SignalType[str, str, EventType, Attributes] = SignalType(f"{DOMAIN}_entity_event")
# ... and then to the triggers, so that automations see the updated states.
SIGNAL_TRIGGERS: SignalType[str, str, EventType, Attributes] = SignalType(f"{DOMAIN}_balance_event")
SIGNAL_FIGURES: SignalType[FiguresChange] = SignalType(f"{DOMAIN}_figures")


@callback
def async_deliver(hass: HomeAssistant, account: Account) -> None:
    """Deliver the pending events of an account, and the changes of its figures."""
    info = account.info
    is_delivered = False
    for key, ledger in account.ledgers.items():
        while ledger.pending:
            _deliver(hass, info, key, account.unit(key), ledger.pending.pop(0))
            is_delivered = True
    if is_delivered:
        account.store.async_save_soon()
    for change in account.take_changes():
        async_dispatcher_send(hass, SIGNAL_FIGURES, change)


def _deliver(
    hass: HomeAssistant, info: AccountInfo, key: str, unit: str, event: BalanceEvent
) -> None:
    """Deliver one event to the event entity and then to the triggers."""
    attributes = _attributes(hass, info, unit, event)
    async_dispatcher_send(hass, SIGNAL_ENTITY, info.entry_id, key, event.type, attributes)
    payload = {ATTR_ENTITY_ID: event_entity_id(hass, info.entry_id, key), **attributes}
    async_dispatcher_send(hass, SIGNAL_TRIGGERS, info.entry_id, key, event.type, payload)


@callback
def event_entity_id(hass: HomeAssistant, entry_id: str, key: str) -> str | None:
    """Return the entity ID of a balance's event entity, which may be disabled."""
    unique_id = f"{entry_id}_{BALANCE_EVENT_KEY}:{key}"
    return er.async_get(hass).async_get_entity_id(EVENT_DOMAIN, DOMAIN, unique_id)


def _attributes(
    hass: HomeAssistant, info: AccountInfo, unit: str, event: BalanceEvent
) -> dict[str, JsonValueType]:
    """Return everything that a notification about an event needs."""
    return {
        "account": info.account,
        "provider": info.provider,
        "balance": json_value(event.balance),
        "unit": unit,
        "threshold": json_value(event.threshold),
        "amount": json_value(event.amount),
        "run_out": json_value(event.run_out),
        "message": _message(hass, info, unit, event),
    }


def _message(hass: HomeAssistant, info: AccountInfo, unit: str, event: BalanceEvent) -> str:
    """Return one sentence that says what happened."""
    key: str = event.type
    if event.balance is None:
        # The provider only says that nothing is left.
        return translate(hass, "emptied", account=info.account, provider=info.provider)
    placeholders = {
        "account": info.account,
        "provider": info.provider,
        "balance": format_amount(hass, event.balance, unit),
        "threshold": format_amount(hass, event.threshold, unit),
    }
    if event.amount is not None:
        placeholders["amount"] = format_amount(hass, event.amount, unit)
    if event.type is EventType.BECAME_LOW:
        if event.balance >= event.threshold:
            key = "became_low_provider"
        if event.run_out is not None:
            key = f"{key}_until"
            placeholders["run_out"] = format_run_out(hass, event.run_out)
    return translate(hass, key, **placeholders)


@callback
def format_run_out(hass: HomeAssistant, run_out: datetime) -> str:
    """Return when a balance runs out: the hour if it is known, otherwise the day."""
    is_day = dt_util.as_local(run_out).time() == datetime.min.time()
    return format_time(hass, run_out, with_hour=not is_day)


def json_value(value: Decimal | datetime | str | bool | None) -> JsonValueType:  # noqa: FBT001
    """Return a value for JSON: numbers as numbers, times in ISO 8601."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, datetime) else value
