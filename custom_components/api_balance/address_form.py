"""The part of the form for credentials about the address that they are sent to."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from yarl import URL

from homeassistant.const import CONF_VERIFY_SSL
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import BooleanSelector

from .api import Provider, check_base_url, is_loopback, is_private
from .const import CONF_ADVANCED, CONF_BASE_URL, CONF_HOST
from .forms import URL_SELECTOR, host_selector


class VerificationRequiredError(ValueError):
    """Certificates of this address must be verified."""


def address_fields(provider: Provider) -> dict[vol.Marker, object]:
    """Return the fields that come before the credentials."""
    if provider.self_hosted:
        return {vol.Required(CONF_BASE_URL): URL_SELECTOR}
    if len(provider.hosts) > 1:
        return {vol.Required(CONF_HOST, default=provider.hosts[0].url): host_selector(provider)}
    return {}


def advanced_fields(provider: Provider, shown: Mapping[str, Any]) -> dict[vol.Marker, object]:
    """Return the section that comes after the credentials, collapsed unless it is used."""
    advanced = shown.get(CONF_ADVANCED, {})
    fields: dict[vol.Marker, object] = {vol.Optional(CONF_BASE_URL): URL_SELECTOR}
    is_used = bool(advanced.get(CONF_BASE_URL))
    if provider.self_hosted:
        fields = {vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector()}
        is_used = advanced.get(CONF_VERIFY_SSL) is False
    return {vol.Required(CONF_ADVANCED): section(vol.Schema(fields), {"collapsed": not is_used})}


def shown_address(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of these fields for the data of a config entry."""
    # Only what is set: the frontend would send None back.
    base_url = {name: data[name] for name in (CONF_BASE_URL,) if name in data}
    return {
        **{name: data[name] for name in (CONF_HOST,) if name in data},
        **base_url,
        CONF_ADVANCED: {**base_url, CONF_VERIFY_SSL: data.get(CONF_VERIFY_SSL, True)},
    }


def entered_address(provider: Provider, user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry's data for what was entered in these fields.

    Raises InvalidBaseUrlError and VerificationRequiredError.
    """
    data: dict[str, Any] = {}
    if CONF_HOST in user_input:
        data[CONF_HOST] = user_input[CONF_HOST]
    advanced: Mapping[str, Any] = user_input[CONF_ADVANCED]
    text: str = (user_input if provider.self_hosted else advanced).get(CONF_BASE_URL, "").strip()
    if (text or provider.self_hosted) and (base_url := check_base_url(text, provider)) is not None:
        data[CONF_BASE_URL] = base_url
    if advanced.get(CONF_VERIFY_SSL) is False:
        if not can_skip_verification(data[CONF_BASE_URL]):
            raise VerificationRequiredError
        data[CONF_VERIFY_SSL] = False
    return data


def can_skip_verification(base_url: str) -> bool:
    """Return whether the certificate of an address in the own network may be left unverified."""
    host = URL(base_url).host or ""
    return is_loopback(host) or is_private(host)
