"""Lensmor: https://api.lensmor.com/api-reference/credits/balance."""

from ..api import BEARER, CREDITS, Evidence, Field, Host, Money, Provider, Time, TimeFormat

PROVIDER = Provider(
    slug="lensmor",
    name="Lensmor",
    hosts=(Host(url="https://platform.lensmor.com"),),
    path="/external/credits/balance",
    auth=BEARER,
    codes=("errorKey",),
    unit=CREDITS,
    fields={
        Field.BALANCE: Money("totalBalance"),
        Field.TOTAL_GRANTED: Money("totalAmount"),
        Field.SUBSCRIPTION_BALANCE: Money("subscriptionBalance"),
        Field.SUBSCRIPTION_GRANTED: Money("subscriptionAmount"),
        Field.GIFT_BALANCE: Money("giftBalance"),
        Field.GIFT_GRANTED: Money("giftAmount"),
        # Null without active subscription credits.
        Field.RESET: Time("resetAt", TimeFormat.MILLISECONDS, nullable=True),
    },
    key_hint="API key (uak_…), for a paid subscription.",
    console_url="https://platform.lensmor.com",
    key_url="https://platform.lensmor.com",
    docs_url="https://api.lensmor.com/api-reference/credits/balance",
    evidence=Evidence.DOCUMENTATION,
)
