"""Measure one build with a number of accounts in its own process; print the figures as JSON.

There are three builds: "limit" sends the requests and decodes the responses only, "rest" is Home
Assistant's RESTful integration, and "api_balance" is this integration with everything enabled.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import import_module
import json
import logging
import resource
from statistics import median
import sys
import time
from typing import Any, Final

from aiohttp import ClientSession

from scripts.harness.const import DOMAIN

from .accounts import Account
from .builds import ApiBalance, Build, InHomeAssistant, Limit, Rest
from .home_assistant import home_assistant
from .instruments import counted_writes, everything_enabled, longest_step

ROUNDS: Final = 30
# Home Assistant compiles statistics every five minutes, and an account is polled every fifteen.
_STATISTICS_PER_POLL: Final = 3
_AGE: Final = timedelta(days=30)


async def poll(build: Build) -> float:
    """Poll each account once; return the CPU time per account, in seconds."""
    begin = time.process_time()
    for each in build.polls:
        await each()
    await build.settle()
    return (time.process_time() - begin) / len(build.accounts)


async def measure(build: Build, url: str, session: ClientSession) -> dict[str, float]:
    """Set up a build, poll its accounts, and return the figures."""
    count = len(build.accounts)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    with everything_enabled():
        await build.set_up()
        await build.settle()
    found = {
        "set_up_cpu": (time.process_time() - cpu) / count,
        "set_up_wall": time.perf_counter() - wall,
    }

    async def spend() -> None:
        for account in build.accounts:
            await account.spend(session, url)

    for _ in range(2):
        await spend()
        await poll(build)
    found["unchanged"] = median([await poll(build) for _ in range(ROUNDS)])
    rounds = []
    for _ in range(ROUNDS):
        await spend()
        rounds.append(await poll(build))
    found["changed"] = median(rounds)
    # From here on, the instruments need time themselves.
    before = await requests(session, url)
    steps = []
    for _ in range(3):
        await spend()
        with longest_step() as step:
            await poll(build)
        steps.append(step[0])
    found["pause"] = median(steps)
    found["requests"] = (await requests(session, url) - before) / count / len(steps)
    if isinstance(build, InHomeAssistant):
        found |= await measure_states(build, spend)
    found["memory"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * 1024 / count
    return found


async def measure_states(
    build: InHomeAssistant, spend: Callable[[], Awaitable[None]]
) -> dict[str, float]:
    """Count the states and those that are written; measure the recorder's statistics."""
    count = len(build.accounts)
    own = [name for name in shown(build.hass) if name.partition(".")[0] not in {"zone", "person"}]
    found = {"entities": len(own) / count}
    for name in ("unchanged", "changed"):
        if name == "changed":
            # A time in a response changes every second.
            await asyncio.sleep(1)
            await spend()
        values = shown(build.hass)
        with counted_writes() as counts:
            await poll(build)
        found[f"writes_{name}"] = counts.total() / count
        changes = sum(values.get(key) != value for key, value in shown(build.hass).items())
        found[f"values_{name}"] = changes / count
    begin = time.process_time()
    for _ in range(_STATISTICS_PER_POLL):
        await build.compile_statistics()
    found["statistics"] = (time.process_time() - begin) / count
    return found


def shown(hass: Any) -> dict[str, tuple[str, object]]:
    """Return the states and attributes of all entities."""
    return {each.entity_id: (each.state, each.attributes) for each in hass.states.async_all()}


async def measure_import() -> dict[str, float]:
    """Measure the import of the integration after its dependencies have been imported."""
    parts = ("binary_sensor", "button", "event", "number", "sensor", "diagnostics")
    async with home_assistant() as hass:
        for name in (*parts, "system_health"):
            import_module(f"homeassistant.components.{name}")
        for name in ("condition", "trigger", "selector", "issue_registry", "storage"):
            import_module(f"homeassistant.helpers.{name}")
        before = {name.partition(".")[0] for name in sys.modules}
        # The recorder is busy after a start.
        await InHomeAssistant([], hass).settle()
        begin = time.perf_counter()
        own = (*parts, "config_flow", "trigger", "condition", "system_health")
        for name in ("", *(f".{part}" for part in own)):
            import_module(f"custom_components.{DOMAIN}{name}")
        spent = time.perf_counter() - begin
    new = {name.partition(".")[0] for name in sys.modules} - before - sys.stdlib_module_names
    return {"import": spent, "modules": len(new - {"custom_components"})}


async def requests(session: ClientSession, url: str) -> int:
    """Return the number of requests that the simulator has received."""
    async with session.get(f"{url}/_simulator/requests") as response:
        return int(await response.json())


async def run(build: str, count: int, url: str, *, aged: bool) -> dict[str, Any]:
    """Measure a build, or the import."""
    if build == "import":
        return await measure_import()
    accounts = [Account(url, number) for number in range(count)]
    async with ClientSession() as session:
        if build == "limit":
            limit = Limit(accounts)
            found = await measure(limit, url, session)
            await limit.session.close()
            return found
        async with home_assistant() as hass:
            if build == "rest":
                return await measure(Rest(accounts, hass), url, session)
            ours = ApiBalance(accounts, hass)
            if aged:
                ours.write_past(_AGE)
            found = await measure(ours, url, session)
            await hass.async_stop(force=True)
            return found | {"stored": ours.stored(), "restored": ours.restored()}


def main() -> None:
    """Measure the build that the arguments name."""
    parser = argparse.ArgumentParser(prog="benchmarks.measure", description=__doc__)
    parser.add_argument("build", choices=["limit", "rest", "api_balance", "import"])
    parser.add_argument("count", type=int)
    parser.add_argument("url")
    parser.add_argument("--aged", action="store_true", help="start with a ledger of thirty days")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    found = asyncio.run(run(arguments.build, arguments.count, arguments.url, aged=arguments.aged))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
