"""Base URLs: where credentials may be sent, and every trick to send them elsewhere."""

from dataclasses import replace

import pytest

from custom_components.api_balance.api import (
    Host,
    InvalidBaseUrlError,
    Provider,
    check_base_url,
    is_private,
)
from custom_components.api_balance.providers import BY_SLUG

LUNOS = BY_SLUG["lunos"]
GATEWAY = replace(LUNOS, hosts=(), path="/api/usage/token/")


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("  https://api.example.com/gateway/lunos/\n", "https://api.example.com/gateway/lunos"),
        ("HTTPS://API.Example.COM", "https://api.example.com"),
        ("https://api.example.com:8443", "https://api.example.com:8443"),
        ("https://192.0.2.1", "https://192.0.2.1"),
        ("https://192.168.1.5", "https://192.168.1.5"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:8124/lunos", "http://127.0.0.1:8124/lunos"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8124", "http://[::1]:8124"),
        ("http://localhost:8124", "http://localhost:8124"),
        ("https://api.example.com/a/../b", "https://api.example.com/b"),
    ],
)
def test_accepted(entered: str, stored: str) -> None:
    """An https address, or http to this computer, is stored in one form."""
    assert check_base_url(entered, LUNOS) == stored
    assert check_base_url(stored, LUNOS) == stored


BAD = [
    *("", "   ", "api.example.com", "//api.example.com", "/v1/balance", "https://", "https:///v1"),
    *("https:api.example.com", "ftp://api.example.com", "file:///etc/passwd"),
    *("javascript:alert(1)", "http://api.example.com", "http://0.0.0.0", "http://192.0.2.1"),
    *("http://127.0.0.1.example.com", "http://localhost.example.com"),
    *("http://127.0.0.1@example.com", "http://127.1", "http://0x7f.0.0.1", "http://2130706433"),
    *("http://0x7f000001", "http://[::ffff:192.0.2.1]", "http://[::ffff:192.168.1.5]"),
    *("https://user@example.com", "https://user:password@example.com", "https://@example.com"),
    *("https://:@example.com", "https://example.com?key=value", "https://example.com/?"),
    *("https://example.com#part", "https://example.com/#", "https://example.com\\@evil.example"),
    *("https://example.com\\.evil.example", "https://exam ple.com", "https://example.com/a b"),
    *("https://example.com\n.evil.example", "https://example.com/\r\nX-Evil: 1"),
    *("https://example.com:99999", "https://example.com:port", "https://[::1", "https://[1:2]"),
    *("https://[fe80::1%eth0]", "https://example.com:0", "https://example.com:4_4"),
    *("https://example.com:+443", "https://good.example%2f.evil.example"),
    *("https://good%2eexample", "https://example.com|x", "https://example.com/" + "x" * 2000),
    *("https://bücher.example", "https://example。com", "https://exam\u200bple.com"),
    # Link-local addresses and metadata services, also for a gateway at home.
    *("http://169.254.169.254", "http://[fe80::1]", "http://[fd00:ec2::254]", "http://100.64.0.1"),
    *("http://metadata.google.internal", "http://nas.example", "http://local.example.com"),
]


@pytest.mark.parametrize("entered", BAD)
def test_refused(entered: str) -> None:
    """Everything else is refused before a credential is sent anywhere."""
    for provider in (LUNOS, GATEWAY):
        with pytest.raises(InvalidBaseUrlError):
            check_base_url(entered, provider)


@pytest.mark.parametrize(
    "url",
    [
        *("http://192.168.1.5:3000", "http://10.0.0.1", "http://172.31.255.255"),
        *("http://[fd12:3456::1]:8080", "http://gateway.local", "http://new-api.lan:3000"),
        *("http://llm.home.arpa/x", "http://homeassistant:4000", "http://nas.local."),
    ],
)
def test_private_addresses(url: str) -> None:
    """Only a self-hosted gateway may be reached in plain text, and only at home."""
    assert check_base_url(url, GATEWAY) == url
    with pytest.raises(InvalidBaseUrlError):
        check_base_url(url, LUNOS)


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("172.15.255.255", False),
        ("172.16.0.0", True),
        ("172.32.0.0", False),
        ("192.169.0.1", False),
        ("11.0.0.1", False),
        ("169.254.1.1", False),
        ("fe80::1", False),
        ("fc00::1", True),
        ("fd20:ce::254", False),
        ("nas", True),
        ("a.b.local", True),
        ("home.arpa", False),
        ("x.home.arpa", True),
        ("local.example", False),
        ("2130706433", False),
        ("0x7f000001", False),
        ("nas.internal", False),
        ("", False),
    ],
)
def test_is_private(host: str, private: bool) -> None:  # noqa: FBT001
    """RFC 1918, unique local addresses, and the names that only a local network resolves."""
    assert is_private(host) is private


@pytest.mark.parametrize(
    ("path", "entered", "stored"),
    [
        ("/v1/balance", "https://host.example/v1", "https://host.example"),
        ("/v1/balance", "https://host.example/v1/", "https://host.example"),
        ("/v1/balance", "https://host.example/v1/balance", "https://host.example"),
        ("/v1/balance", "https://host.example/x/v1/balance/", "https://host.example/x"),
        ("/v1/balance", "https://host.example/balance", "https://host.example/balance"),
        ("/api/v1/account/balance", "https://host.example/api/v1", "https://host.example"),
        ("/api/v1/account/balance", "https://host.example/api", "https://host.example"),
        ("/api/usage/token/", "https://host.example/api/usage/token", "https://host.example"),
        ("/a/{identifier}/b", "https://host.example/x/a/AC123/b", "https://host.example/x"),
        ("/a/{identifier}/b", "https://host.example/x/a/AC123", "https://host.example/x"),
        # What programs are configured with ends in /v1, which no balance is below.
        ("/user/balance", "https://host.example/v1", "https://host.example"),
        ("/user/balance", "https://host.example/x/v1/", "https://host.example/x"),
        ("/key/info", "https://host.example/v1/x", "https://host.example/v1/x"),
    ],
)
def test_repeated_path(path: str, entered: str, stored: str) -> None:
    """A base URL may be pasted with a part of the path, or with all of it."""
    assert check_base_url(entered, replace(LUNOS, path=path)) == stored


@pytest.mark.parametrize(
    "entered",
    [
        *("https://api.lunos.tech", "https://api.lunos.tech/", "https://API.lunos.tech:443/v1"),
        *("https://api.lunos.tech/v1/balance", "https://eu.lunos.tech/v1"),
    ],
)
def test_own_address(entered: str) -> None:
    """The provider's own addresses are not custom ones."""
    hosts = (*LUNOS.hosts, Host(url="https://eu.lunos.tech"))
    assert check_base_url(entered, replace(LUNOS, hosts=hosts)) is None


def provider_with(host: str) -> Provider:
    """Return a provider at an address."""
    return replace(LUNOS, hosts=(Host(url=host),))


def test_similar_address() -> None:
    """Another port or a path in front makes it a custom address."""
    provider = provider_with("https://api.example.com")
    for url in ("https://api.example.com:8443", "https://api.example.com/proxy"):
        assert check_base_url(url, provider) == url
