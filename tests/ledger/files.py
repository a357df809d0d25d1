"""Helpers for the files of an account."""

from decimal import Decimal
import json
from pathlib import Path
import stat
from typing import Any

from custom_components.api_balance.ledger import Ledger, Reading

from .account import START

# Written by version 0.1.0: 60 credits, 10 spent on 20 November from 12:00 to 14:00, topped up by
# 5 at 15:00, and low since then because the user had raised the threshold to 100.
VERSION_1: dict[str, Any] = {
    "since": "2026-11-20T12:00:00+00:00",
    "at": "2026-11-20T15:00:00+00:00",
    "balance": "55",
    "low": True,
    "empty": False,
    "last_top_up": ["2026-11-20T15:00:00+00:00", "5"],
    "days": {"2026-11-20": "10"},
    "hours": ["498660 5 3600", "498661 5 3600", "498662 0 3600", "498663 0 0"],
    "untold": [
        {
            "type": "topped_up",
            "balance": "55",
            "threshold": "100",
            "amount": "5",
            "run_out": None,
        },
        {
            "type": "became_low",
            "balance": "55",
            "threshold": "100",
            "amount": None,
            "run_out": "2026-11-23T00:00:00+00:00",
        },
    ],
}


def ledger(balance: str = "100") -> Ledger:
    """Return a ledger."""
    return Ledger.start(Reading(balance=Decimal(balance), at=START))


def write(file: Path, content: bytes) -> None:
    """Write a file."""
    file.write_bytes(content)


def files(file: Path) -> dict[str, bytes]:
    """Return the contents of all files of the account, by name."""
    return {each.name: each.read_bytes() for each in file.parent.glob("api_balance*")}


def mode(file: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(file.stat().st_mode)


def balances(file: Path) -> dict[str, str]:
    """Return the balances that are stored in a file, by key."""
    content = json.loads(file.read_text())
    assert content["version"] == 2
    ledgers = content["data"]["ledgers"]
    return {key: each["reading"]["balance"] for key, each in ledgers.items()}
