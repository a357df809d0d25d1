"""Which accounts and balances the target of a trigger, condition or action means."""

from typing import NamedTuple

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .api import Field
from .const import DOMAIN
from .coordinator import ApiBalanceCoordinator
from .entity import balance_key, description_key


class BalanceRef(NamedTuple):
    """A balance of an account; all balances of the account if `key` is None."""

    entry_id: str
    key: str | None


@callback
def async_own_entity(hass: HomeAssistant, entity_id: str) -> er.RegistryEntry | None:
    """Return the registry entry of an entity of ours; None for any other entity."""
    entity = er.async_get(hass).async_get(entity_id)
    return entity if entity is not None and entity.platform == DOMAIN else None


@callback
def async_balance_ref(hass: HomeAssistant, entity_id: str) -> BalanceRef | None:
    """Return the balance or account that an entity of ours stands for."""
    entity = async_own_entity(hass, entity_id)
    if entity is None or entity.config_entry_id is None:
        return None
    return BalanceRef(entity.config_entry_id, balance_key(entity))


@callback
def async_coordinator(hass: HomeAssistant, entry_id: str) -> ApiBalanceCoordinator | None:
    """Return the coordinator of an account; None while the account is not loaded."""
    entry = hass.config_entries.async_get_entry(entry_id)
    # It exists from before the entities are added until after they are removed.
    return getattr(entry, "runtime_data", None)


@callback
def async_balances(hass: HomeAssistant, target: TargetSelection) -> set[BalanceRef]:
    """Return the balances and accounts in a target, of which every entity stands for its own.

    A hidden or disabled entity does not matter as long as another entity of the device is meant.
    """
    selected = async_extract_referenced_entity_ids(
        hass, target, expand_group=False, primary_entities_only=False
    )
    refs = (
        async_balance_ref(hass, entity_id)
        for entity_id in selected.referenced | selected.indirectly_referenced
    )
    return {ref for ref in refs if ref is not None}


@callback
def async_is_meant(hass: HomeAssistant, target: TargetSelection, entry_id: str, key: str) -> bool:
    """Return whether a target means a balance; an empty target means all of them."""
    # Home Assistant has the exclude block since 2026.11. Excluding one entity of an account
    # excludes the account.
    exclude: TargetSelection | None = getattr(target, "exclude", None)
    if exclude is not None and _contains(async_balances(hass, exclude), entry_id, key):
        return False
    return not target.has_any_target or _contains(async_balances(hass, target), entry_id, key)


def _contains(refs: set[BalanceRef], entry_id: str, key: str) -> bool:
    """Return whether a balance, or its whole account, is among others."""
    return BalanceRef(entry_id, key) in refs or BalanceRef(entry_id, None) in refs


@callback
def async_check_entities(
    hass: HomeAssistant, target: TargetSelection, keys: frozenset[str] | None = None
) -> None:
    """Raise Invalid for an explicit entity that a trigger or condition could never match.

    `keys` are the keys of the allowed entity descriptions; None allows every entity of ours.
    """
    for entity_id in target.entity_ids:
        entity = er.async_get(hass).async_get(entity_id)
        if entity is None:
            continue
        if entity.platform != DOMAIN:
            msg = f"{entity_id} is not an entity of API Balance; choose an account or its balance"
            raise vol.Invalid(msg)
        if keys is not None and description_key(entity) not in keys:
            msg = f"{entity_id} is not an amount; choose a sensor such as Balance or Spent today"
            raise vol.Invalid(msg)


@callback
def async_amounts(
    hass: HomeAssistant, entity_ids: set[str], explicit: set[str], keys: frozenset[str]
) -> set[str]:
    """Return the amounts that were chosen one by one, and the balances among all others.

    `keys` are the keys of the entity descriptions that are amounts.
    """
    found = {
        entity_id: description_key(entity)
        for entity_id in entity_ids
        if (entity := async_own_entity(hass, entity_id)) is not None
    }
    return {
        entity_id
        for entity_id, key in found.items()
        if key == Field.BALANCE or (entity_id in explicit and key in keys)
    }
