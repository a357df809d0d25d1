"""Diagnostics contain nothing secret and no amount, whatever the provider has sent."""

from collections.abc import Iterator
import json
from typing import Final

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.api_balance.providers import BY_SLUG
from homeassistant.core import HomeAssistant

from .common import Clock, Providers, refresh, set_up
from .test_diagnostics import download

# The only numbers, none of which is an amount.
NUMBERS: Final = {
    "bytes",
    "consecutive_failures",
    "days",
    "hours",
    "milliseconds",
    "pending_events",
    "seconds_to_next_request",
    "unreadable_seconds",
}


def leaves(node: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value with the name of its key."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, name)
    else:
        yield name, node


@pytest.mark.parametrize("slug", BY_SLUG)
async def test_nothing_secret(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    providers: Providers,
    clock: Clock,
    slug: str,
) -> None:
    """They have no credential, address, name or amount, whatever the provider has sent."""
    options = {"low_balance_threshold": {"credits": "5.4321", "USD": "5.4321"}}
    entry = await set_up(hass, providers.entry(slug, options=options))
    hass.config_entries.async_update_entry(entry, title="Jane's account")
    providers.spend(slug, "1.2345")
    await clock.next_poll()
    providers.respond_as(slug, "malformed")
    await refresh(hass, entry)
    found = await download(hass, hass_client, entry)
    errors = [request["error"] for request in found["requests"]]
    assert errors[0] is None
    assert errors[-1] == "unexpected_response"
    ledgers = found["ledgers"].values()
    assert any(ledger["last_reading"] > ledger["since"] for ledger in ledgers)
    text = json.dumps(found)
    for secret in (
        *providers.credentials(slug).values(),
        "127.0.0.1",
        "localhost",
        str(providers.server.port),
        "@",
        "Jane",
        entry.entry_id,
    ):
        assert secret not in text
    values = list(leaves(found))
    assert {name for name, value in values if type(value) in {int, float}} <= NUMBERS
    # An amount as a text has a decimal point.
    texts = [value for _, value in values if isinstance(value, str) and "." in value]
    assert not [each for each in texts if not each.startswith("sensor.")]
