"""Credentials: what is sent, and what cannot be."""

import pytest

from custom_components.api_balance.api import BASIC, BEARER, InvalidCredentialError, api_key_header


def test_bearer() -> None:
    """Lunos, Lensmor and Lumenfall document a bearer token."""
    assert BEARER.header({"api_key": "k"}) == ("Authorization", "Bearer k")


def test_api_key_header() -> None:
    """Crun.ai documents a header of its own."""
    assert api_key_header("x-api-key").header({"api_key": "k"}) == ("x-api-key", "k")


def test_basic() -> None:
    """EngageLab's document shows this very header for its sample key."""
    header = BASIC.header({"dev_key": "jiguangdev", "dev_secret": "dev_secret"})
    assert header == ("Authorization", "Basic amlndWFuZ2RldjpkZXZfc2VjcmV0")


def test_white_space_around_is_dropped() -> None:
    """A pasted key often brings spaces or a line break."""
    assert BEARER.clean({"api_key": "\n  sk-abc \r\n"}) == {"api_key": "sk-abc"}
    cleaned = BASIC.clean({"dev_key": " a\t", "dev_secret": "b:c\n"})
    assert cleaned == {"dev_key": "a", "dev_secret": "b:c"}


@pytest.mark.parametrize(
    "secret",
    ["", "   ", "a b", "a\nb", "a\r\nX-Evil: 1", "a\x00", "schlüssel", "ключ", "a" * 1025, "a\x7f"],
)
def test_what_no_header_can_carry_is_refused(secret: str) -> None:
    """A credential that cannot be sent is refused by name, without its value."""
    with pytest.raises(InvalidCredentialError) as caught:
        BEARER.clean({"api_key": secret})
    assert caught.value.name == "api_key"
    assert str(caught.value) == "api_key cannot be sent in a header"


def test_a_colon_ends_the_user_name() -> None:
    """A DevKey with a colon would move part of itself into the secret."""
    with pytest.raises(InvalidCredentialError) as caught:
        BASIC.clean({"dev_key": "a:b", "dev_secret": "c"})
    assert caught.value.name == "dev_key"
