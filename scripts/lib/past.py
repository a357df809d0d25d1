"""Give an account of the demo its history: the stored ledger and the recorder's statistics."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from scripts.harness.config_folder import store
from scripts.harness.const import DOMAIN, HarnessError
from scripts.harness.home_assistant import HomeAssistant

if TYPE_CHECKING:
    from custom_components.api_balance.ledger import Ledger

type Row = dict[str, str | float | None]
"""The statistics of one hour."""

_HOUR: Final = timedelta(hours=1)
_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(kw_only=True)
class Past:
    """The history of an account."""

    readings: list[tuple[datetime, Decimal]] = field(default_factory=list)
    """The balance over time, up to the start of the story."""
    unit: str = ""
    ledger: Mapping[str, Any] | None = None
    """The ledger as the integration stores it; None if the balance was never known."""
    statistics: dict[str, list[Row]] = field(default_factory=dict)
    """The statistics of each hour, by the translation key of the sensor."""

    def add(self, key: str, end: datetime, row: Row) -> None:
        """Add the statistics of the hour that ends at a given time."""
        self.statistics.setdefault(key, []).append({**row, "start": (end - _HOUR).isoformat()})

    def end_at_zero(self, key: str, end: Decimal) -> None:
        """Shift the sums so that the last one is 0, where the recorder continues."""
        rows = self.statistics[key]
        for row in rows:
            if isinstance(total := row.get("sum"), float):
                row["sum"] = round(total - float(end), 6)
        if "sum" in rows[0]:
            # The recorder takes the first sum for a change from 0. No chart goes back that far.
            rows.insert(0, {**rows[0], "start": _LONG_AGO.isoformat()})


def read_past(
    account: Mapping[str, str | int], responses: Iterable[Sequence[str]], zone: tzinfo
) -> Past:
    """Return the history that follows from the responses to an account, each with its time."""
    # These import Home Assistant, which a second start of the demo does not need.
    from custom_components.api_balance.api import Field  # noqa: PLC0415
    from custom_components.api_balance.api.json_object import JsonObject  # noqa: PLC0415
    from custom_components.api_balance.ledger import Ledger, is_low  # noqa: PLC0415
    from custom_components.api_balance.providers import BY_SLUG  # noqa: PLC0415

    parse = BY_SLUG[str(account["provider"])].parse
    threshold = Decimal(account.get("low_balance_threshold", 0))
    past, ledger, spent = Past(), None, Decimal(0)
    for text, body in responses:
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
        _add_statistics(past, ledger, spent, zone)
    if ledger is not None:
        # No automation may run because of these events any more.
        ledger.untold.clear()
        past.ledger = ledger.as_dict()
        past.end_at_zero("balance", past.readings[-1][1])
        past.end_at_zero("spent_this_month", spent)
    return past


def _add_statistics(past: Past, ledger: Ledger, spent: Decimal, zone: tzinfo) -> None:
    """Add the statistics of the hour that ends with the last reading, if one ends there."""
    from custom_components.api_balance.api import CREDITS  # noqa: PLC0415

    at, balance = past.readings[-1]
    if at.replace(minute=0, second=0, microsecond=0) != at:
        return
    hour_ago = next((each for when, each in past.readings[::-1] if when <= at - _HOUR), None)
    if hour_ago is None:
        return
    figures = ledger.figures(at, zone)
    is_money = past.unit != CREDITS
    past.add("balance", at, _sum(balance) if is_money else _mean(hour_ago, balance))
    past.add("spent_this_month", at, _sum(figures.spent_this_month, spent, figures.month_since))
    if (rate := figures.spending_rate) is not None:
        past.add("spending_rate", at, _mean(rate, rate))


def _mean(before: Decimal, after: Decimal) -> Row:
    """Return the statistics of a measurement that changed once."""
    low, high = sorted((float(before), float(after)))
    return {"mean": (low + high) / 2, "min": low, "max": high}


def _sum(state: Decimal, total: Decimal | None = None, last_reset: datetime | None = None) -> Row:
    """Return the statistics of a total; the sum does not restart when the state is reset."""
    return {
        "state": float(state),
        "sum": float(state if total is None else total),
        "last_reset": None if last_reset is None else last_reset.isoformat(),
    }


async def import_pasts(server: HomeAssistant, pasts: Mapping[str, Past]) -> None:
    """Give accounts their history, by config entry, and leave the config entries disabled."""
    registry = await server.command("config/entity_registry/list")
    imported: set[str] = set()
    for entry, past in pasts.items():
        # Otherwise the integration would overwrite the ledger.
        await server.command("config_entries/disable", entry_id=entry, disabled_by="user")
        if past.ledger is not None:
            path = server.folder / ".storage" / f"{DOMAIN}.{entry}"
            store(path, 1, 1, {"units": {past.unit: past.ledger}})
        for each in registry:
            key = each["translation_key"]
            if each["config_entry_id"] == entry and key in past.statistics:
                unit = past.unit + ("/d" if key == "spending_rate" else "")
                await _import(server, each["entity_id"], unit, past.statistics[key])
                imported.add(each["entity_id"])
    for _ in range(60):
        known = await server.command("recorder/list_statistic_ids")
        if imported <= {each["statistic_id"] for each in known}:
            return
        await asyncio.sleep(0.25)
    message = "The recorder did not import the statistics."
    raise HarnessError(message)


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
