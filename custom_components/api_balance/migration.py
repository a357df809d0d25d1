"""Migration of config entries that an older version has created."""

import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import CONF_LOW_BALANCE_THRESHOLD

VERSION: Final = 1
MINOR_VERSION: Final = 2

# Version 1.1 stored the credentials of one provider under the provider's own words.
_CREDENTIALS: Final = {"dev_key": "identifier", "dev_secret": "api_key"}
# Version 1.1 ended the unique IDs of a balance's entities in its unit in lower case.
_OLD_UNIT: Final = re.compile(r"(?P<description>.+)_(?P<unit>credits|[a-z]{3})")
_OLD_BALANCE_ENTITIES: Final = frozenset(
    {
        "alert_threshold",
        "balance",
        "balance_event",
        "gift_balance",
        "gift_granted",
        "last_top_up",
        "last_top_up_amount",
        CONF_LOW_BALANCE_THRESHOLD,
        "low_balance",
        "paid_balance",
        "run_out",
        "spending_rate",
        "spent_this_month",
        "spent_today",
        "subscription_balance",
        "subscription_granted",
        "total_granted",
    }
)


async def async_migrate(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Migrate an entry to the current version; Home Assistant refuses those of newer ones."""
    if entry.minor_version < MINOR_VERSION:

        @callback
        def new_unique_id(entity: er.RegistryEntry) -> dict[str, Any] | None:
            """Return the new unique ID of an entity, if it changes."""
            prefix = f"{entry.entry_id}_"
            match = _OLD_UNIT.fullmatch(entity.unique_id.removeprefix(prefix))
            if match is None or match["description"] not in _OLD_BALANCE_ENTITIES:
                return None
            unit = match["unit"] if match["unit"] == "credits" else match["unit"].upper()
            return {"new_unique_id": f"{prefix}{match['description']}:{unit}"}

        await er.async_migrate_entries(hass, entry.entry_id, new_unique_id)
        data = {_CREDENTIALS.get(name, name): value for name, value in entry.data.items()}
        hass.config_entries.async_update_entry(entry, data=data, minor_version=MINOR_VERSION)
    return True
