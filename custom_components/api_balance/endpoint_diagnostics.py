"""Diagnostics of the user's own endpoint: everything that a new provider's adapter needs."""

from collections.abc import Mapping
import re
from typing import Any, Final
from urllib.parse import unquote

from yarl import URL

from .address_form import can_skip_verification
from .api import join_path, split_path
from .const import CONF_BASE_URL, CONF_ENDPOINT

# What may identify a person or an account: email addresses, numbers, keys and other IDs.
_PERSONAL: Final = re.compile(r".*@.*|[0-9]{5,}|(?=.*[0-9]).{16,}|.{40,}", re.DOTALL)
_REDACTED: Final = "**REDACTED**"
_FIELDS: Final = ("balance", "minus", "reset")
_WORDS: Final = ("auth", "divisor", "reset_format")
# What the user has entered, perhaps in the wrong field.
_TEXTS: Final = ("auth_name", "unit")


def endpoint_diagnostics(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the balance is requested and where it is: names, never a value or a secret."""
    endpoint = data[CONF_ENDPOINT]
    url = URL(data[CONF_BASE_URL])
    path = "/".join(_redact(unquote(part)) for part in endpoint["path"].split("/"))
    return {
        # An address in the user's own network is of no use to others.
        "host": _REDACTED if can_skip_verification(str(url)) else url.host_port_subcomponent,
        "path": path,
        "query": sorted(endpoint["query"]),
        "headers": sorted(endpoint["headers"]),
        **{name: endpoint[name] for name in _WORDS if name in endpoint},
        **{name: _redact(endpoint[name]) for name in _TEXTS if endpoint.get(name)},
        "fields": {
            name: {"path": _redact_path(endpoint[name]), "type": endpoint["types"][name]}
            for name in _FIELDS
            if name in endpoint
        },
        "unit_path": _redact_path(endpoint["unit_path"]) if "unit_path" in endpoint else None,
    }


def _redact_path(path: str) -> str:
    """Return the path of a value without what may be personal."""
    return join_path(_redact(key) for key in split_path(path))


def _redact(text: str) -> str:
    """Return a part of a path, unless it may be personal."""
    return _REDACTED if _PERSONAL.fullmatch(text) else text
