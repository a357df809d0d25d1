"""Repair flows: check a low balance again, or choose another threshold."""

from decimal import Decimal
from typing import Any, Final

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import CONF_LOW_BALANCE_THRESHOLD
from .coordinator import ApiBalanceCoordinator
from .forms import threshold_selector
from .issues import AccountIssue
from .messages import format_amount, unit_name
from .targets import async_coordinator

_NOT_LOADED: Final = "not_loaded"


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow for an issue about one balance."""
    data = data or {}
    return BalanceRepairFlow(
        entry_id=str(data.get("entry_id")),
        key=str(data.get("key")),
        is_question=issue_id.startswith(AccountIssue.CHOOSE_THRESHOLD),
    )


class BalanceRepairFlow(RepairsFlow):
    """Checks a balance after a top-up, or sets its threshold."""

    def __init__(self, *, entry_id: str, key: str, is_question: bool) -> None:
        """Keep which balance it is about, and whether only the threshold is asked for."""
        self._entry_id = entry_id
        self._key = key
        self._is_question = is_question

    @property
    def _coordinator(self) -> ApiBalanceCoordinator | None:
        """Return the coordinator of the account; None while it is not loaded."""
        return async_coordinator(self.hass, self._entry_id)

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Offer what can be done."""
        if (coordinator := self._coordinator) is None:
            return self.async_abort(reason=_NOT_LOADED)
        if self._is_question:
            return await self.async_step_threshold()
        return self.async_show_menu(
            step_id="init",
            menu_options=["check", "threshold"],
            description_placeholders=self._placeholders(coordinator),
        )

    async def async_step_check(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Read the balance now; the issue ends if it is no longer low."""
        if (coordinator := self._coordinator) is None:
            return self.async_abort(reason=_NOT_LOADED)
        try:
            await coordinator.async_refresh_now(by_person=True)
        except HomeAssistantError as err:
            return self.async_abort(
                reason="cannot_read", description_placeholders={"reason": str(err)}
            )
        balance = coordinator.data.balances.get(self._key)
        if balance is not None and balance.low:
            return self.async_abort(
                reason="still_low", description_placeholders=self._placeholders(coordinator)
            )
        return self.async_create_entry(data={})

    async def async_step_threshold(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask for the threshold."""
        coordinator = self._coordinator
        if coordinator is None or self._key not in coordinator.data.balances:
            return self.async_abort(reason=_NOT_LOADED)
        if user_input is not None:
            threshold = Decimal(str(user_input[CONF_LOW_BALANCE_THRESHOLD]))
            coordinator.async_set_threshold(self._key, threshold)
            return self.async_create_entry(data={})
        unit = coordinator.data.balances[self._key].unit
        return self.async_show_form(
            step_id="threshold",
            data_schema=vol.Schema(
                {vol.Required(CONF_LOW_BALANCE_THRESHOLD): threshold_selector(self.hass, unit)}
            ),
            description_placeholders=self._placeholders(coordinator),
        )

    def _placeholders(self, coordinator: ApiBalanceCoordinator) -> dict[str, str]:
        """Return what the texts say about the account."""
        ledger = coordinator.account.ledgers.get(self._key)
        balance = coordinator.data.balances.get(self._key)
        unit = "" if balance is None else balance.unit
        return {
            "account": coordinator.config_entry.title,
            "provider": coordinator.provider.name,
            "url": coordinator.provider.console_url,
            "unit": unit_name(self.hass, unit),
            "balance": "" if ledger is None else format_amount(self.hass, ledger.balance, unit),
        }
