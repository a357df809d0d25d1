"""Diagnostics: sufficient for a bug report, without anything secret and without amounts."""

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
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, refresh, set_up, threshold

pytestmark = pytest.mark.real_storage

NOW: Final = "2026-11-05T12:00:00+00:00"
# Of an account that is loaded, without what differs each time.
BALANCE: Final = {
    "key": "credits",
    "unit": "credits",
    "main": True,
    "threshold_set": True,
    "low": True,
    "fields": {"balance": "amount", "alert_threshold": "amount"},
}
LEDGER: Final = {"since": NOW, "last_reading": NOW, "days": 0, "hours": 0, "pending_events": 0}
LOADED: Final = {
    "provider": "lunos",
    "custom_base_url": True,
    "options": ["low_balance_threshold"],
    "polling": True,
    "state": "loaded",
    "reason": None,
    "requests": [{"at": NOW, "error": None, "reason": None}],
    "consecutive_failures": 0,
    "seconds_to_next_request": 0,
    "unreadable_seconds": 0,
    "ledger_file": {"corrupt_bytes": None},
    "disabled_entities": [
        "sensor.account_email",
        "sensor.last_poll",
        "sensor.provider_updated",
        "sensor.spent_last_month",
        "sensor.spent_yesterday",
    ],
    "status": "ok",
    "last_update_success": True,
    "awaits_confirmation": False,
    "balances": [BALANCE],
    "flags": {"alert_enabled": True, "provider_low_balance": False},
    "details": {"provider_updated": "time", "account_email": "text"},
    "problems": {},
    "ledgers": {"credits": LEDGER},
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
    assert found == LOADED


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


async def test_failure(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers, clock: Clock
) -> None:
    """They have the result of the last requests, and when the next one may be sent."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.respond_as("crun", "maintenance_in_200")
    await clock.advance(seconds=901)
    await clock.advance(seconds=36)
    found = await download(hass, hass_client, entry)
    assert found["last_update_success"] is True
    assert [(each["error"], each["reason"]) for each in found["requests"]] == [
        (None, None),
        ("cannot_connect", "HTTP 200, code 455"),
        ("cannot_connect", "HTTP 200, code 455"),
    ]
    assert found["consecutive_failures"] == 2
    assert found["seconds_to_next_request"] == 60
    assert found["unreadable_seconds"] == 36
    await clock.advance(seconds=61)
    await clock.advance(seconds=121)
    found = await download(hass, hass_client, entry)
    assert found["last_update_success"] is False
    assert found["status"] == "cannot_connect"

    providers.respond_as("crun", None)
    await clock.advance(seconds=241)
    found = await download(hass, hass_client, entry)
    assert found["consecutive_failures"] == 0
    assert found["seconds_to_next_request"] == 0
    assert found["unreadable_seconds"] == 0
    assert found["status"] == "ok"


async def test_suspicious_reading(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers, clock: Clock
) -> None:
    """They say that a reading waits for its confirmation."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.spend("crun", 900)
    await clock.advance(seconds=901)
    assert (await download(hass, hass_client, entry))["awaits_confirmation"] is True
    await clock.advance(seconds=2)
    assert (await download(hass, hass_client, entry))["awaits_confirmation"] is False


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
    """They have nothing of the text of an unexpected exception."""
    entry = await set_up(hass, providers.entry("crun"))
    with patch.object(Client, "read", side_effect=KeyError("planted")):
        await refresh(hass, entry)
    found = await download(hass, hass_client, entry)
    assert found["last_update_success"] is False
    assert "planted" not in json.dumps(found)


async def test_refused_credentials(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers, clock: Clock
) -> None:
    """The next request is sent after an hour while the credentials are refused."""
    entry = await set_up(hass, providers.entry("lunos"))
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    providers.respond_as("lunos", "invalid_key")
    for seconds in (60, 3600):
        await refresh(hass, entry)
        found = await download(hass, hass_client, entry)
        assert found["polling"] is False
        assert found["seconds_to_next_request"] == seconds
        await clock.advance(seconds=60)


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
    assert found["ledger_file"]["corrupt_bytes"] == len("no ledger")


async def test_setup_failed(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers, clock: Clock
) -> None:
    """They are available for an account whose setup fails."""
    entry = await set_up(hass, providers.entry("lunos", "malformed"))
    await clock.advance(seconds=31)
    found = await download(hass, hass_client, entry)
    requests = found.pop("requests")
    assert [(each["error"], each["reason"]) for each in requests] == [
        ("unexpected_response", "the response is not valid JSON")
    ] * 2
    # Home Assistant keeps the translation key since 2026.9.
    assert found.pop("reason") in {None, "unexpected_response"}
    # What has to survive a restart is written, although there is no ledger yet.
    assert found.pop("ledger_file")["corrupt_bytes"] is None
    assert found == {
        "provider": "lunos",
        "custom_base_url": True,
        "options": [],
        "polling": True,
        "state": "setup_retry",
        "consecutive_failures": 2,
        "seconds_to_next_request": 60,
        "unreadable_seconds": 31,
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
