"""Hourly statistics of the spending, which Home Assistant's recorder keeps for years."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import slugify

from ..const import DOMAIN
from .hours import hour_of, hour_start
from .ledger import Ledger

if TYPE_CHECKING:
    from homeassistant.components.recorder.models import StatisticData

_RECORDER: Final = "recorder"


def spent_statistic_id(entry_id: str, key: str) -> str:
    """Return the statistic ID of the spending from one balance of an account."""
    return f"{DOMAIN}:{slugify(f'{entry_id}_{key}_spent')}"


@callback
def async_has_recorder(hass: HomeAssistant) -> bool:
    """Return whether there is a recorder, which keeps statistics."""
    return _RECORDER in hass.config.components


async def async_write_statistics(  # noqa: PLR0913, PLR0917
    hass: HomeAssistant,
    statistic_id: str,
    name: str,
    unit: str,
    ledger: Ledger,
    now: datetime,
    *,
    only_past: bool = False,
) -> None:
    """Write the hours that have changed; the current one is left out if `only_past` is true.

    Does nothing without a recorder. Call it once an hour and after a reset; more often does no
    harm. If the user has deleted the statistics or the database, they start again with the last
    week.
    """
    if not async_has_recorder(hass):
        return
    # Imported only if the recorder is loaded, since it imports a large database library.
    from homeassistant.components.recorder import models, statistics  # noqa: PLC0415

    is_new = not await statistics.async_list_statistic_ids(hass, {statistic_id})
    if is_new and not ledger.is_queued:
        ledger.restart_statistics()
    if ledger.clear_statistics:
        get_instance(hass).async_clear_statistics([statistic_id])
    # A slow recorder can take hours: until it lists them, they were not deleted by the user.
    ledger.is_queued = is_new or ledger.clear_statistics
    metadata = models.StatisticMetaData(
        source=DOMAIN,
        statistic_id=statistic_id,
        name=name,
        has_sum=True,
        mean_type=models.StatisticMeanType.NONE,
        unit_class=None,
        unit_of_measurement=unit,
    )
    rows = _rows(ledger, now, only_past=only_past)
    statistics.async_add_external_statistics(hass, metadata, rows)
    ledger.mark_written(now)


def _rows(ledger: Ledger, now: datetime, *, only_past: bool) -> list[StatisticData]:
    """Return the statistics of the hours that have changed."""
    this_hour = hour_of(now)
    return [
        {"start": hour_start(hour), "state": float(spent), "sum": float(total)}
        for hour, spent, total in ledger.hourly_spending(now)
        if hour < this_hour or not only_past
    ]


async def async_remove_statistics(hass: HomeAssistant, entry_id: str) -> None:
    """Remove the statistics of all balances that an account has ever had.

    Does nothing without a recorder.
    """
    if not async_has_recorder(hass):
        return
    from homeassistant.components.recorder import statistics  # noqa: PLC0415

    prefix = f"{DOMAIN}:{slugify(entry_id)}_"
    listed = await statistics.async_list_statistic_ids(hass, statistic_type="sum")
    ids = [each["statistic_id"] for each in listed]
    get_instance(hass).async_clear_statistics([each for each in ids if each.startswith(prefix)])
