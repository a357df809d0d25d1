"""Poll one account."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
import logging
from random import uniform
from typing import override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import SERVER_SOFTWARE, async_get_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import TimestampDataUpdateCoordinator, UpdateFailed
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import JsonValueType
from homeassistant.util.signal_type import SignalType

from .api import (
    AccountDisabledError,
    AccountSnapshot,
    ApiError,
    AuthenticationError,
    Client,
    Field,
    PermissionDeniedError,
    Provider,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
)
from .const import (
    CONF_BASE_URL,
    CONF_LOW_BALANCE_THRESHOLD,
    DOMAIN,
    FIRST_INTERVAL,
    KEPT_REQUESTS,
    LONGEST_RETRY_AFTER,
    MOST_REQUESTS_AT_ONCE,
    RETRY_PAUSES,
    SHORTEST_RETRY_AFTER,
    UNEXPECTED_RESPONSES_UNTIL_ISSUE,
    UPDATE_INTERVAL,
)
from .issues import (
    AccountIssue,
    async_clear_alarm,
    async_clear_trouble,
    async_raise_issue,
    async_show_alarm,
)
from .ledger import BalanceEvent, EventType, Figures, Ledger, LedgerStore, is_low

_LOGGER = logging.getLogger(__name__)

type ApiBalanceConfigEntry = ConfigEntry[ApiBalanceCoordinator]

# Tells event entities of an entry and a unit what happened to the balance, with its attributes.
SIGNAL_BALANCE_EVENT: SignalType[str, str, EventType, Mapping[str, JsonValueType]] = SignalType(
    f"{DOMAIN}_balance_event"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountData:
    """What is known of one account; compared by value, so that what stays the same is not told."""

    snapshot: AccountSnapshot
    """What the provider reported last."""
    figures: Mapping[str, Figures]
    """What became of the balances, by unit; none for a balance that was never known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that was made, for those who look for a fault."""

    at: datetime
    """When it was sent, in UTC."""
    milliseconds: int
    """How long it took until the answer was read."""
    error: str | None
    """Key of the kind of error; None for a good answer."""
    reason: str | None
    """The error's reason, which holds nothing secret; None for a good answer."""


@dataclass(slots=True)
class _Trouble:
    """What must be remembered while no answer is good."""

    temporary: int = 0
    """Temporary failures in a row."""
    unexpected: int = 0
    """Unexpected responses in a row."""
    not_before: float = 0.0
    """Loop time until which the provider wants no request."""


# By entry id. Not in the coordinator: while a set-up fails, each attempt makes a new one.
_TROUBLE: HassKey[dict[str, _Trouble]] = HassKey(f"{DOMAIN}_trouble")

# By entry id, for the same reason.
_REQUESTS: HassKey[dict[str, deque[Request]]] = HassKey(f"{DOMAIN}_requests")

# By provider: who may ask it now.
_TURNS: HassKey[dict[str, asyncio.Semaphore]] = HassKey(f"{DOMAIN}_turns")


@callback
def async_forget_trouble(hass: HomeAssistant, entry_id: str) -> None:
    """Start afresh with an account: it answers, or it is no longer asked."""
    if hass.data.get(_TROUBLE, {}).pop(entry_id, None):
        async_clear_trouble(hass, entry_id)


@callback
def async_last_requests(hass: HomeAssistant, entry_id: str) -> deque[Request]:
    """Return the last requests for an account, in order, also those of a set-up that failed."""
    requests = hass.data.setdefault(_REQUESTS, {})
    return requests.setdefault(entry_id, deque(maxlen=KEPT_REQUESTS))


@callback
def async_forget_requests(hass: HomeAssistant, entry_id: str) -> None:
    """Keep nothing of the requests for an account."""
    hass.data.get(_REQUESTS, {}).pop(entry_id, None)


@callback
def coordinator_of(hass: HomeAssistant, entity_id: str) -> ApiBalanceCoordinator | None:
    """Return the coordinator of one of our entities; None while its account is not loaded."""
    entity = er.async_get(hass).async_get(entity_id)
    entry = hass.config_entries.async_get_entry((entity and entity.config_entry_id) or "")
    # It is there from before the account's entities are added until after they are removed.
    return getattr(entry, "runtime_data", None)


def json_value(value: Decimal | datetime | str | bool | None) -> JsonValueType:  # noqa: FBT001
    """Return a value as JSON has it: numbers as such, times as ISO 8601 text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, datetime) else value


def create_client(hass: HomeAssistant, provider: Provider, data: Mapping[str, str]) -> Client:
    """Return the client for an entry's data."""
    version = async_get_loaded_integration(hass, DOMAIN).version
    return Client(
        async_get_clientsession(hass),
        provider,
        {each.name: data[each.name] for each in provider.credentials},
        base_url=data.get(CONF_BASE_URL),
        user_agent=f"APIBalance/{version} {SERVER_SOFTWARE}",
    )


class ApiBalanceCoordinator(TimestampDataUpdateCoordinator[AccountData]):
    """Polls one account, keeps its ledgers, and gives each kind of error its one consequence."""

    config_entry: ApiBalanceConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: ApiBalanceConfigEntry, provider: Provider
    ) -> None:
        """Prepare to poll the account of an entry."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=UPDATE_INTERVAL,
            # Data compare by value: an answer like the last one writes no state.
            always_update=False,
        )
        self.provider = provider
        self._store = LedgerStore(hass, entry.entry_id)
        self._client = create_client(hass, provider, entry.data)
        self._asking: asyncio.Task[None] | None = None
        self._requests = async_last_requests(hass, entry.entry_id)

    @property
    def ledgers(self) -> Mapping[str, Ledger]:
        """Return what happened to the balances, by unit."""
        return self._store.ledgers

    @property
    def _trouble(self) -> _Trouble:
        """Return what is remembered of failures since the last good answer."""
        troubles = self.hass.data.setdefault(_TROUBLE, {})
        return troubles.setdefault(self.config_entry.entry_id, _Trouble())

    async def async_ask(self) -> None:
        """Ask the provider now; whoever asks while an answer is under way shares it.

        Raises HomeAssistantError with the reason when there is no good answer.
        """
        if self._asking is None or self._asking.done():
            self._asking = self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{self.name} - ask"
            )
        # Somebody who gives up waiting does not take the answer from the others.
        await asyncio.wait([self._asking])
        if self._store.is_closed:
            raise HomeAssistantError(
                translation_domain=HOMEASSISTANT_DOMAIN,
                translation_key="service_config_entry_not_loaded",
                translation_placeholders={"domain": DOMAIN, "entry_title": self.name},
            )
        if not self.last_update_success:
            error = self.last_exception
            # Also of an error of our own nobody must take what was read before for an answer.
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=getattr(error, "translation_key", UnexpectedResponseError.key),
                translation_placeholders={"provider": self.provider.name},
            ) from error

    def reading_before(self, unit: str) -> Decimal | None:
        """Return the balance at the reading before the last; None for a first reading."""
        ledger = self._store.ledgers.get(unit)
        return None if ledger is None else ledger.before

    def threshold(self, unit: str) -> Decimal:
        """Return the balance below which the account is low; 0 where the user has set none."""
        thresholds: dict[str, str] = self.config_entry.options.get(CONF_LOW_BALANCE_THRESHOLD, {})
        return Decimal(thresholds.get(unit, 0))

    @callback
    def async_begin(self) -> None:
        """Begin to tell what happens: the entities are there."""
        entry = self.config_entry
        entry.async_on_unload(
            async_track_time_change(self.hass, self._async_begin_day, hour=0, minute=0, second=0)
        )
        # What happened before automations listen waits for them.
        entry.async_on_unload(async_at_started(self.hass, self._async_listen))

    @callback
    def _async_listen(self, _hass: HomeAssistant) -> None:
        """Tell what has happened, and from now on what happens."""
        # The last of the listeners: an automation finds all states as the answer left them.
        self.config_entry.async_on_unload(self.async_add_listener(self._async_tell))
        self._async_tell()

    @callback
    def _async_tell(self) -> None:
        """Tell each event once."""
        told = False
        for unit, ledger in self._store.ledgers.items():
            while ledger.untold:
                event = ledger.untold.pop(0)
                told = True
                async_dispatcher_send(
                    self.hass,
                    SIGNAL_BALANCE_EVENT,
                    self.config_entry.entry_id,
                    unit,
                    event.type,
                    self._attributes(unit, event),
                )
        if told:
            self._store.async_save_soon()

    def _attributes(self, unit: str, event: BalanceEvent) -> dict[str, JsonValueType]:
        """Return what a notification about an event needs."""
        return {
            "account": self.config_entry.title,
            "provider": self.provider.name,
            "balance": json_value(event.balance),
            "unit": unit,
            "threshold": json_value(event.threshold),
            "amount": json_value(event.amount),
            "run_out": json_value(event.run_out),
        }

    @callback
    def _async_begin_day(self, _now: datetime) -> None:
        """Begin to count anew at the user's midnight, whether the provider answers or not."""
        self.data = self._account_data(self.data.snapshot)
        self.async_update_listeners()

    async def async_end(self) -> None:
        """Write the ledgers for the last time; an answer that comes later changes nothing."""
        await self._store.async_close()

    @callback
    def async_set_threshold(self, unit: str, threshold: Decimal) -> None:
        """Change a threshold: kept in the entry, and in effect at once."""
        options = self.config_entry.options
        thresholds = {**options.get(CONF_LOW_BALANCE_THRESHOLD, {}), unit: str(threshold)}
        self.hass.config_entries.async_update_entry(
            self.config_entry, options={**options, CONF_LOW_BALANCE_THRESHOLD: thresholds}
        )
        # While the balance is unknown nothing is decided: the next reading does it.
        low = self.is_low(unit) if self.last_update_success else None
        if low is not None and (ledger := self._store.ledgers.get(unit)):
            ledger.judge(dt_util.get_default_time_zone(), low=low, threshold=threshold)
            self._show_alarm(unit, ledger)
        self.async_update_listeners()

    def is_low(self, unit: str) -> bool | None:
        """Return whether an account runs low in a unit; None while its balance is unknown."""
        snapshot = self.data.snapshot
        balance = snapshot.balance(unit)
        amount = None if balance is None else balance.amounts[Field.BALANCE]
        return None if amount is None else self._is_low(snapshot, unit, amount)

    def _is_low(self, snapshot: AccountSnapshot, unit: str, balance: Decimal) -> bool:
        """Return whether a balance is low."""
        # The provider's own alert is about the main balance.
        alarmed = snapshot.alarmed and unit == snapshot.balances[0].key
        return is_low(balance, self.threshold(unit), alarmed=alarmed)

    def _record(self, snapshot: AccountSnapshot) -> None:
        """Enter what was read into the ledgers, with what follows from it."""
        ledgers, now, zone = self._store.ledgers, dt_util.utcnow(), dt_util.get_default_time_zone()
        is_urgent = False
        for balance in snapshot.balances:
            unit, amount = balance.unit, balance.amounts[Field.BALANCE]
            if amount is None:
                continue
            low = self._is_low(snapshot, unit, amount)
            if (ledger := ledgers.get(unit)) is None:
                ledger = Ledger.start(amount, now, low=low)
                if (gone := self._store.add(unit, ledger)) is not None:
                    async_clear_alarm(self.hass, self.config_entry.entry_id, gone)
                is_urgent = True
            else:
                before = (ledger.low, ledger.spending.balance)
                ledger.record(amount, now, zone, low=low, threshold=self.threshold(unit))
                if before == (ledger.low, amount):
                    continue
                is_urgent |= bool(ledger.untold)
            self._show_alarm(unit, ledger)
        if is_urgent:
            self._store.async_save_soon()
        else:
            self._store.async_save_later()

    def _account_data(self, snapshot: AccountSnapshot) -> AccountData:
        """Return what is known of the account now."""
        now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
        figures = {unit: ledger.figures(now, zone) for unit, ledger in self._store.ledgers.items()}
        return AccountData(snapshot=snapshot, figures=figures)

    def _show_alarm(self, unit: str, ledger: Ledger) -> None:
        """Raise or clear the issues of a balance."""
        async_show_alarm(
            self.hass,
            self.config_entry.entry_id,
            unit,
            self.provider.console_url,
            low=ledger.low,
            balance=ledger.spending.balance,
            account=self.config_entry.title,
            provider=self.provider.name,
        )

    @override
    async def _async_setup(self) -> None:
        """Read the ledgers; what was low is low until a reading says otherwise."""
        await self._store.async_load()
        for unit, ledger in self._store.ledgers.items():
            self._show_alarm(unit, ledger)

    @override
    async def _async_update_data(self) -> AccountData:
        """Read the balance once."""
        # Home Assistant tries a failed set-up again within seconds, whatever the provider said.
        in_set_up = self.config_entry.state is ConfigEntryState.SETUP_IN_PROGRESS
        if in_set_up and (pause := self._trouble.not_before - self.hass.loop.time()) > 0:
            raise self._update_failed(RateLimitedError.key, pause)
        # After a start all accounts were asked at once: from then on they are spread.
        share = uniform(*FIRST_INTERVAL) if in_set_up else 1  # noqa: S311
        self.update_interval = UPDATE_INTERVAL * share
        answer = await self._async_read()
        if self._store.is_closed:
            # The account was unloaded meanwhile: nothing follows from the answer any more.
            return self.data
        if isinstance(answer, ApiError):
            _LOGGER.debug("%s: %s: %s", self.name, answer.key, answer.reason)
            raise self._consequence(answer) from answer
        async_forget_trouble(self.hass, self.config_entry.entry_id)
        if not self.last_update_success or in_set_up:
            self._end_reauth()
        self._record(answer)
        return self._account_data(answer)

    async def _async_read(self) -> AccountSnapshot | ApiError:
        """Ask the provider when it is this account's turn."""
        turns = self.hass.data.setdefault(_TURNS, {})
        turn = turns.setdefault(self.provider.slug, asyncio.Semaphore(MOST_REQUESTS_AT_ONCE))
        async with turn:
            at, start = dt_util.utcnow(), self.hass.loop.time()
            try:
                answer: AccountSnapshot | ApiError = await self._client.read()
            except ApiError as err:
                answer = err
            duration = self.hass.loop.time() - start
        key, reason = (answer.key, answer.reason) if isinstance(answer, ApiError) else (None, None)
        self._requests.append(
            Request(at=at, milliseconds=round(duration * 1000), error=key, reason=reason)
        )
        return answer

    def _end_reauth(self) -> None:
        """Ask for no other credentials any more: the provider accepts these after all."""
        for flow in list(self.config_entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})):
            self.hass.config_entries.flow.async_abort(flow["flow_id"])

    def _consequence(self, err: ApiError) -> UpdateFailed | ConfigEntryAuthFailed:
        """Return what Home Assistant makes of an error."""
        trouble = self._trouble
        match err:
            case AuthenticationError() | PermissionDeniedError():
                return ConfigEntryAuthFailed(
                    translation_domain=DOMAIN,
                    translation_key=err.key,
                    translation_placeholders={"provider": self.provider.name},
                )
            case AccountDisabledError():
                self._raise_issue(AccountIssue.ACCOUNT_DISABLED)
            case RateLimitedError(retry_after=seconds):
                if seconds is not None:
                    pause = min(max(seconds, SHORTEST_RETRY_AFTER), LONGEST_RETRY_AFTER)
                    trouble.not_before = self.hass.loop.time() + pause
                    return self._update_failed(err.key, pause)
            case ServiceUnavailableError():
                trouble.temporary += 1
                if trouble.temporary <= len(RETRY_PAUSES):
                    return self._update_failed(err.key, RETRY_PAUSES[trouble.temporary - 1])
            case _:  # an unexpected response
                trouble.unexpected += 1
                if trouble.unexpected >= UNEXPECTED_RESPONSES_UNTIL_ISSUE:
                    self._raise_issue(AccountIssue.UNEXPECTED_RESPONSE, reason=err.reason)
        return self._update_failed(err.key)

    def _update_failed(self, key: str, retry_after: float | None = None) -> UpdateFailed:
        """Return a translated failure."""
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"provider": self.provider.name},
            retry_after=retry_after,
        )

    def _raise_issue(self, issue: AccountIssue, **placeholders: str) -> None:
        """Tell the user about something that time will not mend."""
        async_raise_issue(
            self.hass,
            self.config_entry.entry_id,
            issue,
            self.provider.console_url,
            account=self.config_entry.title,
            provider=self.provider.name,
            **placeholders,
        )
