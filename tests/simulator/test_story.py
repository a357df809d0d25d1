"""The story that the simulator tells for the demo."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
import json
from typing import Any

import pytest

import simulator
from simulator import Simulator
from simulator.story import HISTORY, accounts

BEGIN = datetime(2026, 11, 21, 9, 20, 30, tzinfo=timezone(timedelta(hours=1)))
LUNOS = ("lunos", "sk-active.story")
LENSMOR = ("lensmor", "uak_subscribed.story")
CRUN = ("crun", "ak_empty.story")
ENGAGELAB = ("engagelab_otp", "active.story")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Clock:
    """A clock that stands still until it is moved."""

    now = BEGIN

    def __call__(self) -> datetime:
        """Return its time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def told(clock: Clock) -> Simulator:
    """Return a simulator that tells the story."""
    return simulator.Simulator(delay=0, story=BEGIN, clock=clock)


def balance(slug: str, body: str) -> Decimal:
    """Return what is left, as the provider's document has it."""
    answer: Any = json.loads(body, parse_float=Decimal)
    match slug:
        case "lensmor":
            assert answer["totalBalance"] == answer["subscriptionBalance"] + answer["giftBalance"]
            return Decimal(answer["totalBalance"])
        case "engagelab_otp":
            return Decimal(answer["total_balance"])
        case _:
            return Decimal(answer["data"]["balance"])


def left(played: Simulator, account: tuple[str, str]) -> Decimal:
    """Return what an account has left now."""
    slug, key = account
    return balance(slug, played.answer(simulator.load()[slug], key)[1])


def history(played: Simulator) -> dict[tuple[str, str], list[tuple[datetime, str]]]:
    """Return the history's answers, by account."""
    return {
        (each["slug"], each["key"]): [
            (datetime.fromisoformat(at), body) for at, body in each["readings"]
        ]
        for each in played.history()
    }


def test_no_story(clock: Clock) -> None:
    """Without a story nothing happens by itself."""
    played = simulator.Simulator(delay=0, story=None, clock=clock)
    clock.now += DAY
    assert left(played, LUNOS) == Decimal("10.5")
    assert played.history() == []


def test_other_accounts(told: Simulator, clock: Clock) -> None:
    """The story is about its own accounts only."""
    clock.now += DAY
    assert left(told, ("lunos", "sk-active")) == Decimal("10.5")
    assert left(told, ("engagelab_otp", "active")) == Decimal("124.45")


@pytest.mark.parametrize("account", accounts())
def test_history(told: Simulator, account: tuple[str, str]) -> None:
    """A month's answers lead to the documented one; there is always something left, or nothing."""
    slug, key = account
    readings = history(told)[account]
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
    assert history(told)[account] == readings


@pytest.mark.parametrize("account", accounts())
def test_history_is_believable(told: Simulator, account: tuple[str, str]) -> None:
    """Each day is another one; at work more is spent than at night, and less at weekends."""
    by_day: dict[int, Decimal] = {}
    by_hour: dict[int, Decimal] = {}
    readings = history(told)[account]
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


def test_becomes_low(told: Simulator, clock: Clock) -> None:
    """Lunos is above its threshold of 10 at first, and below it within two minutes."""
    assert left(told, LUNOS) == Decimal("10.5")
    clock.now += MINUTE / 2
    assert left(told, LUNOS) > 10
    clock.now += MINUTE
    assert 9 < left(told, LUNOS) < 10
    clock.now += 30 * DAY
    assert left(told, LUNOS) == 0


def test_is_topped_up(told: Simulator, clock: Clock) -> None:
    """Lensmor is spent, and topped up after a few minutes."""
    clock.now += 3 * MINUTE
    before = left(told, LENSMOR)
    assert 29800 < before < 30050
    clock.now += 2 * MINUTE
    assert 34000 < left(told, LENSMOR) < 34500


def test_is_empty(told: Simulator, clock: Clock) -> None:
    """Crun.ai was used up two days ago, and stays so until somebody tops it up."""
    amounts = {at: balance("crun", body) for at, body in history(told)[CRUN]}
    assert all(not amount for at, amount in amounts.items() if at >= BEGIN - 2 * DAY)
    assert all(amount for at, amount in amounts.items() if at < BEGIN - 2 * DAY - DAY / 2)
    clock.now += DAY
    assert left(told, CRUN) == 0
    told.top_up(*CRUN, 100)
    clock.now += DAY
    assert left(told, CRUN) == 100


def test_goes_steadily(told: Simulator, clock: Clock) -> None:
    """EngageLab OTP is spent while one watches, and lasts for two or three weeks."""
    clock.now += 2 * MINUTE
    assert Decimal(123) < left(told, ENGAGELAB) < Decimal("124.45")
    clock.now = BEGIN + 12 * DAY
    assert left(told, ENGAGELAB) > 20
    clock.now = BEGIN + 25 * DAY
    assert left(told, ENGAGELAB) < 0


@pytest.mark.parametrize("account", accounts())
def test_another_start(told: Simulator, clock: Clock, account: tuple[str, str]) -> None:
    """A simulator that is started again goes on with the story, however often one has looked."""
    amounts = []
    for _ in range(90):
        clock.now += MINUTE / 6
        amounts.append(left(told, account))
    for pause in (timedelta(0), MINUTE, 3 * DAY):
        clock.now += pause
        again = simulator.Simulator(delay=0, story=BEGIN, clock=clock)
        assert left(again, account) == left(told, account)


def test_on_top(told: Simulator, clock: Clock) -> None:
    """What somebody does to an account comes on top of its story."""
    clock.now += MINUTE
    before = left(told, ENGAGELAB)
    told.top_up(*ENGAGELAB, 50)
    assert left(told, ENGAGELAB) == before + 50
    told.spend(*ENGAGELAB, "0.5")
    clock.now += MINUTE
    again = simulator.Simulator(delay=0, story=BEGIN, clock=clock)
    assert left(told, ENGAGELAB) == left(again, ENGAGELAB) + Decimal("49.5")
    told.set_scenario(*ENGAGELAB, "disabled")
    assert told.answer(simulator.load()["engagelab_otp"], ENGAGELAB[1])[0].status == 403
    told.set_scenario(*ENGAGELAB, None)
    assert left(told, ENGAGELAB) == left(again, ENGAGELAB) + Decimal("49.5")


def test_any_beginning() -> None:
    """Whenever the story begins, it is never more spent than there was."""
    for hours in range(0, 24 * 35, 29):
        begin = datetime(2027, 1, 1, 0, 30, tzinfo=UTC) + timedelta(hours=hours)
        played = simulator.Simulator(delay=0, story=begin, clock=Clock())
        for (slug, _), readings in history(played).items():
            amounts = [balance(slug, body) for _, body in readings]
            assert min(amounts) >= 0
            assert slug == "crun" or min(amounts) > {"lunos": 1, "lensmor": 5000}.get(slug, 20)
