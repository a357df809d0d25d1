"""What Home Assistant's own validator asks of a custom integration, as far as it goes without it.

The validator itself runs in the workflow. Like it, these tests look at the files alone.
"""

import ast
from functools import cache
from importlib.resources import files
import json
from pathlib import Path
import re
import string
from typing import Any, Final
from urllib.parse import urlsplit

from awesomeversion import AwesomeVersion, AwesomeVersionException, AwesomeVersionStrategy
import pytest
import voluptuous as vol

from custom_components.api_balance import config_flow
from homeassistant import components
from homeassistant.config_entries import HANDLERS
from homeassistant.const import Platform
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import TargetSelector, validate_selector
from homeassistant.util.yaml import load_yaml_dict
from scripts.lib.home_assistant import install_packages

from .test_texts import ENGLISH, ICONS, PACKAGE, leaves

MANIFEST: Final[dict[str, Any]] = json.loads((PACKAGE / "manifest.json").read_text())
LANGUAGES: Final = sorted((PACKAGE / "translations").glob("*.json"))


def https(value: str) -> str:
    """Return an address; raises Invalid for one without encryption or host."""
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.netloc:
        message = "not an https address"
        raise vol.Invalid(message)
    return value


def version(value: str) -> str:
    """Return a version; raises Invalid for one that Home Assistant does not load."""
    strategies = [
        AwesomeVersionStrategy.CALVER,
        AwesomeVersionStrategy.SEMVER,
        AwesomeVersionStrategy.SIMPLEVER,
        AwesomeVersionStrategy.BUILDVER,
        AwesomeVersionStrategy.PEP440,
    ]
    try:
        return AwesomeVersion(value, ensure_strategy=strategies)
    except AwesomeVersionException as err:
        message = "not a version"
        raise vol.Invalid(message) from err


# Keys that the validator of some supported release does not know are not in here.
MANIFEST_SCHEMA: Final = vol.Schema(
    {
        vol.Required("domain"): PACKAGE.name,
        vol.Required("name"): str,
        vol.Required("codeowners"): vol.All([vol.Match(r"^@[\w-]+$")], vol.Length(min=1)),
        vol.Required("config_flow"): True,
        vol.Required("documentation"): https,
        vol.Required("integration_type"): vol.In(["device", "hub", "service"]),
        vol.Required("iot_class"): vol.In(
            ["cloud_polling", "cloud_push", "local_polling", "local_push"]
        ),
        vol.Required("issue_tracker"): https,
        vol.Required("version"): vol.All(str, version),
        vol.Optional("after_dependencies"): [str],
        vol.Optional("dependencies"): [str],
        vol.Optional("loggers"): [str],
        vol.Optional("requirements"): [vol.Match(r"^[\w.-]+(\[\w+\])?==[\w.]+$")],
        vol.Optional("single_config_entry"): bool,
    }
)


def test_manifest() -> None:
    """Everything that must be there, nothing that is not known, in its order."""
    MANIFEST_SCHEMA(MANIFEST)
    first = ["domain", "name"]
    assert list(MANIFEST) == first + sorted(MANIFEST.keys() - first)
    # Those pages are for what comes with Home Assistant.
    assert "home-assistant.io" not in MANIFEST["documentation"]


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "balance"},
        {"codeowners": []},
        {"documentation": "http://example.com"},
        {"iot_class": "polling"},
        {"version": "main"},
        {"requirements": ["something"]},
        {"categories": ["finance"]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_wrong_manifest_is_found(change: dict[str, object]) -> None:
    """The schema is one that refuses."""
    with pytest.raises(vol.Invalid):
        MANIFEST_SCHEMA(MANIFEST | change)


def test_domain() -> None:
    """The name is not that of an integration that comes with Home Assistant."""
    assert not (Path(components.__path__[0]) / MANIFEST["domain"]).exists()


def test_config_flow() -> None:
    """The flow that the manifest promises is there, in the file where it is looked for."""
    assert HANDLERS[MANIFEST["domain"]] is config_flow.ApiBalanceConfigFlow


def test_config_schema() -> None:
    """An integration with a set-up says what it takes from YAML: nothing."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    assert "async_setup" in {getattr(node, "name", None) for node in tree.body}
    assigned = [
        ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CONFIG_SCHEMA"
    ]
    assert assigned == ["cv.config_entry_only_config_schema(DOMAIN)"]


def test_dependencies() -> None:
    """Of other integrations only those are used that are always there, or that load our file."""
    allowed = {*Platform, "diagnostics", "system_health", *MANIFEST.get("dependencies", [])}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for name in names:
                # Inside, imports are relative.
                assert not name.startswith("custom_components"), path
                if name.startswith("homeassistant.components."):
                    assert name.split(".")[2] in allowed, path


def text(value: Any, *, placeholders: bool = True) -> str:
    """Return a text as it may stand in a translation; raises Invalid for others."""
    found: str = cv.string_with_no_html(value)
    problems = {
        "an address, for which there are placeholders": r"(\w+://|www\.)[\w-]+\.\w",
        "a placeholder in quotes": r"'\{\w+\}'",
        "a reference, which only Home Assistant's own texts can have": r"\[%|%\]",
        "space around it": r"^\s|\s$",
    }
    for problem, pattern in problems.items():
        if re.search(pattern, found):
            raise vol.Invalid(problem)
    for _, name, _, _ in string.Formatter().parse(found):
        if name is not None and not (placeholders and name.isidentifier()):
            message = "a placeholder that cannot be filled in"
            raise vol.Invalid(message)
    return found


def plain(value: Any) -> str:
    """Return a text without placeholders."""
    return text(value, placeholders=False)


def key(value: Any) -> str:
    """Return a translation key; raises Invalid for what is none."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", value):
        message = "not a translation key"
        raise vol.Invalid(message)
    return value


def by_key(schema: object) -> dict[object, object]:
    """Return the schema of a table whose keys are translation keys."""
    return {key: schema}


FORM: Final = {
    vol.Optional("data"): by_key(text),
    vol.Optional("data_description"): by_key(text),
    vol.Optional("description"): text,
}
# Of a trigger, a condition or an action.
DESCRIBED: Final = {
    vol.Required("name"): text,
    vol.Required("description"): text,
    vol.Optional("fields"): by_key(
        {vol.Required("name"): plain, vol.Optional("description"): text}
    ),
}
TRANSLATIONS_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("title"): plain,
        vol.Required("config"): {
            vol.Required("step"): by_key(
                {
                    **FORM,
                    vol.Optional("title"): text,
                    vol.Optional("sections"): by_key({**FORM, vol.Optional("name"): text}),
                }
            ),
            vol.Optional("error"): by_key(text),
            vol.Optional("abort"): by_key(text),
        },
        vol.Required("entity"): by_key(
            by_key(
                {
                    vol.Optional("name"): text,
                    vol.Optional("state"): by_key(plain),
                    vol.Optional("state_attributes"): by_key(
                        {vol.Optional("name"): plain, vol.Optional("state"): by_key(plain)}
                    ),
                    vol.Optional("unit_of_measurement"): plain,
                }
            )
        ),
        vol.Optional("exceptions"): by_key({vol.Required("message"): text}),
        vol.Optional("issues"): by_key(
            {vol.Required("title"): text, vol.Required("description"): text}
        ),
        vol.Optional("services"): by_key(DESCRIBED),
        vol.Optional("conditions"): by_key(DESCRIBED),
        vol.Optional("triggers"): by_key(DESCRIBED),
        vol.Optional("system_health"): {vol.Required("info"): by_key(plain)},
    }
)


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_translations(path: Path) -> None:
    """Each file has the structure that Home Assistant reads, and no text that it refuses."""
    TRANSLATIONS_SCHEMA(json.loads(path.read_text()))


@pytest.mark.parametrize(
    "wrong",
    [
        "<b>now</b>",
        "See https://example.com for more",
        "See www.example.com",
        "Not '{provider}'",
        "[%key:common::state::on%]",
        " before",
        "after\n",
        "{not this}",
    ],
)
def test_a_wrong_text_is_found(wrong: str) -> None:
    """The schema is one that refuses."""
    with pytest.raises(vol.Invalid):
        TRANSLATIONS_SCHEMA(ENGLISH | {"exceptions": {"wrong": {"message": wrong}}})


@pytest.mark.parametrize("wrong", ["Wrong", "_wrong", "wrong_", "wro__ng", "wro ng"])
def test_a_wrong_key_is_found(wrong: str) -> None:
    """The schema is one that refuses."""
    with pytest.raises(vol.Invalid):
        TRANSLATIONS_SCHEMA(ENGLISH | {"exceptions": {wrong: {"message": "Something"}}})


def test_explained_fields_are_there() -> None:
    """No explanation is left over from a field that is gone."""
    for step in ENGLISH["config"]["step"].values():
        for part in (step, *step.get("sections", {}).values()):
            assert set(part.get("data_description", {})) <= set(part.get("data", {}))


def test_files() -> None:
    """The texts stand where those of custom integrations are looked for, and there alone."""
    assert not (PACKAGE / "strings.json").exists()
    assert not (PACKAGE / ".translations").exists()
    for path in PACKAGE.rglob("*.json"):
        json.loads(path.read_text())


def icon(value: Any) -> str:
    """Return the name of an icon; raises Invalid for one that the frontend does not have."""
    if value not in frontend_icons():
        message = "no icon of the frontend"
        raise vol.Invalid(message)
    return str(value)


@cache
def frontend_icons() -> set[str]:
    """Return the icons that the frontend has; it is installed first where it is not there."""
    install_packages()
    names = json.loads((files("hass_frontend") / "static/mdi/iconList.json").read_text())
    return {f"mdi:{each['name']}" for each in names}


STATES: Final = {vol.Optional("default"): icon, vol.Optional("state"): by_key(icon)}
ICONS_SCHEMA: Final = vol.Schema(
    {
        vol.Required("entity"): by_key(
            by_key(
                {
                    **STATES,
                    vol.Optional("state_attributes"): by_key(STATES),
                }
            )
        ),
        vol.Optional("services"): by_key({vol.Required("service"): icon}),
        vol.Optional("conditions"): by_key({vol.Required("condition"): icon}),
        vol.Optional("triggers"): by_key({vol.Required("trigger"): icon}),
    }
)


def test_icons() -> None:
    """The file has the structure that Home Assistant reads, and every icon can be shown."""
    ICONS_SCHEMA(ICONS)


@pytest.mark.parametrize("wrong", ["wallet", "hass:wallet", "mdi:no-such-icon"])
def test_a_wrong_icon_is_found(wrong: str) -> None:
    """The schema is one that refuses."""
    with pytest.raises(vol.Invalid):
        ICONS_SCHEMA(ICONS | {"services": {"get_balance": {"service": wrong}}})


def test_icons_of_states_are_of_states() -> None:
    """Each state with an icon of its own is one that the entity has."""
    for platform, entities in ICONS["entity"].items():
        for name, icons in entities.items():
            texts = ENGLISH["entity"][platform][name]
            assert set(icons.get("state", {})) <= set(texts.get("state", {}))
            for attribute, each in icons.get("state_attributes", {}).items():
                assert set(each["state"]) == set(texts["state_attributes"][attribute]["state"])
                assert each["default"] not in each["state"].values()


FIELD: Final = {
    vol.Optional("required"): bool,
    vol.Optional("default"): vol.Any(bool, int, float, str, list, dict),
    vol.Optional("example"): vol.Any(bool, int, float, str, list, dict),
    vol.Required("selector"): validate_selector,
}
DESCRIPTIONS_SCHEMA: Final = vol.Schema(
    {
        # A name with a dot is a part that others use.
        vol.Match(r"^\.\w+$"): object,
        key: {
            vol.Optional("target"): TargetSelector.CONFIG_SCHEMA,
            vol.Optional("fields"): by_key(FIELD),
        },
    }
)


@pytest.mark.parametrize(
    ("name", "registered_by", "function"),
    [
        ("services", "services", "async_register"),
        ("triggers", "trigger", "async_get_triggers"),
        ("conditions", "condition", "async_get_conditions"),
    ],
)
def test_descriptions(name: str, registered_by: str, function: str) -> None:
    """What the code registers is described, with fields that the editor can show."""
    assert function in (PACKAGE / f"{registered_by}.py").read_text()
    described = load_yaml_dict(str(PACKAGE / f"{name}.yaml"))
    DESCRIPTIONS_SCHEMA(described)
    # Words of a selector's own would need their texts.
    assert "translation_key" not in (PACKAGE / f"{name}.yaml").read_text()
    # Only an action's fields must say more than their name.
    for texts in ENGLISH["services"].values():
        assert all("description" in field for field in texts["fields"].values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "In the wrong file"},
        {"fields": {"amount": {"selector": {"no_such": None}}}},
        {"fields": {"amount": {"selector": {"number": {"min": "low"}}}}},
        {"target": {"entities": []}},
    ],
    ids=["name", "selector", "option", "target"],
)
def test_a_wrong_description_is_found(wrong: dict[str, object]) -> None:
    """The schema is one that refuses."""
    with pytest.raises(vol.Invalid):
        DESCRIPTIONS_SCHEMA({"get_balance": wrong})


def test_each_text_is_a_text() -> None:
    """There is something to read in every place, and an icon in every place for one."""
    for path, value in (*leaves(ENGLISH), *leaves(ICONS)):
        assert isinstance(value, str), path
        assert value, path
