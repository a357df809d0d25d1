"""The zip of a release: what is in it, that it is always the same, and that it works."""

from hashlib import sha256
import json
import os
from pathlib import Path
import re
from zipfile import ZipFile

import pytest

from scripts.lib.files import own_files
from scripts.lib.home_assistant import trial

from .checkout import ROOT, copy_checkout, run

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


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the checkout that has something to release."""
    folder = copy_checkout(tmp_path / "checkout")
    (folder / "CHANGELOG.md").write_text(CHANGES)
    return folder


def build(checkout: Path, *arguments: str) -> Path:
    """Build a release without making it; return its zip."""
    done = run(checkout, "scripts/release", "--dry-run", *arguments)
    assert done.returncode == 0, done.stderr
    archive = checkout / "dist/api_balance.zip"
    assert done.stdout == f"{sha256(archive.read_bytes()).hexdigest()}  dist/api_balance.zip\n"
    return archive


def test_content(checkout: Path) -> None:
    """The integration's own files as they are, without a folder around them; only the version."""
    junk = checkout / PACKAGE / "__pycache__/sensor.cpython-314.pyc"
    junk.parent.mkdir()
    junk.touch()
    with ZipFile(build(checkout, "9.8.7")) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
        assert {each.external_attr >> 16 for each in archive.infolist()} == {0o644}
    wanted = {
        str(path.relative_to(PACKAGE)): (ROOT / path).read_bytes()
        for path in own_files(ROOT, PACKAGE)
    }
    assert json.loads(found["manifest.json"]) == {
        **json.loads(wanted.pop("manifest.json")),
        "version": "9.8.7",
    }
    del found["manifest.json"]
    assert found == wanted
    assert {"__init__.py", "brand/icon.png", "translations/en.json"} <= found.keys()


def test_same_bytes(checkout: Path) -> None:
    """Whenever and wherever it is built."""
    first = build(checkout, "9.8.7").read_bytes()
    for path in own_files(checkout, PACKAGE):
        os.utime(checkout / path, (10**9, 10**9))
        (checkout / path).chmod(0o755)
    assert build(checkout, "v9.8.7").read_bytes() == first
    assert build(checkout, "9.8.7b1").read_bytes() != first


def test_notes(checkout: Path) -> None:
    """The release's text is the changelog's section."""
    build(checkout, "9.8.7")
    assert (checkout / "dist/notes.md").read_text() == "### Added\n\n- Something *new*.\n"
    build(checkout, "9.8.7b1")
    assert (checkout / "dist/notes.md").read_text() == "- Something to try.\n"


@pytest.mark.parametrize(
    ("version", "code", "message"),
    [
        ("9.8.6", 1, "CHANGELOG.md has no section for 9.8.6."),
        ("9.8", 2, "not a version"),
        ("9.8.7-beta", 2, "not a version"),
        ("main", 2, "not a version"),
    ],
)
def test_no_release(checkout: Path, version: str, code: int, message: str) -> None:
    """Without its section, or with what is no version, nothing is built."""
    done = run(checkout, "scripts/release", version)
    assert done.returncode == code
    assert message in done.stderr
    assert not (checkout / "dist/api_balance.zip").exists()


def test_current_version(tmp_path: Path) -> None:
    """The version in the manifest can be released: the changelog has its section."""
    with ZipFile(build(copy_checkout(tmp_path))) as archive:
        assert archive.read("manifest.json") == (ROOT / PACKAGE / "manifest.json").read_bytes()


@pytest.mark.parametrize(("version", "is_early"), [("9.8.7", False), ("9.8.7b1", True)])
def test_publish(checkout: Path, tmp_path: Path, version: str, is_early: bool) -> None:  # noqa: FBT001 - a parameter
    """The very zip goes to GitHub, whose program is played by one that writes down what it got."""
    expected = build(checkout, version).read_bytes()
    (checkout / "dist/api_balance.zip").unlink()
    said = tmp_path / "said"
    program = tmp_path / "bin/gh"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$SAID"\nexit "$CODE"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    done = run(checkout, "scripts/release", f"v{version}", PATH=path, SAID=str(said), CODE="0")
    assert done.returncode == 0, done.stderr
    command = said.read_text().splitlines()
    assert command[:4] == ["release", "create", f"v{version}", "--verify-tag"]
    assert ("--prerelease" in command) is is_early
    assert command[command.index("--notes-file") + 1] == str(checkout / "dist/notes.md")
    assert Path(command[-1]).read_bytes() == expected
    refused = run(checkout, "scripts/release", version, PATH=path, SAID=str(said), CODE="4")
    assert refused.returncode == 4


def test_hacs() -> None:
    """HACS finds the zip by its name, and refuses every key that it does not know."""
    # https://www.hacs.xyz/docs/publish/start/#hacsjson
    found = json.loads((ROOT / "hacs.json").read_text())
    assert found == {
        "name": "API Balance",
        "filename": "api_balance.zip",
        "homeassistant": found["homeassistant"],
        "zip_release": True,
    }
    # The floor is the same wherever it is named.
    named = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "blueprints").rglob("*.yaml")]
    floor = re.compile(
        r"(?:--ha |min_version: |Home Assistant )(20\d\d\.\d+\.\d+)(?: or newer|`|\n)"
    )
    found_there = [(path.name, floor.findall(path.read_text())) for path in named]
    assert all({*floors} == {found["homeassistant"]} for _, floors in found_there), found_there


def test_actions_are_pinned() -> None:
    """No workflow runs what somebody else can change, and none may do more than it says."""
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    assert {path.stem for path in workflows} == {"check", "release", "validate"}
    for path in workflows:
        text = path.read_text()
        assert "\npermissions: {}\n" in text
        for action in re.findall(r"uses: (\S+.*)", text):
            assert re.fullmatch(r"\./\S+|[\w./-]+@[0-9a-f]{40} # \S+", action), action


async def test_install(checkout: Path, socket_enabled: None) -> None:
    """Unpacked into an empty configuration it starts, and an account can be added."""
    archive = build(checkout, "9.8.7")
    async with trial(archive=archive) as (_, simulator, server):
        installed = server.folder / "custom_components/api_balance"
        assert not installed.is_symlink()
        manifest = await server.command("manifest/get", integration="api_balance")
        assert manifest["version"] == "9.8.7"
        await server.add_account(
            {
                "provider": "lumenfall",
                "api_key": "lmnfl_active",
                "base_url": f"{simulator.url}/lumenfall",
                "low_balance_threshold": 20,
            }
        )
        balance = await server.request("GET", "/api/states/sensor.lumenfall_balance")
        assert balance["state"] == "12.50"
        assert balance["attributes"]["unit_of_measurement"] == "USD"
        low = await server.request("GET", "/api/states/binary_sensor.lumenfall_low_balance")
        assert low["state"] == "on"
    assert " ERROR " not in server.said
