"""Compare the states in Home Assistant with the simulated responses, without the integration."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from itertools import pairwise
import re
from typing import Any, Final

import simulator

from .const import DOMAIN
from .home_assistant import HomeAssistant

type Value = Decimal | datetime | str
type Expected = Mapping[str, tuple[Value, str]]
"""The value and the unit of each entity of an account, by the key of its description.

Those of all balances but the main one have a colon and the unit of the balance at the end.
"""

_APIS: Final = simulator.load()
# Where each field is in a response, taken from the documentation of the providers.
BODIES: Final = {slug: api.response["fields"] for slug, api in _APIS.items()}
# The path of the currency. The other providers have only one unit.
CURRENCIES: Final = {
    slug: api.response["currency"] for slug, api in _APIS.items() if "currency" in api.response
}
_TEXTS: Final = ("account_email", "billing_type", "plan")
# Seconds per unit of a time since 1970.
_TIMES: Final = {"seconds": Decimal(1), "milliseconds": Decimal("0.001")}
# The unit of each sensor of the ledger, where {} is the unit of the balance.
_LEDGER_SENSORS: Final = {
    "spent_today": "{}",
    "spent_yesterday": "{}",
    "spent_this_month": "{}",
    "spent_last_month": "{}",
    "spending_rate": "{}/d",
    "percent_left": "%",
    "run_out": "",
    "last_top_up": "",
    "last_top_up_amount": "{}",
}
KNOWN: Final = "(known)"
"""An expected value that stands for anything but unknown and unavailable."""


def expected_values(
    slug: str, body: Mapping[str, Any], threshold: object
) -> dict[str, tuple[Value, str]]:
    """Return what the entities of an account must show, apart from the ledger's."""
    response = _APIS[slug].response
    items = _at(body, response["each"]) if "each" in response else [body]
    outside = response.get("account_fields", {})
    account = {key: _field(slug, key, field, body) for key, field in outside.items()}
    found: dict[str, tuple[Value, str]] = {key: (value, "") for key, value in account.items()}
    for number, item in enumerate(items):
        unit = _unit(slug, item)
        # The form has the threshold of the main balance only.
        values = _balance_values(slug, item, 0 if number else threshold)
        found |= {
            f"{key}:{unit}" if number else key: (
                value,
                unit if isinstance(value, Decimal) or key == "balance" else "",
            )
            for key, value in values.items()
        }
    found["status"] = ("ok", "")
    # The automation of the demo presses the button.
    found["refresh"] = found["last_poll"] = (KNOWN, "")
    return found


def _unit(slug: str, item: Mapping[str, Any]) -> str:
    """Return the unit of a balance."""
    if slug in CURRENCIES:
        return str(_at(item, CURRENCIES[slug])).upper()
    return str(_APIS[slug].response.get("unit", "credits"))


def _balance_values(slug: str, item: Mapping[str, Any], threshold: object) -> dict[str, Value]:
    """Return the fields of a balance, and the entities that follow from them."""
    found = {key: _field(slug, key, field, item) for key, field in BODIES[slug].items()}
    found["low_balance_threshold"] = limit = Decimal(
        str(found.get("alert_threshold", 0) if threshold is None else threshold)
    )
    balance = found["balance"]
    low = found.get("alert_enabled") == found.get("provider_low_balance") == "on"
    low |= isinstance(balance, Decimal) and (balance < limit or balance <= 0)
    found["low_balance"] = "unknown" if balance == "unknown" else "on" if low else "off"
    return found


def expected_ledgers(
    values: Expected,
    readings: Mapping[str, Sequence[tuple[datetime, Decimal]]],
    zone: tzinfo,
) -> dict[str, tuple[Value, str]]:
    """Return what the entities of all ledgers of an account must show.

    The values are those of expected_values, the readings those before them, by unit.
    """
    found: dict[str, tuple[Value, str]] = {}
    for name, (balance, unit) in values.items():
        key, colon, suffix = name.partition(":")
        if key == "balance":
            ledger = _expected_ledger(readings.get(unit, ()), balance, unit, zone)
            found |= {f"{each}{colon}{suffix}": value for each, value in ledger.items()}
    return found


def _expected_ledger(
    readings: Sequence[tuple[datetime, Decimal]], balance: Value, unit: str, zone: tzinfo
) -> dict[str, tuple[Value, str]]:
    """Return what the entities of a ledger must show after all readings and the balance now."""
    if not readings and balance == "unknown":
        # A postpaid account has no figures.
        return {"balance_event": ("unknown", "")}
    found: dict[str, Value] = dict.fromkeys(_LEDGER_SENSORS, KNOWN if readings else "unknown")
    found["balance_event"] = "unknown"
    if readings and isinstance(balance, Decimal):
        found["spent_this_month"] = _spent_this_month([*readings, (datetime.now(zone), balance)])
        amounts = [amount for _, amount in readings]
        if balance <= 0 or amounts == sorted(amounts):
            found["run_out"] = "unknown"
        if amounts == sorted(amounts, reverse=True):
            found["last_top_up"] = found["last_top_up_amount"] = "unknown"
    return {key: (value, _LEDGER_SENSORS.get(key, "").format(unit)) for key, value in found.items()}


def _spent_this_month(readings: Sequence[tuple[datetime, Decimal]]) -> Decimal:
    """Return the sum of all decreases in the month of the last reading, in its time zone."""
    now = readings[-1][0]
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return sum(
        (
            max(before - after, Decimal(0))
            for (_, before), (at, after) in pairwise(readings)
            if at.astimezone(now.tzinfo) > start
        ),
        Decimal(0),
    )


def _at(body: Any, path: str) -> Any:
    """Return the value at a path in a response; None if it is missing."""
    for name in path.split("."):
        if isinstance(body, Mapping):
            body = body.get(name)
        else:
            body = body[int(name)] if isinstance(body, list) else None
    return body


def _field(slug: str, key: str, field: str | Mapping[str, Any], body: Mapping[str, Any]) -> Value:
    """Return a field of a response as Home Assistant must show it: see simulator.Api.response.

    No account of the demo needs only_with, sum or unknown_if.
    """
    if isinstance(field, str):
        return _read(key, _at(body, field), _APIS[slug].response.get("times", {}).get(key))
    value = _at(body, field["path"])
    if "on" in field:
        return {field["on"]: "on", field["off"]: "off"}.get(value, "unknown")
    if value is None or value in field.get("unlimited", ()):
        return "unknown"
    parts = (_at(body, path) for path in field.get("plus", ()))
    amount = sum((Decimal(str(part)) for part in parts if part is not None), Decimal(str(value)))
    divisor = Decimal(str(field.get("divisor", 1)))
    subtrahend = Decimal(str(_at(body, field["minus"]))) if "minus" in field else Decimal(0)
    return amount / divisor - subtrahend / abs(divisor)


def _read(key: str, value: Any, time: str | None) -> Value:
    """Return a value of a response as Home Assistant must show it; time is a time's unit."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "on" if value else "off"
    if time is not None:
        return datetime.fromtimestamp(int(value * _TIMES[time]), UTC)
    if key in {"provider_updated", "reset"}:
        return datetime.fromisoformat(value).replace(microsecond=0)
    return str(value) if key in _TEXTS else Decimal(str(value))


def _matches(state: str, expected: Value) -> bool:
    """Return whether a state has the expected value."""
    if expected == KNOWN:
        return state not in {"unknown", "unavailable"}
    try:
        match expected:
            case Decimal():
                return Decimal(state) == expected
            case datetime():
                return datetime.fromisoformat(state) == expected
            case str():
                return state == expected
    except ValueError, InvalidOperation:
        return False


async def enable_all_entities(server: HomeAssistant, entries: Iterable[str]) -> None:
    """Enable the entities that are disabled by default, and reload the config entries."""
    for each in await _entities(server):
        if each["disabled_by"]:
            name = each["entity_id"]
            await server.command("config/entity_registry/update", entity_id=name, disabled_by=None)
    for entry in entries:
        await server.reload(entry)


async def _entities(server: HomeAssistant) -> list[dict[str, Any]]:
    """Return the registry entries of the integration."""
    registry = await server.command("config/entity_registry/list")
    return [each for each in registry if each["platform"] == DOMAIN]


async def compare(server: HomeAssistant, expected: Mapping[str, Expected]) -> bool:
    """Print a table of all entities; return whether each has the expected state.

    The expected states are given by config entry.
    """
    states = {each["entity_id"]: each for each in await server.request("GET", "/api/states")}
    rows: list[tuple[str, str, str, bool]] = []
    missing = {(entry, key) for entry, values in expected.items() for key in values}
    for each in sorted(await _entities(server), key=lambda each: str(each["entity_id"])):
        name, entry = each["entity_id"], each["config_entry_id"]
        key = _key(each["unique_id"].removeprefix(f"{entry}_"), expected[entry])
        state = states.get(name, {"state": "missing", "attributes": {}})
        unit = state["attributes"].get("unit_of_measurement", "")
        value, expected_unit = expected[entry].get(key, ("no such entity", ""))
        matches = _matches(state["state"], value) and unit == expected_unit
        rows.append((name, f"{state['state']} {unit}", f"{value} {expected_unit}", matches))
        missing.discard((entry, key))
    rows += [(f"(no entity) {key}", "", "an entity", False) for _, key in sorted(missing)]
    _print_table([("ENTITY", "STATE", "EXPECTED", True), *rows])
    return all(row[3] for row in rows)


def _key(key: str, expected: Expected) -> str:
    """Return the key of an entity in what is expected: the unit counts only if it is there."""
    return key if key in expected else key.partition(":")[0]


def _print_table(rows: Sequence[tuple[str, str, str, bool]]) -> None:
    """Print rows in columns, and mark the wrong ones."""
    widths = [max(len(str(row[column])) for row in rows) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True))
        print("  ".join(cells), "ok" if row[3] else "WRONG")


def problems(log: Iterable[str]) -> list[str]:
    """Return the lines of a log that must not occur: errors, and warnings of the integration."""
    return [
        line
        for line in log
        if line.startswith("Traceback")
        or re.match(r"\S+ \S+ (ERROR|CRITICAL|FATAL)", line)
        # The loader warns about every custom integration.
        or ("WARNING" in line and DOMAIN in line and "[homeassistant.loader]" not in line)
    ]
