"""What is sent, and where it is sent to."""

import asyncio
from dataclasses import replace
from socket import gaierror
from unittest.mock import patch

from aiohttp import ClientSession, ClientTimeout, TCPConnector, ThreadedResolver, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.api_balance.api import (
    AuthenticationError,
    Client,
    Field,
    Host,
    Provider,
    Resolve,
    ServiceUnavailableError,
    UnexpectedResponseError,
    query,
    scheme,
)
from custom_components.api_balance.providers import BY_SLUG

from .conftest import GOOD, Read, Serve, client, responding

CRUN = BY_SLUG["crun"]


class Recorder:
    """A handler that remembers its requests."""

    def __init__(self, body: bytes = GOOD) -> None:
        """Respond with a body."""
        self.body = body
        self.requests: list[web.Request] = []

    async def respond(self, request: web.Request) -> web.Response:
        """Respond to a request."""
        self.requests.append(request)
        return web.Response(body=self.body)


async def send(serve: Serve, provider: Provider, path: str = "") -> web.Request:
    """Return the request that a client sends."""
    recorder = Recorder()
    base_url = await serve(recorder.respond)
    async with ClientSession() as session:
        await client(session, base_url + path, provider).read()
    (request,) = recorder.requests
    return request


async def test_default_request(serve: Serve) -> None:
    """A request has the path below the base URL, the key in one place, and a user agent."""
    request = await send(serve, CRUN, "/gateway/x")
    assert request.method == "GET"
    assert request.path_qs == "/gateway/x/api/v1/client/account/balance"
    assert request.headers["x-api-key"] == "ak_1"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"] == "Test/1"
    assert [value for value in request.headers.values() if "ak_1" in value] == ["ak_1"]


async def test_templates(serve: Serve) -> None:
    """Credentials may be in the path, in the query and in headers; each is encoded there."""
    provider = replace(
        CRUN,
        path="/v1/{identifier}/balance/",
        query={"expand": "credits", "user": "{identifier}"},
        headers={"X-Version": "2024-11-06", "X-User": "{identifier}", "Accept": "text/json"},
        auth=query("token"),
    )
    request = await send(serve, provider)
    assert request.raw_path == "/v1/user/balance/?expand=credits&user=user&token=ak_1"
    assert request.headers["X-Version"] == "2024-11-06"
    assert request.headers["X-User"] == "user"
    assert request.headers["Accept"] == "text/json"
    assert "Authorization" not in request.headers


async def test_encoding(serve: Serve) -> None:
    """No credential can change the path or add a parameter."""
    recorder = Recorder()
    base_url = await serve(recorder.respond)
    provider = replace(CRUN, path="/a/{identifier}/b", auth=query("key"))
    odd = "x/../y?z=1&a#%2F+"
    async with ClientSession() as session:
        await Client(
            session,
            provider,
            {"identifier": odd, "api_key": odd},
            base_url=base_url,
            user_agent="Test/1",
        ).read()
    (request,) = recorder.requests
    assert request.raw_path.startswith("/a/x%2F..%2Fy%3Fz%3D1%26a%23%252F%2B/b?key=")
    assert dict(request.query) == {"key": odd}


async def test_resolve(serve: Serve) -> None:
    """An ID is found by one extra request, returned as entry data, and used from then on."""
    provider = replace(
        CRUN,
        path="/v1/projects/{project_id}/balances",
        auth=scheme("Token"),
        resolve=Resolve(path="/v1/projects", name="project_id", value="projects.0.project_id"),
        success={},
        codes=(),
    )
    recorder = Recorder(b'{"projects": [{"project_id": "a/b"}], "data": {"balance": 5}}')
    base_url = await serve(recorder.respond)
    async with ClientSession() as session:
        first = client(session, base_url, provider)
        assert await first.resolve() == {"project_id": "a/b"}
        assert (await first.read()).balances[0].amounts == {Field.BALANCE: 5}
        # After a restart the ID comes from the entry's data.
        values = {"api_key": "ak_1", "project_id": "c", "provider": "ignored"}
        await Client(session, provider, values, base_url=base_url, user_agent="Test/1").read()
        recorder.body = b'{"projects": []}'
        with pytest.raises(UnexpectedResponseError, match=r"^projects\.0\.project_id is not an ID"):
            await first.resolve()
    assert [request.raw_path for request in recorder.requests] == [
        "/v1/projects",
        "/v1/projects/a%2Fb/balances",
        "/v1/projects/c/balances",
        "/v1/projects",
    ]
    assert {request.headers["Authorization"] for request in recorder.requests} == {"Token ak_1"}


async def test_resolve_without_an_id(serve: Serve) -> None:
    """Most providers need no extra request; the errors of one that does are the usual ones."""
    recorder = Recorder()
    base_url = await serve(recorder.respond)
    async with ClientSession() as session:
        assert await client(session, base_url).resolve() == {}
        assert not recorder.requests
        resolve = Resolve(path="/projects", name="project_id", value="id")
        refused = await serve(responding(b"", 401))
        with pytest.raises(AuthenticationError):
            await client(session, refused, replace(CRUN, resolve=resolve)).resolve()


async def test_hosts(serve: Serve) -> None:
    """The chosen address is used and implies the unit; a base URL takes its place."""
    recorder = Recorder()
    china = Host(url=await serve(recorder.respond), unit="CNY")
    provider = replace(CRUN, hosts=(Host(url="https://api.acme.invalid"), china), unit="")
    default = replace(provider, hosts=(china, *provider.hosts))
    async with ClientSession() as session:
        assert (await client(session, None, default).read()).balances[0].unit == "CNY"
        for base_url in (None, await serve(recorder.respond)):
            snapshot = await Client(
                session,
                provider,
                {"api_key": "ak_1"},
                base_url=base_url,
                host=china,
                user_agent="Test/1",
            ).read()
            assert snapshot.balances[0].unit == "CNY"
    assert len(recorder.requests) == 3


async def test_timeout(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has a time limit."""
    monkeypatch.setattr(
        "custom_components.api_balance.api.client._TIMEOUT", ClientTimeout(total=0.1)
    )

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(GOOD[:20])
        assert request.transport is not None
        while not request.transport.is_closing():
            await response.write(b" ")
            await asyncio.sleep(0.01)
        return response

    with pytest.raises(ServiceUnavailableError, match=r"^no response in time$"):
        await read(handler)


async def test_no_connection(socket_enabled: None) -> None:
    """A refused connection is temporary."""
    server = TestServer(web.Application(), host="127.0.0.1")
    await server.start_server()
    base_url = str(server.make_url("")).rstrip("/")
    await server.close()
    async with ClientSession() as session:
        with pytest.raises(ServiceUnavailableError, match="ClientConnectorError"):
            await client(session, base_url).read()


@pytest.mark.parametrize("failure", [gaierror("no such name"), UnicodeError("label too long")])
async def test_unknown_host(socket_enabled: None, failure: Exception) -> None:
    """A name that is not valid is like one that does not exist: Python's resolver raises both."""
    resolver = ThreadedResolver()
    with patch.object(resolver, "resolve", side_effect=failure):
        async with ClientSession(connector=TCPConnector(resolver=resolver)) as session:
            with pytest.raises(ServiceUnavailableError, match=r"^connection failed"):
                await client(session, "https://a..b").read()
