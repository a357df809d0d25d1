"""How a request authenticates.

Values are templates: {identifier}, {api_key} and the ID that Resolve finds are replaced.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from enum import StrEnum
import re
from types import MappingProxyType
from typing import Final, NamedTuple

IDENTIFIER: Final = "identifier"
"""Name of a user name, account SID or user ID: not secret, the form asks for it first."""
API_KEY: Final = "api_key"
"""Name of the secret that every provider needs."""

# Visible ASCII, which every header can carry; servers accept far less than 1024 characters.
_CREDENTIAL: Final = re.compile(r"[!-~]{1,1024}")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


class InvalidCredentialError(ValueError):
    """A credential that no provider can have issued, because it cannot be sent."""

    def __init__(self, name: str) -> None:
        """Store the credential's name; its value must not get into the text."""
        super().__init__(f"{name} cannot be sent")
        self.name = name


def fill(
    template: str, values: Mapping[str, str], encode: Callable[[str], str] = lambda value: value
) -> str:
    """Return a template with the values put in; what is no known name stays as it is."""
    return _PLACEHOLDER.sub(
        lambda match: encode(values[match[1]]) if match[1] in values else match[0], template
    )


class Auth(NamedTuple):
    """Where a request carries the credentials."""

    headers: Mapping[str, str] = MappingProxyType({})
    """Headers, with the credentials as placeholders."""
    query: Mapping[str, str] = MappingProxyType({})
    """Query parameters, with the credentials as placeholders."""
    basic: tuple[str, str] | None = None
    """User name and password of HTTP Basic authentication, with placeholders."""

    def clean(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return credentials without surrounding whitespace.

        Raises InvalidCredentialError for one that cannot be sent.
        """
        cleaned = {name: value.strip() for name, value in values.items()}
        for name, value in cleaned.items():
            # "." and ".." would be taken for steps in a path. RFC 7617: a user name of the Basic
            # scheme ends at the first colon.
            in_user_name = self.basic is not None and f"{{{name}}}" in self.basic[0]
            if (
                not _CREDENTIAL.fullmatch(value)
                or value in {".", ".."}
                or (in_user_name and ":" in value)
            ):
                raise InvalidCredentialError(name)
        return cleaned

    def request_headers(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the headers for given credentials."""
        headers = {name: fill(template, values) for name, template in self.headers.items()}
        if self.basic is not None:
            pair = ":".join(fill(template, values) for template in self.basic)
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return headers

    def request_query(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the query parameters for given credentials."""
        return {name: fill(template, values) for name, template in self.query.items()}


def header(name: str) -> Auth:
    """Return the scheme that sends the API key alone in a header."""
    return Auth(headers={name: "{api_key}"})


def scheme(word: str, name: str = "Authorization") -> Auth:
    """Return the scheme that sends the API key in a header, after a word such as Token."""
    return Auth(headers={name: f"{word} {{api_key}}"})


def query(name: str) -> Auth:
    """Return the scheme that sends the API key as a query parameter."""
    return Auth(query={name: "{api_key}"})


def basic(user: str = "{identifier}", password: str = "{api_key}") -> Auth:  # noqa: S107
    """Return HTTP Basic authentication; either part may be empty."""
    return Auth(basic=(user, password))


BEARER: Final = scheme("Bearer")
NO_AUTH: Final = Auth()
"""For a public endpoint, or for credentials that are in the provider's path or query."""


class AuthKind(StrEnum):
    """How the request to an own endpoint authenticates."""

    NONE = "none"
    BEARER = "bearer"
    """The key in the header Authorization, after the word Bearer."""
    HEADER = "header"
    """The key in a header."""
    QUERY = "query"
    """The key in a query parameter."""
    BASIC = "basic"
    """A user name and the key as the password; without a user name, the key is the user name."""
