"""The layers, the registry, and that no provider is special."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re

import pytest

from custom_components.api_balance.api import Provider
from custom_components.api_balance.providers import BY_SLUG, PROVIDERS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components/api_balance"
PLATFORMS = {"binary_sensor", "button", "event", "number", "sensor"}


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, as an absolute name or with its leading dots."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots, module = "." * node.level, node.module or ""
            if module:
                yield dots + module
            else:
                yield from (dots + alias.name for alias in node.names)


def files(folder: str) -> list[Path]:
    """Return the Python files of a folder of the integration."""
    return sorted((PACKAGE / folder).glob("*.py"))


@pytest.mark.parametrize("name", ["ledger", "spending"])
def test_arithmetic_knows_no_home_assistant_and_no_clock(name: str) -> None:
    """What happened to a balance follows from the readings alone."""
    path = PACKAGE / "ledger" / f"{name}.py"
    roots = {each.split(".")[0] for each in imports(path)}
    assert roots <= {"", "collections", "contextlib", "dataclasses", "datetime", "decimal"} | {
        "enum",
        "typing",
    }
    assert not re.search(r"\b(now|utcnow|today)\(", path.read_text())


@pytest.mark.parametrize("path", files("api") + files("providers"), ids=lambda path: path.name)
def test_client_and_providers_know_nothing_of_home_assistant(path: Path) -> None:
    """The client stands on the standard library, aiohttp and yarl."""
    assert not [name for name in imports(path) if name.startswith(("homeassistant", "probatio"))]
    assert not [name for name in imports(path) if name.split(".")[0] in {"logging", "requests"}]


@pytest.mark.parametrize(
    "path",
    [path for path in files("providers") if path.name != "__init__.py"],
    ids=lambda path: path.name,
)
def test_a_provider_imports_the_client_only(path: Path) -> None:
    """An adapter is a value and a pure function: no input or output, no clock, no log."""
    assert set(imports(path)) == {"..api"}


def test_only_the_client_does_input_and_output() -> None:
    """One file of the client talks to the network."""
    users = {path.name for path in files("api") if "aiohttp" in set(imports(path))}
    assert users == {"client.py"}


def test_few_know_the_registry() -> None:
    """Everything else gets its provider handed over; system health has no account to get it from.

    It looks also at accounts that could not be set up.
    """
    users = {path.name for path in files(".") if ".providers" in set(imports(path))}
    assert users == {"__init__.py", "config_flow.py", "system_health.py"}


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_platforms_do_not_know_each_other(platform: str) -> None:
    """A platform stands on the entity and the coordinator."""
    own = {name[1:] for name in imports(PACKAGE / f"{platform}.py") if name.startswith(".")}
    assert own <= {"api", "const", "coordinator", "entity", "ledger"}


def test_registry_is_complete_and_sorted() -> None:
    """Every file of a provider is in the registry, in order."""
    slugs = [provider.slug for provider in PROVIDERS]
    assert slugs == sorted(path.stem for path in files("providers") if path.stem != "__init__")
    assert list(BY_SLUG) == slugs


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_addresses_are_https(provider: Provider) -> None:
    """No provider is asked, and no user is sent, over an open connection."""
    for name in ("console_url", "key_url", "docs_url"):
        assert getattr(provider, name).startswith("https://")
    assert all(host.url.startswith("https://") for host in provider.hosts)
    assert not any(host.url.endswith("/") for host in provider.hosts)
    assert provider.path.startswith("/")


def test_no_provider_is_special() -> None:
    """Outside its own files no line of code names a provider."""
    names = {name.lower() for each in PROVIDERS for name in (each.slug, each.name)}
    names |= {name.split("_")[0].split(".")[0] for name in names}
    pattern = re.compile("|".join(rf"\b{re.escape(name)}" for name in sorted(names)))
    sources = [
        path
        for folder in ("custom_components", "simulator")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".json", ".yaml"} and path.parent.name != "providers"
    ]
    assert sources
    found = {
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources
        for number, line in enumerate(path.read_text().lower().splitlines(), 1)
        if pattern.search(line)
    }
    assert not found
