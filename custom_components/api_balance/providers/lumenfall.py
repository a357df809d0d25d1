"""Lumenfall: https://docs.lumenfall.ai/api-reference/balance."""

from ..api import BEARER, AccountSnapshot, ErrorCode, Field, JsonObject, Provider


def _error_code(body: JsonObject) -> ErrorCode | None:
    """Return the code of the error object."""
    return body.object("error").code("code") if "error" in body else None


def _parse(body: JsonObject) -> AccountSnapshot:
    """Read a balance; null is a postpaid account, or a balance that is not known just now."""
    available = body.object("available")
    return AccountSnapshot.of(
        available.currency("currency"),
        {Field.BALANCE: available.money_or_none("amount")},
        details={Field.BILLING_TYPE: body.text("billing_type")},
    )


LUMENFALL = Provider(
    slug="lumenfall",
    name="Lumenfall",
    base_url="https://api.lumenfall.ai",
    path="/v1/balance",
    auth=BEARER,
    fields=(Field.BALANCE, Field.BILLING_TYPE),
    error_code=_error_code,
    parse=_parse,
    console_url="https://lumenfall.ai/app/credits",
    key_url="https://lumenfall.ai/app/api_keys",
    docs_url="https://docs.lumenfall.ai/api-reference/balance",
)
