"""The providers: one module each, listed here by hand, sorted by slug."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Final, override

from ..api import Provider

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
    "lumenfall",
    "lunos",
    "moonshot",
    "novita",
    "openrouter",
    "plivo",
    "pushover",
    "seven_io",
    "siliconflow",
    "stability_ai",
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
    slug = data.get("provider")
    return load(slug) if isinstance(slug, str) and slug in SLUGS else None
