"""Steps for the user's own endpoint after the first response: the balance, and confirmation."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, override

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_NAME, CONF_VERIFY_SSL

from .account import async_forget_failures, async_rebase
from .api import Field, UnexpectedResponseError
from .const import CONF_AUTO_TOP_UP, CONF_ENDPOINT, CONF_LOW_BALANCE_THRESHOLD, CONF_MAIN_BALANCE
from .custom_forms import (
    CONF_BALANCE,
    CONF_CHOOSE_AGAIN,
    CONF_DIVISOR,
    CONF_MINUS,
    InvalidChoiceError,
    InvalidDivisorError,
    InvalidUnitError,
    balance_form,
    confirmation_form,
)
from .custom_request_flow import ApiBalanceCustomRequestFlow
from .entity import async_move_entities
from .messages import format_amount, format_time
from .providers import custom

# What the amount is calculated from.
_CALCULATION: Final = (CONF_BALANCE, CONF_MINUS, CONF_DIVISOR)


class ApiBalanceCustomFlow(ApiBalanceCustomRequestFlow):
    """The parts of a flow about the balance of the user's own endpoint."""

    _entered: Mapping[str, Any] | None = None
    """What was entered about the balance; None before the first time."""
    _description: Mapping[str, Any]
    """What follows from it; see providers.custom."""

    @override
    async def async_step_custom_balance(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """List the numbers in the response, and ask for the balance."""
        errors: dict[str, str] = {}
        shown = self._entered or self._choices.suggested(self._stored.get(CONF_ENDPOINT, {}))
        if user_input is not None:
            self._entered = shown = user_input
            try:
                self._description = self._choices.description(user_input)
                self._snapshot = custom.build(self._complete_data).parse(self._body)
            except InvalidChoiceError:
                errors = {"base": "invalid_choice"}
            except InvalidDivisorError:
                errors = {"base": "invalid_divisor"}
            except InvalidUnitError:
                errors = {"base": "invalid_unit"}
            except UnexpectedResponseError:
                errors = {"base": "invalid_amount"}
            else:
                return await self.async_step_custom_confirm()
        return self.async_show_form(
            step_id="custom_balance",
            data_schema=self.add_suggested_values_to_schema(balance_form(self._choices), shown),
            errors=errors,
            description_placeholders={"provider": self._name},
        )

    async def async_step_custom_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the balance as it will be displayed, and finish or go back."""
        snapshot = self._snapshot
        balance = snapshot.balances[0]
        amount = balance.amounts[Field.BALANCE]
        if user_input is not None:
            if user_input[CONF_CHOOSE_AGAIN]:
                return await self.async_step_custom_balance()
            if self._stored:
                return await self._async_update(user_input)
            return self._create(user_input)
        options = self._get_reconfigure_entry().options if self._stored else None
        form = confirmation_form(self.hass, balance, options)
        reset = snapshot.details.get(Field.RESET)
        return self.async_show_form(
            step_id="custom_confirm",
            data_schema=form,
            description_placeholders={
                "provider": self._name,
                "balance": format_amount(self.hass, amount or Decimal(0), balance.unit),
                "reset": format_time(self.hass, reset) if isinstance(reset, datetime) else "—",
            },
        )

    @property
    def _complete_data(self) -> dict[str, Any]:
        """Return the entry's data with the description of the balance."""
        endpoint = {**self._data[CONF_ENDPOINT], **self._description}
        return {**self._data, CONF_ENDPOINT: endpoint}

    def _create(self, user_input: Mapping[str, Any]) -> ConfigFlowResult:
        """Add the account."""
        data, balance = self._complete_data, self._snapshot.balances[0]
        self._async_abort_entries_match(
            {name: data[name] for name in data if name not in {CONF_NAME, CONF_VERIFY_SSL}}
        )
        options: dict[str, Any] = {}
        if (threshold := user_input.get(CONF_LOW_BALANCE_THRESHOLD)) is not None:
            options[CONF_LOW_BALANCE_THRESHOLD] = {balance.key: str(Decimal(str(threshold)))}
        return self.async_create_entry(
            title=self._name, data={**data, CONF_MAIN_BALANCE: balance.key}, options=options
        )

    async def _async_update(self, user_input: Mapping[str, Any]) -> ConfigFlowResult:
        """Change the account, which keeps its entities, and its history unless the unit changes."""
        entry, balance = self._get_reconfigure_entry(), self._snapshot.balances[0]
        data, before = self._complete_data, entry.data
        amount = balance.amounts[Field.BALANCE]
        is_same = all(
            data[CONF_ENDPOINT].get(name) == before[CONF_ENDPOINT].get(name)
            for name in _CALCULATION
        )
        if not is_same and amount is not None:
            await async_rebase(self.hass, entry, balance.key, amount)
        if (old_key := before.get(CONF_MAIN_BALANCE, balance.key)) != balance.key:
            async_move_entities(self.hass, entry, old_key, balance.key)
        async_forget_failures(self.hass, entry.entry_id)
        self._change_threshold(entry, balance.key, user_input)
        return self.async_update_reload_and_abort(
            entry,
            title=self._name if entry.title == before[CONF_NAME] else entry.title,
            data={**data, CONF_MAIN_BALANCE: balance.key},
            options={**entry.options, CONF_AUTO_TOP_UP: user_input[CONF_AUTO_TOP_UP]},
        )
