"""Vercel AI Gateway: https://vercel.com/docs/ai-gateway/sdks-and-apis/rest-api."""

from ..api import BEARER, Evidence, Field, Host, Money, Provider

PROVIDER = Provider(
    slug="vercel_ai_gateway",
    name="Vercel AI Gateway",
    hosts=(Host(url="https://ai-gateway.vercel.sh"),),
    path="/v1/credits",
    auth=BEARER,
    codes=("error.code", "error.type"),
    # Credits are bought, granted and budgeted in dollars.
    unit="USD",
    fields={
        Field.BALANCE: Money("balance"),
        Field.TOTAL_USED: Money("total_used"),
    },
    key_hint="AI Gateway API key (vck_…); the credits are those of its team.",
    console_url="https://vercel.com/d?to=%2F%5Bteam%5D%2F%7E%2Fai-gateway",
    key_url="https://vercel.com/d?to=%2F%5Bteam%5D%2F%7E%2Fai-gateway%2Fapi-keys",
    docs_url="https://vercel.com/docs/ai-gateway/sdks-and-apis/rest-api",
    evidence=Evidence.DOCUMENTATION,
    unverified="How the monthly free credits of a team without paid credits are reported.",
)
