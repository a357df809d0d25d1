"""Write docs/reliability.md: every fault, and what was seen when it was played."""

from collections.abc import Iterable, Iterator, Mapping
import json
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
from typing import Any, Final
from xml.etree import ElementTree as ET

from .home_assistant import ROOT

PAGE: Final = ROOT / "docs" / "reliability.md"
TESTS: Final = "tests/faults/test_faults.py"

BEGINNING: Final = """\
# When something breaks

Networks fail, providers have outages, keys expire. This page says what you see then, and it is not
a promise alone: each line of the tables is a fault that the tests play with real connections, at
every provider that can have it, while its account is polled, set up and added.
`scripts/reliability` writes the page from what was seen.

- **A balance that cannot be read is *unavailable***: never 0, and never an old value that looks
  like a new one. The threshold, the button and the last event stay. No alarm is raised or taken
  back by a failure.
- **A failure is told once**: one line in the log when it begins (an error) and one when it is over
  (at the level *info*), whatever lies between.
- **Temporary failures are tried again soon**: after 30 seconds, then after 1, 2, 4 and 8 minutes,
  then each 15 minutes as always. An answer has 20 seconds to come.
- **A provider that asks for a pause gets it**, between 30 seconds and 6 hours.
- **You are asked for another key only when the provider refuses yours**, not for an outage, a
  firewall or a maintenance window. Until you answer, the account is left alone; its *Refresh*
  button tries the old key again.
- **Answers that are not understood** become a repair issue when there are three in a row.
- **Your key stays where it belongs**: no redirect is followed, and no server gets it that cannot
  prove its name.
- **The next good answer heals everything**: all entities are back with their values, and issues and
  questions are gone. There is nothing to reload. Only a refused key waits for you.

In the tables, *you see* is the state of the entities, and the reason on the account's page and in
the form. *Log* counts the lines of a whole failure, its end included. *Asked again* is the pause
before the next request, and before the one after it where they differ.
"""

_HEAD: Final = (
    "| What happens | Provider | You see | Log | Asked again | Healed by |",
    "|---|---|---|---|---|---|",
)
_SHORT: Final = (
    ("does not accept the credentials", "“does not accept the credentials”"),
    ("does not let these credentials", "“does not let these credentials read the balance”"),
    ("the account or application is disabled", "“the account or application is disabled”"),
    ("received too many requests", "“has received too many requests”"),
    ("cannot be reached", "“cannot be reached”"),
    ("does not understand", "“answered in a way that API Balance does not understand”"),
)


def lines(fault: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of one fault, as its test records it; equal outcomes share one."""
    outcomes: dict[tuple[str, ...], list[str]] = {}
    for provider, seen in fault["seen"].items():
        outcomes.setdefault(_cells(seen), []).append(provider)
    for cells, providers in outcomes.items():
        who = "all" if len(providers) == fault["of"] else ", ".join(providers)
        yield f"| {fault['name']} | {who} | {' | '.join(cells)} |"


def _cells(seen: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a line says of an outcome."""
    reason = next(words for part, words in _SHORT if part in seen["at_set_up"][1])
    more = ""
    if seen["asks_credentials"]:
        more = "; you are asked for credentials"
    elif seen["issue_at"]:
        _, times = seen["issue_at"]
        more = "; a repair issue" + ("" if times == 1 else f" after {times} answers")
    pauses = [_pause(seconds) for seconds in seen["pauses"]]
    if not pauses:
        again, healed = "when you answer", "accepted credentials"
    else:
        again = pauses[0] if len(set(pauses)) == 1 else f"{', '.join(pauses)} …"
        healed = "the next good answer"
    lines = len(seen["log"]) + len(seen["log_after"])
    return (f"*{seen['state']}*, {reason}{more}", str(lines), again, healed)


def _pause(seconds: int) -> str:
    """Return a pause in words."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def page(faults: Iterable[Mapping[str, Any]]) -> str:
    """Return the whole document, a table for each group of faults."""
    groups: dict[str, list[str]] = {}
    for fault in faults:
        groups.setdefault(fault["group"], []).extend(lines(fault))
    tables = (
        "\n".join(("", f"## {group}", "", *_HEAD, *found, "")) for group, found in groups.items()
    )
    return BEGINNING + "".join(tables)


def main() -> None:
    """Play all faults, and write the page."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", f"--junitxml={report}", TESTS]
        # The tests fail where the page is out of date, which is no reason not to write it.
        subprocess.run(command, cwd=ROOT, check=False)
        cases = [case for case in ET.parse(report).iter("testcase") if "[" in case.attrib["name"]]  # noqa: S314
    found = [each.attrib["value"] for case in cases for each in case.iter("property")]
    if len(found) < len(cases):
        sys.exit("Some faults had other consequences than they must have: see above.")
    faults = sorted(map(json.loads, found), key=lambda fault: int(fault["number"]))
    PAGE.write_text(page(faults))
    print(f"{PAGE.relative_to(ROOT)}: {len(faults)} faults")


if __name__ == "__main__":
    main()
