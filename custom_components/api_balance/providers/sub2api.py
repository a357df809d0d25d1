"""Sub2API, a gateway: https://github.com/Wei-Shaw/sub2api."""

from decimal import Decimal

from ..api import (
    BEARER,
    AccountDisabledError,
    Currency,
    Evidence,
    Field,
    Money,
    NoCreditsError,
    Provider,
)

PROVIDER = Provider(
    slug="sub2api",
    name="Sub2API",
    hosts=(),
    path="/v1/usage",
    auth=BEARER,
    codes=("code", "error.type"),
    errors={
        (401, "USER_INACTIVE"): AccountDisabledError,
        (403, "INSUFFICIENT_BALANCE"): NoCreditsError,
        (429, "USAGE_LIMIT_EXCEEDED"): NoCreditsError,
    },
    unit=Currency("unit"),
    fields={
        # Of the key if it has a quota, of the subscription, or of the user's wallet. -1 stands for
        # a subscription without limits.
        Field.BALANCE: Money("remaining", unlimited=(Decimal(-1),)),
        # Only of a key with a quota.
        Field.LIMIT: Money("quota.limit", optional=True),
        Field.USED: Money("quota.used", optional=True),
    },
    key_hint="API key of the gateway.",
    console_url="https://github.com/Wei-Shaw/sub2api",
    key_url="https://github.com/Wei-Shaw/sub2api",
    docs_url="https://github.com/Wei-Shaw/sub2api",
    evidence=Evidence.SOURCE,
    unverified="Whether every version reports what is left of a subscription.",
)
