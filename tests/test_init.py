"""Set up and unload an account."""

from typing import Final

from aiohttp import web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.account import async_forget_failures
from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import simulator

from .common import Clock, Providers, entry_state, set_up

# Provider, scenario, and the reason without the name of the provider.
ERRORS: Final = (
    ("lunos", "invalid_key", "does not accept the credentials"),
    ("lunos", "expired_key", "does not accept the credentials"),
    (
        "engagelab_otp",
        "permission_denied",
        "does not allow these credentials to read the balance",
    ),
    ("engagelab_otp", "disabled", "reports that the account or application is disabled"),
    ("lensmor", "rate_limited", "has received too many requests"),
    ("crun", "insufficient", "does not report the balance because no credits are left"),
    ("crun", "maintenance", "cannot be reached"),
    ("crun", "malformed", "sent an unexpected response"),
)


@pytest.mark.parametrize("slug", BY_SLUG)
async def test_set_up_and_unload(hass: HomeAssistant, providers: Providers, slug: str) -> None:
    """The setup of an account of each provider sends one request."""
    entry = await set_up(hass, providers.entry(slug))
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert providers.calls == 1
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.NOT_LOADED
    assert {state.state for state in hass.states.async_all()} == {"unavailable"}


@pytest.mark.parametrize(("slug", "scenario", "reason"), ERRORS)
async def test_setup_error(
    hass: HomeAssistant, providers: Providers, slug: str, scenario: str, reason: str
) -> None:
    """Any failure is retried; a single refusal may be an error of the provider."""
    entry = await set_up(hass, providers.entry(slug, scenario))
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.reason == f"{BY_SLUG[slug].name} {reason}"
    assert not hass.config_entries.flow.async_progress()


async def test_credentials_refused_twice_during_setup(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """The second refusal, a minute later, starts reauthentication, and an accepted key ends it."""
    entry = await set_up(hass, providers.entry("lunos", "expired_key"))
    await clock.advance(seconds=58)
    assert providers.calls == 1
    assert not hass.config_entries.flow.async_progress()
    await clock.advance(seconds=30)
    assert providers.calls == 2
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    providers.simulator.set_scenario("lunos", providers.key("lunos", "expired_key"), "active")
    await clock.advance(hours=1)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert not hass.config_entries.flow.async_progress()


@pytest.mark.parametrize(
    ("version", "minor_version", "state"),
    [(2, 1, ConfigEntryState.MIGRATION_ERROR), (1, 99, ConfigEntryState.LOADED)],
)
async def test_entry_of_a_newer_version(
    hass: HomeAssistant,
    providers: Providers,
    version: int,
    minor_version: int,
    state: ConfigEntryState,
) -> None:
    """After a downgrade, an entry works if only its minor version is newer."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Crun.ai",
        data=dict(providers.entry("crun").data),
        version=version,
        minor_version=minor_version,
    )
    await set_up(hass, entry)
    assert entry_state(entry) is state


@pytest.mark.expects_traceback("does not know the provider later")
async def test_unknown_provider(hass: HomeAssistant, providers: Providers) -> None:
    """The setup of an entry of a later version with an unknown provider fails with a reason."""
    entry = providers.entry("lunos")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={"provider": "later"})
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "unknown_provider"


async def test_device(
    hass: HomeAssistant, providers: Providers, device_registry: dr.DeviceRegistry
) -> None:
    """An account is a service device with a link to the console of the provider."""
    entry = await set_up(hass, providers.entry("lunos"))
    (device,) = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert device.identifiers == {(DOMAIN, entry.entry_id)}
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.name == "Lunos"
    assert device.manufacturer == "Lunos"
    assert device.configuration_url == "https://lunos.tech/dashboard/billing"


async def test_retry_after(hass: HomeAssistant, providers: Providers, clock: Clock) -> None:
    """Setup is retried without a request until the time that the provider asks to wait is over."""
    entry = await set_up(hass, providers.entry("lensmor", "rate_limited"))
    assert providers.calls == 1
    providers.simulator.set_scenario("lensmor", providers.key("lensmor", "rate_limited"), "active")
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.reason == "Lensmor has received too many requests"
    assert providers.calls == 1

    # New credentials are tried immediately.
    result = await entry.start_reconfigure_flow(hass)
    await hass.config_entries.flow.async_configure(result["flow_id"], providers.form("lensmor"))
    await hass.async_block_till_done()
    assert entry_state(entry) is ConfigEntryState.LOADED


@pytest.mark.parametrize(("seconds", "calls"), [(20, 0), (40, 1), (-3600 * 24, 1)])
async def test_pause_survives_a_restart(
    hass: HomeAssistant,
    providers: Providers,
    clock: Clock,
    freezer: FrozenDateTimeFactory,
    seconds: int,
    calls: int,
) -> None:
    """A pause of 32 seconds is kept in storage; one that was written by another clock is not."""
    entry = await set_up(hass, providers.entry("lensmor"))
    providers.respond_as("lensmor", "rate_limited")
    await clock.next_poll()
    await hass.config_entries.async_unload(entry.entry_id)
    # What a restart would lose.
    async_forget_failures(hass, entry.entry_id)
    before = providers.calls
    providers.respond_as("lensmor", None)
    freezer.tick(seconds)
    await hass.config_entries.async_setup(entry.entry_id)
    assert providers.calls - before == calls
    expected = ConfigEntryState.LOADED if calls else ConfigEntryState.SETUP_RETRY
    assert entry_state(entry) is expected


@pytest.mark.usefixtures("known_hosts")
async def test_no_cookies(hass: HomeAssistant, providers: Providers) -> None:
    """A cookie that one account has received is not sent with the key of another account."""
    cookies: list[str | None] = []

    async def respond(request: web.Request) -> web.Response:
        cookies.append(request.headers.get("Cookie"))
        body = simulator.load()["crun"].scenarios["active"].body
        return web.Response(
            text=body, content_type="application/json", headers={"Set-Cookie": "session=1"}
        )

    app = web.Application()
    app.router.add_get("/{path:.*}", respond)
    async with TestServer(app, host="127.0.0.1") as server:
        for scenario in ("active", "low"):
            data = {
                "provider": "crun",
                "base_url": f"http://localhost:{server.port}",
                **providers.credentials("crun", scenario),
            }
            entry = MockConfigEntry(domain=DOMAIN, title="Crun.ai", data=data)
            await set_up(hass, entry)
            assert entry.state is ConfigEntryState.LOADED
    assert cookies == [None, None]
