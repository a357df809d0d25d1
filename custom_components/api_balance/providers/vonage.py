"""Vonage: https://developer.vonage.com/en/api/account."""

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
    basic,
)

PROVIDER = Provider(
    slug="vonage",
    name="Vonage",
    aliases=("Nexmo",),
    hosts=(Host(url="https://rest.nexmo.com"),),
    path="/account/get-balance",
    auth=basic(),
    credentials=(
        Credential(name=IDENTIFIER, label="API key", secret=False),
        Credential(name=API_KEY, label="API secret", secret=True),
    ),
    # The second is the form of errors that Vonage's APIs have in common (RFC 7807).
    codes=("error-code", "type"),
    unit="EUR",
    fields={
        Field.BALANCE: Money("value"),
        Field.AUTO_TOP_UP: Flag("autoReload", optional=True),
    },
    key_hint="API key and API secret of the account, from the API settings of the dashboard.",
    console_url="https://dashboard.nexmo.com",
    key_url="https://dashboard.nexmo.com/settings",
    docs_url="https://developer.vonage.com/en/api/account",
    evidence=Evidence.DOCUMENTATION,
    unverified="What a subaccount without a balance of its own reports.",
)
