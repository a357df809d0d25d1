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
    sensor_descriptions,
    trigger,
)
from custom_components.api_balance.api import Field, errors as api_errors
from custom_components.api_balance.issues import AccountIssue
from custom_components.api_balance.ledger import EventType
from homeassistant.const import CONF_NAME, CONF_VERIFY_SSL
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
    "sensor": [
        *sensor_descriptions.AMOUNTS.values(),
        *sensor_descriptions.DETAILS,
        *sensor_descriptions.FIGURES,
        sensor_descriptions.STATUS,
        sensor_descriptions.LAST_POLL,
    ],
}
# The kinds of error, by which an exception is reported.
ERRORS = {kind.key for kind in vars(api_errors).values() if hasattr(kind, "key")}
# Forms have more specific texts for some kinds of error.
FORM_ERRORS = {"invalid_certificate"}
BASE_URL_ERRORS = {
    f"{name}_base_url" for name in ("cannot_connect", "invalid_certificate", "unexpected_response")
}
SOURCES = [ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")]
CONSTANTS = {
    node.value
    for tree in SOURCES
    for node in ast.walk(tree)
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}


def leaves(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the value of every string."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


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


def test_every_field_has_an_entity() -> None:
    """Each field that a provider can report has an entity."""
    keys = {each.key for descriptions in DESCRIPTIONS.values() for each in descriptions}
    assert keys >= set(Field)


def test_options_of_the_billing_type() -> None:
    """Each option of an enum sensor has a text."""
    for description in DESCRIPTIONS["sensor"]:
        if description.options:
            texts = ENGLISH["entity"]["sensor"][description.key]["state"]
            assert set(texts) == set(description.options)


def test_form_errors() -> None:
    """Each kind of error, and each error of the forms themselves, has a text."""
    texts = set(ENGLISH["config"]["error"])
    assert texts >= ERRORS | FORM_ERRORS | BASE_URL_ERRORS
    assert texts - ERRORS - BASE_URL_ERRORS <= CONSTANTS


def test_steps_and_their_fields() -> None:
    """Each step has texts, and each field has the same text in every form."""
    steps = ENGLISH["config"]["step"]
    assert set(steps) <= CONSTANTS
    for step in steps.values():
        for part in (step, *step.get("sections", {}).values()):
            assert set(part["data"]) <= CONSTANTS | {CONF_NAME, CONF_VERIFY_SSL}
            assert set(part.get("data_description", {})) <= set(part["data"])
    forms = [steps[name] for name in ("credentials", "reauth_confirm", "reconfigure")]
    labels = forms[0]["data"]
    for form in forms[1:]:
        assert {name: form["data"][name] for name in labels} == labels
        assert form["sections"] == forms[0]["sections"]


def test_aborts() -> None:
    """Each reason to abort has a text: three of Home Assistant's helpers, and the flow's own."""
    helpers = {"already_configured", "reauth_successful", "reconfigure_successful"}
    assert helpers <= set(ENGLISH["config"]["abort"])
    assert set(ENGLISH["config"]["abort"]) <= helpers | CONSTANTS


def test_exceptions() -> None:
    """Each kind of error has a text for the log and the integration page."""
    assert ERRORS <= set(ENGLISH["exceptions"]) <= CONSTANTS


def test_issues_and_system_health() -> None:
    """Each repair issue and each line of the system health has a text."""
    assert set(ENGLISH["issues"]) == set(AccountIssue)
    assert set(ENGLISH["system_health"]["info"]) <= CONSTANTS


def test_services() -> None:
    """Each action has texts and an icon, and each field has texts."""
    described = parse_yaml((PACKAGE / "services.yaml").read_text())
    assert isinstance(described, dict)
    # A name with a dot is a YAML anchor for the others.
    described = {name: each for name, each in described.items() if not name.startswith(".")}
    assert set(described) == set(ENGLISH["services"]) == set(ICONS["services"])
    assert set(described) <= CONSTANTS
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
        assert all("name" in field for field in texts.get("fields", {}).values())
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
    """The code has a name for each placeholder that it has to fill in."""
    keywords = {
        node.arg for tree in SOURCES for node in ast.walk(tree) if isinstance(node, ast.keyword)
    }
    for path, text in leaves(ENGLISH):
        used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        # The labels are filled in by field: {api_key_label}, {identifier_label}.
        assert {name for name in used if not name.endswith("_label")} <= keywords | CONSTANTS, path


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
