"""The quality scale: all rules are claimed, and no claim is made that is not so.

The rules: https://developers.home-assistant.io/docs/core/integration-quality-scale/rules/
"""

import ast
from collections.abc import Iterator
from datetime import timedelta
import json
from pathlib import Path
import re
import tomllib
from typing import Any, Final

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance import const, entity as base
from custom_components.api_balance.coordinator import ApiBalanceCoordinator
from custom_components.api_balance.providers import BY_SLUG, PROVIDERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.entity_platform import async_get_platforms
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict

from .common import Providers, set_up
from .test_texts import ENGLISH, PACKAGE

ROOT: Final = PACKAGE.parent.parent
SOURCES: Final = {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}

BRONZE: Final = [
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow-test-coverage",
    "config-flow",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
]
SILVER: Final = [
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
]
GOLD: Final = [
    "devices",
    "diagnostics",
    "discovery-update-info",
    "discovery",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
]
PLATINUM: Final = ["async-dependency", "inject-websession", "strict-typing"]
RULES: Final = [*BRONZE, *SILVER, *GOLD, *PLATINUM]

# What other tests decide already.
ELSEWHERE: Final = {
    "appropriate-polling": ["test_coordinator.py::test_one_request_a_quarter_of_an_hour"],
    "brands": ["test_brand.py::test_images", "test_brand.py::test_image"],
    "config-flow": [
        "test_config_flow.py::test_add_an_account",
        "test_texts.py::test_steps_and_their_fields",
    ],
    "config-flow-test-coverage": [
        "test_config_flow.py::test_add_an_account",
        "test_config_flow.py::test_errors_and_recovery",
        "test_config_flow.py::test_no_connection",
        "test_config_flow.py::test_unknown_error",
        "test_config_flow.py::test_same_account_twice",
        "test_config_flow.py::test_reauth",
        "test_config_flow.py::test_a_rotated_key_keeps_all_entities",
        "test_config_flow.py::test_reconfigure_to_an_account_that_exists",
    ],
    "test-before-configure": ["test_config_flow.py::test_errors_and_recovery"],
    "test-before-setup": ["test_init.py::test_first_answer_decides"],
    "unique-config-entry": ["test_config_flow.py::test_same_account_twice"],
    "action-exceptions": [
        "test_services.py::test_failure",
        "test_services.py::test_no_such_account",
    ],
    "config-entry-unloading": ["test_init.py::test_set_up_and_unload"],
    "entity-unavailable": [
        "test_entities.py::test_a_failed_account",
        "test_coordinator.py::test_an_unknown_balance_is_not_zero",
    ],
    "log-when-unavailable": ["test_coordinator.py::test_an_outage_is_retried_soon_and_logged_once"],
    "reauthentication-flow": ["test_config_flow.py::test_reauth"],
    "devices": ["test_init.py::test_device"],
    "diagnostics": ["test_help.py::test_diagnostics", "test_help.py::test_nothing_secret"],
    "entity-category": ["test_entities.py::test_registry"],
    "entity-device-class": ["test_entities.py::test_states"],
    "entity-disabled-by-default": ["test_entities.py::test_registry"],
    "entity-translations": ["test_texts.py::test_entities", "test_translations.py::test_keys"],
    "icon-translations": ["test_texts.py::test_entities", "test_hassfest.py::test_icons"],
    "reconfiguration-flow": ["test_config_flow.py::test_a_rotated_key_keeps_all_entities"],
    "repair-issues": [
        "test_alarm.py::test_issues_follow_the_alarm",
        "test_coordinator.py::test_unexpected_answers_become_an_issue_at_the_third",
        "test_coordinator.py::test_a_disabled_account_is_an_issue_and_stays_loaded",
    ],
}

README: Final = "README.md"
AUTOMATIONS: Final = "docs/automations.md"
ENTITIES: Final = "docs/entities.md"
# Where the documents say it.
SECTIONS: Final = {
    "docs-actions": (AUTOMATIONS, "Actions"),
    "docs-conditions": (AUTOMATIONS, "Conditions"),
    "docs-configuration-parameters": (README, "Configuration"),
    "docs-data-update": (README, "Data updates"),
    "docs-examples": (AUTOMATIONS, "Blueprints"),
    "docs-high-level-description": (README, "API Balance"),
    "docs-installation-instructions": (README, "Installation"),
    "docs-installation-parameters": (README, "Configuration"),
    "docs-known-limitations": (README, "Known limitations"),
    "docs-removal-instructions": (README, "Removal"),
    "docs-supported-devices": (README, "Supported providers"),
    "docs-supported-functions": (ENTITIES, "Entities"),
    "docs-triggers": (AUTOMATIONS, "Triggers"),
    "docs-troubleshooting": (README, "Troubleshooting"),
    "docs-use-cases": (README, "Use cases"),
}


def claims() -> dict[str, Any]:
    """Return what the file claims, by rule."""
    content = load_yaml_dict(str(PACKAGE / "quality_scale.yaml"))
    assert list(content) == ["rules"]
    rules = content["rules"]
    assert isinstance(rules, dict)
    return rules


def is_done(rule: str) -> bool:
    """Return whether the file claims that a rule is done."""
    claim = claims()[rule]
    return claim == "done" or (isinstance(claim, dict) and claim["status"] == "done")


def section(rule: str) -> str:
    """Return the part of the documents that a rule asks for, up to the next heading of its rank."""
    name, heading = SECTIONS[rule]
    found = re.search(
        rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,2}} |\Z)",
        (ROOT / name).read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert found, f"{name} has no section {heading}"
    return found[2]


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the name that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id, node
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr, node


def test_complete() -> None:
    """All rules are there, tier by tier, each done or exempt with its reason."""
    assert len(RULES) == len(set(RULES)) == 54
    text = (PACKAGE / "quality_scale.yaml").read_text()
    assert re.findall(r"^  (?:# )?([\w-]+)(?=:|$)", text, re.MULTILINE) == [
        "Bronze",
        *BRONZE,
        "Silver",
        *SILVER,
        "Gold",
        *GOLD,
        "Platinum",
        *PLATINUM,
    ]
    for rule, claim in claims().items():
        if isinstance(claim, dict):
            assert set(claim) == {"status", "comment"}, rule
            assert claim["status"] in {"done", "exempt"}, rule
            assert claim["comment"].strip().endswith("."), rule
        else:
            assert claim == "done", rule


def test_each_rule_is_decided() -> None:
    """By a test of its name here, by tests elsewhere, or by a section of the documents."""
    here = {name.removeprefix("test_").replace("_", "-") for name in globals()}
    assert {*RULES} <= here | ELSEWHERE.keys() | SECTIONS.keys()
    assert ELSEWHERE.keys() | SECTIONS.keys() <= {*RULES}


@pytest.mark.parametrize("rule", ELSEWHERE)
def test_decided_elsewhere(rule: str) -> None:
    """The tests that decide a rule are there."""
    assert is_done(rule)
    for test in ELSEWHERE[rule]:
        name, function = test.split("::")
        tree = ast.parse((Path(__file__).parent / name).read_text())
        functions = {
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert function in functions, test


@pytest.mark.parametrize("rule", SECTIONS)
def test_documents(rule: str) -> None:
    """The documents have a section for each rule that asks for one."""
    assert is_done(rule)
    assert len(section(rule)) > 200


def test_docs_actions() -> None:
    """Each action is described under its key, with its fields."""
    for action, texts in ENGLISH["services"].items():
        assert f"`api_balance.{action}`" in section("docs-actions")
        for field in texts["fields"]:
            assert f"`{field}`" in section("docs-actions")


@pytest.mark.parametrize("kind", ["condition", "trigger"])
def test_docs_of_what_an_automation_uses(kind: str) -> None:
    """Each trigger and condition is described under its name and its key, with its fields."""
    found = section(f"docs-{kind}s")
    for name, texts in ENGLISH[f"{kind}s"].items():
        assert f"| {texts['name']} | `api_balance.{name}` |" in found
        for field in texts.get("fields", {}):
            assert f"`{field}`" in found


def test_docs_supported_devices() -> None:
    """Each provider is listed, with its document."""
    for provider in PROVIDERS:
        assert f"| {provider.name} " in section("docs-supported-devices")
        assert provider.docs_url in section("docs-supported-devices")


def test_docs_supported_functions() -> None:
    """Each entity is listed under its name."""
    for entities in ENGLISH["entity"].values():
        for texts in entities.values():
            assert texts["name"] in section("docs-supported-functions")


def test_docs_installation_parameters() -> None:
    """Each field of the forms is described under its label."""
    for step in ("user", "credentials", "low_balance"):
        form = ENGLISH["config"]["step"][step]
        parts = [form, *form.get("sections", {}).values()]
        for label in (label for part in parts for label in part["data"].values()):
            assert label in section("docs-installation-parameters")


def test_docs_data_update() -> None:
    """The interval is that of the code."""
    minutes = const.UPDATE_INTERVAL // timedelta(minutes=1)
    assert f"every {minutes} minutes" in section("docs-data-update")


def test_docs_examples() -> None:
    """Each blueprint is linked."""
    for path in (ROOT / "blueprints").rglob("*.yaml"):
        assert path.name in section("docs-examples")


async def test_action_setup(hass: HomeAssistant, providers: Providers) -> None:
    """Actions are there without any account, and after the last is gone."""
    assert await async_setup_component(hass, "api_balance", {})
    assert set(hass.services.async_services()["api_balance"]) == {*ENGLISH["services"]}
    entry = await set_up(hass, providers.entry("crun"))
    await hass.config_entries.async_remove(entry.entry_id)
    assert set(hass.services.async_services()["api_balance"]) == {*ENGLISH["services"]}


async def everything(hass: HomeAssistant, providers: Providers) -> list[MockConfigEntry]:
    """Set up an account at each provider."""
    return [await set_up(hass, providers.entry(slug)) for slug in BY_SLUG]


@pytest.mark.usefixtures("all_entities_enabled")
async def test_entity_unique_id(hass: HomeAssistant, providers: Providers) -> None:
    """Each entity has an id of its own, in which nothing stands that can change."""
    entries = await everything(hass, providers)
    registry = er.async_get(hass)
    known = [
        each
        for entry in entries
        for each in er.async_entries_for_config_entry(registry, entry.entry_id)
    ]
    # Without an id an entity is not in the registry.
    assert {each.entity_id for each in known} == set(hass.states.async_entity_ids())
    assert known
    ids = [(each.domain, each.unique_id) for each in known]
    assert len(ids) == len(set(ids))
    credentials = [value for slug in BY_SLUG for value in providers.credentials(slug).values()]
    for _, unique_id in ids:
        assert not [value for value in credentials if value in unique_id]
        assert "api_balance" not in unique_id


@pytest.mark.usefixtures("all_entities_enabled")
async def test_has_entity_name(hass: HomeAssistant, providers: Providers) -> None:
    """Each entity's name is its own; Home Assistant puts the account's name before it."""
    await everything(hass, providers)
    entities = [
        each
        for platform in async_get_platforms(hass, "api_balance")
        for each in platform.entities.values()
    ]
    assert len(entities) == len(hass.states.async_entity_ids())
    for entity in entities:
        assert entity.has_entity_name
        assert isinstance(entity, base.ApiBalanceEntity)


def test_common_modules() -> None:
    """Coordinator and base entity stand where everybody looks for them."""
    assert ApiBalanceCoordinator.__module__.endswith(".coordinator")
    assert base.ApiBalanceEntity.__module__.endswith(".entity")


def test_entity_event_setup() -> None:
    """An entity listens from when it is added until it is removed, and not before."""
    found = 0
    for path, tree in SOURCES.items():
        if path.stem not in {"entity", *const.PLATFORMS}:
            continue
        for each in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            for method in each.body:
                names = {name for name, _ in calls(method)}
                if any(
                    re.search(r"_connect$|_listen|_track_|add_listener", name) for name in names
                ):
                    assert isinstance(method, ast.AsyncFunctionDef)
                    assert method.name == "async_added_to_hass"
                    assert "async_on_remove" in names
                    found += 1
    assert found == 1


async def test_runtime_data(hass: HomeAssistant, providers: Providers) -> None:
    """What belongs to an entry is in the entry."""
    entry = await set_up(hass, providers.entry("crun"))
    assert isinstance(entry.runtime_data, ApiBalanceCoordinator)
    assert "api_balance" not in hass.data


async def test_dependency_transparency(hass: HomeAssistant) -> None:
    """Exempt: nothing is installed."""
    assert not is_done("dependency-transparency")
    integration = await async_get_integration(hass, "api_balance")
    assert integration.requirements == []
    assert integration.dependencies == []


def test_integration_owner() -> None:
    """Somebody looks after it."""
    manifest = json.loads((PACKAGE / "manifest.json").read_text())
    assert [owner for owner in manifest["codeowners"] if re.fullmatch(r"@[\w-]+", owner)]


@pytest.mark.parametrize("platform", const.PLATFORMS)
def test_parallel_updates(platform: str) -> None:
    """Each platform says how many requests it may cause at once; the coordinator makes them all."""
    assigned = {
        target.id: ast.literal_eval(node.value)
        for node in SOURCES[PACKAGE / f"{platform}.py"].body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert assigned["PARALLEL_UPDATES"] == 0


def test_test_coverage() -> None:
    """The suite fails below 100 % of lines and branches, and nothing is left out."""
    coverage = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]
    assert coverage["run"] == {"branch": True, "source": ["custom_components"]}
    assert coverage["report"]["fail_under"] == 100
    assert coverage["report"]["exclude_also"] == ["if TYPE_CHECKING:"]
    assert not [path for path in SOURCES if "pragma: no" in path.read_text()]


def test_discovery() -> None:
    """Exempt: a provider is not in anybody's network."""
    assert not is_done("discovery")
    manifest = json.loads((PACKAGE / "manifest.json").read_text())
    assert not {"bluetooth", "dhcp", "homekit", "mqtt", "ssdp", "usb", "zeroconf"} & set(manifest)


def test_discovery_update_info() -> None:
    """Exempt for the same reason: no step of the flow begins with something that was found."""
    assert not is_done("discovery-update-info")
    steps = {
        node.name.removeprefix("async_step_")
        for node in ast.walk(SOURCES[PACKAGE / "config_flow.py"])
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("async_step_")
    }
    assert steps == {*ENGLISH["config"]["step"], "reauth"}


async def test_dynamic_devices(hass: HomeAssistant, providers: Providers) -> None:
    """Exempt: an account is one device."""
    assert not is_done("dynamic-devices")
    registry = dr.async_get(hass)
    for entry in await everything(hass, providers):
        assert len(dr.async_entries_for_config_entry(registry, entry.entry_id)) == 1


async def test_stale_devices(hass: HomeAssistant, providers: Providers) -> None:
    """Exempt: the device goes with the entry."""
    assert not is_done("stale-devices")
    entry = await set_up(hass, providers.entry("crun"))
    await hass.config_entries.async_remove(entry.entry_id)
    assert not dr.async_get(hass).devices


def test_exception_translations() -> None:
    """Each exception that Home Assistant shows has a text in every language."""
    shown = r"HomeAssistantError|ServiceValidationError|UpdateFailed|ConfigEntry\w+(?<!State)"
    found = 0
    for path, tree in SOURCES.items():
        for name, call in calls(tree):
            if not re.fullmatch(shown, name) or name in {
                "ConfigEntryChange",
                "ConfigEntrySelector",
            }:
                continue
            keywords = {keyword.arg for keyword in call.keywords}
            assert {"translation_domain", "translation_key"} <= keywords, f"{path}:{call.lineno}"
            # A text would be shown in its stead.
            assert not call.args, f"{path}:{call.lineno}"
            found += 1
    assert found >= 4


def test_async_dependency() -> None:
    """Exempt: nothing is installed, and nothing here waits without letting others go on."""
    assert not is_done("async-dependency")
    waiting = {"requests", "urllib", "http.client", "httpx", "socket", "subprocess", "time"}
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            assert not waiting & {*names}, path


async def test_inject_websession(hass: HomeAssistant, providers: Providers) -> None:
    """The client uses the session of Home Assistant, and nobody makes another."""
    entry = await set_up(hass, providers.entry("crun"))
    assert entry.runtime_data._client._session is async_get_clientsession(hass)
    made = {name for tree in SOURCES.values() for name, _ in calls(tree)}
    assert not {ClientSession.__name__, "async_create_clientsession", "request"} & made


def test_strict_typing() -> None:
    """The whole integration is checked by mypy's strict rules, without exceptions."""
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert mypy["strict"] is True
    assert "custom_components" in mypy["files"]
    for override in mypy["overrides"]:
        assert not override["module"].startswith("custom_components")
    assert not [path for path in SOURCES if "type: ignore" in path.read_text()]
