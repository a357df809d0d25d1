"""Give an account of the demo its past: the integration's ledger, and the recorder's statistics."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final

from .home_assistant import DOMAIN, HomeAssistant, StartError, store

type Row = dict[str, str | float | None]

_HOUR: Final = timedelta(hours=1)
_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(kw_only=True)
class Past:
    """What happened to an account before it was added."""

    readings: list[tuple[datetime, Decimal]] = field(default_factory=list)
    """The balance over time, and last at the beginning of the story."""
    unit: str = ""
    ledger: Mapping[str, Any] | None = None
    """What the integration stores; None where nothing is known."""
    statistics: dict[str, list[Row]] = field(default_factory=dict)
    """The recorder's statistics of each full hour, by the translation key of their sensor."""

    def add(self, key: str, end: datetime, row: Row) -> None:
        """Add the statistics of the hour that ends at a moment."""
        self.statistics.setdefault(key, []).append({**row, "start": (end - _HOUR).isoformat()})

    def count_to(self, key: str, end: Decimal) -> None:
        """Let a total, if it is one, count to 0 at the end."""
        rows = self.statistics[key]
        for row in rows:
            if isinstance(total := row.get("sum"), float):
                row["sum"] = round(total - float(end), 6)
        if "sum" in rows[0]:
            # To the recorder the first sum is a change from 0: no chart goes back so far.
            rows.insert(0, {**rows[0], "start": _LONG_AGO.isoformat()})


def read_past(
    account: Mapping[str, str | int], answers: Iterable[Sequence[str]], zone: tzinfo
) -> Past:
    """Return what an account's answers, each with its time, tell the integration."""
    # Imported late: it brings Home Assistant, which a second start of the demo does not need.
    from custom_components.api_balance.api import CREDITS, Field  # noqa: PLC0415
    from custom_components.api_balance.api.json_object import JsonObject  # noqa: PLC0415
    from custom_components.api_balance.ledger import Ledger, is_low  # noqa: PLC0415
    from custom_components.api_balance.providers import BY_SLUG  # noqa: PLC0415

    parse = BY_SLUG[str(account["provider"])].parse
    threshold = Decimal(account.get("low_balance_threshold", 0))
    past, ledger, spent = Past(), None, Decimal(0)
    hour_ago: Decimal | None = None
    for text, body in answers:
        at = datetime.fromisoformat(text).astimezone(UTC)
        snapshot = parse(JsonObject.from_bytes(body.encode()))
        past.unit = snapshot.balances[0].unit
        balance = snapshot.balances[0].amounts[Field.BALANCE]
        if balance is None:
            continue
        low = is_low(balance, threshold, alarmed=snapshot.alarmed)
        if ledger is None:
            ledger = Ledger.start(balance, at, low=low)
        else:
            ledger.record(balance, at, zone, low=low, threshold=threshold)
            spent += max(past.readings[-1][1] - balance, Decimal(0))
        past.readings.append((at, balance))
        # The recorder's statistics are of full hours.
        if at.replace(minute=0, second=0, microsecond=0) != at:
            continue
        if hour_ago is not None:
            figures = ledger.figures(at, zone)
            is_money = past.unit != CREDITS
            past.add("balance", at, _total(balance) if is_money else _mean(hour_ago, balance))
            total = _total(figures.spent_this_month, spent, figures.month_since)
            past.add("spent_this_month", at, total)
            if (rate := figures.spending_rate) is not None:
                past.add("spending_rate", at, _mean(rate, rate))
        hour_ago = balance
    if ledger is not None:
        # It is past: nobody is to be told of it now.
        ledger.untold.clear()
        past.ledger = ledger.as_dict()
        # The recorder counts from 0 when it begins.
        past.count_to("balance", past.readings[-1][1])
        past.count_to("spent_this_month", spent)
    return past


def _mean(before: Decimal, after: Decimal) -> Row:
    """Return the statistics of a value that is measured."""
    low, high = sorted((float(before), float(after)))
    return {"mean": (low + high) / 2, "min": low, "max": high}


def _total(state: Decimal, total: Decimal | None = None, last_reset: datetime | None = None) -> Row:
    """Return the statistics of a value that is counted; the total goes on where it is reset."""
    reset = None if last_reset is None else last_reset.isoformat()
    return {
        "state": float(state),
        "sum": float(state if total is None else total),
        "last_reset": reset,
    }


async def bring_past(server: HomeAssistant, pasts: Mapping[str, Past]) -> None:
    """Give accounts their pasts, by entry: while they are disabled, so that nothing interferes."""
    registry = await server.command("config/entity_registry/list")
    imported: set[str] = set()
    for entry, past in pasts.items():
        await server.command("config_entries/disable", entry_id=entry, disabled_by="user")
        if past.ledger is not None:
            path = server.folder / ".storage" / f"{DOMAIN}.{entry}"
            store(path, 1, 1, {"units": {past.unit: past.ledger}})
        for each in registry:
            if each["config_entry_id"] == entry and each["translation_key"] in past.statistics:
                rows = past.statistics[each["translation_key"]]
                imported.add(name := each["entity_id"])
                unit = past.unit + ("/d" if each["translation_key"] == "spending_rate" else "")
                await _import(server, name, unit, rows)
    for _ in range(60):
        known = await server.command("recorder/list_statistic_ids")
        if imported <= {each["statistic_id"] for each in known}:
            return
        await asyncio.sleep(0.25)
    message = "The recorder does not take the statistics."
    raise StartError(message)


async def _import(server: HomeAssistant, name: str, unit: str, rows: Sequence[Row]) -> None:
    """Import the statistics of a sensor."""
    metadata = {
        "source": "recorder",
        "statistic_id": name,
        "name": None,
        "has_sum": "sum" in rows[0],
        "mean_type": 0 if "sum" in rows[0] else 1,
        "unit_class": None,
        "unit_of_measurement": unit,
    }
    await server.command("recorder/import_statistics", metadata=metadata, stats=rows)
