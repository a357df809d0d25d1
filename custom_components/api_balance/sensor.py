"""Sensors: the fields that a provider reports, and the figures of the ledger."""

from datetime import datetime
from decimal import Decimal
from typing import Final, override

from homeassistant.components.sensor import (
    DOMAIN,
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import Field
from .coordinator import ApiBalanceConfigEntry, ApiBalanceCoordinator
from .entity import ApiBalanceEntity, async_add_for_each_balance
from .sensor_descriptions import (
    AMOUNTS,
    DETAILS,
    FIGURES,
    LAST_POLL,
    STATUS,
    ApiBalanceSensorEntityDescription,
)
from .units import is_currency

PARALLEL_UPDATES = 0

# Money is shown with at least two decimal places, and with at most six.
_MIN_PLACES: Final = 2
_MAX_PLACES: Final = 6


class _PlainDecimal(Decimal):
    """A Decimal whose text, which becomes the state, never has an exponent."""

    @override
    def __str__(self) -> str:
        """Return all digits."""
        return format(self, "f")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ApiBalanceConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of an account and of each of its balances."""
    coordinator = entry.runtime_data
    fields = coordinator.provider.fields
    async_add_entities(
        [
            ApiBalanceStatusSensor(coordinator, STATUS),
            ApiBalanceLastPollSensor(coordinator, LAST_POLL),
            *(
                ApiBalanceDetailSensor(coordinator, description)
                for description in DETAILS
                if description.key in fields
            ),
        ]
    )
    amounts = [description for field, description in AMOUNTS.items() if field in fields]
    async_add_for_each_balance(
        entry,
        async_add_entities,
        lambda key: [ApiBalanceSensor(coordinator, description, key) for description in amounts],
    )
    async_add_for_each_balance(
        entry,
        async_add_entities,
        lambda key: [ApiBalanceSensor(coordinator, description, key) for description in FIGURES],
        once_known=True,
    )


class ApiBalanceSensor(ApiBalanceEntity, SensorEntity):
    """A sensor of one balance."""

    entity_description: ApiBalanceSensorEntityDescription

    @override
    def __init__(
        self,
        coordinator: ApiBalanceCoordinator,
        description: ApiBalanceSensorEntityDescription,
        key: str,
    ) -> None:
        """Choose unit, device class and precision for the balance's unit."""
        super().__init__(coordinator, description, key)
        self._is_reported = description.is_reported
        is_money = is_currency(self.balance.unit)
        self._is_money = is_money and description.native_unit_of_measurement is None
        if description.has_statistics:
            self._attr_state_class = SensorStateClass.MEASUREMENT
        if description.device_class is None and description.native_unit_of_measurement is None:
            self._attr_native_unit_of_measurement = f"{self.unit}{description.unit_suffix}"
            self._set_precision()
        # Home Assistant does not count an amount per day as money.
        if self._is_money and description.device_class is None and not description.unit_suffix:
            self._attr_device_class = SensorDeviceClass.MONETARY
            if description.has_statistics:
                # The only state class that Home Assistant allows for money.
                self._attr_state_class = SensorStateClass.TOTAL

    @override
    def get_initial_entity_options(self) -> er.EntityOptionsType | None:
        """Register the sensor with its precision: otherwise that is a second registry update."""
        options = super().get_initial_entity_options()
        if (precision := self.suggested_display_precision) is None:
            return options
        return {**(options or {}), DOMAIN: {"suggested_display_precision": precision}}

    @property
    @override
    def state_value(self) -> Decimal | datetime | None:
        """Return the amount or time; None if it is unknown."""
        return self.entity_description.value_fn(self.balance)

    @property
    @override
    def native_value(self) -> Decimal | datetime | None:
        """Return the exact amount, or the time."""
        value = self.state_value
        return _PlainDecimal(value) if isinstance(value, Decimal) else value

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show more decimal places once the provider sends more."""
        if self._set_precision():
            self.async_registry_entry_updated()
        super()._handle_coordinator_update()

    def _set_precision(self) -> bool:
        """Show as many decimal places as the provider sends; return whether that has changed."""
        value, before = self.state_value, self.suggested_display_precision
        description = self.entity_description
        if description.native_unit_of_measurement or description.device_class:
            return False
        least = _MIN_PLACES if self._is_money else 0
        if not isinstance(value, Decimal) or not value:
            places = 0
        elif description.unit_suffix:
            # A rate is an average: two significant digits are enough.
            places = 1 - value.adjusted()
        else:
            places = -int(value.normalize().as_tuple().exponent)
        precision = max(least, min(places, _MAX_PLACES), before or 0)
        self._attr_suggested_display_precision = precision
        return precision != before


class ApiBalanceDetailSensor(ApiBalanceEntity, SensorEntity):
    """A time or a text that the provider reports."""

    _is_reported = True

    @property
    @override
    def state_value(self) -> datetime | str | None:
        """Return the detail; None if it is unknown, or not among the options."""
        description = self.entity_description
        value = self.account.snapshot.details[Field(description.key)]
        return None if description.options and value not in description.options else value

    @property
    @override
    def native_value(self) -> datetime | str | None:
        """Return the detail."""
        return self.state_value


class ApiBalanceStatusSensor(ApiBalanceEntity, SensorEntity):
    """Whether the account can be read, and why not."""

    @property
    @override
    def state_value(self) -> str:
        """Return the status."""
        return self.account.status

    @property
    @override
    def native_value(self) -> str:
        """Return the status."""
        return self.state_value


class ApiBalanceLastPollSensor(ApiBalanceEntity, SensorEntity):
    """When the account was last polled successfully."""

    @property
    @override
    def state_value(self) -> datetime | None:
        """Return the time of the last successful poll."""
        return self.coordinator.last_success

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return the time of the last successful poll."""
        return self.state_value

    @override
    async def async_added_to_hass(self) -> None:
        """Update after every poll: an unchanged response does not notify the coordinator."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_add_poll_listener(self._handle_coordinator_update)
        )
