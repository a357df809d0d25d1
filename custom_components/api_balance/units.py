"""Units of balances."""

import re
from typing import Final

_CURRENCY: Final = re.compile(r"[A-Z]{3}")


def is_currency(unit: str) -> bool:
    """Return whether a unit is the ISO 4217 code of a currency."""
    return _CURRENCY.fullmatch(unit) is not None
