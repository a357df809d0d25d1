"""When the statistics of the spending are written."""

from collections.abc import Generator
from unittest.mock import AsyncMock, patch

import pytest

from custom_components.api_balance.ledger import async_write_statistics
from homeassistant.core import HomeAssistant

from .common import Clock, Providers, refresh, set_up


@pytest.fixture
def written(recorder_mock: object) -> Generator[AsyncMock]:
    """Count the writes to the recorder."""
    written = AsyncMock(wraps=async_write_statistics)
    with patch("custom_components.api_balance.account.statistics.async_write_statistics", written):
        yield written


@pytest.mark.freeze_time("2026-11-10T10:10:00+00:00")
async def test_only_hours_with_spending(
    written: AsyncMock, hass: HomeAssistant, clock: Clock, providers: Providers
) -> None:
    """An hour is written after its end, and only if something was spent in it."""
    entry = await set_up(hass, providers.entry("crun"))
    # So that the statistics can be found before anything was spent.
    assert written.await_count == 1
    for _ in range(8):
        await clock.advance(seconds=901)
    assert written.await_count == 1
    providers.spend("crun", 5)
    await refresh(hass, entry)
    await clock.move_to("2026-11-10T12:20:00+00:00")
    await clock.move_to("2026-11-10T13:15:00+00:00")
    assert written.await_count == 1
    for minute in (16, 30, 59):
        await clock.move_to(f"2026-11-10T13:{minute}:00+00:00")
    await clock.move_to("2026-11-10T14:30:00+00:00")
    assert written.await_count == 2
    assert [call.kwargs["only_past"] for call in written.await_args_list] == [False, True]


@pytest.mark.freeze_time("2026-11-10T10:59:00+00:00")
async def test_hours_that_are_written(
    written: AsyncMock, hass: HomeAssistant, clock: Clock, providers: Providers
) -> None:
    """Spending since before the hour, and a refund, change what was written."""
    # The hours of statistics are those of UTC, wherever the user lives.
    await hass.config.async_set_time_zone("Asia/Kolkata")
    entry = await set_up(hass, providers.entry("crun"))
    await clock.move_to("2026-11-10T11:01:00+00:00")
    providers.spend("crun", 5)
    await refresh(hass, entry)
    await clock.move_to("2026-11-10T11:16:00+00:00")
    assert written.await_count == 2
    providers.top_up("crun", 2)
    await refresh(hass, entry)
    await clock.move_to("2026-11-10T12:16:00+00:00")
    assert written.await_count == 3
    await clock.move_to("2026-11-10T13:16:00+00:00")
    assert written.await_count == 3


@pytest.mark.freeze_time("2026-11-10T10:59:00+00:00")
async def test_unloaded(
    written: AsyncMock, hass: HomeAssistant, clock: Clock, providers: Providers
) -> None:
    """Nothing is written for an account that is not loaded."""
    entry = await set_up(hass, providers.entry("crun"))
    await clock.move_to("2026-11-10T11:01:00+00:00")
    providers.spend("crun", 5)
    await refresh(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await clock.move_to("2026-11-10T11:16:00+00:00")
    assert written.await_count == 1
