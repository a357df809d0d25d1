"""Ask a provider for a balance: the only place with input and output."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
import re
from typing import Final

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from .errors import (
    ApiError,
    AuthenticationError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
)
from .json_object import JsonObject
from .models import AccountSnapshot
from .provider import ErrorCode, Provider

# A slow provider still answers within a few seconds; what takes longer will not come.
_TIMEOUT: Final = ClientTimeout(total=20)
# A documented answer has some hundred bytes. Counted after decompression.
_LARGEST_ANSWER: Final = 64 * 1024

# A name or an address, a port, and a path of visible ASCII; none of them endless.
_BASE_URL: Final = re.compile(
    r"https?://([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?(/[!-~]{0,1000})?",
    re.ASCII | re.IGNORECASE,
)

_RULE: Final[dict[int, type[ApiError]]] = {
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: PermissionDeniedError,
    HTTPStatus.REQUEST_TIMEOUT: ServiceUnavailableError,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedError,
}


class InvalidBaseUrlError(ValueError):
    """A base URL that credentials must not be sent to, or that is none."""


def check_base_url(text: str) -> str:
    """Return a base URL in the form in which it is stored, without a slash at its end.

    Raises InvalidBaseUrlError unless it is https, or http on a loopback address, and without user
    information, query and fragment: none of them could be meant, and each could leak a credential.
    """
    text = text.strip()
    # Looked at as typed, since parsing mends what may have been meant otherwise: it takes "[1:2]"
    # for port 2 of host 1, and an empty "?" or "#" or "@" leaves no trace.
    if not _BASE_URL.fullmatch(text) or re.search(r"[?#@\\]", text):
        raise InvalidBaseUrlError
    try:
        url = URL(text)
        host, port = url.host, url.port
        if "[" in text:
            ip_address(host or "")
    except ValueError:
        raise InvalidBaseUrlError from None
    if not host or not port:
        raise InvalidBaseUrlError
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(host)):
        raise InvalidBaseUrlError
    return str(url).rstrip("/")


class Client:
    """Reads the balance of one account."""

    def __init__(
        self,
        session: ClientSession,
        provider: Provider,
        credentials: Mapping[str, str],
        *,
        base_url: str | None = None,
        user_agent: str,
    ) -> None:
        """Prepare the request.

        The credentials are those that the provider's auth has cleaned; base_url is one that
        check_base_url has returned, or None for the provider's own.
        """
        self._session = session
        self._provider = provider
        self._url = URL((base_url or provider.base_url) + provider.path)
        name, value = provider.auth.header(credentials)
        self._headers = {name: value, "Accept": "application/json", "User-Agent": user_agent}

    async def read(self) -> AccountSnapshot:
        """Ask once. Raises one of the six kinds of ApiError, and nothing else."""
        try:
            async with self._session.get(
                self._url,
                headers=self._headers,
                # A redirect would carry the credential to another place.
                allow_redirects=False,
                timeout=_TIMEOUT,
            ) as response:
                body = await _read_limited(response)
        except TimeoutError:
            failure = "no answer in time"
        # ValueError: the name of a host that no name server could know, or a redirect to what is no
        # address, which Home Assistant's session looks at although it is not followed.
        except (ClientError, HttpProcessingError, OSError, ValueError) as err:
            failure = f"the connection failed ({type(err).__name__})"
        else:
            return self._understand(response, body)
        # Not where the library's own exception is caught: it holds the request with its headers,
        # and would stay the context of this one.
        raise ServiceUnavailableError(failure)

    def _understand(self, response: ClientResponse, body: bytes) -> AccountSnapshot:
        """Return the snapshot in an answer, or raise the error that it stands for."""
        status = response.status
        code: ErrorCode | None = None
        try:
            answer = JsonObject.from_bytes(body)
            code = self._provider.error_code(answer)
            if status == HTTPStatus.OK and code is None:
                return self._provider.parse(answer)
        except UnexpectedResponseError:
            # Not response.content_type: on some headers its parser fails, on long ones it takes
            # seconds.
            content_type = response.headers.get("Content-Type", "")
            if status == HTTPStatus.OK and not content_type.lower().startswith("text/html"):
                raise
        # Every provider answers in JSON of its own. A page, or a refusal without the provider's
        # error code, comes from a firewall, a load balancer or a network's sign-in page: it says
        # nothing about the account, and must not send anybody to look for another key.
        if status in {HTTPStatus.OK, HTTPStatus.FORBIDDEN} and code is None:
            msg = f"HTTP {status} from a server in between"
            raise ServiceUnavailableError(msg)
        raise self._error(status, code, response.headers.get("Retry-After"))

    def _error(self, status: int, code: ErrorCode | None, retry_after: str | None) -> ApiError:
        """Return the error for a status and the provider's own code; the status decides first."""
        reason = f"HTTP {status}"
        if isinstance(code, int):
            reason += f", code {code}"
        errors = self._provider.errors
        kind = None if code is None else errors.get((status, code))
        decisive = code if status == HTTPStatus.OK and code is not None else status
        kind = kind or errors.get(decisive) or _rule(decisive)
        if kind is RateLimitedError:
            return RateLimitedError(reason, _seconds(retry_after))
        return kind(reason)


def _rule(decisive: ErrorCode) -> type[ApiError]:
    """Return the kind of error that a status means at every provider."""
    if isinstance(decisive, str):
        return UnexpectedResponseError
    if decisive in range(500, 600):
        return ServiceUnavailableError
    return _RULE.get(decisive, UnexpectedResponseError)


async def _read_limited(response: ClientResponse) -> bytes:
    """Return the body, decompressed; nothing of one past the limit, which is no answer."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            return b""
    return bytes(body)


def _seconds(retry_after: str | None) -> float | None:
    """Return a Retry-After header, a number of seconds or a date (RFC 9110), in seconds."""
    if retry_after is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _is_loopback(host: str) -> bool:
    """Return whether a host never leaves this computer."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
