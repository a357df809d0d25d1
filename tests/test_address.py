"""The address of the repository is the same everywhere, and one command changes it."""

import json
from pathlib import Path
import re

import pytest

from scripts.lib.address import main
from scripts.lib.files import ROOT, own_files

from .checkout import copy_checkout

pytestmark = pytest.mark.tooling

# Never complete in this file: the command would change it here, too.
OWNER = "octo-org"
NEW = f"{OWNER}/balance.watch"
MANIFEST = "custom_components/api_balance/manifest.json"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the checkout."""
    return copy_checkout(tmp_path)


def contents(root: Path) -> dict[Path, bytes]:
    """Return every file of a checkout."""
    return {path: (root / path).read_bytes() for path in own_files(root)}


def manifest(root: Path) -> dict[str, object]:
    """Return the manifest."""
    result = json.loads((root / MANIFEST).read_text())
    assert isinstance(result, dict)
    return result


def address(root: Path) -> str:
    """Return the address of the repository."""
    return str(manifest(root)["documentation"]).removeprefix("https://github.com/")


def test_there_and_back(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The new address replaces the old one everywhere; changed back, all files are as before."""
    before = contents(checkout)
    old = address(checkout)
    owner, name = old.split("/")
    assert main([], checkout) == 0
    assert capsys.readouterr().out == f"{old}\n"
    assert main([NEW], checkout) == 0

    left = re.compile(
        rf"@{owner}\b|\b{owner}(/|%2F|&repository=){name}\b|github(usercontent)?\.com(/|%2F){owner}\b",
        re.IGNORECASE,
    )
    after = contents(checkout)
    assert [path for path, data in after.items() if left.search(data.decode(errors="ignore"))] == []
    assert manifest(checkout) | {
        "codeowners": [f"@{OWNER}"],
        "documentation": f"https://github.com/{NEW}",
        "issue_tracker": f"https://github.com/{NEW}/issues",
    } == manifest(checkout)
    encoded = NEW.replace("/", "%2F")
    readme = (checkout / "README.md").read_text()
    assert f"blueprint_url=https%3A%2F%2Fgithub.com%2F{encoded}%2Fblob%2Fmain" in readme
    query = f"?owner={OWNER}&repository=balance.watch&category=integration"
    assert f"https://my.home-assistant.io/redirect/hacs_repository/{query})" in readme
    for path in sorted((checkout / "blueprints").rglob("*.yaml")):
        source = f"https://github.com/{NEW}/blob/main/{path.relative_to(checkout)}"
        assert f"source_url: {source}\n" in path.read_text()

    assert main([old], checkout) == 0
    assert contents(checkout) == before


def test_only_one_address() -> None:
    """No file has an address of this repository in a form that the command does not find."""
    known = [address(ROOT).replace("/", between) for between in ("/", "%2F", "&repository=")]
    # The address of the integration, not of the repository.
    known.append("config_flow_start/?domain=api_balance")
    sites = re.compile(r"(?:my\.home-assistant\.io/redirect|github\.com|githubusercontent\.com)\S+")
    own = [
        (path, found)
        for path, data in contents(ROOT).items()
        for found in sites.findall(data.decode(errors="ignore"))
        if re.search("api.balance", found)
    ]
    assert own
    assert [each for each in own if not any(form in each[1] for form in known)] == []


@pytest.mark.parametrize("wrong", ["octo-org", "a/b/c", "-octo/name", "octo org/name"])
def test_invalid_address(checkout: Path, wrong: str) -> None:
    """An address that GitHub does not allow is rejected, and nothing is changed."""
    before = contents(checkout)
    with pytest.raises(SystemExit):
        main(["--", wrong], checkout)
    assert contents(checkout) == before


def test_other_repository(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The address of another repository in the files is rejected: it could not be changed back."""
    before = contents(checkout)
    assert main(["actions/checkout"], checkout) == 1
    assert ".github/workflows/check.yml" in capsys.readouterr().err
    assert contents(checkout) == before
