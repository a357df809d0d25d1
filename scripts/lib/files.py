"""What belongs to the repository: its files, without what a computer has put between them."""

from pathlib import Path
import subprocess


def own_files(root: Path, folder: str = ".") -> list[Path]:
    """Return the files below a folder that git has, or would take, as sorted paths from the root.

    Raises FileNotFoundError without git, and CalledProcessError outside of a repository.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder]
    found = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True)
    names = sorted(set(found.stdout.split("\0")) - {""})
    # One that is deleted but not committed is listed still.
    return [Path(name) for name in names if (root / name).is_file()]
