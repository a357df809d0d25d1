"""What all parts of the harness use."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
DOMAIN: Final = "api_balance"
HOST: Final = "127.0.0.1"


class HarnessError(Exception):
    """A failure whose message tells the user what to do; printed without a traceback."""
