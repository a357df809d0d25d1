"""Run all fuzz targets in turn for a given time."""

import argparse
from collections import Counter
from dataclasses import dataclass
from random import SystemRandom
import sys
import time
import traceback
from typing import Final

from hypothesis import HealthCheck, Phase, given, seed, settings

from .targets import TARGETS, Target, reproducer
from .wire import RawResponse

# Each target runs several times per minute.
_EXAMPLES_PER_RUN: Final = 500


@dataclass(frozen=True)
class _Finding:
    """The smallest response that was found to do harm."""

    response: RawResponse
    error: Exception


def _run(target: Target, number: int, count: Counter[str]) -> _Finding | None:
    """Run one set of examples; return what was found."""
    last: list[RawResponse] = []
    with target.open() as check:

        @seed(number)
        @settings(
            max_examples=_EXAMPLES_PER_RUN,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(target.responses)
        def turn(response: RawResponse) -> None:
            """Check one response."""
            count[target.name] += 1
            last[:] = [response]
            check(response)

        try:
            turn()
        except Exception as err:  # noqa: BLE001
            # Any exception is a finding. Hypothesis runs the smallest example last.
            return _Finding(last[0], err)
    return None


def main() -> int:
    """Run the targets and print a summary; return 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.seconds:g} seconds")
    end = time.monotonic() + options.seconds
    count: Counter[str] = Counter()
    found: dict[str, _Finding] = {}
    number = options.seed
    # At least once each; a target with a finding is not run again.
    while number == options.seed or time.monotonic() < end:
        for target in TARGETS:
            if target.name in found or (number > options.seed and time.monotonic() >= end):
                continue
            if (finding := _run(target, number, count)) is not None:
                found[target.name] = finding
        number += 1
    for target in TARGETS:
        result = "FOUND" if target.name in found else "ok"
        print(f"{target.name:24} {count[target.name]:>8} examples  {result}")
    for name, finding in found.items():
        print(f"\n{name}: {reproducer(finding.response)}")
        traceback.print_exception(finding.error)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
