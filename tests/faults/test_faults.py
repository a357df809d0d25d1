"""The fault matrix: what a user sees, what is logged, when the account is asked again."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import groupby
import json
from typing import Any, Final

import pytest

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from scripts.lib.reliability import BEGINNING, PAGE, lines

from .house import House, Seen, play
from .table import FAULTS, SLUGS, Fault

# What each kind of error means to a user, by hand.
TEXTS: Final = {
    "account_disabled": "The provider reports that the account or application is disabled",
    "cannot_connect": "The provider cannot be reached",
    "invalid_auth": "The provider does not accept the credentials",
    "permission_denied": "The provider does not let these credentials read the balance",
    "rate_limited": "The provider has received too many requests",
    "unexpected_response": "The provider answered in a way that API Balance does not understand",
}
PAUSES: Final = {
    "account_disabled": (900, 900),
    "cannot_connect": (30, 60),
    "invalid_auth": (),
    "permission_denied": (),
    "rate_limited": (900, 900),
    "unexpected_response": (900, 900),
}
ISSUES: Final = {"account_disabled": 1, "unexpected_response": 3}


def expected(kind: str, pause: int | None) -> Seen:
    """Return what an error of a kind leads to."""
    text, asks = TEXTS[kind], kind in {"invalid_auth", "permission_denied"}
    refused = f"Config entry 'The provider' for {DOMAIN} integration could not authenticate: {text}"
    begins = "Authentication failed while" if asks else "Error"
    return Seen(
        state="unavailable",
        log=(f"{begins} fetching The provider data: {text}",),
        # New credentials begin a new life, in which nothing has to be recovered.
        log_after=() if asks else ("Fetching The provider data recovered",),
        issue_at=(kind, ISSUES[kind]) if kind in ISSUES else None,
        asks_credentials=asks,
        pauses=PAUSES[kind] if pause is None else (pause, pause),
        at_set_up=("setup_error" if asks else "setup_retry", text),
        # That it tries again Home Assistant says on its page, and in the log only at INFO.
        log_at_set_up=(refused,) if asks else (),
        in_form={"base": kind},
    )


def record(fault: Fault, seen: Mapping[str, Seen]) -> dict[str, Any]:
    """Return what the document says of a fault, before it is put into words."""
    return {
        "number": FAULTS.index(fault),
        "group": fault.group,
        "name": fault.name,
        "of": len(SLUGS),
        "seen": {BY_SLUG[slug].name: asdict(each) for slug, each in seen.items()},
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_fault(
    house: House, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    """Each fault has exactly the consequences of its kind, passes, and is documented."""
    seen = await play(house, fault)
    for slug, kind in fault.kinds.items():
        assert asdict(seen[slug]) == asdict(expected(kind, fault.pauses.get(slug))), slug
    assert house.server.elsewhere == 0
    recorded = record(fault, seen)
    record_property("fault", json.dumps(recorded))
    page = PAGE.read_text()
    for line in lines(recorded):
        assert f"\n{line}\n" in page, "scripts/reliability writes the page anew"


def test_page() -> None:
    """The document has the faults that are played, and no others."""
    assert PAGE.read_text().startswith(BEGINNING)
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    names = [row.split(" | ")[0].removeprefix("| ") for row in rows]
    groups = list(dict.fromkeys(fault.group for fault in FAULTS))
    expected_names = [
        name
        for group in groups
        for name in ("What happens", *(each.name for each in FAULTS if each.group == group))
    ]
    assert [name for name, _ in groupby(names)] == expected_names
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
