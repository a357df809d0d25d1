"""The keys of the translations and icons are those that the code uses."""

import ast
from collections.abc import Iterator, Sequence
import json
from pathlib import Path
import re
import string
from typing import Any

import pytest

from custom_components.api_balance import (
    binary_sensor,
    button,
    condition,
    event,
    number,
    sensor,
    trigger,
)
from custom_components.api_balance.api import ApiError, Field, errors as api_errors
from custom_components.api_balance.issues import AccountIssue
from custom_components.api_balance.ledger import EventType
from custom_components.api_balance.providers import PROVIDERS
from homeassistant.helpers.entity import EntityDescription
from homeassistant.util.yaml import parse_yaml

PACKAGE = Path(__file__).parent.parent / "custom_components/api_balance"
ENGLISH: dict[str, Any] = json.loads((PACKAGE / "translations/en.json").read_text())
ICONS: dict[str, Any] = json.loads((PACKAGE / "icons.json").read_text())
DESCRIPTIONS: dict[str, Sequence[EntityDescription]] = {
    "binary_sensor": [binary_sensor.LOW_BALANCE, *binary_sensor.FLAGS],
    "button": [button.REFRESH],
    "number": [number.LOW_BALANCE_THRESHOLD],
    "event": [event.BALANCE_EVENT],
    "sensor": [*sensor.AMOUNTS, *sensor.DETAILS, *sensor.SPENT, *sensor.FIGURES],
}
ERRORS = {kind.key for kind in vars(api_errors).values() if hasattr(kind, "key")}


def leaves(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the value of every string."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def constants(name: str) -> set[str]:
    """Return all string constants in a module."""
    tree = ast.parse((PACKAGE / name).read_text())
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("platform", DESCRIPTIONS)
def test_entities(platform: str) -> None:
    """Each entity has a name and an icon, and each name and icon has an entity."""
    keys = {description.translation_key for description in DESCRIPTIONS[platform]}
    assert set(ENGLISH["entity"][platform]) == keys
    assert set(ICONS["entity"][platform]) == keys
    for description in DESCRIPTIONS[platform]:
        assert description.key == description.translation_key


def test_all_platforms_have_texts() -> None:
    """Each platform has texts and icons, and the other way round."""
    assert set(ENGLISH["entity"]) == set(ICONS["entity"]) == set(DESCRIPTIONS)


def test_every_field_has_an_entity_and_a_provider() -> None:
    """Each field has an entity and is reported by a provider."""
    shown = [
        description.key for descriptions in DESCRIPTIONS.values() for description in descriptions
    ]
    assert {*shown} >= set(Field)
    assert {field for provider in PROVIDERS for field in provider.fields} == set(Field)


def test_options_of_the_billing_type() -> None:
    """Each option of an enum sensor has a text."""
    for description in sensor.DETAILS:
        if description.options:
            texts = ENGLISH["entity"]["sensor"][description.key]["state"]
            assert set(texts) == set(description.options)


def test_form_errors() -> None:
    """Each kind of error, and each error of the form itself, has a text."""
    own = {"invalid_credential", "invalid_url", "unknown"}
    assert set(ENGLISH["config"]["error"]) == ERRORS | own
    assert own <= constants("config_flow.py")
    assert len(ERRORS) == 6


def test_steps_and_their_fields() -> None:
    """Each step has texts, and each field a label and a description."""
    credentials = {each.name for provider in PROVIDERS for each in provider.credentials}
    steps = ENGLISH["config"]["step"]
    forms = {"credentials", "reauth_confirm", "reconfigure"}
    assert set(steps) == {"user", "low_balance"} | forms
    assert set(steps) <= constants("config_flow.py")
    for name in forms:
        assert set(steps[name]["data"]) == set(steps[name]["data_description"]) == credentials
        assert set(steps[name]["sections"]) == {"advanced"}
        assert set(steps[name]["sections"]["advanced"]["data"]) == {"base_url"}
        assert set(steps[name]["sections"]["advanced"]["data_description"]) == {"base_url"}
        # The same field has the same text in every form.
        for part in ("data", "data_description", "sections"):
            assert steps[name][part] == steps["credentials"][part]
    assert set(steps["user"]["data"]) == set(steps["user"]["data_description"]) == {"provider"}
    assert set(steps["low_balance"]["data"]) == {"low_balance_threshold"}
    assert set(steps["low_balance"]["data_description"]) == {"low_balance_threshold"}


def test_aborts() -> None:
    """Each reason to abort has a text: three of Home Assistant's helpers, and the flow's own."""
    helpers = {"already_configured", "reauth_successful", "reconfigure_successful"}
    assert set(ENGLISH["config"]["abort"]) == helpers | {"unknown_provider"}
    assert "unknown_provider" in constants("config_flow.py")


def test_exceptions() -> None:
    """Each kind of error has a text for the log and the integration page."""
    assert set(ENGLISH["exceptions"]) == ERRORS | {"unknown_provider"}
    assert "unknown_provider" in constants("__init__.py")


def test_issues_and_system_health() -> None:
    """Each repair issue and each line of the system health has a text."""
    assert set(ENGLISH["issues"]) == set(AccountIssue)
    assert set(ENGLISH["system_health"]["info"]) <= constants("system_health.py")
    assert set(ENGLISH) == {
        "conditions",
        "config",
        "entity",
        "exceptions",
        "issues",
        "services",
        "system_health",
        "title",
        "triggers",
    }


def test_services() -> None:
    """Each action has texts and an icon, and each field has texts."""
    described = parse_yaml((PACKAGE / "services.yaml").read_text())
    assert isinstance(described, dict)
    assert set(described) == set(ENGLISH["services"]) == set(ICONS["services"])
    assert set(described) <= constants("services.py")
    for name, action in described.items():
        texts = ENGLISH["services"][name]
        assert set(texts) == {"name", "description", "fields"}
        assert set(texts["fields"]) == set(action["fields"])
        for field in texts["fields"].values():
            assert set(field) == {"name", "description"}


@pytest.mark.parametrize(
    ("kind", "known"), [("condition", condition.CONDITIONS), ("trigger", trigger.TRIGGERS)]
)
def test_triggers_and_conditions(kind: str, known: dict[str, object]) -> None:
    """Each trigger and condition has texts and an icon, and each field has a name."""
    described = parse_yaml((PACKAGE / f"{kind}s.yaml").read_text())
    assert isinstance(described, dict)
    # A name with a dot is a YAML anchor for the others.
    described = {name: each for name, each in described.items() if not name.startswith(".")}
    assert set(described) == set(known) == set(ENGLISH[f"{kind}s"]) == set(ICONS[f"{kind}s"])
    for name, each in described.items():
        texts = ENGLISH[f"{kind}s"][name]
        assert set(texts) <= {"name", "description", "fields"}
        assert set(texts.get("fields", {})) == set(each.get("fields", {}))
        assert all(set(field) == {"name"} for field in texts.get("fields", {}).values())
        assert set(ICONS[f"{kind}s"][name]) == {kind}
        # The user can choose entities of this integration only.
        (selected,) = each["target"]["entity"]
        assert selected["integration"] == "api_balance"


def test_event_types() -> None:
    """Each event type has a text and an icon."""
    for texts in (ENGLISH, ICONS):
        attributes = texts["entity"]["event"]["balance_event"]["state_attributes"]
        assert set(attributes["event_type"]["state"]) == set(EventType)
    assert event.BALANCE_EVENT.event_types == list(EventType)


def test_placeholders() -> None:
    """A text has only placeholders that the code fills in."""
    known = {
        "config.error": {"provider"},
        "config.step.low_balance": {"balance", "provider"},
        "config.step": {"base_url", "key_url", "provider"},
        "exceptions": {"provider"},
        "issues.balance": {"account", "balance", "provider"},
        "issues": {"account", "provider", "reason"},
    }
    for path, text in leaves(ENGLISH):
        allowed = next((names for start, names in known.items() if path.startswith(start)), set())
        used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        assert used <= allowed, path


def test_style() -> None:
    """Texts and icons have the format that hassfest requires."""
    for path, text in leaves(ENGLISH):
        assert text == text.strip(), path
        assert not re.search(r"<[a-z/]|https?://[a-z]|\[%key", text), path
        assert not re.search(r"['\"]\{", text), path
    for path, icon in leaves(ICONS):
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon), path


def test_a_state_icon_differs_from_the_default() -> None:
    """An icon of a state differs from the default icon."""
    for entities in ICONS["entity"].values():
        for icons in entities.values():
            assert icons["default"] not in icons.get("state", {}).values()


def test_errors_have_different_keys() -> None:
    """Each kind of error has its own key."""
    kinds = [kind for kind in vars(api_errors).values() if isinstance(kind, type)]
    keys = [kind.key for kind in kinds if issubclass(kind, ApiError) and kind is not ApiError]
    assert len(keys) == len(set(keys)) == 6
