"""Set up the accounts of the demo as if they had been added a month ago, and check what they do."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
import time
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from scripts.harness.home_assistant import HomeAssistant

from .accounts import STORY_ACCOUNTS, add_accounts, add_dashboard
from .files import ROOT
from .past import Pasts, import_pasts, read_pasts

_BLUEPRINT: Final = ROOT / "blueprints" / "automation" / "api_balance" / "low_balance_alert.yaml"
_DAYS: Final = 29  # complete days of history
_LOW_WITHIN: Final = 120  # seconds after the demo is ready, while the user still watches


async def get_json(session: ClientSession, url: str) -> Any:
    """Return the JSON at a URL, with exact numbers."""
    async with session.get(url) as response:
        return json.loads(await response.text(), parse_float=Decimal)


async def time_zone(server: HomeAssistant) -> ZoneInfo:
    """Return the time zone of Home Assistant, which decides when a day starts."""
    return ZoneInfo((await server.request("GET", "/api/config"))["time_zone"])


async def set_up_story(
    session: ClientSession, server: HomeAssistant, simulator: str
) -> dict[str, Pasts]:
    """Add the accounts with their history and the dashboard; return the history by config entry."""
    zone = await time_zone(server)
    history = await get_json(session, f"{simulator}/_simulator/history")
    readings = {each["slug"]: each["readings"] for each in history}
    # The recorder must not store the states that the accounts have without their history.
    await server.request("POST", "/api/services/recorder/disable")
    entries = await add_accounts(server, simulator, STORY_ACCOUNTS)
    pasts = {
        entry: read_pasts(account, readings.get(account["provider"], []), zone)
        for entry, account in zip(entries, STORY_ACCOUNTS, strict=True)
    }
    await import_pasts(server, pasts)
    await server.request("POST", "/api/services/recorder/enable")
    for entry in entries:
        await server.command("config_entries/disable", entry_id=entry, disabled_by=None)
    await _add_automations(server)
    await add_dashboard(server)
    return pasts


async def _add_automations(server: HomeAssistant) -> None:
    """Add the blueprint's alerts, and refresh all accounts, so that something happens."""
    await server.command(
        "blueprint/save", domain="automation", path=_BLUEPRINT.stem, yaml=_BLUEPRINT.read_text()
    )
    alerts = {
        "alias": "Demo: low balance alert",
        "use_blueprint": {"path": f"{_BLUEPRINT.stem}.yaml", "input": {"top_ups": True}},
    }
    await server.request("POST", "/api/config/automation/config/alerts", alerts)
    registry = await server.command("config/entity_registry/list")
    buttons = [each["entity_id"] for each in registry if each["translation_key"] == "refresh"]
    refresh = {
        "alias": "Demo: refresh all balances every ten seconds",
        "triggers": [{"trigger": "time_pattern", "seconds": "/10"}],
        "actions": [
            {
                "action": "button.press",
                "target": {"entity_id": buttons},
                # During an outage, the button reports an error.
                "continue_on_error": True,
            }
        ],
    }
    await server.request("POST", "/api/config/automation/config/demo", refresh)


def timetable(story: datetime, simulator: str) -> str:
    """Return what will happen, and when; the story started at a time."""
    events = (
        (1, "Lunos becomes low: a notification (the bell in the sidebar) and a repair issue"),
        (5, "Lunos is topped up: the notification and the issue disappear"),
    )
    lines = [
        f"  {(story + timedelta(minutes=minutes)):%H:%M:%S}  {event}" for minutes, event in events
    ]
    return "\n".join(
        (
            "What happens on the dashboard:",
            *lines,
            "All balances are read every ten seconds. To see an outage of all providers:",
            f"  curl -d on {simulator}/_simulator/outage    (-d off ends it)",
            "A short one is invisible; after four failures the accounts say that they fail.",
        )
    )


async def becomes_low_in_time(server: HomeAssistant) -> bool:
    """Return whether the first account becomes low while the user still watches."""
    start = time.monotonic()
    while (elapsed := time.monotonic() - start) < _LOW_WITHIN:
        event = await server.request("GET", "/api/states/event.lunos_balance_event")
        low = await server.request("GET", "/api/states/binary_sensor.lunos_low_balance")
        if event["attributes"]["event_type"] == "became_low":
            print(f"Lunos is {low['state']} after {elapsed:.0f} seconds.", flush=True)
            return bool(low["state"] == "on")
        await asyncio.sleep(1)
    print(f"Lunos did not become low within {_LOW_WITHIN} seconds.")
    return False


async def has_statistics(server: HomeAssistant, accounts: Mapping[str, Pasts]) -> bool:
    """Return whether the statistics have spending on each of the last 30 days, never negative."""
    from custom_components.api_balance.ledger import spent_statistic_id  # noqa: PLC0415

    start = datetime.now(UTC) - timedelta(days=_DAYS)
    ids = [
        spent_statistic_id(entry, key)
        for entry, pasts in accounts.items()
        for key, past in pasts.items()
        if past.is_spending
    ]
    found = await server.command(
        "recorder/statistics_during_period",
        start_time=start.isoformat(),
        statistic_ids=ids,
        period="day",
        types=["change"],
    )
    for name in ids:
        days = [row["change"] for row in found.get(name, [])]
        # Today may have no spending yet.
        if sum(day > 0 for day in days) < _DAYS - 1 or min(days) < 0:
            print(f"{name} does not have spending on each day: {days}")
            return False
    return True
