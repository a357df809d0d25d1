"""What all config flows of an account share: the form for credentials, and the first request."""

from collections.abc import Mapping
from decimal import Decimal
import hashlib
import logging
from typing import Any

import voluptuous as vol
from yarl import URL

from homeassistant.config_entries import ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.helpers import instance_id
from homeassistant.helpers.selector import BooleanSelector

from .account import async_create_client
from .address_form import (
    VerificationRequiredError,
    address_fields,
    advanced_fields,
    entered_address,
)
from .api import (
    API_KEY,
    AccountSnapshot,
    ApiError,
    InvalidBaseUrlError,
    InvalidCredentialError,
    Provider,
    UnencryptedUrlError,
)
from .const import (
    CONF_AUTO_TOP_UP,
    CONF_BASE_URL,
    CONF_ENDPOINT,
    CONF_HOST,
    CONF_LOW_BALANCE_THRESHOLD,
    CONF_MAIN_BALANCE,
    CONF_PROVIDER,
)
from .coordinator import ApiBalanceConfigEntry
from .forms import SECRET_SELECTOR, TEXT_SELECTOR, extract_credential, threshold_field
from .providers import provider_of
from .thresholds import threshold_of, with_threshold

_LOGGER = logging.getLogger(__name__)

# Errors that a wrong address causes as well.
_ADDRESS_ERRORS = frozenset({"cannot_connect", "invalid_certificate", "unexpected_response"})


class ApiBalanceAccountFlow(ConfigFlow):
    """The parts of a flow about the credentials of one account."""

    _provider: Provider
    _data: dict[str, Any]
    _snapshot: AccountSnapshot

    def _names(self, *, secret: bool) -> list[str]:
        """Return the names of the provider's credentials that are secret or not."""
        return [each.name for each in self._provider.credentials if each.secret is secret]

    def _show_credentials(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        errors: dict[str, str],
        entry: ApiBalanceConfigEntry | None = None,
    ) -> ConfigFlowResult:
        """Show the form for credentials with what the user has entered so far."""
        provider = self._provider
        # The address of an own endpoint is not changed here.
        has_address = entry is None or CONF_ENDPOINT not in entry.data
        schema = address_fields(provider) if has_address else {}
        for each in provider.credentials:
            # An empty field keeps the stored secret.
            marker = vol.Required if entry is None or not each.secret else vol.Optional
            schema[marker(each.name)] = SECRET_SELECTOR if each.secret else TEXT_SELECTOR
        if entry is not None and step_id == "reconfigure":
            if key := entry.data.get(CONF_MAIN_BALANCE):
                threshold = float(threshold_of(entry.options, key))
                schema |= threshold_field(self.hass, threshold, _unit(entry, key))
            schema[vol.Optional(CONF_AUTO_TOP_UP, default=False)] = BooleanSelector()
        if has_address:
            schema |= advanced_fields(provider, user_input or {})
        labels = {f"{each.name}_label": each.label for each in provider.credentials}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(schema), user_input or {}),
            errors=errors,
            description_placeholders={
                "account": "" if entry is None else entry.title,
                "provider": provider.name,
                "key_hint": provider.key_hint,
                "key_url": provider.key_url,
                "base_url": provider.hosts[0].url if provider.hosts else "",
                **labels,
            },
        )

    async def _async_try(
        self, user_input: dict[str, Any], stored: Mapping[str, Any]
    ) -> dict[str, str]:
        """Request the balance; keep it and the entry's data, or return the form's errors."""
        provider = self._provider
        try:
            data = self._entry_data(user_input, stored)
        except InvalidCredentialError as err:
            return {err.name: "invalid_credential"}
        except UnencryptedUrlError:
            return {"base": "unencrypted" if provider.self_hosted else "invalid_url"}
        except InvalidBaseUrlError:
            return {"base": "invalid_url"}
        except VerificationRequiredError:
            return {"base": "verification_required"}
        if stored and API_KEY not in _entered(user_input) and _host(data) != _host(stored):
            return {API_KEY: "key_required"}
        if CONF_ENDPOINT not in data:
            # The same credentials at another address are still the same account.
            self._async_abort_entries_match(
                {CONF_PROVIDER: provider.slug}
                | {each.name: data[each.name] for each in provider.credentials}
            )
        try:
            data |= await async_create_client(self.hass, provider, data).resolve()
            # What was found may change how the response is read.
            provider = provider_of(data) or provider
            self._snapshot = await async_create_client(self.hass, provider, data).read()
        except ApiError as err:
            _LOGGER.debug("%s: %s: %s", provider.name, err.key, err.reason)
            has_url = CONF_BASE_URL in data and err.form_key in _ADDRESS_ERRORS
            return {"base": f"{err.form_key}_base_url" if has_url else err.form_key}
        except Exception:
            _LOGGER.exception("Unexpected error while reading a balance of %s", provider.name)
            return {"base": "unknown"}
        self._data = data
        return {}

    def _entry_data(self, user_input: dict[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the entry's data for what was entered; an empty field keeps what is stored.

        Raises InvalidCredentialError, InvalidBaseUrlError and VerificationRequiredError.
        """
        provider, entered = self._provider, _entered(user_input)
        credentials = {
            each.name: extract_credential(entered.get(each.name, stored.get(each.name, "")))
            for each in provider.credentials
        }
        credentials = provider.auth.clean(credentials)
        if CONF_ENDPOINT in stored:
            return {**stored, **credentials}
        address = entered_address(provider, user_input)
        return {CONF_PROVIDER: provider.slug, **credentials, **address}

    def _change_threshold(
        self, entry: ApiBalanceConfigEntry, key: str, user_input: Mapping[str, Any]
    ) -> None:
        """Change the threshold of a balance to what was entered; an empty field means none."""
        threshold = Decimal(str(user_input.get(CONF_LOW_BALANCE_THRESHOLD, 0)))
        if threshold == threshold_of(entry.options, key):
            return
        if entry.state is ConfigEntryState.LOADED:
            # An alarm starts or ends at once.
            entry.runtime_data.async_set_threshold(key, threshold)
            return
        options = with_threshold(entry.options, key, threshold)
        self.hass.config_entries.async_update_entry(entry, options=options)

    async def _async_identity(self) -> str | None:
        """Return a salted hash of the account's identity; None if the provider reports none."""
        field = self._provider.identity
        identity = None if field is None else self._snapshot.details.get(field)
        if not isinstance(identity, str):
            return None
        salt = await instance_id.async_get(self.hass)
        text = f"{salt}:{self._provider.slug}:{identity.casefold()}"
        return hashlib.sha256(text.encode()).hexdigest()


def _unit(entry: ApiBalanceConfigEntry, key: str) -> str:
    """Return the unit of a balance; empty while the account is not loaded."""
    if entry.state is not ConfigEntryState.LOADED:
        return ""
    return entry.runtime_data.account.unit(key)


def _entered(user_input: dict[str, Any]) -> dict[str, str]:
    """Return what was entered, without empty fields."""
    return {
        name: value
        for name, value in user_input.items()
        if isinstance(value, str) and value.strip()
    }


def _host(data: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the address that a key is sent to, without the path."""
    base_url = data.get(CONF_BASE_URL)
    return (data.get(CONF_HOST), None if base_url is None else str(URL(base_url).origin()))
