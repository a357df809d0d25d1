"""EngageLab SMS: https://www.engagelab.com/docs/sms/api/balance."""

from typing import Final

from ..api import (
    API_KEY,
    CREDITS,
    IDENTIFIER,
    Credential,
    Evidence,
    Field,
    Host,
    Money,
    Provider,
    basic,
)

# The documentation recommends the integers, which are exact.
_DIVISOR: Final = 10_000

PROVIDER = Provider(
    slug="engagelab_sms",
    name="EngageLab SMS",
    hosts=(Host(url="https://smsapi.engagelab.com"),),
    path="/v1/balance",
    auth=basic(),
    credentials=(
        Credential(name=IDENTIFIER, label="DevKey", secret=False),
        Credential(name=API_KEY, label="DevSecret", secret=True),
    ),
    codes=("code",),
    # Neither the response nor the documentation names a currency.
    unit=CREDITS,
    fields={
        Field.BALANCE: Money("total_balance10000", divisor=_DIVISOR),
        Field.PAID_BALANCE: Money("balance10000", divisor=_DIVISOR),
        Field.GIFT_BALANCE: Money("gift_balance10000", divisor=_DIVISOR),
    },
    key_hint="API key of the SMS application: DevKey and DevSecret.",
    console_url="https://www.engagelab.com",
    key_url="https://www.engagelab.com/docs/sms/api/authentication",
    docs_url="https://www.engagelab.com/docs/sms/api/balance",
    evidence=Evidence.DOCUMENTATION,
    unverified="The currency of the balance, and whether it can be negative.",
    freshness="real time",
)
