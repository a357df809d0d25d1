"""The dashboard: its module is served, and fits the integration; scripts/e2e opens it."""

import re
from typing import Final

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.api_balance.ledger import spent_statistic_id
from custom_components.api_balance.sensor_descriptions import AMOUNTS, FIGURES
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component

from .common import Providers, set_up
from .test_messages import DASHBOARD
from .test_texts import ENGLISH, PACKAGE

MODULE: Final = (PACKAGE / "frontend" / "dashboard.js").read_text(encoding="utf-8")


@pytest.fixture
async def frontend(hass: HomeAssistant) -> None:
    """Set up the frontend."""
    assert await async_setup_component(hass, "frontend", {})


@pytest.mark.usefixtures("frontend")
async def test_module_is_served(
    hass: HomeAssistant, providers: Providers, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """The page of Home Assistant loads the module, once, and again after an update."""
    for slug in ("crun", "lensmor"):
        await set_up(hass, providers.entry(slug))
    integration = await async_get_integration(hass, "api_balance")
    url = f"/api_balance/dashboard.js?v={integration.version}"
    assert [each for each in hass.data[DATA_EXTRA_MODULE_URL].urls if "api_balance" in each] == [
        url
    ]
    client = await hass_client_no_auth()
    response = await client.get(url)
    assert response.status == 200
    assert "javascript" in response.content_type
    assert await response.text() == MODULE


async def test_without_a_frontend(hass: HomeAssistant, providers: Providers) -> None:
    """Without a frontend there is nothing to serve."""
    await set_up(hass, providers.entry("crun"))
    assert DATA_EXTRA_MODULE_URL not in hass.data


def test_texts() -> None:
    """Each text of the module is translated."""
    texts = set(re.findall(r"\btext\(\"(\w+)\"\)", MODULE))
    assert texts == DASHBOARD
    assert texts <= ENGLISH["common"].keys()


def test_fields() -> None:
    """The module knows the figures of a balance, and nothing that does not exist."""
    lists = re.findall(r"(?:const FIGURES = |const OTHERS = |OTHERS\.push)[\[(]([^\])]+)", MODULE)
    assert len(lists) == 3
    named = set(re.findall(r"\"(\w+)\"", "".join(lists)))
    all_entities = {key for platform in ENGLISH["entity"].values() for key in platform}
    assert named <= all_entities
    disabled = {each.key for each in FIGURES if not each.entity_registry_enabled_default}
    assert {each.key for each in FIGURES} - disabled <= named
    # What a provider reports follows as it is.
    assert named & set(AMOUNTS) == {"balance"}


def test_statistic_id() -> None:
    """The module makes the ID of the statistics in the same way."""
    assert '`${entry}_${key}_spent`.toLowerCase().replace(/[^a-z0-9]+/g, "_")' in MODULE
    for key in ("USD", "credits", "wallet-2", "Main wallet"):
        entry = "01JD0000ABCDEFGHJKMNPQRSTV"
        slug = re.sub("[^a-z0-9]+", "_", f"{entry}_{key}_spent".lower())
        assert spent_statistic_id(entry, key) == f"api_balance:{slug}"


def test_size() -> None:
    """The module stays small."""
    assert MODULE.count("\n") < 300
