"""LiteLLM proxy, a gateway: https://docs.litellm.ai/docs/proxy/virtual_keys."""

from ..api import (
    BEARER,
    AuthenticationError,
    Evidence,
    Field,
    Money,
    NoCreditsError,
    Provider,
    Time,
    TimeFormat,
)

PROVIDER = Provider(
    slug="litellm",
    name="LiteLLM",
    hosts=(),
    path="/key/info",
    auth=BEARER,
    codes=("error.type", "error.code"),
    errors={
        (400, "budget_exceeded"): NoCreditsError,
        (429, "budget_exceeded"): NoCreditsError,
        (400, "expired_key"): AuthenticationError,
    },
    unit="USD",
    fields={
        # Null for a key without a budget of its own.
        Field.BALANCE: Money("info.max_budget", minus="info.spend", nullable=True),
        Field.LIMIT: Money("info.max_budget", nullable=True),
        Field.USED: Money("info.spend"),
        # Null for a budget that is not renewed.
        Field.RESET: Time("info.budget_reset_at", TimeFormat.ISO_UTC, nullable=True, optional=True),
    },
    key_hint="Virtual key (sk-…) with a budget of its own.",
    console_url="https://docs.litellm.ai/docs/proxy/virtual_keys",
    key_url="https://docs.litellm.ai/docs/proxy/virtual_keys",
    docs_url="https://docs.litellm.ai/docs/proxy/virtual_keys",
    evidence=Evidence.RESPONSE,
    unverified="How the budgets of users and teams, which may end earlier, could be read.",
)
