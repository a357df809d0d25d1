"""The registered providers: each is complete, and loaded only when it is needed."""

import inspect
import re
from unittest.mock import patch

import pytest

from custom_components.api_balance import providers
from custom_components.api_balance.api import (
    AMOUNTS,
    API_KEY,
    FLAGS,
    IDENTIFIER,
    TIMES,
    Evidence,
    Field,
    Flag,
    Money,
    Provider,
    Text,
    Time,
)
from custom_components.api_balance.providers import BY_SLUG, PROVIDERS, SLUGS, load, provider_of

EACH = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)


def test_lazy_loading() -> None:
    """Nothing is imported before a provider is accessed, and then only once."""
    load.cache_clear()
    with patch.object(providers, "import_module", side_effect=ImportError) as import_module:
        assert list(BY_SLUG) == sorted(SLUGS)
        assert len(BY_SLUG) == len(PROVIDERS) == len(SLUGS)
        assert SLUGS[0] in BY_SLUG
        assert "unknown" not in BY_SLUG
        assert BY_SLUG.get("unknown") is None
        with pytest.raises(KeyError):
            load("unknown")
        for data in ({}, {"provider": "unknown"}, {"provider": ["crun"]}, {"provider": "api"}):
            assert provider_of(data) is None
        import_module.assert_not_called()
        with pytest.raises(ImportError):
            load(SLUGS[0])
    first = provider_of({"provider": SLUGS[0], "api_key": "k"})
    assert first is not None
    assert first is load(SLUGS[0]) is BY_SLUG[SLUGS[0]] is next(iter(PROVIDERS))
    assert first.slug == SLUGS[0]


@EACH
def test_texts(provider: Provider) -> None:
    """Texts for the form are short and complete; the slug is a Python module."""
    assert provider.slug in SLUGS
    assert provider.slug.isidentifier()
    assert provider.name == provider.name.strip() != ""
    assert 0 < len(provider.key_hint) <= 100
    for text in (provider.key_hint, provider.unverified, provider.freshness):
        assert text.isprintable()
        assert text == text.strip()
    assert provider.evidence in Evidence
    for url in (provider.console_url, provider.key_url, provider.docs_url):
        assert url.startswith("https://")


@EACH
def test_credentials(provider: Provider) -> None:
    """There are two names at most, and the secret is sent in exactly one place."""
    names = [credential.name for credential in provider.credentials]
    assert names in ([API_KEY], [IDENTIFIER, API_KEY])
    assert [credential.secret for credential in provider.credentials] == [
        name == API_KEY for name in names
    ]
    auth = provider.auth
    templates = [
        provider.path,
        *provider.query.values(),
        *provider.headers.values(),
        *auth.headers.values(),
        *auth.query.values(),
        *(auth.basic or ()),
    ]
    placeholders = re.findall(r"\{(\w+)\}", " ".join(templates))
    assert placeholders.count(API_KEY) == 1
    # What has been found is part of the request, or it scales the amounts.
    resolved = {provider.resolve.name} if provider.resolve and not provider.scaled_fields else set()
    assert set(placeholders) == {*names, *resolved}


@EACH
def test_addresses(provider: Provider) -> None:
    """Requests are encrypted; several hosts have labels, and a unit is known for each."""
    for host in provider.hosts:
        assert host.url.startswith("https://")
        assert not host.url.endswith("/")
        assert provider.unit or host.unit
        assert host.label or len(provider.hosts) == 1
    assert provider.path.startswith("/")
    assert not re.search(r"[?#]|//", provider.path)


@EACH
def test_fields(provider: Provider) -> None:
    """Each field has a reader of its type; the balance is always required."""
    assert Field.BALANCE in provider.fields
    for field, reader in provider.fields.items():
        if inspect.isfunction(reader):
            continue
        kind = {field in AMOUNTS: Money, field in FLAGS: Flag, field in TIMES: Time}.get(True, Text)
        assert isinstance(reader, kind), field
    balance = provider.fields[Field.BALANCE]
    assert not (isinstance(balance, Money) and balance.optional)
    assert provider.identity is None or isinstance(provider.fields[provider.identity], Text)
