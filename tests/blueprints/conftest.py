"""Fixtures for the tests of the blueprints."""

from collections.abc import AsyncGenerator

import pytest

from homeassistant.components.blueprint.models import DomainBlueprints
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import FOLDER, Notifications


@pytest.fixture(autouse=True)
def _blueprints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make Home Assistant find the blueprints in the repository."""
    folder = property(lambda blueprints: FOLDER / blueprints.domain)
    monkeypatch.setattr(DomainBlueprints, "blueprint_folder", folder)


@pytest.fixture(autouse=True)
def _short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirm suspicious readings without a pause."""
    coordinator = "custom_components.api_balance.coordinator"
    monkeypatch.setattr(f"{coordinator}.CONFIRMATION_DELAY_WHILE_WAITING", 0)


@pytest.fixture
async def notifications(hass: HomeAssistant) -> AsyncGenerator[Notifications]:
    """Return the notifications; afterwards turn the automation off, which waits for a time."""
    assert await async_setup_component(hass, "persistent_notification", {})
    yield Notifications(hass)
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.alert"}, blocking=True
    )
