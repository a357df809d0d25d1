"""ClickSend: https://developers.clicksend.com/docs/accounts/management."""

from ..api import (
    API_KEY,
    IDENTIFIER,
    AccountDisabledError,
    Credential,
    Currency,
    Evidence,
    Field,
    Flag,
    Host,
    Money,
    Provider,
    basic,
)

PROVIDER = Provider(
    slug="clicksend",
    name="ClickSend",
    hosts=(Host(url="https://rest.clicksend.com"),),
    path="/v3/account",
    auth=basic(),
    credentials=(
        Credential(name=IDENTIFIER, label="Username", secret=False),
        Credential(name=API_KEY, label="API key", secret=True),
    ),
    success={"response_code": "SUCCESS"},
    codes=("http_code",),
    errors={403: AccountDisabledError},  # "Your account is suspended."
    unit=Currency("data._currency.currency_name_short"),
    fields={
        Field.BALANCE: Money("data.balance"),
        Field.ALERT_THRESHOLD: Money("data.low_credit_amount"),
        Field.AUTO_TOP_UP: Flag("data.auto_recharge", on=1, off=0),
    },
    key_hint="Username and API key, shown under the key icon in the dashboard.",
    console_url="https://dashboard.clicksend.com",
    key_url="https://dashboard.clicksend.com/account/subaccounts",
    docs_url="https://developers.clicksend.com/docs/accounts/management",
    evidence=Evidence.RESPONSE,
    unverified="Whether the low credit amount is only an alert, and what a subaccount may read.",
)
