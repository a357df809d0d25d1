"""Crun.ai: https://docs.crun.ai/common-api/get-account-credits."""

from ..api import (
    CREDITS,
    Evidence,
    Field,
    Host,
    Money,
    Provider,
    ServiceUnavailableError,
    UnexpectedResponseError,
    header,
)

PROVIDER = Provider(
    slug="crun",
    name="Crun.ai",
    aliases=("Crun",),
    hosts=(Host(url="https://api.crun.ai"),),
    path="/api/v1/client/account/balance",
    auth=header("x-api-key"),
    # The code is in every response, also in one with status 200.
    success={"code": 200},
    codes=("code",),
    errors={
        455: ServiceUnavailableError,  # maintenance
        501: UnexpectedResponseError,  # a failed generation
        505: UnexpectedResponseError,  # a disabled feature
    },
    unit=CREDITS,
    fields={Field.BALANCE: Money("data.balance")},
    key_hint="API key (ak_…).",
    console_url="https://crun.ai/billing",
    key_url="https://crun.ai/user-api-key",
    docs_url="https://docs.crun.ai/common-api/get-account-credits",
    evidence=Evidence.DOCUMENTATION,
    unverified="Whether an error comes with its own HTTP status or with status 200.",
)
