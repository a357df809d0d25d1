"""Write and read the statistics of an account in the recorder."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.api_balance.ledger import async_write_statistics
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .account import AMSTERDAM, Account

STATISTIC = "api_balance:01jf0n6b0qxj6d5k8m3z9v7r2t_usd_spent"


async def write(
    hass: HomeAssistant,
    account: Account,
    statistic_id: str = STATISTIC,
    name: str = "Account USD",
    *,
    only_past: bool = False,
) -> None:
    """Write the statistics of an account now."""
    await async_write_statistics(
        hass, statistic_id, name, "USD", account.ledger, account.now, only_past=only_past
    )
    await async_wait_recording_done(hass)


async def bars(hass: HomeAssistant, period: str, zone: ZoneInfo = AMSTERDAM) -> dict[str, float]:
    """Return the spending in each period, as a statistics card shows it."""
    dt_util.set_default_time_zone(zone)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime(2026, 1, 1, tzinfo=UTC),
        None,
        {STATISTIC},
        period,
        None,
        {"change"},
    )
    texts = {"hour": "%d %H:%M", "day": "%m-%d", "month": "%Y-%m"}
    return {
        datetime.fromtimestamp(row["start"], zone).strftime(texts[period]): row["change"] or 0.0
        for row in found.get(STATISTIC, [])
    }
