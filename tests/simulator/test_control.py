"""Control the simulator, and look at what it has received and sent."""

from decimal import Decimal
import json
import time

from aiohttp import ClientPayloadError, ClientTimeout, ServerDisconnectedError
import pytest

import simulator
from simulator import Simulator

from .conftest import PATHS, Client, Clock, Connect, headers, read
from .test_documented import LUMENFALL, LUNOS_EXPIRED, POSTPAID


async def test_scenario_switch(client: Client, simulated: Simulator) -> None:
    """A key can stop working, and then work again with the balance that it had."""

    async def status() -> int:
        async with client.get(f"/lunos{PATHS['lunos']}", headers=headers("lunos", "active")) as got:
            return got.status

    simulated.spend("lunos", "sk-active", 2)
    simulated.set_scenario("lunos", "sk-active", "expired_key")
    assert await status() == 401
    assert simulated.served("lunos", "sk-active") == LUNOS_EXPIRED.decode()
    simulated.set_scenario("lunos", "sk-active", "html_503")
    assert await status() == 503
    simulated.spend("lunos", "sk-active", 1)
    simulated.set_scenario("lunos", "sk-active", None)
    assert (await read(client, "lunos"))["data"]["balance"] == Decimal("7.5")
    simulated.set_scenario("lunos", "sk-active", None)


async def test_requests_are_recorded(client: Client, simulated: Simulator) -> None:
    """Each request is recorded with its headers, including refused ones, up to a limit."""
    await read(client, "crun")
    async with client.post("/lunos/wrong", headers={"X-Test": "1"}) as response:
        assert response.status == 404
    first, second = simulated.requests
    assert (first.slug, first.method, first.path) == ("crun", "GET", f"/crun{PATHS['crun']}")
    assert first.headers["X-API-Key"] == "ak_active"
    assert (second.slug, second.method, second.path) == ("lunos", "POST", "/lunos/wrong")
    assert second.headers["x-test"] == "1"
    assert simulated.requests.maxlen is not None


@pytest.mark.parametrize("slug", PATHS)
async def test_redirect(client: Client, simulated: Simulator, slug: str) -> None:
    """Only clients that follow a redirect are counted."""
    url, sent = f"/{slug}{PATHS[slug]}", headers(slug, "redirect")
    async with client.get(url, headers=sent, allow_redirects=False) as response:
        assert response.status == 302
        assert response.headers["Location"] == "/elsewhere"
    assert simulated.calls_elsewhere == 0
    async with client.get(url, headers=sent):
        pass
    assert simulated.calls_elsewhere == 1


async def test_connection_troubles(client: Client) -> None:
    """A connection can break before a response and during it."""
    url = f"/lunos{PATHS['lunos']}"
    with pytest.raises(ServerDisconnectedError):
        await client.get(url, headers=headers("lunos", "reset"))
    async with client.get(url, headers=headers("lunos", "truncated")) as response:
        assert response.status == 200
        with pytest.raises(ClientPayloadError):
            await response.read()


async def test_slow(clock: Clock, client: Client, connect: Connect) -> None:
    """A slow response is sent after the delay; a client may give up before that."""
    url = f"/lunos{PATHS['lunos']}"
    begun = time.monotonic()
    async with client.get(url, headers=headers("lunos", "slow")) as response:
        assert response.status == 200
    assert time.monotonic() - begun >= 0.05
    slower = await connect(simulator.create_app(delay=60, clock=clock))
    with pytest.raises(TimeoutError):
        await slower.get(url, headers=headers("lunos", "slow"), timeout=ClientTimeout(total=0.1))
    async with slower.get(
        url, headers=headers("lunos", "stalled"), timeout=ClientTimeout(total=0.1)
    ) as response:
        assert response.status == 200
        with pytest.raises(TimeoutError):
            await response.read()


async def test_sizes(client: Client) -> None:
    """A response can be far too long, also if it is short when compressed."""
    url = f"/crun{PATHS['crun']}"
    async with client.get(url, headers=headers("crun", "huge")) as response:
        assert len(await response.read()) > 250_000
    async with client.get(url, headers=headers("crun", "bomb")) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert int(response.headers["Content-Length"]) < 1_000_000
        assert len(await response.read()) > 10_000_000


async def test_control(client: Client, simulated: Simulator) -> None:
    """The demo does over HTTP what tests do by calls."""

    async def post(what: str, **order: object) -> None:
        async with client.post(f"/_simulator/lunos/{what}", json=order) as response:
            assert response.status == 200

    await post("spend", key="sk-active", amount=0.1)
    assert (await read(client, "lunos"))["data"]["balance"] == Decimal("10.4")
    await post("top_up", key="sk-active", amount="5")
    assert (await read(client, "lunos"))["data"]["balance"] == Decimal("15.4")
    await post("scenario", key="sk-active", scenario="empty")
    await post("scenario", key="sk-active", scenario=None)
    assert (await read(client, "lunos"))["data"]["balance"] == Decimal("15.4")
    async with client.post("/_simulator/lunos/nothing", json={"key": "sk-active"}) as response:
        assert response.status == 404
    for order in ({"scenario": "nothing"}, {"amount": "much"}, {"key": "sk-active"}):
        for what in ("spend", "scenario"):
            async with client.post(f"/_simulator/lunos/{what}", json=order) as response:
                assert response.status == 400
    async with client.post(
        "/_simulator/lunos/scenario", json={"key": "sk-active", "scenario": "nothing"}
    ) as response:
        assert response.status == 400
    assert [request.method for request in simulated.requests] == ["GET", "GET", "GET"]


async def test_served(client: Client, simulated: Simulator) -> None:
    """The last response to each account is available."""
    await read(client, "lumenfall")
    await read(client, "lumenfall", "postpaid")
    await read(client, "crun")
    simulated.spend("crun", "ak_active", 1)
    await read(client, "crun")
    async with client.get("/_simulator/served") as response:
        last = await response.json()
    assert last.keys() == {"crun", "lumenfall"}
    assert last["lumenfall"] == {
        "lmnfl_active": LUMENFALL.decode(),
        "lmnfl_postpaid": POSTPAID.decode(),
    }
    assert json.loads(last["crun"]["ak_active"])["data"] == {"balance": 999}
    assert simulated.served("lunos", "sk-active") is None


async def test_overview(client: Client) -> None:
    """The overview lists the credentials to enter."""
    async with client.get("/_simulator/") as response:
        listed = await response.json()
    assert listed.keys() == simulator.load().keys() | {"own_endpoint"}
    assert listed["engagelab_otp"]["overdrawn"] == {"identifier": "overdrawn", "api_key": "secret"}
    assert listed["lensmor"]["gift_only"] == {"api_key": "uak_gift_only"}


async def test_outage(client: Client) -> None:
    """During an outage no provider can be reached; then all accounts are as before."""

    async def status(slug: str) -> int:
        async with client.get(f"/{slug}{PATHS[slug]}", headers=headers(slug, "active")) as got:
            return got.status

    for order, expected in (("on", 503), ("off", 200)):
        async with client.post("/_simulator/outage", data=order) as response:
            assert response.status == 200
        assert {await status(slug) for slug in ("lunos", "crun")} == {expected}
    async with client.post("/_simulator/outage", data="maybe") as response:
        assert response.status == 400
