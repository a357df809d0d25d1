"""The simulated providers as one web application: each below a path of its own."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
import json
from typing import Any, Final
import zlib

from aiohttp import web

from . import story as stories
from .apis import Api, Scenario, credentials, load


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that came in."""

    slug: str
    method: str
    path: str
    headers: Mapping[str, str]


class Simulator:
    """What the simulated accounts hold, and what was asked."""

    def __init__(
        self, *, delay: float, story: datetime | None, clock: Callable[[], datetime]
    ) -> None:
        """Start with every account as its document shows it.

        From the moment when a story begins, what happens in it happens to its accounts.
        """
        self.delay = delay
        self.requests: deque[Request] = deque(maxlen=1000)
        self.asked = 0
        self.calls_elsewhere = 0
        self._story = story
        self._clock = clock
        self._moves: dict[tuple[str, str], list[Decimal]] = {}
        self._changed: dict[tuple[str, str], datetime] = {}
        self._told: dict[tuple[str, str], datetime] = {}
        self._scenarios: dict[tuple[str, str], str] = {}
        self._served: dict[tuple[str, str], str] = {}

    def spend(self, slug: str, key: str, amount: Decimal | int | str) -> None:
        """Take an amount from an account; its key is the first of its credentials."""
        self._pass_time(slug, key)
        self._move(slug, key, Decimal(amount))

    def top_up(self, slug: str, key: str, amount: Decimal | int | str) -> None:
        """Add an amount to an account."""
        self.spend(slug, key, -Decimal(amount))

    def set_scenario(self, slug: str, key: str, scenario: str | None) -> None:
        """Let an account answer as another scenario from now on; None brings back its own."""
        if scenario is not None and scenario not in load()[slug].scenarios:
            message = f"{slug} has no scenario {scenario}"
            raise ValueError(message)
        if scenario is None:
            self._scenarios.pop((slug, key), None)
        else:
            self._scenarios[slug, key] = scenario

    def served(self, slug: str, key: str) -> str | None:
        """Return the last answer to an account."""
        return self._served.get((slug, key))

    def all_served(self) -> dict[str, dict[str, str]]:
        """Return the last answer to each account, by slug and key."""
        result: dict[str, dict[str, str]] = {}
        for (slug, key), body in self._served.items():
            result.setdefault(slug, {})[key] = body
        return result

    def answer(self, api: Api, key: str) -> tuple[Scenario, str]:
        """Return the scenario and the body that an account answers with now."""
        account = (api.slug, key)
        scenario = api.scenarios[self._scenarios.get(account, api.scenario(key))]
        body = scenario.body
        if scenario.expect:
            self._pass_time(*account)
            for amount in self._moves.get(account, []):
                body = api.spent(body, amount, self._changed[account])
        self._served[account] = body
        return scenario, body

    def _move(self, slug: str, key: str, amount: Decimal) -> None:
        """Note what was spent, or topped up: in order, for what is not there cannot be spent."""
        moves = self._moves.setdefault((slug, key), [])
        if moves and (moves[-1] > 0) is (amount > 0):
            moves[-1] += amount
        else:
            moves.append(amount)
        self._changed[slug, key] = self._clock()

    def _pass_time(self, slug: str, key: str) -> None:
        """Let happen what the story tells of the time since the last look at an account."""
        if self._story is None or (account := stories.accounts().get((slug, key))) is None:
            return
        now = self._clock()
        for amount in account.moves(self._story, self._told.get((slug, key), self._story), now):
            if amount:
                self._move(slug, key, amount)
        self._told[slug, key] = now

    def history(self) -> list[dict[str, Any]]:
        """Return what the story's accounts have answered up to its beginning."""
        if (begin := self._story) is None:
            return []
        result = []
        for account in stories.accounts().values():
            api = load()[account.slug]
            body = api.scenarios[api.scenario(account.key)].body
            readings = [
                [
                    at.isoformat(),
                    api.spent(body, sum(account.moves(begin, begin, at), Decimal(0)), at),
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
) -> web.Application:
    """Return the application; delay is how long slow answers take, in seconds."""
    app = web.Application()
    simulator = app[SIMULATOR] = Simulator(delay=delay, story=story, clock=clock)
    apis = load()

    async def play(request: web.Request) -> web.StreamResponse:
        """Answer as the provider of the first part of the path."""
        slug = request.match_info["slug"]
        if (api := apis.get(slug)) is None:
            raise web.HTTPNotFound
        simulator.asked += 1
        simulator.requests.append(
            Request(slug=slug, method=request.method, path=request.path, headers=request.headers)
        )
        if request.path_qs != f"/{slug}{api.path}":
            return web.json_response({"error": "Not Found"}, status=404)
        if request.method != "GET":
            return web.json_response({"error": "Method Not Allowed"}, status=405)
        key = api.key(request.headers.get(api.auth["header"]))
        if key is None:
            refusal = api.scenarios["invalid_key"]
            return await respond(request, refusal, refusal.body, simulator.delay)
        return await respond(request, *simulator.answer(api, key), simulator.delay)

    app.router.add_get("/_simulator/", overview)
    app.router.add_get("/_simulator/served", served)
    app.router.add_get("/_simulator/history", history)
    app.router.add_get("/_simulator/requests", asked)
    app.router.add_post("/_simulator/{slug}/{what}", control)
    app.router.add_route("*", "/elsewhere", elsewhere)
    app.router.add_route("*", "/{slug}{path:.*}", play)
    return app


async def elsewhere(request: web.Request) -> web.Response:
    """Count who follows a redirect."""
    request.app[SIMULATOR].calls_elsewhere += 1
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


async def overview(_request: web.Request) -> web.Response:
    """List the providers with the credentials of each scenario."""
    return web.json_response(
        {
            slug: {name: credentials(api, name) for name in api.scenarios}
            for slug, api in load().items()
        }
    )


async def served(request: web.Request) -> web.Response:
    """List the last answer to each account."""
    return web.json_response(request.app[SIMULATOR].all_served())


async def history(request: web.Request) -> web.Response:
    """List what the story's accounts have answered up to its beginning."""
    return web.json_response(request.app[SIMULATOR].history())


async def asked(request: web.Request) -> web.Response:
    """Tell how many requests have come."""
    return web.json_response(request.app[SIMULATOR].asked)


async def respond(
    request: web.Request, scenario: Scenario, body: str, delay: float
) -> web.StreamResponse:
    """Send a scenario's answer, with the trouble that belongs to it."""
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
    """Close the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
