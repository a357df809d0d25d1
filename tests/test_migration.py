"""Entries and files of version 0.1.0 still work."""

from copy import deepcopy
from typing import Any, Final

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .common import Providers, entry_state, get_state, set_up

# A ledger file of version 0.1.0.
LEDGER: Final = {
    "version": 1,
    "minor_version": 1,
    "data": {
        "units": {
            "USD": {
                "since": "2026-01-01T00:00:00+00:00",
                "at": "2026-01-02T00:00:00+00:00",
                "balance": "124.4500",
                "low": True,
                "empty": False,
                "last_top_up": ["2026-01-01T12:00:00+00:00", "50"],
                "days": {"2026-01-01": "1.5"},
                "hours": [],
                "untold": [],
            }
        }
    },
}
# The entities that a user has renamed: platform, key, and object ID.
RENAMED: Final = (
    ("sensor", "balance_usd", "my_balance"),
    ("number", "low_balance_threshold_usd", "my_threshold"),
    ("button", "refresh", "my_button"),
)


def entry_of_version_0_1_0(base_url: str) -> MockConfigEntry:
    """Return an entry as version 0.1.0 stored it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="EngageLab OTP",
        version=1,
        minor_version=1,
        data={
            "provider": "engagelab_otp",
            "base_url": base_url,
            "dev_key": "active",
            "dev_secret": "secret",
        },
        options={"low_balance_threshold": {"USD": "200"}},
    )


async def test_entry_of_version_0_1_0(
    hass: HomeAssistant,
    providers: Providers,
    entity_registry: er.EntityRegistry,
    hass_storage: dict[str, Any],
) -> None:
    """Credentials, entity IDs, thresholds and the ledger are kept."""
    entry = entry_of_version_0_1_0(providers.base_url("engagelab_otp"))
    entry.add_to_hass(hass)
    key = f"{DOMAIN}.{entry.entry_id}"
    hass_storage[key] = {**deepcopy(LEDGER), "key": key}
    for platform, name, object_id in RENAMED:
        entity_registry.async_get_or_create(
            platform,
            DOMAIN,
            f"{entry.entry_id}_{name}",
            suggested_object_id=object_id,
            config_entry=entry,
        )
    await set_up(hass, entry)
    assert entry_state(entry) is ConfigEntryState.LOADED
    assert entry.minor_version == 2
    assert entry.data["identifier"] == "active"
    assert entry.data["api_key"] == "secret"
    assert "dev_key" not in entry.data
    assert get_state(hass, "sensor.my_balance") == "124.4500"
    assert get_state(hass, "number.my_threshold") == "200"
    assert get_state(hass, "button.my_button") == "unknown"
    assert get_state(hass, "binary_sensor.engagelab_otp_low_balance") == "on"
    assert get_state(hass, "sensor.engagelab_otp_last_top_up_amount") == "50"


async def test_entry_of_a_later_version(hass: HomeAssistant, providers: Providers) -> None:
    """An entry that a later version has created is refused."""
    entry = providers.entry("crun")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, version=2)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry_state(entry) is ConfigEntryState.MIGRATION_ERROR
