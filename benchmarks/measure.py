"""Measure one build with a number of accounts in its own process; print the figures as JSON."""

# First of all: everything else must find the clock that skips the waiting.
from . import clock  # isort: skip

import argparse
import asyncio
from datetime import timedelta
from importlib import import_module
import json
import logging
import os
from pathlib import Path
import resource
import sys
import time
from typing import Any, Final

from aiohttp import ClientSession

from scripts.harness.const import DOMAIN

from .accounts import PROVIDERS, Account
from .builds import BUILDS, ApiBalance, Build
from .home_assistant import home_assistant
from .instruments import (
    counted_bytes,
    counted_writes,
    everything_enabled,
    longest_step,
    timed_statistics,
)

DAY: Final = 24 * 60 * 60
_HOUR: Final = 60 * 60
_AGE: Final = timedelta(days=30)


class Simulator:
    """The control of the simulator, and what it has received."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Prepare the requests."""
        self._session = session
        self._url = f"{url}/_simulator"

    async def change(self, share: str) -> None:
        """Let a share of all responses differ from the one before."""
        async with self._session.post(f"{self._url}/changing", data=share, ssl=False) as response:
            response.raise_for_status()

    async def requests(self) -> int:
        """Return the number of requests for balances."""
        async with self._session.get(f"{self._url}/requests", ssl=False) as response:
            return int(await response.json())


async def measure(build: Build, simulator: Simulator) -> dict[str, float]:
    """Set up a build, let two days pass, and return the figures."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    with everything_enabled():
        await build.set_up()
        await build.settle()
    found = {"set_up_cpu": time.process_time() - cpu, "set_up_wall": time.perf_counter() - wall}
    # The first day also loads modules and fills caches; from its end on, it goes the same way.
    await clock.skip(_HOUR)
    await build.settle()
    requests = await simulator.requests()
    cpu, loop = time.process_time(), time.thread_time()
    with timed_statistics() as statistics:
        await clock.skip(DAY)
        await build.settle()
    found["statistics"] = statistics[0]
    found["cpu"] = time.process_time() - cpu
    found["loop"] = time.thread_time() - loop
    found["requests"] = await simulator.requests() - requests
    # From here on, the instruments need time themselves.
    rows = await _rows(build.hass)
    own = [each for each in build.hass.states.async_all() if each.domain not in {"zone", "person"}]
    with counted_writes() as writes, counted_bytes() as size, longest_step() as step:
        await clock.skip(DAY)
        await build.settle()
    found |= {
        "entities": len(own),
        "writes": writes.total(),
        "bytes": size.total(),
        "pause": step[0],
        "rows": await _rows(build.hass) - rows,
        "memory": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * 1024,
    }
    return found


async def _rows(hass: Any) -> int:
    """Return the number of rows in the recorder's tables of states and statistics."""
    from sqlalchemy import text  # noqa: PLC0415

    from homeassistant.components.recorder import get_instance  # noqa: PLC0415
    from homeassistant.components.recorder.util import session_scope  # noqa: PLC0415

    recorder = get_instance(hass)

    def count() -> int:
        with session_scope(session=recorder.get_session(), read_only=True) as session:
            return sum(
                int(session.execute(text(f"SELECT MAX(rowid) FROM {table}")).scalar() or 0)  # noqa: S608
                for table in ("states", "statistics", "statistics_short_term")
            )

    return int(await recorder.async_add_executor_job(count))


async def measure_import() -> dict[str, float]:
    """Measure the import of the integration after its dependencies have been imported."""
    parts = ("binary_sensor", "button", "event", "number", "sensor", "diagnostics")
    async with home_assistant() as hass:
        for name in (*parts, "system_health"):
            import_module(f"homeassistant.components.{name}")
        helpers = ("condition", "trigger", "selector", "issue_registry", "update_coordinator")
        for name in helpers:
            import_module(f"homeassistant.helpers.{name}")
        before = {name.partition(".")[0] for name in sys.modules}
        # The recorder is busy after a start.
        await Build([], hass).settle()
        begin = time.process_time()
        own = (*parts, "config_flow", "trigger", "condition", "system_health")
        for name in ("", *(f".{part}" for part in own)):
            import_module(f"custom_components.{DOMAIN}{name}")
        spent = time.process_time() - begin
    new = {name.partition(".")[0] for name in sys.modules} - before - sys.stdlib_module_names
    return {"import": spent, "modules": len(new - {"custom_components"})}


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure a build, or the import."""
    if arguments.build == "import":
        return await measure_import()
    slugs = PROVIDERS[arguments.providers]
    accounts = [Account(arguments.url, number, slugs) for number in range(arguments.accounts)]
    async with ClientSession() as session:
        simulator = Simulator(session, arguments.url)
        await simulator.change(arguments.changing)
        async with home_assistant() as hass:
            build = BUILDS[arguments.build](accounts, hass)
            if isinstance(build, ApiBalance) and arguments.aged:
                await build.write_past(_AGE)
            found = await measure(build, simulator)
            database = Path(hass.config.path("home-assistant_v2.db"))
            await hass.async_stop(force=True)
            size = await asyncio.to_thread(database.stat)
            return found | {"database": size.st_size}


def main() -> None:
    """Measure the build that the arguments name."""
    parser = argparse.ArgumentParser(prog="benchmarks.measure", description=__doc__)
    parser.add_argument("build", choices=[*BUILDS, "import"])
    parser.add_argument("url")
    parser.add_argument("--accounts", type=int, default=0)
    parser.add_argument("--providers", type=int, default=5, choices=PROVIDERS)
    parser.add_argument("--changing", default="0.5", help="share of the responses that change")
    parser.add_argument("--aged", action="store_true", help="start with a ledger of thirty days")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    found = asyncio.run(run(arguments), loop_factory=clock.install())
    json.dump(found, sys.stdout)
    sys.stdout.flush()
    # Home Assistant's threads may wait for a time that no longer comes.
    os._exit(0)


if __name__ == "__main__":
    main()
