"""Fish Audio: https://docs.fish.audio/api-reference/endpoint/wallet/get-api-credit."""

from ..api import BEARER, Evidence, Field, Host, Money, Provider, Time

PROVIDER = Provider(
    slug="fish_audio",
    name="Fish Audio",
    hosts=(Host(url="https://api.fish.audio"),),
    path="/wallet/self/api-credit",
    auth=BEARER,
    codes=("status",),
    unit="USD",
    fields={
        # Not the credits of a plan, which the API does not use.
        Field.BALANCE: Money("credit"),
        Field.TOTAL_GRANTED: Money("cumulative_top_up"),
        Field.PROVIDER_UPDATED: Time("updated_at"),
    },
    key_hint="API key; the balance is the API credit, not the credits of a plan.",
    console_url="https://fish.audio/app/billing",
    key_url="https://fish.audio/app/api-keys",
    docs_url="https://docs.fish.audio/api-reference/endpoint/wallet/get-api-credit",
    evidence=Evidence.DOCUMENTATION,
    unverified="Whether the credit is in US dollars, the only currency in the documented prices.",
)
