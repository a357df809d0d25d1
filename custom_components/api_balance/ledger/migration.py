"""Migration of ledgers from version 1 of the storage."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from .alarm import Alarm
from .hours import DAY
from .ledger import Ledger
from .models import BalanceEvent, EventType, Reading
from .serialization import amount_from, expect, optional_amount_from, optional_time_from, time_from
from .spending import Spending

# Version 1 kept 33 days, the first of which may be incomplete.
_KNOWN_TIME: Final = 32 * DAY


def ledger_from_version_1(stored: object) -> Ledger:
    """Return a ledger that version 1 has stored; raises an error if it is damaged.

    New fields start on the safe side: the provider's alert may be the cause of an alarm, so that
    only a reading can end it.
    """
    ledger: Mapping[str, object] = expect(stored, dict)
    at, balance = time_from(ledger["at"]), amount_from(ledger["balance"])
    low = expect(ledger["low"], bool)
    top_up, spending = ledger["last_top_up"], _spending(ledger, at)
    return Ledger(
        last=Reading(balance=balance, at=at, alarmed=low),
        reset=None,
        full=balance,
        last_top_up=None if top_up is None else _top_up(expect(top_up, list)),
        alarm=Alarm(low=low, emptied=expect(ledger["empty"], bool)),
        spending=spending,
        changed_from=spending.first_hour(at),
        pending=[_event(expect(event, dict)) for event in expect(ledger["untold"], list)],
    )


def _spending(ledger: Mapping[str, object], at: datetime) -> Spending:
    """Return the spending; the statistics start with the hours that are known."""
    rows = [expect(row, str).split(" ") for row in expect(ledger["hours"], list)]
    hours = {int(hour): amount_from(spent) for hour, spent, _ in rows}
    days = expect(ledger["days"], dict)
    return Spending(
        since=_complete_since(time_from(ledger["since"]), at),
        settled=sum(hours.values(), Decimal(0)),
        days={date.fromisoformat(day): amount_from(spent) for day, spent in days.items()},
        hours={hour: spent for hour, spent in hours.items() if spent},
        observed={int(hour): int(seconds) for hour, _, seconds in rows if int(seconds)},
    )


def _complete_since(since: datetime, at: datetime) -> datetime:
    """Return the moment from which all days are known, so that no incomplete month is shown."""
    if since > at - _KNOWN_TIME:
        return since
    # Yesterday is known, and the month before only if yesterday belongs to it.
    return at - DAY


def _top_up(stored: list[object]) -> tuple[datetime, Decimal]:
    """Return the last top-up."""
    at, amount = stored
    return time_from(at), amount_from(amount)


def _event(event: Mapping[str, object]) -> BalanceEvent:
    """Return an event that has not been delivered."""
    return BalanceEvent(
        type=EventType(expect(event["type"], str)),
        balance=amount_from(event["balance"]),
        threshold=amount_from(event["threshold"]),
        amount=optional_amount_from(event["amount"]),
        run_out=optional_time_from(event["run_out"]),
    )
