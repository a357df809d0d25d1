"""The page about adding a provider, followed to the letter for the one that it invents."""

from bisect import insort
from pathlib import Path
import re
import sys

from scripts.lib.files import own_files

from .checkout import ROOT, copy_checkout, run

PAGE = (ROOT / "docs/adding-a-provider.md").read_text()
ANSWERS = "simulator/answers/acme.toml"
ADAPTER = "custom_components/api_balance/providers/acme.py"
REGISTRY = "custom_components/api_balance/providers/__init__.py"
CODE = (ADAPTER, REGISTRY)

# What can fail because of a new provider: the tests that play each provider, for this one, and
# those that look at all of them.
OPTIONS = (
    *("-v", "-n", "0", "-p", "no:cacheprovider", "--no-cov"),
    *("-k", "acme or architecture or faults or generated or links or texts"),
)
TESTS = (
    "tests/faults/test_faults.py::test_fault[Invalid key (HTTP 401)]",
    "tests/faults/test_faults.py::test_fault[Permission denied (HTTP 403)]",
    "tests/faults/test_faults.py::test_fault[Server error (HTTP 500)]",
    "tests/fuzz/test_fuzz.py",
    "tests/test_architecture.py",
    "tests/test_contract.py",
    "tests/test_documents.py",
    "tests/test_generated.py",
    "tests/test_help.py",
    "tests/test_init.py",
    "tests/test_texts.py",
)


def block(before: str, language: str) -> str:
    """Return the page's first block of a language after some words."""
    after = PAGE[PAGE.index(before) :]
    found = re.search(rf"^```{language}\n(.*?)^```", after, re.DOTALL | re.MULTILINE)
    assert found is not None, before
    return found[1]


def contents(checkout: Path) -> dict[str, bytes]:
    """Return every file of a checkout."""
    return {str(path): (checkout / path).read_bytes() for path in own_files(checkout)}


def register(registry: str) -> str:
    """Return the registry with the page's import, and with what it imports, in their places."""
    line = block("In the registry", "python").removesuffix("\n")
    imports = re.findall(r"^from \.\w+ import \w+$", registry, re.MULTILINE)
    names = re.findall(r"PROVIDERS: .*?= \((.*?)\)\n", registry, re.DOTALL)[0]
    before = "\n".join(imports)
    insort(imports, line)
    assert before in registry
    registry = registry.replace(before, "\n".join(imports))
    return registry.replace(names, ", ".join(each.split()[-1] for each in imports))


def follow(checkout: Path) -> None:
    """Do what the page says."""
    (checkout / ANSWERS).write_text(block(ANSWERS, "toml"))
    (checkout / ADAPTER).write_text(block(ADAPTER, "python"))
    registry = checkout / REGISTRY
    registry.write_text(register(registry.read_text()))
    changes, heading = checkout / "CHANGELOG.md", "\n## [Unreleased]\n"
    line = block("Below *Unreleased*", "markdown")
    changes.write_text(changes.read_text().replace(heading, f"{heading}\n{line}", 1))
    assert run(checkout, "scripts/docs").returncode == 0


def test_the_page_is_true(tmp_path: Path) -> None:
    """It names every file that changes; the provider works, and the tests of all others pass."""
    checkout = copy_checkout(tmp_path)
    before = contents(checkout)
    follow(checkout)
    after = contents(checkout)
    changed = {path for path, data in after.items() if before.get(path) != data}
    assert changed == set(re.findall(r"^\| `(.+?)` \|", PAGE, re.MULTILINE))
    assert set(before) <= set(after)
    assert "| Acme ([API](https://docs.acme.example/balance)) | EUR | [API key]" in (
        (checkout / "README.md").read_text()
    )

    # As scripts/lint --fix does, but not to files in which nothing was done.
    for command in (["check", "--fix"], ["format"]):
        style = run(
            checkout, f"{sys.prefix}/bin/ruff", *command, *(str(checkout / each) for each in CODE)
        )
        assert style.returncode == 0, style.stdout
    assert (checkout / ADAPTER).read_text() == block(ADAPTER, "python")
    tests = run(checkout, "scripts/test", *OPTIONS, *TESTS)
    assert tests.returncode == 0, tests.stdout
    # It was there.
    for name in ("test_scenario[acme-active]", "test_account[acme-active]"):
        assert re.search(rf"::{re.escape(name)} PASSED", tests.stdout), name
