"""A simulator of the providers over real HTTP, and accounts at it."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from typing import Any
from unittest.mock import MagicMock, PropertyMock, patch

from aiohttp.test_utils import TestServer
from hypothesis import settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.api import AccountSnapshot, Client
from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
import simulator

# Speed is for the benchmark; a busy computer must not fail a property.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant find the integration, in tests that have one."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture(autouse=True)
def first_interval() -> Generator[MagicMock]:
    """Let the first interval be as long as all others."""
    with patch(
        "custom_components.api_balance.coordinator.uniform", return_value=1.0
    ) as first_interval:
        yield first_interval


@pytest.fixture
def all_entities_enabled() -> Generator[None]:
    """Enable the entities that are disabled at first."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        PropertyMock(return_value=True),
    ):
        yield


@dataclass
class Providers:
    """The simulated providers."""

    server: TestServer
    simulator: simulator.Simulator

    def base_url(self, slug: str) -> str:
        """Return where a provider listens."""
        return str(self.server.make_url(f"/{slug}"))

    def key(self, slug: str, scenario: str = "active") -> str:
        """Return the credential by which the simulator knows an account."""
        return next(iter(self.credentials(slug, scenario).values()))

    def credentials(self, slug: str, scenario: str = "active") -> dict[str, str]:
        """Return the credentials of a scenario."""
        return simulator.credentials(simulator.load()[slug], scenario)

    def form(self, slug: str, scenario: str = "active") -> dict[str, Any]:
        """Return what a user fills into the form for credentials."""
        return self.credentials(slug, scenario) | {"advanced": {"base_url": self.base_url(slug)}}

    def entry(self, slug: str, scenario: str = "active", **kwargs: Any) -> MockConfigEntry:
        """Return the entry of an account."""
        data = {
            "provider": slug,
            "base_url": self.base_url(slug),
            **self.credentials(slug, scenario),
        }
        return MockConfigEntry(
            domain=DOMAIN, title=BY_SLUG[slug].name, data=data, version=1, **kwargs
        )

    def answer_as(self, slug: str, scenario: str | None) -> None:
        """Let the active account of a provider answer as another scenario from now on."""
        self.simulator.set_scenario(slug, self.key(slug), scenario)

    @property
    def calls(self) -> int:
        """Return the number of requests so far."""
        return len(self.simulator.requests)


@pytest.fixture
async def providers(socket_enabled: None) -> AsyncGenerator[Providers]:
    """Run the simulator on a free port."""
    app = simulator.create_app(delay=60)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    yield Providers(server, app[simulator.SIMULATOR])
    await server.close()


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found.state


def state_of(entry: ConfigEntry) -> ConfigEntryState:
    """Return an entry's state, afresh each time."""
    return entry.state


async def answer(entry: MockConfigEntry, snapshot: AccountSnapshot) -> None:
    """Let an account's provider report something that no document shows."""
    with patch.object(Client, "read", return_value=snapshot):
        await entry.runtime_data.async_refresh()


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Set up an entry, whatever comes of it."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry
