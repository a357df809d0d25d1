"""Change the repository's address in every file of the repository."""

import argparse
import json
from pathlib import Path
import re
import sys
from typing import Final

from .files import own_files

ROOT: Final = Path(__file__).resolve().parents[2]
MANIFEST: Final = Path("custom_components/api_balance/manifest.json")
SITE: Final = "https://github.com/"
# What GitHub lets people call themselves and their repositories.
ADDRESS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


def current() -> str:
    """Return the address that the manifest has, as OWNER/NAME."""
    manifest = json.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))
    return str(manifest["documentation"]).removeprefix(SITE)


def pattern(address: str) -> re.Pattern[str]:
    """Return what finds an address in a text; the group is what stands between its two parts."""
    owner, name = map(re.escape, address.split("/"))
    # As it is, or inside of another address: encoded, or as two values of a query.
    between = "/|%2F|&repository="
    return re.compile(rf"(?:(?<![\w.-])|(?<=%2F)){owner}({between}){name}(?![\w-])")


def texts() -> dict[Path, str]:
    """Return all files that are text, without changing their ends of line."""
    found = {}
    for path in own_files(ROOT):
        try:
            found[path] = (ROOT / path).read_bytes().decode()
        except UnicodeDecodeError:
            continue
    return found


def change(old: str, new: str) -> list[Path]:
    """Change an address into another everywhere; return the files that had it.

    Raises ValueError where the new one stands already: nothing could tell the two apart again.
    """
    files = texts()
    if taken := [str(path) for path, text in files.items() if pattern(new).search(text)]:
        message = f"{new} is in use as something else: {', '.join(taken)}"
        raise ValueError(message)
    changed = []
    for path, text in files.items():
        result = pattern(old).sub(lambda found: new.replace("/", found[1]), text)
        if path == MANIFEST:
            owner, new_owner = Path(old).parent, Path(new).parent
            result = result.replace(f'"@{owner}"', f'"@{new_owner}"')
        if result != text:
            (ROOT / path).write_bytes(result.encode())
            changed.append(path)
    return changed


def main() -> int:
    """Do what the arguments ask for; return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/address", description=__doc__)
    parser.add_argument("address", nargs="?", metavar="OWNER/NAME", help="the new address")
    new = parser.parse_args().address
    old = current()
    if new is None:
        print(old)
        return 0
    if not ADDRESS.fullmatch(new):
        parser.error(f"not an address like OWNER/NAME: {new}")
    if new == old:
        print(f"The address is {old} already.")
        return 0
    try:
        changed = change(old, new)
    except ValueError as err:
        print(err, file=sys.stderr)
        return 1
    print(f"{old} is {new} now, in {len(changed)} files:", *changed, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
