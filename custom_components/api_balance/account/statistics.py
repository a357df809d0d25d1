"""Long-term statistics of the spending of one account."""

from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.util import dt as dt_util

from ..ledger import async_has_recorder, async_write_statistics, hour_of, spent_statistic_id
from ..messages import translate, unit_name
from .account import Account


class SpendingStatistics:
    """Writes the hourly statistics of an account, once in every hour with spending."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, account: Account) -> None:
        """Prepare the statistics of an account."""
        self._hass = hass
        self._entry = entry
        self._account = account
        self._written = 0

    @callback
    def async_start(self) -> None:
        """Write now, and regularly until the config entry is unloaded."""
        if not async_has_recorder(self._hass):
            return
        self.async_write_soon()
        # When all accounts have been polled in this hour. Importing statistics costs the recorder
        # more than all states of an account in an hour, and least if nothing is between them.
        unsubscribe = async_track_utc_time_change(
            self._hass, self._async_write_if_due, minute=16, second=0
        )
        self._entry.async_on_unload(unsubscribe)

    @callback
    def _async_write_if_due(self, now: datetime) -> None:
        """Write if something was spent before this hour, or if written hours have changed.

        Hours without spending are written together with the next one that has some. The current
        hour follows when it is over, as that of any other sensor.
        """
        if any(
            ledger.changed_from < self._written or ledger.has_unwritten_spending(now)
            for ledger in self._account.ledgers.values()
        ):
            self.async_write_soon(only_past=True)

    @callback
    def async_write_soon(self, *, only_past: bool = False) -> None:
        """Write in the background; without the current hour if `only_past` is true."""
        name = f"{self._entry.title} - statistics"
        write = self._async_write(only_past=only_past)
        _ = self._entry.async_create_background_task(self._hass, write, name)

    async def _async_write(self, *, only_past: bool) -> None:
        """Write the hours that have changed."""
        now = dt_util.utcnow()
        self._written = hour_of(now)
        info = self._account.info
        for key, ledger in list(self._account.ledgers.items()):
            await async_write_statistics(
                self._hass,
                spent_statistic_id(info.entry_id, key),
                translate(self._hass, "spent", account=info.account),
                unit_name(self._hass, self._account.unit(key)),
                ledger,
                now,
                only_past=only_past,
            )
