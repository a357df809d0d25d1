"""Fixtures for all tests."""

from collections.abc import AsyncGenerator, Generator
import logging
import os
import socket
from typing import Any, override
from unittest.mock import PropertyMock, patch

from aiohttp.resolver import AsyncResolver
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from hypothesis import settings
import pytest
from pytest_homeassistant_custom_component.common import (
    async_mock_service,
    get_test_config_dir,
    mock_storage,
)

from custom_components.api_balance.const import UPDATE_INTERVAL
from homeassistant.core import HomeAssistant, ServiceCall
import simulator

from .common import Clock, Providers

# No deadlines: a busy computer must not fail a property. In CI the examples are always the same,
# so that a failure can be repeated; elsewhere they differ, and a failure prints how to repeat it.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("default", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for line in (
        "expects_traceback(text): every traceback in the log has this text; there is at least one",
        "real_storage: Home Assistant reads and writes real files, in a folder of the test's own",
    ):
        config.addinivalue_line("markers", line)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let frozen clocks start at noon in the test package's time zone.

    Shortly before midnight, a poll would find spending of two days.
    """
    for item in items:
        is_frozen = "freezer" in getattr(item, "fixturenames", ())
        if is_frozen and item.get_closest_marker("freeze_time") is None:
            item.add_marker(pytest.mark.freeze_time("2026-11-20T12:00:00-08:00"))


class _TracebackHandler(logging.Handler):
    """Collects the errors that are logged with a traceback."""

    def __init__(self) -> None:
        """Initialize the handler."""
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Keep the text of a record with a traceback."""
        # The access log of aiohttp cannot format the time of a frozen clock.
        if record.exc_info and record.exc_info[0] is not None and record.name != "aiohttp.access":
            self.found.append(logging.Formatter("%(name)s: %(message)s").format(record))


@pytest.fixture(autouse=True)
def _tracebacks(request: pytest.FixtureRequest) -> Generator[None]:
    """Fail a test during which an unexpected exception is logged.

    Home Assistant catches the exceptions of listeners, timers and tasks: a test could pass
    although the code, or the test itself, has failed.
    """
    handler = _TracebackHandler()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    marker = request.node.get_closest_marker("expects_traceback")
    if marker is None:
        assert not handler.found, f"unexpected exception: {handler.found[0]}"
    else:
        (text,) = marker.args
        assert handler.found, f"no traceback for: {text}"
        unexpected = [each for each in handler.found if text not in each]
        assert not unexpected, f"unexpected exception: {unexpected[0]}"


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Leave the debug mode of asyncio off, which doubles the time of most tests."""


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Make Home Assistant find the integration, in the tests that have one."""
    if "hass" in request.fixturenames:
        if "recorder_mock" in request.fixturenames:
            # A database has to be prepared before Home Assistant is created.
            request.getfixturevalue("recorder_db_url")
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def hass_config_dir(request: pytest.FixtureRequest) -> str:
    """Return the configuration folder: one of the test's own if it needs real files."""
    if request.node.get_closest_marker("real_storage") is None:
        return str(get_test_config_dir())  # type: ignore[no-untyped-call]
    return str(request.getfixturevalue("hass_tmp_config_dir"))


@pytest.fixture
def hass_storage(request: pytest.FixtureRequest) -> Generator[dict[str, Any]]:
    """Keep the storage of Home Assistant in memory, unless the test needs real files."""
    if request.node.get_closest_marker("real_storage") is not None:
        yield {}
        return
    with mock_storage() as data:
        yield data


@pytest.fixture
def real_rounds() -> Generator[None]:
    """Poll each provider at its own time of the interval, which is the same in every run."""
    with patch("homeassistant.helpers.instance_id.async_get", return_value="0" * 32):
        yield


@pytest.fixture(autouse=True)
def _rounds(request: pytest.FixtureRequest) -> Generator[None]:
    """Let the first regular poll follow one interval after the setup, unless a test says else."""
    if "real_rounds" in request.fixturenames:
        yield
        return
    with patch(
        "custom_components.api_balance.rounds.seconds_until",
        return_value=UPDATE_INTERVAL.total_seconds(),
    ):
        yield


@pytest.fixture(autouse=True)
def _confirmation_delay() -> Generator[None]:
    """Confirm a reading after a second, or at once if somebody waits: the clock may stand still."""
    coordinator = "custom_components.api_balance.coordinator"
    with (
        patch(f"{coordinator}.uniform", return_value=1.0),
        patch(f"{coordinator}.CONFIRMATION_DELAY_WHILE_WAITING", 0),
    ):
        yield


@pytest.fixture
def all_entities_enabled() -> Generator[None]:
    """Enable the entities that are disabled by default."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        PropertyMock(return_value=True),
    ):
        yield


@pytest.fixture
def clock(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Clock:
    """Return the clock of Home Assistant, which stands still until a test moves it."""
    return Clock(hass, freezer)


@pytest.fixture
def runs(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the runs of the automation of set_up_automation."""
    return async_mock_service(hass, "test", "run")


@pytest.fixture
async def providers(socket_enabled: None) -> AsyncGenerator[Providers]:
    """Run the simulated providers on a free port."""
    app = simulator.create_app(delay=60)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(access_log=None)
    yield Providers(server, app[simulator.SIMULATOR])
    await server.close()


@pytest.fixture
def known_hosts() -> Generator[set[str]]:
    """Return the host names that can be resolved, all to this computer; a test may change them."""
    hosts = {"localhost"}

    async def resolve(_: AsyncResolver, host: str, port: int, **_kwargs: object) -> list[Any]:
        """Resolve a known host name."""
        if host not in hosts:
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
        yield hosts


@pytest.fixture
def refused_url(socket_enabled: None) -> Generator[str]:
    """Return the address of a port that is taken, but refuses every connection."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
