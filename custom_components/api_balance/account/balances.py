"""Which balances an account has, and which of them is the main one."""

from collections.abc import Mapping
from datetime import datetime

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..api import AccountSnapshot, Balance, Provider
from ..const import CONF_MAIN_BALANCE, MAX_BALANCES, REMOVE_BALANCE_AFTER


class Balances:
    """The balances of one account by their keys."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, provider: Provider, units: dict[str, str]
    ) -> None:
        """Prepare the balances of a config entry; units are kept in storage."""
        self._hass = hass
        self._entry = entry
        self._has_several = provider.each is not None or provider.balances is not None
        self.units = units
        """Unit of each balance by key, in the order in which they were found."""
        self._missing: frozenset[str] = frozenset()

    @property
    def main(self) -> str:
        """Return the key of the main balance."""
        return self._entry.data.get(CONF_MAIN_BALANCE) or next(iter(self.units), "")

    def watched(self, snapshot: AccountSnapshot) -> list[Balance]:
        """Return the balances in a response that belong to the account, known ones first."""
        known = [balance for balance in snapshot.balances if balance.key in self.units]
        new = [balance for balance in snapshot.balances if balance.key not in self.units]
        return [*known, *new[: max(0, MAX_BALANCES - len(self.units))]]

    def admit(self, snapshot: AccountSnapshot) -> bool:
        """Return whether a response may be used: one that lacks a balance has to be confirmed."""
        missing = frozenset(self.units) - {balance.key for balance in snapshot.balances}
        is_new, self._missing = bool(missing - self._missing), missing
        return not is_new

    def update(
        self, snapshot: AccountSnapshot, now: datetime, last_readings: Mapping[str, datetime]
    ) -> tuple[list[Balance], list[str]]:
        """Take over the balances in an accepted response.

        Returns the balances that are new and the keys of those that the account no longer has. An
        account with a single balance has changed its unit if the balance is missing; one with
        several may report an empty one again.
        """
        removed = [
            key
            for key in self._missing
            if not self._has_several or now - last_readings.get(key, now) > REMOVE_BALANCE_AFTER
        ]
        watched = self.watched(snapshot)
        for key in removed:
            del self.units[key]
        self._missing -= set(removed)
        added = [balance for balance in watched if balance.key not in self.units]
        self.units |= {balance.key: balance.unit for balance in watched}
        if self._entry.data.get(CONF_MAIN_BALANCE) not in self.units:
            self._hass.config_entries.async_update_entry(
                self._entry, data={**self._entry.data, CONF_MAIN_BALANCE: next(iter(self.units))}
            )
        return added, removed
