"""The ledgers of one account in Home Assistant's storage."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
import logging
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util.json import json_loads_object

from ..const import DOMAIN, MOST_UNITS
from .ledger import Json, Ledger

_LOGGER = logging.getLogger(__name__)

_VERSION: Final = 1
# A crash costs at most the exact course of this time: what was spent in it shows at the next
# reading, and what happened to the balance is written at once.
_DELAY: Final = timedelta(hours=2)


class LedgerStore:
    """Keeps what happened to the balances of one account, by unit."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Prepare the storage of an entry's account."""
        self._hass = hass
        self._store = Store[dict[str, Json]](
            hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )
        self._path = Path(self._store.path)
        self._aside = self._path.with_name(f"{self._path.name}.unreadable")
        self._is_waiting = False
        self.is_closed = False
        self.ledgers: dict[str, Ledger] = {}

    async def async_load(self) -> None:
        """Read what is stored; what cannot be read is set aside, and the ledgers begin anew."""
        try:
            # Over a file that is not JSON Home Assistant would call for a backup to be restored:
            # too much for what some days' readings will replace.
            is_there = await self._hass.async_add_executor_job(self._check)
            stored = await self._store.async_load()
            if is_there or stored is not None:
                self.ledgers = _read(stored)
        # Home Assistant's own reader takes for granted that a file has its frame.
        except (
            HomeAssistantError,
            LookupError,
            NotImplementedError,
            OSError,
            TypeError,
            ValueError,
        ) as err:
            reason = str(err) or type(err).__name__
            _LOGGER.warning(
                "What was spent from an account cannot be read, and begins anew; "
                "the file is set aside as %s (%s)",
                self._aside.name,
                reason,
            )
            await self._hass.async_add_executor_job(self._set_aside)

    def _check(self) -> bool:
        """Return whether there is a file; raises ValueError where it holds no JSON object."""
        try:
            json_loads_object(self._path.read_bytes())
        except FileNotFoundError:
            return False
        return True

    def _set_aside(self) -> None:
        """Take the file out of the way."""
        with suppress(OSError):
            self._path.replace(self._aside)

    def add(self, unit: str, ledger: Ledger) -> str | None:
        """Begin the ledger of a unit; where that is too many, let the oldest go, and return it."""
        self.ledgers[unit] = ledger
        if len(self.ledgers) <= MOST_UNITS:
            return None
        oldest = min(self.ledgers, key=lambda unit: self.ledgers[unit].spending.at)
        del self.ledgers[oldest]
        return oldest

    @callback
    def async_save_later(self) -> None:
        """Write before long, and at the latest when Home Assistant ends."""
        if not self._is_waiting:
            self._is_waiting = True
            self._store.async_delay_save(self._data, _DELAY.total_seconds())

    @callback
    def async_save_soon(self) -> None:
        """Write as soon as everything else is done."""
        self._store.async_delay_save(self._data)

    async def async_close(self) -> None:
        """Write for the last time: the account may be removed, and nothing must bring it back."""
        self.is_closed = True
        await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Leave nothing behind."""
        await self._store.async_remove()
        await self._hass.async_add_executor_job(self._remove_aside)

    def _remove_aside(self) -> None:
        """Delete what was set aside."""
        self._aside.unlink(missing_ok=True)

    async def async_sizes(self) -> tuple[int | None, int | None]:
        """Return the sizes of the file and of what was set aside, in bytes; None for no file."""
        return await self._hass.async_add_executor_job(
            lambda: (_size(self._path), _size(self._aside))
        )

    def _data(self) -> dict[str, Json]:
        """Return what is stored."""
        self._is_waiting = False
        return {"units": {unit: ledger.as_dict() for unit, ledger in self.ledgers.items()}}


def _size(path: Path) -> int | None:
    """Return the size of a file in bytes; None where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _read(stored: Mapping[str, object] | None) -> dict[str, Ledger]:
    """Return the ledgers that were stored; raises LookupError, TypeError or ValueError."""
    units = stored["units"] if isinstance(stored, dict) else None
    if not isinstance(units, dict):
        msg = "it holds no ledgers"
        raise TypeError(msg)
    return {unit: Ledger.from_dict(ledger) for unit, ledger in units.items()}
