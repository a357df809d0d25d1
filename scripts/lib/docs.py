"""Generate the lists of providers and entities in the documentation from the code."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
import json
from pathlib import Path
import re
import sys
from typing import Any, Final

from custom_components.api_balance import (
    binary_sensor,
    button,
    event,
    number,
    sensor_descriptions as descriptions,
)
from custom_components.api_balance.api import Evidence, Provider
from custom_components.api_balance.providers import PROVIDERS
from homeassistant.helpers.entity import EntityDescription
from homeassistant.util import slugify

from .files import ROOT, own_files

_TEXTS: Final[dict[str, Any]] = json.loads(
    (ROOT / "custom_components/api_balance/translations/en.json").read_text(encoding="utf-8")
)

type PlatformEntity = tuple[str, EntityDescription]
"""The name of a platform, and one of its entities."""

# Entities that exist only if the provider reports the field.
_FIELDS: Final[tuple[PlatformEntity, ...]] = (
    *(("sensor", each) for each in (*descriptions.AMOUNTS.values(), *descriptions.DETAILS)),
    *(("binary_sensor", each) for each in binary_sensor.FLAGS),
)
# Entities of every account.
_COMMON: Final[tuple[PlatformEntity, ...]] = (
    ("binary_sensor", binary_sensor.LOW_BALANCE),
    ("number", number.LOW_BALANCE_THRESHOLD),
    ("button", button.REFRESH),
    ("event", event.BALANCE_EVENT),
    *(
        ("sensor", each)
        for each in (*descriptions.FIGURES, descriptions.STATUS, descriptions.LAST_POLL)
    ),
)

_EVIDENCE: Final = {
    Evidence.DOCUMENTATION: "[documentation]({url})",
    Evidence.RESPONSE: "[documentation]({url}), real response",
    Evidence.SOURCE: "[source code]({url})",
    Evidence.PROGRAMS: "[other programs]({url})",
}

_MEANINGS: Final = {
    "account_email": "The email address of the account",
    "alert_enabled": "Whether the provider's own alert is enabled",
    "alert_threshold": "The balance below which the provider itself sends an alert",
    "auto_top_up": "Whether the provider tops up the account automatically",
    "balance": "What is left to spend; negative if you owe the provider; *unknown* while the"
    " provider does not report it",
    "balance_event": "The last event: *became low*, *emptied*, *recovered*, *topped up* or"
    " *renewed*",
    "billing_type": "Prepaid or postpaid",
    "can_spend": "Whether the provider accepts paid requests",
    "credit_limit": "How far the balance may fall below zero",
    "gift_balance": "What is left of gift credits",
    "gift_granted": "The gift credits that were granted",
    "last_poll": "When the balance was last read",
    "last_top_up": "When the last top-up was read; *unknown* before the first one",
    "last_top_up_amount": "The amount of the last top-up",
    "limit": "What can be used in the current period",
    "low_balance": "On if the balance is below the threshold, is zero or negative, or if the"
    " provider's own alert is enabled and active; *unknown* while the balance is",
    "low_balance_threshold": "The account is low below this balance; 0: only when nothing is left",
    "paid_balance": "What is left of top-ups, without gift credits",
    "pending": "Charges that are not deducted from the balance yet",
    "percent_left": "The balance in percent of the provider's limit, or else of the highest balance"
    " since the last top-up",
    "plan": "The plan of the account",
    "provider_low_balance": "Whether the provider considers the balance low, even if its alert is"
    " disabled",
    "provider_updated": "When the provider last updated the balance",
    "refresh": "Polls the provider now",
    "reset": "When the allowance renews, or the first credits expire",
    "run_out": "When the balance reaches zero at the current spending rate, rounded to the day, or"
    " to the hour within two days; *unknown* without a spending rate, if it is more than ten years"
    " away, and when nothing is left",
    "spending_rate": "The average spending per day in the last seven days; *unknown* during the"
    " first 24 hours",
    "spent_last_month": "The spending in the last month",
    "spent_this_month": "The spending since the start of the month",
    "spent_today": "The spending since midnight",
    "spent_yesterday": "The spending yesterday",
    "status": "*OK*, or why the balance cannot be read",
    "subscription_balance": "What is left of the subscription credits",
    "subscription_granted": "The subscription credits that were granted for this period",
    "total_granted": "All credits that were ever granted or bought",
    "total_used": "All credits that were ever used",
    "used": "What was used of the limit in the current period",
}


def provider_names() -> Iterator[str]:
    """Yield one line with the names of all providers."""
    yield ", ".join(each.name for each in _by_name(PROVIDERS))


def providers() -> Iterator[str]:
    """Yield the lines of the table of providers."""
    yield "| Provider | Unit | What it needs | What it shows | Freshness | Known from |"
    yield "|---|---|---|---|---|---|"
    for each in _by_name(PROVIDERS):
        known = _EVIDENCE[each.evidence].format(url=each.docs_url)
        if each.unverified:
            known += f". Not verified: {each.unverified}"
        needs = f"{each.key_hint.removesuffix('.')} ([page]({each.key_url}))"
        cells = (each.name, _unit(each), needs, _shown(each), each.freshness, known)
        yield f"| {' | '.join(cells)} |"


def _shown(provider: Provider) -> str:
    """Return the names of the entities of what a provider reports."""
    keys = [(platform, one.key) for platform, one in _FIELDS if one.key in provider.fields]
    return ", ".join(_name(platform, key) for platform, key in keys)


def _unit(provider: Provider) -> str:
    """Return the unit of a provider's balances."""
    if not isinstance(provider.unit, str):
        return "the currency of the account"
    units = [provider.unit] if provider.unit else [host.unit for host in provider.hosts]
    return " or ".join(units)


def _name(platform: str, key: str) -> str:
    """Return the name of an entity of the main balance, which does not contain the unit."""
    return str(_TEXTS["entity"][platform][key]["name"]).format(unit="")


def entities() -> Iterator[str]:
    """Yield the lines of the table of entities; those of every account come first."""
    yield from ("| Entity | ID | Description | Providers |", "|---|---|---|---|")
    rows = [(each, [one for one in PROVIDERS if each[1].key in one.fields]) for each in _FIELDS]
    rows += [(each, list(PROVIDERS)) for each in _COMMON]
    rows.sort(key=lambda row: len(row[1]) < len(PROVIDERS))
    for (platform, description), reporting in rows:
        if not reporting:
            continue
        name = _name(platform, description.key)
        meaning = _MEANINGS[description.key]
        if not description.entity_registry_enabled_default:
            meaning += "; **disabled by default**"
        names = ", ".join(each.name for each in _by_name(reporting))
        names = "all" if len(reporting) == len(PROVIDERS) else names
        yield f"| {name} | `{platform}.…_{slugify(name)}` | {meaning} | {names} |"


def _by_name(some: Iterable[Provider]) -> list[Provider]:
    """Return providers sorted by name."""
    return sorted(some, key=lambda provider: provider.name.casefold())


LISTS: Final[Mapping[str, Callable[[], Iterable[str]]]] = {
    "entities": entities,
    "provider_names": provider_names,
    "providers": providers,
}
# Between two HTML comments, which are not visible on the page.
PLACE: Final = re.compile(r"(<!-- begin: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def updated(text: str) -> str:
    """Return a document with current lists; raise KeyError for an unknown list."""
    return PLACE.sub(
        lambda found: "\n".join((found[1], *LISTS[found[2]](), "", found[3])),
        text,
    )


def out_of_date(root: Path) -> dict[Path, str]:
    """Return the documents of a repository with outdated lists, by path, as they should be."""
    found = {}
    for path in own_files(root):
        if path.suffix == ".md":
            text = (root / path).read_text(encoding="utf-8")
            if (right := updated(text)) != text:
                found[path] = right
    return found


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Update the lists, or check them; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a list is out of date")
    is_check = parser.parse_args(arguments).check
    changes = out_of_date(root)
    for path, text in changes.items():
        if not is_check:
            (root / path).write_text(text, encoding="utf-8")
        print(f"{path} {'is out of date: run scripts/docs' if is_check else 'was updated'}")
    return 1 if is_check and changes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
