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

from .accounts import Account

if TYPE_CHECKING:
    from custom_components.api_balance.ledger import Ledger

type Row = dict[str, str | float | None]
"""The statistics of one hour."""

_HOUR: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(kw_only=True)
class Past:
    """The history of an account."""

    readings: list[tuple[datetime, Decimal]] = field(default_factory=list)
    """The balance over time, up to the start of the story."""
    key: str = ""
    """The key of the balance."""
    unit: str = ""
    ledger: Mapping[str, Any] | None = None
    """The ledger as the integration stores it; None if the balance was never known."""
    statistics: dict[str, list[Row]] = field(default_factory=dict)
    """The statistics of each hour, by the translation key of the sensor."""
    spending: dict[int, Row] = field(default_factory=dict)
    """The statistics of the spending by hour, as the integration writes them."""

    @property
    def is_spending(self) -> bool:
        """Return whether the account is still used."""
        return bool(self.readings) and self.readings[-1][1] > 0

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


def read_past(account: Account, responses: Iterable[Sequence[str]], zone: tzinfo) -> Past:
    """Return the history that follows from the responses to an account, each with its time."""
    # These import Home Assistant, which a second start of the demo does not need.
    from custom_components.api_balance.api import Field  # noqa: PLC0415
    from custom_components.api_balance.api.json_object import JsonObject  # noqa: PLC0415
    from custom_components.api_balance.ledger import Ledger, Reading  # noqa: PLC0415
    from custom_components.api_balance.providers import BY_SLUG  # noqa: PLC0415

    provider = BY_SLUG[str(account["provider"])]
    threshold = Decimal(account.get("low_balance_threshold", 0))
    past, ledger = Past(), None
    for text, body in responses:
        at = datetime.fromisoformat(text).astimezone(UTC)
        snapshot = provider.parse(JsonObject.from_bytes(body.encode()))
        (balance,) = snapshot.balances
        past.key, past.unit = balance.key, balance.unit
        if (amount := balance.amounts[Field.BALANCE]) is None:
            continue
        reading = Reading(balance=amount, at=at, threshold=threshold, alarmed=snapshot.alarmed)
        if ledger is None:
            ledger = Ledger.start(reading)
        elif ledger.admit(reading):
            ledger.record(reading, zone)
        past.readings.append((at, amount))
        _add_statistics(past, ledger, zone)
    if ledger is not None:
        # No automation may run because of these events any more.
        ledger.pending.clear()
        past.ledger = ledger.as_dict()
        past.end_at_zero("balance", past.readings[-1][1])
    return past


def _add_statistics(past: Past, ledger: Ledger, zone: tzinfo) -> None:
    """Add the statistics of the hour that ends with the last reading, if one ends there."""
    at, balance = past.readings[-1]
    if at.replace(minute=0, second=0, microsecond=0) != at:
        return
    hour_ago = next((each for when, each in past.readings[::-1] if when <= at - _HOUR), None)
    if hour_ago is None:
        return
    for hour, spent, total in ledger.hourly_spending(at):
        start = (_EPOCH + hour * _HOUR).isoformat()
        past.spending[hour] = {"start": start, "state": float(spent), "sum": float(total)}
    ledger.mark_written(at)
    is_money = past.unit != "credits"
    past.add("balance", at, _sum(balance) if is_money else _mean(hour_ago, balance))
    if (rate := ledger.figures(at, zone).spending_rate) is not None:
        past.add("spending_rate", at, _mean(rate, rate))


def _mean(before: Decimal, after: Decimal) -> Row:
    """Return the statistics of a measurement that changed once."""
    low, high = sorted((float(before), float(after)))
    return {"mean": (low + high) / 2, "min": low, "max": high}


def _sum(state: Decimal) -> Row:
    """Return the statistics of a total."""
    return {"state": float(state), "sum": float(state), "last_reset": None}


async def import_pasts(server: HomeAssistant, pasts: Mapping[str, Past]) -> None:
    """Give accounts their history, by config entry, and leave the config entries disabled."""
    from custom_components.api_balance.ledger import spent_statistic_id  # noqa: PLC0415

    registry = await server.command("config/entity_registry/list")
    imported: set[str] = set()
    for entry, past in pasts.items():
        # Otherwise the integration would overwrite the ledger.
        await server.command("config_entries/disable", entry_id=entry, disabled_by="user")
        if past.ledger is not None:
            path = server.folder / ".storage" / f"{DOMAIN}.{entry}"
            account = {"units": {past.key: past.unit}}
            store(path, 2, 1, {"ledgers": {past.key: past.ledger}, "account": account})
        for each in registry:
            key = each["translation_key"]
            if each["config_entry_id"] == entry and key in past.statistics:
                unit = past.unit + ("/d" if key == "spending_rate" else "")
                await _import(server, each["entity_id"], unit, past.statistics[key])
                imported.add(each["entity_id"])
        if past.spending:
            name = spent_statistic_id(entry, past.key)
            await _import(server, name, past.unit, list(past.spending.values()))
            imported.add(name)
    for _ in range(60):
        known = await server.command("recorder/list_statistic_ids")
        if imported <= {each["statistic_id"] for each in known}:
            return
        await asyncio.sleep(0.25)
    message = "The recorder did not import the statistics."
    raise HarnessError(message)


async def _import(server: HomeAssistant, name: str, unit: str, rows: Sequence[Row]) -> None:
    """Import the statistics of a sensor, or the external statistics of the integration."""
    metadata = {
        "source": DOMAIN if ":" in name else "recorder",
        "statistic_id": name,
        "name": None,
        "has_sum": "sum" in rows[0],
        "mean_type": 0 if "sum" in rows[0] else 1,
        "unit_class": None,
        "unit_of_measurement": unit,
    }
    await server.command("recorder/import_statistics", metadata=metadata, stats=rows)
