"""AI/ML API: https://docs.aimlapi.com/api-references/service-endpoints/account-balance."""

from ..api import BEARER, Currency, Evidence, Field, Flag, Host, Money, Provider

PROVIDER = Provider(
    slug="aimlapi",
    name="AI/ML API",
    aliases=("AIMLAPI",),
    hosts=(Host(url="https://api.aimlapi.com"),),
    # Without detail there are only the balance and its currency.
    path="/v2/billing/detail",
    auth=BEARER,
    codes=("statusCode",),
    unit=Currency("currency"),
    fields={
        Field.BALANCE: Money("current_balance"),
        Field.AUTO_TOP_UP: Flag("autotopup_settings.is_enabled"),
    },
    key_hint="Regular API key; a management key cannot read the balance.",
    console_url="https://aimlapi.com/app/billing",
    key_url="https://aimlapi.com/app/keys",
    docs_url="https://docs.aimlapi.com/api-references/service-endpoints/account-balance",
    evidence=Evidence.DOCUMENTATION,
    unverified="What autotopup_settings is for an account that has never enabled auto top-up.",
    freshness="charges follow shortly after a response",
)
