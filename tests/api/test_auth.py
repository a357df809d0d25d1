"""Credentials: what is sent, and what cannot be sent."""

import pytest

from custom_components.api_balance.api import (
    BEARER,
    NO_AUTH,
    Auth,
    InvalidCredentialError,
    basic,
    header,
    query,
    scheme,
)

VALUES = {"identifier": "user", "api_key": "k"}


@pytest.mark.parametrize(
    ("auth", "headers", "parameters"),
    [
        (BEARER, {"Authorization": "Bearer k"}, {}),
        (header("x-api-key"), {"x-api-key": "k"}, {}),
        (scheme("Token"), {"Authorization": "Token k"}, {}),
        (scheme("DeepL-Auth-Key"), {"Authorization": "DeepL-Auth-Key k"}, {}),
        (query("token"), {}, {"token": "k"}),
        # printf 'user:k' | base64, 'k:', ':k'.
        (basic(), {"Authorization": "Basic dXNlcjpr"}, {}),
        (basic("{api_key}", ""), {"Authorization": "Basic azo="}, {}),
        (basic("", "{api_key}"), {"Authorization": "Basic Oms="}, {}),
        (NO_AUTH, {}, {}),
    ],
)
def test_schemes(auth: Auth, headers: dict[str, str], parameters: dict[str, str]) -> None:
    """Each scheme sends the credentials in one place."""
    assert auth.request_headers(VALUES) == headers
    assert auth.request_query(VALUES) == parameters


def test_documented_basic_header() -> None:
    """EngageLab's documentation shows this header for its sample key."""
    values = {"identifier": "jiguangdev", "api_key": "dev_secret"}
    expected = {"Authorization": "Basic amlndWFuZ2RldjpkZXZfc2VjcmV0"}
    assert basic().request_headers(values) == expected


def test_placeholders_in_a_credential_are_not_replaced() -> None:
    """A credential is sent as it is, even if it looks like a placeholder."""
    values = {"identifier": "{api_key}", "api_key": "{identifier}{x}"}
    assert BEARER.request_headers(values) == {"Authorization": "Bearer {identifier}{x}"}
    # printf '{api_key}:{identifier}{x}' | base64
    expected = {"Authorization": "Basic e2FwaV9rZXl9OntpZGVudGlmaWVyfXt4fQ=="}
    assert basic().request_headers(values) == expected


def test_surrounding_whitespace_is_removed() -> None:
    """A pasted key often comes with spaces or a line break."""
    assert BEARER.clean({"api_key": "\n  sk-abc \r\n"}) == {"api_key": "sk-abc"}
    cleaned = basic().clean({"identifier": " a\t", "api_key": "b:c\n"})
    assert cleaned == {"identifier": "a", "api_key": "b:c"}


@pytest.mark.parametrize(
    "secret",
    [
        *("", "   ", "a b", "a\nb", "a\r\nX-Evil: 1", "a\x00", "schlüssel", "ключ", "a\x7f"),
        *("a" * 1025, ".", ".."),
    ],
)
def test_credentials_that_cannot_be_sent(secret: str) -> None:
    """A credential that cannot be sent is refused by name, without its value."""
    with pytest.raises(InvalidCredentialError) as caught:
        BEARER.clean({"api_key": secret})
    assert caught.value.name == "api_key"
    assert str(caught.value) == "api_key cannot be sent"


def test_longest_credential() -> None:
    """A token of 1024 characters is accepted."""
    assert BEARER.clean({"api_key": "a" * 1024}) == {"api_key": "a" * 1024}


def test_colon_in_a_user_name() -> None:
    """A user name with a colon would move a part of itself into the password."""
    with pytest.raises(InvalidCredentialError) as caught:
        basic().clean({"identifier": "a:b", "api_key": "c"})
    assert caught.value.name == "identifier"
    with pytest.raises(InvalidCredentialError):
        basic("{api_key}", "").clean({"api_key": "a:b"})
    assert header("x").clean({"api_key": "a:b"}) == {"api_key": "a:b"}
