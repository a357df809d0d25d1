"""Buttons: read the balance now."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ApiBalanceConfigEntry
from .entity import ApiBalanceEntity

PARALLEL_UPDATES = 0

REFRESH: Final = ButtonEntityDescription(key="refresh", translation_key="refresh")


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the account's refresh button."""
    async_add_entities([ApiBalanceRefreshButton(entry.runtime_data, REFRESH)])


class ApiBalanceRefreshButton(ApiBalanceEntity, ButtonEntity):
    """Reads the balance now, before or after something that costs."""

    @property
    @override
    def available(self) -> bool:
        """Return true: it is most useful when the last request has failed."""
        return True

    @override
    async def async_press(self) -> None:
        """Ask the provider once; the user is told what goes wrong."""
        await self.coordinator.async_ask()
