"""Run all measurements and write the document with their figures and conditions."""

import argparse
import asyncio
import sys
from typing import Final

from scripts.harness.const import ROOT, HarnessError

from .document import document
from .goals import goals
from .processes import COMPARED, GROWTH, measure_all

DOCUMENT: Final = ROOT / "docs" / "performance.md"
_REPEAT: Final = 3
# What follows this line in the document was written by a person, and stays.
_CLOSING: Final = "## What it means"


async def run() -> bool:
    """Measure, and write the document; return whether all goals are reached."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a goal is missed")
    parser.add_argument("--quick", action="store_true", help="once, without growth and document")
    arguments = parser.parse_args()
    repeat = 1 if arguments.quick else _REPEAT
    found, imported = await measure_all(COMPARED, [] if arguments.quick else GROWTH, repeat)
    all_goals = goals(found, imported)
    _, heading, closing = DOCUMENT.read_text().partition(_CLOSING)
    text = document(found, all_goals, repeat, heading + closing)
    print(text)
    # The document has the figures of a complete run.
    if not arguments.quick:
        DOCUMENT.write_text(text)
    return not arguments.check or all(goal.is_reached for goal in all_goals)


def main() -> int:
    """Return the exit code."""
    try:
        return 0 if asyncio.run(run()) else 1
    except HarnessError as err:
        print(err, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
