"""The blueprint files: checked and imported by Home Assistant."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.core import HomeAssistant
from homeassistant.util import yaml as yaml_util

from .common import ALERT, FOLDER, GUARD, ROOT

MANIFEST: Final = json.loads((ROOT / "custom_components/api_balance/manifest.json").read_text())
REPOSITORY: Final = str(MANIFEST["documentation"]).removeprefix("https://github.com/")
PATHS: Final = (ALERT, GUARD)
SCHEMAS: Final[dict[str, Callable[[Any], Any]]] = {
    "automation": AUTOMATION_BLUEPRINT_SCHEMA,
    "script": BLUEPRINT_SCHEMA,
}


def load_blueprint(path: str) -> Blueprint:
    """Load a blueprint as Home Assistant does."""
    domain = path.split("/", maxsplit=1)[0]
    data = yaml_util.load_yaml_dict(FOLDER / path)
    return Blueprint(data, path=path, expected_domain=domain, schema=SCHEMAS[domain])


@pytest.mark.parametrize("path", PATHS)
def test_source_url(path: str) -> None:
    """The source URL is the address of the file in the repository of the manifest."""
    url = f"{MANIFEST['documentation']}/blob/main/blueprints/{path}"
    assert load_blueprint(path).metadata["source_url"] == url


def test_all_blueprints_are_tested() -> None:
    """There are no other blueprints."""
    found = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert found == set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_descriptions(path: str) -> None:
    """The blueprint and its inputs have names and descriptions."""
    blueprint = load_blueprint(path)
    assert blueprint.metadata["description"]
    assert blueprint.validate() is None
    for key, field in blueprint.inputs.items():
        assert field["name"], key
        assert field["selector"], key
        if key != "digest_time":
            assert field["description"], key


def test_required_inputs() -> None:
    """The alert has no required input; the guard needs the account and the paid actions."""
    required = {
        path: [key for key, field in load_blueprint(path).inputs.items() if "default" not in field]
        for path in PATHS
    }
    assert required == {ALERT: [], GUARD: ["account", "paid_actions"]}


@pytest.mark.parametrize("path", PATHS)
async def test_import(hass: HomeAssistant, aioclient_mock: AiohttpClientMocker, path: str) -> None:
    """Home Assistant imports the blueprint from its source URL without changing it."""
    raw = f"https://raw.githubusercontent.com/{REPOSITORY}/main/blueprints/{path}"
    text = (FOLDER / path).read_text()
    aioclient_mock.get(raw, text=text)  # type: ignore[no-untyped-call]
    blueprint = load_blueprint(path)
    imported = await fetch_blueprint_from_url(hass, blueprint.metadata["source_url"])
    assert imported.suggested_filename == f"{Path(REPOSITORY).parent}/{Path(path).stem}"
    assert imported.raw_data == text
    written = yaml_util.parse_yaml(imported.blueprint.yaml())
    assert isinstance(written, dict)
    assert Blueprint(written, schema=SCHEMAS[blueprint.domain]).data == blueprint.data
