"""The seven kinds of errors that can occur while a balance is read."""

from datetime import datetime
from typing import ClassVar, NamedTuple, override


class Received(NamedTuple):
    """What a server has sent, without its content."""

    content_type: str
    """Media type in lower case; empty if there is none that is valid."""
    size: int | None
    """Bytes after decompression; None if there are more than the client reads."""


class ApiError(Exception):
    """Base class of all errors of the client.

    The text contains only statuses and JSON paths, never a value from a response and never a
    credential, so it may be logged.
    """

    key: ClassVar[str]
    """Name of this kind of error in forms, log messages and translations."""

    def __init__(
        self,
        reason: str,
        retry_after: float | None = None,
        *,
        date: datetime | None = None,
        received: Received | None = None,
    ) -> None:
        """Store the reason, which must not contain anything secret."""
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        """Seconds to wait, from Retry-After on 429 and 503; None if the provider names no time."""
        self.date = date
        """Date header of the response in UTC; None without a response or without a valid date."""
        self.received = received
        """The response, if its status was 200 but its body is not what was expected."""

    @property
    def form_key(self) -> str:
        """Return the name of the error in forms, which may be more specific than the key."""
        return self.key


class AuthenticationError(ApiError):
    """The provider does not accept the credentials: they are wrong, expired or revoked."""

    key = "invalid_auth"


class PermissionDeniedError(ApiError):
    """The credentials are valid, but a scope, a role or an IP allow list forbids the request."""

    key = "permission_denied"


class AccountDisabledError(ApiError):
    """The provider has closed or disabled the account or application."""

    key = "account_disabled"


class NoCreditsError(ApiError):
    """The provider refuses the request because no credits are left."""

    key = "no_credits"


class RateLimitedError(ApiError):
    """The provider has received too many requests."""

    key = "rate_limited"


class ServiceUnavailableError(ApiError):
    """A temporary failure of the network, of the provider or of a server between them."""

    key = "cannot_connect"


class CertificateError(ServiceUnavailableError):
    """The certificate of the server cannot be verified."""

    @property
    @override
    def form_key(self) -> str:
        """Return the name of the error in forms."""
        return "invalid_certificate"


class UnexpectedResponseError(ApiError):
    """A response that does not match the provider's documentation."""

    key = "unexpected_response"
