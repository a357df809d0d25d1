"""SiliconFlow: https://docs.siliconflow.com/en/api-reference/userinfo/get-user-info."""

from ..api import BEARER, Evidence, Field, Host, Money, Provider

PROVIDER = Provider(
    slug="siliconflow",
    name="SiliconFlow",
    aliases=("SiliconCloud", "硅基流动"),
    # Not api.siliconflow.cn: SiliconFlow has discontinued this endpoint there (HTTP 410).
    hosts=(Host(url="https://api.siliconflow.com"),),
    path="/v1/user/info",
    auth=BEARER,
    success={"code": 20000},
    # Some errors are a text instead of an object.
    codes=("code", ""),
    unit="USD",
    fields={
        Field.BALANCE: Money("data.totalBalance"),
        Field.PAID_BALANCE: Money("data.chargeBalance"),
        Field.GIFT_BALANCE: Money("data.balance"),
    },
    key_hint="API key (sk-…) of siliconflow.com; the API of siliconflow.cn has no balance.",
    console_url="https://cloud.siliconflow.com",
    key_url="https://cloud.siliconflow.com/account/ak",
    docs_url="https://docs.siliconflow.com/en/api-reference/userinfo/get-user-info",
    evidence=Evidence.DOCUMENTATION,
    unverified="Whether amounts are in US dollars like the prices, and whether vouchers count.",
)
