"""An account whose balance a test decides, and what Home Assistant shows of it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.const import DOMAIN
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..common import Clock, Providers, set_up

# Time within which a suspicious reading is requested again.
CONFIRMATION = 61


class Account:
    """An account at a simulated provider."""

    def __init__(
        self, hass: HomeAssistant, providers: Providers, clock: Clock, slug: str, start: Decimal
    ) -> None:
        """Start with the documented balance of the active account."""
        self._hass = hass
        self._providers = providers
        self._clock = clock
        self.slug = slug
        self.balance = start
        self.entry: MockConfigEntry = providers.entry(slug)
        self.events: list[str] = []

    async def add(self, *, balance: float | str, threshold: str = "0", **options: object) -> None:
        """Add the account to Home Assistant with a balance and a threshold."""
        self.holds(balance)
        unit = "credits" if self.slug in {"crun", "lunos", "lensmor"} else "USD"
        thresholds = {"low_balance_threshold": {unit: threshold}}
        self.entry = self._providers.entry(self.slug, options=thresholds | options)
        await set_up(self._hass, self.entry)
        self._hass.bus.async_listen(EVENT_STATE_CHANGED, self._note)

    @callback
    def _note(self, event: Event[EventStateChangedData]) -> None:
        """Note a new event of the event entity."""
        new, old = event.data["new_state"], event.data["old_state"]
        if new is None or new.domain != "event" or new.state in {"unavailable", "unknown"}:
            return
        if old is None or old.state not in {"unavailable", new.state}:
            self.events.append(new.attributes["event_type"])

    def holds(self, balance: float | str) -> None:
        """Change what the provider reports."""
        amount = Decimal(str(balance))
        self._providers.spend(self.slug, self.balance - amount)
        self.balance = amount

    async def poll(self, balance: float | str | None = None) -> None:
        """Let the provider report a balance in the next regular poll."""
        if balance is not None:
            self.holds(balance)
        await self._clock.advance(minutes=15, seconds=1)

    async def confirm(self) -> None:
        """Wait for the request that confirms a suspicious reading."""
        await self._clock.advance(seconds=CONFIRMATION)

    async def responds(self, scenario: str | None) -> None:
        """Let the provider respond as a scenario in the next poll; None ends that."""
        self._providers.respond_as(self.slug, scenario)
        if scenario is not None:
            await self._clock.advance(minutes=15, seconds=1)

    def shows(self, name: str, platform: str = "sensor") -> str:
        """Return the state of an entity."""
        slug = {"crun": "crun_ai"}.get(self.slug, self.slug)
        state = self._hass.states.get(f"{platform}.{slug}_{name}")
        assert state is not None, name
        return state.state

    @property
    def low(self) -> str:
        """Return the state of the low-balance sensor."""
        return self.shows("low_balance", "binary_sensor")

    @property
    def issues(self) -> set[str]:
        """Return the translation keys of the open issues."""
        return {
            str(issue.translation_key)
            for (domain, _), issue in ir.async_get(self._hass).issues.items()
            if domain == DOMAIN and issue.active
        }


@pytest.fixture(autouse=True)
def _morning(freezer: FrozenDateTimeFactory) -> None:
    """Start early in a day of the tests' time zone, so that no midnight interferes."""
    freezer.move_to("2026-11-10T10:00:00+00:00")


@pytest.fixture
def account(hass: HomeAssistant, providers: Providers, clock: Clock) -> Account:
    """Return an account in credits, not added yet."""
    return Account(hass, providers, clock, "crun", Decimal(1000))


@pytest.fixture
def usd_account(hass: HomeAssistant, providers: Providers, clock: Clock) -> Account:
    """Return an account in dollars, not added yet."""
    return Account(hass, providers, clock, "lumenfall", Decimal("12.50"))


@pytest.fixture
def runs(hass: HomeAssistant) -> Callable[[str], list[dict[str, Any]]]:
    """Return a function that collects the events that automations fire."""

    def collect(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        @callback
        def note(event: Event[dict[str, Any]]) -> None:
            found.append(dict(event.data))

        hass.bus.async_listen(name, note)
        return found

    return collect
