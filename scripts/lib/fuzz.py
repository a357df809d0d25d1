"""Run all fuzz targets in turn for as long as told."""

import argparse
from collections import Counter
from dataclasses import dataclass
from random import SystemRandom
import sys
import time
import traceback
from typing import Final

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import TARGETS, Target, reproducer
from tests.fuzz.wire import Answer

# Few enough that each target has its turn several times in a minute.
_EXAMPLES_A_TURN: Final = 500


@dataclass(frozen=True)
class _Finding:
    """An answer that does harm, the smallest that was found."""

    answer: Answer
    error: Exception


def _run(target: Target, number: int, count: Counter[str]) -> _Finding | None:
    """Try one turn of examples; return what was found."""
    last: list[Answer] = []
    with target.open() as check:

        @seed(number)
        @settings(
            max_examples=_EXAMPLES_A_TURN,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(target.answers)
        def turn(answer: Answer) -> None:
            """Check one answer."""
            count[target.name] += 1
            last[:] = [answer]
            check(answer)

        try:
            turn()
        except Exception as err:  # noqa: BLE001
            # Whatever it is, it is a finding. Hypothesis runs the smallest example last.
            return _Finding(last[0], err)
    return None


def main() -> int:
    """Fuzz, print what was tried and found; return 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.seconds:g} seconds")
    end = time.monotonic() + options.seconds
    count: Counter[str] = Counter()
    found: dict[str, _Finding] = {}
    number = options.seed
    # At least once each, then until the time is over; a target that failed has had its turn.
    while number == options.seed or time.monotonic() < end:
        for target in TARGETS:
            if target.name in found or (number > options.seed and time.monotonic() >= end):
                continue
            if (finding := _run(target, number, count)) is not None:
                found[target.name] = finding
        number += 1
    for target in TARGETS:
        verdict = "FOUND" if target.name in found else "ok"
        print(f"{target.name:24} {count[target.name]:>8} examples  {verdict}")
    for name, finding in found.items():
        print(f"\n{name}: {reproducer(finding.answer)}")
        traceback.print_exception(finding.error)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
