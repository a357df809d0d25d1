"""The demo: Home Assistant, the simulator, five accounts, and a dashboard that shows them."""

import argparse
import asyncio
from contextlib import suppress
from decimal import Decimal
import fcntl
import json
import shutil
import signal
import sys
from typing import Final

from aiohttp import ClientError, ClientSession

from .check import expected_values, is_as_served, troubles
from .home_assistant import (
    ROOT,
    HomeAssistant,
    StartError,
    failed,
    install_packages,
    require_port,
    running_home_assistant,
    running_simulator,
    trial,
)

FOLDER: Final = ROOT / ".demo"
DASHBOARD: Final = ROOT / "docs" / "dashboard.yaml"
PANEL: Final = "api-balance"
PORT: Final = 8123
SIMULATOR_PORT: Final = 8124
SPENDING: Final = "0.02"  # of each account, in a minute: low within hours, as time goes by
RESTART: Final = 100  # Home Assistant's exit code when the user has asked it to restart

ACCOUNTS: Final[tuple[dict[str, str | int], ...]] = (
    {"provider": "lunos", "api_key": "sk-active"},
    {"provider": "lensmor", "api_key": "uak_subscribed", "low_balance_threshold": 5000},
    {"provider": "crun", "api_key": "ak_low", "low_balance_threshold": 200},
    {"provider": "lumenfall", "api_key": "lmnfl_active", "low_balance_threshold": 5},
    {
        "provider": "engagelab_otp",
        "dev_key": "active",
        "dev_secret": "secret",
        "low_balance_threshold": 20,
    },
)


async def add_accounts(server: HomeAssistant, simulator: str) -> list[str]:
    """Add the accounts through the config flow; return the ids of their entries."""
    return [
        await server.add_account({**account, "base_url": f"{simulator}/{account['provider']}"})
        for account in ACCOUNTS
    ]


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
    ready = FOLDER / "simulator-port"
    kept = int(ready.read_text()) if ready.exists() and not reset else None
    if kept and simulator_port not in {None, kept}:
        message = f"The accounts of this demo are at simulator port {kept}: to change it, --reset."
        raise StartError(message)
    simulator_port = kept or simulator_port or SIMULATOR_PORT
    require_port(port, "--port")
    require_port(simulator_port, "--reset --simulator-port" if kept else "--simulator-port")
    if not kept:
        shutil.rmtree(FOLDER, ignore_errors=True)
    install_packages()
    print("Starting Home Assistant ...", flush=True)
    async with (
        ClientSession() as session,
        running_simulator(session, simulator_port, FOLDER / "simulator.log", SPENDING) as simulator,
    ):
        while True:
            async with running_home_assistant(session, FOLDER, port) as server:
                if not ready.exists():
                    await add_accounts(server, simulator.url)
                    await add_dashboard(server)
                    ready.write_text(str(simulator_port))
                await server.log_out()
                print(
                    f"Open {server.url} (no log-in on this computer; elsewhere demo, demo).\n"
                    f"Press Ctrl-C to end it and the simulator, {simulator.url}/_simulator/",
                    flush=True,
                )
                ends = {server.ended, simulator.ended}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if simulator.ended.done():
                raise failed(simulator.ended, simulator.log, "has ended")
            if (code := server.ended.result()) == 0:
                return True
            if code != RESTART:
                raise failed(server.ended, server.log, f"has ended with code {code}")


async def check() -> bool:
    """Do the same in a folder and on ports of its own; return whether all is as it should be."""
    async with trial() as (session, simulator, server):
        entries = await add_accounts(server, simulator.url)
        await add_dashboard(server)
        async with session.get(f"{simulator.url}/_simulator/served") as response:
            served = await response.json()
        expected = {}
        for entry, account in zip(entries, ACCOUNTS, strict=True):
            slug = str(account["provider"])
            body = json.loads(next(iter(served[slug].values())), parse_float=Decimal)
            threshold = account.get("low_balance_threshold")
            expected[entry] = expected_values(slug, body, threshold)
        right = await is_as_served(server, expected, DASHBOARD.read_text())
    for line in (found := troubles(server.said)):
        print(line)
    print("All is right." if right and not found else "Something is wrong: see above.")
    return right and not found


async def main() -> int:
    """Run what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="start over")
    parser.add_argument("--check", action="store_true", help="compare all states, and end")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    parser.add_argument("--simulator-port", type=int, help=f"default {SIMULATOR_PORT}")
    arguments = parser.parse_args()
    work = asyncio.ensure_future(
        check()
        if arguments.check
        else run(arguments.port, arguments.simulator_port, reset=arguments.reset)
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        # Once: the second Ctrl-C of somebody impatient must not cut the clean end short.
        asyncio.get_running_loop().add_signal_handler(
            number, lambda: work.cancelling() or work.cancel()
        )
    try:
        return 0 if await work else 1
    except (StartError, ClientError) as err:
        print(err, file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        print("Stopped.")
        return 1 if arguments.check else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
