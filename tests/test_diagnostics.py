"""Diagnostics: sufficient for a bug report, without anything secret and without amounts."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.api_balance.api import Client
from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, refresh, set_up, threshold

pytestmark = pytest.mark.real_storage

NOW: Final = "2026-11-05T12:00:00+00:00"
# The only numbers, none of which is an amount.
NUMBERS: Final = {
    "bytes",
    "days",
    "failures_in_a_row",
    "hours",
    "milliseconds",
    "next_poll_after_seconds",
    "untold_events",
}


async def download(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> dict[str, Any]:
    """Download the diagnostics of an account."""
    assert await async_setup_component(hass, "diagnostics", {})
    result = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert isinstance(result, dict)
    return result


@pytest.mark.freeze_time(NOW)
async def test_diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers, clock: Clock
) -> None:
    """They have the fields with their types, the requests, and the size of the ledger."""
    entry = await set_up(hass, providers.entry("lunos", options=threshold("543.21")))
    # The ledger is written.
    await clock.advance(seconds=6)
    found = await download(hass, hass_client, entry)
    assert found["requests"][0].pop("milliseconds") >= 0
    assert found["ledger_file"].pop("bytes") > 200
    ledger = {"since": NOW, "last_reading": NOW, "days": 0, "hours": 0, "untold_events": 0}
    fields = {"balance": "amount", "alert_threshold": "amount"}
    assert found == {
        "provider": "lunos",
        "custom_base_url": True,
        "options": ["low_balance_threshold"],
        "polling": True,
        "state": "loaded",
        "reason": None,
        "requests": [{"at": NOW, "error": None, "reason": None}],
        "failures_in_a_row": 0,
        "ledger_file": {"bytes_set_aside": None},
        "disabled_entities": ["sensor.account_email", "sensor.provider_updated"],
        "last_update_success": True,
        "last_error": None,
        "last_error_reason": None,
        "next_poll_after_seconds": 900,
        "balances": [{"unit": "credits", "threshold_set": True, "low": True, "fields": fields}],
        "flags": {"alert_enabled": True, "provider_low_balance": False},
        "details": {"provider_updated": "time", "account_email": "text"},
        "ledgers": {"credits": ledger},
    }


async def test_no_threshold(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """They say that the user has set no threshold."""
    entry = await set_up(hass, providers.entry("crun"))
    found = await download(hass, hass_client, entry)
    assert found["options"] == []
    assert found["balances"][0]["threshold_set"] is False


async def test_versions(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """Home Assistant adds its own version and the version of the integration."""
    assert await async_setup_component(hass, "diagnostics", {})
    entry = await set_up(hass, providers.entry("crun"))
    client = await hass_client()
    response = await client.get(f"/api/diagnostics/config_entry/{entry.entry_id}")
    found = await response.json()
    assert found["home_assistant"]["version"]
    assert found["integration_manifest"]["version"]


async def test_unknown_value(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """A field that the provider reports as null is distinguished from the others."""
    entry = await set_up(hass, providers.entry("lensmor", "gift_only"))
    found = await download(hass, hass_client, entry)
    assert found["details"] == {"reset": "null"}


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
    assert errors == [None, None, "unexpected_response"]
    assert [ledger["days"] for ledger in found["ledgers"].values()] == [1]
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


async def test_failure(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers, clock: Clock
) -> None:
    """They have the result of the last requests, and when the next one is sent."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.respond_as("crun", "maintenance_in_200")
    await clock.next_poll()
    await clock.advance(seconds=36)
    found = await download(hass, hass_client, entry)
    assert found["last_update_success"] is False
    assert found["last_error"] == "cannot_connect"
    assert found["last_error_reason"] == "HTTP 200, code 455"
    assert [(each["error"], each["reason"]) for each in found["requests"]] == [
        (None, None),
        ("cannot_connect", "HTTP 200, code 455"),
        ("cannot_connect", "HTTP 200, code 455"),
    ]
    assert found["failures_in_a_row"] == 2
    assert found["next_poll_after_seconds"] == 60

    providers.respond_as("crun", None)
    await clock.advance(minutes=2)
    found = await download(hass, hass_client, entry)
    assert found["failures_in_a_row"] == 0
    assert found["next_poll_after_seconds"] == 900
    # The last error stays.
    assert found["last_error"] == "cannot_connect"


async def test_ten_requests_are_kept(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """They have the last ten requests, the newest last."""
    entry = await set_up(hass, providers.entry("crun"))
    for _ in range(10):
        await refresh(hass, entry)
    providers.respond_as("crun", "maintenance")
    await refresh(hass, entry)
    found = await download(hass, hass_client, entry)
    results = [request["error"] for request in found["requests"]]
    assert results == [None] * 9 + ["cannot_connect"]


@pytest.mark.expects_traceback("Unexpected error fetching Crun.ai data")
async def test_unexpected_exception(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """They have the type of an unexpected exception, but not its text."""
    entry = await set_up(hass, providers.entry("crun"))
    with patch.object(Client, "read", side_effect=KeyError("planted")):
        await refresh(hass, entry)
    found = await download(hass, hass_client, entry)
    assert found["last_error"] == "KeyError"
    assert "planted" not in json.dumps(found)
    assert found["last_error_reason"] is None


@pytest.mark.parametrize(("scenario", "polling"), [("invalid_key", True), ("active", False)])
async def test_no_next_poll(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    providers: Providers,
    scenario: str,
    *,
    polling: bool,
) -> None:
    """No poll is planned while credentials are refused or the user has disabled polling."""
    entry = await set_up(hass, providers.entry("lunos"))
    hass.config_entries.async_update_entry(entry, pref_disable_polling=not polling)
    providers.respond_as("lunos", scenario)
    await refresh(hass, entry)
    found = await download(hass, hass_client, entry)
    assert found["polling"] is polling
    assert found["next_poll_after_seconds"] is None


async def test_unreadable_ledger(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """They have the size of a ledger file that was renamed because it is not readable."""
    entry = providers.entry("crun")
    path = Path(hass.config.path(".storage", f"api_balance.{entry.entry_id}"))
    path.parent.mkdir(exist_ok=True)
    path.write_text("no ledger")  # noqa: ASYNC240 - nothing else runs meanwhile
    await set_up(hass, entry)
    found = await download(hass, hass_client, entry)
    assert found["ledger_file"]["bytes_set_aside"] == len("no ledger")


async def test_setup_failed(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """They are available for an account whose setup fails."""
    entry = await set_up(hass, providers.entry("lunos", "malformed"))
    await hass.config_entries.async_reload(entry.entry_id)
    found = await download(hass, hass_client, entry)
    requests = found.pop("requests")
    assert [(each["error"], each["reason"]) for each in requests] == [
        ("unexpected_response", "the answer is not valid JSON")
    ] * 2
    # Home Assistant keeps the translation key since 2026.9.
    assert found.pop("reason") in {None, "unexpected_response"}
    assert found == {
        "provider": "lunos",
        "custom_base_url": True,
        "options": [],
        "polling": True,
        "state": "setup_retry",
        "failures_in_a_row": 2,
        "ledger_file": {"bytes": None, "bytes_set_aside": None},
        "disabled_entities": [],
    }


@pytest.mark.expects_traceback("does not know the provider later")
async def test_unknown_provider(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """They are available for an entry of a later version with an unknown provider."""
    entry = await set_up(hass, MockConfigEntry(domain=DOMAIN, data={"provider": "later"}))
    found = await download(hass, hass_client, entry)
    assert (found["provider"], found["state"]) == ("later", "setup_error")
    assert found["reason"] == "unknown_provider"
    assert found["requests"] == []


async def test_removed_account(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """The requests of an account are forgotten when it is removed."""
    entry = await set_up(hass, providers.entry("lunos", "malformed"))
    await hass.config_entries.async_remove(entry.entry_id)
    entry.add_to_hass(hass)
    assert (await download(hass, hass_client, entry))["requests"] == []
