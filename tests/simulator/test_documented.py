"""The simulator against the providers' documentation, from which the expected values are copied."""

from decimal import Decimal

import pytest

import simulator

from .conftest import PATHS, Client, headers, read

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

# Documented codes without a complete example: the fields that say what happened.
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
    ("crun", "invalid_key_in_200", 200, {"code": 401}),
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
        sent = await response.json()
    assert {name: sent[name] for name in fields} == fields
    assert isinstance(sent["message"], str)


async def test_rate_limit_headers(client: Client) -> None:
    """The only documented 429 says how long to wait."""
    path = f"/lensmor{PATHS['lensmor']}"
    async with client.get(path, headers=headers("lensmor", "rate_limited")) as response:
        assert response.headers["Retry-After"] == "32"
        assert response.headers["X-RateLimit-Remaining"] == "0"
    assert simulator.load()["lensmor"].scenarios["rate_limited"].retry_after == 32


async def test_nullable_values(client: Client) -> None:
    """What the documentation calls nullable is null in some account."""
    assert (await read(client, "lensmor", "gift_only"))["resetAt"] is None
    response = await read(client, "lumenfall", "unavailable")
    assert response["billing_type"] == "prepaid"
    assert response["available"] == {"amount": None, "currency": "usd"}


@pytest.mark.parametrize(
    ("slug", "total", "parts"),
    [
        ("engagelab_otp", "total_balance", ["balance", "gift_balance"]),
        ("lensmor", "totalBalance", ["subscriptionBalance", "giftBalance"]),
        ("lensmor", "totalAmount", ["subscriptionAmount", "giftAmount"]),
    ],
)
async def test_totals_in_the_files(client: Client, slug: str, total: str, parts: list[str]) -> None:
    """In each complete response a total is the sum that the documentation says it is."""
    for name, scenario in simulator.load()[slug].scenarios.items():
        if scenario.expect and name != "balance_only":
            response = await read(client, slug, name)
            assert Decimal(response[total]) == sum(Decimal(response[part]) for part in parts), name


async def test_low_flag_in_the_files(client: Client) -> None:
    """In each complete response the flag says whether the balance is below the threshold."""
    for name, scenario in simulator.load()["lunos"].scenarios.items():
        if scenario.expect and name != "balance_only":
            data = (await read(client, "lunos", name))["data"]
            assert data["isBalanceLow"] is (data["balance"] < data["alertBalance"]), name
            assert data["isAlertEnabled"] is (data["enableAlert"] == 1), name
