"""Poll one account."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
import logging
from typing import override

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.aiohttp_client import SERVER_SOFTWARE, async_get_clientsession
from homeassistant.helpers.update_coordinator import TimestampDataUpdateCoordinator, UpdateFailed
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util.hass_dict import HassKey

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
)
from .const import (
    CONF_BASE_URL,
    CONF_LOW_BALANCE_THRESHOLD,
    DOMAIN,
    LONGEST_RETRY_AFTER,
    RETRY_PAUSES,
    SHORTEST_RETRY_AFTER,
    UNEXPECTED_RESPONSES_UNTIL_ISSUE,
    UPDATE_INTERVAL,
)
from .issues import AccountIssue, async_clear_issues, async_raise_issue

_LOGGER = logging.getLogger(__name__)

type ApiBalanceConfigEntry = ConfigEntry[ApiBalanceCoordinator]


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


@callback
def async_forget_trouble(hass: HomeAssistant, entry_id: str) -> None:
    """Start afresh with an account: its credentials have changed, or it was removed."""
    hass.data.get(_TROUBLE, {}).pop(entry_id, None)
    async_clear_issues(hass, entry_id)


def create_client(hass: HomeAssistant, provider: Provider, data: Mapping[str, str]) -> Client:
    """Return the client for an entry's data."""
    version = async_get_loaded_integration(hass, DOMAIN).version
    return Client(
        async_get_clientsession(hass),
        provider,
        {name: data[name] for name in provider.auth.credentials},
        base_url=data.get(CONF_BASE_URL),
        user_agent=f"APIBalance/{version} {SERVER_SOFTWARE}",
    )


class ApiBalanceCoordinator(TimestampDataUpdateCoordinator[AccountSnapshot]):
    """Polls one account and gives each kind of error its one consequence."""

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
            # Snapshots compare by value: an answer like the last one writes no state.
            always_update=False,
        )
        self.provider = provider
        self._client = create_client(hass, provider, entry.data)
        self._asking: asyncio.Task[None] | None = None

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
            self._asking = self.config_entry.async_create_task(
                self.hass, self.async_refresh(), f"{self.name} - ask"
            )
        # Somebody who gives up waiting does not take the answer from the others.
        await asyncio.shield(self._asking)
        error = self.last_exception
        if not self.last_update_success and isinstance(error, HomeAssistantError):
            raise HomeAssistantError(
                translation_domain=error.translation_domain,
                translation_key=error.translation_key,
                translation_placeholders=error.translation_placeholders,
            ) from error

    def threshold(self, unit: str) -> Decimal:
        """Return the balance below which the account is low; 0 where the user has set none."""
        thresholds: dict[str, str] = self.config_entry.options.get(CONF_LOW_BALANCE_THRESHOLD, {})
        return Decimal(thresholds.get(unit, 0))

    @callback
    def async_set_threshold(self, unit: str, threshold: Decimal) -> None:
        """Change a threshold: kept in the entry, and in effect at once."""
        options = self.config_entry.options
        thresholds = {**options.get(CONF_LOW_BALANCE_THRESHOLD, {}), unit: str(threshold)}
        self.hass.config_entries.async_update_entry(
            self.config_entry, options={**options, CONF_LOW_BALANCE_THRESHOLD: thresholds}
        )
        self.async_update_listeners()

    def is_low(self, unit: str) -> bool | None:
        """Return whether an account runs low in a unit; None while its balance is unknown."""
        balance = self.data.balance(unit)
        if balance is None or (amount := balance.amounts[Field.BALANCE]) is None:
            return None
        flags = self.data.flags
        # The provider's own alarm is about the account's main unit.
        alarmed = (
            unit == self.data.balances[0].unit
            and flags.get(Field.ALERT_ENABLED, False)
            and flags.get(Field.PROVIDER_LOW_BALANCE, False)
        )
        return alarmed or amount <= 0 or amount < self.threshold(unit)

    @override
    async def _async_update_data(self) -> AccountSnapshot:
        """Read the balance once."""
        # Home Assistant tries a failed set-up again within seconds, whatever the provider said.
        in_set_up = self.config_entry.state is ConfigEntryState.SETUP_IN_PROGRESS
        pause = self._trouble.not_before - self.hass.loop.time()
        if pause > 0 and in_set_up:
            raise self._update_failed(RateLimitedError.key, pause)
        try:
            snapshot = await self._client.read()
        except ApiError as err:
            _LOGGER.debug("%s: %s: %s", self.name, err.key, err.reason)
            raise self._consequence(err) from err
        async_forget_trouble(self.hass, self.config_entry.entry_id)
        if not self.last_update_success or in_set_up:
            self._end_reauth()
        return snapshot

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
