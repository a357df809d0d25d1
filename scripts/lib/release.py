"""Build the zip file of a release, reproducibly, and create the release on GitHub."""

import argparse
from hashlib import sha256
import json
from pathlib import Path
import re
import subprocess
import sys
from typing import Final
from zipfile import ZipFile, ZipInfo

from .files import ROOT, own_files

PACKAGE: Final = Path("custom_components/api_balance")
MANIFEST: Final = PACKAGE / "manifest.json"
# Home Assistant can order these versions; others, such as 1.2.3-final, it cannot.
VERSION: Final = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")
FILE_MODE: Final = 0o644
UNIX: Final = 3  # the system on which the file mode is valid


class ReleaseError(Exception):
    """The release cannot be built; the message says why."""


def notes(root: Path, version: str) -> str:
    """Return the section of a version in the changelog; raise ReleaseError if there is none."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    # Up to the next section, or to the link definitions at the end.
    section = rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |^\[[^\]\n]+\]: |\Z)"
    found = re.search(section, text, re.DOTALL | re.MULTILINE)
    if not found or not found[1].strip():
        message = f"CHANGELOG.md has no section for {version}."
        raise ReleaseError(message)
    return found[1].strip() + "\n"


def content(root: Path, path: Path, version: str) -> bytes:
    """Return a file as it is released: unchanged, except for the version in the manifest."""
    data = (root / path).read_bytes()
    if path != MANIFEST:
        return data
    return re.sub(rb'("version": ")[^"]*', rb"\g<1>" + version.encode(), data)


def build(root: Path, version: str) -> Path:
    """Write the zip file of a version and its notes; return the path of the zip file."""
    text = notes(root, version)
    dist = root / "dist"
    dist.mkdir(exist_ok=True)
    (dist / "notes.md").write_text(text, encoding="utf-8")
    hacs = json.loads((root / "hacs.json").read_text(encoding="utf-8"))
    archive = dist / str(hacs["filename"])
    with ZipFile(archive, "w") as output:
        for path in own_files(root, str(PACKAGE)):
            # No time, and no compression, whose result depends on the version of the library.
            info = ZipInfo(path.relative_to(PACKAGE).as_posix())
            info.external_attr = FILE_MODE << 16
            info.create_system = UNIX
            output.writestr(info, content(root, path, version))
    return archive


def publish(root: Path, version: str, archive: Path) -> None:
    """Create the release on GitHub; raise CalledProcessError if that fails."""
    command = ["gh", "release", "create", f"v{version}", "--verify-tag"]
    command += ["--title", f"API Balance {version}"]
    command += ["--notes-file", str(archive.with_name("notes.md"))]
    if not version.replace(".", "").isdigit():
        command.append("--prerelease")
    subprocess.run([*command, str(archive)], cwd=root, check=True)


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Build a release and create it on GitHub; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/release", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="build the release only")
    parser.add_argument("version", nargs="?", help="or its tag; default: the manifest's version")
    options = parser.parse_args(arguments)
    manifest = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    version = (options.version or manifest["version"]).removeprefix("v")
    if not VERSION.fullmatch(version):
        parser.error(f"not a version like 1.2.3 or 1.2.3b1: {version}")
    try:
        archive = build(root, version)
        print(f"{sha256(archive.read_bytes()).hexdigest()}  {archive.relative_to(root)}")
        if not options.dry_run:
            publish(root, version, archive)
    except ReleaseError as err:
        print(err, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as err:
        return int(err.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
