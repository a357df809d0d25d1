"""The repository's address: in one place, and changed everywhere by one command."""

import json
from pathlib import Path
import re

import pytest

from scripts.lib.files import own_files

from .checkout import ROOT, copy_checkout, run

# Never whole in this file: the command would change it here as well.
OWNER = "octo-org"
NEW = f"{OWNER}/balance.watch"
MANIFEST = "custom_components/api_balance/manifest.json"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the checkout."""
    return copy_checkout(tmp_path)


def contents(root: Path) -> dict[Path, bytes]:
    """Return every file of a checkout."""
    return {path: (root / path).read_bytes() for path in own_files(root) if path.name != ".venv"}


def manifest(root: Path) -> dict[str, object]:
    """Return the manifest."""
    result = json.loads((root / MANIFEST).read_text())
    assert isinstance(result, dict)
    return result


def test_there_and_back(checkout: Path) -> None:
    """Nothing is left of the old address, the new one is everywhere, and back it is as before."""
    before = contents(checkout)
    old = run(checkout, "scripts/address").stdout.strip()
    owner, name = old.split("/")
    changed = run(checkout, "scripts/address", NEW)
    assert changed.returncode == 0, changed.stderr

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

    assert run(checkout, "scripts/address", old).returncode == 0
    assert contents(checkout) == before


def test_only_one_address() -> None:
    """No file has an address of ours that the command does not know."""
    repository = str(manifest(ROOT)["documentation"]).removeprefix("https://github.com/")
    known = [repository.replace("/", between) for between in ("/", "%2F", "&repository=")]
    # Of no repository, but of the integration.
    known.append("config_flow_start/?domain=api_balance")
    domain = re.compile(
        r"(?:my\.home-assistant\.io/redirect|github\.com|githubusercontent\.com)\S+"
    )
    ours = [
        (path, address)
        for path, data in contents(ROOT).items()
        for address in domain.findall(data.decode(errors="ignore"))
        if re.search("api.balance", address)
    ]
    assert ours
    assert [each for each in ours if not any(address in each[1] for address in known)] == []


@pytest.mark.parametrize("address", ["octo-org", "a/b/c", "-octo/name", "octo org/name"])
def test_no_address(checkout: Path, address: str) -> None:
    """What GitHub would not have is refused, and nothing is changed."""
    before = contents(checkout)
    assert run(checkout, "scripts/address", "--", address).returncode == 2
    assert contents(checkout) == before


def test_somebody_elses_address(checkout: Path) -> None:
    """An address that stands for something else already could not be changed back."""
    before = contents(checkout)
    refused = run(checkout, "scripts/address", "actions/checkout")
    assert refused.returncode == 1
    assert ".github/workflows/check.yml" in refused.stderr
    assert contents(checkout) == before
