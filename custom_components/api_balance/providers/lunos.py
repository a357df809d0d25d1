"""Lunos: https://lunos.tech/docs/api/balance."""

from ..api import (
    BEARER,
    CREDITS,
    AuthenticationError,
    Evidence,
    Field,
    Flag,
    Host,
    Money,
    Provider,
    ServiceUnavailableError,
    Text,
    Time,
)

PROVIDER = Provider(
    slug="lunos",
    name="Lunos",
    hosts=(Host(url="https://api.lunos.tech"),),
    path="/v1/balance",
    auth=BEARER,
    success={"success": True},
    # An object in the rest of the API, a text in the balance API.
    codes=("error.code", "error"),
    errors={"UNAUTHORIZED": AuthenticationError, "INTERNAL_ERROR": ServiceUnavailableError},
    unit=CREDITS,
    fields={
        Field.BALANCE: Money("data.balance"),
        Field.ALERT_THRESHOLD: Money("data.alertBalance"),
        # enableAlert is an older form of it.
        Field.ALERT_ENABLED: Flag("data.isAlertEnabled"),
        Field.PROVIDER_LOW_BALANCE: Flag("data.isBalanceLow"),
        Field.PROVIDER_UPDATED: Time("data.updatedAt"),
        Field.ACCOUNT_EMAIL: Text("data.email"),
    },
    identity=Field.ACCOUNT_EMAIL,
    key_hint="Secret key (sk-…).",
    console_url="https://lunos.tech/dashboard/billing",
    key_url="https://lunos.tech/dashboard/api-keys",
    docs_url="https://lunos.tech/docs/api/balance",
    evidence=Evidence.DOCUMENTATION,
    unverified="Whether the balance is in US dollars: the documentation calls it credits.",
)
