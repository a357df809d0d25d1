"""Triggers about figures of the ledger: spending and the estimated run-out."""

from abc import abstractmethod
from decimal import Decimal
from typing import Final, override

import voluptuous as vol

from homeassistant.const import ATTR_ENTITY_ID, CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.json import JsonValueType

from .account import SIGNAL_FIGURES, FiguresChange, event_entity_id, format_run_out, json_value
from .messages import format_amount, translate
from .targets import async_check_entities, async_is_meant

CONF_AMOUNT: Final = "amount"
CONF_DAYS: Final = "days"
CONF_PERIOD: Final = "period"
PERIOD_DAY: Final = "day"
PERIOD_MONTH: Final = "month"


class FiguresTrigger(Trigger):
    """Fires when a figure of a balance passes the limit of an automation."""

    options_schema: vol.Schema

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the configuration, and refuse entities of other integrations."""
        checked: ConfigType = vol.Schema(
            {
                vol.Optional(CONF_TARGET, default=dict): cv.TARGET_FIELDS,
                vol.Required(CONF_OPTIONS): cls.options_schema,
            }
        )(config)
        async_check_entities(hass, TargetSelection(checked[CONF_TARGET]))
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Keep the target and the options."""
        super().__init__(hass, config)
        self._target = TargetSelection(config.target or {})
        self._options = config.options or {}

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Run the action for every matching change."""

        @callback
        def receive(change: FiguresChange) -> None:
            """Run the action if the limit was passed and the balance is in the target."""
            info = change.info
            if self.is_passed(change) and async_is_meant(
                self._hass, self._target, info.entry_id, change.key
            ):
                payload: dict[str, JsonValueType] = {
                    ATTR_ENTITY_ID: event_entity_id(self._hass, info.entry_id, change.key),
                    "account": info.account,
                    "provider": info.provider,
                    "balance": json_value(change.balance),
                    "unit": change.unit,
                    **self.details(change),
                }
                _ = run_action(payload, f"figures of {info.account}")

        return async_dispatcher_connect(self._hass, SIGNAL_FIGURES, receive)

    @abstractmethod
    def is_passed(self, change: FiguresChange) -> bool:
        """Return whether this change passed the limit."""

    @abstractmethod
    def details(self, change: FiguresChange) -> dict[str, JsonValueType]:
        """Return the trigger's own variables."""


class SpendingExceeded(FiguresTrigger):
    """The spending of a day or month went above an amount, once per period."""

    options_schema = vol.Schema(
        {
            vol.Required(CONF_PERIOD): vol.In([PERIOD_DAY, PERIOD_MONTH]),
            vol.Required(CONF_AMOUNT): cv.positive_float,
        }
    )

    @property
    def _amount(self) -> Decimal:
        """Return the amount, in the balance's unit."""
        return Decimal(str(self._options[CONF_AMOUNT]))

    @override
    def is_passed(self, change: FiguresChange) -> bool:
        """Return whether the highest sum of the period passed the amount."""
        if self._options[CONF_PERIOD] == PERIOD_DAY:
            before = Decimal(0) if change.is_new_day else change.before.max_spent_today
            after = change.after.max_spent_today
        else:
            before = Decimal(0) if change.is_new_month else change.before.max_spent_this_month
            after = change.after.max_spent_this_month
        return before <= self._amount < after

    @override
    def details(self, change: FiguresChange) -> dict[str, JsonValueType]:
        """Return what was spent, and the sentence."""
        period, after = self._options[CONF_PERIOD], change.after
        spent = after.spent_today if period == PERIOD_DAY else after.spent_this_month
        message = translate(
            self._hass,
            f"spending_exceeded_{period}",
            account=change.info.account,
            spent=format_amount(self._hass, spent, change.unit),
            limit=format_amount(self._hass, self._amount, change.unit),
        )
        return {
            "spent": json_value(spent),
            "limit": json_value(self._amount),
            "period": period,
            "message": message,
        }


class RunsOutSoon(FiguresTrigger):
    """A balance is estimated to run out within a number of days.

    Fires once until a top-up, a renewal, or a day of later estimates.
    """

    options_schema = vol.Schema({vol.Required(CONF_DAYS): cv.positive_float})

    @override
    def is_passed(self, change: FiguresChange) -> bool:
        """Return whether the estimate fell below the days, and was not below them for a day."""
        days = Decimal(str(self._options[CONF_DAYS]))
        before, after = change.before, change.after.days_left
        earlier = (before.days_left, before.min_days_left)
        return (
            after is not None
            and after < days
            and all(estimate is None or estimate >= days for estimate in earlier)
        )

    @override
    def details(self, change: FiguresChange) -> dict[str, JsonValueType]:
        """Return the estimate, and the sentence."""
        run_out = change.after.run_out
        message = translate(
            self._hass,
            "runs_out_soon",
            account=change.info.account,
            balance=format_amount(self._hass, change.balance, change.unit),
            run_out="" if run_out is None else format_run_out(self._hass, run_out),
        )
        return {"run_out": json_value(run_out), "message": message}
