"""What Home Assistant requires of the files of an integration, and hassfest does not check.

hassfest itself, and the validation of HACS, run in .github/workflows/validate.yml.
"""

from importlib.resources import files
import json
from pathlib import Path
from typing import Any, Final

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
import pytest

from homeassistant import components
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, config_validation as cv, service, trigger
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component

from .test_texts import ENGLISH, ICONS, PACKAGE, leaves

pytestmark = pytest.mark.tooling

MANIFEST: Final[dict[str, Any]] = json.loads((PACKAGE / "manifest.json").read_text())
LANGUAGES: Final = sorted((PACKAGE / "translations").glob("*.json"))


def test_manifest() -> None:
    """The keys are those that hassfest requires of a custom integration, in its order."""
    required = {"domain", "name", "codeowners", "documentation", "issue_tracker", "version"}
    required |= {"config_flow", "integration_type", "iot_class"}
    assert required <= set(MANIFEST)
    # hassfest rejects other keys. categories and connectivity are known to newer releases only.
    assert set(MANIFEST) <= required | {"after_dependencies", "dependencies", "requirements"}
    assert list(MANIFEST) == ["domain", "name", *sorted(MANIFEST.keys() - {"domain", "name"})]
    assert MANIFEST["domain"] == PACKAGE.name
    assert AwesomeVersion(MANIFEST["version"]).strategy is AwesomeVersionStrategy.SEMVER


async def test_loader(hass: HomeAssistant) -> None:
    """Home Assistant accepts the manifest, and no integration of its own has the domain."""
    integration = await async_get_integration(hass, MANIFEST["domain"])
    assert integration.version == MANIFEST["version"]
    assert not (Path(components.__path__[0]) / MANIFEST["domain"]).exists()


async def test_descriptions(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    """Home Assistant loads the descriptions of actions, triggers and conditions."""
    assert await async_setup_component(hass, "automation", {})
    assert await async_setup_component(hass, MANIFEST["domain"], {})
    await hass.async_block_till_done()
    actions = (await service.async_get_all_descriptions(hass))[MANIFEST["domain"]]
    assert set(actions) == set(ENGLISH["services"])
    for kind, module in (("triggers", trigger), ("conditions", condition)):
        descriptions = await module.async_get_all_descriptions(hass)
        own = {name: each for name, each in descriptions.items() if name.startswith("api_balance.")}
        assert {name.partition(".")[2] for name in own} == set(ENGLISH[kind])
        # None for a trigger or condition without a description.
        assert all(own.values())
    # Logged as a warning.
    assert "Unable to parse" not in caplog.text


def test_icons() -> None:
    """The frontend has every icon."""
    names = json.loads((files("hass_frontend") / "static/mdi/iconList.json").read_text())
    assert {icon for _, icon in leaves(ICONS)} <= {f"mdi:{each['name']}" for each in names}


def test_icons_of_states() -> None:
    """Every state with an icon of its own is a state of the entity."""
    for platform, entities in ICONS["entity"].items():
        for name, entity in entities.items():
            texts = ENGLISH["entity"][platform][name]
            assert set(entity.get("state", {})) <= set(texts.get("state", {}))
            for attribute, each in entity.get("state_attributes", {}).items():
                assert set(each["state"]) == set(texts["state_attributes"][attribute]["state"])
                assert each["default"] not in each["state"].values()


def test_explained_fields() -> None:
    """Every explanation belongs to a field of the form."""
    for step in ENGLISH["config"]["step"].values():
        for part in (step, *step.get("sections", {}).values()):
            assert set(part.get("data_description", {})) <= set(part.get("data", {}))


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_no_html(path: Path) -> None:
    """No text has HTML, which Home Assistant does not display."""
    for name, text in leaves(json.loads(path.read_text())):
        assert cv.string_with_no_html(text) == text, name
