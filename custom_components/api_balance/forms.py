"""Parts of forms: selectors, suggestions, and what people paste into them."""

from decimal import Decimal
from math import isnan
import re
from typing import Any, Final, override

import voluptuous as vol

from homeassistant.core import HomeAssistant
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

from .api import Balance, Field, Provider
from .const import CONF_LOW_BALANCE_THRESHOLD, MAX_THRESHOLD
from .messages import unit_name

SECRET_SELECTOR: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)
TEXT_SELECTOR: Final = TextSelector(TextSelectorConfig(autocomplete="off"))
URL_SELECTOR: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))

# Whitespace, some of it invisible, that is copied from web pages together with a key.
_WHITESPACE: Final = " \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff"
_QUOTES: Final = ("'", '"', "`")
# What precedes a key in a line of a .env file, a shell script, or an HTTP request.
_PREFIXES: Final = (
    re.compile(r"(export\s+|set\s+|\$env:)?[A-Za-z_][A-Za-z0-9_]*\s*=\s*(?=[^=\s])"),
    re.compile(r"(-H|--header)\s+"),
    re.compile(r"['\"]?[A-Za-z][A-Za-z0-9-]*['\"]?:\s+"),
    re.compile(r"(bearer|token|basic|key|apikey)\s+", re.IGNORECASE),
)


class _ThresholdSelector(NumberSelector):
    """A number selector that refuses NaN."""

    @override
    def __call__(self, data: Any) -> float:
        """Return the number; raises Invalid if it is not one."""
        value = super().__call__(data)
        if isnan(value):
            msg = "expected a number"
            raise vol.Invalid(msg)
        return value


def threshold_selector(hass: HomeAssistant, unit: str) -> NumberSelector:
    """Return the selector for a threshold in a unit."""
    return _ThresholdSelector(
        NumberSelectorConfig(
            min=0,
            max=MAX_THRESHOLD,
            step="any",
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=unit_name(hass, unit),
        )
    )


def threshold_field(
    hass: HomeAssistant, threshold: float | None, unit: str
) -> dict[vol.Marker, object]:
    """Return the field for the threshold of a balance, with a suggestion if there is one."""
    # A suggested value of None would be sent back.
    description = {"suggested_value": threshold} if threshold else {}
    marker = vol.Optional(CONF_LOW_BALANCE_THRESHOLD, description=description)
    return {marker: threshold_selector(hass, unit)}


def provider_selector(providers: list[Provider], own_endpoint: str) -> SelectSelector:
    """Return the list of providers, self-hosted ones and the own endpoint last.

    The frontend makes a list searchable only if it accepts other values too, and then shows the
    value instead of its label. So the values are names: see find_provider.
    """
    providers = sorted(providers, key=lambda each: (each.self_hosted, each.name.casefold()))
    return SelectSelector(
        SelectSelectorConfig(
            options=[*(_provider_label(each) for each in providers), own_endpoint],
            mode=SelectSelectorMode.DROPDOWN,
            custom_value=True,
        )
    )


def find_provider(providers: list[Provider], entered: str) -> Provider | None:
    """Return the provider with a label, name, alias or slug, in any case; None if there is none."""
    text = entered.strip().casefold()
    for each in providers:
        names = (_provider_label(each), each.name, *each.aliases, each.slug)
        if text in {name.casefold() for name in names}:
            return each
    return None


def _provider_label(provider: Provider) -> str:
    """Return the name of a provider with its other names."""
    aliases = ", ".join(provider.aliases)
    return f"{provider.name} ({aliases})" if aliases else provider.name


def host_selector(provider: Provider) -> SelectSelector:
    """Return the list of a provider's hosts."""
    options = [SelectOptionDict(value=host.url, label=host.label) for host in provider.hosts]
    return SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST))


def suggested_threshold(balance: Balance) -> float | None:
    """Return the provider's own threshold, or about a tenth of the balance; None for neither."""
    own = balance.amounts.get(Field.ALERT_THRESHOLD)
    if own is not None and 0 < own <= MAX_THRESHOLD:
        return float(own)
    amount = balance.amounts[Field.BALANCE]
    if amount is None or amount <= 0:
        return None
    tenth = amount / 10
    rounded = tenth.quantize(Decimal(1).scaleb(tenth.adjusted()))
    return min(float(rounded), float(MAX_THRESHOLD))


def extract_credential(pasted: str) -> str:
    """Return a credential without what was copied with it from a web page, file or program.

    Examples: `export NAME="value"`, `x-api-key: value`, `Authorization: Bearer value`.
    """
    text = _unquote(pasted)
    for prefix in _PREFIXES:
        if match := prefix.match(text):
            text = _unquote(text[match.end() :])
    return text


def _unquote(text: str) -> str:
    """Return a text without whitespace, a final comma, and the pair of quotes around it."""
    text = text.strip(_WHITESPACE)
    text = text.removesuffix(",") if text.endswith(('",', "',")) else text
    for quote in _QUOTES:
        inner = text[1:-1]
        if len(text) > 1 and text == f"{quote}{inner}{quote}" and quote not in inner:
            return inner.strip(_WHITESPACE)
    return text
