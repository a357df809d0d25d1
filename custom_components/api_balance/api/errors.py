"""The six ways in which reading a balance can fail."""

from typing import ClassVar, override


class ApiError(Exception):
    """A balance could not be read.

    The text is made of statuses and JSON paths alone: never of a value that the provider sent, and
    never of a credential. It may be logged.
    """

    key: ClassVar[str]
    """Name of this kind of error in forms, log messages and translations."""

    def __init__(self, reason: str) -> None:
        """Keep a reason that holds nothing secret."""
        super().__init__(reason)
        self.reason = reason


class AuthenticationError(ApiError):
    """The provider does not accept the credentials: wrong, expired or revoked."""

    key = "invalid_auth"


class PermissionDeniedError(ApiError):
    """The credentials are right, but a scope, a role or an address list forbids the request."""

    key = "permission_denied"


class AccountDisabledError(ApiError):
    """The provider has closed or disabled the account or application."""

    key = "account_disabled"


class RateLimitedError(ApiError):
    """The provider wants fewer requests."""

    key = "rate_limited"

    @override
    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        """Keep the pause in seconds that the provider asked for; None where it named none."""
        super().__init__(reason)
        self.retry_after = retry_after


class ServiceUnavailableError(ApiError):
    """A temporary failure: of the network, of the provider, or of something between."""

    key = "cannot_connect"


class UnexpectedResponseError(ApiError):
    """An answer that the provider's document does not know."""

    key = "unexpected_response"
