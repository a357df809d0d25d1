"""Continue the history of a balance that is calculated in another way from now on."""

from decimal import Decimal

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant

from ..ledger import LedgerStore


async def async_rebase(hass: HomeAssistant, entry: ConfigEntry, key: str, balance: Decimal) -> None:
    """Compare the next reading of a balance with this one: the difference was not spent.

    Does nothing for a balance that the account did not have before.
    """
    is_loaded = entry.state is ConfigEntryState.LOADED
    if is_loaded:
        store: LedgerStore = entry.runtime_data.account.store
    else:
        store = LedgerStore(hass, entry.entry_id)
        await store.async_load()
    if (ledger := store.ledgers.get(key)) is None:
        return
    ledger.rebase(balance)
    # A loaded account writes when it is unloaded.
    if not is_loaded:
        await store.async_close()
