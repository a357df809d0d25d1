"""Long-term statistics of the spending of one account."""

from datetime import datetime
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..ledger import async_has_recorder, async_write_statistics, spent_statistic_id
from ..messages import translate, unit_name
from .account import Account

_HOUR: Final = 60 * 60


class SpendingStatistics:
    """Writes the hourly statistics of an account, once in every hour with spending."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, account: Account) -> None:
        """Prepare the statistics of an account."""
        self._hass = hass
        self._entry = entry
        self._account = account
        self._written: int | None = None

    @callback
    def async_write_if_due(self) -> None:
        """Write after a start, when an hour with spending is over, and when written hours change.

        Importing statistics costs the recorder more than all states of an account in an hour, so
        hours without spending are written together with the next one that has some.
        """
        if not async_has_recorder(self._hass):
            return
        now, written = dt_util.utcnow(), self._written
        if written is None or any(
            ledger.changed_from < written or ledger.has_unwritten_spending(now)
            for ledger in self._account.ledgers.values()
        ):
            self.async_write_soon()

    @callback
    def async_write_soon(self) -> None:
        """Write in the background."""
        name = f"{self._entry.title} - statistics"
        _ = self._entry.async_create_background_task(self._hass, self._async_write(), name)

    async def _async_write(self) -> None:
        """Write the hours that have changed."""
        now = dt_util.utcnow()
        self._written = _hour(now)
        info = self._account.info
        for key, ledger in list(self._account.ledgers.items()):
            await async_write_statistics(
                self._hass,
                spent_statistic_id(info.entry_id, key),
                translate(self._hass, "spent", account=info.account),
                unit_name(self._hass, self._account.unit(key)),
                ledger,
                now,
            )


def _hour(time: datetime) -> int:
    """Return the number of whole hours since 1970."""
    return int(time.timestamp()) // _HOUR
