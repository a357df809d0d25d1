"""The pages below /_simulator, which control the simulator and show what it has done."""

from decimal import Decimal
import json
from typing import Final

from aiohttp import web

from .apis import credentials
from .state import SIMULATOR


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


async def outage(request: web.Request) -> web.Response:
    """Let no provider be reachable ("on"), or all of them again ("off")."""
    what = await request.text()
    if what not in {"on", "off"}:
        raise web.HTTPBadRequest(text="on or off")
    request.app[SIMULATOR].has_outage = what == "on"
    return web.json_response({})


ROUTES: Final = (
    web.get("/_simulator/", overview),
    web.get("/_simulator/served", served),
    web.get("/_simulator/history", history),
    web.get("/_simulator/requests", request_count),
    web.post("/_simulator/changing", changing),
    web.post("/_simulator/outage", outage),
    web.post("/_simulator/{slug}/{what}", control),
)
