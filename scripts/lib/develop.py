"""Run Home Assistant with debug logging, and restart it when the integration changes."""

import argparse
import asyncio
from contextlib import suppress
from pathlib import Path
import shutil
import sys
from typing import Final

from aiohttp import ClientSession

from scripts.harness.const import DOMAIN, HarnessError
from scripts.harness.home_assistant import HomeAssistant
from scripts.harness.ports import require_port
from scripts.harness.processes import run_until_stopped
from scripts.harness.run import Simulator, is_restart, running_home_assistant, running_simulator

from .accounts import ACCOUNTS, OWN_ENDPOINT, add_accounts
from .demo import PORT, SIMULATOR_PORT
from .files import ROOT

_FOLDER: Final = ROOT / ".develop"
_SOURCES: Final = ROOT / "custom_components" / DOMAIN
_SUFFIXES: Final = frozenset({".js", ".json", ".py", ".yaml"})
_CHECK_INTERVAL: Final = 1.0  # seconds

type Times = dict[Path, int]


def modification_times() -> Times:
    """Return when each file of the integration was last written, in nanoseconds."""
    found = {}
    for path in _SOURCES.rglob("*"):
        # An editor may be replacing the file.
        with suppress(FileNotFoundError):
            if path.suffix in _SUFFIXES:
                found[path] = path.stat().st_mtime_ns
    return found


async def wait_for_change(simulator: Simulator, server: HomeAssistant, before: Times) -> bool:
    """Print the log until a file changes or a process ends; return whether a file has changed."""
    ends = {simulator.ended, server.ended}
    last = before
    with server.log.open(errors="replace") as log:
        while True:
            done, _ = await asyncio.wait(
                ends, timeout=_CHECK_INTERVAL, return_when=asyncio.FIRST_COMPLETED
            )
            print(log.read(), end="", flush=True)
            if done:
                return False
            now = modification_times()
            # Wait until nothing changes any more: an editor may write several files.
            if now == last != before:
                changed = {path for path, _ in {*now.items()} ^ {*before.items()}}
                names = sorted(str(path.relative_to(_SOURCES)) for path in changed)
                print(f"Changed: {', '.join(names)}. Restarting ...", flush=True)
                return True
            last = now


async def set_up(server: HomeAssistant, simulator: str) -> None:
    """Enable debug logging permanently, and add the accounts."""
    await server.command(
        "logger/integration_log_level", integration=DOMAIN, level="DEBUG", persistence="permanent"
    )
    await add_accounts(server, simulator, (*ACCOUNTS, OWN_ENDPOINT))


async def run(port: int, simulator_port: int, *, reset: bool) -> bool:
    """Run until Home Assistant is stopped; keep the changes that the user makes."""
    # Written after the accounts were added, with this port in their base URL.
    ready = _FOLDER / "simulator_port"
    is_kept = ready.exists() and not reset
    if is_kept and ready.read_text() != str(simulator_port):
        message = f"The accounts use simulator port {ready.read_text()}: use --reset to change it."
        raise HarnessError(message)
    require_port(port, "--port")
    require_port(simulator_port, "--reset --simulator-port")
    if not is_kept:
        shutil.rmtree(_FOLDER, ignore_errors=True)
    print("Starting Home Assistant ...", flush=True)
    async with (
        ClientSession() as session,
        running_simulator(session, simulator_port, _FOLDER / "simulator.log") as simulator,
    ):
        while True:
            before = modification_times()
            async with running_home_assistant(session, _FOLDER, port) as server:
                if not ready.exists():
                    await set_up(server, simulator.url)
                    ready.write_text(str(simulator_port))
                await server.log_out()
                print(f"Open {server.url} (no login on this computer).", flush=True)
                is_changed = await wait_for_change(simulator, server, before)
            if not is_changed and not is_restart(simulator, server):
                return True


async def main() -> int:
    """Run it; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/develop", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="start over")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    parser.add_argument(
        "--simulator-port", type=int, default=SIMULATOR_PORT, help=f"default {SIMULATOR_PORT}"
    )
    arguments = parser.parse_args()
    work = run(arguments.port, arguments.simulator_port, reset=arguments.reset)
    return 1 if await run_until_stopped(work) is False else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
