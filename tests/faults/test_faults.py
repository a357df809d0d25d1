"""The fault matrix: what a user sees, what is logged, when the account is asked again."""

from dataclasses import asdict
from typing import Final

import pytest

from custom_components.api_balance.const import DOMAIN

from .house import House, Seen, play
from .table import FAULTS, Fault

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


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_fault(house: House, fault: Fault) -> None:
    """Each fault has exactly the consequences of its kind, and passes."""
    seen = await play(house, fault)
    for slug, kind in fault.kinds.items():
        assert asdict(seen[slug]) == asdict(expected(kind, fault.pauses.get(slug))), slug
    assert house.server.elsewhere == 0
