"""A server that responds as a test says, and a client that reads from it."""

from collections.abc import AsyncGenerator, Awaitable, Callable

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.api_balance.api import AccountSnapshot, Client, Provider
from custom_components.api_balance.providers import BY_SLUG

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Read = Callable[[Handler], Awaitable[AccountSnapshot]]
type Serve = Callable[[Handler], Awaitable[str]]

GOOD = b'{"code": 200, "message": "success", "data": {"balance": 1000}}'


def client(
    session: ClientSession, base_url: str | None, provider: Provider = BY_SLUG["crun"]
) -> Client:
    """Return a client; the default is a provider with a short response."""
    credentials = {"identifier": "user", "api_key": "ak_1"}
    return Client(session, provider, credentials, base_url=base_url, user_agent="Test/1")


def responding(
    body: bytes = GOOD, status: int = 200, content_type: str = "application/json", **headers: str
) -> Handler:
    """Return a handler that always sends the same response."""

    async def handler(_request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(
            body=body, status=status, headers={"Content-Type": content_type, **named}
        )

    return handler


@pytest.fixture
async def serve(socket_enabled: None) -> AsyncGenerator[Serve]:
    """Return a function that serves a handler at every path and returns its base URL."""
    servers: list[TestServer] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        server = TestServer(app, host="127.0.0.1")
        servers.append(server)
        await server.start_server()
        return str(server.make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
def read(serve: Serve) -> Read:
    """Return a function that reads a balance from a handler."""

    async def run(handler: Handler) -> AccountSnapshot:
        base_url = await serve(handler)
        async with ClientSession() as session:
            return await client(session, base_url).read()

    return run
