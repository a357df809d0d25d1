"""Helpers for all tests: simulated providers, accounts, the clock, states and issues."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.api_balance.api import AccountSnapshot, Client
from custom_components.api_balance.const import DOMAIN, UPDATE_INTERVAL
from custom_components.api_balance.migration import MINOR_VERSION, VERSION
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import simulator


@dataclass
class Providers:
    """The simulated providers."""

    server: TestServer
    simulator: simulator.Simulator

    def base_url(self, slug: str) -> str:
        """Return the base URL of a provider."""
        return str(self.server.make_url(f"/{slug}"))

    def key(self, slug: str, scenario: str = "active") -> str:
        """Return the credential by which the simulator identifies an account."""
        return next(iter(self.credentials(slug, scenario).values()))

    def credentials(self, slug: str, scenario: str = "active") -> dict[str, str]:
        """Return the credentials of an account that responds as a scenario."""
        return simulator.credentials(simulator.load()[slug], scenario)

    def form(self, slug: str, scenario: str = "active") -> dict[str, Any]:
        """Return the user input of the form for credentials."""
        address: dict[str, Any] = {"base_url": self.base_url(slug)}
        form: dict[str, Any] = {**self.credentials(slug, scenario), "advanced": address}
        return form if BY_SLUG[slug].hosts else form | address | {"advanced": {}}

    def entry(self, slug: str, scenario: str = "active", **kwargs: Any) -> MockConfigEntry:
        """Return the config entry of an account."""
        resolve = simulator.load()[slug].resolve
        data = {
            "provider": slug,
            "base_url": self.base_url(slug),
            **self.credentials(slug, scenario),
            # What the flow would have asked the provider for.
            **({resolve["name"]: resolve["value"]} if resolve else {}),
        }
        return MockConfigEntry(
            domain=DOMAIN,
            title=BY_SLUG[slug].name,
            data=data,
            version=VERSION,
            minor_version=MINOR_VERSION,
            **kwargs,
        )

    def respond_as(self, slug: str, scenario: str | None) -> None:
        """Make the active account of a provider respond as a scenario; None restores its own."""
        self.simulator.set_scenario(slug, self.key(slug), scenario)

    def spend(self, slug: str, amount: Decimal | float | str, scenario: str = "active") -> None:
        """Subtract an amount from the balance of an account."""
        self.simulator.spend(slug, self.key(slug, scenario), Decimal(str(amount)))

    def top_up(self, slug: str, amount: Decimal | float | str, scenario: str = "active") -> None:
        """Add an amount to the balance of an account."""
        self.simulator.top_up(slug, self.key(slug, scenario), Decimal(str(amount)))

    @property
    def calls(self) -> int:
        """Return the number of requests so far."""
        return len(self.simulator.requests)


class Clock:
    """The clock of Home Assistant, which stands still until a test moves it."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        """Initialize the clock."""
        self._hass = hass
        self._freezer = freezer

    async def advance(self, **time: float) -> None:
        """Move the clock forward by a timedelta and run everything that is due."""
        self._freezer.tick(timedelta(**time))
        await self._run_due()

    async def move_to(self, moment: datetime | str) -> None:
        """Set the clock to a moment and run everything that is due."""
        self._freezer.move_to(moment)
        await self._run_due()

    async def next_poll(self) -> None:
        """Wait for the next regular poll, and for the request that confirms its reading."""
        await self.advance(seconds=UPDATE_INTERVAL.total_seconds() + 1)
        await self.advance(seconds=2)

    async def three_retries(self) -> None:
        """Wait for the retries after a failure; when the last one fails, the failure shows."""
        for seconds in (31, 61, 121):
            await self.advance(seconds=seconds)

    async def _run_due(self) -> None:
        """Run the timers that are due, with everything that follows."""
        async_fire_time_changed(self._hass)
        await self._hass.async_block_till_done(wait_background_tasks=True)


def threshold(amount: str, unit: str = "credits") -> dict[str, dict[str, str]]:
    """Return the options of an entry with a low balance threshold."""
    return {"low_balance_threshold": {unit: amount}}


@contextmanager
def before_requests(action: Callable[[], Awaitable[object]]) -> Generator[None]:
    """Await something before each request."""
    original = Client.read

    async def read(client: Client) -> AccountSnapshot:
        await action()
        return await original(client)

    with patch.object(Client, "read", read):
        yield


class HeldRequests:
    """Requests that wait until a test releases them."""

    def __init__(self) -> None:
        """Start without requests."""
        self.started = asyncio.Event()
        self.released = asyncio.Event()

    async def wait(self) -> None:
        """Wait in place of a request."""
        self.started.set()
        await self.released.wait()


@contextmanager
def hold_requests() -> Generator[HeldRequests]:
    """Hold all requests until they are released."""
    held = HeldRequests()
    with before_requests(held.wait):
        yield held


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Set up a config entry, successfully or not."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def set_up_automation(hass: HomeAssistant, trigger: Mapping[str, Any]) -> None:
    """Set up an automation whose action gets the data of the trigger."""
    action = {
        "action": "test.run",
        "data": {
            "entity_id": "{{ trigger.entity_id }}",
            "balance": "{{ trigger.balance | default('') }}",
        },
    }
    config = {"id": "one", "alias": "One", "triggers": [trigger], "actions": [action]}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    # An automation with an invalid configuration is unavailable.
    assert get_state(hass, "automation.one") == "on"


async def refresh(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Poll an account now, successfully or not."""
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)


async def refresh_with(
    hass: HomeAssistant, entry: MockConfigEntry, snapshot: AccountSnapshot
) -> None:
    """Poll an account whose provider reports something that no scenario has."""
    with patch.object(Client, "read", return_value=snapshot):
        await refresh(hass, entry)


async def set_threshold(hass: HomeAssistant, entity_id: str, value: object) -> None:
    """Set a low balance threshold."""
    await hass.services.async_call(
        "number", "set_value", {"entity_id": entity_id, "value": value}, blocking=True
    )
    await hass.async_block_till_done()


async def press(hass: HomeAssistant, entity_id: str) -> None:
    """Press a button."""
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)


def get_state(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state.state


def entry_state(entry: ConfigEntry) -> ConfigEntryState:
    """Return the state of a config entry; a call keeps mypy from narrowing it."""
    return entry.state


def get_issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the repair issues of the integration that are shown, by translation key."""
    return {
        str(issue.translation_key): issue
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }
