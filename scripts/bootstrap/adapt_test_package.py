"""Adapt the installed test package to a newer Home Assistant than the one that it is made for.

Does nothing if the two belong together. To be deleted when test packages appear with each release.
"""

from importlib import metadata
from pathlib import Path
import re
import sys
from typing import Final

_PACKAGE: Final = "pytest_homeassistant_custom_component"
# Home Assistant 2026.11 replaces httpx, and must do so before anything else imports it.
_IMPORT: Final = "import homeassistant  # before httpx\n"
# Home Assistant 2026.11 no longer has this function; no test of this project needs it.
_REMOVED: Final = "    _clear_logger_overwrites,\n"


def is_made_for_installed_release() -> bool:
    """Return whether the test package requires the installed release of Home Assistant."""
    requirements = metadata.requires(_PACKAGE.replace("_", "-")) or []
    pinned = re.search(r"^homeassistant==(\S+)", "\n".join(requirements), re.MULTILINE)
    return pinned is not None and pinned[1] == metadata.version("homeassistant")


def write(path: Path, text: str) -> None:
    """Replace a file; uv links it to its cache and so to other environments, which stay as is."""
    copy = path.with_suffix(".new")
    copy.write_text(text, encoding="utf-8")
    copy.replace(path)


def main() -> None:
    """Change the two files of the test package that Home Assistant 2026.11 breaks."""
    if is_made_for_installed_release():
        return
    (folder,) = {path for each in sys.path if (path := Path(each) / _PACKAGE).is_dir()}
    plugins, common = folder / "plugins.py", folder / "common.py"
    text = plugins.read_text(encoding="utf-8")
    if _IMPORT not in text:
        write(plugins, text.replace("import respx\n", f"{_IMPORT}import respx\n", 1))
    write(common, common.read_text(encoding="utf-8").replace(_REMOVED, "", 1))


if __name__ == "__main__":
    main()
