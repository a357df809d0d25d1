"""Fixtures: a server with faults, and accounts at that server."""

from collections.abc import AsyncGenerator, Generator
import logging
import ssl
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.core import HomeAssistant
from homeassistant.util.ssl import SSL_ALPN_HTTP11, create_client_context

from .accounts import Accounts
from .certificates import CertificateAuthority
from .secret_search import SecretSearch
from .server import FaultServer


@pytest.fixture(scope="session")
def authority() -> CertificateAuthority:
    """Return the certificate authority that Home Assistant trusts."""
    return CertificateAuthority("Trusted")


@pytest.fixture(scope="session")
def certificates(
    authority: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, ssl.SSLContext]:
    """Return the contexts of servers with a valid and with invalid certificates."""
    path = tmp_path_factory.mktemp("certificates") / "server.pem"
    untrusted = CertificateAuthority("Untrusted")
    return {
        "valid": authority.server_context("127.0.0.1", 2090, path),
        "expired": authority.server_context("127.0.0.1", 2021, path),
        "wrong name": authority.server_context("192.0.2.1", 2090, path),
        "untrusted": untrusted.server_context("127.0.0.1", 2090, path),
    }


@pytest.fixture(scope="session")
def client_context(authority: CertificateAuthority) -> ssl.SSLContext:
    """Return the context with which Home Assistant trusts the authority."""
    context = create_client_context(alpn_protocols=SSL_ALPN_HTTP11)
    context.load_verify_locations(cadata=authority.pem)
    return context


@pytest.fixture
def _trust(client_context: ssl.SSLContext) -> Generator[None]:
    """Make Home Assistant trust the authority."""
    with patch(
        "homeassistant.helpers.aiohttp_client.ssl_util.client_context", return_value=client_context
    ):
        yield


@pytest.fixture
async def accounts(
    _trust: None,
    hass: HomeAssistant,
    socket_enabled: None,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    certificates: dict[str, ssl.SSLContext],
    known_hosts: set[str],
) -> AsyncGenerator[Accounts]:
    """Return accounts that are not set up yet; everything is logged."""
    freezer.move_to("2026-11-11T08:30:00+00:00")
    caplog.set_level(logging.DEBUG)
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger) and logger.level > logging.DEBUG:
            caplog.set_level(logging.DEBUG, logger.name)
    server = FaultServer(certificates, known_hosts)
    accounts = Accounts(hass, freezer, caplog, server)
    with accounts.count_requests():
        yield accounts
    await server.close()


@pytest.fixture
def search(accounts: Accounts) -> SecretSearch:
    """Return a search for secrets in everything that leaves the integration."""
    return SecretSearch(accounts)
