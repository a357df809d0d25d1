"""Change the address of the repository in every file."""

import argparse
import json
from pathlib import Path
import re
import sys
from typing import Final

from .files import ROOT, own_files

MANIFEST: Final = Path("custom_components/api_balance/manifest.json")
SITE: Final = "https://github.com/"
# The names that GitHub allows for an owner and a repository.
ADDRESS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


class AddressError(Exception):
    """The address cannot be changed; the message says why."""


def current(root: Path) -> str:
    """Return the address in the manifest, as OWNER/NAME."""
    manifest = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    return str(manifest["documentation"]).removeprefix(SITE)


def pattern(address: str) -> re.Pattern[str]:
    """Return a pattern that finds an address; its group is the separator of the two parts."""
    owner, name = map(re.escape, address.split("/"))
    # Also inside of another address: encoded, or as two values of a query.
    separator = "/|%2F|&repository="
    return re.compile(rf"(?:(?<![\w.-])|(?<=%2F)){owner}({separator}){name}(?![\w-])")


def texts(root: Path) -> dict[Path, str]:
    """Return all text files, with their line endings unchanged."""
    found = {}
    for path in own_files(root):
        try:
            found[path] = (root / path).read_bytes().decode()
        except UnicodeDecodeError:
            continue
    return found


def change(root: Path, old: str, new: str) -> list[Path]:
    """Change an address everywhere; return the changed files.

    Raises AddressError if the new address already occurs: the two could not be told apart later.
    """
    files = texts(root)
    if taken := [str(path) for path, text in files.items() if pattern(new).search(text)]:
        message = f"{new} already occurs with another meaning: {', '.join(taken)}"
        raise AddressError(message)
    changed = []
    for path, text in files.items():
        result = pattern(old).sub(lambda found: new.replace("/", found[1]), text)
        if path == MANIFEST:
            owner, new_owner = Path(old).parent, Path(new).parent
            result = result.replace(f'"@{owner}"', f'"@{new_owner}"')
        if result != text:
            (root / path).write_bytes(result.encode())
            changed.append(path)
    return changed


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Print or change the address; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/address", description=__doc__)
    parser.add_argument("address", nargs="?", metavar="OWNER/NAME", help="the new address")
    new = parser.parse_args(arguments).address
    old = current(root)
    if new is None:
        print(old)
        return 0
    if not ADDRESS.fullmatch(new):
        parser.error(f"not an address like OWNER/NAME: {new}")
    if new == old:
        print(f"The address is already {old}.")
        return 0
    try:
        changed = change(root, old, new)
    except AddressError as err:
        print(err, file=sys.stderr)
        return 1
    print(f"Changed {old} to {new} in {len(changed)} files:", *changed, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
