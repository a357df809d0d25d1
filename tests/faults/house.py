"""A server that does exactly what a fault says, and a house whose accounts are asked at it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
import logging
import re
import socket
import ssl
import struct
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import slugify
import simulator

from ..common import get_state
from .table import ELSEWHERE, JSON, End, Fault, answer

# Every pause that there may be between two requests, in seconds.
PAUSES: Final = (30, 32, 60, 120, 240, 480, 600, 900, 3600, 21600)
_TIMEOUT: Final = 20


class Server:
    """All providers on one port; each below a path of its own."""

    def __init__(self, certificates: Mapping[str, ssl.SSLContext]) -> None:
        """Prepare a server that answers well."""
        self.fault: Fault | None = None
        self.stalled = asyncio.Event()
        """Whether somebody waits in vain."""
        self.heads: list[str] = []
        """The heads of all requests."""
        self.elsewhere = 0
        """How many have followed a redirect."""
        self.name_is_known = True
        self.port = 0
        self._certificates = certificates
        self._server: asyncio.Server | None = None
        self._elsewhere: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        self._released = asyncio.Event()

    async def start(self, certificate: str) -> None:
        """Listen; with a certificate unless its name is empty."""
        if self._elsewhere is None:
            self._elsewhere = await asyncio.start_server(self._count, "127.0.0.1")
        context = self._certificates[certificate] if certificate else None
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=context, limit=2**20
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        self._released.set()
        if self._server is not None:
            self._server.close()
            self._server.abort_clients()
            await self._server.wait_closed()
            self._server = None

    async def close(self) -> None:
        """End for good."""
        await self.stop()
        if self._elsewhere is not None:
            self._elsewhere.close()
            self._elsewhere.abort_clients()
            await self._elsewhere.wait_closed()

    async def break_down(self, fault: Fault) -> None:
        """Behave as a fault says from now on."""
        self.fault = fault
        self._released.clear()
        self.name_is_known = fault.is_known
        if not fault.is_up:
            await self.stop()
            # Nobody else gets the port meanwhile: bound, but nobody listens.
            self._reserved = socket.socket()
            self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._reserved.bind(("127.0.0.1", self.port))
        elif fault.certificate is not None:
            await self.stop()
            self._released.clear()
            await self.start(fault.certificate)

    async def recover(self) -> None:
        """Answer well from now on."""
        fault, self.fault, self.name_is_known = self.fault, None, True
        self._released.set()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
        if fault is not None and (not fault.is_up or fault.certificate is not None):
            await self.stop()
            await self.start("" if fault.certificate is None else "good")

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Count who comes where nobody should; another test may have had the port before."""
        self.elsewhere += b"/redirected" in await reader.readline()
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        fault = self.fault
        try:
            if fault is not None and fault.is_early:
                writer.write(fault.wire("", b""))
                await self._end(writer, fault.end)
                return
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
            except asyncio.IncompleteReadError:
                return
            self.heads.append(head)
            slug = head.split()[1].split("/")[1]
            good = simulator.load()[slug].scenarios["active"].body.encode()
            if fault is None:
                writer.write(answer(200, good, JSON))
            else:
                assert self._elsewhere is not None
                port = self._elsewhere.sockets[0].getsockname()[1]
                place = f"http://127.0.0.1:{port}".encode()
                writer.write(fault.wire(slug, good).replace(ELSEWHERE.encode(), place))
                await writer.drain()
                await self._end(writer, fault.end)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _end(self, writer: asyncio.StreamWriter, end: End) -> None:
        """Do what a fault does in the end."""
        match end:
            case End.CLOSE:
                pass
            case End.RESET:
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, linger
                )
            case End.STALL | End.DRIP:
                if end is End.DRIP:
                    for _ in range(20):
                        writer.write(b" ")
                        await writer.drain()
                self.stalled.set()
                await self._released.wait()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a fault has led to at one account; texts name the provider as "The provider"."""

    state: str
    """State of the balance."""
    log: tuple[str, ...]
    """Lines of the log from INFO on, from the first failure to the last."""
    log_after: tuple[str, ...]
    """Lines that it has when everything is well again."""
    issue_at: tuple[str, int] | None
    """The repair issue, and after which answer in a row it is there."""
    asks_credentials: bool
    """Whether the user is asked for other credentials."""
    pauses: tuple[int, ...]
    """Seconds until the second and the third request, while the fault lasts; none is never."""
    at_set_up: tuple[str, str | None]
    """The entry's state, and its reason, where the fault is there from the beginning."""
    log_at_set_up: tuple[str, ...]
    """Lines that the log has of that from WARNING on, however often it is tried again."""
    in_form: dict[str, str]
    """Errors of the form."""


class House:
    """An account at each provider that a fault concerns."""

    def __init__(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        caplog: pytest.LogCaptureFixture,
        server: Server,
    ) -> None:
        """Remember what it is made of."""
        self.hass, self.freezer, self.caplog, self.server = hass, freezer, caplog, server
        self.entries: dict[str, MockConfigEntry] = {}
        self._origin = ""

    async def build(self, fault: Fault, suffix: str = "") -> None:
        """Set up an account at each provider that can have the fault; all answer well."""
        is_tls = fault.certificate is not None
        await self.server.start("good" if is_tls else "")
        host = "127.0.0.1" if fault.is_known else "localhost"
        self._origin = f"{'https' if is_tls else 'http'}://{host}:{self.server.port}"
        for slug in fault.kinds:
            entry = MockConfigEntry(
                domain=DOMAIN,
                title=BY_SLUG[slug].name,
                data={
                    "provider": slug,
                    **self.credentials(slug, suffix),
                    "base_url": self.url(slug),
                },
            )
            entry.add_to_hass(self.hass)
            self.entries[slug] = entry
        # The first of them sets up the others of its integration too.
        first = next(iter(self.entries.values()))
        await self.run(self.hass.config_entries.async_setup(first.entry_id))
        await self.settle()
        for slug, entry in self.entries.items():
            assert entry.state is ConfigEntryState.LOADED, (slug, entry.reason)

    def url(self, slug: str) -> str:
        """Return the base URL of a provider."""
        return f"{self._origin}/{slug}"

    def credentials(self, slug: str, suffix: str = "") -> dict[str, str]:
        """Return credentials, each with something behind it; the server takes any."""
        known = simulator.credentials(simulator.load()[slug], "active")
        return {name: f"{value}{suffix}" for name, value in known.items()}

    def form(self, slug: str, suffix: str = "") -> dict[str, Any]:
        """Return a form that is filled in."""
        return {**self.credentials(slug, suffix), "advanced": {"base_url": self.url(slug)}}

    async def run[Result](self, what: Awaitable[Result]) -> Result:
        """Wait for something; the time of requests that wait in vain passes."""
        task = asyncio.ensure_future(what)
        while not task.done():
            stalled = asyncio.ensure_future(self.server.stalled.wait())
            await asyncio.wait({task, stalled}, return_when=asyncio.FIRST_COMPLETED)
            stalled.cancel()
            if self.server.stalled.is_set():
                # Let the others come too; both ends are in this process.
                for _ in range(200):
                    await asyncio.sleep(0)
                self.server.stalled.clear()
                self.freezer.tick(timedelta(seconds=_TIMEOUT + 1))
                async_fire_time_changed(self.hass)
        return task.result()

    async def settle(self) -> None:
        """Wait until everything is done."""
        await self.run(self.hass.async_block_till_done(wait_background_tasks=True))

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass)
        await self.settle()

    async def break_down(self, fault: Fault) -> None:
        """Let the fault begin."""
        await self.server.break_down(fault)
        connector = async_get_clientsession(self.hass).connector
        # What is remembered of a name must not hide that it is not known any more.
        connector.clear_dns_cache()  # type: ignore[union-attr]

    def asked(self) -> Counter[str]:
        """Return how often each account was asked, by what the coordinator writes at DEBUG."""
        pattern = re.compile(r"Finished fetching (.*) data in ")
        names = (pattern.match(record.getMessage()) for record in self.caplog.records)
        slugs = {entry.title: slug for slug, entry in self.entries.items()}
        return Counter(slugs[name[1]] for name in names if name)

    def logged(self, level: int = logging.INFO) -> dict[str, tuple[str, ...]]:
        """Return the log's lines from a level on, by slug; a line that is nobody's is a failure."""
        lines: dict[str, list[str]] = {slug: [] for slug in self.entries}
        for record in self.caplog.records:
            text = record.getMessage()
            if record.levelno < level:
                continue
            (slug,) = (slug for slug in lines if BY_SLUG[slug].name in text)
            lines[slug].append(text.replace(BY_SLUG[slug].name, "The provider"))
        return {slug: tuple(texts) for slug, texts in lines.items()}

    def balances(self) -> dict[str, str]:
        """Return the state of each account's balance."""
        names = {slug: slugify(entry.title) for slug, entry in self.entries.items()}
        return {
            slug: get_state(self.hass, f"sensor.{name}_balance") for slug, name in names.items()
        }

    def states(self) -> dict[str, str]:
        """Return all states."""
        return {each.entity_id: each.state for each in self.hass.states.async_all()}

    def issues(self) -> dict[str, str]:
        """Return what the user is told in repairs by us, by slug."""
        return {
            slug: issue.translation_key or ""
            for (domain, issue_id), issue in ir.async_get(self.hass).issues.items()
            for slug, entry in self.entries.items()
            if domain == DOMAIN and entry.entry_id in issue_id
        }

    def flows(self) -> dict[str, str]:
        """Return the ids of the flows that ask for other credentials, by slug."""
        slugs = {entry.entry_id: slug for slug, entry in self.entries.items()}
        return {
            slugs[flow["context"]["entry_id"]]: flow["flow_id"]
            for flow in self.hass.config_entries.flow.async_progress()
            if flow["context"]["source"] == "reauth"
        }

    async def watch(self) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[str, int]]]:
        """Return the pauses until the next two requests, and when issues came, by slug."""
        pauses: dict[str, list[int]] = {slug: [] for slug in self.entries}
        since = dict.fromkeys(self.entries, 0)
        issues = {slug: (issue, 1) for slug, issue in self.issues().items()}
        now = 0
        marks = sorted({mark for pause in PAUSES for mark in (pause - 1, pause)})
        while True:
            ahead = [
                since[slug] + mark
                for slug in self.entries
                for mark in marks
                if len(pauses[slug]) < 2 and since[slug] + mark > now
            ]
            if not ahead:
                return {slug: tuple(each) for slug, each in pauses.items()}, issues
            before = self.asked()
            await self.wait(min(ahead) - now)
            now = min(ahead)
            for slug, count in (self.asked() - before).items():
                assert count == 1, slug
                if len(pauses[slug]) == 2:
                    continue
                pauses[slug].append(now - since[slug])
                since[slug] = now
                if slug not in issues and slug in self.issues():
                    issues[slug] = (self.issues()[slug], 1 + len(pauses[slug]))

    async def submit(self, flows: Mapping[str, str], suffix: str = "") -> dict[str, Any]:
        """Fill in forms, all at once, and return what comes of it by slug."""
        configure = self.hass.config_entries.flow.async_configure
        results = await self.run(
            asyncio.gather(
                *(configure(flow_id, self.form(slug, suffix)) for slug, flow_id in flows.items())
            )
        )
        # New credentials are tried before time goes on.
        await self.settle()
        return dict(zip(flows, results, strict=True))

    async def begin_flows(self, slugs: Iterable[str]) -> dict[str, str]:
        """Begin to add another account at each provider, and return the flows' ids."""
        init = self.hass.config_entries.flow.async_init
        return {
            slug: (await init(DOMAIN, context={"source": "user"}, data={"provider": slug}))[
                "flow_id"
            ]
            for slug in slugs
        }


async def play(house: House, fault: Fault) -> dict[str, Seen]:
    """Let a fault begin and end, while accounts are polled, set up and added."""
    hass, caplog = house.hass, house.caplog
    await house.build(fault)
    before = house.states()
    good = house.balances()
    caplog.clear()

    await house.break_down(fault)
    await house.wait(900)
    assert house.asked() == dict.fromkeys(fault.kinds, 1)
    balances = house.balances()
    pauses, issues = await house.watch()
    log, flows = house.logged(), house.flows()
    assert house.balances() == balances
    caplog.clear()

    await house.server.recover()
    healing = await house.submit(flows)
    assert {each["reason"] for each in healing.values()} <= {"reauth_successful"}
    await house.wait(max((each[-1] for each in pauses.values() if each), default=0))
    # The pauses of temporary failures double: this was half of the third.
    await house.wait(60)
    is_well(house, before, good)
    log_after = house.logged()
    caplog.clear()

    # The same at the beginning of an account's life.
    await house.break_down(fault)
    await house.run(
        asyncio.gather(
            *(hass.config_entries.async_reload(entry.entry_id) for entry in house.entries.values())
        )
    )
    # Where time has passed Home Assistant is trying again already.
    await house.settle()
    at_set_up = {
        slug: (entry.state.value, entry.reason and named(entry.reason, slug))
        for slug, entry in house.entries.items()
    }
    log_at_set_up = house.logged(logging.WARNING)
    new = await house.begin_flows(house.entries)
    forms = await house.submit(new, ".other")
    await house.server.recover()
    results = await house.submit(new, ".other")
    assert {result["step_id"] for result in results.values()} == {"low_balance"}
    await house.submit(house.flows())
    # Home Assistant itself tries again within 80 seconds and some.
    await house.wait(max([90, *fault.pauses.values()]))
    is_well(house, before, good)
    return {
        slug: Seen(
            state=balances[slug],
            log=log[slug],
            log_after=log_after[slug],
            issue_at=issues.get(slug),
            asks_credentials=slug in flows,
            pauses=pauses[slug],
            at_set_up=at_set_up[slug],
            log_at_set_up=log_at_set_up[slug],
            in_form=forms[slug]["errors"],
        )
        for slug in house.entries
    }


def is_well(house: House, before: Mapping[str, str], good: Mapping[str, str]) -> None:
    """Check that everything is as it was before, and nothing is left of the fault."""
    for slug, entry in house.entries.items():
        assert entry.state is ConfigEntryState.LOADED, (slug, entry.reason)
    assert house.balances() == good
    assert house.states() == before
    assert house.issues() == {}
    assert house.flows() == {}


def named(text: str, slug: str) -> str:
    """Return a text in which a provider has no name."""
    return text.replace(BY_SLUG[slug].name, "The provider")
