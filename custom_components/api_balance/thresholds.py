"""The user's thresholds, as they are kept in the options of a config entry."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .const import CONF_LOW_BALANCE_THRESHOLD


def threshold_of(options: Mapping[str, Any], key: str) -> Decimal:
    """Return the threshold of a balance, in its unit; 0 if none is set."""
    thresholds: dict[str, str] = options.get(CONF_LOW_BALANCE_THRESHOLD, {})
    return Decimal(thresholds.get(key, 0))


def with_threshold(options: Mapping[str, Any], key: str, threshold: Decimal) -> dict[str, Any]:
    """Return the options with another threshold of a balance, in its unit."""
    thresholds = {**options.get(CONF_LOW_BALANCE_THRESHOLD, {}), key: str(threshold)}
    return {**options, CONF_LOW_BALANCE_THRESHOLD: thresholds}
