"""A copy of the checkout in which a test can run and change everything."""

import os
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Final

from scripts.lib.files import own_files

ROOT: Final = Path(__file__).parent.parent


def copy_checkout(folder: Path) -> Path:
    """Copy all files of the repository into a new repository."""
    for path in own_files(ROOT):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)  # noqa: S607 - from the PATH
    return folder


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of a checkout in the environment of the tests, which it does not change."""
    return subprocess.run(  # noqa: S603 - the scripts of this repository
        [folder / command[0], *command[1:]],
        capture_output=True,
        check=False,
        text=True,
        env=os.environ | {"API_BALANCE_VENV": sys.prefix} | environment,
    )
