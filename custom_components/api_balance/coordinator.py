"""Decides when an account is polled."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
import logging
from random import uniform
from typing import Final, NoReturn, override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import (
    CALLBACK_TYPE,
    DOMAIN as HOMEASSISTANT_DOMAIN,
    HomeAssistant,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .account import (
    Account,
    AccountData,
    ClockError,
    SpendingStatistics,
    async_create_client,
    async_deliver,
    async_failures,
    async_fetch,
)
from .api import ApiError, Provider, UnexpectedResponseError
from .const import CONFIRMATION_DELAY, CONFIRMATION_DELAY_WHILE_WAITING, DOMAIN
from .rounds import async_join_round

_LOGGER = logging.getLogger(__name__)

type ApiBalanceConfigEntry = ConfigEntry[ApiBalanceCoordinator]

# A text of Home Assistant's.
_NOT_LOADED: Final = "service_config_entry_not_loaded"
# Home Assistant's coordinator may poll up to this much early.
_EARLY: Final = timedelta(seconds=1)


class ApiBalanceCoordinator(DataUpdateCoordinator[AccountData]):
    """Polls one account."""

    config_entry: ApiBalanceConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: ApiBalanceConfigEntry, provider: Provider
    ) -> None:
        """Prepare to poll the account of a config entry."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            # Regular polls come from the round of the provider, others from this coordinator.
            update_interval=None,
            # Data are compared by value: a response equal to the last one writes no state.
            always_update=False,
        )
        self.provider = provider
        self.account = Account(hass, entry, provider)
        self._statistics = SpendingStatistics(hass, entry, self.account)
        self.failures = async_failures(hass, entry.entry_id)
        self.last_success: datetime | None = None
        """Time of the last successful poll."""
        self._poll_listeners: list[CALLBACK_TYPE] = []
        self._client = async_create_client(hass, provider, entry.data)
        self._poll: asyncio.Future[None] | None = None
        self._is_requested = False
        self._is_refreshed = False
        self._can_deliver = False

    async def async_refresh_now(self, *, by_person: bool = False) -> None:
        """Refresh now; callers share a poll that is already in flight.

        `by_person` says that a person pressed Refresh, which may end an alarm. Raises
        HomeAssistantError with the reason if the balance could not be read.
        """
        if (seconds := self.failures.pause_left(dt_util.utcnow())) > 0:
            self._raise("paused", minutes=str(-(-seconds // 60)).removesuffix(".0"))
        self._is_refreshed |= by_person
        await self._async_share_poll()
        if self.account.awaits_confirmation and self.failures.error is None:
            # The shared poll was a scheduled one, which leaves the confirmation to the next poll.
            await self._async_share_poll()
        if self.account.store.is_closed:
            placeholders = {"domain": DOMAIN, "entry_title": self.config_entry.title}
            self._raise(_NOT_LOADED, HOMEASSISTANT_DOMAIN, **placeholders)
        if self.failures.error is not None:
            self._raise(self.failures.error.key)
        if not self.last_update_success:
            # An unexpected exception: a stale balance must never pass for a fresh one.
            self._raise(UnexpectedResponseError.key)

    async def _async_share_poll(self) -> None:
        """Wait for the poll in flight, or for a new one."""
        if self._poll is None:
            self._is_requested = True
            # The poll starts immediately, so that it can be shared.
            _ = self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{self.name} - requested refresh"
            )
        if self._poll is not None:
            # asyncio.wait does not cancel the poll when one of its callers is cancelled.
            await asyncio.wait([self._poll])

    @callback
    def async_poll_in_turn(self) -> asyncio.Task[None] | None:
        """Start the regular poll; return None if none is needed now.

        After a failure or a suspicious reading, the next poll is scheduled already.
        """
        if self._poll is not None or self.update_interval is not None:
            return None
        return self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), f"{self.name} - refresh"
        )

    def _raise(self, key: str, domain: str = DOMAIN, /, **placeholders: str) -> NoReturn:
        """Raise a translated error."""
        raise HomeAssistantError(
            translation_domain=domain,
            translation_key=key,
            translation_placeholders={"provider": self.provider.name, **placeholders},
        )

    @override
    async def _async_setup(self) -> None:
        """Load what was stored."""
        await self.account.async_load()
        self.failures.restore(self.account.store, dt_util.utcnow())

    @override
    async def _async_update_data(self) -> AccountData:
        """Poll the account, and let everybody who waits for it know."""
        self._poll = poll = self.hass.loop.create_future()
        try:
            return await self._async_poll()
        finally:
            self._poll = None
            self._is_requested = self._is_refreshed = False
            poll.set_result(None)

    async def _async_poll(self) -> AccountData:
        """Poll the account until its reading is confirmed or has to wait."""
        in_setup = self.config_entry.state is ConfigEntryState.SETUP_IN_PROGRESS
        wait = self.failures.wait_left(dt_util.utcnow(), in_setup=in_setup)
        error = None if self._is_requested else self.failures.error
        if error is not None and wait > _EARLY.total_seconds():
            return self._fail(error, wait, in_setup=in_setup)
        while True:
            result = await async_fetch(
                self.hass, self.config_entry.entry_id, self.provider, self._client
            )
            if self.account.store.is_closed:
                # Unloaded while the request was in flight: discard the response.
                return self.data
            now = dt_util.utcnow()
            error = self.account.accept(result, now, refreshed=self._is_refreshed)
            if error is not None:
                return self._record_failure(error, in_setup=in_setup)
            if not self.account.awaits_confirmation:
                return self._record_success(now, in_setup=in_setup)
            if not in_setup and not self._is_requested:
                return self._wait_for_confirmation()
            await asyncio.sleep(CONFIRMATION_DELAY_WHILE_WAITING)

    def _record_success(self, now: datetime, *, in_setup: bool) -> AccountData:
        """Return the data after a successful poll."""
        self.update_interval = None
        if self.failures.error is not None or in_setup:
            self.failures.clear()
            self.failures.store(self.account.store)
            self.account.issues.clear_failures()
            self._end_reauth()
        self.last_success = now
        for listener in self._poll_listeners:
            listener()
        return self.account.data(now)

    def _wait_for_confirmation(self) -> AccountData:
        """Return the previous data until the next poll confirms the reading or not."""
        self.update_interval = timedelta(seconds=uniform(*CONFIRMATION_DELAY))  # noqa: S311
        if not self.last_update_success and self.failures.error is not None:
            raise self._update_failed(self.failures.error.key)
        return self.data

    def _record_failure(self, error: ApiError, *, in_setup: bool) -> AccountData:
        """Count a failure, and return the previous data while it has to stay invisible."""
        _LOGGER.debug("%s: %s: %s", self.name, error.key, error.reason)
        wait = self.failures.record(error, dt_util.utcnow(), is_requested=self._is_requested)
        self.failures.store(self.account.store)
        return self._fail(error, wait, in_setup=in_setup)

    def _fail(self, error: ApiError, wait: float, *, in_setup: bool) -> AccountData:
        """Return the previous data for a failure that is not visible yet; otherwise raise it."""
        now = dt_util.utcnow()
        is_visible = in_setup or not self.last_update_success
        is_visible = is_visible or self.failures.is_visible(now + _EARLY)
        if is_visible or isinstance(error, ClockError):
            self.account.issues.raise_failure(error, self.failures, now)
            if self.failures.is_refused:
                # Not ConfigEntryAuthFailed, which would stop polling: the refusal may be an error
                # of the provider that heals by itself.
                self.config_entry.async_start_reauth(self.hass)
        if not is_visible:
            wait = min(wait, self.failures.seconds_to_visible(now))
        self.update_interval = timedelta(seconds=wait)
        if not is_visible:
            return self.data
        if not in_setup and self.data.status != error.key:
            self.data = self.data._replace(status=error.key)
            if not self.last_update_success:
                # The base class notifies only of the first failure.
                self.async_update_listeners()
        raise self._update_failed(error.key) from error

    def _update_failed(self, key: str) -> UpdateFailed:
        """Return a translated failure."""
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"provider": self.provider.name},
        )

    def _end_reauth(self) -> None:
        """Abort pending reauthentication flows: the stored credentials work again."""
        for flow in list(self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    @callback
    def async_set_threshold(self, key: str, threshold: Decimal) -> None:
        """Change the threshold of a balance, in its unit."""
        self.account.set_threshold(key, threshold)
        self.async_update_account()

    @callback
    def async_reset_spending(self, since: datetime | None) -> None:
        """Remove the spending counted since a time, or all of it."""
        self.account.reset_spending(since)
        self._statistics.async_write_soon()
        self.async_update_account()

    @callback
    def async_update_account(self, _now: datetime | None = None) -> None:
        """Update the data without a request: after a change, and at midnight."""
        self.data = self.account.data(dt_util.utcnow(), self.data.status)
        self.async_update_listeners()

    @callback
    def async_add_poll_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call a listener after each successful poll, whether its data changed or not.

        Returns what removes it.
        """
        self._poll_listeners.append(listener)
        return lambda: self._poll_listeners.remove(listener)

    @callback
    def async_rename(self) -> None:
        """Use the account's current name in the log and in open issues."""
        if self.name != self.config_entry.title:
            self.name = self.config_entry.title
            self.account.async_show_issues()

    async def async_start(self) -> None:
        """Start polling and delivering events; call this after the platforms have been set up."""
        entry = self.config_entry
        if not entry.pref_disable_polling:
            await async_join_round(self.hass, self)
        at_midnight = async_track_time_change(self.hass, self.async_update_account, 0, 0, 0)
        entry.async_on_unload(at_midnight)
        self._statistics.async_start()
        # Events wait until automations listen.
        entry.async_on_unload(async_at_started(self.hass, self._async_start_delivery))

    @callback
    def _async_start_delivery(self, hass: HomeAssistant) -> None:
        """Deliver the events that are waiting, and all later ones."""
        self._can_deliver = True
        async_deliver(self.hass, self.account)

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Update the entities, then deliver events, so that automations see the new states."""
        super().async_update_listeners()
        if self._can_deliver:
            async_deliver(self.hass, self.account)

    async def async_close(self) -> None:
        """Write the ledgers for the last time."""
        await self.account.store.async_close()
