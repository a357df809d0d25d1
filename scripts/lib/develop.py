"""Develop: Home Assistant with debug logging, started again when the integration changes."""

import argparse
import asyncio
from contextlib import suppress
from pathlib import Path
import shutil
import sys
from typing import Final

from aiohttp import ClientSession

from .demo import PORT, SIMULATOR_PORT, add_accounts
from .home_assistant import (
    DOMAIN,
    ROOT,
    HomeAssistant,
    Simulator,
    StartError,
    install_packages,
    is_restart,
    require_port,
    run_until_stopped,
    running_home_assistant,
    running_simulator,
)

FOLDER: Final = ROOT / ".develop"
SOURCES: Final = ROOT / "custom_components" / DOMAIN
WATCHED: Final = (".json", ".py", ".yaml")
INTERVAL: Final = 1  # seconds between two looks at the files and at the log

type Times = dict[Path, int]


def modified() -> Times:
    """Return when each file of the integration was written last, in nanoseconds."""
    found = {}
    for path in SOURCES.rglob("*"):
        # An editor may put another file in its place just now.
        with suppress(FileNotFoundError):
            if path.suffix in WATCHED:
                found[path] = path.stat().st_mtime_ns
    return found


async def is_changed(simulator: Simulator, server: HomeAssistant, before: Times) -> bool:
    """Show the log as it grows; return whether files have changed, before anything has ended."""
    ends = {simulator.ended, server.ended}
    last = before
    with server.log.open(errors="replace") as log:
        while True:
            done, _ = await asyncio.wait(
                ends, timeout=INTERVAL, return_when=asyncio.FIRST_COMPLETED
            )
            print(log.read(), end="", flush=True)
            if done:
                return False
            now = modified()
            # Once it is quiet: an editor or a formatter may write several files.
            if now == last != before:
                changed = sorted(
                    {str(path.relative_to(ROOT)) for path, _ in {*now.items()} ^ {*before.items()}}
                )
                print(f"Changed: {', '.join(changed)}. Starting again ...", flush=True)
                return True
            last = now


async def set_up(server: HomeAssistant, simulator: Simulator) -> None:
    """Switch on debug logging for good, and add the accounts."""
    await server.command(
        "logger/integration_log_level", integration=DOMAIN, level="DEBUG", persistence="permanent"
    )
    await add_accounts(server, simulator.url)


async def run(port: int, simulator_port: int, *, reset: bool) -> bool:
    """Run until Home Assistant is stopped; keep what the user has changed in it."""
    # Written last, so a set-up that was interrupted is begun again. The accounts hold this port.
    ready = FOLDER / "simulator_port"
    is_kept = ready.exists() and not reset
    if is_kept and ready.read_text() != str(simulator_port):
        message = f"The accounts are at simulator port {ready.read_text()}: to change it, --reset."
        raise StartError(message)
    require_port(port, "--port")
    require_port(simulator_port, "--reset --simulator-port")
    if not is_kept:
        shutil.rmtree(FOLDER, ignore_errors=True)
    install_packages()
    print("Starting Home Assistant ...", flush=True)
    async with (
        ClientSession() as session,
        running_simulator(session, simulator_port, FOLDER / "simulator.log") as simulator,
    ):
        while True:
            before = modified()
            async with running_home_assistant(session, FOLDER, port) as server:
                if not ready.exists():
                    await set_up(server, simulator)
                    ready.write_text(str(simulator_port))
                await server.log_out()
                print(f"Open {server.url} (no log-in on this computer).", flush=True)
                again = await is_changed(simulator, server, before)
            if not again and not is_restart(simulator, server):
                return True


async def main() -> int:
    """Run what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/develop", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="start over")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    parser.add_argument(
        "--simulator-port", type=int, default=SIMULATOR_PORT, help=f"default {SIMULATOR_PORT}"
    )
    arguments = parser.parse_args()
    result = await run_until_stopped(
        run(arguments.port, arguments.simulator_port, reset=arguments.reset)
    )
    return 1 if result is False else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
