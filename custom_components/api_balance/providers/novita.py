"""Novita AI: https://novita.ai/docs/api-reference/basic-get-user-balance."""

from typing import Final

from ..api import BEARER, Evidence, Field, Host, Money, Provider

# All amounts are in ten-thousandths of a US dollar.
_DIVISOR: Final = 10_000

PROVIDER = Provider(
    slug="novita",
    name="Novita AI",
    hosts=(Host(url="https://api.novita.ai"),),
    path="/openapi/v1/billing/balance/detail",
    auth=BEARER,
    # The code repeats the HTTP status.
    codes=("reason", "code"),
    unit="USD",
    fields={
        # Includes the credit limit.
        Field.BALANCE: Money("availableBalance", divisor=_DIVISOR),
        Field.PAID_BALANCE: Money("cashBalance", divisor=_DIVISOR, optional=True),
        Field.CREDIT_LIMIT: Money("creditLimit", divisor=_DIVISOR, optional=True),
        Field.PENDING: Money("pendingCharges", divisor=_DIVISOR, optional=True),
    },
    key_hint="API key (sk_…).",
    console_url="https://novita.ai/billing",
    key_url="https://novita.ai/settings/key-management",
    docs_url="https://novita.ai/docs/api-reference/basic-get-user-balance",
    evidence=Evidence.DOCUMENTATION,
    unverified="Whether the available balance deducts pending charges and outstanding invoices.",
)
