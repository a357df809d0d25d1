"""Buttons: read the balance now."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ApiBalanceConfigEntry
from .entity import ApiBalanceEntity

# Pressing the button twice shares one request.
PARALLEL_UPDATES = 0

REFRESH: Final = ButtonEntityDescription(key="refresh", translation_key="refresh")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the refresh button of an account."""
    async_add_entities([ApiBalanceRefreshButton(entry.runtime_data, REFRESH)])


class ApiBalanceRefreshButton(ApiBalanceEntity, ButtonEntity):
    """Reads the balance now, and reports what goes wrong."""

    @property
    @override
    def state_value(self) -> None:
        """Return None: a poll does not change the state of the button."""
        return

    @override
    async def async_press(self) -> None:
        """Poll the account."""
        await self.coordinator.async_refresh_now(by_person=True)
