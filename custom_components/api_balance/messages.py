"""Sentences about accounts in Home Assistant's language, with localized amounts and dates.

All wording and all formats come from the section `common` of the translations.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .units import is_currency

# An amount that goes with the form of a unit that stands for any amount.
_ANY_AMOUNT: Final = Decimal(5)


@callback
def translate(hass: HomeAssistant, key: str, **placeholders: str) -> str:
    """Return a sentence of the translations' section `common`; empty if it is missing."""
    text = _texts(hass).get(_name(key))
    return "" if text is None else text.format(**placeholders)


@callback
def format_amount(hass: HomeAssistant, amount: Decimal, unit: str) -> str:
    """Return an amount with its unit: exact, and money with at least two decimal places."""
    texts = _texts(hass)
    exponent = amount.normalize().as_tuple().exponent
    places = max(-int(exponent), 2 if is_currency(unit) else 0)
    number = _localize(f"{amount:,.{places}f}", texts.get(_name("number_example"), "1,234.5"))
    return f"{number} {_unit(hass, unit, amount)}"


@callback
def unit_name(hass: HomeAssistant, unit: str) -> str:
    """Return a unit as it is shown next to a number: a code of a currency, or a plural."""
    return _unit(hass, unit, _ANY_AMOUNT)


@callback
def format_time(hass: HomeAssistant, time: datetime, *, with_hour: bool = True) -> str:
    """Return a time in the user's time zone, with the hour or only as a date."""
    local = dt_util.as_local(time)
    return translate(
        hass,
        "date_and_time" if with_hour else "date",
        year=str(local.year),
        month=f"{local.month:02}",
        day=f"{local.day:02}",
        hour=f"{local.hour:02}",
        minute=f"{local.minute:02}",
    )


def _unit(hass: HomeAssistant, unit: str, amount: Decimal) -> str:
    """Return the form of a unit that goes with an amount; a unit without a translation as it is."""
    if forms := _texts(hass).get(_name(f"unit_{unit}")):
        return _plural(forms.split("|"), amount, hass.config.language)
    return unit


def _texts(hass: HomeAssistant) -> dict[str, str]:
    """Return the section `common` of the translations, flattened."""
    return async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)


def _name(key: str) -> str:
    """Return the full key of a text."""
    return f"component.{DOMAIN}.common.{key}"


def _localize(number: str, example: str) -> str:
    """Return a number such as 1,234.5 with the separators of an example such as 1.234,5."""
    group, decimal = example[1] if len(example) > len("1234.5") else "", example[-2]
    return number.translate({ord(","): group, ord("."): decimal})


def _plural(forms: list[str], amount: Decimal, language: str) -> str:
    """Return the form of a unit that goes with an amount.

    The forms are singular and plural; in Polish singular, few, many, and the one for fractions; in
    languages without plurals there is one form.
    """
    number = abs(amount)
    if language == "pl":
        index = _polish_plural(number)
    elif language in {"fr", "pt-BR"}:
        index = 0 if number < 2 else 1  # noqa: PLR2004 - the rule of these languages
    else:
        index = 0 if number == 1 else 1
    return forms[min(index, len(forms) - 1)]


def _polish_plural(number: Decimal) -> int:
    """Return the index of the Polish plural form (CLDR: one, few, many, other)."""
    if number != number.to_integral_value():
        return 3
    if number == 1:
        return 0
    tens, ones = divmod(int(number) % 100, 10)
    return 1 if ones in {2, 3, 4} and tens != 1 else 2
