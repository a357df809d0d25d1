"""Run each measurement several times, each time in its own process."""

import asyncio
from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
from statistics import median
import sys
import tempfile
from typing import Final

from aiohttp import ClientSession

from scripts.harness.const import ROOT, HarnessError
from scripts.harness.ports import reserved_port
from scripts.harness.run import running_simulator

COUNTS: Final = (5, 50, 200)
# The number of processes by number of accounts; most goals are about 50 accounts.
REPEAT: Final = {5: 3, 50: 7, 200: 3}
BUILDS: Final = ("limit", "rest", "api_balance")
NAMES: Final = {
    "limit": "Bare request",
    "rest": "RESTful integration",
    "api_balance": "API Balance",
    "api_balance aged": "API Balance after 30 days",
}

type Figures = dict[str, float]
type Key = tuple[str, int]
"""A build and the number of accounts."""


async def measure(*arguments: str) -> Figures:
    """Run one measurement in its own process; raise HarnessError if it fails."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.measure",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # Users have compiled modules: no variable may prevent their use.
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
    )
    out, err = await child.communicate()
    if child.returncode:
        message = f"{' '.join(arguments)} failed:\n{err.decode(errors='replace')[-2000:]}"
        raise HarnessError(message)
    found: Figures = json.loads(out)
    return found


async def measure_all(
    counts: Sequence[int], repeat: Mapping[int, int]
) -> tuple[dict[Key, Figures], Figures]:
    """Return the medians of all figures, by build and number of accounts, and of the import."""
    cases = [(build, count) for count in counts for build in BUILDS]
    cases += [("api_balance aged", 50)]
    runs: dict[Key, list[Figures]] = {case: [] for case in cases}
    imports: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="api-balance-") as name, reserved_port() as port:
        log = Path(name) / "simulator.log"
        async with (
            ClientSession() as session,
            running_simulator(session, port, log) as simulator,
        ):
            # The first import only compiles the modules.
            await measure("import", "0", simulator.url)
            # Alternate between the cases: other programs then slow down all of them.
            for number in range(max(repeat.values())):
                for build, count in cases:
                    if number >= repeat[count]:
                        continue
                    print(f"Round {number + 1}: {NAMES[build]}, {count} accounts", flush=True)
                    kind, _, aged = build.partition(" ")
                    more = ["--aged"] if aged else []
                    runs[build, count].append(await measure(kind, str(count), simulator.url, *more))
                imports.append(await measure("import", "0", simulator.url))
    return {case: _medians(found) for case, found in runs.items()}, _medians(imports)


def _medians(found: list[Figures]) -> Figures:
    """Return the median of each figure."""
    return {name: median(each[name] for each in found) for name in found[0]}
