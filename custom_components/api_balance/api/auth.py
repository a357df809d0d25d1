"""How a request proves whose account it asks for: a closed set of schemes."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import re
from typing import Final

API_KEY: Final = "api_key"
DEV_KEY: Final = "dev_key"
DEV_SECRET: Final = "dev_secret"  # noqa: S105

# Visible ASCII, which is what a header can carry everywhere, and far less than servers accept.
_CREDENTIAL: Final = re.compile(r"[!-~]{1,1024}")


class InvalidCredentialError(ValueError):
    """A credential that no provider can have issued, since no header can carry it."""

    def __init__(self, name: str) -> None:
        """Keep the credential's name; its value stays out."""
        super().__init__(f"{name} cannot be sent in a header")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """A scheme: which credentials it takes, and the header that it makes of them."""

    credentials: tuple[str, ...]
    """Names of the credentials, in the order in which a form asks for them."""
    header: Callable[[Mapping[str, str]], tuple[str, str]]
    """Name and value of the header for given credentials."""

    def clean(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the credentials without surrounding white space.

        Raises InvalidCredentialError for one that a header cannot carry.
        """
        cleaned = {name: values[name].strip() for name in self.credentials}
        for name, value in cleaned.items():
            # RFC 7617: the user name of the Basic scheme ends at the first colon.
            if not _CREDENTIAL.fullmatch(value) or (name == DEV_KEY and ":" in value):
                raise InvalidCredentialError(name)
        return cleaned


def api_key_header(name: str) -> Auth:
    """Return the scheme that sends the API key alone in a header of this name."""
    return Auth(credentials=(API_KEY,), header=lambda values: (name, values[API_KEY]))


def _basic(values: Mapping[str, str]) -> tuple[str, str]:
    """Return the header of RFC 7617."""
    pair = f"{values[DEV_KEY]}:{values[DEV_SECRET]}"
    return "Authorization", f"Basic {b64encode(pair.encode()).decode()}"


BEARER: Final = Auth(
    credentials=(API_KEY,), header=lambda values: ("Authorization", f"Bearer {values[API_KEY]}")
)
BASIC: Final = Auth(credentials=(DEV_KEY, DEV_SECRET), header=_basic)
