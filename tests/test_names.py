"""One name for an account: the title of its entry and the name of its device stay the same."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .common import Providers, get_issues, set_up, threshold


@pytest.fixture
async def entry(hass: HomeAssistant, providers: Providers) -> MockConfigEntry:
    """Return an account that is low."""
    return await set_up(hass, providers.entry("crun", options=threshold("2000")))


def device_of(hass: HomeAssistant, entry: MockConfigEntry) -> dr.DeviceEntry:
    """Return the device of an account."""
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return device


def issue_account(hass: HomeAssistant) -> str:
    """Return how the issue about a low balance calls the account."""
    placeholders = get_issues(hass)["balance_low"].translation_placeholders
    assert placeholders is not None
    return placeholders["account"]


async def test_device_is_renamed(
    hass: HomeAssistant, entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """The name that the user gives the device becomes the title, which open issues use."""
    device = device_of(hass, entry)
    device_registry.async_update_device(device.id, name_by_user="Bot")
    await hass.async_block_till_done()
    assert entry.title == "Bot"
    assert issue_account(hass) == "Bot"
    # Without a name of the user's own, nothing else changes either.
    device_registry.async_update_device(device.id, name_by_user=None)
    await hass.async_block_till_done()
    assert entry.title == "Bot"


async def test_entry_is_renamed(
    hass: HomeAssistant, entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """A new title is the name of the device, in place of one that the user gave it before."""
    device_registry.async_update_device(device_of(hass, entry).id, name_by_user="Bot")
    await hass.async_block_till_done()
    hass.config_entries.async_update_entry(entry, title="Image bot")
    await hass.async_block_till_done()
    device = device_of(hass, entry)
    assert (device.name, device.name_by_user) == ("Image bot", None)
    assert issue_account(hass) == "Image bot"
    state = hass.states.get("sensor.crun_ai_balance")
    assert state is not None
    assert state.name == "Image bot Balance"


async def test_renamed_while_not_loaded(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A title that changes while the account is not loaded is the device's name too."""
    await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(entry, title="Image bot")
    await hass.async_block_till_done()
    assert device_of(hass, entry).name == "Image bot"


async def test_devices_of_others(
    hass: HomeAssistant, entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """Names of other integrations, and other changes of a device, are left alone."""
    other = MockConfigEntry(domain="other", title="Other")
    other.add_to_hass(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", "1")}, name="Lamp"
    )
    device_registry.async_update_device(device.id, name_by_user="Red lamp")
    hass.config_entries.async_update_entry(other, title="Another")
    device_registry.async_update_device(device_of(hass, entry).id, sw_version="1")
    await hass.async_block_till_done()
    assert other.title == "Another"
    assert device_registry.async_get(device.id) is not None
    renamed = device_registry.async_get(device.id)
    assert renamed is not None
    assert (renamed.name, renamed.name_by_user) == ("Lamp", "Red lamp")
    assert entry.title == "Crun.ai"


async def test_removed_before_the_event(
    hass: HomeAssistant, entry: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    """A device that is renamed and removed at once changes nothing."""
    device = device_of(hass, entry)
    device_registry.async_update_device(device.id, name_by_user="Bot")
    device_registry.async_remove_device(device.id)
    await hass.async_block_till_done()
    assert entry.title in {"Bot", "Crun.ai"}
