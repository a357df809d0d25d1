"""Deepgram: https://developers.deepgram.com/reference/manage/billing/list."""

from decimal import Decimal
from typing import Final, cast

from ..api import (
    Balance,
    Currency,
    Evidence,
    Field,
    Host,
    JsonObject,
    Money,
    PermissionDeniedError,
    Provider,
    Resolve,
    scheme,
)

_AMOUNT: Final = Money("amount")
_UNIT: Final = Currency("units")


def _balances(body: JsonObject) -> tuple[Balance, ...]:
    """Add up the balances in each currency; a project has one for each purchase."""
    totals: dict[str, Decimal] = {}
    for item in body.objects("balances"):
        unit = _UNIT(item)
        # Never None, because it is not nullable.
        totals[unit] = totals.get(unit, Decimal(0)) + cast("Decimal", _AMOUNT(item))
    return tuple(
        Balance(key=unit, unit=unit, amounts={Field.BALANCE: total})
        for unit, total in totals.items()
    )


PROVIDER = Provider(
    slug="deepgram",
    name="Deepgram",
    hosts=(Host(url="https://api.deepgram.com"),),
    path="/v1/projects/{project_id}/balances",
    auth=scheme("Token"),
    resolve=Resolve(path="/v1/projects", name="project_id", value="projects.0.project_id"),
    # Modern and legacy errors.
    codes=("category", "err_code"),
    errors={(401, "INSUFFICIENT_PERMISSIONS"): PermissionDeniedError},
    unit=_UNIT,
    fields={Field.BALANCE: _AMOUNT},
    balances=_balances,
    key_hint="API key with the role Admin or Owner, or with the scope billing:read.",
    console_url="https://console.deepgram.com",
    key_url="https://console.deepgram.com",
    docs_url="https://developers.deepgram.com/reference/manage/billing/list",
    evidence=Evidence.DOCUMENTATION,
    unverified="What a project without a balance returns, and the order of several projects.",
)
