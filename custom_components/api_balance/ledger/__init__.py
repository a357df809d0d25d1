"""The history of the balances of an account: pure arithmetic, storage and statistics."""

from .hours import hour_of
from .ledger import Ledger
from .models import BalanceEvent, EventType, Figures, Reading, is_low
from .statistics import (
    async_has_recorder,
    async_remove_statistics,
    async_write_statistics,
    spent_statistic_id,
)
from .store import LedgerStore

__all__ = [
    "BalanceEvent",
    "EventType",
    "Figures",
    "Ledger",
    "LedgerStore",
    "Reading",
    "async_has_recorder",
    "async_remove_statistics",
    "async_write_statistics",
    "hour_of",
    "is_low",
    "spent_statistic_id",
]
