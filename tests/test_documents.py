"""The links, headings and names in the documentation are right."""

import json
import os
from pathlib import Path
import re
from typing import Any, Final
from urllib.parse import unquote

import pytest

from scripts.lib.files import ROOT, own_files

pytestmark = pytest.mark.tooling

DOCUMENTS: Final = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES: Final = [path for path in own_files(ROOT) if path.suffix == ".md"]
README: Final = (ROOT / "README.md").read_text()
TEXTS: Final[dict[str, Any]] = json.loads(
    (ROOT / "custom_components/api_balance/translations/en.json").read_text()
)
PAGE: Final = (ROOT / "docs/automations.md").read_text()
ADDRESS: Final = str(
    json.loads((ROOT / "custom_components/api_balance/manifest.json").read_text())["documentation"]
)


def test_links_to_blueprints() -> None:
    """The links that import a blueprint lead to an existing file."""
    links = re.findall(r"blueprint_import/\?blueprint_url=([^)]*)\)", PAGE)
    paths = {unquote(link).removeprefix(f"{ADDRESS}/blob/main/") for link in links}
    assert paths == {str(path.relative_to(ROOT)) for path in (ROOT / "blueprints").rglob("*.yaml")}


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub generates for the headings of a document."""
    found: list[str] = []
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w -]", "", words).replace(" ", "-")
        earlier = len(
            [each for each in found if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", each)]
        )
        found.append(f"{anchor}-{earlier}" if earlier else anchor)
    return set(found)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links(path: Path) -> None:
    """Every link inside the repository leads to an existing file and heading."""
    text = (ROOT / path).read_text()
    links = re.findall(r"\]\(([^):]+)\)|src(?:set)?=\"([^\":]+)\"", text)
    for link in {each for pair in links for each in pair if each}:
        name, _, anchor = link.partition("#")
        target = ROOT / path.parent / name if name else ROOT / path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_linked() -> None:
    """All pages can be reached from the README."""
    found, unread = {Path("README.md")}, [Path("README.md")]
    while unread:
        path = unread.pop()
        for link in re.findall(r"\]\(([^):#]+\.md)\b", (ROOT / path).read_text()):
            target = (ROOT / path.parent / link).resolve().relative_to(ROOT)
            if target not in found:
                found.add(target)
                unread.append(target)
    assert found == {path for path in PAGES if path.parts[0] != ".github"}


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_scripts(path: Path) -> None:
    """Every script that a document mentions exists and is executable."""
    for name in re.findall(r"\bscripts/[\w.-]*\w", (ROOT / path).read_text()):
        assert (ROOT / name).is_dir() or os.access(ROOT / name, os.X_OK), name


def test_every_script_is_documented() -> None:
    """Each script is in the contributing guide."""
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if path.is_file()}
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    assert scripts <= set(re.findall(r"`scripts/(\w+)", guide))


def test_headings() -> None:
    """The documentation has a heading for everything that the quality scale requires."""
    wanted = {
        *("installation", "configuration", "supported-providers", "entities", "data-updates"),
        *("actions", "triggers", "conditions", "examples", "use-cases", "known-limitations"),
        *("troubleshooting", "removal", "privacy"),
    }
    assert wanted <= set().union(*map(anchors, DOCUMENTS))


def test_fields_of_the_forms() -> None:
    """The documentation explains every field of the forms."""
    steps = TEXTS["config"]["step"].values()
    forms = [form for step in steps for form in (step, *step.get("sections", {}).values())]
    labels = {label for form in forms for label in form.get("data", {}).values()}
    # These two have the provider's own words.
    names = {"{api_key_label}": "API key", "{identifier_label}": "Identifier"}
    pages = "".join(path.read_text() for path in DOCUMENTS)
    rows = re.findall(r"^\| (.+?) \|", pages, re.MULTILINE)
    assert {names.get(label, label) for label in labels} <= set(rows)
