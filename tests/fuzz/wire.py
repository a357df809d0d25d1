"""A server that sends any bytes as its response, and the client that reads them."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
import re
import sys
import tempfile
from types import FrameType
from typing import Final, Self
from unittest.mock import patch

from aiohttp import ClientTimeout, DummyCookieJar, ThreadedResolver

from custom_components.api_balance.api import (
    AccountSnapshot,
    ApiError,
    Client,
    client as client_module,
)
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
import simulator

from .decode import possible_bodies
from .oracle import check_error, check_snapshot
from .responses import APIS

SCENARIO: Final = "active"
# Function calls while a response is read. Responses of these tests need up to 14,000; a parser of
# content types that takes half a second needs 360,000.
MAX_CALLS: Final = 100_000
# Seconds. If a later part of a body cannot be decompressed, aiohttp waits forever.
_TIMEOUT: Final = 0.5


@dataclass(frozen=True)
class RawResponse:
    """What a server sends."""

    slug: str
    raw: bytes
    """Everything from the status line to the last byte."""
    piece: int = 0
    """The number of bytes that are sent at once; 0 for all."""
    reset: bool = False
    """Whether the connection is reset in the end."""
    delay: float = field(default=0, compare=False)
    """Seconds between two pieces."""
    scenario: str | None = field(default=None, compare=False)
    """The documented scenario, if this is one in an unusual but correct form."""


class CallCounter:
    """Counts function calls: a measure of work that does not depend on the computer."""

    def __init__(self) -> None:
        """Start with zero."""
        self.calls = 0

    def count(self, _frame: FrameType, event: str, _arg: object) -> None:
        """Count a call of a function in Python or C."""
        if event in {"call", "c_call"}:
            self.calls += 1


@contextmanager
def count_calls() -> Generator[CallCounter]:
    """Count the function calls in this thread."""
    counter = CallCounter()
    previous = sys.getprofile()
    sys.setprofile(counter.count)
    try:
        yield counter
    finally:
        sys.setprofile(previous)


class Wire:
    """A server on a free port and a session, on an event loop of their own."""

    _response: RawResponse
    sent: int = 0
    """The number of bytes of the last response that were sent."""

    def __enter__(self) -> Self:
        """Start both."""
        self._runner = asyncio.Runner()
        self._runner.run(self._start())
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop both."""
        self._runner.run(self._stop())
        self._runner.close()

    async def _start(self) -> None:
        """Accept connections, and create the session of the integration."""
        self._server = await asyncio.start_server(self._respond, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        # Home Assistant's session has its own limits, and checks every response.
        self._folder = tempfile.TemporaryDirectory()
        hass = HomeAssistant(self._folder.name)
        # Home Assistant's resolver searches the local network too.
        with patch(
            "homeassistant.helpers.aiohttp_client._async_make_resolver",
            return_value=ThreadedResolver(),
        ):
            self._session = async_create_clientsession(
                hass, auto_cleanup=False, cookie_jar=DummyCookieJar()
            )

    async def _stop(self) -> None:
        """Close all connections."""
        connector = self._session.connector
        assert connector is not None
        self._session.detach()
        await connector.close()
        self._folder.cleanup()
        self._server.close()
        await self._server.wait_closed()

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Respond to one request and close the connection."""
        response = self._response
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            step = response.piece or len(response.raw) or 1
            for start in range(0, len(response.raw), step):
                piece = response.raw[start : start + step]
                writer.write(piece)
                await writer.drain()
                self.sent += len(piece)
                if response.piece:
                    await asyncio.sleep(response.delay)
            if response.reset:
                writer.transport.abort()
            writer.close()
            await writer.wait_closed()

    def read(self, response: RawResponse) -> AccountSnapshot | ApiError:
        """Return what the client reads from a response."""
        self._response = response
        self.sent = 0
        credentials = simulator.credentials(APIS[response.slug], SCENARIO)
        client = Client(
            self._session,
            BY_SLUG[response.slug],
            credentials,
            base_url=f"http://127.0.0.1:{self._port}",
            user_agent="Test/1",
        )
        # Home Assistant checks the redirects of a server that is not on this computer.
        not_local = patch(
            "homeassistant.helpers.aiohttp_client._async_is_blocked_host", return_value=False
        )
        try:
            with not_local:
                return self._runner.run(client.read())
        except ApiError as err:
            check_error(err, *credentials.values())
            return err

    def check(self, response: RawResponse) -> None:
        """Require a correct snapshot or an error, without excessive work."""
        # The result of a broken response is the same after a shorter wait.
        is_broken = response.scenario is None
        timeout = ClientTimeout(total=_TIMEOUT) if is_broken else client_module._TIMEOUT
        with patch.object(client_module, "_TIMEOUT", timeout), count_calls() as counter:
            result = self.read(response)
        assert counter.calls < MAX_CALLS
        if response.scenario is not None:
            expected = APIS[response.slug].scenarios[response.scenario]
            assert isinstance(result, ApiError) == (expected.error is not None)
            if isinstance(result, ApiError):
                assert result.key == expected.error
                return
        if isinstance(result, AccountSnapshot):
            assert _is_correct(response, result)


def _is_correct(response: RawResponse, snapshot: AccountSnapshot) -> bool:
    """Return whether a snapshot is correct for any possible body of a response."""
    assert re.search(rb"^\S+ +200\b", response.raw, re.MULTILINE)
    for body in possible_bodies(response.raw):
        with suppress(AssertionError, LookupError, TypeError, AttributeError, ValueError):
            check_snapshot(response.slug, body, snapshot)
            return True
    return False
