"""One account: requests, failures, the meaning of readings, and the delivery of events."""

from .account import Account
from .data import AccountData, AccountInfo, BalanceData, FiguresChange
from .delivery import (
    BALANCE_EVENT_KEY,
    SIGNAL_ENTITY,
    SIGNAL_FIGURES,
    SIGNAL_TRIGGERS,
    Attributes,
    async_deliver,
    event_entity_id,
    format_run_out,
    json_value,
)
from .failures import (
    STATUS_OK,
    ClockError,
    Failures,
    Request,
    async_failures,
    async_forget_failures,
)
from .fetch import async_create_client, async_fetch
from .rebase import async_rebase
from .statistics import SpendingStatistics

__all__ = [
    "BALANCE_EVENT_KEY",
    "SIGNAL_ENTITY",
    "SIGNAL_FIGURES",
    "SIGNAL_TRIGGERS",
    "STATUS_OK",
    "Account",
    "AccountData",
    "AccountInfo",
    "Attributes",
    "BalanceData",
    "ClockError",
    "Failures",
    "FiguresChange",
    "Request",
    "SpendingStatistics",
    "async_create_client",
    "async_deliver",
    "async_failures",
    "async_fetch",
    "async_forget_failures",
    "async_rebase",
    "event_entity_id",
    "format_run_out",
    "json_value",
]
