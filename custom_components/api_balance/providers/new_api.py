"""New API, a gateway: https://github.com/QuantumNous/new-api.

The quota of one key. The gateway counts in quota units, of which one US dollar has 500,000 unless
the operator has changed it.
"""

from collections.abc import Mapping
from decimal import Decimal

from ..api import (
    BEARER,
    AccountDisabledError,
    Evidence,
    Field,
    Flag,
    JsonObject,
    Money,
    Provider,
    Reader,
    Resolve,
)

_UNLIMITED = Flag("data.unlimited_quota", optional=True)


def _unless_unlimited(amount: Money) -> Reader:
    """Return the reader of an amount that means nothing for a key with an unlimited quota."""

    def read(body: JsonObject) -> Decimal | None:
        """Return the amount; None for a key with an unlimited quota."""
        return None if _UNLIMITED(body) else amount(body)

    return read


def _fields(units: Decimal) -> Mapping[Field, Reader]:
    """Return the fields for a number of quota units in one US dollar."""
    return {
        Field.BALANCE: _unless_unlimited(Money("data.total_available", divisor=units)),
        Field.TOTAL_GRANTED: _unless_unlimited(Money("data.total_granted", divisor=units)),
        Field.TOTAL_USED: Money("data.total_used", divisor=units),
    }


PROVIDER = Provider(
    slug="new_api",
    name="New API",
    hosts=(),
    # Without the slash at the end the gateway redirects.
    path="/api/usage/token/",
    auth=BEARER,
    resolve=Resolve(path="/api/status", name="quota_per_unit", value="data.quota_per_unit"),
    # A response with status 200 that reports a failure has no data.
    errors={403: AccountDisabledError},
    unit="USD",
    fields=_fields(Decimal(500_000)),
    scaled_fields=_fields,
    key_hint="API key (sk-…) of the gateway with a limited quota.",
    console_url="https://github.com/QuantumNous/new-api",
    key_url="https://docs.newapi.pro",
    docs_url="https://github.com/QuantumNous/new-api",
    evidence=Evidence.SOURCE,
    unverified="Whether the operator of a gateway counts in US dollars, which is the default.",
)
