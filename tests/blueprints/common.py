"""Helpers for the tests of the blueprints."""

from pathlib import Path
from typing import Any, Final

from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from ..common import Providers, get_state, refresh, set_up

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "blueprints"
ALERT: Final = "automation/api_balance/low_balance_alert.yaml"
GUARD: Final = "script/api_balance/guard_paid_action.yaml"
# The pages where these accounts are topped up, from the documentation of the providers.
CRUN_URL: Final = "https://crun.ai/billing"
LUMENFALL_URL: Final = "https://lumenfall.ai/app/credits"


async def set_up_alert(hass: HomeAssistant, **inputs: Any) -> None:
    """Create an automation from the blueprint."""
    use = {"path": "api_balance/low_balance_alert.yaml", "input": inputs}
    config = {"automation": {"id": "alert", "alias": "Alert", "use_blueprint": use}}
    assert await async_setup_component(hass, "automation", config)
    await hass.async_block_till_done()
    assert get_state(hass, "automation.alert") == "on"


async def set_up_guard(hass: HomeAssistant, **inputs: Any) -> None:
    """Create a script from the blueprint."""
    use = {"path": "api_balance/guard_paid_action.yaml", "input": inputs}
    config = {"script": {"guard": {"alias": "Guard", "use_blueprint": use}}}
    assert await async_setup_component(hass, "script", config)
    await hass.async_block_till_done()
    assert get_state(hass, "script.guard") == "off"


async def set_up_account(
    hass: HomeAssistant, providers: Providers, slug: str, threshold: str = "0"
) -> MockConfigEntry:
    """Set up an account with a threshold."""
    unit = "USD" if slug in {"lumenfall", "engagelab_otp"} else "credits"
    options = {"low_balance_threshold": {unit: threshold}}
    return await set_up(hass, providers.entry(slug, options=options))


def get_device(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the ID of the device of an account."""
    (device,) = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return device.id


async def spend(
    hass: HomeAssistant, providers: Providers, entry: MockConfigEntry, amount: str
) -> None:
    """Spend an amount, or top up if it is negative, and poll until the reading is confirmed."""
    providers.spend(entry.data["provider"], amount)
    await refresh(hass, entry)
    await refresh(hass, entry)


async def run_alert(hass: HomeAssistant) -> None:
    """Run the automation as its menu does."""
    await hass.services.async_call(
        "automation", "trigger", {"entity_id": "automation.alert"}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)


class Notifications:
    """The notifications in Home Assistant, and how often they were created."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Record all actions."""
        self._hass = hass
        self._calls: list[Event[Any]] = async_capture_events(hass, EVENT_CALL_SERVICE)

    @property
    def created(self) -> list[tuple[str, str]]:
        """Return title and text of every notification, without the link below the text."""
        return [
            (data["title"], data["message"].partition("\n\n[")[0])
            for call in self._calls
            if (call.data["domain"], call.data["service"]) == ("persistent_notification", "create")
            for data in [call.data["service_data"]]
        ]

    @property
    def shown(self) -> dict[str, str]:
        """Return the messages of the notifications that are shown, by title."""
        return {
            notification["title"]: notification["message"]
            for notification in self._hass.data.get("persistent_notification", {}).values()
        }
