"""The client against servers that do what no provider documents, over real HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
import gzip
from ipaddress import ip_address
from pathlib import Path
from socket import gaierror
import ssl
from unittest.mock import patch

from aiohttp import ClientSession, ClientTimeout, TCPConnector, ThreadedResolver, web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest

from custom_components.api_balance.api import (
    AccountSnapshot,
    AuthenticationError,
    Client,
    Field,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
)
from custom_components.api_balance.providers import BY_SLUG

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Ask = Callable[[Handler], Awaitable[AccountSnapshot]]

GOOD = b'{"code": 200, "message": "success", "data": {"balance": 1000}}'


def client(session: ClientSession, base_url: str) -> Client:
    """Return a client of a provider whose document is short."""
    return Client(
        session, BY_SLUG["crun"], {"api_key": "ak_1"}, base_url=base_url, user_agent="Test/1"
    )


@pytest.fixture
async def ask(socket_enabled: None) -> AsyncGenerator[Ask]:
    """Return a function that reads a balance from a handler."""
    servers: list[TestServer] = []

    async def run(handler: Handler) -> AccountSnapshot:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        server = TestServer(app, host="127.0.0.1")
        servers.append(server)
        await server.start_server()
        async with ClientSession() as session:
            return await client(session, str(server.make_url("")).rstrip("/")).read()

    yield run
    for server in servers:
        await server.close()


def answering(
    body: bytes = GOOD, status: int = 200, content_type: str = "application/json", **headers: str
) -> Handler:
    """Return a handler with one answer."""

    async def handler(_request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, content_type=content_type, headers=named)

    return handler


async def test_good(ask: Ask) -> None:
    """A good answer is read, whatever its content type is called."""
    for content_type in ("application/json", "text/plain", "application/octet-stream"):
        snapshot = await ask(answering(content_type=content_type))
        assert snapshot.balances[0].amounts == {Field.BALANCE: 1000}


async def test_path_is_appended_to_the_base_url(socket_enabled: None) -> None:
    """A gateway's own path stays in front."""
    paths: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        paths.append(request.path_qs)
        return web.Response(body=GOOD)

    app = web.Application()
    app.router.add_route("GET", "/{path:.*}", handler)
    async with TestServer(app, host="127.0.0.1") as server, ClientSession() as session:
        await client(session, str(server.make_url("/gateway/x"))).read()
    assert paths == ["/gateway/x/api/v1/client/account/balance"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(ask: Ask, status: int) -> None:
    """A redirect would carry the key to another place."""
    asked = 0

    async def handler(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    with pytest.raises(UnexpectedResponseError, match=f"^HTTP {status}$"):
        await ask(handler)
    assert asked == 1


async def test_an_answer_is_read_up_to_a_limit(ask: Ask) -> None:
    """Too much is refused, also when it comes compressed."""
    large = b'{"padding": "' + b"x" * 70_000 + b'", "code": 200, "data": {"balance": 1}}'
    with pytest.raises(UnexpectedResponseError):
        await ask(answering(large))
    with pytest.raises(UnexpectedResponseError):
        await ask(answering(gzip.compress(large), Content_Encoding="gzip"))
    # A part of it may be a good answer by itself: that is not read either.
    with pytest.raises(UnexpectedResponseError):
        await ask(answering(GOOD + b" " * 70_000))
    snapshot = await ask(answering(gzip.compress(GOOD), Content_Encoding="gzip"))
    assert snapshot.balances[0].amounts == {Field.BALANCE: 1000}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, AuthenticationError), (503, ServiceUnavailableError), (404, UnexpectedResponseError)],
)
async def test_a_large_error_page_is_still_its_status(
    ask: Ask, status: int, kind: type[Exception]
) -> None:
    """The status decides, however long the page is."""
    with pytest.raises(kind):
        await ask(answering(b"x" * 200_000, status, "text/html"))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_broken_compression(ask: Ask, encoding: str) -> None:
    """A body that cannot be decompressed is one of the six errors."""
    with pytest.raises((ServiceUnavailableError, UnexpectedResponseError)):
        await ask(answering(b"this is not compressed", Content_Encoding=encoding))


@pytest.mark.parametrize("status", [200, 204, 206, 400, 402, 404, 405, 418, 422, 451])
async def test_what_no_rule_knows_is_unexpected(ask: Ask, status: int) -> None:
    """An answer without the documented form is unexpected."""
    with pytest.raises(UnexpectedResponseError):
        await ask(answering(b"", status))


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520, 599])
async def test_temporary(ask: Ask, status: int) -> None:
    """The provider's own troubles pass."""
    with pytest.raises(ServiceUnavailableError):
        await ask(answering(b"", status))


async def test_forbidden_by_the_provider_or_by_something_else(ask: Ask) -> None:
    """Only the provider's own refusal is about the key; a firewall's is not."""
    with pytest.raises(PermissionDeniedError):
        await ask(answering(b'{"code": 403, "message": "Forbidden"}', 403))
    for body in (b"<html>Forbidden</html>", b"", b'{"blocked": true}', b"[]"):
        with pytest.raises(ServiceUnavailableError):
            await ask(answering(body, 403))


async def test_a_sign_in_page_is_not_the_provider(ask: Ask) -> None:
    """A page with status 200 comes from a network in between."""
    with pytest.raises(ServiceUnavailableError):
        await ask(answering(b"<html>Welcome to our hotel</html>", 200, "text/html"))


async def test_timeout(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has a time limit."""
    monkeypatch.setattr(
        "custom_components.api_balance.api.client._TIMEOUT", ClientTimeout(total=0.1)
    )

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(GOOD[:20])
        assert request.transport is not None
        while not request.transport.is_closing():
            await response.write(b" ")
            await asyncio.sleep(0.01)
        return response

    with pytest.raises(ServiceUnavailableError, match=r"^no answer in time$"):
        await ask(handler)


async def test_no_connection(socket_enabled: None) -> None:
    """A refused connection is temporary."""
    async with ClientSession() as session:
        with pytest.raises(ServiceUnavailableError, match="ClientConnectorError"):
            await client(session, "http://127.0.0.1:9").read()


@pytest.mark.parametrize("failure", [gaierror("no such name"), UnicodeError("label too long")])
async def test_a_host_that_is_not_found(socket_enabled: None, failure: Exception) -> None:
    """A name that no name server could know is like one that none knows.

    Python's resolver raises these two, the second for a name like "a..b"; tests cannot ask it.
    """
    resolver = ThreadedResolver()
    with patch.object(resolver, "resolve", side_effect=failure):
        async with ClientSession(connector=TCPConnector(resolver=resolver)) as session:
            with pytest.raises(ServiceUnavailableError, match=r"^the connection failed"):
                await client(session, "https://a..b").read()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("32", 32.0),
        ("0", 0.0),
        ("999999999", 999999999.0),
        ("9999999999", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
    ],
)
async def test_retry_after(ask: Ask, header: str, expected: float | None) -> None:
    """Both forms of RFC 9110 are understood; the rest is as if it were not there."""
    with pytest.raises(RateLimitedError) as caught:
        await ask(answering(b"", 429, Retry_After=header))
    assert caught.value.retry_after == expected


async def test_retry_after_as_a_date_to_come(ask: Ask) -> None:
    """A date is turned into the seconds until then."""
    moment = datetime.now(UTC) + timedelta(minutes=10)
    header = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    with pytest.raises(RateLimitedError) as caught:
        await ask(answering(b"", 429, Retry_After=header))
    assert caught.value.retry_after == pytest.approx(600, abs=5)


async def test_certificates_are_verified(socket_enabled: None, tmp_path: Path) -> None:
    """A server that nobody vouches for gets no key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    asked = 0

    async def handler(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(body=GOOD)

    app = web.Application()
    app.router.add_route("GET", "/{path:.*}", handler)
    server = TestServer(app, host="127.0.0.1", scheme="https")
    await server.start_server(ssl=context)
    async with ClientSession() as session:
        with pytest.raises(ServiceUnavailableError, match=r"Certificate"):
            await client(session, f"https://127.0.0.1:{server.port}").read()
    await server.close()
    assert asked == 0
