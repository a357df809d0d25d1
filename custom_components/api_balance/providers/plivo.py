"""Plivo: https://www.plivo.com/docs/account/api/account/."""

from ..api import (
    API_KEY,
    IDENTIFIER,
    Credential,
    Evidence,
    Field,
    Flag,
    Host,
    Money,
    Provider,
    Text,
    basic,
)

PROVIDER = Provider(
    slug="plivo",
    name="Plivo",
    hosts=(Host(url="https://api.plivo.com"),),
    # Without the slash at its end, the server redirects.
    path="/v1/Account/{identifier}/",
    auth=basic(),
    credentials=(
        Credential(name=IDENTIFIER, label="Auth ID", secret=False),
        Credential(name=API_KEY, label="Auth Token", secret=True),
    ),
    codes=("error",),
    unit="USD",
    fields={
        Field.BALANCE: Money("cash_credits"),
        Field.AUTO_TOP_UP: Flag("auto_recharge"),
        Field.BILLING_TYPE: Text("billing_mode"),
        Field.PLAN: Text("account_type"),
    },
    key_hint="Auth ID (MA…) and Auth Token of your account, not of a subaccount.",
    console_url="https://cx.plivo.com/billing",
    key_url="https://cx.plivo.com/home",
    docs_url="https://www.plivo.com/docs/account/api/account/",
    evidence=Evidence.DOCUMENTATION,
    unverified="What the credits of a postpaid account mean, and what a subaccount may read.",
)
