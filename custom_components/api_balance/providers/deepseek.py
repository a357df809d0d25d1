"""DeepSeek: https://api-docs.deepseek.com/api/get-user-balance."""

from ..api import BEARER, Currency, Each, Evidence, Field, Flag, Host, Money, Provider

PROVIDER = Provider(
    slug="deepseek",
    name="DeepSeek",
    hosts=(Host(url="https://api.deepseek.com"),),
    path="/user/balance",
    auth=BEARER,
    codes=("error.code",),
    # One balance for each currency; their order changes between responses.
    each=Each(path="balance_infos"),
    unit=Currency("currency"),
    fields={
        Field.BALANCE: Money("total_balance"),
        Field.PAID_BALANCE: Money("topped_up_balance"),
        Field.GIFT_BALANCE: Money("granted_balance"),
        Field.CAN_SPEND: Flag("is_available", optional=True),
    },
    key_hint="API key (sk-…).",
    console_url="https://platform.deepseek.com/top_up",
    key_url="https://platform.deepseek.com/api_keys",
    docs_url="https://api-docs.deepseek.com/api/get-user-balance",
    evidence=Evidence.RESPONSE,
    unverified="Whether an account without any balance gets an empty list.",
)
