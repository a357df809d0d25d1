"""DeepL: https://developers.deepl.com/api-reference/usage-and-quota."""

from decimal import Decimal
from typing import Final

from ..api import (
    AuthenticationError,
    Evidence,
    Field,
    Host,
    Money,
    NoCreditsError,
    Provider,
    RateLimitedError,
    Time,
    scheme,
)

# The limit of a subscription without cost control.
_UNLIMITED: Final = (Decimal(1_000_000_000_000),)

PROVIDER = Provider(
    slug="deepl",
    name="DeepL",
    hosts=(
        Host(url="https://api-free.deepl.com", label="API Free"),
        Host(url="https://api.deepl.com", label="API Pro"),
    ),
    path="/v2/usage",
    auth=scheme("DeepL-Auth-Key"),
    # Every error has a message; few have a code.
    codes=("message",),
    errors={
        # The key is wrong, belongs to the other address, or lacks a scope.
        403: AuthenticationError,
        456: NoCreditsError,
        529: RateLimitedError,
    },
    unit="characters",
    fields={
        Field.BALANCE: Money("character_limit", minus="character_count", unlimited=_UNLIMITED),
        Field.USED: Money("character_count"),
        Field.LIMIT: Money("character_limit", unlimited=_UNLIMITED),
        # Only API Pro.
        Field.RESET: Time("end_time", optional=True),
    },
    key_hint="API key; keys for API Free end in :fx. Custom permissions must include usage.",
    console_url="https://www.deepl.com/your-account/usage",
    key_url="https://www.deepl.com/your-account/keys",
    docs_url="https://developers.deepl.com/api-reference/usage-and-quota",
    evidence=Evidence.DOCUMENTATION,
    unverified="Whether the usage can still be read once the quota is exceeded.",
    freshness="near real time",
)
