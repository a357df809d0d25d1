"""Pushover: https://pushover.net/api#limits."""

from ..api import (
    API_KEY,
    AuthenticationError,
    Credential,
    Evidence,
    Field,
    Host,
    Money,
    Provider,
    Time,
    TimeFormat,
    query,
)

PROVIDER = Provider(
    slug="pushover",
    name="Pushover",
    hosts=(Host(url="https://api.pushover.net"),),
    path="/1/apps/limits.json",
    auth=query("token"),
    credentials=(Credential(name=API_KEY, label="API token", secret=True),),
    success={"status": 1},
    # An invalid parameter is named; other errors are only texts.
    codes=("token", "errors.0"),
    errors={(400, "invalid"): AuthenticationError},
    unit="messages",
    # Shared by all applications of the account.
    fields={
        Field.BALANCE: Money("remaining"),
        Field.USED: Money("limit", minus="remaining"),
        Field.LIMIT: Money("limit"),
        Field.RESET: Time("reset", TimeFormat.SECONDS),
    },
    key_hint="API token of one of your applications, not your user key.",
    console_url="https://pushover.net/dashboard",
    key_url="https://pushover.net/apps",
    docs_url="https://pushover.net/api#limits",
    evidence=Evidence.DOCUMENTATION,
    unverified="The body of a response after too many requests.",
)
