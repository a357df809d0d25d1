"""Twilio: https://github.com/twilio/twilio-oai, FetchBalance in the API of 2010-04-01."""

from ..api import (
    API_KEY,
    IDENTIFIER,
    AccountDisabledError,
    Credential,
    Currency,
    Evidence,
    Field,
    Host,
    Money,
    Provider,
    basic,
)

PROVIDER = Provider(
    slug="twilio",
    name="Twilio",
    hosts=(Host(url="https://api.twilio.com"),),
    path="/2010-04-01/Accounts/{identifier}/Balance.json",
    auth=basic(),
    credentials=(
        Credential(name=IDENTIFIER, label="Account SID", secret=False),
        Credential(name=API_KEY, label="Auth Token", secret=True),
    ),
    codes=("code",),
    # The documentation does not say with which status an inactive account is refused.
    errors={(401, 10001): AccountDisabledError, (403, 10001): AccountDisabledError},
    unit=Currency("currency"),
    fields={Field.BALANCE: Money("balance", nullable=True)},
    key_hint="Account SID and Auth Token of the main account; a suspended account is refused too.",
    console_url="https://console.twilio.com/us1/billing/manage-billing/billing-overview",
    key_url="https://console.twilio.com",
    docs_url="https://github.com/twilio/twilio-oai/blob/main/spec/json/twilio_api_v2010.json",
    evidence=Evidence.RESPONSE,
    unverified="What a subaccount gets, which has no balance of its own.",
    freshness="changes may not be reflected immediately",
)
