"""The simulator against the providers' documents, from which the expected values are copied."""

import ast
import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from pathlib import Path
from signal import Signals
import socket
import sys
import time
from typing import Any

from aiohttp import (
    ClientError,
    ClientPayloadError,
    ClientSession,
    ClientTimeout,
    ServerDisconnectedError,
    web,
)
from aiohttp.test_utils import TestClient, TestServer
import pytest

import simulator
from simulator import SIMULATOR, Simulator

type Client = TestClient[web.Request, web.Application]
type Connect = Callable[[web.Application], Awaitable[Client]]

ROOT = Path(__file__).parents[2]
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

LUNOS = b"""{
   "success": true,
   "message": "Balance retrieved successfully",
   "data": {
      "balance": 10.5,
      "email": "user@example.com",
      "alertBalance": 1.0,
      "enableAlert": 1,
      "updatedAt": "2024-01-15T10:30:00.000Z",
      "isAlertEnabled": true,
      "isBalanceLow": false
   }
}"""
LENSMOR = b"""{
  "totalAmount": 35050,
  "totalBalance": 30050,
  "subscriptionAmount": 35000,
  "subscriptionBalance": 30000,
  "giftAmount": 50,
  "giftBalance": 50,
  "resetAt": 1714521600000
}"""
CRUN = b"""{
  "code": 200,
  "message": "success",
  "data": {
    "balance": 1000
  }
}"""
LUMENFALL = b"""{
  "object": "balance",
  "billing_type": "prepaid",
  "available": {
    "amount": 12.50,
    "currency": "usd"
  }
}"""
POSTPAID = b"""{
  "object": "balance",
  "billing_type": "postpaid",
  "available": {
    "amount": null,
    "currency": "usd"
  }
}"""
ENGAGELAB = b"""{
    "currency": "USD",
    "balance": "123.4500",
    "gift_balance": "1.0000",
    "total_balance": "124.4500"
}"""
LUNOS_INVALID = b"""{
   "success": false,
   "message": "Missing or invalid secret key",
   "error": "UNAUTHORIZED"
}"""
LUNOS_EXPIRED = b"""{
   "success": false,
   "message": "Secret key expired",
   "error": "UNAUTHORIZED"
}"""
LUNOS_BROKEN = b"""{
   "success": false,
   "message": "Internal server error",
   "error": "INTERNAL_ERROR"
}"""
ENGAGELAB_INVALID = b"""{
    "code": 2001,
    "message": "invalid token"
}"""
LUMENFALL_INVALID = (
    b'{"error":{"message":"Invalid API key","type":"authentication_error",'
    b'"code":"AUTHENTICATION_FAILED"}}'
)
LUMENFALL_INSUFFICIENT = (
    b'{"error":{"message":"Insufficient balance","type":"billing_error",'
    b'"code":"INSUFFICIENT_BALANCE"}}'
)

EXAMPLES = [
    ("crun", "active", 200, CRUN),
    ("engagelab_otp", "active", 200, ENGAGELAB),
    ("engagelab_otp", "invalid_key", 401, ENGAGELAB_INVALID),
    ("lensmor", "active", 200, LENSMOR),
    ("lumenfall", "active", 200, LUMENFALL),
    ("lumenfall", "postpaid", 200, POSTPAID),
    ("lumenfall", "invalid_key", 401, LUMENFALL_INVALID),
    ("lumenfall", "insufficient", 402, LUMENFALL_INSUFFICIENT),
    ("lunos", "active", 200, LUNOS),
    ("lunos", "invalid_key", 401, LUNOS_INVALID),
    ("lunos", "expired_key", 401, LUNOS_EXPIRED),
    ("lunos", "server_error", 500, LUNOS_BROKEN),
]

# Documented codes without a whole example: the fields that tell a client what happened.
CODES: list[tuple[str, str, int, dict[str, object]]] = [
    ("crun", "invalid_key", 401, {"code": 401}),
    ("crun", "insufficient", 402, {"code": 402}),
    ("crun", "code_404", 404, {"code": 404}),
    ("crun", "code_422", 422, {"code": 422}),
    ("crun", "rate_limited", 429, {"code": 429}),
    ("crun", "maintenance", 455, {"code": 455}),
    ("crun", "server_error", 500, {"code": 500}),
    ("crun", "generation_failed", 501, {"code": 501}),
    ("crun", "feature_disabled", 505, {"code": 505}),
    ("crun", "unauthorized_in_200", 200, {"code": 401}),
    ("crun", "insufficient_in_200", 200, {"code": 402}),
    ("crun", "code_404_in_200", 200, {"code": 404}),
    ("crun", "code_422_in_200", 200, {"code": 422}),
    ("crun", "rate_limited_in_200", 200, {"code": 429}),
    ("crun", "maintenance_in_200", 200, {"code": 455}),
    ("crun", "server_error_in_200", 200, {"code": 500}),
    ("crun", "generation_failed_in_200", 200, {"code": 501}),
    ("crun", "feature_disabled_in_200", 200, {"code": 505}),
    ("engagelab_otp", "expired_key", 401, {"code": 2002}),
    ("engagelab_otp", "disabled", 403, {"code": 2002}),
    ("engagelab_otp", "permission_denied", 403, {"code": 2004}),
    ("engagelab_otp", "server_error", 500, {"code": 1000}),
    (
        "lensmor",
        "invalid_key",
        401,
        {"code": 401, "message": "Invalid API key", "errorKey": "INVALID_API_KEY"},
    ),
    (
        "lensmor",
        "rate_limited",
        429,
        {"code": 429, "message": "Rate limit exceeded", "errorKey": "RATE_LIMIT_EXCEEDED"},
    ),
]


def key(slug: str, scenario: str) -> str:
    """Return the key of an account, as the document has keys begin."""
    return PREFIXES[slug] + scenario


def basic(text: str) -> dict[str, str]:
    """Return the header of HTTP Basic authentication."""
    return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}


def headers(slug: str, scenario: str) -> dict[str, str]:
    """Return the header that the document asks for."""
    match slug:
        case "engagelab_otp":
            return basic(f"{scenario}:secret")
        case "crun":
            return {"x-api-key": key(slug, scenario)}
        case _:
            return {"Authorization": f"Bearer {key(slug, scenario)}"}


class Clock:
    """A clock that stands still until it is moved."""

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
    """Return a simulator where nothing is spent by itself."""
    return simulator.create_app(delay=0.05, clock=clock)


@pytest.fixture
def played(app: web.Application) -> Simulator:
    """Return what the simulator knows."""
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


async def read(client: Client, slug: str, scenario: str = "active") -> Any:
    """Return an account's answer, with its numbers exact."""
    async with client.get(f"/{slug}{PATHS[slug]}", headers=headers(slug, scenario)) as response:
        assert response.status == 200
        return json.loads(await response.read(), parse_float=Decimal)


# --- what stands in the documents ---


@pytest.mark.parametrize(("slug", "scenario", "status", "body"), EXAMPLES)
async def test_documented_example(
    client: Client, slug: str, scenario: str, status: int, body: bytes
) -> None:
    """A documented example is served byte for byte."""
    async with client.get(f"/{slug}{PATHS[slug]}", headers=headers(slug, scenario)) as response:
        assert response.status == status
        assert response.content_type == "application/json"
        assert await response.read() == body


@pytest.mark.parametrize(("slug", "scenario", "status", "fields"), CODES)
async def test_documented_code(
    client: Client, slug: str, scenario: str, status: int, fields: dict[str, object]
) -> None:
    """A documented error has its status, and its code in the body."""
    async with client.get(f"/{slug}{PATHS[slug]}", headers=headers(slug, scenario)) as response:
        assert response.status == status
        answer = await response.json()
    assert {name: answer[name] for name in fields} == fields
    assert isinstance(answer["message"], str)


async def test_rate_limit_headers(client: Client) -> None:
    """The one documented 429 says how long to wait."""
    path = f"/lensmor{PATHS['lensmor']}"
    async with client.get(path, headers=headers("lensmor", "rate_limited")) as response:
        assert response.headers["Retry-After"] == "32"
        assert response.headers["X-RateLimit-Remaining"] == "0"
    assert simulator.load()["lensmor"].scenarios["rate_limited"].retry_after == 32


async def test_nullable_values(client: Client) -> None:
    """What the documents call nullable is null in some account."""
    assert (await read(client, "lensmor", "gift_only"))["resetAt"] is None
    answer = await read(client, "lumenfall", "unavailable")
    assert answer["billing_type"] == "prepaid"
    assert answer["available"] == {"amount": None, "currency": "usd"}


@pytest.mark.parametrize(
    ("slug", "total", "parts"),
    [
        ("engagelab_otp", "total_balance", ["balance", "gift_balance"]),
        ("lensmor", "totalBalance", ["subscriptionBalance", "giftBalance"]),
        ("lensmor", "totalAmount", ["subscriptionAmount", "giftAmount"]),
    ],
)
async def test_totals_in_the_files(client: Client, slug: str, total: str, parts: list[str]) -> None:
    """In each answer a total is the sum that the document says it is."""
    for name, scenario in simulator.load()[slug].scenarios.items():
        if scenario.expect and name != "half":
            answer = await read(client, slug, name)
            assert Decimal(answer[total]) == sum(Decimal(answer[part]) for part in parts), name


async def test_low_flag_in_the_files(client: Client) -> None:
    """In each answer the flag says whether the balance is below the threshold."""
    for name, scenario in simulator.load()["lunos"].scenarios.items():
        if scenario.expect:
            data = (await read(client, "lunos", name))["data"]
            assert data["isBalanceLow"] is (data["balance"] < data["alertBalance"]), name
            assert data["isAlertEnabled"] is (data["enableAlert"] == 1), name


# --- the files ---


def test_every_provider_is_played() -> None:
    """There is a file for each of these providers, with the documented path."""
    assert {slug: simulator.load()[slug].path for slug in PATHS} == PATHS


@pytest.mark.parametrize("slug", simulator.load())
def test_scenarios_say_what_to_make_of_them(slug: str) -> None:
    """A scenario has either values or an error; those with values all have the same fields."""
    api = simulator.load()[slug]
    fields = api.scenarios["active"].expect.keys()
    for name, scenario in api.scenarios.items():
        assert bool(scenario.expect) is (scenario.error is None), name
        assert scenario.expect.keys() in ({}.keys(), fields), name
        assert scenario.error in {
            None,
            "invalid_auth",
            "permission_denied",
            "account_disabled",
            "no_credits",
            "rate_limited",
            "cannot_connect",
            "unexpected_response",
        }, name
        assert scenario.retry_after is None or scenario.error == "rate_limited", name
    assert {"active", "invalid_key"} <= set(api.scenarios)
    if slug in PATHS:
        assert {"low", "empty", "server_error", "rate_limited"} <= set(api.scenarios)


@pytest.mark.parametrize("slug", PATHS)
def test_credentials(slug: str) -> None:
    """The credentials for a scenario are those that a user of the provider has."""
    expected = (
        {"identifier": "low", "api_key": "secret"}
        if slug == "engagelab_otp"
        else {"api_key": PREFIXES[slug] + "low"}
    )
    assert simulator.credentials(simulator.load()[slug], "low") == expected


def test_independence() -> None:
    """The simulator imports the standard library, aiohttp and itself."""
    allowed = {*sys.stdlib_module_names, "aiohttp"}
    for path in (ROOT / "simulator").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    imported = {name.name.split(".")[0] for name in names}
                case ast.ImportFrom(module=str(module), level=0):
                    imported = {module.split(".")[0]}
                case _:
                    continue
            assert imported <= allowed, path.name


# --- what is refused ---


@pytest.mark.parametrize("slug", PATHS)
@pytest.mark.parametrize("path", ["", "/", "/v2/balance", "{path}/", "{path}/x", "{path}?key=1"])
async def test_wrong_path(client: Client, slug: str, path: str) -> None:
    """Only the documented path is answered."""
    url = f"/{slug}{path.format(path=PATHS[slug])}"
    async with client.get(url, headers=headers(slug, "active")) as response:
        assert response.status == 404
        assert "balance" not in (await response.text()).lower()


@pytest.mark.parametrize("path", ["/", "/nobody/v1/balance", "/v1/balance", "/_simulator/nothing"])
async def test_nobody(client: Client, path: str) -> None:
    """Outside the providers there is nothing."""
    async with client.get(path) as response:
        assert response.status == 404


@pytest.mark.parametrize("slug", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
async def test_wrong_method(client: Client, slug: str, method: str) -> None:
    """Only the documented method is answered."""
    url = f"/{slug}{PATHS[slug]}"
    async with client.request(method, url, headers=headers(slug, "active")) as response:
        assert response.status == 405


def bearer(slug: str) -> list[tuple[str, dict[str, str]]]:
    """Return what a provider of bearer tokens refuses."""
    good = key(slug, "active")
    return [
        (slug, {"Authorization": good}),
        (slug, {"Authorization": f"Token {good}"}),
        (slug, {"Authorization": f"Bearer{good}"}),
        (slug, {"Authorization": f"Bearer  {good}"}),
        (slug, {"x-api-key": good}),
        (slug, {"X-Authorization": f"Bearer {good}"}),
        (slug, basic(f"{good}:secret")),
        (slug, {"Authorization": "Bearer active"}),
    ]


@pytest.mark.parametrize(
    ("slug", "sent"),
    [
        *((slug, {}) for slug in PATHS),
        *((slug, headers(slug, "unheard_of")) for slug in PATHS),
        *((slug, headers(slug, "")) for slug in PATHS),
        *bearer("lensmor"),
        *bearer("lumenfall"),
        *bearer("lunos"),
        ("lensmor", {"Authorization": "Bearer sk-active"}),
        ("crun", {"Authorization": "Bearer ak_active"}),
        ("crun", {"Authorization": "ak_active"}),
        ("crun", {"x-api-key": "Bearer ak_active"}),
        ("crun", {"x-api-key": "active"}),
        ("crun", {"api-key": "ak_active"}),
        ("engagelab_otp", basic("active:wrong")),
        ("engagelab_otp", basic("active:")),
        ("engagelab_otp", basic("active")),
        ("engagelab_otp", basic(":secret")),
        ("engagelab_otp", basic("secret:active")),
        ("engagelab_otp", {"Authorization": "Basic active:secret"}),
        ("engagelab_otp", {"Authorization": "Basic /w=="}),
        ("engagelab_otp", {"Authorization": "Basic YWN0aXZl!OnNlY3JldA=="}),
        ("engagelab_otp", {"Authorization": b64encode(b"active:secret").decode()}),
        ("engagelab_otp", {"Authorization": f"Bearer {b64encode(b'active:secret').decode()}"}),
        ("engagelab_otp", {"x-api-key": "active"}),
    ],
)
async def test_refused(client: Client, played: Simulator, slug: str, sent: dict[str, str]) -> None:
    """Whatever is not authenticated as documented gets the provider's 401."""
    documented = {
        "engagelab_otp": ENGAGELAB_INVALID,
        "lumenfall": LUMENFALL_INVALID,
        "lunos": LUNOS_INVALID,
    }
    async with client.get(f"/{slug}{PATHS[slug]}", headers=sent) as response:
        assert response.status == 401
        body = await response.read()
    assert body == documented.get(slug, body)
    if slug in {"crun", "lensmor"}:
        assert json.loads(body)["code"] == 401
    assert played.all_served() == {}


# --- spending ---


async def test_subscription_before_gift(client: Client, played: Simulator) -> None:
    """Subscription credits are consumed before gift credits, and the total is their sum."""

    async def left(amount: int) -> tuple[int, ...]:
        played.spend("lensmor", "uak_active", amount)
        answer = await read(client, "lensmor")
        assert answer["totalAmount"] == 35050
        assert answer["resetAt"] == 1714521600000
        return answer["subscriptionBalance"], answer["giftBalance"], answer["totalBalance"]

    assert await left(2000) == (28000, 50, 28050)
    assert await left(27990) == (10, 50, 60)
    assert await left(30) == (0, 30, 30)
    assert await left(100) == (0, 0, 0)


async def test_gift_before_paid(client: Client, played: Simulator) -> None:
    """A gift goes first; amounts stay text of four places, and money may be owed."""

    async def left(amount: str) -> dict[str, str]:
        played.spend("engagelab_otp", "active", amount)
        answer: dict[str, str] = await read(client, "engagelab_otp")
        assert answer.pop("currency") == "USD"
        return answer

    assert await left("0.25") == {
        "balance": "123.4500",
        "gift_balance": "0.7500",
        "total_balance": "124.2000",
    }
    assert await left("1") == {
        "balance": "123.2000",
        "gift_balance": "0.0000",
        "total_balance": "123.2000",
    }
    assert await left("135.54") == {
        "balance": "-12.3400",
        "gift_balance": "0.0000",
        "total_balance": "-12.3400",
    }


async def test_low_flag(client: Client, played: Simulator, clock: Clock) -> None:
    """The flag is on below the threshold, off at it; the time of the last change moves along."""

    async def after(amount: str) -> tuple[Decimal, bool, str]:
        clock.now += timedelta(minutes=1)
        played.spend("lunos", "sk-active", amount)
        data = (await read(client, "lunos"))["data"]
        assert (data["email"], data["alertBalance"]) == ("user@example.com", 1)
        assert (data["enableAlert"], data["isAlertEnabled"]) == (1, True)
        return data["balance"], data["isBalanceLow"], data["updatedAt"]

    assert await after("9.5") == (Decimal(1), False, "2026-11-21T09:01:00.000Z")
    assert await after("0.01") == (Decimal("0.99"), True, "2026-11-21T09:02:00.000Z")
    played.top_up("lunos", "sk-active", 5)
    assert await after("0.49") == (Decimal("5.5"), False, "2026-11-21T09:03:00.000Z")


@pytest.mark.parametrize("slug", ["crun", "lensmor", "lumenfall", "lunos"])
async def test_spending_stops_at_zero(client: Client, played: Simulator, slug: str) -> None:
    """Where no debt is documented there is none."""
    played.spend(slug, key(slug, "active"), 1_000_000)
    answer = await read(client, slug)
    balance = {
        "crun": lambda: answer["data"]["balance"],
        "lensmor": lambda: answer["totalBalance"],
        "lumenfall": lambda: answer["available"]["amount"],
        "lunos": lambda: answer["data"]["balance"],
    }[slug]()
    assert balance == 0


@pytest.mark.parametrize(
    ("amount", "left"), [("0.1", "12.4"), ("0.01", "12.49"), ("12.49", "0.01"), (12, "0.5")]
)
async def test_money_is_exact(
    client: Client, played: Simulator, amount: int | str, left: str
) -> None:
    """Amounts have no noise of binary fractions."""
    played.spend("lumenfall", "lmnfl_active", amount)
    assert (await read(client, "lumenfall"))["available"]["amount"] == Decimal(left)


async def test_top_up(client: Client, played: Simulator) -> None:
    """A top-up adds to what is there."""
    played.top_up("crun", "ak_empty", 500)
    assert (await read(client, "crun", "empty"))["data"]["balance"] == 500
    played.spend("crun", "ak_empty", "0.5")
    assert (await read(client, "crun", "empty"))["data"]["balance"] == Decimal("499.5")
    played.top_up("engagelab_otp", "overdrawn", "20")
    assert await read(client, "engagelab_otp", "overdrawn") == {
        "currency": "USD",
        "balance": "7.6600",
        "gift_balance": "0.0000",
        "total_balance": "7.6600",
    }


async def test_order_of_spending_and_top_up(client: Client, played: Simulator) -> None:
    """What was not there was not spent, and a gift that was spent does not come back."""
    played.spend("crun", "ak_active", 3000)
    played.top_up("crun", "ak_active", 500)
    assert (await read(client, "crun"))["data"]["balance"] == 500
    played.spend("engagelab_otp", "active", 1)
    played.top_up("engagelab_otp", "active", 10)
    assert await read(client, "engagelab_otp") == {
        "currency": "USD",
        "balance": "133.4500",
        "gift_balance": "0.0000",
        "total_balance": "133.4500",
    }


async def test_nothing_to_spend_from(client: Client, played: Simulator) -> None:
    """An account without a balance stays as it is."""
    played.spend("lumenfall", "lmnfl_postpaid", 1)
    await read(client, "lumenfall", "postpaid")
    assert played.served("lumenfall", "lmnfl_postpaid") == POSTPAID.decode()


async def test_accounts_are_separate(client: Client, played: Simulator) -> None:
    """After a dot a key is another account of the same scenario."""
    played.spend("crun", "ak_active.second", 400)
    assert (await read(client, "crun", "active.second"))["data"]["balance"] == 600
    assert (await read(client, "crun", "active.third"))["data"]["balance"] == 1000
    assert (await read(client, "crun"))["data"]["balance"] == 1000
    played.set_scenario("crun", "ak_active", "empty")
    assert (await read(client, "crun", "active.second"))["data"]["balance"] == 600


# --- an account over time ---


async def test_scenario_switch(client: Client, played: Simulator) -> None:
    """A key can stop to work, and begin again with what it had left."""

    async def status() -> int:
        async with client.get(f"/lunos{PATHS['lunos']}", headers=headers("lunos", "active")) as got:
            return got.status

    played.spend("lunos", "sk-active", 2)
    played.set_scenario("lunos", "sk-active", "expired_key")
    assert await status() == 401
    assert played.served("lunos", "sk-active") == LUNOS_EXPIRED.decode()
    played.set_scenario("lunos", "sk-active", "html_503")
    assert await status() == 503
    played.spend("lunos", "sk-active", 1)
    played.set_scenario("lunos", "sk-active", None)
    assert (await read(client, "lunos"))["data"]["balance"] == Decimal("7.5")
    played.set_scenario("lunos", "sk-active", None)


async def test_requests_are_recorded(client: Client, played: Simulator) -> None:
    """Each request is recorded with its headers, the refused ones too; only so many are kept."""
    await read(client, "crun")
    async with client.post("/lunos/wrong", headers={"X-Test": "1"}) as response:
        assert response.status == 404
    first, second = played.requests
    assert (first.slug, first.method, first.path) == ("crun", "GET", f"/crun{PATHS['crun']}")
    assert first.headers["X-API-Key"] == "ak_active"
    assert (second.slug, second.method, second.path) == ("lunos", "POST", "/lunos/wrong")
    assert second.headers["x-test"] == "1"
    assert played.requests.maxlen is not None


@pytest.mark.parametrize("slug", PATHS)
async def test_redirect(client: Client, played: Simulator, slug: str) -> None:
    """Who follows a redirect is counted, and nobody else."""
    url, sent = f"/{slug}{PATHS[slug]}", headers(slug, "redirect")
    async with client.get(url, headers=sent, allow_redirects=False) as response:
        assert response.status == 302
        assert response.headers["Location"] == "/elsewhere"
    assert played.calls_elsewhere == 0
    async with client.get(url, headers=sent):
        pass
    assert played.calls_elsewhere == 1


# --- below HTTP ---


async def test_connection_troubles(client: Client) -> None:
    """A connection can break before the answer, and within it."""
    url = f"/lunos{PATHS['lunos']}"
    with pytest.raises(ServerDisconnectedError):
        await client.get(url, headers=headers("lunos", "reset"))
    async with client.get(url, headers=headers("lunos", "truncated")) as response:
        assert response.status == 200
        with pytest.raises(ClientPayloadError):
            await response.read()


async def test_slow(clock: Clock, client: Client, connect: Connect) -> None:
    """A slow answer comes after the delay; a client may give up before."""
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
    """An answer can be far too long, also when it is short on the wire."""
    url = f"/crun{PATHS['crun']}"
    async with client.get(url, headers=headers("crun", "huge")) as response:
        assert len(await response.read()) > 250_000
    async with client.get(url, headers=headers("crun", "bomb")) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert int(response.headers["Content-Length"]) < 1_000_000
        assert len(await response.read()) > 10_000_000


# --- over HTTP ---


async def test_control(client: Client, played: Simulator) -> None:
    """What tests do by calls the demo does over HTTP."""

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
    assert [request.method for request in played.requests] == ["GET", "GET", "GET"]


async def test_served(client: Client, played: Simulator) -> None:
    """The last answer to each account can be looked up."""
    await read(client, "lumenfall")
    await read(client, "lumenfall", "postpaid")
    await read(client, "crun")
    played.spend("crun", "ak_active", 1)
    await read(client, "crun")
    async with client.get("/_simulator/served") as response:
        answer = await response.json()
    assert answer.keys() == {"crun", "lumenfall"}
    assert answer["lumenfall"] == {
        "lmnfl_active": LUMENFALL.decode(),
        "lmnfl_postpaid": POSTPAID.decode(),
    }
    assert json.loads(answer["crun"]["ak_active"])["data"] == {"balance": 999}
    assert played.served("lunos", "sk-active") is None


async def test_overview(client: Client) -> None:
    """Whoever runs the demo can see what to enter."""
    async with client.get("/_simulator/") as response:
        answer = await response.json()
    assert answer.keys() == simulator.load().keys()
    assert answer["engagelab_otp"]["overdrawn"] == {"identifier": "overdrawn", "api_key": "secret"}
    assert answer["lensmor"]["gift_only"] == {"api_key": "uak_gift_only"}


# --- as a program ---


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@asynccontextmanager
async def program(*arguments: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run the simulator as a program; it does not outlive the test."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def answers(session: ClientSession, url: str) -> None:
    """Wait until the program answers."""
    async with asyncio.timeout(10):
        while True:
            try:
                async with session.get(f"{url}/_simulator/"):
                    return
            except ClientError, OSError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("signal", [Signals.SIGINT, Signals.SIGTERM])
@pytest.mark.parametrize("scenario", ["slow", "stalled"])
async def test_ends_cleanly(socket_enabled: None, signal: Signals, scenario: str) -> None:
    """A signal ends the program within a second, without complaint, whatever is under way."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    async with program("--port", str(port)) as process, ClientSession() as session:
        await answers(session, url)

        async def hang() -> None:
            async with session.get(
                f"{url}/lunos{PATHS['lunos']}", headers=headers("lunos", scenario)
            ) as response:
                await response.read()

        hanging = asyncio.create_task(hang())
        await asyncio.sleep(0.2)
        assert not hanging.done()
        process.send_signal(signal)
        async with asyncio.timeout(1):
            assert await process.wait() == 0
        assert process.stderr is not None
        assert await process.stderr.read() == b""
        await asyncio.wait([hanging])
        assert hanging.exception() is not None


async def test_port_in_use(socket_enabled: None) -> None:
    """A port that is taken gives one clear line."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        async with program("--port", port) as process:
            out, err = await process.communicate()
            assert process.returncode == 1
    assert out == b""
    assert err.count(b"\n") == 1
    assert port.encode() in err
    assert b"in use" in err


@pytest.mark.parametrize(
    "arguments",
    [("--story", "yesterday"), ("--story", ""), ("--spend", "1"), ("--port", "70000")],
)
async def test_wrong_arguments(arguments: tuple[str, str]) -> None:
    """A wrong argument is refused in words."""
    async with program(*arguments) as process:
        _, err = await process.communicate()
        assert process.returncode not in {0, None}
    assert b"Traceback" not in err
    assert arguments[1].encode() in err


async def test_listens_at_home(socket_enabled: None) -> None:
    """The program listens on the loopback interface, and tells the story it was asked for."""
    port = free_port()
    async with (
        program(
            "--port", str(port), "--story", "2026-11-21T09:00+01:00", "--delay", "0.1"
        ) as process,
        ClientSession() as session,
    ):
        await answers(session, f"http://127.0.0.1:{port}")
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}" in (await process.stdout.readline()).decode()
        async with session.get(
            f"http://127.0.0.1:{port}/crun{PATHS['crun']}", headers=headers("crun", "slow")
        ) as response:
            assert response.status == 200
        async with session.get(f"http://127.0.0.1:{port}/_simulator/history") as response:
            readings = (await response.json())[0]["readings"]
        assert datetime.fromisoformat(readings[-1][0]) == datetime(2026, 11, 21, 8, tzinfo=UTC)
