"""Every shape of provider that data can describe, against a simulator of each."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
import pytest

from custom_components.api_balance.api import Field, JsonObject
import simulator
from simulator import SIMULATOR
from simulator.files import parse
from tests.contract import Contract
from tests.fuzz.oracle import check_response

from .shapes import CURRENCIES, PROJECT, QUOTA, SHAPES, Shape

type Begin = Callable[[Shape], Awaitable[Contract]]


@pytest.fixture
async def begin(socket_enabled: None) -> AsyncGenerator[Begin]:
    """Return a function that simulates a shape."""
    servers: list[TestServer] = []

    async def start(shape: Shape) -> Contract:
        api = parse("acme", shape.file)
        app = simulator.create_app(delay=0, apis={"acme": api})
        server = TestServer(app, host="127.0.0.1")
        servers.append(server)
        await server.start_server()
        url = str(server.make_url("")).rstrip("/")
        return Contract(provider=shape.provider, api=api, simulator=app[SIMULATOR], url=url)

    yield start
    for server in servers:
        await server.close()


@pytest.mark.parametrize("name", SHAPES)
async def test_scenarios(begin: Begin, name: str) -> None:
    """A client reads exactly the documented values, or raises the one correct error."""
    await (await begin(SHAPES[name])).check_scenarios()


@pytest.mark.parametrize("name", SHAPES)
async def test_oracle(begin: Begin, name: str) -> None:
    """The independent check of fuzzed responses agrees, and can say no."""
    contract = await begin(SHAPES[name])
    for scenario in contract.api.scenarios.values():
        if scenario.expect:
            body = scenario.body.encode()
            snapshot = contract.provider.parse(JsonObject.from_bytes(body))
            check_response(contract.api.response, body, snapshot)
    body = contract.api.scenarios["active"].body.encode()
    odd = body.replace(b"5", b"6").replace(b"9", b"8")
    assert odd != body
    snapshot = contract.provider.parse(JsonObject.from_bytes(body))
    with pytest.raises(AssertionError):
        check_response(contract.api.response, odd, snapshot)


@pytest.mark.parametrize(
    ("name", "key", "spent", "left"),
    [
        ("quota", "sk_active", "6", "9200"),
        ("currencies", "ACactive", "10.50", "99.50"),
        ("project", "active", "8.08", "40.00"),
        ("key in path", "key-active", "0.25", "12.25"),
    ],
)
async def test_spending(begin: Begin, name: str, key: str, spent: str, left: str) -> None:
    """A simulated account of each shape can be spent and topped up."""
    contract = await begin(SHAPES[name])
    balances = []
    for amount in (Decimal(0), Decimal(spent), -Decimal(spent)):
        contract.simulator.spend("acme", key, amount)
        _, body = contract.simulator.response(contract.api, key)
        snapshot = contract.provider.parse(JsonObject.from_bytes(body.encode()))
        balances.append(snapshot.balances[0].amounts[Field.BALANCE])
    assert balances[1] == Decimal(left)
    assert balances[2] == balances[0]


async def test_requests_are_checked_exactly(begin: Begin) -> None:
    """A wrong ID, parameter or header is not what the provider documents."""
    quota, currencies = await begin(QUOTA), await begin(CURRENCIES)
    project = await begin(PROJECT)
    pair = "Basic QUNhY3RpdmU6c2VjcmV0"  # ACactive:secret
    basic_path = f"{currencies.url}/acme/2010-04-01/Accounts"
    usage, version = f"{quota.url}/acme/v1/usage", {"X-Version": "2024-11-06"}
    cases = [
        (f"{usage}?expand=all&token=sk_active", version, 200),
        (f"{usage}?token=sk_active", version, 404),
        (f"{usage}?expand=none&token=sk_active", version, 404),
        (f"{usage}?expand=all&token=sk_active&more=1", version, 404),
        (f"{usage}?expand=all&token=sk_active", {}, 400),
        (f"{usage}?expand=all", version, 401),
        (f"{usage}?expand=all&token=active", version, 401),
        (f"{basic_path}/ACactive/Balance.json", {"Authorization": pair}, 200),
        (f"{basic_path}/AClow/Balance.json", {"Authorization": pair}, 401),
        (f"{basic_path}/ACactive/x/Balance.json", {"Authorization": pair}, 404),
        (f"{project.url}/acme/v1/projects/b7c1/balance", {"Authorization": "Token active"}, 200),
        (f"{project.url}/acme/v1/projects/b7c2/balance", {"Authorization": "Token active"}, 404),
        (f"{project.url}/acme/v1/projects", {"Authorization": "Token active"}, 200),
        (f"{project.url}/acme/v1/projects", {"Authorization": "Token unknown"}, 401),
    ]
    async with ClientSession() as session:
        for url, headers, status in cases:
            async with session.get(url, headers=headers) as response:
                assert response.status == status, url


def test_epoch_seconds() -> None:
    """The example's reset is the first of May: date -u -d @1714521600."""
    body = parse("acme", QUOTA.file).scenarios["active"].body.encode()
    reset = QUOTA.provider.parse(JsonObject.from_bytes(body)).details[Field.RESET]
    assert reset == datetime(2024, 5, 1, tzinfo=UTC)
