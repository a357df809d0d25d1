"""Diagnostics and system health: enough to help, nothing secret, no amounts."""

from collections.abc import Iterator
from datetime import timedelta
import json
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.api_balance.api import Client
from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import Providers, set_up

NOW: Final = "2026-11-05T12:00:00+00:00"
# Nothing listens there.
NOWHERE: Final = "http://127.0.0.1:1/planted"


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Leave Home Assistant its real storage, which the test package replaces otherwise."""
    return {}


@pytest.fixture(autouse=True)
def _folder(hass: HomeAssistant, tmp_path: Path) -> None:
    """Keep the files of each test apart."""
    hass.config.config_dir = str(tmp_path)


async def diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of an account as somebody downloads them."""
    assert await async_setup_component(hass, "diagnostics", {})
    result = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert isinstance(result, dict)
    return result


async def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory, minutes: float) -> None:
    """Let time pass."""
    freezer.tick(timedelta(minutes=minutes))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.freeze_time(NOW)
async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    providers: Providers,
    freezer: FrozenDateTimeFactory,
) -> None:
    """They say which fields came and of what type, how polling goes, and what is kept."""
    entry = providers.entry("lunos", options={"low_balance_threshold": {"credits": "543.21"}})
    await set_up(hass, entry)
    # The ledger is written.
    await wait(hass, freezer, 0.1)
    found = await diagnostics(hass, hass_client, entry)
    # What the clock and the disk decide.
    assert found["requests"][0].pop("milliseconds") >= 0
    assert found["ledger_file"].pop("bytes") > 200
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
        "balances": [
            {
                "unit": "credits",
                "threshold_set": True,
                "low": True,
                "fields": {"balance": "amount", "alert_threshold": "amount"},
            }
        ],
        "flags": {"alert_enabled": True, "provider_low_balance": False},
        "details": {"provider_updated": "time", "account_email": "text"},
        "ledgers": {
            "credits": {
                "since": NOW,
                "last_reading": NOW,
                "days": 0,
                "hours": 0,
                "untold_events": 0,
            }
        },
    }


async def test_versions(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """Home Assistant itself adds its own version and that of the integration."""
    assert await async_setup_component(hass, "diagnostics", {})
    entry = await set_up(hass, providers.entry("crun"))
    client = await hass_client()
    response = await client.get(f"/api/diagnostics/config_entry/{entry.entry_id}")
    found = await response.json()
    assert found["home_assistant"]["version"]
    assert found["integration_manifest"]["version"]


async def test_unknown_is_null(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """What the provider does not know is told apart from what it reports."""
    entry = await set_up(hass, providers.entry("lensmor", "gift_only"))
    found = await diagnostics(hass, hass_client, entry)
    assert found["details"] == {"reset": "null"}


def leaves(node: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value with the name of its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, name)
    else:
        yield name, node


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


@pytest.mark.parametrize("slug", BY_SLUG)
async def test_nothing_secret(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    providers: Providers,
    freezer: FrozenDateTimeFactory,
    slug: str,
) -> None:
    """No credential, address, e-mail, name and amount, of readings good and bad."""
    entry = await set_up(
        hass,
        providers.entry(
            slug,
            options={"low_balance_threshold": {"credits": "5.4321", "USD": "5.4321"}},
        ),
    )
    hass.config_entries.async_update_entry(entry, title="Jane's account")
    providers.simulator.spend(slug, providers.key(slug), "1.2345")
    await wait(hass, freezer, 16)
    providers.respond_as(slug, "malformed")
    await entry.runtime_data.async_refresh()
    found = await diagnostics(hass, hass_client, entry)
    assert [request["error"] for request in found["requests"]] == [
        None,
        None,
        "unexpected_response",
    ]
    assert found["ledgers"][found["balances"][0]["unit"]]["days"] == 1
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
    numbers = {name for name, value in leaves(found) if type(value) in {int, float}}
    assert numbers <= NUMBERS
    # Amounts as text have a point.
    assert not [
        value
        for _, value in leaves(found)
        if isinstance(value, str) and "." in value and not value.startswith("sensor.")
    ]


async def test_diagnostics_of_a_failure(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    providers: Providers,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Each of the last requests is there with what came of it, and when the next is due."""
    entry = await set_up(hass, providers.entry("crun"))
    providers.respond_as("crun", "maintenance_in_200")
    await wait(hass, freezer, 16)
    await wait(hass, freezer, 0.6)
    found = await diagnostics(hass, hass_client, entry)
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
    await wait(hass, freezer, 2)
    found = await diagnostics(hass, hass_client, entry)
    assert found["failures_in_a_row"] == 0
    assert found["next_poll_after_seconds"] == 900
    # What went wrong last is still of interest.
    assert found["last_error"] == "cannot_connect"


async def test_ten_requests_are_kept(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """However long an account is polled, the newest ten are told of, the newest last."""
    entry = await set_up(hass, providers.entry("crun"))
    for _ in range(10):
        await entry.runtime_data.async_refresh()
    providers.respond_as("crun", "maintenance")
    await entry.runtime_data.async_refresh()
    found = await diagnostics(hass, hass_client, entry)
    results = [request["error"] for request in found["requests"]]
    assert results == [None] * 9 + ["cannot_connect"]


@pytest.mark.expects_traceback("Unexpected error fetching Crun.ai data")
async def test_an_error_of_our_own(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """Its kind is told; its text could hold anything."""
    entry = await set_up(hass, providers.entry("crun"))
    with patch.object(Client, "read", side_effect=KeyError("planted")):
        await entry.runtime_data.async_refresh()
    found = await diagnostics(hass, hass_client, entry)
    assert found["last_error"] == "KeyError"
    assert "planted" not in json.dumps(found)
    assert found["last_error_reason"] is None


@pytest.mark.parametrize(("scenario", "polling"), [("invalid_key", True), ("active", False)])
async def test_no_poll_is_planned(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    providers: Providers,
    scenario: str,
    polling: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Neither while credentials are refused nor while the user has switched polling off."""
    entry = await set_up(hass, providers.entry("lunos"))
    hass.config_entries.async_update_entry(entry, pref_disable_polling=not polling)
    providers.respond_as("lunos", scenario)
    await entry.runtime_data.async_refresh()
    found = await diagnostics(hass, hass_client, entry)
    assert found["polling"] is polling
    assert found["next_poll_after_seconds"] is None


async def test_a_ledger_that_was_set_aside(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """Somebody who misses a month's figures can see why."""
    entry = providers.entry("crun")
    path = Path(hass.config.path(".storage", f"api_balance.{entry.entry_id}"))
    path.parent.mkdir()
    path.write_text("no ledger")  # noqa: ASYNC240 - nothing else runs meanwhile
    await set_up(hass, entry)
    found = await diagnostics(hass, hass_client, entry)
    assert found["ledger_file"]["bytes_set_aside"] == len("no ledger")


async def test_diagnostics_of_an_account_that_was_never_loaded(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """A failed set-up is when diagnostics are needed most."""
    entry = await set_up(hass, providers.entry("lunos", "malformed"))
    await hass.config_entries.async_reload(entry.entry_id)
    found = await diagnostics(hass, hass_client, entry)
    requests = found.pop("requests")
    assert [(each["error"], each["reason"]) for each in requests] == [
        ("unexpected_response", "the answer is not valid JSON")
    ] * 2
    # Before 2026.9 Home Assistant keeps no key of it.
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
async def test_diagnostics_of_a_later_versions_provider(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    """An account that was never asked for says why."""
    entry = await set_up(hass, MockConfigEntry(domain=DOMAIN, data={"provider": "later"}))
    found = await diagnostics(hass, hass_client, entry)
    assert (found["provider"], found["state"]) == ("later", "setup_error")
    assert found["reason"] == "unknown_provider"
    assert found["requests"] == []


async def test_nothing_is_kept_of_a_removed_account(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, providers: Providers
) -> None:
    """Its requests go with it."""
    entry = await set_up(hass, providers.entry("lunos", "malformed"))
    await hass.config_entries.async_remove(entry.entry_id)
    entry.add_to_hass(hass)
    assert (await diagnostics(hass, hass_client, entry))["requests"] == []


def moved(entry: MockConfigEntry, address: str) -> MockConfigEntry:
    """Return an entry like another, whose account is asked at another address."""
    return MockConfigEntry(
        domain=DOMAIN, title=entry.title, data={**entry.data, "base_url": address}
    )


async def system_health(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the page shows, with every check done."""
    assert await async_setup_component(hass, "system_health", {})
    info = await get_system_health_info(hass, DOMAIN)
    return {
        key: await value if hasattr(value, "__await__") else value for key, value in info.items()
    }


async def test_system_health(hass: HomeAssistant, providers: Providers) -> None:
    """The page counts the accounts and tries each provider in use once, without credentials."""
    await set_up(hass, providers.entry("lunos"))
    await set_up(hass, providers.entry("crun"))
    await set_up(hass, providers.entry("crun", "maintenance"))
    # At an address that is written otherwise.
    address = providers.base_url("crun").replace("/crun", "/%63run")
    await set_up(hass, moved(providers.entry("crun", "low"), address))
    # Whose key is refused is reached all the same.
    await set_up(hass, providers.entry("lensmor", "invalid_key"))
    calls = providers.calls
    assert await system_health(hass) == {
        "accounts": 5,
        "accounts_available": 3,
        "Crun.ai": "ok",
        "Lensmor": "ok",
        "Lunos": "ok",
    }
    requests = list(providers.simulator.requests)[calls:]
    for request in requests:
        assert not {"Authorization", "x-api-key"} & set(request.headers)


async def test_system_health_of_what_cannot_be_reached(
    hass: HomeAssistant, providers: Providers
) -> None:
    """Also an account that could not be set up tells where the fault is, but no address."""
    await set_up(hass, moved(providers.entry("lunos"), NOWHERE))
    await set_up(hass, providers.entry("crun"))
    found = await system_health(hass)
    assert found == {
        "accounts": 2,
        "accounts_available": 1,
        "Crun.ai": "ok",
        "Lunos": {"type": "failed", "error": "unreachable"},
    }


@pytest.mark.parametrize("address", [NOWHERE, "http://127.0.0.1:9"])
async def test_system_health_of_one_address_among_several(
    hass: HomeAssistant, providers: Providers, address: str
) -> None:
    """A provider is reached when all the addresses are at which its accounts are asked."""
    await set_up(hass, providers.entry("crun"))
    await set_up(hass, moved(providers.entry("crun", "low"), address))
    found = await system_health(hass)
    assert found["Crun.ai"] == {"type": "failed", "error": "unreachable"}


@pytest.mark.expects_traceback("does not know the provider later")
async def test_system_health_of_accounts_that_are_not_used(
    hass: HomeAssistant, providers: Providers
) -> None:
    """Nobody is asked for a disabled account, or for one of a later version's provider."""
    await set_up(hass, providers.entry("crun", disabled_by=ConfigEntryDisabler.USER))
    entry = providers.entry("lunos")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={"provider": "later"})
    await hass.config_entries.async_setup(entry.entry_id)
    assert await system_health(hass) == {"accounts": 1, "accounts_available": 0}
