"""The lists in the documents, made of what the integration itself says."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
import json
from pathlib import Path
import re
import sys
from typing import Any, Final

from yarl import URL

from custom_components.api_balance import binary_sensor, button, event, number, sensor
from custom_components.api_balance.api import Provider
from custom_components.api_balance.providers import PROVIDERS
from homeassistant.helpers.entity import EntityDescription
from homeassistant.util import slugify
import simulator

from .files import own_files

ROOT: Final = Path(__file__).resolve().parents[2]
TEXTS: Final[dict[str, Any]] = json.loads(
    (ROOT / "custom_components/api_balance/translations/en.json").read_text(encoding="utf-8")
)

type Kind = tuple[str, EntityDescription]
"""A platform, and one of its entities."""

# What a provider reports: there where it does.
FIELDS: Final[tuple[Kind, ...]] = (
    *(("sensor", each) for each in (*sensor.AMOUNTS, *sensor.DETAILS)),
    *(("binary_sensor", each) for each in binary_sensor.FLAGS),
)
# What each account has.
OWN: Final[tuple[Kind, ...]] = (
    ("binary_sensor", binary_sensor.LOW_BALANCE),
    ("number", number.LOW_BALANCE_THRESHOLD),
    ("button", button.REFRESH),
    ("event", event.BALANCE_EVENT),
    *(("sensor", each) for each in (*sensor.SPENT, *sensor.FIGURES)),
)

MEANINGS: Final = {
    "account_email": "The account's e-mail address",
    "alert_enabled": "Whether the provider's own alert is switched on",
    "alert_threshold": "The balance below which the provider itself warns",
    "balance": "What can be spent now; negative in arrears; *unknown* while the provider does"
    " not say",
    "balance_event": "What happened last: *became low*, *emptied*, *recovered* or *topped up*",
    "billing_type": "Prepaid or postpaid",
    "gift_balance": "What is left of gifts",
    "gift_granted": "What was granted as gifts",
    "last_top_up": "When the balance last rose; *unknown* until it does",
    "last_top_up_amount": "By how much it rose then",
    "low_balance": "On when the balance is below the threshold, or at or below zero, or when the"
    " provider's own enabled alert says so; *unknown* while the balance is",
    "low_balance_threshold": "Below it the account is low; 0: only when nothing is left",
    "paid_balance": "What is left of top-ups, without gifts",
    "provider_low_balance": "Whether the provider calls the balance low, even if its alert is off",
    "provider_updated": "When the provider last changed its record of the balance",
    "refresh": "Asks the provider now",
    "reset": "When the earliest subscription credits expire",
    "run_out": "When nothing will be left at the spending rate: the day, within two days the hour;"
    " *unknown* without a rate, beyond ten years, and when nothing is left",
    "spending_rate": "What is spent a day, over the last seven; *unknown* until 24 hours were seen",
    "spent_this_month": "What was spent since the first of your month",
    "spent_today": "What was spent since your midnight",
    "subscription_balance": "What is left of the subscription's share",
    "subscription_granted": "What the subscription granted for this period",
    "total_granted": "All that was granted and has not expired",
}


def providers() -> Iterator[str]:
    """Yield the table of the providers: in what they count, the key, and who is asked."""
    apis = simulator.load()
    yield from ("| Provider | Counts in | Key | Asked at |", "|---|---|---|---|")
    for each in _by_name(PROVIDERS):
        api = apis[each.slug]
        key = (
            f"[{' and '.join(credential.label for credential in each.credentials)}]({each.key_url})"
        )
        if prefix := api.auth.get("prefix"):
            key += f" `{prefix}…`"
        unit = api.scenarios["active"].expect["unit"]
        host = URL(each.hosts[0].url).host
        yield f"| {each.name} ([API]({each.docs_url})) | {unit} | {key} | `{host}` |"


def entities() -> Iterator[str]:
    """Yield the table of the entities of an account, first those that every account has."""
    yield from ("| Entity | ID | What it is | Providers |", "|---|---|---|---|")
    rows = [(kind, [each for each in PROVIDERS if kind[1].key in each.fields]) for kind in FIELDS]
    rows += [(kind, list(PROVIDERS)) for kind in OWN]
    for (platform, description), who in sorted(rows, key=lambda row: len(row[1]) < len(PROVIDERS)):
        name = TEXTS["entity"][platform][description.key]["name"]
        meaning = MEANINGS[description.key]
        if not description.entity_registry_enabled_default:
            meaning += "; **disabled at first**"
        names = ", ".join(each.name for each in _by_name(who))
        everybody = "all" if len(who) == len(PROVIDERS) else names
        yield f"| {name} | `{platform}.…_{slugify(name)}` | {meaning} | {everybody} |"


def _by_name(some: Iterable[Provider]) -> list[Provider]:
    """Return providers in the order of their names."""
    return sorted(some, key=lambda provider: provider.name.casefold())


LISTS: Final[Mapping[str, Callable[[], Iterable[str]]]] = {
    "entities": entities,
    "providers": providers,
}
# Between two comments, which nobody sees on the page.
PLACE: Final = re.compile(r"(<!-- begin: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def filled(text: str) -> str:
    """Return a document with the lists as they must be; raises KeyError for an unknown one."""
    return PLACE.sub(
        lambda found: "\n".join((found[1], *LISTS[found[2]](), "", found[3])),
        text,
    )


def outdated() -> dict[Path, str]:
    """Return the documents whose lists are out of date, by path, as they must be."""
    found = {}
    for path in own_files(ROOT):
        if path.suffix == ".md":
            text = (ROOT / path).read_text(encoding="utf-8")
            if (right := filled(text)) != text:
                found[path] = right
    return found


def main() -> int:
    """Do what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if any is")
    only_check = parser.parse_args().check
    changes = outdated()
    for path, text in changes.items():
        if not only_check:
            (ROOT / path).write_text(text, encoding="utf-8")
        print(f"{path} {'is out of date: run scripts/docs' if only_check else 'is written anew'}")
    return 1 if only_check and changes else 0


if __name__ == "__main__":
    sys.exit(main())
