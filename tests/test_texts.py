"""The keys of the translations and icons are those that the code uses."""

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
from custom_components.api_balance.api import AuthKind, Field
from custom_components.api_balance.issues import AccountIssue
from custom_components.api_balance.ledger import EventType
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
# Issues that have a repair flow.
FIXABLE = {"balance_empty", "balance_low", "choose_threshold"}


def leaves(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the value of every string."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def placeholders(text: str) -> set[str]:
    """Return the names of the placeholders in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


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


def test_options_of_sensors() -> None:
    """Each option of an enum sensor has a text."""
    options = {
        str(description.key): set(options)
        for description in DESCRIPTIONS["sensor"]
        if (options := getattr(description, "options", None))
    }
    assert set(options) == {"billing_type", "status"}
    texts = ENGLISH["entity"]["sensor"]
    assert {key: set(each["state"]) for key, each in texts.items() if "state" in each} == options


def test_sections() -> None:
    """Each section of the texts is known."""
    sections = {"common", "config", "entity", "exceptions", "issues", "selector", "services"}
    assert set(ENGLISH) == sections | {"conditions", "system_health", "title", "triggers"}


def test_issues() -> None:
    """Each repair issue has a text, and either a description or the steps of its repair flow."""
    assert set(ENGLISH["issues"]) == set(AccountIssue)
    menu = {"title", "description", "menu_options"}
    form = {"title", "description", "data", "data_description"}
    for key, texts in ENGLISH["issues"].items():
        if key not in FIXABLE:
            assert set(texts) == {"title", "description"}
            continue
        assert set(texts) == {"title", "fix_flow"}
        steps, aborts = texts["fix_flow"]["step"], {"not_loaded"}
        if key != "choose_threshold":
            aborts |= {"cannot_read", "still_low"}
            assert set(steps["init"]) == menu
            assert set(steps["init"]["menu_options"]) == {"check", "threshold"}
        assert set(steps) == ({"init", "threshold"} if len(aborts) > 1 else {"threshold"})
        assert set(steps["threshold"]) == form
        assert set(texts["fix_flow"]["abort"]) == aborts


def test_selectors() -> None:
    """Each option of a selector has a text."""
    options: dict[str, set[str]] = {"auth": set(AuthKind)}
    for kind in ("conditions", "services", "triggers"):
        described = parse_yaml((PACKAGE / f"{kind}.yaml").read_text())
        assert isinstance(described, dict)
        for each in described.values():
            for field in each.get("fields", {}).values():
                select = (field.get("selector") or {}).get("select") or {}
                if "translation_key" in select:
                    options[select["translation_key"]] = set(select["options"])
    assert {name: set(each["options"]) for name, each in ENGLISH["selector"].items()} == options


def test_services() -> None:
    """Each action has texts and an icon, and each field has texts."""
    described = parse_yaml((PACKAGE / "services.yaml").read_text())
    assert isinstance(described, dict)
    # A name with a dot is a YAML anchor for the others.
    described = {name: each for name, each in described.items() if not name.startswith(".")}
    assert set(described) == set(ENGLISH["services"]) == set(ICONS["services"])
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
        for field in texts.get("fields", {}).values():
            assert {"name"} <= set(field) <= {"name", "description"}
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
    """A text has only placeholders that the code fills in.

    The steps of the config flow and the section common have tests of their own.
    """
    account = {"account", "provider", "url"}
    low = account | {"balance"}
    known = {
        "common": {name for text in ENGLISH["common"].values() for name in placeholders(text)},
        "config.error": {"provider"},
        **{
            f"config.error.{name}": {"content_type", "provider", "reason", "size"}
            for name in ("no_number", "not_json", "too_large", "unexpected_status")
        },
        "config.error.wrong_account": {"account", "provider"},
        "config.step": {
            name for _, text in leaves(ENGLISH["config"]["step"]) for name in placeholders(text)
        },
        "entity": {"unit"},
        "exceptions": {"provider"},
        "exceptions.paused": {"minutes", "provider"},
        "exceptions.unknown_unit": {"account", "unit"},
        "issues": account,
        "issues.account_unreadable": account | {"reason", "since"},
        "issues.balance_empty": low,
        "issues.balance_empty.fix_flow.abort.cannot_read": {"reason"},
        "issues.balance_low": low,
        "issues.balance_low.fix_flow.abort.cannot_read": {"reason"},
        "issues.choose_threshold": account | {"unit"},
        "issues.unexpected_response": account | {"reason"},
    }
    for path, text in leaves(ENGLISH):
        starts = [start for start in known if path.startswith(start)]
        assert placeholders(text) <= known.get(max(starts, default="", key=len), set()), path


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
