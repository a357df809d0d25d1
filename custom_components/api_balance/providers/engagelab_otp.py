"""EngageLab OTP: https://www.engagelab.com/docs/otp/api/balance."""

from ..api import (
    API_KEY,
    IDENTIFIER,
    AccountDisabledError,
    Credential,
    Currency,
    Evidence,
    Field,
    Host,
    Money,
    Provider,
    basic,
)

PROVIDER = Provider(
    slug="engagelab_otp",
    name="EngageLab OTP",
    hosts=(Host(url="https://otp.api.engagelab.cc"),),
    path="/v1/balance",
    auth=basic(),
    credentials=(
        Credential(name=IDENTIFIER, label="DevKey", secret=False),
        Credential(name=API_KEY, label="DevSecret", secret=True),
    ),
    codes=("code",),
    # With 401 the same code means an expired token.
    errors={(403, 2002): AccountDisabledError},
    unit=Currency("currency"),
    fields={
        # Negative in debt. The server adds up the total itself.
        Field.BALANCE: Money("total_balance"),
        Field.PAID_BALANCE: Money("balance"),
        Field.GIFT_BALANCE: Money("gift_balance"),
    },
    key_hint="API key of the OTP application: DevKey and DevSecret.",
    console_url="https://www.engagelab.com",
    key_url="https://www.engagelab.com/docs/otp/console/configuration-management/api-keys",
    docs_url="https://www.engagelab.com/docs/otp/api/balance",
    evidence=Evidence.DOCUMENTATION,
    unverified="Which API permission a key needs to read the balance.",
)
