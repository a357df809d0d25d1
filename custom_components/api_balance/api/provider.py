"""What the integration needs to know about a provider: a value and a pure function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .auth import Auth
from .errors import ApiError
from .json_object import JsonObject
from .models import AccountSnapshot, Field

type ErrorCode = int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider of prepaid services that reports an account's balance over HTTP."""

    slug: str
    """Identity in config entries; never changes."""
    name: str
    """The provider's name as it writes it itself."""
    base_url: str
    """Address of the API, without a slash at its end."""
    path: str
    """Path of the balance below the base URL."""
    auth: Auth
    """How a request authenticates."""
    fields: tuple[Field, ...]
    """Every field that parse reports, also while its value is unknown."""
    error_code: Callable[[JsonObject], ErrorCode | None]
    """The provider's own error code in a body; None where the body reports success.

    In a successful HTTP answer an integer stands for the HTTP status that it names. A body that is
    not of the provider's form may raise UnexpectedResponseError.
    """
    parse: Callable[[JsonObject], AccountSnapshot]
    """Read a successful answer; raises UnexpectedResponseError."""
    console_url: str
    """Where a person looks after the account."""
    key_url: str
    """Where a person makes the key."""
    docs_url: str
    """The document that the adapter was written from."""
    errors: Mapping[ErrorCode | tuple[int, ErrorCode], type[ApiError]] = field(default_factory=dict)
    """What differs from the general rule: by HTTP status, by the error code in a successful HTTP
    answer, or by both (status, code) where a code means different things."""
