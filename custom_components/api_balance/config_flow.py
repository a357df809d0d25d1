"""Add an account, renew its credentials, or change its address."""

from collections.abc import Mapping
from decimal import Decimal
import logging
from math import isnan
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .api import (
    AccountSnapshot,
    ApiError,
    Field,
    InvalidBaseUrlError,
    InvalidCredentialError,
    PermissionDeniedError,
    Provider,
    amount_text,
    check_base_url,
)
from .const import (
    CONF_ADVANCED,
    CONF_BASE_URL,
    CONF_LOW_BALANCE_THRESHOLD,
    CONF_PROVIDER,
    DOMAIN,
    HIGHEST_THRESHOLD,
)
from .coordinator import ApiBalanceConfigEntry, async_forget_trouble, create_client
from .providers import BY_SLUG, PROVIDERS

_LOGGER = logging.getLogger(__name__)

# White space, also that which nobody sees: it is copied from pages together with a credential.
_AROUND = " \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff"
_QUOTES = ("'", '"', "`")
_BEARER = "bearer "

_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))


class ThresholdSelector(NumberSelector):
    """A number, and nothing but a number: the box of Home Assistant lets NaN pass."""

    @override
    def __call__(self, data: Any) -> float:
        """Return the threshold; raises Invalid for none."""
        value = super().__call__(data)
        if isnan(value):
            msg = "expected a number"
            raise vol.Invalid(msg)
        return value


class ApiBalanceConfigFlow(ConfigFlow, domain=DOMAIN):
    """Ask for a provider, for credentials, and for the balance that counts as low."""

    VERSION = 1
    MINOR_VERSION = 1

    _provider: Provider
    _data: dict[str, str]
    _snapshot: AccountSnapshot

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the provider."""
        if user_input is not None:
            self._provider = BY_SLUG[user_input[CONF_PROVIDER]]
            return await self.async_step_credentials()
        providers = await self.hass.async_add_import_executor_job(list, PROVIDERS)
        options = [SelectOptionDict(value=each.slug, label=each.name) for each in providers]
        selector = SelectSelector(
            SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
        )
        return self.async_show_form(
            step_id="user", data_schema=vol.Schema({vol.Required(CONF_PROVIDER): selector})
        )

    async def async_step_credentials(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials of a new account."""
        errors: dict[str, str] = {}
        if user_input is not None and not (errors := await self._async_try(user_input)):
            return await self.async_step_low_balance()
        return self._show_credentials("credentials", user_input, errors)

    async def async_step_low_balance(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the balance, and ask below which balance the account counts as low."""
        balance = self._snapshot.balances[0]
        if user_input is not None:
            options: dict[str, Any] = {}
            if (threshold := user_input.get(CONF_LOW_BALANCE_THRESHOLD)) is not None:
                options[CONF_LOW_BALANCE_THRESHOLD] = {balance.unit: str(Decimal(str(threshold)))}
            return self.async_create_entry(
                title=self._free_title(), data=self._data, options=options
            )
        selector = ThresholdSelector(
            NumberSelectorConfig(
                min=0,
                max=HIGHEST_THRESHOLD,
                step="any",
                mode=NumberSelectorMode.BOX,
                unit_of_measurement=balance.unit,
            )
        )
        preset = balance.amounts.get(Field.ALERT_THRESHOLD)
        amount = balance.amounts[Field.BALANCE]
        return self.async_show_form(
            step_id="low_balance",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema({vol.Optional(CONF_LOW_BALANCE_THRESHOLD): selector}),
                {}
                if preset is None or not 0 <= preset <= HIGHEST_THRESHOLD
                else {CONF_LOW_BALANCE_THRESHOLD: float(preset)},
            ),
            description_placeholders={
                "provider": self._provider.name,
                "balance": "—" if amount is None else amount_text(amount, balance.unit),
            },
        )

    async def async_step_reauth(self, _entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start to renew the credentials, because the provider has refused them."""
        self._provider = BY_SLUG[self._get_reauth_entry().data[CONF_PROVIDER]]
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for new credentials of an account."""
        entry = self._get_reauth_entry()
        return await self._async_renew(entry, "reauth_confirm", user_input, _reason(entry))

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for other credentials or another address of an account."""
        entry = self._get_reconfigure_entry()
        if entry.data[CONF_PROVIDER] not in BY_SLUG:
            return self.async_abort(reason="unknown_provider")
        self._provider = BY_SLUG[entry.data[CONF_PROVIDER]]
        return await self._async_renew(entry, "reconfigure", user_input, {})

    async def _async_renew(
        self,
        entry: ApiBalanceConfigEntry,
        step_id: str,
        user_input: dict[str, Any] | None,
        errors: dict[str, str],
    ) -> ConfigFlowResult:
        """Ask for the credentials of an account that exists, which keeps all its entities."""
        if user_input is None:
            # The address may be shown; stored credentials never are.
            user_input = {CONF_ADVANCED: {CONF_BASE_URL: entry.data.get(CONF_BASE_URL)}}
        elif not (errors := await self._async_try(user_input)):
            async_forget_trouble(self.hass, entry.entry_id)
            return self.async_update_reload_and_abort(entry, data=self._data)
        return self._show_credentials(step_id, user_input, errors)

    def _show_credentials(
        self, step_id: str, user_input: dict[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        """Show the form for credentials, filled in except for secrets."""
        base_url = user_input and user_input[CONF_ADVANCED].get(CONF_BASE_URL)
        advanced = self.add_suggested_values_to_schema(
            vol.Schema(
                {
                    vol.Optional(CONF_BASE_URL): TextSelector(
                        TextSelectorConfig(type=TextSelectorType.URL)
                    )
                }
            ),
            {CONF_BASE_URL: base_url} if base_url else {},
        )
        schema: dict[vol.Marker, object] = {
            vol.Required(each.name): _SECRET for each in self._provider.credentials
        }
        schema[vol.Required(CONF_ADVANCED)] = section(advanced, {"collapsed": not base_url})
        return self.async_show_form(
            step_id=step_id,
            data_schema=vol.Schema(schema),
            errors=errors,
            description_placeholders={
                "provider": self._provider.name,
                "key_url": self._provider.key_url,
                "base_url": self._provider.hosts[0].url,
            },
        )

    async def _async_try(self, user_input: dict[str, Any]) -> dict[str, str]:
        """Ask for the balance; keep it and the entry's data, or return the form's errors."""
        provider = self._provider
        try:
            pasted = {each.name: _unwrap(user_input[each.name]) for each in provider.credentials}
            data = {CONF_PROVIDER: provider.slug, **provider.auth.clean(pasted)}
            # The same credentials at another address are still the same account.
            self._async_abort_entries_match(data)
            if (text := user_input[CONF_ADVANCED].get(CONF_BASE_URL, "").strip()) and (
                base_url := check_base_url(text, provider)
            ):
                data[CONF_BASE_URL] = base_url
        except InvalidCredentialError as err:
            return {err.name: "invalid_credential"}
        except InvalidBaseUrlError:
            return {"base": "invalid_url"}
        try:
            self._snapshot = await create_client(self.hass, provider, data).read()
        except ApiError as err:
            _LOGGER.debug("%s: %s: %s", provider.name, err.key, err.reason)
            return {"base": err.key}
        except Exception:
            _LOGGER.exception("Unexpected error while reading a balance of %s", provider.name)
            return {"base": "unknown"}
        self._data = data
        return {}

    def _free_title(self) -> str:
        """Return the provider's name, numbered from the second account on."""
        titles = {entry.title for entry in self._async_current_entries()}
        title, number = self._provider.name, 1
        while title in titles:
            number += 1
            title = f"{self._provider.name} {number}"
        return title


def _unwrap(pasted: str) -> str:
    """Return a credential without what was copied with it from a page or a program."""
    text = pasted.strip(_AROUND)
    if text.startswith(_QUOTES) and text.endswith(text[0]):
        text = text.strip(text[0])
    return text[len(_BEARER) :] if text.lower().startswith(_BEARER) else text


def _reason(entry: ApiBalanceConfigEntry) -> dict[str, str]:
    """Return what to show above the form: a refused permission needs no new key, but a right."""
    if entry.state is ConfigEntryState.LOADED:
        error: object = entry.runtime_data.last_exception
        key = getattr(error, "translation_key", None)
    else:
        key = entry.error_reason_translation_key
    return {"base": PermissionDeniedError.key} if key == PermissionDeniedError.key else {}
