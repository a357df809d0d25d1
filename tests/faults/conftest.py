"""A house and its server."""

from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
import socket
import ssl
from typing import Any
from unittest.mock import patch

from aiohttp.resolver import AsyncResolver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant
from homeassistant.util.ssl import SSL_ALPN_HTTP11, create_client_context

from .house import House, Server


class Authority:
    """Somebody who signs certificates."""

    def __init__(self, name: str) -> None:
        """Begin with a certificate of its own."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        # Strict checks want it to say what its key may do.
        usage = dict.fromkeys(
            (
                "digital_signature",
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        self.certificate = (
            self._builder(self._name, self._key, 2090)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(key_cert_sign=True, **usage), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, until: int
    ) -> x509.CertificateBuilder:
        """Return what every certificate has."""
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(until, 1, 1, tzinfo=UTC))
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )

    def server(self, address: str, until: int, path: Path) -> ssl.SSLContext:
        """Return the context of a server at an address, whose certificate ends with a year."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        certificate = (
            self._builder(name, key, until)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        path.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + certificate.public_bytes(pem)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Return the authority that the house trusts."""
    return Authority("Trusted")


@pytest.fixture(scope="session")
def certificates(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, ssl.SSLContext]:
    """Return the contexts of servers, good and bad."""
    path = tmp_path_factory.mktemp("certificates") / "server.pem"
    return {
        "good": authority.server("127.0.0.1", 2090, path),
        "expired": authority.server("127.0.0.1", 2021, path),
        "wrong name": authority.server("192.0.2.1", 2090, path),
        "untrusted": Authority("Untrusted").server("127.0.0.1", 2090, path),
    }


@pytest.fixture
def _trust(authority: Authority) -> Generator[None]:
    """Let Home Assistant's own session trust the authority."""
    context = create_client_context(alpn_protocols=SSL_ALPN_HTTP11)
    pem = authority.certificate.public_bytes(serialization.Encoding.PEM)
    context.load_verify_locations(cadata=pem.decode())
    with patch(
        "homeassistant.helpers.aiohttp_client.ssl_util.client_context", return_value=context
    ):
        yield


@pytest.fixture
async def house(
    _trust: None,
    hass: HomeAssistant,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    certificates: dict[str, ssl.SSLContext],
) -> AsyncGenerator[House]:
    """Return a house without accounts, early on a day."""
    freezer.move_to("2026-11-11T08:30:00+00:00")
    # Home Assistant writes a line at INFO for each platform that it sets up.
    caplog.set_level("WARNING")
    caplog.set_level("DEBUG", "custom_components.api_balance")
    # It makes the many steps of time slow, and takes time that we let pass for a slow task.
    hass.loop.set_debug(False)
    server = Server(certificates)

    async def resolve(_: AsyncResolver, host: str, port: int, **_more: Any) -> list[Any]:
        """Know the one name that there is."""
        if host != "localhost" or not server.name_is_known:
            raise OSError(None, "Domain name not found")
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
        ]

    with patch.object(AsyncResolver, "resolve", resolve):
        yield House(hass, freezer, caplog, server)
    await server.close()
