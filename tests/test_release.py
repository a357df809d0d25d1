"""The zip file of a release: its content, that it is reproducible, and that it works."""

from collections.abc import Callable
from hashlib import sha256
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
from zipfile import ZipFile

import pytest

from scripts.harness.run import trial
from scripts.lib.develop import set_up as set_up_for_development
from scripts.lib.files import ROOT, own_files
from scripts.lib.release import main

pytestmark = pytest.mark.tooling

PACKAGE = "custom_components/api_balance"
CHANGES = """\
# Changelog

## [Unreleased]

- Not yet.

## [9.8.7] - 2030-01-02

### Added

- Something *new*.

## [9.8.7b1] - 2030-01-01

- Something to try.

[9.8.7]: https://example.com
"""

type Build = Callable[..., Path]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a repository with everything that a release needs."""
    folder = tmp_path / "checkout"
    for path in own_files(ROOT, PACKAGE):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    shutil.copy2(ROOT / "hacs.json", folder)
    shutil.copy2(ROOT / ".gitignore", folder)
    (folder / "CHANGELOG.md").write_text(CHANGES)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)  # noqa: S607 - from the PATH
    return folder


@pytest.fixture
def build(checkout: Path, capsys: pytest.CaptureFixture[str]) -> Build:
    """Return a function that builds a release and returns its zip file."""

    def build(*arguments: str) -> Path:
        assert main(["--dry-run", *arguments], checkout) == 0
        archive = checkout / "dist/api_balance.zip"
        checksum = sha256(archive.read_bytes()).hexdigest()
        assert capsys.readouterr().out == f"{checksum}  dist/api_balance.zip\n"
        return archive

    return build


def test_content(checkout: Path, build: Build) -> None:
    """The zip file has the files of the integration, unchanged except for the version."""
    cache = checkout / PACKAGE / "__pycache__/sensor.cpython-314.pyc"
    cache.parent.mkdir()
    cache.touch()
    with ZipFile(build("9.8.7")) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
        assert {each.external_attr >> 16 for each in archive.infolist()} == {0o644}
    expected = {
        str(path.relative_to(PACKAGE)): (ROOT / path).read_bytes()
        for path in own_files(ROOT, PACKAGE)
    }
    assert json.loads(found["manifest.json"]) == {
        **json.loads(expected.pop("manifest.json")),
        "version": "9.8.7",
    }
    del found["manifest.json"]
    assert found == expected
    assert {"__init__.py", "brand/icon.png", "translations/en.json"} <= found.keys()


def test_reproducible(checkout: Path, build: Build) -> None:
    """The same files give the same zip file, whatever their times and modes are."""
    first = build("9.8.7").read_bytes()
    for path in own_files(checkout, PACKAGE):
        os.utime(checkout / path, (10**9, 10**9))
        (checkout / path).chmod(0o755)
    assert build("v9.8.7").read_bytes() == first
    assert build("9.8.7b1").read_bytes() != first


def test_notes(checkout: Path, build: Build) -> None:
    """The notes of the release are the section of the changelog."""
    build("9.8.7")
    assert (checkout / "dist/notes.md").read_text() == "### Added\n\n- Something *new*.\n"
    build("9.8.7b1")
    assert (checkout / "dist/notes.md").read_text() == "- Something to try.\n"


def test_missing_section(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A version without a section in the changelog is not built."""
    assert main(["9.8.6"], checkout) == 1
    assert capsys.readouterr().err == "CHANGELOG.md has no section for 9.8.6.\n"
    assert not (checkout / "dist/api_balance.zip").exists()


@pytest.mark.parametrize("version", ["9.8", "9.8.7-beta", "main"])
def test_invalid_version(checkout: Path, version: str) -> None:
    """A version that Home Assistant could not order is not built."""
    with pytest.raises(SystemExit):
        main([version], checkout)
    assert not (checkout / "dist").exists()


def test_current_version(checkout: Path, build: Build) -> None:
    """The version in the manifest can be released: the changelog has its section."""
    shutil.copy2(ROOT / "CHANGELOG.md", checkout)
    with ZipFile(build()) as archive:
        assert archive.read("manifest.json") == (ROOT / PACKAGE / "manifest.json").read_bytes()


@pytest.mark.parametrize(("version", "is_early"), [("9.8.7", False), ("9.8.7b1", True)])
def test_publish(
    checkout: Path,
    build: Build,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    is_early: bool,  # noqa: FBT001 - a parameter
) -> None:
    """The zip file is uploaded to GitHub; a stand-in for its program records the arguments."""
    expected = build(version).read_bytes()
    (checkout / "dist/api_balance.zip").unlink()
    recorded = tmp_path / "recorded"
    program = tmp_path / "bin/gh"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$RECORDED"\nexit "$CODE"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("RECORDED", str(recorded))
    monkeypatch.setenv("CODE", "0")
    assert main([f"v{version}"], checkout) == 0
    command = recorded.read_text().splitlines()
    assert command[:4] == ["release", "create", f"v{version}", "--verify-tag"]
    assert ("--prerelease" in command) is is_early
    assert command[command.index("--notes-file") + 1] == str(checkout / "dist/notes.md")
    assert Path(command[-1]).read_bytes() == expected
    monkeypatch.setenv("CODE", "4")
    assert main([version], checkout) == 4


def test_hacs() -> None:
    """HACS finds the zip file by its name; it rejects keys that it does not know."""
    # https://www.hacs.xyz/docs/publish/start/#hacsjson
    found = json.loads((ROOT / "hacs.json").read_text())
    assert found == {
        "name": "API Balance",
        "filename": "api_balance.zip",
        "homeassistant": found["homeassistant"],
        "zip_release": True,
    }


def test_oldest_release() -> None:
    """The oldest supported release of Home Assistant is the same wherever it is mentioned."""
    oldest = json.loads((ROOT / "hacs.json").read_text())["homeassistant"]
    pattern = re.compile(
        r"(?:--ha |min_version: |Home Assistant )(20\d\d\.\d+\.\d+)(?: or newer|`|\n)"
    )
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "blueprints").rglob("*.yaml"),
    ):
        assert {*pattern.findall(path.read_text())} == {oldest}, path


def test_workflows() -> None:
    """Workflows use pinned actions only, and have no permissions that they do not declare."""
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    assert {path.stem for path in workflows} == {"check", "release", "validate"}
    for path in workflows:
        text = path.read_text()
        assert "\npermissions: {}\n" in text
        for action in re.findall(r"uses: (\S+.*)", text):
            assert re.fullmatch(r"\./\S+|[\w./-]+@[0-9a-f]{40} # \S+", action), action


async def test_install(build: Build, socket_enabled: None) -> None:
    """Home Assistant starts with the unpacked zip file, and accounts can be added."""
    async with trial(archive=build("9.8.7")) as running:
        server = running.server
        assert not (server.folder / "custom_components/api_balance").is_symlink()
        manifest = await server.command("manifest/get", integration="api_balance")
        assert manifest["version"] == "9.8.7"
        # What scripts/develop does with a new Home Assistant.
        await set_up_for_development(server, running.simulator.url)
        balance = await server.request("GET", "/api/states/sensor.lumenfall_balance")
        assert balance["state"] == "12.50"
        assert balance["attributes"]["unit_of_measurement"] == "USD"
        await server.add_account(
            {
                "provider": "lumenfall",
                "api_key": "lmnfl_active.second",
                "base_url": f"{running.simulator.url}/lumenfall",
                "low_balance_threshold": 20,
            }
        )
        low = await server.request("GET", "/api/states/binary_sensor.lumenfall_2_low_balance")
        assert low["state"] == "on"
    assert [line for line in running.log if " DEBUG " in line and "api_balance" in line]
    assert [line for line in running.log if " ERROR " in line] == []
