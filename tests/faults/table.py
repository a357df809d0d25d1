"""All faults."""

from typing import Final

from . import documented, intermediaries, malformed, network, rate_limits

FAULTS: Final = [
    *documented.faults(),
    *network.faults(),
    *malformed.faults(),
    *intermediaries.faults(),
    *rate_limits.faults(),
]
