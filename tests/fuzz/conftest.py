"""Fixtures for the client and a server that sends any bytes."""

from collections.abc import Generator

import pytest

from .wire import Wire


@pytest.fixture
def wire(socket_enabled: None) -> Generator[Wire]:
    """Return a server that sends any bytes, and a client."""
    with Wire() as opened:
        yield opened
