"""The story of the demo's accounts."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
import json
from typing import Any

import pytest

import simulator
from simulator import Simulator
from simulator.story import HISTORY, accounts

from .conftest import Clock

BEGIN = datetime(2026, 11, 21, 9, 20, 30, tzinfo=timezone(timedelta(hours=1)))
LUNOS = ("lunos", "sk-active.story")
LENSMOR = ("lensmor", "uak_subscribed.story")
CRUN = ("crun", "ak_empty.story")
ENGAGELAB = ("engagelab_otp", "active.story")
OPENROUTER = ("openrouter", "sk-or-v1-active.story")
DEEPSEEK = ("deepseek", "sk-both_topped_up.story")
ELEVENLABS = ("elevenlabs", "sk_active.story")
TWILIO = ("twilio", "ACactive.story")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that starts at the story's beginning."""
    clock = Clock()
    clock.now = BEGIN
    return clock


@pytest.fixture
def simulated(clock: Clock) -> Simulator:
    """Return a simulator with the story."""
    return simulator.Simulator(delay=0, story=BEGIN, clock=clock)


def balance(slug: str, body: str) -> Decimal:
    """Return the balance, as the provider's documentation has it."""
    response: Any = json.loads(body, parse_float=Decimal)
    match slug:
        case "lensmor":
            assert (
                response["totalBalance"]
                == response["subscriptionBalance"] + response["giftBalance"]
            )
            return Decimal(response["totalBalance"])
        case "engagelab_otp":
            return Decimal(response["total_balance"])
        case "openrouter":
            return Decimal(response["data"]["total_credits"] - response["data"]["total_usage"])
        case "deepseek":
            return Decimal(response["balance_infos"][0]["total_balance"])
        case "elevenlabs":
            return Decimal(response["character_limit"] - response["character_count"])
        case "twilio":
            return Decimal(response["balance"])
        case _:
            return Decimal(response["data"]["balance"])


def amount_at(body: str, path: str) -> Decimal:
    """Return the amount at a path in a response."""
    value: Any = json.loads(body, parse_float=Decimal)
    for name in path.split("."):
        value = value[name]
    return Decimal(value)


def left(simulated: Simulator, account: tuple[str, str]) -> Decimal:
    """Return the current balance of an account."""
    slug, key = account
    return balance(slug, simulated.response(simulator.load()[slug], key)[1])


def history(simulated: Simulator) -> dict[tuple[str, str], list[tuple[datetime, str]]]:
    """Return the responses of the history, by account."""
    return {
        (each["slug"], each["key"]): [
            (datetime.fromisoformat(at), body) for at, body in each["readings"]
        ]
        for each in simulated.history()
    }


def test_no_story(clock: Clock) -> None:
    """Without a story balances do not change by themselves."""
    simulated = simulator.Simulator(delay=0, story=None, clock=clock)
    clock.now += DAY
    assert left(simulated, LUNOS) == Decimal("10.5")
    assert simulated.history() == []


def test_other_accounts(simulated: Simulator, clock: Clock) -> None:
    """The story changes only its own accounts."""
    clock.now += DAY
    assert left(simulated, ("lunos", "sk-active")) == Decimal("10.5")
    assert left(simulated, ("engagelab_otp", "active")) == Decimal("124.45")


@pytest.mark.parametrize("account", accounts())
def test_history(simulated: Simulator, account: tuple[str, str]) -> None:
    """A month of responses leads to the documented one; no balance is below zero."""
    slug, key = account
    readings = history(simulated)[account]
    times = [at for at, _ in readings]
    assert times == sorted(set(times))
    assert times[0] - (BEGIN - HISTORY) < timedelta(hours=1)
    assert max(after - before for before, after in pairwise(times)) <= (timedelta(hours=1))
    api = simulator.load()[slug]
    assert readings[-1] == (BEGIN, api.scenarios[api.scenario(key)].body)
    amounts = [balance(slug, body) for _, body in readings]
    assert min(amounts) >= 0
    rises = [after - before for before, after in pairwise(amounts)]
    assert [rise for rise in rises if rise > 0] == [
        amount for after, amount in accounts()[account].top_ups if after < timedelta(0)
    ]
    assert history(simulated)[account] == readings


@pytest.mark.parametrize("account", accounts())
def test_history_is_believable(simulated: Simulator, account: tuple[str, str]) -> None:
    """Days differ; more is spent during working hours than at night, and less at weekends."""
    by_day: dict[int, Decimal] = {}
    by_hour: dict[int, Decimal] = {}
    readings = history(simulated)[account]
    for (at, body), (_, later) in pairwise(readings):
        local = at.astimezone(BEGIN.tzinfo)
        spent = max(balance(account[0], body) - balance(account[0], later), Decimal(0))
        by_day[local.toordinal()] = by_day.get(local.toordinal(), Decimal(0)) + spent
        by_hour[local.hour] = by_hour.get(local.hour, Decimal(0)) + spent
    days = {
        datetime.fromordinal(day): spent
        for day, spent in list(by_day.items())[1:-1]
        if account != CRUN or spent
    }
    assert len(set(days.values())) > len(days) / 2
    assert by_hour[10] > 3 * by_hour[2]
    work = [spent for day, spent in days.items() if day.weekday() < 5]
    rest = [spent for day, spent in days.items() if day.weekday() >= 5]
    assert sum(rest) / len(rest) < sum(work) / len(work) / 2
    assert min(days.values()) > 0


def test_becomes_low(simulated: Simulator, clock: Clock) -> None:
    """Lunos is above its threshold of 10 at first, and below it within two minutes."""
    assert left(simulated, LUNOS) == Decimal("10.5")
    clock.now += MINUTE / 2
    assert left(simulated, LUNOS) > 10
    clock.now += MINUTE
    assert 9 < left(simulated, LUNOS) < 10
    clock.now += 30 * DAY
    assert left(simulated, LUNOS) == 0


def test_is_topped_up(simulated: Simulator, clock: Clock) -> None:
    """Lensmor is spent, and topped up after a few minutes."""
    clock.now += 3 * MINUTE
    before = left(simulated, LENSMOR)
    assert 29800 < before < 30050
    clock.now += 2 * MINUTE
    assert 34000 < left(simulated, LENSMOR) < 34500


def test_is_empty(simulated: Simulator, clock: Clock) -> None:
    """Crun.ai was used up two days ago, and stays empty until it is topped up."""
    amounts = {at: balance("crun", body) for at, body in history(simulated)[CRUN]}
    assert all(not amount for at, amount in amounts.items() if at >= BEGIN - 2 * DAY)
    assert all(amount for at, amount in amounts.items() if at < BEGIN - 2 * DAY - DAY / 2)
    clock.now += DAY
    assert left(simulated, CRUN) == 0
    simulated.top_up(*CRUN, 100)
    clock.now += DAY
    assert left(simulated, CRUN) == 100


def test_is_spent_steadily(simulated: Simulator, clock: Clock) -> None:
    """EngageLab OTP is spent while somebody watches, and lasts for two or three weeks."""
    clock.now += 2 * MINUTE
    assert Decimal(123) < left(simulated, ENGAGELAB) < Decimal("124.45")
    clock.now = BEGIN + 12 * DAY
    assert left(simulated, ENGAGELAB) > 20
    clock.now = BEGIN + 25 * DAY
    assert left(simulated, ENGAGELAB) < 0


def test_is_running_low(simulated: Simulator, clock: Clock) -> None:
    """OpenRouter falls below its threshold of 60 within two or three weeks."""
    clock.now += 7 * DAY
    assert left(simulated, OPENROUTER) > 60
    clock.now += 14 * DAY
    assert left(simulated, OPENROUTER) < 60


def test_was_low(simulated: Simulator) -> None:
    """Twilio was below its threshold of 3 until it was topped up nine days ago."""
    amounts = {at: balance("twilio", body) for at, body in history(simulated)[TWILIO]}
    low = [at for at, amount in amounts.items() if amount < 3]
    assert DAY < low[-1] - low[0] < 10 * DAY
    assert timedelta(days=9) < BEGIN - low[-1] < timedelta(days=9, hours=4)


def test_is_far_from_low(simulated: Simulator, clock: Clock) -> None:
    """ElevenLabs renewed three days ago, and has most of its characters left."""
    assert min(balance("elevenlabs", body) for _, body in history(simulated)[ELEVENLABS]) > 1000
    clock.now += 14 * DAY
    assert left(simulated, ELEVENLABS) > 5000


def test_two_currencies(simulated: Simulator, clock: Clock) -> None:
    """DeepSeek has two currencies, of which only the first is spent."""
    clock.now += 7 * DAY
    body = simulated.response(simulator.load()["deepseek"], DEEPSEEK[1])[1]
    amounts = [each["total_balance"] for each in json.loads(body)["balance_infos"]]
    assert Decimal(amounts[0]) < Decimal("81.69")
    assert amounts[1] == "20.00"


@pytest.mark.parametrize("account", accounts())
def test_restart(simulated: Simulator, clock: Clock, account: tuple[str, str]) -> None:
    """A restarted simulator continues the story, however many requests there were."""
    amounts = []
    for _ in range(90):
        clock.now += MINUTE / 6
        amounts.append(left(simulated, account))
    for pause in (timedelta(0), MINUTE, 3 * DAY):
        clock.now += pause
        again = simulator.Simulator(delay=0, story=BEGIN, clock=clock)
        assert left(again, account) == left(simulated, account)


def test_by_hand(simulated: Simulator, clock: Clock) -> None:
    """Spending and top-ups by hand are added to the story."""
    clock.now += MINUTE
    before = left(simulated, ENGAGELAB)
    simulated.top_up(*ENGAGELAB, 50)
    assert left(simulated, ENGAGELAB) == before + 50
    simulated.spend(*ENGAGELAB, "0.5")
    clock.now += MINUTE
    again = simulator.Simulator(delay=0, story=BEGIN, clock=clock)
    assert left(simulated, ENGAGELAB) == left(again, ENGAGELAB) + Decimal("49.5")
    simulated.set_scenario(*ENGAGELAB, "disabled")
    assert simulated.response(simulator.load()["engagelab_otp"], ENGAGELAB[1])[0].status == 403
    simulated.set_scenario(*ENGAGELAB, None)
    assert left(simulated, ENGAGELAB) == left(again, ENGAGELAB) + Decimal("49.5")


@pytest.mark.parametrize("hours", range(0, 24 * 35, 125))
def test_any_beginning(hours: int) -> None:
    """Whenever the story begins, no balance and nothing that was used is ever below zero."""
    begin = datetime(2027, 1, 1, 0, 30, tzinfo=UTC) + timedelta(hours=hours)
    simulated = simulator.Simulator(delay=0, story=begin, clock=Clock())
    for (slug, _), readings in history(simulated).items():
        amounts = [balance(slug, body) for _, body in readings]
        assert min(amounts) >= 0
        least = {"lunos": 1, "lensmor": 5000, "elevenlabs": 1000, "twilio": 1}
        assert slug == "crun" or min(amounts) > least.get(slug, 20)
        if used := simulator.load()[slug].spend.get("used"):
            assert min(amount_at(body, used) for _, body in readings) >= 0
