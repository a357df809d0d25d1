"""Accounts at a server with faults, and what a user sees of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
import logging
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.api_balance.api import AccountSnapshot, Client
from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import slugify
import simulator

from ..common import get_state
from .fault import Fault
from .server import FaultServer

_TIMEOUT: Final = 20
# Are appended to credentials that are stored and that are entered in a form; the word in front of
# the special characters survives URLs, JSON and HTML.
STORED: Final = '.WordStored"\\/+&=%<secret>'
ENTERED: Final = '.WordEntered"\\/+&=%<secret>'


class Accounts:
    """An account at each provider with which a fault is tested."""

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        caplog: pytest.LogCaptureFixture,
        server: FaultServer,
    ) -> None:
        """Start without accounts."""
        self.hass = hass
        self.server = server
        self.entries: dict[str, MockConfigEntry] = {}
        self.requests: Counter[str] = Counter()
        """The number of requests by slug, also of requests that were not sent completely."""
        self.cleared_logs: list[str] = []
        """The text of the log before each time it was cleared."""
        self._freezer = freezer
        self._caplog = caplog
        self._pending = 0
        self._origin = ""

    @contextmanager
    def count_requests(self) -> Generator[None]:
        """Count the requests."""
        original = Client.read

        async def read(client: Client) -> AccountSnapshot:
            self.requests[client._provider.slug] += 1
            self._pending += 1
            try:
                return await original(client)
            finally:
                self._pending -= 1
                self.server.changed.set()

        with patch.object(Client, "read", read):
            yield

    async def set_up(self, fault: Fault) -> None:
        """Set up the accounts before the fault starts."""
        is_tls = fault.certificate is not None
        await self.server.start("valid" if is_tls else "")
        host = "127.0.0.1" if fault.is_known else "localhost"
        self._origin = f"{'https' if is_tls else 'http'}://{host}:{self.server.port}"
        for slug in fault.slugs:
            data = {"provider": slug, **self.credentials(slug), "base_url": self.base_url(slug)}
            entry = MockConfigEntry(domain=DOMAIN, title=BY_SLUG[slug].name, data=data)
            entry.add_to_hass(self.hass)
            self.entries[slug] = entry
        # The setup of the first entry sets up the integration with all other entries.
        first = next(iter(self.entries.values()))
        await self.run(self.hass.config_entries.async_setup(first.entry_id))
        await self.settle()
        self.assert_loaded()

    def assert_loaded(self) -> None:
        """Check that all accounts are set up."""
        for slug, entry in self.entries.items():
            assert entry.state is ConfigEntryState.LOADED, (slug, entry.reason)

    def base_url(self, slug: str) -> str:
        """Return the base URL of a provider."""
        return f"{self._origin}/{slug}"

    def credentials(self, slug: str, suffix: str = STORED) -> dict[str, str]:
        """Return credentials, the secret with a suffix; the server accepts any."""
        credentials = simulator.credentials(simulator.load()[slug], "active")
        return credentials | {"api_key": credentials["api_key"] + suffix}

    def form(self, slug: str, suffix: str = STORED) -> dict[str, Any]:
        """Return the user input of the form for credentials."""
        return {**self.credentials(slug, suffix), "advanced": {"base_url": self.base_url(slug)}}

    async def run[Result](self, work: Awaitable[Result]) -> Result:
        """Wait for something; while all requests wait for data, time passes."""
        task = asyncio.ensure_future(work)
        while not task.done():
            changed = asyncio.ensure_future(self.server.changed.wait())
            await asyncio.wait({task, changed}, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            self.server.changed.clear()
            if 0 < self._pending <= self.server.stalled:
                self.server.stalled = 0
                self._freezer.tick(timedelta(seconds=_TIMEOUT + 1))
                async_fire_time_changed(self.hass)
        return task.result()

    async def settle(self) -> None:
        """Wait until everything is done."""
        await self.run(self.hass.async_block_till_done(wait_background_tasks=True))

    async def wait(self, seconds: float) -> None:
        """Move the clock forward and run everything that is due."""
        self._freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass)
        await self.settle()

    async def requests_during(self, seconds: float) -> dict[str, int]:
        """Move the clock forward and return the number of requests by slug."""
        self.requests.clear()
        await self.wait(seconds)
        return dict(self.requests)

    async def wait_for_requests(self, limit: int) -> int:
        """Wait for one request of each account; return the seconds until the last one."""
        found: Counter[str] = Counter()
        seconds = 0
        while len(found) < len(self.entries) and seconds < limit:
            found.update(await self.requests_during(1))
            seconds += 1
        assert found == dict.fromkeys(self.entries, 1)
        return seconds

    async def reload(self) -> None:
        """Reload all accounts."""
        reload = self.hass.config_entries.async_reload
        await self.run(asyncio.gather(*(reload(entry.entry_id) for entry in self.entries.values())))
        await self.settle()

    async def start_fault(self, fault: Fault) -> None:
        """Let a fault start."""
        await self.server.start_fault(fault)
        connector = async_get_clientsession(self.hass).connector
        # A cached address would hide that the name is unknown.
        connector.clear_dns_cache()  # type: ignore[union-attr]

    def log(self, level: int) -> list[str]:
        """Return the messages of the integration from a level, and warnings of everything else."""
        return sorted(
            record.getMessage()
            for record in self._caplog.records
            if record.levelno >= (level if DOMAIN in record.name else logging.WARNING)
        )

    def clear_log(self) -> None:
        """Start a new log."""
        self.cleared_logs.append(self._caplog.text)
        self._caplog.clear()

    def balances(self) -> dict[str, str]:
        """Return the state of the balance by slug."""
        return {
            slug: get_state(self.hass, f"sensor.{slugify(entry.title)}_balance")
            for slug, entry in self.entries.items()
        }

    def states(self) -> dict[str, str]:
        """Return all states by entity ID."""
        return {state.entity_id: state.state for state in self.hass.states.async_all()}

    def issues(self) -> dict[str, str | None]:
        """Return the translation keys of the repair issues by slug."""
        return {
            slug: issue.translation_key
            for (domain, issue_id), issue in ir.async_get(self.hass).issues.items()
            for slug, entry in self.entries.items()
            if domain == DOMAIN and entry.entry_id in issue_id
        }

    def reauth_flows(self) -> dict[str, str]:
        """Return the IDs of the reauthentication flows by slug."""
        slugs = {entry.entry_id: slug for slug, entry in self.entries.items()}
        return {
            slugs[flow["context"]["entry_id"]]: flow["flow_id"]
            for flow in self.hass.config_entries.flow.async_progress()
            if flow["context"]["source"] == SOURCE_REAUTH
        }

    async def start_flows(self, slugs: Iterable[str]) -> dict[str, str]:
        """Start to add another account at each provider; return the IDs of the flows by slug."""
        init = self.hass.config_entries.flow.async_init
        flows = {}
        for slug in slugs:
            result = await init(DOMAIN, context={"source": SOURCE_USER}, data={"provider": slug})
            flows[slug] = result["flow_id"]
        return flows

    async def submit(self, flows: Mapping[str, str], suffix: str = STORED) -> dict[str, Any]:
        """Submit credentials in all flows at the same time, and return the results by slug."""
        configure = self.hass.config_entries.flow.async_configure
        results = await self.run(
            asyncio.gather(
                *(configure(flow_id, self.form(slug, suffix)) for slug, flow_id in flows.items())
            )
        )
        await self.settle()
        return dict(zip(flows, results, strict=True))
