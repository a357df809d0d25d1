"""EngageLab OTP: https://www.engagelab.com/docs/otp/api/balance."""

from ..api import BASIC, AccountDisabledError, AccountSnapshot, Field, JsonObject, Provider


def _parse(body: JsonObject) -> AccountSnapshot:
    """Read a balance; negative in arrears. The server adds up the total itself."""
    return AccountSnapshot.of(
        body.currency("currency"),
        {
            Field.BALANCE: body.money("total_balance"),
            Field.PAID_BALANCE: body.money("balance"),
            Field.GIFT_BALANCE: body.money("gift_balance"),
        },
    )


ENGAGELAB_OTP = Provider(
    slug="engagelab_otp",
    name="EngageLab OTP",
    base_url="https://otp.api.engagelab.cc",
    path="/v1/balance",
    auth=BASIC,
    fields=(Field.BALANCE, Field.PAID_BALANCE, Field.GIFT_BALANCE),
    error_code=lambda body: body.code("code") if "code" in body else None,
    # With 401 the same code means an expired token. 2004 with 403 follows the rule.
    errors={(403, 2002): AccountDisabledError},
    parse=_parse,
    console_url="https://www.engagelab.com",
    key_url="https://www.engagelab.com/docs/otp/console/configuration-management/api-keys",
    docs_url="https://www.engagelab.com/docs/otp/api/balance",
)
