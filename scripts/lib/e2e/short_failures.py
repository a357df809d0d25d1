"""Failures that end by themselves, of which a user sees nothing."""

import asyncio
from dataclasses import dataclass
import re
from typing import Any, Final

from playwright.async_api import expect

from scripts.harness.const import DOMAIN, HarnessError

from .user import User

# Its simulated account has 12.50 USD.
_PROVIDER: Final = "lumenfall"
_BALANCE: Final = "12.50"
_GOOD: Final = r'"amount": 12\.50?\b'
_FALSE_ZERO: Final = r'"amount": 0(\.0+)?\b'
_THRESHOLD: Final = 5
# An attempt follows the first failure after 30 seconds, and a second failure or a refused key
# after 60. A suspicious reading is requested again after 30 to 60 seconds.
_POLL_TIMEOUT: Final = 90  # seconds
_CHECK_INTERVAL: Final = 0.5  # seconds
# Home Assistant processes a response after the simulator has sent it.
_PROCESSING_TIME: Final = 2  # seconds


@dataclass(frozen=True)
class _Account:
    """A simulated account of its own."""

    name: str
    entry: str
    """ID of the config entry."""

    @property
    def key(self) -> str:
        """Return the API key."""
        return _api_key(self.name)


async def see_no_short_failures(user: User) -> None:
    """See nothing of an outage, a false 0 and a refused key that end with the next poll."""
    user.begin("add accounts whose polls will fail")
    # The previous page may have been viewed on a phone, which has no sidebar.
    await user.page.set_viewport_size({"width": 1280, "height": 900})
    names = ("Short outage", "False zero", "Refused key")
    outage, zero, refusal = accounts = [await _add_account(user, name) for name in names]
    before = await _states(user, *accounts)
    lines_before = len(_log(user))
    user.begin("see nothing of a short outage, a false 0 and a key that is refused once")
    await asyncio.gather(
        _fail_once(user, outage, "html_502", "502 Bad Gateway"),
        _report_false_zero(user, zero),
        _fail_once(user, refusal, "invalid_key", "AUTHENTICATION_FAILED"),
    )
    await asyncio.sleep(_PROCESSING_TIME)
    _require_equal(before, await _states(user, *accounts))
    await _require_no_reauthentication(user)
    if logged := [line for line in _log(user)[lines_before:] if DOMAIN in line]:
        message = f"The short failures were logged: {'; '.join(logged)}"
        raise HarnessError(message)
    for account in accounts:
        await user.open_device(account.name)
        await expect(user.row("Balance")).to_have_text(re.compile(re.escape(_BALANCE)))
        await user.screenshot(f"after-{account.name.lower().replace(' ', '-')}")


async def hide_event_entity(user: User) -> None:
    """Hide an event entity; an automation with a trigger of its device still runs."""
    user.begin("create an automation for an account whose event entity is hidden")
    account = await _add_account(user, "Hidden event")
    server = user.server
    (event,) = await _entity_ids(user, account, "event")
    await server.command("config/entity_registry/update", entity_id=event, hidden_by="user")
    devices = await server.command("config/device_registry/list")
    (device,) = (each["id"] for each in devices if account.entry in each["config_entries"])
    automation = {
        "alias": "Notify me although the event is hidden",
        "triggers": [{"trigger": f"{DOMAIN}.balance_became_low", "target": {"device_id": device}}],
        "actions": [
            {
                "action": "persistent_notification.create",
                "data": {"message": "{{ trigger.message }}"},
            }
        ],
    }
    await server.request("POST", "/api/config/automation/config/hidden_event", automation)
    user.begin("receive the notification although the event entity is hidden")
    await user.spend(_PROVIDER, account.key, "9.50")
    await user.press_refresh(account.name)
    await expect(user.row("Balance event")).to_have_count(0)
    await user.page.get_by_role("button", name=re.compile("Notifications")).click()
    await expect(
        user.page.get_by_text("Hidden event has only 3.00 USD left, which is below")
    ).to_be_visible()
    await user.screenshot("notification-hidden-event")
    await user.page.keyboard.press("Escape")


async def _add_account(user: User, name: str) -> _Account:
    """Add an account through the API, with the steps that the web page has."""
    account = {
        "provider": _PROVIDER,
        "api_key": _api_key(name),
        "base_url": f"{user.simulator}/{_PROVIDER}",
        "name": name,
        "low_balance_threshold": _THRESHOLD,
    }
    return _Account(name, await user.server.add_account(account))


def _api_key(name: str) -> str:
    """Return the API key of an account of its own in the simulator."""
    return f"lmnfl_active.{name.lower().replace(' ', '_')}"


async def _fail_once(user: User, account: _Account, scenario: str, response: str) -> None:
    """Let one scheduled poll fail in a way, and the next one succeed."""
    await _schedule_poll(user, account)
    await user.respond_as(_PROVIDER, account.key, scenario)
    await _wait_for_response(user, account, response)
    await user.respond_as(_PROVIDER, account.key, None)
    await _wait_for_response(user, account, _GOOD)


async def _report_false_zero(user: User, account: _Account) -> None:
    """Let one scheduled poll read 0, and the next one the balance as before."""
    await _schedule_poll(user, account)
    await user.respond_as(_PROVIDER, account.key, None)
    await user.spend(_PROVIDER, account.key, _BALANCE)
    await _wait_for_response(user, account, _FALSE_ZERO)
    await user.spend(_PROVIDER, account.key, f"-{_BALANCE}")
    await _wait_for_response(user, account, _GOOD)


async def _schedule_poll(user: User, account: _Account) -> None:
    """Make the integration poll by itself in half a minute.

    A poll on request differs from a scheduled one, and the regular interval of 15 minutes is too
    long for a walkthrough. Nothing is patched: a first failure on request, which must not be
    visible either, has a scheduled retry after 30 seconds.
    """
    (balance,) = await _entity_ids(user, account, "sensor", "balance")
    await user.respond_as(_PROVIDER, account.key, "server_error")
    service = "/api/services/homeassistant/update_entity"
    await user.server.request("POST", service, {"entity_id": balance})
    await _wait_for_response(user, account, "INTERNAL_ERROR")


async def _wait_for_response(user: User, account: _Account, pattern: str) -> None:
    """Wait until the simulator has sent a response that matches a pattern to an account."""
    for _ in range(int(_POLL_TIMEOUT / _CHECK_INTERVAL)):
        response = await user.page.request.get(f"{user.simulator}/_simulator/served")
        served = (await response.json())[_PROVIDER].get(account.key, "")
        if re.search(pattern, served):
            return
        await asyncio.sleep(_CHECK_INTERVAL)
    message = f"{account.name} was not polled in time: no response matches {pattern}"
    raise HarnessError(message)


async def _entity_ids(user: User, account: _Account, domain: str, key: str = "") -> list[str]:
    """Return the enabled entities of an account in a domain, if given those with a key."""
    return [
        each["entity_id"]
        for each in await user.server.command("config/entity_registry/list")
        if each["config_entry_id"] == account.entry
        and each["disabled_by"] is None
        and each["entity_id"].startswith(f"{domain}.")
        and key in {"", each["translation_key"]}
    ]


async def _states(user: User, *accounts: _Account) -> dict[str, dict[str, Any]]:
    """Return the states of all entities of accounts, with the times of their last changes."""
    entries = {account.entry for account in accounts}
    registry = await user.server.command("config/entity_registry/list")
    own = {each["entity_id"] for each in registry if each["config_entry_id"] in entries}
    return {
        each["entity_id"]: each
        for each in await user.server.request("GET", "/api/states")
        if each["entity_id"] in own
    }


def _require_equal(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> None:
    """Raise HarnessError if a state has changed, or had changed in between."""
    if not before:
        message = "The accounts have no states"
        raise HarnessError(message)
    fields = ("state", "attributes", "last_changed", "last_updated")
    changed = {
        f"{name}: {before[name]['state']} -> {after[name]['state']}"
        for name in before
        if any(before[name][field] != after[name][field] for field in fields)
    }
    if changed:
        message = f"States have changed: {'; '.join(sorted(changed))}"
        raise HarnessError(message)


async def _require_no_reauthentication(user: User) -> None:
    """Raise HarnessError if Home Assistant asks for other credentials."""
    flows = await user.server.command("config_entries/flow/progress")
    if any(flow["handler"] == DOMAIN for flow in flows):
        message = "Home Assistant asks for other credentials"
        raise HarnessError(message)


def _log(user: User) -> list[str]:
    """Return the lines of Home Assistant's log so far; it has none of level debug."""
    return user.server.log.read_text(errors="replace").splitlines()
