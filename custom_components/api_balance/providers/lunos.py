"""Lunos: https://lunos.tech/docs/api/balance."""

from ..api import (
    BEARER,
    CREDITS,
    AccountSnapshot,
    AuthenticationError,
    ErrorCode,
    Field,
    JsonObject,
    Provider,
    ServiceUnavailableError,
)


def _error_code(body: JsonObject) -> ErrorCode | None:
    """Return the error of the balance API, a text, or of the rest of the API, an object."""
    if body.is_true("success"):
        return None
    if body.is_object("error"):
        return body.object("error").code("code")
    return body.code("error")


def _parse(body: JsonObject) -> AccountSnapshot:
    """Read a balance; enableAlert is an older form of isAlertEnabled."""
    data = body.object("data")
    return AccountSnapshot.of(
        CREDITS,
        {
            Field.BALANCE: data.money("balance"),
            Field.ALERT_THRESHOLD: data.money("alertBalance"),
        },
        flags={
            Field.ALERT_ENABLED: data.flag("isAlertEnabled"),
            Field.PROVIDER_LOW_BALANCE: data.flag("isBalanceLow"),
        },
        details={
            Field.PROVIDER_UPDATED: data.timestamp("updatedAt"),
            Field.ACCOUNT_EMAIL: data.text("email"),
        },
    )


LUNOS = Provider(
    slug="lunos",
    name="Lunos",
    base_url="https://api.lunos.tech",
    path="/v1/balance",
    auth=BEARER,
    fields=(
        Field.BALANCE,
        Field.ALERT_THRESHOLD,
        Field.ALERT_ENABLED,
        Field.PROVIDER_LOW_BALANCE,
        Field.PROVIDER_UPDATED,
        Field.ACCOUNT_EMAIL,
    ),
    error_code=_error_code,
    errors={"UNAUTHORIZED": AuthenticationError, "INTERNAL_ERROR": ServiceUnavailableError},
    parse=_parse,
    console_url="https://lunos.tech/dashboard/billing",
    key_url="https://lunos.tech/dashboard/api-keys",
    docs_url="https://lunos.tech/docs/api/balance",
)
