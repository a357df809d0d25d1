"""The providers: one module each, listed here by hand, sorted by slug.

The module custom is no provider: it builds one from the description of the user's own endpoint.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Final, override

from ..api import Provider, read_amount
from . import custom

# A provider's module is the slug; its provider is named PROVIDER.
SLUGS: Final = (
    "aimlapi",
    "clicksend",
    "crun",
    "deepgram",
    "deepl",
    "deepseek",
    "elevenlabs",
    "engagelab_otp",
    "engagelab_sms",
    "firecrawl",
    "fish_audio",
    "kie",
    "lensmor",
    "litellm",
    "lumenfall",
    "lunos",
    "moonshot",
    "new_api",
    "new_api_account",
    "novita",
    "openrouter",
    "plivo",
    "pushover",
    "seven_io",
    "siliconflow",
    "stability_ai",
    "sub2api",
    "tavily",
    "telnyx",
    "twilio",
    "venice",
    "vercel_ai_gateway",
    "vonage",
    "vultr",
)


@cache
def load(slug: str) -> Provider:
    """Return a provider; raises KeyError for an unknown one.

    The first call imports the provider's module, so it must not run in the event loop.
    """
    if slug not in SLUGS:
        raise KeyError(slug)
    provider: Provider = import_module(f".{slug}", __name__).PROVIDER
    return provider


class _Providers(Mapping[str, Provider]):
    """Providers by slug; each is loaded when it is accessed."""

    @override
    def __getitem__(self, slug: str) -> Provider:
        """Return a provider."""
        return load(slug)

    @override
    def __contains__(self, slug: object) -> bool:
        """Return whether a provider is known, without loading it."""
        return slug in SLUGS

    @override
    def __iter__(self) -> Iterator[str]:
        """Return the slugs, sorted."""
        return iter(SLUGS)

    @override
    def __len__(self) -> int:
        """Return the number of providers."""
        return len(SLUGS)


BY_SLUG: Final[Mapping[str, Provider]] = _Providers()
PROVIDERS: Final = BY_SLUG.values()
"""All providers; iterating loads them."""


def provider_of(data: Mapping[str, object]) -> Provider | None:
    """Return the provider of a config entry's data; None for an unknown one.

    It may have to import the provider's module: see load.
    """
    slug, base_url = data.get("provider"), data.get("base_url")
    if slug == custom.SLUG:
        return custom.build(data)
    if not isinstance(slug, str) or slug not in SLUGS:
        return None
    provider = load(slug)
    if provider.self_hosted and isinstance(base_url, str):
        # Accounts are managed at the user's own address.
        provider = replace(provider, console_url=base_url)
    if provider.resolve and provider.scaled_fields:
        units = read_amount(str(data.get(provider.resolve.name)))
        if units is not None and units > 0:
            provider = replace(provider, fields=provider.scaled_fields(units))
    return provider
