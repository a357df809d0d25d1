"""Lumenfall: https://docs.lumenfall.ai/api-reference/balance."""

from ..api import BEARER, Currency, Evidence, Field, Host, Money, Provider, Text

PROVIDER = Provider(
    slug="lumenfall",
    name="Lumenfall",
    hosts=(Host(url="https://api.lumenfall.ai"),),
    path="/v1/balance",
    auth=BEARER,
    codes=("error.code",),
    unit=Currency("available.currency"),
    fields={
        # Null for a postpaid account, or while the balance is not available.
        Field.BALANCE: Money("available.amount", nullable=True),
        Field.BILLING_TYPE: Text("billing_type"),
    },
    key_hint="API key (lmnfl_…).",
    console_url="https://lumenfall.ai/app/credits",
    key_url="https://lumenfall.ai/app/api_keys",
    docs_url="https://docs.lumenfall.ai/api-reference/balance",
    evidence=Evidence.DOCUMENTATION,
    freshness="close to real time",
)
