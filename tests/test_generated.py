"""The lists in the documents are those of the code."""

from pathlib import Path

import pytest

from custom_components.api_balance.providers import PROVIDERS
from scripts.lib.docs import LISTS, PLACE, outdated

from .checkout import ROOT, copy_checkout, run

README = (ROOT / "README.md").read_text()


def test_lists_are_up_to_date() -> None:
    """What scripts/docs would write stands there already."""
    assert list(outdated()) == [], "scripts/docs writes the lists anew"


def test_every_list_has_its_place() -> None:
    """Each list is in one document, and no document waits for a list that nobody makes."""
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    places = [name for path in documents for _, name, _ in PLACE.findall(path.read_text())]
    assert sorted(places) == sorted(LISTS)


@pytest.mark.parametrize(
    "row",
    [
        # From the providers' documents: what is counted, the key's form, and the API's host.
        ("Crun.ai", "credits", "ak_…", "api.crun.ai"),
        ("EngageLab OTP", "USD", "DevKey and DevSecret", "otp.api.engagelab.cc"),
        ("Lensmor", "credits", "uak_…", "platform.lensmor.com"),
        ("Lumenfall", "USD", "lmnfl_…", "api.lumenfall.ai"),
        ("Lunos", "credits", "sk-…", "api.lunos.tech"),
    ],
    ids=lambda row: row[0],
)
def test_providers(row: tuple[str, str, str, str]) -> None:
    """The README's list says of a provider what its document says."""
    (line,) = (each for each in README.splitlines() if each.startswith(f"| {row[0]} ("))
    assert all(part in line for part in row)


def test_addresses_of_providers() -> None:
    """Each provider's document, and the page where its key is made, are one click away."""
    for provider in PROVIDERS:
        assert f"({provider.docs_url})" in README
        assert f"({provider.key_url})" in README


def test_entities() -> None:
    """The list of entities says who has one, and which are disabled at first."""
    page = (ROOT / "docs/entities.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.count(" | ") == 3]
    found = {row[1]: row for row in rows}
    assert found["`sensor.…_balance`"][3] == "all"
    assert found["`sensor.…_gift_balance`"][3] == "EngageLab OTP, Lensmor"
    assert found["`binary_sensor.…_provider_alert`"][3] == "Lunos"
    assert len(found) == len(rows)
    disabled = {row[0] for row in rows if "disabled at first" in row[2]}
    assert disabled == {"Updated by provider", "Account email"}


def test_out_of_date(tmp_path: Path) -> None:
    """The command finds a list that is wrong, names its document, and puts it right."""
    checkout = copy_checkout(tmp_path)
    readme = checkout / "README.md"
    readme.write_text(README.replace("| `api.lunos.tech` |", "| `api.lunos.example` |"))
    said = run(checkout, "scripts/docs", "--check")
    assert said.returncode == 1
    assert said.stdout == "README.md is out of date: run scripts/docs\n"
    assert readme.read_text() != README
    assert run(checkout, "scripts/docs").returncode == 0
    assert readme.read_text() == README
