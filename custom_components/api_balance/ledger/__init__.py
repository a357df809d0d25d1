"""What happened to the balances of an account over time: pure arithmetic, and its storage."""

from .ledger import BalanceEvent, EventType, Ledger, is_low
from .spending import Figures
from .store import LedgerStore

__all__ = ["BalanceEvent", "EventType", "Figures", "Ledger", "LedgerStore", "is_low"]
