"""A server that responds as a test says, and the flow that adds it."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.helpers.selector import SelectSelector

from ..config_flow.common import suggested_values

KEY: Final = "own_secret_key_1"
RESPONSE: Final = {
    "ok": True,
    "data": {
        "limit": 20,
        "used": "7.50",
        "credits": {"balance": 12.5, "currency": "usd"},
        "reset_at": "2026-12-01T00:00:00Z",
    },
}


@dataclass
class Endpoint:
    """A server with one endpoint, and the requests that it has received."""

    server: TestServer
    response: Any = field(default_factory=lambda: json.dumps(RESPONSE).encode())
    """The body, or a response with everything."""
    requests: list[web.Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return the address of the endpoint."""
        return str(self.server.make_url("/v1/credits"))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Respond to a request."""
        self.requests.append(request)
        if isinstance(self.response, web.Response):
            # A response can be sent only once.
            given = self.response
            return web.Response(body=given.body, status=given.status, headers=given.headers)
        body = self.response if isinstance(self.response, bytes) else json.dumps(self.response)
        return web.Response(body=body, content_type="application/json")


@asynccontextmanager
async def running_endpoint() -> AsyncGenerator[Endpoint]:
    """Run a server on a free port."""
    app = web.Application()
    server = TestServer(app, host="127.0.0.1")
    endpoint = Endpoint(server)
    app.router.add_route("*", "/{path:.*}", endpoint.handle)
    await server.start_server(access_log=None)
    yield endpoint
    await server.close()


@pytest.fixture
async def endpoint(socket_enabled: None) -> AsyncGenerator[Endpoint]:
    """Run a server."""
    async with running_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def elsewhere(socket_enabled: None) -> AsyncGenerator[Endpoint]:
    """Run a second server, at another port."""
    async with running_endpoint() as endpoint:
        yield endpoint


@dataclass
class Flow:
    """A config flow for an own endpoint."""

    hass: HomeAssistant
    result: ConfigFlowResult

    async def submit(self, **user_input: object) -> ConfigFlowResult:
        """Submit the form that is shown."""
        self.result = await self.hass.config_entries.flow.async_configure(
            self.result["flow_id"], user_input
        )
        await self.hass.async_block_till_done()
        return self.result

    @property
    def shown(self) -> tuple[str, Mapping[str, str]]:
        """Return the step that is shown, and its errors."""
        return self.result["step_id"], self.result["errors"] or {}

    @property
    def placeholders(self) -> Mapping[str, str]:
        """Return the values in the texts of the form."""
        return self.result["description_placeholders"] or {}

    @property
    def options(self) -> dict[str, list[str]]:
        """Return the options of each list in the form."""
        schema = self.result["data_schema"]
        assert schema is not None
        return dict(_options(schema.schema))

    @property
    def suggested(self) -> dict[str, Any]:
        """Return the suggested values of the form, as the frontend shows them."""
        return _without_none(suggested_values(self.result))


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values without those that are None."""
    return {
        name: _without_none(value) if isinstance(value, dict) else value
        for name, value in values.items()
        if value is not None
    }


def _options(schema: dict[Any, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the options of each list in a form or a section."""
    for key, value in schema.items():
        if isinstance(value, SelectSelector):
            yield key.schema, [str(each) for each in value.config["options"]]
        elif isinstance(value, section):
            yield from _options(value.schema.schema)


@pytest.fixture
async def flow(hass: HomeAssistant) -> Flow:
    """Start a flow, and choose the own endpoint."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    started = Flow(hass, result)
    await started.submit(provider="My own endpoint")
    assert started.shown == ("custom", {})
    return started


async def add(flow: Flow, endpoint: Endpoint, **chosen: object) -> ConfigEntry:
    """Add an account with the defaults of each form."""
    await flow.submit(name="Acme", address=endpoint.url)
    await flow.submit(auth="header", auth_name="x-api-key", api_key=KEY)
    balance = {"balance": "data.credits.balance", "unit": "USD (data.credits.currency)"}
    await flow.submit(**{**balance, "advanced": {}, **chosen})
    result = await flow.submit(choose_again=False)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry: ConfigEntry = result["result"]
    return entry
