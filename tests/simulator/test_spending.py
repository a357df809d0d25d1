"""Spend and top up simulated accounts."""

from datetime import timedelta
from decimal import Decimal

import pytest

from simulator import Simulator

from .conftest import Client, Clock, key, read
from .test_documented import POSTPAID


async def test_subscription_before_gift(client: Client, simulated: Simulator) -> None:
    """Subscription credits are consumed before gift credits, and the total is their sum."""

    async def left(amount: int) -> tuple[int, ...]:
        simulated.spend("lensmor", "uak_active", amount)
        response = await read(client, "lensmor")
        assert response["totalAmount"] == 35050
        assert response["resetAt"] == 1714521600000
        return response["subscriptionBalance"], response["giftBalance"], response["totalBalance"]

    assert await left(2000) == (28000, 50, 28050)
    assert await left(27990) == (10, 50, 60)
    assert await left(30) == (0, 30, 30)
    assert await left(100) == (0, 0, 0)


async def test_gift_before_paid(client: Client, simulated: Simulator) -> None:
    """A gift is spent first; amounts stay texts with four places, and a debt is possible."""

    async def left(amount: str) -> dict[str, str]:
        simulated.spend("engagelab_otp", "active", amount)
        response: dict[str, str] = await read(client, "engagelab_otp")
        assert response.pop("currency") == "USD"
        return response

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


async def test_low_flag(client: Client, simulated: Simulator, clock: Clock) -> None:
    """The flag is set below the threshold, not at it; so is the time of the last change."""

    async def after(amount: str) -> tuple[Decimal, bool, str]:
        clock.now += timedelta(minutes=1)
        simulated.spend("lunos", "sk-active", amount)
        data = (await read(client, "lunos"))["data"]
        assert (data["email"], data["alertBalance"]) == ("user@example.com", 1)
        assert (data["enableAlert"], data["isAlertEnabled"]) == (1, True)
        return data["balance"], data["isBalanceLow"], data["updatedAt"]

    assert await after("9.5") == (Decimal(1), False, "2026-11-21T09:01:00.000Z")
    assert await after("0.01") == (Decimal("0.99"), True, "2026-11-21T09:02:00.000Z")
    simulated.top_up("lunos", "sk-active", 5)
    assert await after("0.49") == (Decimal("5.5"), False, "2026-11-21T09:03:00.000Z")


@pytest.mark.parametrize("slug", ["crun", "lensmor", "lumenfall", "lunos"])
async def test_spending_stops_at_zero(client: Client, simulated: Simulator, slug: str) -> None:
    """Without a documented debt the balance does not fall below zero."""
    simulated.spend(slug, key(slug, "active"), 1_000_000)
    response = await read(client, slug)
    balance = {
        "crun": lambda: response["data"]["balance"],
        "lensmor": lambda: response["totalBalance"],
        "lumenfall": lambda: response["available"]["amount"],
        "lunos": lambda: response["data"]["balance"],
    }[slug]()
    assert balance == 0


@pytest.mark.parametrize(
    ("amount", "left"), [("0.1", "12.4"), ("0.01", "12.49"), ("12.49", "0.01"), (12, "0.5")]
)
async def test_money_is_exact(
    client: Client, simulated: Simulator, amount: int | str, left: str
) -> None:
    """Amounts have no floating-point noise."""
    simulated.spend("lumenfall", "lmnfl_active", amount)
    assert (await read(client, "lumenfall"))["available"]["amount"] == Decimal(left)


async def test_top_up(client: Client, simulated: Simulator) -> None:
    """A top-up is added to the balance."""
    simulated.top_up("crun", "ak_empty", 500)
    assert (await read(client, "crun", "empty"))["data"]["balance"] == 500
    simulated.spend("crun", "ak_empty", "0.5")
    assert (await read(client, "crun", "empty"))["data"]["balance"] == Decimal("499.5")
    simulated.top_up("engagelab_otp", "overdrawn", "20")
    assert await read(client, "engagelab_otp", "overdrawn") == {
        "currency": "USD",
        "balance": "7.6600",
        "gift_balance": "0.0000",
        "total_balance": "7.6600",
    }


async def test_order_of_spending_and_top_up(client: Client, simulated: Simulator) -> None:
    """What is not there cannot be spent, and a top-up does not restore a spent gift."""
    simulated.spend("crun", "ak_active", 3000)
    simulated.top_up("crun", "ak_active", 500)
    assert (await read(client, "crun"))["data"]["balance"] == 500
    simulated.spend("engagelab_otp", "active", 1)
    simulated.top_up("engagelab_otp", "active", 10)
    assert await read(client, "engagelab_otp") == {
        "currency": "USD",
        "balance": "133.4500",
        "gift_balance": "0.0000",
        "total_balance": "133.4500",
    }


async def test_nothing_to_spend_from(client: Client, simulated: Simulator) -> None:
    """An account without a balance does not change."""
    simulated.spend("lumenfall", "lmnfl_postpaid", 1)
    await read(client, "lumenfall", "postpaid")
    assert simulated.served("lumenfall", "lmnfl_postpaid") == POSTPAID.decode()


async def test_accounts_are_separate(client: Client, simulated: Simulator) -> None:
    """A key with a dot is another account of the same scenario."""
    simulated.spend("crun", "ak_active.second", 400)
    assert (await read(client, "crun", "active.second"))["data"]["balance"] == 600
    assert (await read(client, "crun", "active.third"))["data"]["balance"] == 1000
    assert (await read(client, "crun"))["data"]["balance"] == 1000
    simulated.set_scenario("crun", "ak_active", "empty")
    assert (await read(client, "crun", "active.second"))["data"]["balance"] == 600
