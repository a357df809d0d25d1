"""Set up, unload, disable and remove an account at any moment, also while a request is pending."""

import asyncio
from random import Random
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import MAJOR_VERSION, MINOR_VERSION
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .common import (
    Providers,
    before_requests,
    entry_state,
    get_issues,
    hold_requests,
    press,
    set_up,
)
from .leftovers import assert_no_trace, warnings

pytestmark = pytest.mark.real_storage

# Earlier versions of Home Assistant cannot unload an entry that is disabled between the setup of
# two platforms.
CAN_DISABLE_ANY_TIME: Final = (MAJOR_VERSION, MINOR_VERSION) >= (2026, 10)
SCENARIOS: Final = (None, "disabled", "malformed", "server_error")


class Disruptor:
    """Does random things to an account, also while requests are pending."""

    def __init__(
        self, hass: HomeAssistant, providers: Providers, entry: MockConfigEntry, seed: int
    ) -> None:
        """Start with an account that is not set up."""
        self._hass = hass
        self._providers = providers
        self._entry = entry
        self._random = Random(seed)
        self._held: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[Any]] = []

    async def hold(self) -> None:
        """Hold some of the requests."""
        if self._random.random() < 0.4:
            self._held.append(event := asyncio.Event())
            await event.wait()

    def release(self) -> None:
        """Release all requests that are held."""
        for event in self._held:
            event.set()

    async def step(self) -> None:
        """Do one random thing, and let some of the work be done."""
        entries, entry_id = self._hass.config_entries, self._entry.entry_id
        # An account that is disabled during its first refresh is loaded for a moment without data.
        has_data = hasattr(self._entry, "runtime_data")
        is_loaded = has_data and entry_state(self._entry) is ConfigEntryState.LOADED
        match self._random.randrange(8):
            case 0:
                self._start(entries.async_reload(entry_id))
            case 1 if CAN_DISABLE_ANY_TIME:
                disabler = self._random.choice([None, ConfigEntryDisabler.USER])
                self._start(entries.async_set_disabled_by(entry_id, disabler))
            case 2 if is_loaded:
                self._start(self._entry.runtime_data.async_refresh())
            case 3 if is_loaded:
                self._start(press(self._hass, "button.engagelab_otp_refresh"))
            case 4:
                self._providers.respond_as("engagelab_otp", self._random.choice(SCENARIOS))
            case 5:
                async_fire_time_changed(self._hass)
            case _:
                self.release()
        for _ in range(self._random.choice([0, 1, 20])):
            await asyncio.sleep(0)

    def _start(self, work: Any) -> None:
        """Start something without waiting for it."""
        self.tasks.append(self._hass.async_create_task(work))


@pytest.mark.parametrize("seed", range(12))
async def test_any_order(
    hass: HomeAssistant, providers: Providers, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is done to an account, in the end it can be removed, and nothing is left."""
    hass.loop.set_debug(True)
    entry = providers.entry("engagelab_otp")
    entry.add_to_hass(hass)
    disruptor = Disruptor(hass, providers, entry, seed)
    with before_requests(disruptor.hold):
        for _ in range(25):
            await disruptor.step()
        removal = hass.async_create_task(hass.config_entries.async_remove(entry.entry_id))
        while not removal.done():
            disruptor.release()
            await asyncio.sleep(0)
        await asyncio.gather(*disruptor.tasks, return_exceptions=True)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not hass.config_entries.async_entries(DOMAIN)
    assert not hass.config_entries.flow.async_progress()
    assert_no_trace(hass, entry.entry_id)
    # Home Assistant sets up no further platform of an entry that is disabled between two.
    assert warnings(caplog, "Error fetching", "Ignored unload request") == []


@pytest.mark.parametrize(
    ("slug", "scenario"),
    [("engagelab_otp", "disabled"), ("crun", "malformed"), ("lensmor", "rate_limited")],
)
async def test_removed_after_failures(
    hass: HomeAssistant, providers: Providers, slug: str, scenario: str
) -> None:
    """An account that was never set up leaves nothing behind."""
    entry = await set_up(hass, providers.entry(slug, scenario))
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    await hass.config_entries.async_remove(entry.entry_id)
    assert_no_trace(hass, entry.entry_id)


async def test_disabled_while_setup_fails(hass: HomeAssistant, providers: Providers) -> None:
    """An account that was never set up has no repair issue once it is disabled."""
    entry = await set_up(hass, providers.entry("engagelab_otp", "disabled"))
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert get_issues(hass)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert not get_issues(hass)


async def test_disabled_during_setup(
    hass: HomeAssistant, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    """An account that is disabled during its first request is unloaded without a warning."""
    entry = providers.entry("crun")
    entry.add_to_hass(hass)
    entries = hass.config_entries
    with hold_requests() as held:
        setup = asyncio.create_task(entries.async_setup(entry.entry_id))
        await held.started.wait()
        disable = asyncio.create_task(
            entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
        )
        await asyncio.sleep(0)
        held.released.set()
        await asyncio.gather(setup, disable)
    assert entry_state(entry) is ConfigEntryState.NOT_LOADED
    assert warnings(caplog) == []
    await entries.async_set_disabled_by(entry.entry_id, None)
    assert entry_state(entry) is ConfigEntryState.LOADED


async def test_removed_while_a_request_is_pending(
    hass: HomeAssistant, providers: Providers
) -> None:
    """The user who has pressed the button gets an error, and the removal does not wait."""
    entry = await set_up(hass, providers.entry("crun"))
    with hold_requests() as held:
        pressed = asyncio.create_task(press(hass, "button.crun_ai_refresh"))
        await held.started.wait()
        async with asyncio.timeout(5):
            await hass.config_entries.async_remove(entry.entry_id)
            with pytest.raises(HomeAssistantError) as error:
                await pressed
    assert error.value.translation_key == "service_config_entry_not_loaded"
