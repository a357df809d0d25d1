"""Print the packages that Home Assistant itself would install at its first start, one per line."""

import json
from pathlib import Path
from typing import Final

from homeassistant import __path__ as _package, bootstrap

# Everything that the scripts and the benchmark set up. Home Assistant adds its own defaults.
_INTEGRATIONS: Final = (
    *("automation", "frontend", "history", "logbook", "my", "scene", "script"),
    *("rest", "template"),
    "hassio",  # analytics imports its library
)
# Debuggers and network discovery: Home Assistant starts without them.
_UNUSED: Final = frozenset({"debugpy", "sentry", "zeroconf"})


def requirements() -> set[str]:
    """Return the requirements of the integrations and of everything that they depend on."""
    folder = Path(_package[0]) / "components"
    pending = {"isal", *_INTEGRATIONS}
    pending |= bootstrap.CORE_INTEGRATIONS | bootstrap.DEFAULT_INTEGRATIONS
    pending |= {domain for _, domains, _ in bootstrap.STAGE_0_INTEGRATIONS for domain in domains}
    pending -= _UNUSED
    seen: set[str] = set()
    found: set[str] = set()
    while pending:
        seen.add(domain := pending.pop())
        manifest = json.loads((folder / domain / "manifest.json").read_text(encoding="utf-8"))
        found.update(manifest.get("requirements", ()))
        pending.update(set(manifest.get("dependencies", ())) - seen)
    return found


if __name__ == "__main__":
    print(*sorted(requirements()), sep="\n")
