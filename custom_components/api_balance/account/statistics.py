"""Long-term statistics of the spending of one account."""

from datetime import datetime, timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..ledger import async_write_statistics, spent_statistic_id
from ..messages import translate
from .account import Account

_HOUR = timedelta(hours=1)


class SpendingStatistics:
    """Writes the hourly statistics of an account, once in every hour."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, account: Account) -> None:
        """Prepare the statistics of an account."""
        self._hass = hass
        self._entry = entry
        self._account = account
        self._written: datetime | None = None

    @callback
    def async_write_if_due(self) -> None:
        """Write unless it was done in the current hour."""
        if self._written is None or dt_util.utcnow() - self._written >= _HOUR:
            self.async_write_soon()

    @callback
    def async_write_soon(self) -> None:
        """Write in the background."""
        name = f"{self._entry.title} - statistics"
        _ = self._entry.async_create_background_task(self._hass, self._async_write(), name)

    async def _async_write(self) -> None:
        """Write the hours that have changed."""
        now = dt_util.utcnow()
        self._written = now.replace(minute=0, second=0, microsecond=0)
        info = self._account.info
        for key, ledger in list(self._account.ledgers.items()):
            await async_write_statistics(
                self._hass,
                spent_statistic_id(info.entry_id, key),
                translate(self._hass, "spent", account=info.account),
                self._account.unit(key),
                ledger,
                now,
            )
