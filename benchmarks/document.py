"""Write the document with the goals and the figures."""

from importlib import metadata
import os
from pathlib import Path
import platform
from typing import Final

from .goals import Goal
from .measure import ROUNDS
from .processes import NAMES, REPEAT, Figures, Key

_INTRODUCTION: Final = (
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
)
_COLUMNS: Final = (
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


def document(found: dict[Key, Figures], all_goals: list[Goal]) -> str:
    """Return the document."""
    lines = [
        *_INTRODUCTION,
        *_conditions(),
        "",
        "## Goals",
        "",
        "| Goal | Measured | At most | |",
        "|---|---:|---:|---|",
        *(
            f"| {goal.text} | {goal.value:.4g}{goal.unit} | {goal.bound:g}{goal.unit} "
            f"| {'reached' if goal.is_reached else '**missed**'} |"
            for goal in all_goals
        ),
        "",
        "## Figures",
        "",
        *_table(found),
        "",
    ]
    return "\n".join(lines)


def _conditions() -> list[str]:
    """Return the conditions under which the figures were measured."""
    with Path("/proc/cpuinfo").open() as file:
        models = {line.split(":")[1].strip() for line in file if line.startswith("model name")}
    conditions = (
        f"{os.cpu_count()} x {', '.join(models) or platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, Home Assistant {metadata.version('homeassistant')}, "
        f"aiohttp {metadata.version('aiohttp')}"
    )
    return [
        f"Conditions: {conditions}.",
        f"Each figure is the median of {REPEAT[50]} processes, with 5 and 200 accounts of",
        f"{REPEAT[5]}; within each, CPU is the median of {ROUNDS} rounds in which every account is",
        "polled once, one after the other.",
    ]


def _table(found: dict[Key, Figures]) -> list[str]:
    """Return the table of all figures."""
    rows = sorted(found, key=lambda case: case[1])
    return [
        f"| {' | '.join(_COLUMNS)} |",
        f"|{'---:|' * len(_COLUMNS)}",
        *(f"| {' | '.join(_row(found, build, count))} |" for build, count in rows),
    ]


def _row(found: dict[Key, Figures], build: str, count: int) -> list[str]:
    """Return the row of a build with a number of accounts."""
    each, rest, limit = found[build, count], found["rest", count], found["limit", count]
    is_bare = build == "limit"
    return [
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
