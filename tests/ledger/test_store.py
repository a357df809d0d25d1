"""The file of an account: when it is written, and its migration."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed, mock_storage

from custom_components.api_balance.ledger import Ledger, LedgerStore, Reading
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import storage

from .account import START
from .files import VERSION_1, balances, files, ledger, mode, write


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Use the real storage, which the test package replaces by default."""
    return {}


async def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory, **time: float) -> None:
    """Let time pass."""
    freezer.tick(timedelta(**time))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_first_start(store: LedgerStore, file: Path) -> None:
    """Without a file the store is empty, and nothing is written."""
    await store.async_load()
    assert store.ledgers == {}
    assert store.pause_until is None
    assert store.unreadable_seconds == 0
    assert store.unreadable_since is None
    assert await store.async_sizes() == (None, None)
    assert files(file) == {}


async def test_everything_survives_a_restart(hass: HomeAssistant, store: LedgerStore) -> None:
    """Ledgers, the requested pause and the unreadable time are stored."""
    store.add("USD", ledger("12.5"))
    store.add("credits", ledger())
    store.pause_until = START + timedelta(hours=1)
    store.unreadable_seconds = 3600.5
    store.unreadable_since = START - timedelta(hours=1)
    await store.async_close()
    assert store.is_closed
    again = LedgerStore(hass, "entry")
    await again.async_load()
    assert again.ledgers == store.ledgers
    assert again.pause_until == START + timedelta(hours=1)
    assert again.unreadable_seconds == 3600.5
    assert again.unreadable_since == START - timedelta(hours=1)
    assert not again.is_closed


async def test_data_without_a_file(store: LedgerStore) -> None:
    """Data that Home Assistant has cached is restored."""
    data = {"ledgers": {"USD": ledger().as_dict()}, "account": {}}
    with mock_storage({"api_balance.entry": {"version": 2, "minor_version": 1, "data": data}}):
        await store.async_load()
    assert set(store.ledgers) == {"USD"}


async def test_private_file(store: LedgerStore, file: Path) -> None:
    """Other users of the computer cannot read the file."""
    store.add("USD", ledger())
    await store.async_close()
    assert mode(file) == 0o600


async def test_atomic_write(store: LedgerStore, file: Path) -> None:
    """The file is written atomically."""
    store.add("USD", ledger())
    with patch.object(
        storage, "write_utf8_file_atomic", wraps=storage.write_utf8_file_atomic
    ) as write:
        await store.async_close()
    assert [call.args[0] for call in write.call_args_list] == [str(file)]
    assert balances(file) == {"USD": "100"}


async def test_routine_readings_are_written_with_a_delay(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, store: LedgerStore, file: Path
) -> None:
    """Routine readings are written two hours after the first of them."""
    store.add("USD", ledger("1"))
    store.async_save_later()
    await wait(hass, freezer, minutes=119)
    assert files(file) == {}
    store.ledgers["USD"] = ledger("2")
    store.async_save_later()
    await wait(hass, freezer, minutes=1, seconds=1)
    assert balances(file) == {"USD": "2"}
    store.ledgers["USD"] = ledger("3")
    store.async_save_later()
    await wait(hass, freezer, minutes=119)
    assert balances(file) == {"USD": "2"}
    await wait(hass, freezer, minutes=1, seconds=1)
    assert balances(file) == {"USD": "3"}


async def test_events_are_written_immediately(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, store: LedgerStore, file: Path
) -> None:
    """Events are written immediately, even if a routine write is pending."""
    store.add("USD", ledger("1"))
    store.async_save_later()
    store.async_save_soon()
    await wait(hass, freezer, seconds=1)
    assert balances(file) == {"USD": "1"}


async def test_written_when_home_assistant_stops(
    hass: HomeAssistant, store: LedgerStore, file: Path
) -> None:
    """A pending write is done when Home Assistant stops."""
    store.add("USD", ledger("1"))
    store.async_save_later()
    hass.set_state(CoreState.final_write)
    hass.bus.async_fire_internal(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert balances(file) == {"USD": "1"}


async def test_remove_a_balance(store: LedgerStore, file: Path) -> None:
    """A removed balance is no longer stored."""
    store.add("USD", ledger("1"))
    store.add("EUR", ledger("2"))
    store.remove("USD")
    store.remove("USD")
    await store.async_close()
    assert balances(file) == {"EUR": "2"}


async def test_remove_an_account(store: LedgerStore, file: Path) -> None:
    """All files are removed with the account."""
    write(file, b"{")
    await store.async_load()
    store.add("USD", ledger("1"))
    await store.async_close()
    assert await store.async_sizes() == (len(files(file)[file.name]), 1)
    await store.async_remove()
    assert files(file) == {}
    await store.async_remove()


async def test_size(store: LedgerStore, file: Path) -> None:
    """A file with two full months is smaller than 10 kB."""
    now = datetime(2026, 10, 1, tzinfo=UTC)
    balance = Decimal("99999.1234")
    each = Ledger.start(Reading(balance=balance, at=now))
    while now < datetime(2026, 12, 1, tzinfo=UTC):
        now += timedelta(minutes=15)
        balance -= Decimal("1.2345")
        reading = Reading(balance=balance, at=now, threshold=Decimal(50))
        assert each.admit(reading)
        each.record(reading, UTC)
    figures = each.figures(now - timedelta(seconds=1), UTC)
    assert figures.spent_last_month == Decimal("1.2345") * 96 * 31
    assert figures.spent_this_month == Decimal("1.2345") * 96 * 30
    store.add("USD", each)
    await store.async_close()
    assert len(files(file)[file.name]) < 10_000


async def test_migration(hass: HomeAssistant, store: LedgerStore, file: Path) -> None:
    """A file of version 1 is migrated and written."""
    data = {"units": {"credits": VERSION_1, "USD": VERSION_1 | {"balance": "7.5"}}}
    content = {"version": 1, "minor_version": 1, "key": "api_balance.entry", "data": data}
    write(file, json.dumps(content).encode())
    await store.async_load()
    assert {key: each.balance for key, each in store.ledgers.items()} == {
        "credits": 55,
        "USD": Decimal("7.5"),
    }
    assert store.pause_until is None
    assert store.unreadable_seconds == 0
    assert balances(file) == {"credits": "55", "USD": "7.5"}
    again = LedgerStore(hass, "entry")
    await again.async_load()
    assert again.ledgers == store.ledgers
    assert set(files(file)) == {file.name}
