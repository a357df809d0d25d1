"""Forms for the user's own endpoint."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, Self

import voluptuous as vol
from yarl import URL

from homeassistant.const import CONF_NAME, CONF_VERIFY_SSL
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
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
    JsonObject,
    TimeFormat,
    read_amount,
    read_unit,
)
from .api.candidates import Candidate, find_amounts, find_times, find_units, nearest_unit
from .api.endpoint import Endpoint
from .const import CONF_ADVANCED, CONF_AUTO_TOP_UP, CONF_BASE_URL, CONF_ENDPOINT
from .forms import SECRET_SELECTOR, TEXT_SELECTOR, suggested_threshold, threshold_field
from .messages import format_time
from .thresholds import threshold_of

CONF_ADDRESS: Final = "address"
CONF_AUTH: Final = "auth"
CONF_AUTH_NAME: Final = "auth_name"
CONF_BALANCE: Final = "balance"
CONF_CHOOSE_AGAIN: Final = "choose_again"
CONF_DIVISOR: Final = "divisor"
CONF_MINUS: Final = "minus"
CONF_RESET: Final = "reset"
CONF_UNIT: Final = "unit"


class InvalidChoiceError(ValueError):
    """Something that is not in the response."""


class InvalidDivisorError(ValueError):
    """Something that no amount can be divided by."""


class InvalidUnitError(ValueError):
    """Something that is not a unit."""


class Choices(NamedTuple):
    """What a response offers, by the texts in the form.

    The frontend makes a list searchable only if it accepts other values too, and then shows the
    value instead of its label. So the values are readable texts.
    """

    amounts: Mapping[str, Candidate[Decimal]]
    units: Mapping[str, Candidate[str]]
    times: Mapping[str, Candidate[tuple[datetime, TimeFormat]]]

    @classmethod
    def of(cls, hass: HomeAssistant, body: JsonObject) -> Self:
        """Return the choices for a response."""
        return cls(
            amounts={
                f"{each.path}: {each.value:f}".removeprefix(": "): each
                for each in find_amounts(body)
            },
            units={f"{each.value} ({each.path})": each for each in find_units(body)},
            times={
                f"{each.path}: {format_time(hass, each.value[0])}": each
                for each in find_times(body)
            },
        )

    def suggested(self, endpoint: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the form suggests: what is stored, otherwise what is likely."""
        unit: str | None = endpoint.get(CONF_UNIT)
        balance = _text(self.amounts, endpoint.get(CONF_BALANCE))
        if "unit_path" in endpoint:
            unit = _text(self.units, endpoint["unit_path"])
        text, first = next(iter(self.amounts.items()))
        if not endpoint and first.is_likely:
            nearest = nearest_unit(list(self.units.values()), first.path)
            balance = text
            unit = None if nearest is None else _text(self.units, nearest.path)
        return {
            CONF_BALANCE: balance,
            CONF_UNIT: unit,
            CONF_ADVANCED: {
                CONF_MINUS: _text(self.amounts, endpoint.get(CONF_MINUS)),
                CONF_DIVISOR: endpoint.get(CONF_DIVISOR),
                CONF_RESET: _text(self.times, endpoint.get(CONF_RESET)),
            },
        }

    def description(self, entered: Mapping[str, Any]) -> dict[str, Any]:
        """Return the description of the balance that was entered; see providers.custom.

        Raises InvalidChoiceError, InvalidDivisorError and InvalidUnitError.
        """
        advanced = entered[CONF_ADVANCED]
        chosen: dict[str, Candidate[Any]] = {
            CONF_BALANCE: _find(self.amounts, entered[CONF_BALANCE])
        }
        if text := advanced.get(CONF_MINUS):
            chosen[CONF_MINUS] = _find(self.amounts, text)
        if text := advanced.get(CONF_RESET):
            chosen[CONF_RESET] = _find(self.times, text)
        found: dict[str, Any] = {name: each.path for name, each in chosen.items()}
        if CONF_RESET in chosen:
            found["reset_format"] = chosen[CONF_RESET].value[1].value
        if text := advanced.get(CONF_DIVISOR, "").strip():
            if not (divisor := read_amount(text)):
                raise InvalidDivisorError
            found[CONF_DIVISOR] = str(divisor)
        types = {name: each.kind for name, each in chosen.items()}
        return {**found, **self._unit(entered[CONF_UNIT]), "types": types}

    def _unit(self, text: str) -> dict[str, str]:
        """Return the description of the unit; raises InvalidUnitError."""
        if text in self.units:
            return {"unit_path": self.units[text].path}
        if (unit := read_unit(text)) is None:
            raise InvalidUnitError
        return {CONF_UNIT: unit}


def _find[T](candidates: Mapping[str, Candidate[T]], text: str) -> Candidate[T]:
    """Return the candidate with a text, or with a path; raises InvalidChoiceError."""
    by_path = {each.path: each for each in candidates.values()}
    found = candidates.get(text) or by_path.get(text.strip())
    if found is None:
        raise InvalidChoiceError
    return found


def _text(candidates: Mapping[str, Candidate[Any]], path: str | None) -> str | None:
    """Return the text of the candidate with a path; None if there is none."""
    return next((text for text, each in candidates.items() if each.path == path), None)


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


def balance_form(choices: Choices) -> vol.Schema:
    """Return the form for the balance, its unit, and what else is in the response."""
    amounts = _searchable(choices.amounts)
    advanced: dict[vol.Marker, object] = {
        vol.Optional(CONF_MINUS): amounts,
        vol.Optional(CONF_DIVISOR): TEXT_SELECTOR,
    }
    if choices.times:
        advanced[vol.Optional(CONF_RESET)] = _searchable(choices.times)
    return vol.Schema(
        {
            vol.Required(CONF_BALANCE): amounts,
            vol.Required(CONF_UNIT): _searchable([*choices.units, CREDITS, "USD", "EUR"]),
            vol.Required(CONF_ADVANCED): section(vol.Schema(advanced), {"collapsed": True}),
        }
    )


def confirmation_form(
    hass: HomeAssistant, balance: Balance, options: Mapping[str, Any] | None
) -> vol.Schema:
    """Return the last form; the options are those of an account that exists."""
    fields: dict[vol.Marker, object] = {}
    if options is None:
        fields |= threshold_field(hass, suggested_threshold(balance), balance.unit)
    else:
        threshold = float(threshold_of(options, balance.key))
        fields |= threshold_field(hass, threshold, balance.unit)
        auto_top_up = options.get(CONF_AUTO_TOP_UP, False)
        fields[vol.Required(CONF_AUTO_TOP_UP, default=auto_top_up)] = BooleanSelector()
    fields[vol.Required(CONF_CHOOSE_AGAIN, default=False)] = BooleanSelector()
    return vol.Schema(fields)


def _searchable(options: Iterable[str]) -> SelectSelector:
    """Return a searchable list of texts."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options), custom_value=True, mode=SelectSelectorMode.DROPDOWN
        )
    )
