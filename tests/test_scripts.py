"""The shell scripts, and the environment that they set up."""

from importlib import metadata
import os
from pathlib import Path
import runpy
import shutil
import subprocess
import sys
from typing import Final

import pytest

from scripts.harness.requirements import requirements
from scripts.lib.files import ROOT, own_files

from .checkout import run

pytestmark = pytest.mark.tooling

SCRIPTS: Final = [
    path
    for path in own_files(ROOT, "scripts")
    if (ROOT / path).read_bytes().startswith(b"#!/usr/bin/env bash\n")
]
PLUGINS: Final = "import requests_mock\nimport respx\n"
COMMON: Final = "from logger import (\n    DOMAIN,\n    _clear_logger_overwrites,\n)\n"

# Records its arguments, and creates an environment whose Python only lists a requirement.
UV: Final = """\
#!/bin/sh
echo "$@" >>"$HOME/uv.log"
case "$*" in
  *--dry-run*) exit "$DRY_RUN" ;;
  venv*)
    for folder; do :; done
    mkdir -p "$folder/bin"
    cat >"$folder/bin/python" <<'END'
#!/bin/sh
[ "$2" != scripts.harness.requirements ] || echo frontend==1
END
    chmod +x "$folder/bin/python"
    ;;
esac
"""


class Checkout:
    """A folder with the scripts, on a computer whose uv installs nothing."""

    def __init__(self, folder: Path) -> None:
        """Copy the scripts."""
        self.folder = folder
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        shutil.copy2(ROOT / "pyproject.toml", folder)
        programs = folder / "bin"
        programs.mkdir()
        (programs / "uv").write_text(UV)
        (programs / "python3.14").symlink_to(sys.executable)
        (programs / "c++").write_text("#!/bin/sh\n")
        for program in (programs / "uv", programs / "c++"):
            program.chmod(0o755)

    def set_up(self, *arguments: str, has_test_package: bool = True) -> str:
        """Run scripts/setup; return its output, or its error message."""
        done = subprocess.run(  # noqa: S603 - the script of this repository
            [self.folder / "scripts/setup", *arguments],
            capture_output=True,
            check=False,
            text=True,
            env={
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "DRY_RUN": "0" if has_test_package else "1",
            },
        )
        return done.stdout if done.returncode == 0 else done.stderr

    def installed(self) -> list[str]:
        """Return the arguments of each installation since the last call."""
        log = self.folder / "uv.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if "pip install" in line and "--dry-run" not in line]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a folder with the scripts."""
    return Checkout(tmp_path)


@pytest.mark.parametrize("path", SCRIPTS, ids=str)
def test_usage(path: Path) -> None:
    """Each script is executable, and explains itself and its arguments in its first lines."""
    assert os.access(ROOT / path, os.X_OK)
    head = (ROOT / path).read_text().partition("\n")[2]
    comments = [line for line in head.partition("\nset ")[0].splitlines() if line.startswith("# ")]
    assert len(comments) > 1
    assert [line for line in comments if line.startswith(f"# Usage: {path}")]


@pytest.mark.parametrize("name", ["address", "release"])
def test_system_python(name: str) -> None:
    """These scripts run with the Python of the system, which may be older than 3.14."""
    done = run(ROOT, f"scripts/{name}", "--help")
    assert done.returncode == 0, done.stderr
    assert f"usage: scripts/{name}" in done.stdout


def test_environment_of_tests() -> None:
    """A script that a test runs uses the environment of the test, and does not change it."""
    done = run(ROOT, "scripts/python", "-c", "import sys; print(sys.prefix)")
    assert (done.stdout, done.stderr) == (f"{sys.prefix}\n", "")


def test_setup(checkout: Checkout) -> None:
    """The pinned versions are installed once, with what Home Assistant needs to run."""
    assert checkout.set_up() == ".venv\n"
    tools, requirements = checkout.installed()
    assert "--group home-assistant --group test --group lint --group e2e" in tools
    assert "--requirement .venv/requirements.txt --constraints " in requirements
    assert (checkout.folder / ".venv/requirements.txt").read_text() == "frontend==1\n"
    assert checkout.set_up() == ".venv\n"
    assert checkout.installed() == []


def test_requirements() -> None:
    """The packages that Home Assistant needs to run are known, and are installed here."""
    found = requirements()
    assert [each for each in found if each.startswith("home-assistant-frontend==")]
    for requirement in found:
        name, _, version = requirement.partition("==")
        assert metadata.version(name.partition("[")[0]) == version


def test_other_release(checkout: Checkout) -> None:
    """Another release is installed in an environment of its own, with its test package."""
    assert checkout.set_up("--ha", "2026.11.0") == ".venv-2026.11.0\n"
    tools, _ = checkout.installed()
    assert "homeassistant==2026.11.0 pytest-homeassistant-custom-component>=" in tools
    assert "--override" not in tools


def test_release_without_test_package(checkout: Checkout) -> None:
    """The pinned test package is used for a release that has none yet."""
    assert checkout.set_up("--ha", "2026.11.0", has_test_package=False) == ".venv-2026.11.0\n"
    tools, _ = checkout.installed()
    assert "--group home-assistant --override .venv-2026.11.0/override.txt" in tools
    override = checkout.folder / ".venv-2026.11.0/override.txt"
    assert override.read_text() == "homeassistant==2026.11.0\n"


def test_release_of_environment(checkout: Checkout) -> None:
    """An environment with another release is not up to date."""
    assert checkout.set_up() == ".venv\n"
    checkout.installed()
    shutil.copytree(checkout.folder / ".venv", checkout.folder / ".venv-2026.11.0")
    assert checkout.set_up("--ha", "2026.11.0") == ".venv-2026.11.0\n"
    assert checkout.installed()


def test_linked_environment(checkout: Checkout) -> None:
    """An environment that is only linked is used if it is up to date, but never changed."""
    other = checkout.folder / "other"
    other.mkdir()
    (checkout.folder / ".venv").symlink_to(other)
    assert "is a link to an environment that is out of date" in checkout.set_up()
    assert list(other.iterdir()) == []
    (checkout.folder / ".venv").unlink()
    checkout.set_up()
    checkout.installed()
    (checkout.folder / ".venv").rename(checkout.folder / "other/.venv")
    (checkout.folder / ".venv").symlink_to(other / ".venv")
    assert checkout.set_up() == ".venv\n"
    assert checkout.installed() == []


@pytest.mark.parametrize(("required", "is_adapted"), [("2026.10.4", True), ("2026.11.0", False)])
def test_adapt_test_package(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    required: str,
    is_adapted: bool,  # noqa: FBT001 - a parameter
) -> None:
    """A test package for an older release is adapted, without changing files linked to it."""
    package = tmp_path / "site-packages/pytest_homeassistant_custom_component"
    package.mkdir(parents=True)
    (package / "plugins.py").write_text(PLUGINS)
    (package / "common.py").write_text(COMMON)
    linked = tmp_path / "plugins.py"
    linked.hardlink_to(package / "plugins.py")
    monkeypatch.setattr(sys, "path", [str(package.parent)])
    monkeypatch.setattr(metadata, "version", lambda _: "2026.11.0")
    monkeypatch.setattr(metadata, "requires", lambda _: [f"homeassistant=={required}", "pytest"])
    for _ in range(2):
        runpy.run_path(str(ROOT / "scripts/bootstrap/adapt_test_package.py"), run_name="__main__")
    added = "import homeassistant  # before httpx\n" if is_adapted else ""
    assert (package / "plugins.py").read_text() == PLUGINS.replace(
        "import respx", f"{added}import respx"
    )
    assert ("_clear_logger_overwrites" in (package / "common.py").read_text()) is not is_adapted
    assert linked.read_text() == PLUGINS
