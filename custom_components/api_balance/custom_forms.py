"""Forms for the user's own endpoint."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Self

import voluptuous as vol
from yarl import URL

from homeassistant.const import CONF_NAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .address_form import can_skip_verification
from .api import (
    API_KEY,
    CREDITS,
    IDENTIFIER,
    AuthKind,
    Balance,
    Candidate,
    Endpoint,
    JsonObject,
    TimeFormat,
    find_amounts,
    find_times,
    find_units,
    nearest_unit,
    read_amount,
    read_unit,
)
from .const import (
    CONF_ADVANCED,
    CONF_AUTO_TOP_UP,
    CONF_BASE_URL,
    CONF_ENDPOINT,
    CONF_LOW_BALANCE_THRESHOLD,
)
from .forms import SECRET_SELECTOR, TEXT_SELECTOR, suggested_threshold, threshold_selector
from .messages import format_time

CONF_ADDRESS: Final = "address"
CONF_AUTH: Final = "auth"
CONF_AUTH_NAME: Final = "auth_name"
CONF_BALANCE: Final = "balance"
CONF_CHOOSE_AGAIN: Final = "choose_again"
CONF_DIVISOR: Final = "divisor"
CONF_MINUS: Final = "minus"
CONF_RESET: Final = "reset"
CONF_UNIT: Final = "unit"

# Stands for the empty path, which a form would take for no choice: the response is one value.
_WHOLE_RESPONSE: Final = "."
# Tells a unit that is read from the response from one that the user has entered.
_PATH_PREFIX: Final = "path:"


class InvalidDivisorError(ValueError):
    """Something that no amount can be divided by."""


class InvalidUnitError(ValueError):
    """Something that is not a unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a response offers, by the values of the form's options."""

    amounts: Mapping[str, Candidate[Decimal]]
    units: Mapping[str, Candidate[str]]
    times: Mapping[str, Candidate[tuple[datetime, TimeFormat]]]

    @classmethod
    def of(cls, body: JsonObject) -> Self:
        """Return the choices for a response."""
        return cls(
            amounts={each.path or _WHOLE_RESPONSE: each for each in find_amounts(body)},
            units={f"{_PATH_PREFIX}{each.path}": each for each in find_units(body)},
            times={each.path: each for each in find_times(body)},
        )

    def suggested(self, endpoint: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the form suggests: what is stored, otherwise what is likely."""
        first = next(iter(self.amounts.values()))
        suggested: dict[str, Any] = {}
        if CONF_BALANCE in endpoint:
            unit_path = endpoint.get("unit_path")
            unit = endpoint.get(CONF_UNIT) if unit_path is None else f"{_PATH_PREFIX}{unit_path}"
            suggested = {CONF_BALANCE: endpoint[CONF_BALANCE] or _WHOLE_RESPONSE, CONF_UNIT: unit}
        elif first.is_likely:
            nearest = nearest_unit(list(self.units.values()), first.path)
            suggested = {
                CONF_BALANCE: first.path,
                CONF_UNIT: nearest and f"{_PATH_PREFIX}{nearest.path}",
            }
        advanced = {name: endpoint.get(name) for name in (CONF_MINUS, CONF_DIVISOR, CONF_RESET)}
        return {**suggested, CONF_ADVANCED: advanced}

    def description(self, entered: Mapping[str, Any]) -> dict[str, Any]:
        """Return the description of the balance that was entered; see providers.custom.

        Raises InvalidDivisorError and InvalidUnitError.
        """
        advanced = entered[CONF_ADVANCED]
        balance = self.amounts[entered[CONF_BALANCE]]
        found: dict[str, Any] = {CONF_BALANCE: balance.path, **self._unit(entered[CONF_UNIT])}
        types = {CONF_BALANCE: balance.kind}
        if CONF_MINUS in advanced:
            minus = self.amounts[advanced[CONF_MINUS]]
            found[CONF_MINUS], types[CONF_MINUS] = minus.path, minus.kind
        if text := advanced.get(CONF_DIVISOR, "").strip():
            if not (divisor := read_amount(text)):
                raise InvalidDivisorError
            found[CONF_DIVISOR] = str(divisor)
        if CONF_RESET in advanced:
            time = self.times[advanced[CONF_RESET]]
            found[CONF_RESET], types[CONF_RESET] = time.path, time.kind
            found["reset_format"] = time.value[1].value
        return {**found, "types": types}

    def _unit(self, text: str) -> dict[str, str]:
        """Return the description of the unit; raises InvalidUnitError."""
        if text in self.units:
            return {"unit_path": self.units[text].path}
        if (unit := read_unit(text)) is None:
            raise InvalidUnitError
        return {CONF_UNIT: unit}


def address_form() -> vol.Schema:
    """Return the form for the name and the address."""
    return vol.Schema(
        {vol.Required(CONF_NAME): TEXT_SELECTOR, vol.Required(CONF_ADDRESS): TEXT_SELECTOR}
    )


def shown_address(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of that form for an existing account."""
    if not data:
        return {}
    endpoint = data[CONF_ENDPOINT]
    url = URL(f"{data[CONF_BASE_URL]}{endpoint['path']}", encoded=True)
    return {CONF_NAME: data[CONF_NAME], CONF_ADDRESS: str(url.with_query(endpoint["query"]))}


def can_contain_key(text: str) -> bool:
    """Return whether a text that could not be understood may contain a key."""
    return any(character in text for character in "?@ ")


def key_form(base_url: str) -> vol.Schema:
    """Return the form for how the request authenticates."""
    kinds = SelectSelectorConfig(
        options=[kind.value for kind in AuthKind],
        translation_key=CONF_AUTH,
        mode=SelectSelectorMode.DROPDOWN,
    )
    fields: dict[vol.Marker, object] = {
        vol.Required(CONF_AUTH): SelectSelector(kinds),
        vol.Optional(CONF_AUTH_NAME): TEXT_SELECTOR,
        vol.Optional(IDENTIFIER): TEXT_SELECTOR,
        vol.Optional(API_KEY): SECRET_SELECTOR,
    }
    if base_url.startswith("https://") and can_skip_verification(base_url):
        fields[vol.Required(CONF_VERIFY_SSL, default=True)] = BooleanSelector()
    return vol.Schema(fields)


def shown_key(endpoint: Endpoint, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of that form: from the address, or for an existing account."""
    if (found := endpoint.credentials) is not None:
        shown = {CONF_AUTH: found.kind.value, CONF_AUTH_NAME: found.name}
        return {**shown, IDENTIFIER: found.identifier}
    stored = data.get(CONF_ENDPOINT, {CONF_AUTH: AuthKind.BEARER.value})
    return {
        CONF_AUTH: stored[CONF_AUTH],
        CONF_AUTH_NAME: stored.get(CONF_AUTH_NAME),
        IDENTIFIER: data.get(IDENTIFIER),
        CONF_VERIFY_SSL: data.get(CONF_VERIFY_SSL, True),
    }


def balance_form(hass: HomeAssistant, choices: Choices) -> vol.Schema:
    """Return the form for the balance, its unit, and what else is in the response."""
    amounts = _select(
        (value, f"{each.path or '—'}: {each.value:f}") for value, each in choices.amounts.items()
    )
    times = _select(
        (value, f"{each.path}: {format_time(hass, each.value[0])}")
        for value, each in choices.times.items()
    )
    units = [(value, f"{each.value} ({each.path})") for value, each in choices.units.items()]
    literal = [(CREDITS, CREDITS), ("USD", "USD"), ("EUR", "EUR")]
    advanced: dict[vol.Marker, object] = {
        vol.Optional(CONF_MINUS): amounts,
        vol.Optional(CONF_DIVISOR): TEXT_SELECTOR,
    }
    if choices.times:
        advanced[vol.Optional(CONF_RESET)] = times
    return vol.Schema(
        {
            vol.Required(CONF_BALANCE): amounts,
            vol.Required(CONF_UNIT): _select([*units, *literal], custom_value=True),
            vol.Required(CONF_ADVANCED): section(vol.Schema(advanced), {"collapsed": True}),
        }
    )


def confirmation_form(balance: Balance, *, is_new: bool) -> vol.Schema:
    """Return the last form."""
    fields: dict[vol.Marker, object] = {}
    if is_new:
        threshold = {"suggested_value": suggested_threshold(balance)}
        marker = vol.Optional(CONF_LOW_BALANCE_THRESHOLD, description=threshold)
        fields[marker] = threshold_selector(balance.unit)
    else:
        fields[vol.Required(CONF_AUTO_TOP_UP, default=False)] = BooleanSelector()
    fields[vol.Required(CONF_CHOOSE_AGAIN, default=False)] = BooleanSelector()
    return vol.Schema(fields)


def _select(options: Iterable[tuple[str, str]], *, custom_value: bool = False) -> SelectSelector:
    """Return a searchable list of values with their labels."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[SelectOptionDict(value=value, label=label) for value, label in options],
            custom_value=custom_value,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )
