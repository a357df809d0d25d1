"""The simulated providers as one web application: each below a path of its own."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
import json
from typing import Any, Final
import zlib

from aiohttp import web

from . import story as stories
from .apis import Api, Scenario, credentials
from .bodies import spent
from .files import load, load_own_endpoint
from .requests import has_parameters, has_path, key_of


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that was received."""

    slug: str
    method: str
    path: str
    headers: Mapping[str, str]


class Simulator:
    """What the simulated accounts hold, and which requests were received."""

    def __init__(
        self,
        *,
        delay: float,
        story: datetime | None,
        clock: Callable[[], datetime],
        apis: Mapping[str, Api] | None = None,
    ) -> None:
        """Start with every account as the documentation shows it.

        From its beginning on, the events of a story change the accounts. The default for apis are
        those that have a file, and the one for the user's own endpoint.
        """
        self.delay = delay
        own = load_own_endpoint()
        self.apis = {**load(), own.slug: own} if apis is None else apis
        self.requests: deque[Request] = deque(maxlen=1000)
        self.request_count = 0
        self.calls_elsewhere = 0
        self.changing = Decimal(0)
        """The share of the responses of every account before which 0.01 is spent."""
        self._story = story
        self._clock = clock
        self._moves: dict[tuple[str, str], list[Decimal]] = {}
        self._changed: dict[tuple[str, str], datetime] = {}
        self._bodies: dict[tuple[str, str, str], tuple[int, str]] = {}
        """By account and documented body: how many moves it has gone through, and the result."""
        self._story_until: dict[tuple[str, str], datetime] = {}
        self._scenarios: dict[tuple[str, str], str] = {}
        self._served: dict[tuple[str, str], str] = {}
        self._responses = Counter[tuple[str, str]]()

    def spend(self, slug: str, key: str, amount: Decimal | int | str) -> None:
        """Take an amount from an account; its key is the first of its credentials."""
        self._continue_story(slug, key)
        self._move(slug, key, Decimal(amount))

    def top_up(self, slug: str, key: str, amount: Decimal | int | str) -> None:
        """Add an amount to an account."""
        self.spend(slug, key, -Decimal(amount))

    def set_scenario(self, slug: str, key: str, scenario: str | None) -> None:
        """Make an account respond as another scenario from now on; None restores its own."""
        if scenario is not None and scenario not in self.apis[slug].scenarios:
            raise ValueError(scenario)
        if scenario is None:
            self._scenarios.pop((slug, key), None)
        else:
            self._scenarios[slug, key] = scenario

    def served(self, slug: str, key: str) -> str | None:
        """Return the last response to an account."""
        return self._served.get((slug, key))

    def all_served(self) -> dict[str, dict[str, str]]:
        """Return the last response to each account, by slug and key."""
        result: dict[str, dict[str, str]] = {}
        for (slug, key), body in self._served.items():
            result.setdefault(slug, {})[key] = body
        return result

    def response(self, api: Api, key: str) -> tuple[Scenario, str]:
        """Return the scenario and the body that an account responds with now."""
        account = (api.slug, key)
        scenario = api.scenarios[self._scenarios.get(account, api.scenario(key))]
        body = scenario.body
        if scenario.expect:
            self._continue_story(*account)
            self._change(*account)
            body = self._current(api, key, body)
        self._served[account] = body
        return scenario, body

    def _change(self, slug: str, key: str) -> None:
        """Spend something before a share of the responses, evenly distributed."""
        before = self._responses[slug, key]
        self._responses[slug, key] += 1
        if int(before * self.changing) < int((before + 1) * self.changing):
            self._move(slug, key, Decimal("0.01"))

    def _current(self, api: Api, key: str, documented: str) -> str:
        """Return what has become of a documented body."""
        account = api.slug, key
        moves = self._moves.get(account, [])
        done, body = self._bodies.get((*account, documented), (0, documented))
        for amount in moves[done:]:
            body = spent(api.spend, body, amount, self._changed[account])
        self._bodies[(*account, documented)] = (len(moves), body)
        return body

    def _move(self, slug: str, key: str, amount: Decimal) -> None:
        """Record spending or a top-up, in order: what is not there cannot be spent."""
        self._moves.setdefault((slug, key), []).append(amount)
        self._changed[slug, key] = self._clock()

    def _continue_story(self, slug: str, key: str) -> None:
        """Let the events happen that the story has for the time since the last request."""
        if self._story is None or (account := stories.accounts().get((slug, key))) is None:
            return
        now = self._clock()
        since = self._story_until.get((slug, key), self._story)
        for amount in account.moves(self._story, since, now):
            if amount:
                self._move(slug, key, amount)
        self._story_until[slug, key] = now

    def history(self) -> list[dict[str, Any]]:
        """Return the responses of the story's accounts before its beginning."""
        if (begin := self._story) is None:
            return []
        result = []
        for account in stories.accounts().values():
            api = self.apis[account.slug]
            body = api.scenarios[api.scenario(account.key)].body
            readings = [
                [
                    at.isoformat(),
                    spent(api.spend, body, sum(account.moves(begin, begin, at), Decimal(0)), at),
                ]
                for at in account.readings(begin)
            ]
            result.append({"slug": account.slug, "key": account.key, "readings": readings})
        return result


SIMULATOR: Final = web.AppKey("simulator", Simulator)


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
    app.router.add_get("/_simulator/", overview)
    app.router.add_get("/_simulator/served", served)
    app.router.add_get("/_simulator/history", history)
    app.router.add_get("/_simulator/requests", request_count)
    app.router.add_post("/_simulator/changing", changing)
    app.router.add_post("/_simulator/{slug}/{what}", control)
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


async def changing(request: web.Request) -> web.Response:
    """Let a share of all responses differ from the one before."""
    request.app[SIMULATOR].changing = Decimal(await request.text())
    return web.json_response({})


async def control(request: web.Request) -> web.Response:
    """Do to an account what its owner or its provider would do."""
    simulator, slug = request.app[SIMULATOR], request.match_info["slug"]
    order = await request.json(loads=lambda text: json.loads(text, parse_float=Decimal))
    try:
        match request.match_info["what"]:
            case "spend":
                simulator.spend(slug, order["key"], order["amount"])
            case "top_up":
                simulator.top_up(slug, order["key"], order["amount"])
            case "scenario":
                simulator.set_scenario(slug, order["key"], order["scenario"])
            case _:
                raise web.HTTPNotFound
    except (ArithmeticError, KeyError, TypeError, ValueError) as err:
        raise web.HTTPBadRequest(text=repr(err)) from err
    return web.json_response({})


async def overview(request: web.Request) -> web.Response:
    """List the providers with the credentials of each scenario."""
    return web.json_response(
        {
            slug: {name: credentials(api, name) for name in api.scenarios}
            for slug, api in request.app[SIMULATOR].apis.items()
        }
    )


async def served(request: web.Request) -> web.Response:
    """List the last response to each account."""
    return web.json_response(request.app[SIMULATOR].all_served())


async def history(request: web.Request) -> web.Response:
    """List the responses of the story's accounts before its beginning."""
    return web.json_response(request.app[SIMULATOR].history())


async def request_count(request: web.Request) -> web.Response:
    """Return the number of requests so far."""
    return web.json_response(request.app[SIMULATOR].request_count)


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
