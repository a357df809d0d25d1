"""Telnyx: https://developers.telnyx.com/api-reference/billing/get-user-balance-details."""

from ..api import BEARER, Currency, Evidence, Field, Host, Money, Provider

PROVIDER = Provider(
    slug="telnyx",
    name="Telnyx",
    hosts=(Host(url="https://api.telnyx.com"),),
    path="/v2/balance",
    auth=BEARER,
    codes=("errors.0.code",),
    unit=Currency("data.currency"),
    fields={
        # The balance plus the credit limit.
        Field.BALANCE: Money("data.available_credit"),
        Field.PAID_BALANCE: Money("data.balance"),
        Field.CREDIT_LIMIT: Money("data.credit_limit"),
        Field.PENDING: Money("data.pending"),
    },
    key_hint="API key (KEY…).",
    console_url="https://portal.telnyx.com/#/app/billing",
    key_url="https://portal.telnyx.com/#/app/api-keys",
    docs_url="https://developers.telnyx.com/api-reference/billing/get-user-balance-details",
    evidence=Evidence.DOCUMENTATION,
    unverified="Whether pending charges are already deducted from the available credit.",
)
