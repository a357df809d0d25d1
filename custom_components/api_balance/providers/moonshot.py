"""Kimi Open Platform: https://platform.kimi.ai/docs/api/balance."""

from ..api import BEARER, Evidence, Field, Host, Money, NoCreditsError, Provider

PROVIDER = Provider(
    slug="moonshot",
    name="Kimi Open Platform",
    aliases=("Kimi", "Moonshot AI"),
    # The response has no currency: each platform has its own.
    hosts=(
        Host(url="https://api.moonshot.ai", label="platform.kimi.ai", unit="USD"),
        Host(url="https://api.moonshot.cn", label="platform.kimi.com", unit="CNY"),
    ),
    path="/v1/users/me/balance",
    auth=BEARER,
    success={"code": 0, "status": True},
    codes=("code", "error.type"),
    errors={
        (403, "exceeded_current_quota_error"): NoCreditsError,
        (429, "exceeded_current_quota_error"): NoCreditsError,
    },
    fields={
        # In debt it is the voucher balance, and the debt is in the cash balance.
        Field.BALANCE: Money("data.available_balance"),
        Field.PAID_BALANCE: Money("data.cash_balance"),
        Field.GIFT_BALANCE: Money("data.voucher_balance"),
    },
    key_hint="API key (sk-…) of the chosen platform, not a key for Kimi Code (sk-kimi-…).",
    console_url="https://platform.kimi.ai/console",
    key_url="https://platform.kimi.ai/console/api-keys",
    docs_url="https://platform.kimi.ai/docs/api/balance",
    evidence=Evidence.RESPONSE,
    unverified="Which codes an error in a response with status 200 has.",
    freshness="a slight delay is possible",
)
