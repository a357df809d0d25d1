"""Stability AI: https://platform.stability.ai/docs/api-reference#tag/User/operation/userBalance."""

from ..api import BEARER, CREDITS, Evidence, Field, Host, Money, Provider

PROVIDER = Provider(
    slug="stability_ai",
    name="Stability AI",
    aliases=("Stable Diffusion", "DreamStudio"),
    hosts=(Host(url="https://api.stability.ai"),),
    path="/v1/user/balance",
    auth=BEARER,
    codes=("name",),
    unit=CREDITS,
    fields={Field.BALANCE: Money("credits")},
    key_hint="API key (sk-…); the balance is that of your default organization.",
    console_url="https://platform.stability.ai/account/credits",
    key_url="https://platform.stability.ai/account/keys",
    docs_url="https://platform.stability.ai/docs/api-reference#tag/User/operation/userBalance",
    evidence=Evidence.DOCUMENTATION,
    freshness="real time",
)
