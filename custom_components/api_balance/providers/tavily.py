"""Tavily: https://docs.tavily.com/documentation/api-reference/endpoint/usage."""

from ..api import BEARER, CREDITS, Evidence, Field, Host, Money, NoCreditsError, Provider, Text

PROVIDER = Provider(
    slug="tavily",
    name="Tavily",
    hosts=(Host(url="https://api.tavily.com"),),
    path="/usage",
    auth=BEARER,
    codes=("detail.error", "detail"),
    # The limits of the plan and of pay-as-you-go.
    errors={432: NoCreditsError, 433: NoCreditsError},
    unit=CREDITS,
    fields={
        # What is left of the plan; pay-as-you-go credits are used after them.
        Field.BALANCE: Money("account.plan_limit", minus="account.plan_usage"),
        Field.USED: Money("account.plan_usage"),
        Field.LIMIT: Money("account.plan_limit"),
        Field.PLAN: Text("account.current_plan"),
    },
    key_hint="API key (tvly-…); the credits are those of its account.",
    console_url="https://app.tavily.com",
    key_url="https://app.tavily.com",
    docs_url="https://docs.tavily.com/documentation/api-reference/endpoint/usage",
    evidence=Evidence.RESPONSE,
    unverified="What an account reports whose plan has no limit, or that has only pay-as-you-go.",
)
