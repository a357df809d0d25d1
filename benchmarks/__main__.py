"""Run all measurements one after the other, and write them down with their conditions."""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from importlib import metadata
import json
import os
from pathlib import Path
import platform
from statistics import median
import sys
import tempfile
from typing import Final, NamedTuple

from aiohttp import ClientSession

from benchmarks.measure import ROUNDS
from scripts.harness.const import ROOT, HarnessError
from scripts.harness.ports import reserved_port
from scripts.harness.run import running_simulator

DOCUMENT: Final = ROOT / "docs" / "performance.md"
COUNTS: Final = (5, 50, 200)
# How often each is measured; most of the goals are about 50 accounts.
REPEAT: Final = {5: 3, 50: 7, 200: 3}
BUILDS: Final = ("limit", "rest", "api_balance")
NAMES: Final = {
    "limit": "Bare request",
    "rest": "RESTful integration",
    "api_balance": "API Balance",
    "api_balance aged": "API Balance after 30 days",
}
# An account is asked every quarter of an hour, and its ledger is written every two hours.
POLLS_A_WRITE: Final = 8

type Figures = dict[str, float]
type Key = tuple[str, int]


class Goal(NamedTuple):
    """What was promised, what was measured, and the promise's bound."""

    text: str
    value: float
    bound: float
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        """Return whether the promise is kept."""
        return self.value <= self.bound


async def measure(*arguments: str) -> Figures:
    """Run one measurement in a process of its own; raise HarnessError when it fails."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.measure",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # As everybody runs it: an import takes what was compiled before.
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
            # Once in vain, to compile what is imported.
            await measure("import", "0", simulator.url)
            # One after the other, so that what disturbs the computer disturbs all of them.
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


def goals(found: dict[Key, Figures], imported: Figures, counts: Sequence[int]) -> list[Goal]:
    """Return the promises, with what was measured."""
    ours, rest, limit = (found[build, 50] for build in ("api_balance", "rest", "limit"))
    aged = found["api_balance aged", 50]
    most = found["api_balance", counts[-1]]
    per_entity = [each["set_up_cpu"] / each["entities"] for each in (ours, rest)]
    return [
        Goal(
            "CPU per account and poll, unchanged responses, to the RESTful integration's",
            ours["unchanged"] / rest["unchanged"],
            0.75,
        ),
        Goal(
            "CPU per account and poll, unchanged responses, to the bare request's",
            ours["unchanged"] / limit["unchanged"],
            2.9,
        ),
        Goal(
            "the same after 30 days, to the first day's",
            aged["unchanged"] / ours["unchanged"],
            1.1,
        ),
        Goal(
            f"the same with {counts[-1]} accounts, to 50",
            most["unchanged"] / ours["unchanged"],
            1.0,
        ),
        Goal("requests per account and poll", ours["requests"], 1),
        Goal("states written per unchanged response", ours["writes_unchanged"], 0),
        Goal(
            "states written per changed response, to the values changed",
            ours["writes_changed"] / ours["values_changed"],
            1,
        ),
        Goal(
            "bytes written to .storage per account and poll, after 30 days",
            aged["stored"] / POLLS_A_WRITE + aged["restored"],
            2500,
            " B",
        ),
        Goal(
            "set-up CPU per entity, to the RESTful integration's",
            per_entity[0] / per_entity[1],
            1,
        ),
        Goal("import", imported["import"] * 1000, 25, " ms"),
        Goal("third-party modules imported beyond Home Assistant's", imported["modules"], 0),
        Goal("longest event-loop pause, 50 accounts", ours["pause"] * 1000, 3, " ms"),
    ]


def table(found: dict[Key, Figures]) -> list[str]:
    """Return the table of all figures."""
    heads = (
        "Accounts",
        "Build",
        "Entities each",
        "CPU, unchanged (ms)",
        "to RESTful",
        "to bare",
        "CPU, changed (ms)",
        "to RESTful",
        "to bare",
        "States written, unchanged / changed",
        "Statistics (ms)",
        "Set-up CPU each (ms)",
        "Set-up in all (s)",
        "Memory each (KiB)",
        "Longest pause (ms)",
    )
    lines = [f"| {' | '.join(heads)} |", f"|{'---:|' * len(heads)}"]
    for (build, count), each in sorted(found.items(), key=lambda item: item[0][1]):
        rest, limit = found["rest", count], found["limit", count]
        is_bare = build == "limit"
        cells = [
            str(count),
            NAMES[build],
            "-" if is_bare else f"{each['entities']:.1f}",
            f"{each['unchanged'] * 1000:.3f}",
            f"{each['unchanged'] / rest['unchanged']:.2f}",
            f"{each['unchanged'] / limit['unchanged']:.2f}",
            f"{each['changed'] * 1000:.3f}",
            f"{each['changed'] / rest['changed']:.2f}",
            f"{each['changed'] / limit['changed']:.2f}",
            "-" if is_bare else f"{each['writes_unchanged']:.1f} / {each['writes_changed']:.1f}",
            "-" if is_bare else f"{each['statistics'] * 1000:.3f}",
            "-" if is_bare else f"{each['set_up_cpu'] * 1000:.1f}",
            "-" if is_bare else f"{each['set_up_wall']:.2f}",
            "-" if is_bare else f"{each['memory'] / 1024:.0f}",
            f"{each['pause'] * 1000:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def document(found: dict[Key, Figures], promised: list[Goal]) -> str:
    """Return the document."""
    with Path("/proc/cpuinfo").open() as file:
        models = {line.split(":")[1].strip() for line in file if line.startswith("model name")}
    conditions = (
        f"{os.cpu_count()} x {', '.join(models) or platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, Home Assistant {metadata.version('homeassistant')}, "
        f"aiohttp {metadata.version('aiohttp')}"
    )
    lines = [
        "# Performance",
        "",
        "What a poll costs, compared with the bare minimum and with what you would use without",
        "API Balance. Written by `scripts/bench`, which anybody can run. The figures are from one",
        "run on one computer; only the ratios can be transferred to another one.",
        "",
        "- **Bare request**: an aiohttp GET and `json.loads`, and nothing else.",
        "- **RESTful integration**: Home Assistant's own, with one resource per account, a sensor",
        "  for each field that the provider reports, and a template for the low balance.",
        "- **API Balance**: with every entity enabled, including the ledger.",
        "",
        "All of them poll the same simulated providers, which run in another process. Both",
        "integrations run in a real Home Assistant with its recorder, whose work is included. A",
        "changed response changes the balance and the spending of today and this month, which are",
        "written and recorded as well; the RESTful integration has no such entities. Statistics",
        "are what the recorder needs for its three compilations in a quarter of an hour, in",
        "addition.",
        "",
        f"Conditions: {conditions}.",
        f"Each figure is the median of {REPEAT[50]} processes, with 5 and 200 accounts of",
        f"{REPEAT[5]}; within each, CPU is the median of {ROUNDS} rounds in which every account is",
        "polled once, one after the other.",
        "",
        "## Goals",
        "",
        "| Goal | Measured | At most | |",
        "|---|---:|---:|---|",
        *(
            f"| {goal.text} | {goal.value:.4g}{goal.unit} | {goal.bound:g}{goal.unit} "
            f"| {'reached' if goal.is_reached else '**missed**'} |"
            for goal in promised
        ),
        "",
        "## Figures",
        "",
        *table(found),
        "",
    ]
    return "\n".join(lines)


async def run() -> bool:
    """Run what the arguments ask for; return whether all goals are reached."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 and 50 accounts, once; no document")
    arguments = parser.parse_args()
    counts = COUNTS[:2] if arguments.quick else COUNTS
    repeat = dict.fromkeys(counts, 1) if arguments.quick else REPEAT
    found, imported = await measure_all(counts, repeat)
    promised = goals(found, imported, counts)
    text = document(found, promised)
    print(text)
    # A look in passing is not written down.
    if not arguments.quick:
        DOCUMENT.write_text(text)
    return all(goal.is_reached for goal in promised)


def main() -> int:
    """Return the exit code."""
    try:
        return 0 if asyncio.run(run()) else 1
    except HarnessError as err:
        print(err, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
