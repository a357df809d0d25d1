"""The ledgers of one account in Home Assistant's storage."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
import logging
from pathlib import Path
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util.json import json_loads_object

from ..const import DOMAIN
from .ledger import Ledger
from .migration import ledger_from_version_1
from .serialization import Json, expect, optional_text, optional_time_from

_LOGGER = logging.getLogger(__name__)

_VERSION: Final = 2
# Routine readings are written this late. After a crash only their distribution over these hours is
# lost, not the total; events are written immediately.
_DELAY: Final = timedelta(hours=2)


class _Store(Store[dict[str, Json]]):
    """Storage with a migration."""

    @override
    async def _async_migrate_func(
        self, old_major_version: int, old_minor_version: int, old_data: dict[str, Any]
    ) -> dict[str, Json]:
        """Migrate version 1; the unit, by which it stored a ledger, is now its key."""
        if old_major_version != 1:
            raise NotImplementedError
        units: dict[str, object] = expect(old_data["units"], dict)
        ledgers = {unit: ledger_from_version_1(ledger) for unit, ledger in units.items()}
        return {
            "ledgers": {key: each.as_dict() for key, each in ledgers.items()},
            "account": {"units": {unit: unit for unit in units}},
        }


class LedgerStore:
    """Stores the ledgers of one account by key, and the state of its polling."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Initialize the storage of a config entry."""
        self._hass = hass
        self._store = _Store(
            hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )
        self._path = Path(self._store.path)
        self._corrupt_path = self._path.with_name(f"{self._path.name}.unreadable")
        self._is_waiting = False
        self.is_closed = False
        self.ledgers: dict[str, Ledger] = {}
        self.units: dict[str, str] = {}
        """Unit of each balance of the account by key, in the order in which they were found."""
        self.pause_until: datetime | None = None
        """When the pause requested by the provider ends, in UTC."""
        self.unreadable_seconds: float = 0.0
        """For how many seconds the account could not be read; only time with polling counts."""
        self.unreadable_since: datetime | None = None
        """When the account could not be read for the first time, in UTC."""

    async def async_load(self) -> None:
        """Load the file; if it cannot be read, set it aside and start with empty ledgers."""
        try:
            # Check first: for invalid JSON, Store raises a repair issue that asks to restore a
            # backup, which is too much for data that can be rebuilt.
            exists = await self._hass.async_add_executor_job(self._check)
            stored = await self._store.async_load()
            # Without a file there may be data in Home Assistant's own cache.
            if exists or stored is not None:
                self._restore(expect(stored, dict))
        # Store assumes that a file has a version and data, and raises errors of many types.
        except (
            ArithmeticError,
            HomeAssistantError,
            LookupError,
            NotImplementedError,
            OSError,
            TypeError,
            ValueError,
        ) as err:
            # The message could contain an amount.
            _LOGGER.warning(
                "The spending history of an account cannot be read and starts again; "
                "the file was renamed to %s (%s)",
                self._corrupt_path.name,
                type(err).__name__,
            )
            await self._hass.async_add_executor_job(self._set_aside)

    def _restore(self, stored: Mapping[str, object]) -> None:
        """Restore what was stored; raises an error if it is damaged."""
        ledgers = {
            key: Ledger.from_dict(ledger) for key, ledger in expect(stored["ledgers"], dict).items()
        }
        account: Mapping[str, object] = expect(stored["account"], dict)
        seconds = expect(account.get("unreadable_seconds", 0.0), float)
        since = optional_time_from(account.get("unreadable_since"))
        units = {
            key: expect(unit, str) for key, unit in expect(account.get("units", {}), dict).items()
        }
        self.pause_until = optional_time_from(account.get("pause_until"))
        self.unreadable_seconds, self.unreadable_since = seconds, since
        self.ledgers = ledgers
        self.units.update(units)

    def _check(self) -> bool:
        """Return whether there is a file; raises ValueError if it is not a JSON object."""
        try:
            json_loads_object(self._path.read_bytes())
        except FileNotFoundError:
            return False
        return True

    def _set_aside(self) -> None:
        """Rename the file."""
        with suppress(OSError):
            self._path.replace(self._corrupt_path)

    def add(self, key: str, ledger: Ledger) -> None:
        """Add the ledger of a balance."""
        self.ledgers[key] = ledger

    def remove(self, key: str) -> None:
        """Remove the ledger of a balance; does nothing if there is none."""
        self.ledgers.pop(key, None)

    @callback
    def async_save_later(self) -> None:
        """Write within two hours, and at the latest when Home Assistant stops."""
        # Another call would postpone the first one, also one that is to be written soon.
        if not self._is_waiting:
            self._is_waiting = True
            self._store.async_delay_save(self._data, _DELAY.total_seconds())

    @callback
    def async_save_soon(self) -> None:
        """Write as soon as possible."""
        self._is_waiting = True
        self._store.async_delay_save(self._data)

    async def async_close(self) -> None:
        """Write for the last time: afterwards the account may be removed."""
        self.is_closed = True
        await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Delete the file, and the one that was set aside."""
        await self._store.async_remove()
        await self._hass.async_add_executor_job(self._remove_corrupt)

    def _remove_corrupt(self) -> None:
        """Delete the file that was set aside."""
        self._corrupt_path.unlink(missing_ok=True)

    async def async_sizes(self) -> tuple[int | None, int | None]:
        """Return the sizes in bytes of the file and of the one set aside; None for no file."""
        return await self._hass.async_add_executor_job(
            lambda: (_size(self._path), _size(self._corrupt_path))
        )

    def _data(self) -> dict[str, Json]:
        """Return the data for storage."""
        self._is_waiting = False
        return {
            "ledgers": {key: ledger.as_dict() for key, ledger in self.ledgers.items()},
            "account": {
                "units": self.units,
                "pause_until": optional_text(self.pause_until),
                "unreadable_seconds": self.unreadable_seconds,
                "unreadable_since": optional_text(self.unreadable_since),
            },
        }


def _size(path: Path) -> int | None:
    """Return the size of a file in bytes; None if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return None
