"""Lensmor: https://api.lensmor.com/api-reference/credits/balance."""

from ..api import BEARER, CREDITS, AccountSnapshot, Field, JsonObject, Provider


def _parse(body: JsonObject) -> AccountSnapshot:
    """Read a balance; resetAt is null without active subscription credits."""
    return AccountSnapshot.of(
        CREDITS,
        {
            Field.BALANCE: body.money("totalBalance"),
            Field.TOTAL_GRANTED: body.money("totalAmount"),
            Field.SUBSCRIPTION_BALANCE: body.money("subscriptionBalance"),
            Field.SUBSCRIPTION_GRANTED: body.money("subscriptionAmount"),
            Field.GIFT_BALANCE: body.money("giftBalance"),
            Field.GIFT_GRANTED: body.money("giftAmount"),
        },
        details={Field.RESET: body.milliseconds_or_none("resetAt")},
    )


LENSMOR = Provider(
    slug="lensmor",
    name="Lensmor",
    base_url="https://platform.lensmor.com",
    path="/external/credits/balance",
    auth=BEARER,
    fields=(
        Field.BALANCE,
        Field.TOTAL_GRANTED,
        Field.SUBSCRIPTION_BALANCE,
        Field.SUBSCRIPTION_GRANTED,
        Field.GIFT_BALANCE,
        Field.GIFT_GRANTED,
        Field.RESET,
    ),
    error_code=lambda body: body.code("errorKey") if "errorKey" in body else None,
    parse=_parse,
    console_url="https://platform.lensmor.com",
    key_url="https://platform.lensmor.com",
    docs_url="https://api.lensmor.com/api-reference/credits/balance",
)
