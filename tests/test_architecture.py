"""The layers of the code, the size of its parts, and that no provider is special."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
import re
import sys
from typing import Final

import pytest

from custom_components.api_balance.api import Provider
from custom_components.api_balance.providers import BY_SLUG, PROVIDERS
from scripts.lib.files import ROOT, own_files

PACKAGE: Final = "custom_components.api_balance"
PLATFORMS: Final = ("binary_sensor", "button", "event", "number", "sensor")
FILES: Final = own_files(ROOT)
MODULES: Final = {
    ".".join(path.with_suffix("").parts).removesuffix(".__init__"): path
    for path in FILES
    if path.suffix == ".py" and path.parts[0] != "docs"
}

# The only libraries that the client, the providers and the arithmetic of the ledger use.
PURE_LIBRARIES: Final = sys.stdlib_module_names | {"aiohttp", "yarl"}
# A provider and the ledger depend on their arguments only.
SIDE_EFFECTS: Final = {"aiohttp", "asyncio", "logging", "socket", "subprocess", "time"}
# The modules of the ledger that use Home Assistant.
STORAGE: Final = ("ledger", "ledger.statistics", "ledger.store")
# What each top-level folder may import from the others.
FOLDERS: Final = {
    "benchmarks": {"custom_components", "scripts", "simulator"},
    "custom_components": set[str](),
    "scripts": {"custom_components", "simulator"},
    "simulator": set[str](),
    "tests": {"benchmarks", "custom_components", "scripts", "simulator"},
}

MAX_FILE_LINES: Final = 300
MAX_FUNCTION_LINES: Final = 40
# Data: each line is a text, a card or a response, and nobody reads the file from start to end.
DATA: Final = re.compile(r".*\.(json|png|svg)|simulator/responses/.*")
# To be split. A test fails when an entry is no longer needed.
LONG_FUNCTIONS: Final = set[str]()


@cache
def tree(name: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse((ROOT / MODULES[name]).read_text())


def nodes(name: str) -> Iterator[ast.AST]:
    """Yield the syntax of a module that is executed, which imports for type checkers are not."""
    pending: list[ast.AST] = [tree(name)]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += node.orelse
        else:
            pending += ast.iter_child_nodes(node)


@cache
def imports(name: str) -> frozenset[str]:
    """Return the absolute names of all modules that a module imports."""
    is_package = MODULES[name].name == "__init__.py"
    found: set[str] = set()
    for node in nodes(name):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                parts = parts[: len(parts) - node.level + is_package]
                base = ".".join([*parts, base] if base else parts)
            members = {f"{base}.{alias.name}" for alias in node.names}
            found |= members & MODULES.keys()
            if not members <= MODULES.keys():
                found.add(base)
    return frozenset(found)


def layer(name: str) -> list[str]:
    """Return the modules of a subpackage of the integration."""
    return [each for each in MODULES if f"{each}.".startswith(f"{PACKAGE}.{name}.")]


def roots(name: str) -> set[str]:
    """Return the top-level packages that a module imports, apart from the integration's own."""
    return {each.split(".")[0] for each in imports(name) if not each.startswith(PACKAGE)}


def own_imports(name: str) -> set[str]:
    """Return the modules of the integration that a module imports, relative to it."""
    return {
        each.removeprefix(PACKAGE).removeprefix(".")
        for each in imports(name)
        if each.startswith(PACKAGE)
    }


@pytest.mark.parametrize("name", MODULES)
def test_folders(name: str) -> None:
    """Scripts do not import tests, and the integration and the simulator import neither."""
    folder = name.split(".", maxsplit=1)[0]
    used = {each.split(".")[0] for each in imports(name)} & FOLDERS.keys()
    assert used <= FOLDERS[folder] | {folder}


def test_harness() -> None:
    """The harness does not import the scripts that use it."""
    for name in MODULES:
        if name.startswith("scripts.harness"):
            assert not [each for each in imports(name) if each.startswith("scripts.lib")], name


def test_no_cycles() -> None:
    """No modules import each other in a circle."""
    graph = {name: set(imports(name)) & MODULES.keys() - {name} for name in MODULES}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as err:
        pytest.fail(f"modules import each other: {' -> '.join(reversed(err.args[1]))}")


@pytest.mark.parametrize("name", layer("api"))
def test_client(name: str) -> None:
    """The client does not use Home Assistant, knows no provider, and does not write to the log."""
    assert roots(name) <= PURE_LIBRARIES - {"logging"}
    assert all(each.startswith("api") for each in own_imports(name))


@pytest.mark.parametrize("name", layer("providers"))
def test_providers(name: str) -> None:
    """A provider uses the client's interface only; it does no input or output and has no clock."""
    assert roots(name) <= PURE_LIBRARIES - SIDE_EFFECTS
    own = own_imports(name)
    assert own <= {"api"} or (name.endswith("providers") and own <= {"api", *_names("providers")})


@pytest.mark.parametrize(
    "name", [each for each in layer("ledger") if each.removeprefix(f"{PACKAGE}.") not in STORAGE]
)
def test_ledger(name: str) -> None:
    """The ledger depends on the readings only, not on Home Assistant and not on a clock."""
    assert roots(name) <= PURE_LIBRARIES - SIDE_EFFECTS
    assert own_imports(name) <= {*_names("ledger")} - {*STORAGE}
    called = [ast.unparse(node.func) for node in ast.walk(tree(name)) if isinstance(node, ast.Call)]
    assert not [each for each in called if re.search(r"\b(now|utcnow|today)$", each)]


def _names(subpackage: str) -> list[str]:
    """Return the modules of a subpackage, relative to the integration."""
    return [name.removeprefix(f"{PACKAGE}.") for name in layer(subpackage)]


def test_client_input_and_output() -> None:
    """One module of the client uses the network."""
    users = [name for name in layer("api") if "aiohttp" in roots(name)]
    assert users == [f"{PACKAGE}.api.client"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_platforms(platform: str) -> None:
    """Platforms do not import each other."""
    assert not own_imports(f"{PACKAGE}.{platform}") & {*PLATFORMS}


def test_registry() -> None:
    """The registry has every provider, sorted by slug."""
    modules = {name.rpartition(".")[2] for name in layer("providers")}
    # The module custom builds providers from config entries.
    assert list(BY_SLUG) == sorted(modules - {"providers", "custom"})
    assert [provider.slug for provider in PROVIDERS] == list(BY_SLUG)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_addresses_are_https(provider: Provider) -> None:
    """All addresses of a provider are encrypted."""
    addresses = [provider.console_url, provider.docs_url, provider.key_url]
    addresses += [host.url for host in provider.hosts]
    # A self-hosted gateway has no console that is known in advance.
    assert all(each.startswith("https://") for each in addresses if each)
    assert provider.docs_url


def test_no_provider_is_special() -> None:
    """Only the files of a provider mention its name."""
    names = {name.lower() for each in PROVIDERS for name in (each.slug, each.name)}
    pattern = re.compile(rf"(?<![a-z])({'|'.join(map(re.escape, sorted(names)))})(?![a-z])")
    sources = [
        path
        for path in FILES
        if path.parts[0] in {"custom_components", "simulator"}
        and path.suffix in {".js", ".json", ".py", ".yaml"}
        and path.parent.name != "providers"
    ]
    assert sources
    assert not {
        f"{path}:{number}"
        for path in sources
        for number, line in enumerate((ROOT / path).read_text().lower().splitlines(), 1)
        if pattern.search(line)
    }


def test_file_length() -> None:
    """No file is too long to be read at one go, apart from data."""
    found = {
        str(path)
        for path in FILES
        if not DATA.fullmatch(str(path))
        and (ROOT / path).read_bytes().count(b"\n") > MAX_FILE_LINES
    }
    assert not found


def test_function_length() -> None:
    """No function is too long to be seen at a glance."""
    found = {
        f"{MODULES[name]}::{node.name}"
        for name in MODULES
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    }
    assert found == LONG_FUNCTIONS
