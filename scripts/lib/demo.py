"""The demo: Home Assistant, the simulator, five accounts, and a dashboard that shows them."""

import argparse
import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import fcntl
import json
import shutil
import sys
import time
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from .check import KNOWN, expected_figures, expected_values, is_as_served, show_everything, troubles
from .home_assistant import (
    ROOT,
    HomeAssistant,
    StartError,
    install_packages,
    is_restart,
    require_port,
    run_until_stopped,
    running_home_assistant,
    running_simulator,
    trial,
)
from .past import Past, bring_past, read_past

FOLDER: Final = ROOT / ".demo"
DASHBOARD: Final = ROOT / "docs" / "dashboard.yaml"
PANEL: Final = "api-balance"
PORT: Final = 8123
SIMULATOR_PORT: Final = 8124
DAYS: Final = 29  # of the history that are whole, with this one
LOW_WITHIN: Final = 120  # seconds from the start: so long somebody will watch

ACCOUNTS: Final[tuple[dict[str, str | int], ...]] = (
    {"provider": "lunos", "api_key": "sk-active"},
    {"provider": "lensmor", "api_key": "uak_subscribed", "low_balance_threshold": 5000},
    {"provider": "crun", "api_key": "ak_low", "low_balance_threshold": 200},
    {"provider": "lumenfall", "api_key": "lmnfl_active", "low_balance_threshold": 5},
    {
        "provider": "engagelab_otp",
        "identifier": "active",
        "api_key": "secret",
        "low_balance_threshold": 20,
    },
)

# The same, with what the simulator tells of them.
STORY_ACCOUNTS: Final[tuple[dict[str, str | int], ...]] = (
    {"provider": "lunos", "api_key": "sk-active.story", "low_balance_threshold": 10},
    {"provider": "lensmor", "api_key": "uak_subscribed.story", "low_balance_threshold": 5000},
    {"provider": "crun", "api_key": "ak_empty.story", "low_balance_threshold": 100},
    {"provider": "lumenfall", "api_key": "lmnfl_postpaid.story"},
    {
        "provider": "engagelab_otp",
        "identifier": "active.story",
        "api_key": "secret",
        "low_balance_threshold": 20,
    },
)


async def add_accounts(
    server: HomeAssistant,
    simulator: str,
    accounts: Iterable[Mapping[str, str | int]] = ACCOUNTS,
) -> list[str]:
    """Add the accounts through the config flow; return the ids of their entries."""
    return [
        await server.add_account({**account, "base_url": f"{simulator}/{account['provider']}"})
        for account in accounts
    ]


async def get(session: ClientSession, url: str) -> Any:
    """Return what stands at an address, as JSON with exact numbers."""
    async with session.get(url) as response:
        return json.loads(await response.text(), parse_float=Decimal)


async def time_zone(server: HomeAssistant) -> ZoneInfo:
    """Return the user's time zone, in which days are counted."""
    return ZoneInfo((await server.request("GET", "/api/config"))["time_zone"])


async def begin_story(
    session: ClientSession, server: HomeAssistant, simulator: str
) -> dict[str, Past]:
    """Add the story's accounts with their past; return what is known of it, by entry."""
    zone = await time_zone(server)
    history = await get(session, f"{simulator}/_simulator/history")
    told = {each["slug"]: each["readings"] for each in history}
    # Nothing of what the accounts show without their past may stay in the recorder.
    await server.request("POST", "/api/services/recorder/disable")
    entries = await add_accounts(server, simulator, STORY_ACCOUNTS)
    pasts = {
        entry: read_past(account, told.get(account["provider"], []), zone)
        for entry, account in zip(entries, STORY_ACCOUNTS, strict=True)
    }
    await bring_past(server, pasts)
    await server.request("POST", "/api/services/recorder/enable")
    for entry in entries:
        await server.command("config_entries/disable", entry_id=entry, disabled_by=None)
    registry = await server.command("config/entity_registry/list")
    buttons = [each["entity_id"] for each in registry if each["translation_key"] == "refresh"]
    automation = {
        "alias": "Demo: read all balances every ten seconds",
        "triggers": [{"trigger": "time_pattern", "seconds": "/10"}],
        "actions": [{"action": "button.press", "target": {"entity_id": buttons}}],
    }
    await server.request("POST", "/api/config/automation/config/demo", automation)
    await add_dashboard(server)
    return pasts


async def add_dashboard(server: HomeAssistant) -> None:
    """Add the dashboard, and let Home Assistant open on it."""
    from homeassistant.util.yaml import load_yaml  # noqa: PLC0415

    panel = {"url_path": PANEL, "title": "API Balance", "icon": "mdi:wallet"}
    await server.command("lovelace/dashboards/create", **panel)
    config = load_yaml(str(DASHBOARD))
    await server.command("lovelace/config/save", url_path=PANEL, config=config)
    await server.command("frontend/set_system_data", key="core", value={"default_panel": PANEL})


def _is_running() -> bool:
    """Return whether a Home Assistant has the demo's folder."""
    with suppress(FileNotFoundError), (FOLDER / ".ha_run.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


async def run(port: int, simulator_port: int | None, *, reset: bool) -> bool:
    """Run the demo until Home Assistant is stopped; keep what the user has changed in it."""
    if _is_running():
        message = "The demo runs already: end it first."
        raise StartError(message)
    # Written last, so a set-up that was interrupted is begun again. The accounts hold this port.
    ready = FOLDER / "demo.json"
    kept = json.loads(ready.read_text()) if ready.exists() and not reset else {}
    kept_port = kept.get("simulator_port")
    if kept and simulator_port not in {None, kept_port}:
        message = (
            f"The accounts of this demo are at simulator port {kept_port}: to change it, --reset."
        )
        raise StartError(message)
    simulator_port = kept_port or simulator_port or SIMULATOR_PORT
    require_port(port, "--port")
    require_port(simulator_port, "--reset --simulator-port" if kept else "--simulator-port")
    if not kept:
        shutil.rmtree(FOLDER, ignore_errors=True)
    install_packages()
    # The story goes on where it was when the demo is started again.
    story = datetime.fromisoformat(kept["story"]) if kept else datetime.now().astimezone()
    print("Starting Home Assistant ...", flush=True)
    async with (
        ClientSession() as session,
        running_simulator(session, simulator_port, FOLDER / "simulator.log", story) as simulator,
    ):
        while True:
            async with running_home_assistant(session, FOLDER, port) as server:
                if not ready.exists():
                    await begin_story(session, server, simulator.url)
                    data = {"simulator_port": simulator_port, "story": story.isoformat()}
                    ready.write_text(json.dumps(data))
                await server.log_out()
                print(
                    f"Open {server.url} (no log-in on this computer; elsewhere demo, demo).\n"
                    f"Press Ctrl-C to end it and the simulator, {simulator.url}/_simulator/",
                    flush=True,
                )
                ends = {server.ended, simulator.ended}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not is_restart(simulator, server):
                return True


async def check() -> bool:
    """Do the same in a folder and on ports of its own; return whether all is as it should be."""
    install_packages()
    begin = time.monotonic()
    async with trial(with_story=True) as (session, simulator, server):
        pasts = await begin_story(session, server, simulator.url)
        print(f"The demo is there after {time.monotonic() - begin:.0f} seconds.", flush=True)
        is_told = await is_low_in_time(server, begin) and await has_statistics(server)
        await server.request("POST", "/api/services/automation/turn_off", {"entity_id": "all"})
        await show_everything(server, pasts)
        zone = await time_zone(server)
        served = await get(session, f"{simulator.url}/_simulator/served")
        expected = {}
        for (entry, past), account in zip(pasts.items(), STORY_ACCOUNTS, strict=True):
            slug = str(account["provider"])
            body = json.loads(next(iter(served[slug].values())), parse_float=Decimal)
            values = expected_values(slug, body, account.get("low_balance_threshold"))
            balance, unit = values["balance"]
            expected[entry] = values | expected_figures(past.readings, balance, unit, zone)
        expected[next(iter(pasts))]["balance_event"] = (KNOWN, "")
        right = await is_as_served(server, expected, DASHBOARD.read_text()) and is_told
    for line in (found := troubles(server.said)):
        print(line)
    print("All is right." if right and not found else "Something is wrong: see above.")
    return right and not found


async def is_low_in_time(server: HomeAssistant, begin: float) -> bool:
    """Return whether the first account becomes low while one watches, and not before."""
    while (elapsed := time.monotonic() - begin) < LOW_WITHIN:
        event = await server.request("GET", "/api/states/event.lunos_balance_event")
        low = await server.request("GET", "/api/states/binary_sensor.lunos_low_balance")
        if event["attributes"]["event_type"] == "became_low":
            print(f"Lunos is {low['state']} after {elapsed:.0f} seconds.", flush=True)
            return bool(low["state"] == "on")
        await asyncio.sleep(1)
    print(f"Lunos did not become low within {LOW_WITHIN} seconds.")
    return False


async def has_statistics(server: HomeAssistant) -> bool:
    """Return whether something was spent on each of the last thirty days, and never less."""
    start = datetime.now(UTC) - timedelta(days=DAYS)
    ids = [f"sensor.{name}_spent_this_month" for name in ("lunos", "lensmor", "engagelab_otp")]
    found = await server.command(
        "recorder/statistics_during_period",
        start_time=start.isoformat(),
        statistic_ids=ids,
        period="day",
        types=["change"],
    )
    for name in ids:
        days = [row["change"] for row in found.get(name, [])]
        # In the first hours of a day there may be nothing yet.
        if sum(day > 0 for day in days) < DAYS - 1 or min(days) < 0:
            print(f"{name} was not spent on each day: {days}")
            return False
    return True


async def main() -> int:
    """Run what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="start over")
    parser.add_argument("--check", action="store_true", help="compare all states, and end")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    parser.add_argument("--simulator-port", type=int, help=f"default {SIMULATOR_PORT}")
    arguments = parser.parse_args()
    result = await run_until_stopped(
        check()
        if arguments.check
        else run(arguments.port, arguments.simulator_port, reset=arguments.reset)
    )
    is_right = not arguments.check if result is None else result
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
