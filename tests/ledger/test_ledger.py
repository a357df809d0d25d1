"""The alarm's crossings, and what is stored."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.api_balance.ledger import EventType, Ledger, is_low

START = datetime(2026, 11, 1, tzinfo=UTC)

type Step = tuple[int, Decimal, Decimal]


@pytest.mark.parametrize(
    ("balance", "threshold", "alarmed", "expected"),
    [
        ("10", "0", False, False),
        ("0.0001", "0", False, False),
        ("0", "0", False, True),
        ("-1", "0", False, True),
        ("5", "5", False, False),
        ("4.99", "5", False, True),
        ("10", "5", True, True),
    ],
)
def test_what_is_low(balance: str, threshold: str, *, alarmed: bool, expected: bool) -> None:
    """Below the threshold, used up, or so says the provider."""
    assert is_low(Decimal(balance), Decimal(threshold), alarmed=alarmed) is expected


def read(ledger: Ledger, balance: str, threshold: str = "5") -> list[str]:
    """Enter a reading a quarter of an hour later, and return what happened."""
    amount, limit = Decimal(balance), Decimal(threshold)
    ledger.record(
        amount,
        ledger.spending.at + timedelta(minutes=15),
        UTC,
        low=is_low(amount, limit, alarmed=False),
        threshold=limit,
    )
    told = [event.type.value for event in ledger.untold]
    ledger.untold.clear()
    return told


def test_each_crossing_once() -> None:
    """Down, down, and up again."""
    ledger = Ledger.start(Decimal(10), START, low=False)
    assert read(ledger, "6") == []
    assert read(ledger, "4") == ["became_low"]
    assert read(ledger, "3") == []
    assert read(ledger, "0") == ["emptied"]
    assert read(ledger, "-1") == []
    assert read(ledger, "2") == ["topped_up"]
    assert read(ledger, "1") == []
    assert read(ledger, "-0.5") == ["emptied"]
    assert read(ledger, "20") == ["topped_up", "recovered"]
    assert read(ledger, "0") == ["became_low", "emptied"]


@pytest.mark.parametrize("balance", ["10", "3", "0"])
def test_the_first_reading_is_the_baseline(balance: str) -> None:
    """However low it is."""
    ledger = Ledger.start(Decimal(balance), START, low=Decimal(balance) < 5)
    assert ledger.untold == []
    assert read(ledger, balance) == []


def test_what_an_event_says() -> None:
    """What a notification needs."""
    ledger = Ledger.start(Decimal(54), START, low=False)
    ledger.record(Decimal(6), START + timedelta(days=2), UTC, low=False, threshold=Decimal(5))
    assert ledger.untold == []
    ledger.record(
        Decimal(4), START + timedelta(days=2, hours=2), UTC, low=True, threshold=Decimal(5)
    )
    (low,) = ledger.untold
    assert (low.type, low.balance, low.threshold) == (
        EventType.BECAME_LOW,
        Decimal(4),
        Decimal(5),
    )
    assert low.amount is None
    # Twenty-four a day.
    assert low.run_out == START + timedelta(days=2, hours=6)
    ledger.untold.clear()
    ledger.record(Decimal("8.5"), START + timedelta(days=3), UTC, low=False, threshold=Decimal(5))
    topped_up, recovered = ledger.untold
    assert (topped_up.type, topped_up.amount) == (EventType.TOPPED_UP, Decimal("4.5"))
    assert (recovered.type, recovered.amount) == (EventType.RECOVERED, None)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2 * 86400),
        st.decimals(-3, 30, places=2),
        st.sampled_from([Decimal(0), Decimal(5), Decimal(20)]),
    ),
    max_size=30,
)


@given(st.decimals(-3, 30, places=2), STEPS, st.data())
def test_events_are_the_edges(first: Decimal, steps: list[Step], data: st.DataObject) -> None:
    """Whatever happens, also restarts: every crossing is told, once and in turn."""
    ledger = Ledger.start(first, START, low=is_low(first, Decimal(5), alarmed=False))
    low, empty, balance, moment = ledger.low, ledger.empty, first, START
    for seconds, amount, threshold in steps:
        moment += timedelta(seconds=seconds)
        if data.draw(st.booleans()):
            ledger = Ledger.from_dict(json.loads(json.dumps(ledger.as_dict())))
        now_low = is_low(amount, threshold, alarmed=False)
        ledger.record(amount, moment, UTC, low=now_low, threshold=threshold)
        expected = [
            EventType.TOPPED_UP if amount > balance else None,
            EventType.RECOVERED if low and not now_low else None,
            EventType.BECAME_LOW if now_low and not low else None,
            EventType.EMPTIED if amount <= 0 and not empty else None,
        ]
        assert [event.type for event in ledger.untold] == [each for each in expected if each]
        low, empty, balance = now_low, amount <= 0, amount
        ledger.untold.clear()


@given(st.decimals(-3, 30, places=2), STEPS)
def test_what_is_stored_is_what_was_there(first: Decimal, steps: list[Step]) -> None:
    """A restart changes nothing, also with something that was not told yet."""
    ledger = Ledger.start(first, START, low=True)
    moment = START
    for seconds, amount, threshold in steps:
        moment += timedelta(seconds=seconds)
        ledger.record(amount, moment, UTC, low=False, threshold=threshold)
    stored = json.dumps(ledger.as_dict())
    again = Ledger.from_dict(json.loads(stored))
    # The reading before the last one is of no use after a restart.
    again.before = ledger.before
    assert again == ledger
    assert json.dumps(again.as_dict()) == stored


def test_size() -> None:
    """The largest amounts, polled every quarter of an hour for a month: far below the bound."""
    ledger = Ledger.start(Decimal("999999999999999.999999999999"), START, low=False)
    for quarter in range(1, 30 * 96):
        ledger.record(
            Decimal("999999999999999.999999999999") - Decimal(quarter) / 1000,
            START + quarter * timedelta(minutes=15),
            UTC,
            low=False,
            threshold=Decimal(5),
        )
    # Five units of an account at the most.
    assert len(json.dumps(ledger.as_dict(), indent=2)) < 64 * 1024 / 5


def a_ledger() -> Ledger:
    """Return a ledger that has everything."""
    ledger = Ledger.start(Decimal(10), START, low=False)
    ledger.record(Decimal(4), START + timedelta(days=2), UTC, low=True, threshold=Decimal(5))
    ledger.record(Decimal(9), START + timedelta(days=3), UTC, low=False, threshold=Decimal(5))
    return ledger


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("since", None),
        ("since", "yesterday"),
        ("since", "2026-11-01T00:00:00"),
        ("at", 5),
        ("balance", "NaN"),
        ("balance", "Infinity"),
        ("balance", "ten"),
        ("balance", 10.5),
        ("low", 1),
        ("empty", None),
        ("last_top_up", ["2026-11-01T00:00:00+00:00"]),
        ("last_top_up", ["2026-11-01T00:00:00+00:00", None]),
        ("last_top_up", "2026-11-01T00:00:00+00:00"),
        ("days", []),
        ("days", {"today": "1"}),
        ("days", {"2026-11-01": 1}),
        ("hours", {}),
        ("hours", [[1, "1", 1]]),
        ("hours", ["1 1"]),
        ("hours", ["1 1 1 1"]),
        ("hours", ["now 1 1"]),
        ("hours", ["1 NaN 1"]),
        ("hours", ["1 1 1.5"]),
        ("untold", None),
        ("untold", ["topped_up"]),
        ("untold.0.type", "exploded"),
        ("untold.0.type", None),
        ("untold.0.balance", None),
        ("untold.0.run_out", 1),
    ],
)
def test_damage_is_found(path: str, value: object) -> None:
    """Whatever is wrong in a file is a ValueError."""
    stored = json.loads(json.dumps(a_ledger().as_dict()))
    Ledger.from_dict(stored)
    if path.startswith("untold.0"):
        stored["untold"][0][path.rpartition(".")[2]] = value
    else:
        stored[path] = value
    with pytest.raises(ValueError, match=r".*"):
        Ledger.from_dict(stored)


@pytest.mark.parametrize("missing", sorted(a_ledger().as_dict()))
def test_what_is_missing_is_found(missing: str) -> None:
    """Only a top-up need not be there."""
    stored = json.loads(json.dumps(a_ledger().as_dict()))
    del stored[missing]
    if missing == "last_top_up":
        assert Ledger.from_dict(stored).spending.last_top_up is None
    else:
        with pytest.raises(ValueError, match=r".*"):
            Ledger.from_dict(stored)
