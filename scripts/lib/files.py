"""The files that belong to the repository."""

from pathlib import Path
import subprocess
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


def own_files(root: Path, folder: str = ".") -> list[Path]:
    """Return the files below a folder that git tracks or would add, relative to the root.

    Raises FileNotFoundError without git, and CalledProcessError outside of a repository.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder]
    result = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True)
    names = sorted(set(result.stdout.split("\0")) - {""})
    # A file that was deleted since the last commit is still listed.
    return [Path(name) for name in names if (root / name).is_file()]
