"""Kie.ai: https://docs.kie.ai/common-api/get-account-credits."""

from ..api import (
    BEARER,
    CREDITS,
    Evidence,
    Field,
    Host,
    Money,
    Provider,
    ServiceUnavailableError,
    UnexpectedResponseError,
)

PROVIDER = Provider(
    slug="kie",
    name="Kie.ai",
    aliases=("Kie",),
    hosts=(Host(url="https://api.kie.ai"),),
    path="/api/v1/chat/credit",
    auth=BEARER,
    # A wrong key was seen to get status 200.
    success={"code": 200},
    codes=("code",),
    errors={
        455: ServiceUnavailableError,  # maintenance
        505: UnexpectedResponseError,  # a disabled feature
    },
    unit=CREDITS,
    fields={Field.BALANCE: Money("data")},
    key_hint="API key; if it has an IP whitelist, add your IP address.",
    console_url="https://kie.ai/billing",
    key_url="https://kie.ai/api-key",
    docs_url="https://docs.kie.ai/common-api/get-account-credits",
    evidence=Evidence.RESPONSE,
    unverified="What a key returns that is used from an IP address outside of its whitelist.",
    freshness="real time",
)
