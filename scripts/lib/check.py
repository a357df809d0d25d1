"""Compare what Home Assistant shows with what the simulator served, without the integration."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from itertools import pairwise
import re
from typing import Any, Final

import simulator

from .home_assistant import DOMAIN, HomeAssistant

type Value = Decimal | datetime | str

_APIS: Final = simulator.load()
# Where each value stands in a provider's answer, written from the providers' documents.
BODIES: Final = {slug: api.response["fields"] for slug, api in _APIS.items()}
# Where the answer names the currency; the other providers count credits.
CURRENCIES: Final = {
    slug: api.response["currency"] for slug, api in _APIS.items() if "currency" in api.response
}
TEXTS: Final = ("account_email", "billing_type")
# What the ledger shows, and what stands behind the balance's unit there; None for a time.
FIGURES: Final = {
    "spent_today": "",
    "spent_this_month": "",
    "spending_rate": "/d",
    "run_out": None,
    "last_top_up": None,
    "last_top_up_amount": "",
}
KNOWN: Final = "(known)"


def expected_values(
    slug: str, body: Mapping[str, Any], threshold: object
) -> dict[str, tuple[Value, str]]:
    """Return the value and the unit that each entity of an account must show."""
    unit = str(_at(body, CURRENCIES[slug])).upper() if slug in CURRENCIES else "credits"
    found = {key: _read(key, _at(body, path)) for key, path in BODIES[slug].items()}
    found["low_balance_threshold"] = limit = Decimal(
        str(found.get("alert_threshold", 0) if threshold is None else threshold)
    )
    balance = found["balance"]
    low = found.get("alert_enabled") == found.get("provider_low_balance") == "on"
    low |= isinstance(balance, Decimal) and (balance < limit or balance <= 0)
    found["low_balance"] = "unknown" if balance == "unknown" else "on" if low else "off"
    # The demo's automation presses it.
    found["refresh"] = KNOWN
    return {
        key: (value, unit if isinstance(value, Decimal) or key == "balance" else "")
        for key, value in found.items()
    }


def expected_figures(
    past: Sequence[tuple[datetime, Decimal]], balance: Value, unit: str, zone: tzinfo
) -> dict[str, tuple[Value, str]]:
    """Return what the entities of the ledger must show, from all readings and the balance now."""
    is_known = bool(past)
    found: dict[str, Value] = dict.fromkeys(FIGURES, KNOWN if is_known else "unknown")
    found["balance_event"] = "unknown"
    if isinstance(balance, Decimal) and is_known:
        amounts = [amount for _, amount in past] + [balance]
        moments = [at.astimezone(zone) for at, _ in past] + [datetime.now(zone)]
        this_month = moments[-1].replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        found["spent_this_month"] = sum(
            (
                max(before - after, Decimal(0))
                for at, (before, after) in zip(moments[1:], pairwise(amounts), strict=True)
                if at > this_month
            ),
            Decimal(0),
        )
        if balance <= 0:
            found["run_out"] = "unknown"
    units = {key: unit + behind for key, behind in FIGURES.items() if behind is not None}
    return {key: (value, units.get(key, "")) for key, value in found.items()}


def _at(body: Any, path: str) -> Any:
    """Return what stands at a path in an answer."""
    for name in path.split("."):
        body = body[name]
    return body


def _read(key: str, value: Any) -> Value:
    """Return a value of an answer as Home Assistant must show it."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "on" if value else "off"
    if key == "reset":
        return datetime.fromtimestamp(int(value) // 1000, UTC)
    if key == "provider_updated":
        return datetime.fromisoformat(value).replace(microsecond=0)
    return str(value) if key in TEXTS else Decimal(str(value))


def _is_same(state: str, wanted: Value) -> bool:
    """Return whether a state says the expected value."""
    if wanted == KNOWN:
        return state not in {"unknown", "unavailable"}
    try:
        match wanted:
            case Decimal():
                return Decimal(state) == wanted
            case datetime():
                return datetime.fromisoformat(state) == wanted
            case str():
                return state == wanted
    except ValueError, InvalidOperation:
        return False


async def show_everything(server: HomeAssistant, entries: Iterable[str]) -> None:
    """Enable what is disabled at first, and read all accounts."""
    for each in await _entities(server):
        if each["disabled_by"]:
            name = each["entity_id"]
            await server.command("config/entity_registry/update", entity_id=name, disabled_by=None)
    for entry in entries:
        await server.request("POST", f"/api/config/config_entries/entry/{entry}/reload")


async def _entities(server: HomeAssistant) -> list[dict[str, Any]]:
    """Return the integration's entities."""
    registry = await server.command("config/entity_registry/list")
    return [each for each in registry if each["platform"] == DOMAIN]


async def is_as_served(
    server: HomeAssistant, expected: Mapping[str, Mapping[str, tuple[Value, str]]], dashboard: str
) -> bool:
    """Print a table of all entities, by entry; return whether each shows what is expected."""
    ours = await _entities(server)
    states = {each["entity_id"]: each for each in await server.request("GET", "/api/states")}

    rows: list[tuple[str, str, str, bool]] = []
    left = {(entry, key) for entry, values in expected.items() for key in values}
    for each in sorted(ours, key=lambda each: str(each["entity_id"])):
        name, key = each["entity_id"], (each["config_entry_id"], each["translation_key"])
        state = states.get(name, {"state": "missing", "attributes": {}})
        unit = state["attributes"].get("unit_of_measurement", "")
        value, wanted_unit = expected[key[0]].get(key[1], ("no such entity", ""))
        same = _is_same(state["state"], value) and unit == wanted_unit
        rows.append((name, f"{state['state']} {unit}", f"{value} {wanted_unit}", same))
        left.discard(key)
    rows += [(f"(no entity) {key}", "", "one", False) for _, key in sorted(left)]
    shown = set(re.findall(r"entity: (\w+\.\w+)", dashboard))
    rows += [(name, "not there", "on the dashboard", False) for name in sorted(shown - {*states})]

    rows.insert(0, ("ENTITY", "STATE", "EXPECTED", True))
    widths = [max(len(str(row[column])) for row in rows) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True))
        print("  ".join(cells), "ok" if row[3] else "WRONG")
    return all(row[3] for row in rows)


def troubles(log: str) -> list[str]:
    """Return the lines of a log that none may have: errors, and warnings of the integration."""
    return [
        line
        for line in log.splitlines()
        if line.startswith("Traceback")
        or re.match(r"\S+ \S+ (ERROR|CRITICAL|FATAL)", line)
        # Home Assistant warns of every custom integration, in its loader.
        or ("WARNING" in line and DOMAIN in line and "[homeassistant.loader]" not in line)
    ]
