"""The claims in quality_scale.yaml that no other test checks.

The rules: https://developers.home-assistant.io/docs/core/integration-quality-scale/rules/
"""

import ast
from collections.abc import Iterator
from importlib import import_module
import json
import re
import tomllib
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance import const, entity as base
from custom_components.api_balance.coordinator import ApiBalanceCoordinator
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity_platform import async_get_platforms
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
from scripts.lib.files import ROOT

from .common import Providers, set_up
from .test_texts import ENGLISH, PACKAGE

SOURCES: Final = {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}
MANIFEST: Final[dict[str, Any]] = json.loads((PACKAGE / "manifest.json").read_text())
PYPROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]

RULES: Final = {
    "Bronze": """
        action-setup appropriate-polling brands common-modules config-flow-test-coverage
        config-flow dependency-transparency docs-actions docs-conditions
        docs-high-level-description docs-installation-instructions docs-removal-instructions
        docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
        test-before-configure test-before-setup unique-config-entry
    """,
    "Silver": """
        action-exceptions config-entry-unloading docs-configuration-parameters
        docs-installation-parameters entity-unavailable integration-owner log-when-unavailable
        parallel-updates reauthentication-flow test-coverage
    """,
    "Gold": """
        devices diagnostics discovery-update-info discovery docs-data-update docs-examples
        docs-known-limitations docs-supported-devices docs-supported-functions
        docs-troubleshooting docs-use-cases dynamic-devices entity-category entity-device-class
        entity-disabled-by-default entity-translations exception-translations icon-translations
        reconfiguration-flow repair-issues stale-devices
    """,
    "Platinum": "async-dependency inject-websession strict-typing",
}

CONFIGURATION: Final = "docs/configuration.md"
# The document and the heading of what a rule requires.
SECTIONS: Final = {
    "docs-actions": ("docs/actions.md", "Actions"),
    "docs-conditions": ("docs/conditions.md", "Conditions"),
    "docs-configuration-parameters": (CONFIGURATION, "Configuration"),
    "docs-data-update": ("docs/data-updates.md", "Data updates"),
    "docs-examples": ("docs/automations.md", "Examples"),
    "docs-high-level-description": ("README.md", "API Balance"),
    "docs-installation-instructions": (CONFIGURATION, "Installation"),
    "docs-installation-parameters": (CONFIGURATION, "Configuration"),
    "docs-known-limitations": ("docs/data-updates.md", "Known limitations"),
    "docs-removal-instructions": (CONFIGURATION, "Removal"),
    "docs-supported-devices": ("docs/providers.md", "Supported providers"),
    "docs-supported-functions": ("docs/entities.md", "Entities"),
    "docs-triggers": ("docs/triggers.md", "Triggers"),
    "docs-troubleshooting": ("docs/troubleshooting.md", "Troubleshooting"),
    "docs-use-cases": ("docs/automations.md", "Use cases"),
}


def claims() -> dict[str, Any]:
    """Return the claim of each rule."""
    rules: Any = load_yaml_dict(str(PACKAGE / "quality_scale.yaml"))["rules"]
    return dict(rules)


def is_exempt(rule: str) -> bool:
    """Return whether a rule is claimed not to apply."""
    claim = claims()[rule]
    return isinstance(claim, dict) and claim["status"] == "exempt"


def section(rule: str) -> str:
    """Return the section that a rule requires, up to the next heading of the same level."""
    name, heading = SECTIONS[rule]
    pattern = rf"^(#+) {re.escape(heading)}\n(.*)"
    found = re.search(pattern, (ROOT / name).read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"{name} has no section {heading}"
    return re.split(rf"^#{{1,{len(found[1])}}} ", found[2], maxsplit=1, flags=re.MULTILINE)[0]


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the name of the function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, node
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr, node


@pytest.mark.tooling
def test_complete() -> None:
    """Every rule is listed in its tier, and is done or exempt for a reason."""
    text = (PACKAGE / "quality_scale.yaml").read_text()
    expected = [name for tier, rules in RULES.items() for name in (tier, *rules.split())]
    assert re.findall(r"^  (?:# )?([\w-]+)(?=:|$)", text, re.MULTILINE) == expected
    for rule, claim in claims().items():
        if isinstance(claim, dict):
            assert claim["comment"].strip().endswith("."), rule
        assert claim == "done" or claim["status"] in {"done", "exempt"}, rule


@pytest.mark.tooling
@pytest.mark.parametrize("rule", SECTIONS)
def test_documentation(rule: str) -> None:
    """The documentation has the section that a rule requires."""
    assert section(rule).strip()


@pytest.mark.tooling
def test_docs_actions() -> None:
    """Each action is described with its fields."""
    for action, texts in ENGLISH["services"].items():
        assert f"`api_balance.{action}`" in section("docs-actions")
        for field in texts["fields"]:
            assert f"`{field}`" in section("docs-actions")


@pytest.mark.tooling
@pytest.mark.parametrize("kind", ["condition", "trigger"])
def test_docs_triggers_and_conditions(kind: str) -> None:
    """Each trigger and condition has a section: its key, its fields, and YAML."""
    page, _ = SECTIONS[f"docs-{kind}s"]
    sections = re.split(r"^## ", (ROOT / page).read_text(), flags=re.MULTILINE)
    for name, texts in ENGLISH[f"{kind}s"].items():
        (found,) = (each for each in sections if each.startswith(f"{texts['name']}\n"))
        assert f"`api_balance.{name}`: " in found
        assert "**In the editor**" in found
        assert f"- {kind}: api_balance.{name}\n" in found
        for field in texts.get("fields", {}):
            assert f"`{field}`" in found


@pytest.mark.tooling
def test_docs_data_update() -> None:
    """The documented interval is that of the code."""
    assert f"every {const.UPDATE_INTERVAL.seconds // 60} minutes" in section("docs-data-update")


async def test_action_setup(hass: HomeAssistant, providers: Providers) -> None:
    """The actions exist before the first account is added and after the last one is removed."""
    assert await async_setup_component(hass, "api_balance", {})
    assert set(hass.services.async_services()["api_balance"]) == {*ENGLISH["services"]}
    entry = await set_up(hass, providers.entry("crun"))
    await hass.config_entries.async_remove(entry.entry_id)
    assert set(hass.services.async_services()["api_balance"]) == {*ENGLISH["services"]}


async def set_up_all(hass: HomeAssistant, providers: Providers) -> list[MockConfigEntry]:
    """Set up an account of each provider."""
    return [await set_up(hass, providers.entry(slug)) for slug in BY_SLUG]


@pytest.mark.usefixtures("all_entities_enabled")
async def test_entity_unique_id(hass: HomeAssistant, providers: Providers) -> None:
    """Each entity has a unique ID, without credentials and without the domain."""
    entries = await set_up_all(hass, providers)
    registry = er.async_get(hass)
    registered = [
        each
        for entry in entries
        for each in er.async_entries_for_config_entry(registry, entry.entry_id)
    ]
    # An entity without a unique ID is not in the registry.
    assert {each.entity_id for each in registered} == set(hass.states.async_entity_ids())
    assert registered
    ids = [(each.domain, each.unique_id) for each in registered]
    assert len(ids) == len(set(ids))
    credentials = [value for slug in BY_SLUG for value in providers.credentials(slug).values()]
    for _, unique_id in ids:
        assert not [value for value in credentials if value in unique_id]
        assert "api_balance" not in unique_id


@pytest.mark.usefixtures("all_entities_enabled")
async def test_has_entity_name(hass: HomeAssistant, providers: Providers) -> None:
    """Home Assistant adds the name of the account to the name of each entity."""
    await set_up_all(hass, providers)
    entities = [
        each
        for platform in async_get_platforms(hass, "api_balance")
        for each in platform.entities.values()
    ]
    assert len(entities) == len(hass.states.async_entity_ids())
    for entity in entities:
        assert entity.has_entity_name
        assert isinstance(entity, base.ApiBalanceEntity)


async def test_runtime_data(hass: HomeAssistant, providers: Providers) -> None:
    """The coordinator is in the config entry, and nothing is left of removed ones."""
    working = await set_up(hass, providers.entry("lunos"))
    failing = await set_up(hass, providers.entry("lunos", "expired_key"))
    assert isinstance(working.runtime_data, ApiBalanceCoordinator)
    own = {key: data for key, data in hass.data.items() if str(key).startswith("api_balance")}
    for entry in (working, failing):
        await hass.config_entries.async_remove(entry.entry_id)
        left = [
            key for key, each in own.items() if isinstance(each, dict) and entry.entry_id in each
        ]
        assert not left
    assert own


async def test_dependencies(hass: HomeAssistant) -> None:
    """The rules about dependencies do not apply: there are none."""
    assert is_exempt("dependency-transparency")
    assert is_exempt("async-dependency")
    assert (await async_get_integration(hass, "api_balance")).requirements == []


@pytest.mark.parametrize("platform", const.PLATFORMS)
def test_parallel_updates(platform: str) -> None:
    """Entities do not limit their updates: the coordinator makes all requests."""
    assert import_module(f"custom_components.api_balance.{platform}").PARALLEL_UPDATES == 0


@pytest.mark.tooling
def test_test_coverage() -> None:
    """The tests fail below 100 % of lines and branches, without exceptions."""
    coverage = PYPROJECT["coverage"]
    assert coverage["run"] == {"branch": True, "source": ["custom_components"]}
    assert coverage["report"]["fail_under"] == 100
    assert coverage["report"]["exclude_also"] == ["if TYPE_CHECKING:"]
    assert not [path for path in SOURCES if "pragma: no" in path.read_text()]


@pytest.mark.tooling
def test_discovery() -> None:
    """The rules about discovery do not apply: no step of the flow handles a discovery."""
    assert is_exempt("discovery")
    assert is_exempt("discovery-update-info")
    assert not {"bluetooth", "dhcp", "homekit", "mqtt", "ssdp", "usb", "zeroconf"} & set(MANIFEST)


async def test_devices(hass: HomeAssistant, providers: Providers) -> None:
    """The rules about changing devices do not apply: an account is one device for good."""
    assert is_exempt("dynamic-devices")
    assert is_exempt("stale-devices")
    registry = dr.async_get(hass)
    for entry in await set_up_all(hass, providers):
        assert len(dr.async_entries_for_config_entry(registry, entry.entry_id)) == 1
        await hass.config_entries.async_remove(entry.entry_id)
    assert not registry.devices


def test_exception_translations() -> None:
    """Each exception that Home Assistant displays has a translation instead of a text."""
    displayed = r"HomeAssistantError|ServiceValidationError|UpdateFailed|ConfigEntry\w+"
    other = {"ConfigEntryChange", "ConfigEntrySelector", "ConfigEntryState"}
    found = 0
    for path, tree in SOURCES.items():
        for name, call in calls(tree):
            if not re.fullmatch(displayed, name) or name in other:
                continue
            keywords = {keyword.arg for keyword in call.keywords}
            assert {"translation_domain", "translation_key"} <= keywords, f"{path}:{call.lineno}"
            assert not call.args, f"{path}:{call.lineno}"
            found += 1
    assert found


def test_inject_websession() -> None:
    """No client session or connector is created without Home Assistant's helpers."""
    called = {name for tree in SOURCES.values() for name, _ in calls(tree)}
    assert not {"ClientSession", "TCPConnector"} & called


@pytest.mark.tooling
def test_strict_typing() -> None:
    """The whole integration is checked by mypy in strict mode, without exceptions."""
    mypy = PYPROJECT["mypy"]
    assert mypy["strict"] is True
    assert "custom_components" in mypy["files"]
    assert not [each for each in mypy["overrides"] if "custom_components" in each["module"]]
    assert not [path for path in SOURCES if "type: ignore" in path.read_text()]
