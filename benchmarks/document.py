"""Write the document with the goals and the figures."""

from collections.abc import Iterable
from importlib import metadata
import os
from pathlib import Path
import platform
from typing import Final

from .goals import POLLS_PER_DAY, Found, Goal, cpu, ratio
from .processes import ALL, COMPARED, GROWTH, IDLE, NAMES, Case, Figures

_INTRODUCTION: Final = """\
# Performance

What polling costs, compared with the bare minimum and with what you would use without API
Balance. Written by `scripts/bench`, which anybody can run. The figures are from one run on one
computer; only the ratios can be transferred to another one.

- **Bare request**: an aiohttp GET and `json.loads` in a timer for each account, and nothing else.
- **RESTful integration**: Home Assistant's own, with one resource for each account, a sensor for
  each field that the provider reports, and a template for the low balance.
- **API Balance**: with every entity enabled, including the ledger, its statistics and the entities
  that are disabled by default.

Each of them runs in a real Home Assistant with its recorder for a day. Home Assistant's own timers
start the polls; the clock skips the time in which nothing happens, so that a day takes seconds.
Everything that a day brings is included: connections that are opened and expire, states that are
recorded, files that are written, the dumps of the restored states, the statistics of each five
minutes and hour, and midnight. What an idle Home Assistant needs is deducted. The simulated
providers run in another process.
"""
_COLUMNS: Final = (
    "Accounts",
    "Providers",
    "Responses that change",
    "",
    "CPU (ms)",
    "of it event loop",
    "of it statistics",
    "to RESTful",
    "to bare",
)
_DAY_COLUMNS: Final = (
    "",
    "Entities each",
    "States written each and day",
    "Recorder rows each and day",
    "Bytes to .storage each and day",
    "Set-up CPU each (ms)",
    "Memory each (KiB)",
    "Longest pause (ms)",
)
_GROWTH_COLUMNS: Final = (
    "Accounts",
    "CPU (% of one core)",
    "Set-up CPU (s)",
    "Memory (MiB)",
    "Recorder rows per day",
    "Database after a day (MiB)",
    "MiB to .storage per day",
    "Longest pause (ms)",
)
_MIB: Final = 1024 * 1024


def document(found: Found, all_goals: list[Goal], repeat: int, closing: str) -> str:
    """Return the document; the closing text is what a person has written about the figures."""
    compared = [case for case in COMPARED if case in found and case != IDLE]
    typical = [case for case in compared if case[1:5] == Case("")[1:5]]
    growth = [case for case in GROWTH if case in found]
    return "\n".join(
        [
            _INTRODUCTION,
            f"Conditions: {_conditions()}. Runs of each measurement: {repeat} (the median counts).",
            "",
            "## Goals",
            "",
            *_table(("Goal", "Measured", "At most", ""), (_goal(goal) for goal in all_goals)),
            "",
            "## A poll",
            "",
            "CPU time per account and poll, with everything that follows from it. The statistics",
            "are those that the recorder compiles every five minutes, polls or not.",
            "",
            *_table(_COLUMNS, (_poll(found, case) for case in compared)),
            "",
            "## A day",
            "",
            "With 50 accounts, and half of the responses changing.",
            "",
            *_table(_DAY_COLUMNS, (_day(found[case], case) for case in typical)),
            "",
            "## Growth",
            "",
            f"API Balance with accounts at {ALL} providers; half of the responses change.",
            "",
            *_table(_GROWTH_COLUMNS, (_growth(found, case) for case in growth)),
            "",
            closing,
        ]
    )


def _goal(goal: Goal) -> list[str]:
    """Return whether a goal is reached."""
    verdict = "reached" if goal.is_reached else "**missed**"
    return [goal.text, f"{goal.value:.2f}{goal.unit}", f"{goal.bound:.4g}{goal.unit}", verdict]


def _conditions() -> str:
    """Return the conditions under which the figures were measured."""
    with Path("/proc/cpuinfo").open() as file:
        models = {line.split(":")[1].strip() for line in file if line.startswith("model name")}
    return (
        f"{os.cpu_count()} x {', '.join(models) or platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, Home Assistant {metadata.version('homeassistant')}, "
        f"aiohttp {metadata.version('aiohttp')}"
    )


def _table(columns: Iterable[str], rows: Iterable[list[str]]) -> list[str]:
    """Return a table."""
    names = list(columns)
    return [
        f"| {' | '.join(names)} |",
        f"|{'---:|' * len(names)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def _name(case: Case) -> str:
    """Return the name of what is measured."""
    extra = ", after 30 days" if case.aged else ""
    return f"{NAMES[case.build]}{extra}{', https' if case.tls else ''}"


def _poll(found: Found, case: Case) -> list[str]:
    """Return what a poll costs."""
    return [
        str(case.accounts),
        str(case.providers),
        f"{float(case.changing):.0%}",
        _name(case),
        f"{cpu(found, case) * 1000:.3f}",
        f"{cpu(found, case, 'loop') * 1000:.3f}",
        f"{cpu(found, case, 'statistics') * 1000:.3f}",
        f"{ratio(found, case, 'rest'):.2f}",
        f"{ratio(found, case, 'bare'):.2f}",
    ]


def _day(each: Figures, case: Case) -> list[str]:
    """Return what a day brings, per account."""
    count = case.accounts
    return [
        _name(case),
        f"{each['entities'] / count:.1f}",
        f"{each['writes'] / count:.0f}",
        f"{each['rows'] / count:.0f}",
        f"{each['bytes'] / count:.0f}",
        f"{each['set_up_cpu'] / count * 1000:.1f}",
        f"{each['memory'] / count / 1024:.0f}",
        f"{each['pause'] * 1000:.1f}",
    ]


def _growth(found: Found, case: Case) -> list[str]:
    """Return what all accounts need together."""
    each = found[case]
    seconds = cpu(found, case) * case.accounts * POLLS_PER_DAY
    return [
        str(case.accounts),
        f"{seconds / 864:.3f}",
        f"{each['set_up_cpu']:.1f}",
        f"{each['memory'] / _MIB:.0f}",
        f"{each['rows']:.0f}",
        f"{each['database'] / _MIB:.0f}",
        f"{each['bytes'] / _MIB:.1f}",
        f"{each['pause'] * 1000:.1f}",
    ]
