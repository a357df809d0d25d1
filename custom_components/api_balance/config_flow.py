"""Config flow: add an account, renew its credentials, or change its settings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.translation import async_load_integrations

from .account import async_failures, async_forget_failures
from .address_form import shown_address
from .api import Field, PermissionDeniedError
from .const import (
    CONF_AUTO_TOP_UP,
    CONF_ENDPOINT,
    CONF_LOW_BALANCE_THRESHOLD,
    CONF_MAIN_BALANCE,
    CONF_PROVIDER,
    DOMAIN,
)
from .coordinator import ApiBalanceConfigEntry
from .custom_flow import ApiBalanceCustomFlow
from .forms import (
    TEXT_SELECTOR,
    find_provider,
    provider_selector,
    suggested_threshold,
    threshold_selector,
)
from .messages import format_amount, translate
from .migration import MINOR_VERSION, VERSION
from .providers import PROVIDERS, custom, provider_of


class ApiBalanceConfigFlow(ApiBalanceCustomFlow, domain=DOMAIN):
    """Handle the flows of one account."""

    VERSION = VERSION
    MINOR_VERSION = MINOR_VERSION

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the provider."""
        # Before the first account, the texts have not been loaded.
        await async_load_integrations(self.hass, {DOMAIN})
        own_endpoint = translate(self.hass, "own_endpoint")
        providers = await self.hass.async_add_import_executor_job(list, PROVIDERS)
        errors: dict[str, str] = {}
        if user_input is not None:
            entered = user_input.get(CONF_PROVIDER, "").strip()
            if entered in {own_endpoint, custom.SLUG}:
                return await self.async_step_custom()
            if provider := find_provider(providers, entered):
                self._provider = provider
                return await self.async_step_credentials()
            errors = {CONF_PROVIDER: "unknown_provider"}
        return self.async_show_form(
            step_id="user",
            # Not required: the frontend would choose the first provider.
            data_schema=vol.Schema(
                {vol.Optional(CONF_PROVIDER): provider_selector(providers, own_endpoint)}
            ),
            errors=errors,
        )

    async def async_step_credentials(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials of a new account."""
        errors: dict[str, str] = {}
        if user_input is not None and not (errors := await self._async_try(user_input, {})):
            if identity := await self._async_identity():
                await self.async_set_unique_id(identity)
                self._abort_if_unique_id_configured()
            return await self.async_step_low_balance()
        return self._show_credentials("credentials", user_input, errors)

    async def async_step_low_balance(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the balance, and ask for a name and the threshold."""
        # Of several balances the first one that is not empty, whatever the order in the response.
        balances = self._snapshot.balances
        balance = next((each for each in balances if each.amounts[Field.BALANCE]), balances[0])
        if user_input is not None:
            options: dict[str, Any] = {}
            if (threshold := user_input.get(CONF_LOW_BALANCE_THRESHOLD)) is not None:
                options[CONF_LOW_BALANCE_THRESHOLD] = {balance.key: str(Decimal(str(threshold)))}
            return self.async_create_entry(
                title=user_input.get(CONF_NAME, "").strip() or self._free_title(),
                data={**self._data, CONF_MAIN_BALANCE: balance.key},
                options=options,
            )
        amount = balance.amounts[Field.BALANCE]
        return self.async_show_form(
            step_id="low_balance" if amount is not None else "no_balance",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(
                    {
                        vol.Optional(CONF_NAME): TEXT_SELECTOR,
                        vol.Optional(CONF_LOW_BALANCE_THRESHOLD): threshold_selector(
                            self.hass, balance.unit
                        ),
                    }
                ),
                {
                    CONF_NAME: self._free_title(),
                    CONF_LOW_BALANCE_THRESHOLD: suggested_threshold(balance),
                },
            ),
            description_placeholders={
                "provider": self._provider.name,
                "balance": "" if amount is None else format_amount(self.hass, amount, balance.unit),
            },
        )

    async def async_step_no_balance(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say that the account reports no balance, and ask for the same as low_balance."""
        return await self.async_step_low_balance(user_input)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start renewing credentials that the provider refuses."""
        provider = await self.hass.async_add_import_executor_job(provider_of, entry_data)
        if provider is None:
            return self.async_abort(reason="unknown_provider")
        self._provider = provider
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for new credentials of an account."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if isinstance(async_failures(self.hass, entry.entry_id).error, PermissionDeniedError):
            # The key is right, but lacks a permission: no new key is needed.
            errors = {"base": PermissionDeniedError.key}
        return await self._async_renew(entry, "reauth_confirm", user_input, errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for other credentials, another address, or other settings of an account."""
        entry = self._get_reconfigure_entry()
        provider = await self.hass.async_add_import_executor_job(provider_of, entry.data)
        if provider is None:
            return self.async_abort(reason="unknown_provider")
        self._provider = provider
        if CONF_ENDPOINT in entry.data:
            return await self.async_step_custom()
        return await self._async_renew(entry, "reconfigure", user_input, {})

    async def _async_renew(
        self,
        entry: ApiBalanceConfigEntry,
        step_id: str,
        user_input: dict[str, Any] | None,
        errors: dict[str, str],
    ) -> ConfigFlowResult:
        """Ask for the credentials of an existing account, which keeps all its entities."""
        if user_input is None:
            # Addresses and user names may be shown; stored secrets never are.
            shown = {name: entry.data.get(name) for name in self._names(secret=False)}
            auto_top_up = {CONF_AUTO_TOP_UP: entry.options.get(CONF_AUTO_TOP_UP, False)}
            return self._show_credentials(
                step_id, {**shown, **auto_top_up, **shown_address(entry.data)}, errors, entry
            )
        if errors := await self._async_try(user_input, entry.data):
            return self._show_credentials(step_id, user_input, errors, entry)
        identity = await self._async_identity()
        if identity and entry.unique_id and identity != entry.unique_id:
            return self._show_credentials(step_id, user_input, {"base": "wrong_account"}, entry)
        async_forget_failures(self.hass, entry.entry_id)
        if step_id == "reconfigure" and (key := entry.data.get(CONF_MAIN_BALANCE)):
            self._change_threshold(entry, key, user_input)
        options = dict(entry.options)
        if CONF_AUTO_TOP_UP in user_input:
            options[CONF_AUTO_TOP_UP] = user_input[CONF_AUTO_TOP_UP]
        main = {name: entry.data[name] for name in (CONF_MAIN_BALANCE,) if name in entry.data}
        return self.async_update_reload_and_abort(
            entry, unique_id=identity or entry.unique_id, data=self._data | main, options=options
        )

    def _free_title(self) -> str:
        """Return the provider's name, numbered from the second account on."""
        titles = {entry.title for entry in self._async_current_entries()}
        title, number = self._provider.name, 1
        while title in titles:
            number += 1
            title = f"{self._provider.name} {number}"
        return title
