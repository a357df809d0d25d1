"""Run all measurements and write the document with their figures and conditions."""

import argparse
import asyncio
import sys
from typing import Final

from scripts.harness.const import ROOT, HarnessError

from .document import document
from .goals import goals
from .processes import COUNTS, REPEAT, measure_all

DOCUMENT: Final = ROOT / "docs" / "performance.md"


async def run() -> bool:
    """Measure, and write the document; return whether all goals are reached."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 and 50 accounts, once; no document")
    arguments = parser.parse_args()
    counts = COUNTS[:2] if arguments.quick else COUNTS
    repeat = dict.fromkeys(counts, 1) if arguments.quick else REPEAT
    found, imported = await measure_all(counts, repeat)
    all_goals = goals(found, imported, counts)
    text = document(found, all_goals)
    print(text)
    # The document has the figures of a complete run.
    if not arguments.quick:
        DOCUMENT.write_text(text)
    return all(goal.is_reached for goal in all_goals)


def main() -> int:
    """Return the exit code."""
    try:
        return 0 if asyncio.run(run()) else 1
    except HarnessError as err:
        print(err, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
