"""Fixtures of the storage tests."""

from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.api_balance.ledger import LedgerStore
from homeassistant.core import HomeAssistant

from .account import START


@pytest.fixture
def file(hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory) -> Path:
    """Return the path of the account's file, in an empty folder."""
    freezer.move_to(START)
    hass.config.config_dir = str(tmp_path)
    folder = tmp_path / ".storage"
    folder.mkdir()
    return folder / "api_balance.entry"


@pytest.fixture
def store(hass: HomeAssistant, file: Path) -> LedgerStore:
    """Return the store of the account."""
    return LedgerStore(hass, "entry")
