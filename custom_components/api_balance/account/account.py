"""What the readings of one account mean: balances, alarm, figures and events. No network."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..api import (
    FLAGS,
    TEXTS,
    TIMES,
    AccountSnapshot,
    ApiError,
    Balance,
    Field,
    NoCreditsError,
    Provider,
)
from ..const import CONF_AUTO_TOP_UP, MAX_CLOCK_DIFFERENCE
from ..issues import AccountIssues
from ..ledger import Figures, Ledger, LedgerStore, Reading
from ..thresholds import threshold_of, with_threshold
from .balances import Balances
from .data import AccountData, AccountInfo, BalanceData, FiguresChange
from .failures import STATUS_OK, ClockError

_NO_CREDITS: Final = "no_credits"
_POSTPAID: Final = "postpaid"


class Account:
    """The state of one account, derived from its readings."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, provider: Provider) -> None:
        """Prepare the account of a config entry."""
        self._hass = hass
        self._entry = entry
        self.provider = provider
        self.store = LedgerStore(hass, entry.entry_id)
        self.issues = AccountIssues(hass, entry, provider)
        self.balances = Balances(hass, entry, provider, self.store.units)
        self._unknown = AccountSnapshot(
            balances=(),
            flags={field: None for field in provider.fields if field in FLAGS},
            details={field: None for field in provider.fields if field in TIMES | TEXTS},
        )
        self.snapshot: AccountSnapshot | None = None
        """The last accepted response; None before the first one."""
        self.awaits_confirmation = False
        """Whether the last response has to be confirmed by another one."""
        self._previous: AccountSnapshot | None = None
        self._changes: list[FiguresChange] = []
        self._events = 0

    @property
    def ledgers(self) -> Mapping[str, Ledger]:
        """Return the ledgers by key of the balance."""
        return self.store.ledgers

    @property
    def info(self) -> AccountInfo:
        """Return what events say about the account."""
        entry = self._entry
        return AccountInfo(
            entry_id=entry.entry_id, account=entry.title, provider=self.provider.name
        )

    @property
    def has_no_credits(self) -> bool:
        """Return whether the provider refuses because no credits are left."""
        ledger = self.ledgers.get(self.balances.main)
        return ledger is not None and ledger.no_credits

    async def async_load(self) -> None:
        """Load the ledgers; an alarm stays until a reading ends it."""
        await self.store.async_load()
        self.async_show_issues()

    def threshold(self, key: str) -> Decimal:
        """Return the user's threshold of a balance, in its unit; 0 if none is set."""
        return threshold_of(self._entry.options, key)

    def unit(self, key: str) -> str:
        """Return the unit of a balance."""
        return self.balances.units[key]

    def accept(
        self, result: AccountSnapshot | ApiError, now: datetime, *, refreshed: bool
    ) -> ApiError | None:
        """Record a response unless it has to be confirmed; return the error if it is of no use.

        `refreshed` says that a person asked for it.
        """
        has_no_credits = isinstance(result, NoCreditsError) and bool(self.ledgers)
        if isinstance(result, ApiError) and not has_no_credits:
            return result
        if result.date is not None and abs(now - result.date) > MAX_CLOCK_DIFFERENCE:
            return ClockError("the clock differs from the provider's by more than a day")
        if isinstance(result, ApiError):
            self._accept_no_credits(now)
        else:
            self._accept_snapshot(result, now, refreshed=refreshed)
        return None

    def _accept_snapshot(
        self, snapshot: AccountSnapshot, now: datetime, *, refreshed: bool
    ) -> None:
        """Record a response unless it has to be confirmed."""
        # The time of the response is no news.
        snapshot = snapshot._replace(date=None)
        readings = {
            balance.key: self._reading(snapshot, balance, amount, now)
            for balance in self.balances.watched(snapshot)
            if (amount := balance.amounts[Field.BALANCE]) is not None
        }
        # Every ledger has to see its reading, so no short-circuit.
        admitted = [
            self.ledgers[key].admit(reading)
            for key, reading in readings.items()
            if key in self.ledgers
        ]
        self.awaits_confirmation = not self.balances.admit(snapshot) or not all(admitted)
        if self.awaits_confirmation:
            return
        is_urgent = self._update_balances(snapshot, now)
        is_urgent |= self._record(readings, refreshed=refreshed)
        self._previous, self.snapshot = self.snapshot, snapshot
        if self._is_postpaid:
            for ledger in self.ledgers.values():
                ledger.end_alarm()
        self.async_show_issues()
        self._save(is_urgent=is_urgent)

    def _accept_no_credits(self, now: datetime) -> None:
        """Record that the provider refuses because no credits are left, unless unconfirmed."""
        key = self.balances.main
        ledger = self.ledgers[key]
        self.awaits_confirmation = not ledger.admit_no_credits(now)
        if not self.awaits_confirmation:
            ledger.record_no_credits(now, _zone(), threshold=self.threshold(key))
            self._show_alarm(key)
            self._save(is_urgent=bool(ledger.pending))

    def data(self, now: datetime, status: str = STATUS_OK) -> AccountData:
        """Return the coordinator data of a moment."""
        if status == STATUS_OK and self.has_no_credits:
            status = _NO_CREDITS
        snapshot = self.snapshot or self._unknown
        self._events += sum(len(ledger.pending) for ledger in self.ledgers.values())
        return AccountData(
            snapshot=snapshot,
            balances={
                key: self._balance_data(key, snapshot.balance(key), now)
                for key in self.balances.units
            },
            main=self.balances.main,
            status=status,
            events=self._events,
        )

    def take_changes(self) -> list[FiguresChange]:
        """Return what readings have changed in the figures since the last call."""
        changes, self._changes = self._changes, []
        return changes

    def amount_before(self, key: str, field: str) -> Decimal | None:
        """Return an amount in the reading before the last one; None if there is none."""
        if field == Field.BALANCE:
            ledger = self.ledgers.get(key)
            return None if ledger is None else ledger.before
        if self._previous is None or field not in Field:
            return None
        balance = self._previous.balance(key)
        return None if balance is None else balance.amounts.get(Field(field))

    def set_threshold(self, key: str, threshold: Decimal) -> None:
        """Change the user's threshold of a balance, in its unit; it takes effect immediately."""
        options = with_threshold(self._entry.options, key, threshold)
        self._hass.config_entries.async_update_entry(self._entry, options=options)
        self.issues.clear_threshold_question(key)
        if (ledger := self.ledgers.get(key)) is not None and not self._is_postpaid:
            ledger.set_threshold(threshold, dt_util.utcnow(), _zone())
            self._show_alarm(key)
            self._save(is_urgent=bool(ledger.pending))

    def reset_spending(self, since: datetime | None) -> None:
        """Remove the spending counted since a time, or all of it; the alarm stays."""
        for ledger in self.ledgers.values():
            ledger.reset_spending(since, dt_util.utcnow(), _zone())
        self._save(is_urgent=True)

    @callback
    def async_show_issues(self) -> None:
        """Raise, update or clear the alarms, for example after the account was renamed."""
        for key in self.ledgers:
            self._show_alarm(key)

    @property
    def _is_postpaid(self) -> bool:
        """Return whether there is no balance to watch."""
        snapshot = self.snapshot
        return snapshot is not None and snapshot.details.get(Field.BILLING_TYPE) == _POSTPAID

    def _reading(
        self, snapshot: AccountSnapshot, balance: Balance, amount: Decimal, now: datetime
    ) -> Reading:
        """Return the reading of one balance in a response."""
        # The provider's own alert and the reset time are about the account as a whole.
        is_main = balance.key == self.balances.main or len(snapshot.balances) == 1
        reset = snapshot.details.get(Field.RESET)
        return Reading(
            balance=amount,
            at=now,
            threshold=self.threshold(balance.key),
            alarmed=is_main and snapshot.alarmed,
            paid=balance.amounts.get(Field.PAID_BALANCE),
            granted=balance.amounts.get(Field.TOTAL_GRANTED),
            limit=balance.amounts.get(Field.LIMIT),
            tops_up=bool(self._entry.options.get(CONF_AUTO_TOP_UP))
            or snapshot.flags.get(Field.AUTO_TOP_UP) is True,
            reset=reset if is_main and isinstance(reset, datetime) else None,
        )

    def _update_balances(self, snapshot: AccountSnapshot, now: datetime) -> bool:
        """Add new balances and remove old ones; return whether to write immediately."""
        is_first = not self.balances.units
        last_readings = {key: ledger.last.at for key, ledger in self.ledgers.items()}
        added, removed = self.balances.update(snapshot, now, last_readings)
        for key in removed:
            self.store.remove(key)
            self.issues.clear_balance(key)
        if not is_first:
            for balance in added:
                self.issues.ask_for_threshold(balance.key, balance.unit)
        return bool(removed)

    def _record(self, readings: Mapping[str, Reading], *, refreshed: bool) -> bool:
        """Record accepted readings; return whether to write immediately."""
        is_urgent = False
        for key, reading in readings.items():
            if (ledger := self.ledgers.get(key)) is None:
                self.store.add(key, Ledger.start(reading))
                is_urgent = True
            else:
                before = ledger.figures(ledger.last.at, _zone())
                ledger.record(reading, _zone(), refreshed=refreshed)
                self._note_change(key, before, ledger.figures(ledger.last.at, _zone()))
                is_urgent |= bool(ledger.pending)
        return is_urgent

    def _note_change(self, key: str, before: Figures, after: Figures) -> None:
        """Keep what a reading has changed in the figures, for the triggers about them."""
        if after != before:
            change = FiguresChange(
                info=self.info,
                key=key,
                unit=self.unit(key),
                balance=self.ledgers[key].balance,
                before=before,
                after=after,
            )
            self._changes.append(change)

    def _balance_data(self, key: str, balance: Balance | None, now: datetime) -> BalanceData:
        """Return the coordinator data of one balance."""
        ledger = self.ledgers.get(key)
        return BalanceData(
            unit=self.unit(key),
            amounts={} if balance is None or self.has_no_credits else balance.amounts,
            is_reported=balance is not None or self.snapshot is None,
            low=None if ledger is None or self._is_postpaid else ledger.low,
            figures=None if ledger is None else ledger.figures(now, _zone()),
        )

    def _show_alarm(self, key: str) -> None:
        """Raise, update or clear the issues about a low balance."""
        ledger = self.ledgers[key]
        balance = Decimal(0) if ledger.no_credits else ledger.balance
        self.issues.show_alarm(key, balance, self.unit(key), low=ledger.low)

    def _save(self, *, is_urgent: bool) -> None:
        """Write the ledgers: events immediately, everything else later."""
        if is_urgent:
            self.store.async_save_soon()
        else:
            self.store.async_save_later()


def _zone() -> tzinfo:
    """Return the user's time zone."""
    return dt_util.get_default_time_zone()
