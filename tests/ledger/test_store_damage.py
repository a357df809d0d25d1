"""Files that cannot be read."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from custom_components.api_balance.ledger import LedgerStore
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .files import VERSION_1, balances, files, ledger, write


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Use the real storage, which the test package replaces by default."""
    return {}


ACCOUNT = {
    "pause_until": None,
    "unreadable_seconds": 0.0,
    "unreadable_since": None,
}
GOOD = {
    "version": 2,
    "minor_version": 1,
    "key": "api_balance.entry",
    "data": {"ledgers": {"USD": ledger().as_dict()}, "account": ACCOUNT},
}


def with_data(**data: object) -> bytes:
    """Return a file with other data."""
    good: Any = GOOD["data"]
    return json.dumps(GOOD | {"data": good | data}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"version": 2}',
        json.dumps(GOOD | {"version": 3}).encode(),
        json.dumps(GOOD | {"version": 0}).encode(),
        json.dumps(GOOD | {"version": "two"}).encode(),
        json.dumps(GOOD | {"data": None}).encode(),
        json.dumps(GOOD | {"data": []}).encode(),
        json.dumps(GOOD | {"data": {}}).encode(),
        with_data(ledgers=[]),
        with_data(ledgers={"USD": {}}),
        with_data(ledgers={"USD": None}),
        with_data(account=None),
        with_data(account=ACCOUNT | {"pause_until": "tomorrow"}),
        with_data(account=ACCOUNT | {"unreadable_seconds": "1"}),
        with_data(account=ACCOUNT | {"unreadable_since": 5}),
        json.dumps(GOOD | {"version": 1, "data": {"units": []}}).encode(),
        json.dumps(GOOD | {"version": 1, "data": {"units": {"credits": {}}}}).encode(),
        json.dumps(
            GOOD | {"version": 1, "data": {"units": {"credits": VERSION_1 | {"balance": "x"}}}}
        ).encode(),
    ],
)
async def test_unreadable_file_is_set_aside(
    hass: HomeAssistant,
    store: LedgerStore,
    file: Path,
    content: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The file is set aside with one warning and without a repair issue."""
    write(file, content)
    await store.async_load()
    assert store.ledgers == {}
    records = [each for each in caplog.records if each.levelname in {"WARNING", "ERROR"}]
    (warning,) = [each for each in records if each.name.startswith("custom_components")]
    assert "api_balance.entry.unreadable" in warning.message
    assert not [each for each in records if each.name.startswith("homeassistant.helpers.storage")]
    assert ir.async_get(hass).issues == {}
    assert files(file) == {"api_balance.entry.unreadable": content}
    assert await store.async_sizes() == (None, len(content))
    store.add("USD", ledger("1"))
    await store.async_close()
    assert balances(file) == {"USD": "1"}


async def test_file_that_cannot_be_renamed(
    store: LedgerStore, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The store loads even if the file cannot be set aside."""
    write(file, b"{")
    with patch.object(Path, "replace", side_effect=PermissionError):
        await store.async_load()
    assert store.ledgers == {}
    assert "api_balance.entry.unreadable" in caplog.text


async def test_good_file(store: LedgerStore, file: Path) -> None:
    """The example without damage can be read."""
    write(file, with_data())
    await store.async_load()
    assert set(store.ledgers) == {"USD"}
