"""Coordinator data of one account."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from ..api import AccountSnapshot, Field
from ..ledger import Figures
from .failures import STATUS_OK


class BalanceData(NamedTuple):
    """One balance of an account."""

    unit: str
    """Unit of all its amounts."""
    amounts: Mapping[Field, Decimal | None] = MappingProxyType({})
    """Amounts as the provider reported them last; None or absent where they are unknown."""
    is_reported: bool = False
    """Whether the last good response contained this balance."""
    low: bool | None = None
    """Whether the balance is low; None if it was never known or there is nothing to watch."""
    figures: Figures | None = None
    """Figures of the ledger; None if the balance was never known."""


class AccountData(NamedTuple):
    """Everything known about one account. Equal data does not notify listeners."""

    snapshot: AccountSnapshot
    """The last accepted response."""
    balances: Mapping[str, BalanceData]
    """The account's balances by key."""
    main: str
    """Key of the main balance."""
    status: str = STATUS_OK
    """Why the account cannot be read: the key of the error; "ok" while it can be read."""
    events: int = 0
    """Number of events so far, so that an event always notifies the listeners."""


class AccountInfo(NamedTuple):
    """What events say about the account they belong to."""

    entry_id: str
    account: str
    """The user's name for the account."""
    provider: str


class FiguresChange(NamedTuple):
    """Figures of one balance before and after a reading, for the triggers about figures."""

    info: AccountInfo
    key: str
    unit: str
    balance: Decimal
    """The balance after the reading."""
    before: Figures
    """Figures at the time of the previous reading."""
    after: Figures

    @property
    def is_new_day(self) -> bool:
        """Return whether the user's day has changed in between."""
        return self.before.day != self.after.day

    @property
    def is_new_month(self) -> bool:
        """Return whether the user's month has changed in between."""
        return self.before.day.replace(day=1) != self.after.day.replace(day=1)
