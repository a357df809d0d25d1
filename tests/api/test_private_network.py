"""Plain HTTP and certificates that cannot be verified: only within private networks."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import socket
import ssl
from typing import override
from unittest.mock import patch

from aiohttp import ClientSession, TCPConnector, ThreadedResolver, web
from aiohttp.abc import ResolveResult
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest

from custom_components.api_balance.api import (
    CertificateError,
    Client,
    Field,
    ServiceUnavailableError,
)
from custom_components.api_balance.providers import BY_SLUG

from .conftest import GOOD, Serve

GATEWAY = replace(BY_SLUG["crun"], hosts=())


def gateway_client(
    session: ClientSession, base_url: str, addresses: Sequence[str], *, verify_ssl: bool = True
) -> Client:
    """Return a client for which every name has the given addresses."""

    async def resolve(_host: str) -> Sequence[str]:
        return addresses

    return Client(
        session,
        GATEWAY,
        {"api_key": "ak_1"},
        base_url=base_url,
        user_agent="Test/1",
        verify_ssl=verify_ssl,
        resolve_host=resolve,
    )


async def test_name_is_pinned_to_its_address(serve: Serve) -> None:
    """The request goes to the address that was checked, with the name in the Host header."""
    hosts: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        hosts.append(request.headers["Host"])
        return web.Response(body=GOOD)

    port = (await serve(handler)).rpartition(":")[2]
    async with ClientSession() as session:
        # IPv4 is preferred, as not every network has IPv6.
        for addresses in (["127.0.0.1"], ["fe80::1%eth0", "192.0.2.1", "fd00::1", "127.0.0.1"]):
            reader = gateway_client(session, f"http://gateway.local:{port}", addresses)
            snapshot = await reader.read()
            assert snapshot.balances[0].amounts == {Field.BALANCE: 1000}
    assert hosts == [f"gateway.local:{port}"] * 2


@pytest.mark.parametrize(
    "addresses",
    [[], ["192.0.2.1"], ["169.254.169.254"], ["fe80::1"], ["fd00:ec2::254"], ["2001:db8::1"]],
)
async def test_name_of_another_network(socket_enabled: None, addresses: list[str]) -> None:
    """A name that resolves to no private address gets no request."""
    async with ClientSession() as session:
        reader = gateway_client(session, "http://gateway.local", addresses)
        with (
            patch.object(session, "get") as get,
            pytest.raises(ServiceUnavailableError, match=r"^connection failed \(OSError\)$"),
        ):
            await reader.read()
        get.assert_not_called()


async def test_address_of_another_network(socket_enabled: None) -> None:
    """Nothing is sent in plain text to a public address, even if it is in the entry's data."""
    async with ClientSession() as session:
        reader = gateway_client(session, "http://192.0.2.1", ["192.0.2.1"])
        with patch.object(session, "get") as get, pytest.raises(ServiceUnavailableError):
            await reader.read()
        get.assert_not_called()


async def test_loopback_is_not_resolved(serve: Serve) -> None:
    """This computer is reached without a look at the name."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=GOOD)

    port = (await serve(handler)).rpartition(":")[2]
    async with ClientSession() as session:
        snapshot = await gateway_client(session, f"http://127.0.0.1:{port}", []).read()
        assert snapshot.balances[0].amounts == {Field.BALANCE: 1000}


async def test_system_resolver(serve: Serve) -> None:
    """Without another resolver the system's is used."""
    hosts: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        hosts.append(request.headers["Host"])
        return web.Response(body=GOOD)

    port = (await serve(handler)).rpartition(":")[2]
    infos = [(2, 1, 6, "", ("127.0.0.1", 0))]
    async with ClientSession() as session:
        reader = Client(
            session,
            GATEWAY,
            {"api_key": "ak_1"},
            base_url=f"http://nas:{port}",
            user_agent="Test/1",
        )
        with patch("asyncio.base_events.BaseEventLoop.getaddrinfo", return_value=infos):
            await reader.read()
    assert hosts == [f"nas:{port}"]


@pytest.fixture
def server_names() -> list[str | None]:
    """Return the names that clients ask for when they connect."""
    return []


@pytest.fixture
async def https_port(
    socket_enabled: None, tmp_path: Path, server_names: list[str | None]
) -> AsyncGenerator[int]:
    """Serve a good response with a certificate that nobody has signed."""
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
    private_key = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(private_key + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    context.sni_callback = lambda _socket, name, _context: server_names.append(name)

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=GOOD)

    app = web.Application()
    app.router.add_route("GET", "/{path:.*}", handler)
    server = TestServer(app, host="127.0.0.1", scheme="https")
    await server.start_server(ssl=context)
    assert server.port is not None
    yield server.port
    await server.close()


class Loopback(ThreadedResolver):
    """A resolver for which every name is this computer."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the loopback address."""
        return await super().resolve("127.0.0.1", port, socket.AF_INET)


@pytest.mark.parametrize(
    ("host", "verify_ssl"),
    [
        ("127.0.0.1", True),
        ("nas.local", True),
        ("api.example.com", True),
        # Verification of a public name cannot be disabled.
        ("api.example.com", False),
    ],
)
async def test_certificates_are_verified(https_port: int, host: str, *, verify_ssl: bool) -> None:
    """A server that cannot prove its name gets no key; the form says that it is the certificate."""
    async with ClientSession(connector=TCPConnector(resolver=Loopback())) as session:
        base_url = f"https://{host}:{https_port}"
        reader = gateway_client(session, base_url, ["127.0.0.1"], verify_ssl=verify_ssl)
        with pytest.raises(ServiceUnavailableError) as caught:
            await reader.read()
    assert type(caught.value) is CertificateError
    assert caught.value.key == "cannot_connect"
    assert caught.value.form_key == "invalid_certificate"
    assert caught.value.__context__ is None


@pytest.mark.parametrize("host", ["127.0.0.1", "nas.local"])
async def test_verification_can_be_disabled(
    https_port: int, server_names: list[str | None], host: str
) -> None:
    """Within a private network a self-signed certificate can be accepted."""
    async with ClientSession() as session:
        base_url = f"https://{host}:{https_port}"
        reader = gateway_client(session, base_url, ["127.0.0.1"], verify_ssl=False)
        assert (await reader.read()).balances[0].amounts == {Field.BALANCE: 1000}
    # A server with several names still learns which one is meant.
    assert server_names == [None if host == "127.0.0.1" else host]
