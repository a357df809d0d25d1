"""A simulator, a client of it, and what the documentation says about each provider."""

from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
import json
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
import pytest

import simulator
from simulator import SIMULATOR, Simulator

type Client = TestClient[web.Request, web.Application]
type Connect = Callable[[web.Application], Awaitable[Client]]

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

PATHS = {
    "crun": "/api/v1/client/account/balance",
    "engagelab_otp": "/v1/balance",
    "lensmor": "/external/credits/balance",
    "lumenfall": "/v1/balance",
    "lunos": "/v1/balance",
}
PREFIXES = {
    "crun": "ak_",
    "engagelab_otp": "",
    "lensmor": "uak_",
    "lumenfall": "lmnfl_",
    "lunos": "sk-",
}


def key(slug: str, scenario: str) -> str:
    """Return the key of an account, as the documentation has keys begin."""
    return PREFIXES[slug] + scenario


def basic(text: str) -> dict[str, str]:
    """Return the header of HTTP Basic authentication."""
    return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}


def headers(slug: str, scenario: str) -> dict[str, str]:
    """Return the header that the documentation asks for."""
    match slug:
        case "engagelab_otp":
            return basic(f"{scenario}:secret")
        case "crun":
            return {"x-api-key": key(slug, scenario)}
        case _:
            return {"Authorization": f"Bearer {key(slug, scenario)}"}


async def read(client: Client, slug: str, scenario: str = "active") -> Any:
    """Return the response to an account, with its numbers exact."""
    async with client.get(f"/{slug}{PATHS[slug]}", headers=headers(slug, scenario)) as response:
        assert response.status == 200
        return json.loads(await response.read(), parse_float=Decimal)


class Clock:
    """A clock that stands still until a test moves it."""

    now = START

    def __call__(self) -> datetime:
        """Return its time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def app(clock: Clock) -> web.Application:
    """Return a simulator without a story."""
    return simulator.create_app(delay=0.05, clock=clock)


@pytest.fixture
def simulated(app: web.Application) -> Simulator:
    """Return the state of the simulator."""
    return app[SIMULATOR]


@pytest.fixture
async def connect(socket_enabled: None) -> AsyncGenerator[Connect]:
    """Return a function that serves an application and returns a client of it."""
    async with AsyncExitStack() as stack:

        async def serve(app: web.Application) -> Client:
            return await stack.enter_async_context(TestClient(TestServer(app)))

        yield serve


@pytest.fixture
async def client(app: web.Application, connect: Connect) -> Client:
    """Return a client of the simulator."""
    return await connect(app)
