"""Firecrawl: https://docs.firecrawl.dev/api-reference/endpoint/credit-usage."""

from ..api import BEARER, CREDITS, Evidence, Field, Host, Money, Provider, Time

PROVIDER = Provider(
    slug="firecrawl",
    name="Firecrawl",
    hosts=(Host(url="https://api.firecrawl.dev"),),
    path="/v2/team/credit-usage",
    auth=BEARER,
    success={"success": True},
    codes=("error",),
    unit=CREDITS,
    fields={
        # Includes coupons, credit packs and recharges, so it may be more than the plan grants.
        Field.BALANCE: Money("data.remainingCredits"),
        Field.SUBSCRIPTION_GRANTED: Money("data.planCredits", optional=True),
        Field.RESET: Time("data.billingPeriodEnd", nullable=True, optional=True),
    },
    key_hint="API key (fc-…); the credits are those of its team.",
    console_url="https://www.firecrawl.dev/app/billing",
    key_url="https://www.firecrawl.dev/app/api-keys",
    docs_url="https://docs.firecrawl.dev/api-reference/endpoint/credit-usage",
    evidence=Evidence.RESPONSE,
    unverified="Whether the billing period of a yearly plan ends each month, as its credits do.",
    freshness="crawls and batches are charged with a delay",
)
