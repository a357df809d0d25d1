"""Run Home Assistant with simulated accounts and a dashboard, until Ctrl-C."""

import argparse
import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
import fcntl
import json
import shutil
import sys
import time
from typing import Final

from aiohttp import ClientSession

from scripts.harness.const import HarnessError
from scripts.harness.ports import require_port
from scripts.harness.processes import run_until_stopped
from scripts.harness.run import Trial, is_restart, running_home_assistant, running_simulator, trial
from scripts.harness.states import (
    KNOWN,
    Value,
    compare,
    enable_all_entities,
    expected_ledgers,
    expected_values,
    problems,
)

from .accounts import STORY_ACCOUNTS
from .files import ROOT
from .past import Pasts
from .story import becomes_low_in_time, get_json, has_statistics, set_up_story, time_zone, timetable

PORT: Final = 8123
SIMULATOR_PORT: Final = 8124
_FOLDER: Final = ROOT / ".demo"
# Written after the accounts were added: an interrupted setup starts over.
_STATE: Final = _FOLDER / "demo.json"


@dataclass(frozen=True)
class _State:
    """What a later start of the demo must know."""

    simulator_port: int
    """The accounts have this port in their base URL."""
    story: datetime
    """When the story of the simulator started."""

    @classmethod
    def load(cls) -> _State | None:
        """Return the stored state, or None if there is no demo yet."""
        if not _STATE.exists():
            return None
        data = json.loads(_STATE.read_text())
        return cls(data["simulator_port"], datetime.fromisoformat(data["story"]))

    def save(self) -> None:
        """Store the state."""
        data = {"simulator_port": self.simulator_port, "story": self.story.isoformat()}
        _STATE.write_text(json.dumps(data))


def _is_running() -> bool:
    """Return whether a Home Assistant uses the folder of the demo."""
    with suppress(FileNotFoundError), (_FOLDER / ".ha_run.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _prepare(port: int, simulator_port: int | None, *, reset: bool) -> _State:
    """Check the ports and remove an old demo if necessary; return the state of the demo."""
    if _is_running():
        message = "The demo is already running: stop it first."
        raise HarnessError(message)
    state = None if reset else _State.load()
    if state and simulator_port not in {None, state.simulator_port}:
        message = (
            f"The accounts of this demo use simulator port {state.simulator_port}:"
            " use --reset to change it."
        )
        raise HarnessError(message)
    require_port(port, "--port")
    if state:
        require_port(state.simulator_port, "--reset --simulator-port")
        return state
    state = _State(simulator_port or SIMULATOR_PORT, datetime.now().astimezone())
    require_port(state.simulator_port, "--simulator-port")
    shutil.rmtree(_FOLDER, ignore_errors=True)
    return state


async def run(port: int, simulator_port: int | None, *, reset: bool) -> bool:
    """Run the demo until Home Assistant is stopped; keep the changes that the user makes."""
    state = _prepare(port, simulator_port, reset=reset)
    log = _FOLDER / "simulator.log"
    print("Starting Home Assistant ...", flush=True)
    async with (
        ClientSession() as session,
        running_simulator(session, state.simulator_port, log, state.story) as simulator,
    ):
        while True:
            async with running_home_assistant(session, _FOLDER, port) as server:
                if not _STATE.exists():
                    await set_up_story(session, server, simulator.url)
                    state.save()
                await server.log_out()
                print(
                    f"Open {server.url} (no login on this computer; elsewhere demo, demo).\n"
                    f"{timetable(state.story, simulator.url)}\n"
                    f"Press Ctrl-C to stop it and the simulator, {simulator.url}/_simulator/",
                    flush=True,
                )
                ends = {server.ended, simulator.ended}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not is_restart(simulator, server):
                return True


async def check() -> bool:
    """Run the demo in a temporary folder; return whether all states are as expected."""
    start = time.monotonic()
    async with trial(with_story=True) as running:
        server = running.server
        pasts = await set_up_story(running.session, server, running.simulator.url)
        print(f"The demo is ready after {time.monotonic() - start:.0f} seconds.", flush=True)
        right = await becomes_low_in_time(server) and await has_statistics(server, pasts)
        await server.request("POST", "/api/services/automation/turn_off", {"entity_id": "all"})
        await enable_all_entities(server, pasts)
        expected = await _expected(running, pasts)
        right &= await compare(server, expected)
    for line in (found := problems(running.log)):
        print(line)
    print("Everything is as expected." if right and not found else "Something is wrong: see above.")
    return right and not found


async def _expected(
    running: Trial, accounts: dict[str, Pasts]
) -> dict[str, dict[str, tuple[Value, str]]]:
    """Return what the entities of each config entry must show."""
    zone = await time_zone(running.server)
    served = await get_json(running.session, f"{running.simulator.url}/_simulator/served")
    expected = {}
    for (entry, pasts), account in zip(accounts.items(), STORY_ACCOUNTS, strict=True):
        slug = str(account["provider"])
        body = json.loads(next(iter(served[slug].values())), parse_float=Decimal)
        values = expected_values(slug, body, account.get("low_balance_threshold"))
        readings = {past.unit: past.readings for past in pasts.values()}
        expected[entry] = values | expected_ledgers(values, readings, zone)
    expected[next(iter(accounts))]["balance_event"] = (KNOWN, "")
    return expected


async def main() -> int:
    """Run the demo, or check it; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="start over")
    parser.add_argument("--check", action="store_true", help="compare all states, then stop")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    parser.add_argument("--simulator-port", type=int, help=f"default {SIMULATOR_PORT}")
    arguments = parser.parse_args()
    if arguments.check:
        return 0 if await run_until_stopped(check()) else 1
    work = run(arguments.port, arguments.simulator_port, reset=arguments.reset)
    return 1 if await run_until_stopped(work) is False else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
