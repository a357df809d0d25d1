"""The simulated providers as one web application: each below a path of its own."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
import zlib

from aiohttp import web

from .apis import Api, Scenario
from .control import ROUTES
from .requests import has_parameters, has_path, key_of
from .state import SIMULATOR, Request, Simulator


def create_app(
    *,
    delay: float = 60.0,
    story: datetime | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    apis: Mapping[str, Api] | None = None,
) -> web.Application:
    """Return the application; delay is how long slow responses take, in seconds."""
    app = web.Application()
    app[SIMULATOR] = Simulator(delay=delay, story=story, clock=clock, apis=apis)
    app.router.add_routes(ROUTES)
    app.router.add_route("*", "/elsewhere", elsewhere)
    app.router.add_route("*", "/{slug}{path:.*}", provider)
    return app


async def provider(request: web.Request) -> web.StreamResponse:
    """Respond as the provider of the first part of the path."""
    simulator, slug = request.app[SIMULATOR], request.match_info["slug"]
    if (api := simulator.apis.get(slug)) is None:
        raise web.HTTPNotFound
    simulator.request_count += 1
    simulator.requests.append(
        Request(slug=slug, method=request.method, path=request.path, headers=request.headers)
    )
    if simulator.has_outage:
        return web.Response(status=503, text="Service Unavailable")
    path = request.rel_url.raw_path.removeprefix(f"/{slug}")
    is_extra = bool(api.resolve) and has_path(path, api.resolve["path"])
    if not (is_extra or has_path(path, api.path)) or not has_parameters(api, request.query):
        return web.json_response({"error": "Not Found"}, status=404)
    if request.method != "GET":
        return web.json_response({"error": "Method Not Allowed"}, status=405)
    if any(request.headers.get(name) != value for name, value in api.headers.items()):
        return web.json_response({"error": "Bad Request"}, status=400)
    key = key_of(api, path, request.query, request.headers)
    if key is None:
        refusal = api.scenarios["invalid_key"]
        return await respond(request, refusal, refusal.body, simulator.delay)
    if is_extra:
        return web.Response(text=api.resolve["body"], content_type="application/json")
    return await respond(request, *simulator.response(api, key), simulator.delay)


async def elsewhere(request: web.Request) -> web.Response:
    """Count the clients that follow a redirect."""
    request.app[SIMULATOR].calls_elsewhere += 1
    return web.json_response({})


async def respond(
    request: web.Request, scenario: Scenario, body: str, delay: float
) -> web.StreamResponse:
    """Send the response of a scenario, with the trouble that belongs to it."""
    headers = {"Content-Type": scenario.content_type, **scenario.headers}
    content = b" " * scenario.pad + body.encode()
    if headers.get("Content-Encoding") == "gzip":
        content = await asyncio.to_thread(zlib.compress, content, wbits=31)
    match scenario.trouble:
        case "slow":
            await asyncio.sleep(delay)
        case "stalled":
            response = web.StreamResponse(status=scenario.status, headers=headers)
            await response.prepare(request)
            await response.write(content)
            await asyncio.sleep(delay)
            return response
        case "truncated":
            headers["Content-Length"] = str(len(content) + 100)
            response = web.StreamResponse(status=scenario.status, headers=headers)
            await response.prepare(request)
            await response.write(content)
            hang_up(request)
            return response
        case "reset":
            hang_up(request)
        case _:
            pass
    return web.Response(status=scenario.status, headers=headers, body=content)


def hang_up(request: web.Request) -> None:
    """Abort the connection."""
    if request.transport is not None:
        request.transport.abort()
