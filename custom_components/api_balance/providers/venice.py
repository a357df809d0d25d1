"""Venice: https://docs.venice.ai/api-reference/endpoint/api_keys/rate_limits."""

from datetime import datetime
from typing import Final

from ..api import (
    BEARER,
    AccountDisabledError,
    Evidence,
    Field,
    Flag,
    Host,
    JsonObject,
    Money,
    Provider,
    Text,
    Time,
)

_DISABLED: Final = "API access has been disabled for this account. Please contact support@venice.ai"
_DIEM: Final = Money("data.balances.DIEM", nullable=True, optional=True)


def _reset(body: JsonObject) -> datetime | None:
    """Return when the DIEM allowance renews; None without DIEM, because nothing else does."""
    return Time("data.nextEpochBegins")(body) if _DIEM(body) else None


PROVIDER = Provider(
    slug="venice",
    name="Venice",
    aliases=("Venice.ai",),
    hosts=(Host(url="https://api.venice.ai"),),
    # /billing/balance requires an admin key, which can create keys, and sends null for no dollars.
    path="/api/v1/api_keys/rate_limits",
    auth=BEARER,
    codes=("error",),
    errors={(403, _DISABLED): AccountDisabledError},
    # One DIEM is one dollar, and bundled credits are dollars. They are spent in this order.
    unit="USD",
    fields={
        Field.BALANCE: Money(
            "data.balances.USD", plus=("data.balances.DIEM", "data.balances.BUNDLED_CREDITS")
        ),
        Field.SUBSCRIPTION_BALANCE: Money(
            "data.balances.DIEM", plus=("data.balances.BUNDLED_CREDITS",), optional=True
        ),
        Field.PAID_BALANCE: Money("data.balances.USD"),
        Field.CAN_SPEND: Flag("data.accessPermitted"),
        Field.PLAN: Text("data.apiTier.id"),
        Field.RESET: _reset,
    },
    key_hint="API key of the type Inference Only, without a consumption limit.",
    console_url="https://venice.ai/settings/api",
    key_url="https://venice.ai/settings/api",
    docs_url="https://docs.venice.ai/api-reference/endpoint/api_keys/rate_limits",
    evidence=Evidence.DOCUMENTATION,
    unverified="Whether a key that may not spend anything is refused like a wrong key.",
)
