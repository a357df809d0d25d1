"""Poll the accounts of one provider one after another, so that they share a connection."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zlib import crc32

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import instance_id
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, PORTION, PORTION_INTERVAL, TURN, UPDATE_INTERVAL

if TYPE_CHECKING:
    from .coordinator import ApiBalanceCoordinator

_INTERVAL: Final = UPDATE_INTERVAL.total_seconds()
# A round that is due within this time has just begun: timers and clocks differ a little.
_TOLERANCE: Final = 5.0

# Per provider slug.
_ROUNDS: HassKey[dict[str, _Rounds]] = HassKey(f"{DOMAIN}_rounds")


class _Rounds:
    """Polls the accounts of one provider in every interval, at the same time of the interval.

    The order is that in which the accounts were added, whatever happens to others.
    """

    def __init__(self, hass: HomeAssistant, slug: str, offset: int) -> None:
        """Prepare the rounds; the offset is their time within the interval, in seconds."""
        self.coordinators: list[ApiBalanceCoordinator] = []
        self._hass = hass
        self._slug = slug
        self._offset = offset
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def add(self, coordinator: ApiBalanceCoordinator) -> None:
        """Poll another account."""
        self.coordinators.append(coordinator)
        self.coordinators.sort(key=_order)
        if self._cancel is None:
            self._schedule()

    @callback
    def remove(self, coordinator: ApiBalanceCoordinator) -> None:
        """Poll an account no longer."""
        self.coordinators.remove(coordinator)
        if not self.coordinators and self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _schedule(self) -> None:
        """Schedule the next round."""
        seconds = seconds_until(self._offset, dt_util.utcnow())
        job = HassJob(self._start, f"{DOMAIN} {self._slug} polls", cancel_on_shutdown=True)
        self._cancel = async_call_later(self._hass, seconds, job)

    @callback
    def _start(self, _now: datetime) -> None:
        """Start a round, and schedule the next one."""
        self._schedule()
        self._poll(list(self.coordinators))

    @callback
    def _poll(self, coordinators: list[ApiBalanceCoordinator]) -> None:
        """Poll some accounts: a portion now, the next one later."""
        _ = self._hass.async_create_background_task(
            self._poll_in_turn(coordinators[:PORTION]), f"{DOMAIN} {self._slug} polls"
        )
        if rest := coordinators[PORTION:]:

            @callback
            def poll_rest(_now: datetime) -> None:
                self._poll(rest)

            job = HassJob(poll_rest, f"{DOMAIN} {self._slug} polls", cancel_on_shutdown=True)
            async_call_later(self._hass, PORTION_INTERVAL, job)

    async def _poll_in_turn(self, coordinators: list[ApiBalanceCoordinator]) -> None:
        """Poll accounts one after another; a slow response does not delay the others for long."""
        for coordinator in coordinators:
            if coordinator in self.coordinators and (poll := coordinator.async_poll_in_turn()):
                await asyncio.wait([poll], timeout=TURN)


def _order(coordinator: ApiBalanceCoordinator) -> tuple[datetime, str]:
    """Return when an account was added."""
    entry = coordinator.config_entry
    return entry.created_at, entry.entry_id


def seconds_until(offset: int, now: datetime) -> float:
    """Return the seconds until a time of the interval, which is given by its offset."""
    seconds = (offset - now.timestamp()) % _INTERVAL
    return seconds if seconds > _TOLERANCE else seconds + _INTERVAL


async def async_join_round(hass: HomeAssistant, coordinator: ApiBalanceCoordinator) -> None:
    """Poll an account together with the others at its provider, until its entry is unloaded.

    The time within the interval differs between providers, and between installations.
    """
    slug = coordinator.provider.slug
    offset = crc32(f"{await instance_id.async_get(hass)} {slug}".encode()) % int(_INTERVAL)
    all_rounds = hass.data.setdefault(_ROUNDS, {})
    rounds = all_rounds.setdefault(slug, _Rounds(hass, slug, offset))
    rounds.add(coordinator)

    @callback
    def leave() -> None:
        rounds.remove(coordinator)
        if not rounds.coordinators:
            del all_rounds[slug]

    coordinator.config_entry.async_on_unload(leave)
