"""The generated lists in the documentation match the code."""

from pathlib import Path
import subprocess

import pytest

from custom_components.api_balance.providers import PROVIDERS
from scripts.lib.docs import LISTS, PLACE, main, out_of_date
from scripts.lib.files import ROOT

pytestmark = pytest.mark.tooling

README = (ROOT / "README.md").read_text()
PAGE = (ROOT / "docs/providers.md").read_text()


def test_lists_are_up_to_date() -> None:
    """scripts/docs would change nothing."""
    assert list(out_of_date(ROOT)) == [], "run scripts/docs"


def test_every_list_has_its_place() -> None:
    """Each list is in one document, and each place in a document belongs to a list."""
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    places = [name for path in documents for _, name, _ in PLACE.findall(path.read_text())]
    assert sorted(places) == sorted(LISTS)


@pytest.mark.parametrize(
    "row",
    [
        # From the documentation of the providers: unit, what is needed, and what is reported.
        ("Crun.ai", "credits", "ak_…", "Balance"),
        ("DeepL", "characters", ":fx", "Limit"),
        ("EngageLab OTP", "the currency of the account", "DevKey and DevSecret", "Gift balance"),
        ("Kimi Open Platform", "USD or CNY", "sk-…", "Paid balance"),
        ("Lunos", "credits", "sk-…", "Provider alert threshold"),
        ("OpenRouter", "USD", "Management key", "Total used"),
        ("Vonage", "EUR", "API secret", "Automatic top-up"),
    ],
    ids=lambda row: row[0],
)
def test_providers(row: tuple[str, str, str, str]) -> None:
    """The list of providers agrees with their documentation."""
    (line,) = (each for each in PAGE.splitlines() if each.startswith(f"| {row[0]} |"))
    cells = line.strip("| ").split(" | ")
    assert cells[1] == row[1]
    assert row[2] in cells[2]
    assert row[3] in cells[3].split(", ")


def test_addresses_of_providers() -> None:
    """The list links to the documentation of each provider, and to the page for its keys."""
    for provider in PROVIDERS:
        assert f"({provider.docs_url})" in PAGE
        assert f"({provider.key_url})" in PAGE


def test_names_of_providers() -> None:
    """The README names every provider."""
    for provider in PROVIDERS:
        assert provider.name in README


def test_entities() -> None:
    """The list of entities names their providers, and those that are disabled by default."""
    page = (ROOT / "docs/entities.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.count(" | ") == 3]
    found = {row[1]: row for row in rows}
    assert found["`sensor.…_balance`"][3] == "all"
    assert "EngageLab OTP" in found["`sensor.…_gift_balance`"][3].split(", ")
    assert found["`binary_sensor.…_provider_alert`"][3] == "Lunos"
    assert len(found) == len(rows)
    disabled = {row[0] for row in rows if "disabled by default" in row[2]}
    assert {"Account email", "Spent yesterday", "Last provider update"} <= disabled
    assert not disabled & {"Balance", "Low balance", "Spent today"}


def test_out_of_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command finds a wrong list, names its document, and corrects it."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)  # noqa: S607 - from the PATH
    readme = tmp_path / "README.md"
    readme.write_text(wrong := README.replace("Lumenfall, Lunos", "Lunos, Lumenfall"))
    assert wrong != README
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == "README.md is out of date: run scripts/docs\n"
    assert readme.read_text() == wrong
    assert main([], tmp_path) == 0
    assert readme.read_text() == README
    assert main(["--check"], tmp_path) == 0
