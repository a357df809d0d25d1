"""OpenRouter: https://openrouter.ai/docs/api/api-reference/credits/get-credits."""

from ..api import BEARER, Evidence, Field, Host, Money, Provider, Reader

_PURCHASED = Money("data.total_credits")
_USED = Money("data.total_usage")


def _unless_denied(reader: Reader) -> Reader:
    """Return a reader that also returns None if both totals are zero.

    An ordinary API key may get that instead of an error. It says nothing about the account.
    """
    return lambda body: reader(body) if _PURCHASED(body) or _USED(body) else None


PROVIDER = Provider(
    slug="openrouter",
    name="OpenRouter",
    hosts=(Host(url="https://openrouter.ai"),),
    path="/api/v1/credits",
    auth=BEARER,
    codes=("error.code",),
    unit="USD",
    fields={
        # Negative in debt.
        Field.BALANCE: _unless_denied(Money("data.total_credits", minus="data.total_usage")),
        Field.TOTAL_GRANTED: _unless_denied(_PURCHASED),
        Field.TOTAL_USED: _unless_denied(_USED),
    },
    key_hint="Management key, which can also create API keys; an ordinary API key may be refused.",
    console_url="https://openrouter.ai/credits",
    key_url="https://openrouter.ai/settings/management-keys",
    docs_url="https://openrouter.ai/docs/api/api-reference/credits/get-credits",
    evidence=Evidence.RESPONSE,
    unverified="Why an ordinary API key gets an error, zeros or the real totals.",
    freshness="up to a minute old",
)
