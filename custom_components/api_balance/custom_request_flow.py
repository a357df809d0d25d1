"""Steps for the request to the user's own endpoint: its address, and its key."""

from abc import abstractmethod
from collections.abc import Mapping
import logging
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.const import CONF_NAME, CONF_VERIFY_SSL

from .account import async_create_client
from .api import (
    API_KEY,
    IDENTIFIER,
    ApiError,
    AuthKind,
    InvalidCredentialError,
    JsonObject,
    Received,
    UnexpectedResponseError,
)
from .api.curl import EndpointProblem, InvalidEndpointError
from .api.endpoint import Endpoint, check_auth_name, parse_address
from .const import CONF_BASE_URL, CONF_ENDPOINT, CONF_PROVIDER
from .custom_forms import (
    CONF_ADDRESS,
    CONF_AUTH,
    CONF_AUTH_NAME,
    Choices,
    address_form,
    can_contain_key,
    key_form,
    shown_address,
    shown_key,
)
from .flow import ApiBalanceAccountFlow
from .forms import extract_credential
from .messages import translate
from .providers import custom

_LOGGER = logging.getLogger(__name__)


class ApiBalanceCustomRequestFlow(ApiBalanceAccountFlow):
    """The parts of a flow about the request to the user's own endpoint."""

    _name: str
    _endpoint: Endpoint
    _body: JsonObject
    _choices: Choices

    @abstractmethod
    async def async_step_custom_balance(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Continue after a response with numbers."""

    @property
    def _stored(self) -> Mapping[str, Any]:
        """Return the data of the account that is reconfigured; empty for a new one."""
        is_new = self.source != SOURCE_RECONFIGURE
        return {} if is_new else self._get_reconfigure_entry().data

    async def async_step_custom(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a name and the address."""
        errors: dict[str, str] = {}
        shown = shown_address(self._stored)
        if user_input is not None:
            name, address = user_input[CONF_NAME].strip(), user_input[CONF_ADDRESS]
            try:
                self._endpoint = self._with_stored_headers(parse_address(address))
            except InvalidEndpointError as err:
                errors[CONF_ADDRESS] = err.problem
                # A key is not sent back.
                shown = {CONF_NAME: name, CONF_ADDRESS: "" if can_contain_key(address) else address}
            else:
                self._name = name or translate(self.hass, "own_endpoint")
                found = self._endpoint.credentials
                is_complete = found is not None and found.api_key and not self._stored
                shown = shown_key(self._endpoint, {})
                return await self.async_step_custom_key(shown if is_complete else None)
        return self.async_show_form(
            step_id="custom",
            data_schema=self.add_suggested_values_to_schema(address_form(), shown),
            errors=errors,
        )

    def _with_stored_headers(self, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint with the stored headers, which a URL cannot contain."""
        stored = self._stored
        if not stored or endpoint.headers or endpoint.base_url != stored[CONF_BASE_URL]:
            return endpoint
        return endpoint._replace(headers=stored[CONF_ENDPOINT]["headers"])

    async def async_step_custom_key(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how the request authenticates, and send it."""
        errors: dict[str, str] = {}
        placeholders = {"provider": self._name}
        if user_input is not None:
            errors = await self._async_fetch(user_input, placeholders)
            if not errors:
                return await self.async_step_custom_balance()
        shown = shown_key(self._endpoint, self._stored) if user_input is None else user_input
        shown = {name: value for name, value in shown.items() if name != API_KEY}
        return self.async_show_form(
            step_id="custom_key",
            data_schema=self.add_suggested_values_to_schema(
                key_form(self._endpoint.base_url), shown
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_fetch(
        self, user_input: dict[str, Any], placeholders: dict[str, str]
    ) -> dict[str, str]:
        """Send one request; keep the response and the entry's data, or return the form's errors."""
        try:
            self._data = self._request_data(user_input)
        except InvalidEndpointError as err:
            return {CONF_AUTH_NAME: err.problem}
        except InvalidCredentialError as err:
            return {err.name: "invalid_credential"}
        stored, data = self._stored, self._data
        is_stored_key = stored and not self._entered_key(user_input)
        if API_KEY in data and is_stored_key and data[CONF_BASE_URL] != stored[CONF_BASE_URL]:
            return {API_KEY: "key_required"}
        client = async_create_client(self.hass, custom.build(data), data)
        try:
            body, received = await client.fetch()
        except ApiError as err:
            _LOGGER.debug("%s: %s: %s", self._name, err.key, err.reason)
            placeholders |= {"reason": err.reason, **_describe(err.received)}
            return {"base": _error(err)}
        except Exception:
            _LOGGER.exception("Unexpected error while reading %s", self._name)
            return {"base": "unknown"}
        self._body, self._choices = body, Choices.of(self.hass, body)
        if not self._choices.amounts:
            placeholders |= _describe(received)
            return {"base": "no_number"}
        return {}

    def _request_data(self, user_input: Mapping[str, Any]) -> dict[str, Any]:
        """Return the entry's data for what was entered about the request.

        Raises InvalidEndpointError and InvalidCredentialError.
        """
        found, kind = self._endpoint, AuthKind(user_input[CONF_AUTH])
        name = check_auth_name(kind, user_input.get(CONF_AUTH_NAME, ""))
        if name in found.query or name.lower() in {each.lower() for each in found.headers}:
            raise InvalidEndpointError(EndpointProblem.NAME)
        data: dict[str, Any] = {
            CONF_PROVIDER: custom.SLUG,
            CONF_NAME: self._name,
            CONF_BASE_URL: found.base_url,
            CONF_ENDPOINT: {
                "path": found.path,
                "query": dict(found.query),
                "headers": dict(found.headers),
                CONF_AUTH: kind.value,
                CONF_AUTH_NAME: name,
            },
        }
        if user_input.get(CONF_VERIFY_SSL) is False:
            data[CONF_VERIFY_SSL] = False
        credentials: dict[str, str] = {}
        identifier = (user_input.get(IDENTIFIER) or "").strip()
        if kind is AuthKind.BASIC and identifier:
            credentials[IDENTIFIER] = identifier
        if kind is not AuthKind.NONE:
            key = self._entered_key(user_input) or self._stored.get(API_KEY, "")
            credentials[API_KEY] = key
        return data | custom.build(data | credentials).auth.clean(credentials)

    def _entered_key(self, user_input: Mapping[str, Any]) -> str:
        """Return the key from the form or from the address; empty if there is none."""
        found = self._endpoint.credentials
        in_address = "" if found is None else found.api_key
        return extract_credential(user_input.get(API_KEY, "")) or in_address


def _error(error: ApiError) -> str:
    """Return the name of an error in the form for the key."""
    if error.received is not None:
        return "too_large" if error.received.size is None else "not_json"
    if isinstance(error, UnexpectedResponseError):
        return "unexpected_status"
    return error.form_key


def _describe(received: Received | None) -> dict[str, str]:
    """Return what the form says about a response: its type and size, never its content."""
    if received is None:
        return {}
    return {"content_type": received.content_type or "—", "size": str(received.size)}
