"""Set up and unload an account."""

from typing import Final

import pytest

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .common import Providers, entry_state, set_up

# Provider, scenario, state of the entry, and the reason without the name of the provider.
ERRORS: Final = (
    ("lunos", "invalid_key", ConfigEntryState.SETUP_ERROR, "does not accept the credentials"),
    ("lunos", "expired_key", ConfigEntryState.SETUP_ERROR, "does not accept the credentials"),
    (
        "engagelab_otp",
        "permission_denied",
        ConfigEntryState.SETUP_ERROR,
        "does not let these credentials read the balance",
    ),
    (
        "engagelab_otp",
        "disabled",
        ConfigEntryState.SETUP_RETRY,
        "reports that the account or application is disabled",
    ),
    ("lensmor", "rate_limited", ConfigEntryState.SETUP_RETRY, "has received too many requests"),
    ("crun", "maintenance", ConfigEntryState.SETUP_RETRY, "cannot be reached"),
    (
        "crun",
        "malformed",
        ConfigEntryState.SETUP_RETRY,
        "answered in a way that API Balance does not understand",
    ),
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


@pytest.mark.parametrize(("slug", "scenario", "state", "reason"), ERRORS)
async def test_setup_error(
    hass: HomeAssistant,
    providers: Providers,
    slug: str,
    scenario: str,
    state: ConfigEntryState,
    reason: str,
) -> None:
    """Refused credentials start reauthentication; any other error is retried."""
    entry = await set_up(hass, providers.entry(slug, scenario))
    assert entry_state(entry) is state
    assert entry.reason == f"{BY_SLUG[slug].name} {reason}"
    sources = [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()]
    assert sources == ([SOURCE_REAUTH] if state is ConfigEntryState.SETUP_ERROR else [])


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


async def test_retry_after(hass: HomeAssistant, providers: Providers) -> None:
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
