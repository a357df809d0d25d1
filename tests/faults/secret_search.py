"""A search for credentials and personal data in everything that leaves the integration."""

from base64 import b64encode
from collections.abc import Iterator
import re
import traceback
from typing import Any, Final

from custom_components.api_balance.diagnostics import async_get_config_entry_diagnostics
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, callback
from homeassistant.helpers import issue_registry as ir

from .accounts import ENTERED, STORED, Accounts

# In the response of one provider.
EMAIL: Final = "user@example.com"
_WORD: Final = re.compile(r"Word\w+")


class SecretSearch:
    """Collects texts, and searches each of them once for all secrets."""

    def __init__(self, accounts: Accounts) -> None:
        """Record all events."""
        self._accounts = accounts
        self._texts: list[tuple[str, str]] = []
        accounts.hass.bus.async_listen(MATCH_ALL, self._add_event)

    @callback
    def _add_event(self, event: Event[Any]) -> None:
        """Add an event."""
        self.add("event", event.as_dict())

    def add(self, place: str, value: object) -> None:
        """Add a value, as text or in the form that a log would have."""
        self._texts.append((place, value if isinstance(value, str) else repr(value)))

    def add_error(self, error: BaseException | None) -> None:
        """Add an error with its traceback and all its causes."""
        if error is None:
            return
        self.add("traceback", "".join(traceback.format_exception(error)))
        while error is not None:
            self.add("error", [error, error.args, vars(error), str(error)])
            error = error.__cause__ or error.__context__

    def add_flow_result(self, result: dict[str, Any]) -> None:
        """Add the form of a flow, with its default and suggested values."""
        self.add("form", {**result, "data_schema": None})
        self.add("form", list(_describe(result["data_schema"].schema)))

    async def add_accounts(self) -> None:
        """Add what is shown of all accounts now."""
        hass = self._accounts.hass
        for entry in self._accounts.entries.values():
            coordinator = getattr(entry, "runtime_data", None)
            self.add_error(coordinator and coordinator.last_exception)
            self.add("diagnostics", await async_get_config_entry_diagnostics(hass, entry))
            self.add("reason", entry.reason or "")
            self.add("entry", entry)
        self.add("flows", hass.config_entries.flow.async_progress())
        self.add("issues", list(ir.async_get(hass).issues.values()))

    def secrets(self, *suffixes: str) -> re.Pattern[str]:
        """Return a pattern for all credentials with a suffix, and for personal data."""
        found = {EMAIL, EMAIL.replace("@", "%40")}
        for suffix in suffixes:
            found |= set(_WORD.findall(suffix))
            for slug in self._accounts.entries:
                credentials = self._accounts.credentials(slug, suffix)
                for text in (credentials["api_key"], ":".join(credentials.values())):
                    found.add(b64encode(text.encode()).decode())
        return re.compile("|".join(map(re.escape, found)))

    def check(self, log: str) -> None:
        """Fail with the place if a secret is found."""
        for text in (log, *self._accounts.cleared_logs):
            self.add("log", text)
        all_secrets, stored = self.secrets(STORED, ENTERED), self.secrets(STORED)
        for place, text in self._texts:
            # A form shows what was entered in it.
            pattern = stored if place == "form" else all_secrets
            found = pattern.search(text)
            assert not found, f"{place}: {text[max(0, found.start() - 200) : found.end() + 20]}"
        # Once in each request, but not in those of the system health page.
        heads = self._accounts.server.heads
        assert {1} <= {len(all_secrets.findall(head)) for head in heads} <= {0, 1}


def _describe(schema: dict[Any, Any]) -> Iterator[object]:
    """Yield the fields of a form with their values, including its sections."""
    for key, value in schema.items():
        yield key, key.description, getattr(key, "default", None), value
        if hasattr(value, "schema") and hasattr(value.schema, "schema"):
            yield from _describe(value.schema.schema)
