"""Request a balance from a provider: the only module with input and output."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from ipaddress import ip_address
import re
from ssl import SSLCertVerificationError
from typing import Final, NamedTuple
from urllib.parse import quote

from aiohttp import (
    ClientConnectorCertificateError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
)
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from .address import is_loopback, is_private, is_private_address
from .auth import fill
from .errors import (
    ApiError,
    AuthenticationError,
    CertificateError,
    NoCreditsError,
    PermissionDeniedError,
    RateLimitedError,
    Received,
    ServiceUnavailableError,
    UnexpectedResponseError,
)
from .http_dates import delay_seconds, http_date
from .json_object import JsonObject
from .models import AccountSnapshot
from .provider import ErrorCode, Host, Provider, text_at

type HostResolver = Callable[[str], Awaitable[Sequence[str]]]
"""Returns the IP addresses of a host name; raises OSError."""

# A slow provider still responds within a few seconds; later responses do not come at all.
_TIMEOUT: Final = ClientTimeout(total=20)
# A documented response has a few hundred bytes. Counted after decompression.
_MAX_BODY: Final = 64 * 1024
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}")

_DEFAULT_ERRORS: Final[Mapping[int, type[ApiError]]] = {
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.PAYMENT_REQUIRED: NoCreditsError,
    HTTPStatus.FORBIDDEN: PermissionDeniedError,
    HTTPStatus.REQUEST_TIMEOUT: ServiceUnavailableError,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedError,
}


class _Response(NamedTuple):
    """What a server has sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None
    """None if it exceeds the limit."""
    date: datetime | None

    @property
    def received(self) -> Received:
        """Return what an error may say about the body."""
        content_type = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Received(
            content_type=content_type if _MEDIA_TYPE.fullmatch(content_type) else "",
            size=None if self.body is None else len(self.body),
        )


class Client:
    """Reads the balance of one account."""

    def __init__(  # noqa: PLR0913 - all but the first three have a name
        self,
        session: ClientSession,
        provider: Provider,
        credentials: Mapping[str, str],
        *,
        base_url: str | None = None,
        host: Host | None = None,
        user_agent: str,
        verify_ssl: bool = True,
        resolve_host: HostResolver | None = None,
    ) -> None:
        """Prepare the requests.

        The credentials have been cleaned by the provider's auth, and include the ID that resolve()
        has found; other entries are ignored. base_url comes from check_base_url; None stands for
        the address of host, or for the provider's default. Certificates that cannot be verified
        are accepted only at loopback and private addresses. resolve_host replaces the system's
        resolver for the names of private addresses.
        """
        self._session = session
        self._provider = provider
        self._host = host or provider.host(None)
        self._base_url = URL(base_url or (self._host.url if self._host else ""))
        self._values = dict(credentials)
        self._verify_ssl = verify_ssl
        self._resolve_host = resolve_host or _resolve_host
        self._user_agent = user_agent
        self._requests: dict[str, tuple[URL, dict[str, str]]] = {}
        self._last: tuple[bytes | None, AccountSnapshot] | None = None

    async def read(self) -> AccountSnapshot:
        """Send one request; raises one of the seven kinds of ApiError, and nothing else."""
        provider = self._provider
        response = await self._get(provider.path, provider.query)
        if self._last and (response.status, response.body) == (HTTPStatus.OK, self._last[0]):
            # Most responses are equal to the one before, and mean the same.
            snapshot = self._last[1]
        else:
            snapshot = self._evaluate(response, lambda body: provider.parse(body, self._host))
            self._last = response.body, snapshot
        return snapshot._replace(date=response.date)

    async def fetch(self) -> tuple[JsonObject, Received]:
        """Send one request and return the whole response; raises ApiError."""
        response = await self._get(self._provider.path, self._provider.query)
        return self._evaluate(response, lambda body: body), response.received

    async def resolve(self) -> dict[str, str]:
        """Find the ID that the path needs; return it as additional entry data.

        Sends one request where the provider needs one, otherwise none. Later reads of this client
        use the ID. Raises ApiError.
        """
        if (resolve := self._provider.resolve) is None:
            return {}
        response = await self._get(resolve.path, {})
        found = {resolve.name: self._evaluate(response, lambda body: text_at(body, resolve.value))}
        self._values |= found
        self._requests.clear()
        return found

    def _request(self, path: str, query: Mapping[str, str]) -> tuple[URL, dict[str, str]]:
        """Return the URL and headers of a request, which stay the same."""
        if path not in self._requests:
            self._requests[path] = self._url(path, query), self._headers()
        return self._requests[path]

    def _url(self, path: str, query: Mapping[str, str]) -> URL:
        """Return the URL of a request."""
        filled = fill(path, self._values, lambda value: quote(value, safe=""))
        # Already encoded: parsing would decode what was encoded in order to stay one part.
        url = URL(str(self._base_url).rstrip("/") + filled, encoded=True)
        parameters = {name: fill(value, self._values) for name, value in query.items()}
        parameters |= self._provider.auth.request_query(self._values)
        return url.with_query(parameters) if parameters else url

    def _headers(self) -> dict[str, str]:
        """Return the headers of a request."""
        provider, values = self._provider, self._values
        return {
            "Accept": "application/json",
            **{name: fill(value, values) for name, value in provider.headers.items()},
            **provider.auth.request_headers(values),
            "User-Agent": self._user_agent,
        }

    async def _get(self, path: str, query: Mapping[str, str]) -> _Response:
        """Send a GET request."""
        kind: type[ApiError] = ServiceUnavailableError
        try:
            return await self._send(*self._request(path, query))
        except TimeoutError:
            reason = "no response in time"
        except (ClientConnectorCertificateError, SSLCertVerificationError) as err:
            kind, reason = CertificateError, f"certificate not verified ({type(err).__name__})"
        # ValueError: a host name that is not valid, or a redirect to an address that is not valid,
        # which Home Assistant's session checks although it is not followed.
        except (ClientError, HttpProcessingError, OSError, ValueError) as err:
            reason = f"connection failed ({type(err).__name__})"
        # Raised outside the except block: otherwise __context__ keeps the aiohttp exception, which
        # holds the request headers.
        raise kind(reason)

    async def _send(self, url: URL, headers: dict[str, str]) -> _Response:
        """Send a request, in plain text or without verification only within private networks."""
        host = url.host or ""
        verify_ssl = self._verify_ssl or not (is_loopback(host) or is_private(host))
        server_hostname = None
        if (url.scheme == "http" or not verify_ssl) and not is_loopback(host):
            # The name is replaced by the address that was checked, so that the request cannot go
            # elsewhere.
            address = await self._private_address(host)
            headers = {**headers, "Host": url.host_port_subcomponent or host}
            url, server_hostname = url.with_host(address), host
        async with self._session.get(
            url,
            headers=headers,
            # A redirect would send the credential to another address.
            allow_redirects=False,
            timeout=_TIMEOUT,
            ssl=verify_ssl,
            server_hostname=server_hostname,
        ) as response:
            return _Response(
                status=response.status,
                headers=response.headers,
                body=await _read_limited(response),
                date=http_date(response.headers.get("Date", "")),
            )

    async def _private_address(self, host: str) -> str:
        """Return an address of a host in a private network; raises OSError if it has none."""
        async with asyncio.timeout(_TIMEOUT.total):
            addresses = await self._resolve_host(host)
        for address in sorted(addresses, key=lambda address: ":" in address):
            if is_private_address(parsed := ip_address(address)) or parsed.is_loopback:
                return address
        raise OSError

    def _evaluate[T](self, response: _Response, parse: Callable[[JsonObject], T]) -> T:
        """Return what a good response contains, or raise the error that the response means."""
        status = response.status
        code: ErrorCode | None = None
        is_json = False
        try:
            body = JsonObject.from_bytes(response.body or b"")
            is_json = True
            code = self._provider.error_code(body)
            if status == HTTPStatus.OK and code is None:
                return parse(body)
        except UnexpectedResponseError as err:
            # Not response.content_type: its parser fails on some headers and takes seconds on long
            # ones.
            content_type = response.headers.get("Content-Type", "")
            if status == HTTPStatus.OK and not content_type.lower().startswith("text/html"):
                err.date, err.received = response.date, response.received
                raise
        # Every provider responds in JSON of its own. An HTML page, or a 403 without the provider's
        # error code, comes from a firewall, a load balancer or a captive portal: it says nothing
        # about the account, and a new key would not help.
        is_own = code is not None or (is_json and status in self._provider.errors)
        if status in {HTTPStatus.OK, HTTPStatus.FORBIDDEN} and not is_own:
            reason = f"HTTP {status} from a server in between"
            raise ServiceUnavailableError(reason, date=response.date, received=response.received)
        raise self._error(response, code)

    def _error(self, response: _Response, code: ErrorCode | None) -> ApiError:
        """Return the error for a status and the provider's own code; the status takes priority."""
        status, errors = response.status, self._provider.errors
        decisive = code if status == HTTPStatus.OK and code is not None else status
        kind = None if code is None else errors.get((status, code))
        kind = kind or errors.get(decisive) or _default_error(decisive)
        retry_after = None
        if kind is RateLimitedError or decisive == HTTPStatus.SERVICE_UNAVAILABLE:
            retry_after = delay_seconds(response.headers.get("Retry-After", ""), response.date)
        reason = f"HTTP {status}"
        if isinstance(code, int):
            reason += f", code {code}"
        return kind(reason, retry_after=retry_after, date=response.date)


def _default_error(decisive: ErrorCode) -> type[ApiError]:
    """Return the kind of error that a status means unless a provider documents otherwise."""
    if isinstance(decisive, str):
        return UnexpectedResponseError
    if decisive in range(500, 600):
        return ServiceUnavailableError
    return _DEFAULT_ERRORS.get(decisive, UnexpectedResponseError)


async def _read_limited(response: ClientResponse) -> bytes | None:
    """Return the decompressed body; None for a body above the limit."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MAX_BODY:
            return None
    return bytes(body)


async def _resolve_host(host: str) -> list[str]:
    """Return the IP addresses of a host, from the system's resolver."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, None)
    return [str(info[4][0]) for info in infos]
