"""Base URLs: where credentials may be sent, and every trick to send them elsewhere."""

import pytest

from custom_components.api_balance.api import InvalidBaseUrlError, check_base_url


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("  https://api.example.com/gateway/lunos/\n", "https://api.example.com/gateway/lunos"),
        ("HTTPS://API.Example.COM", "https://api.example.com"),
        ("https://api.example.com:8443", "https://api.example.com:8443"),
        ("https://192.0.2.1", "https://192.0.2.1"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:8124/lunos", "http://127.0.0.1:8124/lunos"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8124", "http://[::1]:8124"),
        ("http://localhost:8124", "http://localhost:8124"),
        ("https://api.example.com/a/../b", "https://api.example.com/b"),
    ],
)
def test_good(typed: str, stored: str) -> None:
    """An https address, or http on this computer, is kept in one form."""
    assert check_base_url(typed) == stored
    assert check_base_url(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "api.example.com",
        "//api.example.com",
        "/v1/balance",
        "https://",
        "https:///v1",
        "https:api.example.com",
        "ftp://api.example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://api.example.com",
        "http://192.168.1.5",
        "http://0.0.0.0",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1@example.com",
        "http://127.1",
        "http://0x7f.0.0.1",
        "http://2130706433",
        "http://[::ffff:192.0.2.1]",
        "https://user@example.com",
        "https://user:password@example.com",
        "https://@example.com",
        "https://:@example.com",
        "https://example.com?key=value",
        "https://example.com/?",
        "https://example.com#part",
        "https://example.com/#",
        "https://example.com\\@evil.example",
        "https://example.com\\.evil.example",
        "https://exam ple.com",
        "https://example.com/a b",
        "https://example.com\n.evil.example",
        "https://example.com/\r\nX-Evil: 1",
        "https://example.com:99999",
        "https://example.com:port",
        "https://[::1",
        "https://[1:2]",
        "https://[fe80::1%eth0]",
        "https://example.com:0",
        "https://example.com:4_4",
        "https://example.com:+443",
        "https://good.example%2f.evil.example",
        "https://good%2eexample",
        "https://example.com|x",
        "https://example.com/" + "x" * 2000,
        "https://bücher.example",
        "https://example。com",
        "https://exam\u200bple.com",
    ],
)
def test_bad(typed: str) -> None:
    """Everything else is refused before a credential is sent anywhere."""
    with pytest.raises(InvalidBaseUrlError):
        check_base_url(typed)
