"""Give the accounts of the demo their history: stored ledgers and the recorder's statistics."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from scripts.harness.config_folder import store
from scripts.harness.const import DOMAIN, HarnessError
from scripts.harness.home_assistant import HomeAssistant

from .accounts import Account

if TYPE_CHECKING:
    from custom_components.api_balance.ledger import Ledger

type Row = dict[str, str | float | None]
"""The statistics of one hour."""
type Pasts = dict[str, Past]
"""The history of each balance of an account, by its key, the main balance first."""

_HOUR: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(kw_only=True)
class Past:
    """The history of a balance."""

    ledger: Ledger
    """The ledger after the last reading."""
    unit: str
    readings: list[tuple[datetime, Decimal]] = field(default_factory=list)
    """The balance over time, up to the start of the story."""
    statistics: dict[str, list[Row]] = field(default_factory=dict)
    """The statistics of each hour, by the key of the sensor's description."""
    spending: dict[int, Row] = field(default_factory=dict)
    """The statistics of the spending by hour, as the integration writes them."""

    @property
    def is_spending(self) -> bool:
        """Return whether the balance is still being spent."""
        amounts = [amount for _, amount in self.readings]
        return amounts[-1] > 0 and len({*amounts}) > 1

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


def read_pasts(account: Account, responses: Iterable[Sequence[str]], zone: tzinfo) -> Pasts:
    """Return the history that follows from the responses to an account, each with its time."""
    # These import Home Assistant, which a second start of the demo does not need.
    from custom_components.api_balance.api import Field  # noqa: PLC0415
    from custom_components.api_balance.api.json_object import JsonObject  # noqa: PLC0415
    from custom_components.api_balance.ledger import Ledger, Reading  # noqa: PLC0415
    from custom_components.api_balance.providers import BY_SLUG  # noqa: PLC0415

    provider = BY_SLUG[str(account["provider"])]
    pasts: Pasts = {}
    for text, body in responses:
        at = datetime.fromisoformat(text).astimezone(UTC)
        snapshot = provider.parse(JsonObject.from_bytes(body.encode()))
        for number, balance in enumerate(snapshot.balances):
            if (amount := balance.amounts[Field.BALANCE]) is None:
                continue
            # The threshold that was entered is that of the main balance.
            threshold = Decimal(0 if number else account.get("low_balance_threshold", 0))
            reading = Reading(balance=amount, at=at, threshold=threshold, alarmed=snapshot.alarmed)
            if (past := pasts.get(balance.key)) is None:
                past = Past(ledger=Ledger.start(reading), unit=balance.unit)
                pasts[balance.key] = past
            elif past.ledger.admit(reading):
                past.ledger.record(reading, zone)
            past.readings.append((at, amount))
            _add_statistics(past, zone)
    for past in pasts.values():
        # No automation may run because of these events any more.
        past.ledger.pending.clear()
        past.end_at_zero("balance", past.readings[-1][1])
    return pasts


def _add_statistics(past: Past, zone: tzinfo) -> None:
    """Add the statistics of the hour that ends with the last reading, if one ends there."""
    ledger = past.ledger
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


async def import_pasts(server: HomeAssistant, accounts: Mapping[str, Pasts]) -> None:
    """Give accounts their history, by config entry, and leave the config entries disabled."""
    registry = await server.command("config/entity_registry/list")
    entity_ids = {each["unique_id"]: each["entity_id"] for each in registry}
    imported: set[str] = set()
    for entry, pasts in accounts.items():
        # Otherwise the integration would overwrite the ledgers.
        await server.command("config_entries/disable", entry_id=entry, disabled_by="user")
        if pasts:
            ledgers = {key: past.ledger.as_dict() for key, past in pasts.items()}
            units = {key: past.unit for key, past in pasts.items()}
            path = server.folder / ".storage" / f"{DOMAIN}.{entry}"
            store(path, 2, 1, {"ledgers": ledgers, "account": {"units": units}})
        for key, past in pasts.items():
            imported |= await _import_past(server, entry, key, past, entity_ids)
    # The recorder writes about 20,000 rows, which can take a slow computer a minute.
    for _ in range(180):
        known = await server.command("recorder/list_statistic_ids")
        if imported <= {each["statistic_id"] for each in known}:
            return
        await asyncio.sleep(1)
    message = "The recorder did not import the statistics."
    raise HarnessError(message)


async def _import_past(
    server: HomeAssistant, entry: str, key: str, past: Past, entity_ids: Mapping[str, str]
) -> set[str]:
    """Import the statistics of a balance; return their IDs. Entity IDs are by unique ID."""
    from custom_components.api_balance.ledger import spent_statistic_id  # noqa: PLC0415

    imported = set()
    for sensor, rows in past.statistics.items():
        if name := entity_ids.get(f"{entry}_{sensor}:{key}"):
            unit = past.unit + ("/d" if sensor == "spending_rate" else "")
            await _import(server, name, unit, rows)
            imported.add(name)
    if past.spending:
        name = spent_statistic_id(entry, key)
        await _import(server, name, past.unit, list(past.spending.values()))
        imported.add(name)
    return imported


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
