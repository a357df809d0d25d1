"""Field cases 1, 2, 3, 8, 11, 12, 18: what single responses must not change, and what must."""

from decimal import Decimal

from homeassistant.core import HomeAssistant

from ..common import Clock, Providers
from .conftest import Account


async def test_case_1_a_false_zero(account: Account) -> None:
    """One good-looking response with a false 0: nothing happened."""
    await account.add(balance=100, threshold="10")
    for _ in range(3):
        await account.poll(100)
    await account.poll(0)
    assert account.shows("balance") == "100"
    assert account.low == "off"
    account.holds(100)
    await account.confirm()
    for _ in range(3):
        await account.poll(100)
    assert account.events == []
    assert account.issues == set()
    assert account.shows("spent_today") == "0"
    assert account.shows("estimated_run_out") == "unknown"
    assert account.shows("last_top_up") == "unknown"


async def test_case_1_a_true_zero_takes_a_minute(account: Account) -> None:
    """A real drop to 0 is confirmed by a second request."""
    await account.add(balance=100, threshold="10")
    await account.poll(0)
    assert account.events == []
    await account.confirm()
    assert account.events == ["became_low", "emptied"]
    assert account.shows("balance") == "0"
    assert account.shows("spent_today") == "100"


async def test_case_1_a_false_small_balance(account: Account) -> None:
    """A false balance that is not 0, but less than half, is not used either."""
    await account.add(balance=1000)
    await account.poll(1)
    assert account.shows("balance") == "1000"
    account.holds(1000)
    await account.confirm()
    await account.poll()
    assert account.events == []
    assert account.shows("spent_today") == "0"


async def test_case_1_a_failure_between_neither_confirms_nor_discards(account: Account) -> None:
    """A bad response between the two readings changes nothing about them."""
    await account.add(balance=100, threshold="10")
    await account.poll(0)
    await account.responds("html_502")
    assert account.events == []
    await account.responds(None)
    await account.confirm()
    assert account.events == ["became_low", "emptied"]


async def test_case_1_again_and_again(account: Account) -> None:
    """After a false reading, one more reading is required for a day, up to four."""
    await account.add(balance=100, threshold="10")
    await account.poll(0)
    account.holds(100)
    await account.confirm()
    await account.poll(0)
    await account.confirm()
    assert account.events == []
    await account.confirm()
    assert account.events == ["became_low", "emptied"]


async def test_case_2_reserved_and_released(account: Account) -> None:
    """Credits that are reserved and released again are neither spent nor topped up."""
    await account.add(balance=1000)
    for balance in range(1000, 980, -2):
        await account.poll(balance - 10)
        await account.poll(balance - 2)
    assert account.shows("spent_today") == "20"
    assert account.events == []
    assert account.shows("last_top_up") == "unknown"


async def test_case_2_a_release_larger_than_the_drops_is_a_top_up(account: Account) -> None:
    """More than what was spent within the last hour was added by somebody."""
    await account.add(balance=100)
    await account.poll(95)
    await account.poll(120)
    assert account.events == ["topped_up"]
    assert account.shows("last_top_up_amount") == "25"
    assert account.shows("spent_today") == "5"


async def test_case_2_automatic_top_up(account: Account) -> None:
    """With the option, every increase is a top-up."""
    await account.add(balance=100, auto_top_up=True)
    await account.poll(95)
    await account.poll(99)
    assert account.events == ["topped_up"]
    assert account.shows("last_top_up_amount") == "4"


async def test_case_3_around_the_threshold(usd_account: Account) -> None:
    """A balance that straddles its threshold alerts once."""
    account = usd_account
    await account.add(balance="10.02", threshold="10")
    for _ in range(48):
        await account.poll("9.98")
        await account.confirm()
        await account.poll("10.02")
    assert account.events == ["became_low"]
    assert account.low == "on"


async def test_case_3_recovery_takes_an_hour(usd_account: Account) -> None:
    """An hour of readings that are not low ends the alarm."""
    account = usd_account
    await account.add(balance="10.5", threshold="10")
    await account.poll("9.9")
    await account.confirm()
    # No top-up: what was spent is released again.
    for _ in range(4):
        await account.poll("10.4")
    assert account.events == ["became_low"]
    await account.poll("10.4")
    assert account.events == ["became_low", "recovered"]


async def test_case_3_a_person_ends_it(
    hass: HomeAssistant, usd_account: Account, providers: Providers
) -> None:
    """Somebody who presses Refresh and finds it not low need not wait."""
    account = usd_account
    await account.add(balance="10.5", threshold="10")
    await account.poll("9.9")
    await account.confirm()
    account.holds("10.4")
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.lumenfall_refresh"}, blocking=True
    )
    assert account.events == ["became_low", "recovered"]


async def test_case_8_credits_lapse_and_renew(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """Subscription credits that are renewed are no top-up, and what lapsed was not spent."""
    await clock.move_to("2024-04-30T23:50:00+00:00")
    account = Account(hass, providers, clock, "lensmor", Decimal(30050))
    await account.add(balance=12000)
    await clock.move_to("2024-05-01T00:10:00+00:00")
    await account.poll(35000)
    assert account.events == ["renewed"]
    assert account.shows("spent_this_month") == "0"
    assert account.shows("last_top_up") == "unknown"


async def test_case_11_prepaid_becomes_postpaid(usd_account: Account) -> None:
    """An empty account that becomes postpaid has no alarm and no issue any more."""
    account = usd_account
    await account.add(balance=1)
    await account.poll(0)
    await account.confirm()
    assert account.issues == {"balance_empty"}
    await account.responds("postpaid")
    assert account.issues == set()
    assert account.low == "unknown"
    assert account.shows("balance") == "unknown"


async def test_case_12_payment_required(account: Account) -> None:
    """402 means that nothing is left: reported once, no spending, amounts unknown."""
    await account.add(balance=5)
    await account.responds("insufficient")
    assert account.events == []
    await account.confirm()
    assert account.events == ["became_low", "emptied"]
    assert account.issues == {"balance_empty"}
    assert account.shows("balance") == "unknown"
    assert account.shows("status") == "no_credits"
    assert account.shows("spent_today") == "0"
    await account.poll()
    assert account.events == ["became_low", "emptied"]
    await account.responds(None)
    await account.poll(100)
    assert account.events == ["became_low", "emptied", "topped_up", "recovered"]
    assert account.shows("status") == "ok"
    assert account.shows("balance") == "100"


async def test_case_12_one_false_402(account: Account) -> None:
    """A single 402 changes nothing."""
    await account.add(balance=500)
    await account.responds("insufficient")
    await account.responds(None)
    await account.confirm()
    await account.poll()
    assert account.events == []
    assert account.shows("balance") == "500"


async def test_case_18_binary_noise(account: Account) -> None:
    """Digits beyond the fifteenth are noise of binary floating point."""
    await account.add(balance="1000.300000000001")
    assert account.shows("balance") == "1000.3"
    await account.poll("1000.3")
    await account.poll("1000.300000000001")
    assert account.shows("balance") == "1000.3"
    assert account.events == []
