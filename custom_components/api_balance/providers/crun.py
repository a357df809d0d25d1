"""Crun.ai: https://docs.crun.ai/common-api/get-account-credits."""

from ..api import (
    CREDITS,
    AccountSnapshot,
    ErrorCode,
    Field,
    JsonObject,
    Provider,
    ServiceUnavailableError,
    UnexpectedResponseError,
    api_key_header,
)


def _error_code(body: JsonObject) -> ErrorCode | None:
    """Return the code that stands in every answer, also in one with HTTP 200."""
    code = body.code("code")
    return None if code == 200 else code  # noqa: PLR2004


def _parse(body: JsonObject) -> AccountSnapshot:
    """Read a balance."""
    return AccountSnapshot.of(CREDITS, {Field.BALANCE: body.object("data").money("balance")})


CRUN = Provider(
    slug="crun",
    name="Crun.ai",
    base_url="https://api.crun.ai",
    path="/api/v1/client/account/balance",
    auth=api_key_header("x-api-key"),
    fields=(Field.BALANCE,),
    error_code=_error_code,
    errors={
        455: ServiceUnavailableError,  # maintenance
        501: UnexpectedResponseError,  # a failed generation
        505: UnexpectedResponseError,  # a disabled feature
    },
    parse=_parse,
    console_url="https://crun.ai/billing",
    key_url="https://crun.ai/user-api-key",
    docs_url="https://docs.crun.ai/common-api/get-account-credits",
)
