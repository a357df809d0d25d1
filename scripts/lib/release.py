"""Build the zip of a release, the same bytes on every computer, and make the release on GitHub."""

import argparse
from hashlib import sha256
import json
from pathlib import Path
import re
import subprocess
import sys
from typing import Final
from zipfile import ZipFile, ZipInfo

from .files import own_files

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = Path("custom_components/api_balance")
MANIFEST: Final = PACKAGE / "manifest.json"
DIST: Final = ROOT / "dist"
NOTES: Final = DIST / "notes.md"
# Two releases of which the later is not newer would confuse Home Assistant: nothing but this.
VERSION: Final = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")
READABLE: Final = 0o644
UNIX: Final = 3  # where that means something


class ReleaseError(Exception):
    """Why there can be no such release, said in one line."""


def notes(version: str) -> str:
    """Return what the changelog says of a version; raise ReleaseError when it says nothing."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    # To the next section, or to the addresses at the end.
    section = rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |^\[[^\]\n]+\]: |\Z)"
    found = re.search(section, text, re.DOTALL | re.MULTILINE)
    if not found or not found[1].strip():
        message = f"CHANGELOG.md has no section for {version}."
        raise ReleaseError(message)
    return found[1].strip() + "\n"


def content(path: Path, version: str) -> bytes:
    """Return a file as it is released: the manifest with the version, all others as they are."""
    data = (ROOT / path).read_bytes()
    if path != MANIFEST:
        return data
    return re.sub(rb'("version": ")[^"]*', rb"\g<1>" + version.encode(), data)


def build(version: str) -> Path:
    """Write the zip of a version, and what it brings; return the zip's path."""
    text = notes(version)
    DIST.mkdir(exist_ok=True)
    NOTES.write_text(text, encoding="utf-8")
    hacs = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))
    archive = DIST / str(hacs["filename"])
    with ZipFile(archive, "w") as output:
        for path in own_files(ROOT, str(PACKAGE)):
            # Without a time and without compression, whose bytes depend on the library.
            info = ZipInfo(path.relative_to(PACKAGE).as_posix())
            info.external_attr = READABLE << 16
            info.create_system = UNIX
            output.writestr(info, content(path, version))
    return archive


def publish(version: str, archive: Path) -> None:
    """Make the release on GitHub; raise CalledProcessError when it refuses."""
    command = ["gh", "release", "create", f"v{version}", "--verify-tag"]
    command += ["--title", f"API Balance {version}", "--notes-file", str(NOTES)]
    if not version.replace(".", "").isdigit():
        command.append("--prerelease")
    subprocess.run([*command, str(archive)], cwd=ROOT, check=True)


def main() -> int:
    """Do what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/release", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="build it, and make no release")
    parser.add_argument("version", nargs="?", help="or its tag; default: what the manifest has")
    arguments = parser.parse_args()
    manifest = json.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))
    version = (arguments.version or manifest["version"]).removeprefix("v")
    if not VERSION.fullmatch(version):
        parser.error(f"not a version like 1.2.3 or 1.2.3b1: {version}")
    try:
        archive = build(version)
        print(f"{sha256(archive.read_bytes()).hexdigest()}  {archive.relative_to(ROOT)}")
        if not arguments.dry_run:
            publish(version, archive)
    except ReleaseError as err:
        print(err, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as err:
        return int(err.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main())
