"""Properties of any sequence of readings."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
import json

from hypothesis import given, strategies as st

from custom_components.api_balance.ledger import BalanceEvent, EventType, Ledger, Reading
from custom_components.api_balance.ledger.hours import hour_start

from .account import AMSTERDAM, ZONES, Account

AMOUNTS = st.decimals(-100, 1000, places=2) | st.integers(-10, 10**14).map(Decimal)
# Around a threshold of 10, where alarms start and end.
NEAR = st.decimals(9, 11, places=2) | st.sampled_from([Decimal(0), Decimal(40)])
GAPS = st.integers(0, 3 * 86400) | st.integers(0, 1800)
STARTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda each: each.replace(tzinfo=UTC)
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that happens to an account."""

    gap: int
    balance: Decimal | None
    """None for HTTP 402."""
    threshold: Decimal = Decimal(10)
    reset: timedelta | None = None
    tops_up: bool = False
    alarmed: bool = False
    refreshed: bool = False
    reset_spending: timedelta | None = None
    new_threshold: Decimal | None = None


STEPS = st.lists(
    st.builds(
        Step,
        gap=GAPS | st.integers(-86400, 0),
        balance=AMOUNTS | NEAR | st.none(),
        threshold=st.sampled_from([Decimal(0), Decimal(10)]),
        reset=st.none() | st.integers(-3600, 86400).map(lambda each: timedelta(seconds=each)),
        tops_up=st.booleans(),
        alarmed=st.booleans(),
        refreshed=st.booleans(),
        reset_spending=st.none()
        | st.integers(-3600, 86400 * 20).map(lambda each: timedelta(seconds=each)),
        new_threshold=st.none() | st.sampled_from([Decimal(0), Decimal(10)]),
    ),
    max_size=15,
)


def take(ledger: Ledger, step: Step, now: datetime, zone: tzinfo) -> list[BalanceEvent]:
    """Apply a step to a ledger, as the account does, and return the events."""
    if step.balance is None:
        if ledger.admit_no_credits(now):
            ledger.record_no_credits(now, zone, threshold=step.threshold)
    else:
        reading = Reading(
            balance=step.balance,
            at=now,
            threshold=step.threshold,
            tops_up=step.tops_up,
            alarmed=step.alarmed,
            reset=None if step.reset is None else now + step.reset,
        )
        if ledger.admit(reading):
            ledger.record(reading, zone, refreshed=step.refreshed)
    if step.new_threshold is not None:
        ledger.set_threshold(step.new_threshold, now, zone)
    if step.reset_spending is not None:
        ledger.reset_spending(now - step.reset_spending, now, zone)
    events = list(ledger.pending)
    ledger.pending.clear()
    return events


def again(ledger: Ledger) -> Ledger:
    """Return a ledger after a restart."""
    result = Ledger.from_dict(json.loads(json.dumps(ledger.as_dict())))
    # What is not stored: see the class and Confirmation.
    result.before, result.changed_from = ledger.before, ledger.changed_from
    result.clear_statistics = ledger.clear_statistics
    result.confirmation.pending = list(ledger.confirmation.pending)
    return result


@given(AMOUNTS | NEAR, STARTS, STEPS, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_restarts_change_nothing(
    first: Decimal, start: datetime, steps: list[Step], zone: tzinfo, other: tzinfo
) -> None:
    """A ledger that is stored and loaded at every step behaves like one that is not."""
    ledger = Ledger.start(Reading(balance=first, at=start, threshold=Decimal(10)))
    restarted = again(ledger)
    now = start
    for number, step in enumerate(steps):
        now += timedelta(seconds=step.gap)
        # The user moves, too.
        here = other if number % 5 == 4 else zone
        expected = take(ledger, step, now, here)
        restarted = again(restarted)
        assert take(restarted, step, now, here) == expected
        assert restarted == ledger
        assert restarted.awaits_confirmation == ledger.awaits_confirmation
        assert restarted.figures(now, here) == ledger.figures(now, here)
        assert restarted.hourly_spending(now) == ledger.hourly_spending(now)


@given(AMOUNTS | NEAR, STARTS, STEPS, st.sampled_from(ZONES))
def test_events_are_in_turn(
    first: Decimal, start: datetime, steps: list[Step], zone: tzinfo
) -> None:
    """An episode begins once, ends once, and is emptied at most once."""
    ledger = Ledger.start(Reading(balance=first, at=start, threshold=Decimal(10)))
    low, emptied = ledger.low, first <= 0
    now = start
    for step in steps:
        now += timedelta(seconds=step.gap)
        for event in take(ledger, step, now, zone):
            match event.type:
                case EventType.BECAME_LOW:
                    assert not low
                    low, emptied = True, False
                case EventType.EMPTIED:
                    assert low
                    assert not emptied
                    emptied = True
                case EventType.RECOVERED:
                    assert low
                    low = False
                case EventType.TOPPED_UP:
                    assert event.amount is not None
                    assert event.amount > 0
                case EventType.RENEWED:
                    assert event.amount is not None
        assert ledger.low is low
        if ledger.no_credits or ledger.last.low:
            assert ledger.low


@given(AMOUNTS | NEAR, STARTS, STEPS, st.sampled_from(ZONES))
def test_bounds(first: Decimal, start: datetime, steps: list[Step], zone: tzinfo) -> None:
    """All figures and lists stay within bounds, even if the clock changes."""
    ledger = Ledger.start(Reading(balance=first, at=start))
    now = start
    for step in steps:
        now += timedelta(seconds=step.gap) * (50 if step.alarmed else 1)
        take(ledger, step, now, zone)
        figures = ledger.figures(now, zone)
        assert 0 <= figures.spent_today <= figures.max_spent_today
        assert 0 <= figures.spent_this_month <= figures.max_spent_this_month
        assert figures.spent_today <= figures.spent_this_month
        assert figures.spent_yesterday is None or figures.spent_yesterday >= 0
        assert figures.spent_last_month is None or figures.spent_last_month >= 0
        assert figures.spending_rate is None or figures.spending_rate >= 0
        assert (figures.run_out is None) is (figures.days_left is None)
        if figures.days_left is not None and figures.run_out is not None:
            assert ledger.balance > 0
            assert 0 <= figures.days_left <= 3650
            assert figures.run_out > now - timedelta(days=1)
        assert figures.percent_left is None or figures.percent_left >= 0
        totals = [total for _, _, total in ledger.hourly_spending(now)]
        assert totals == sorted(totals)
        assert min(totals) >= 0
        assert len(totals) <= 63 * 24 + 50
        spending = ledger.spending
        assert len(spending.days) <= 127
        assert len(spending.hours.keys() | spending.observed.keys()) <= 168 + 48 + 1
        assert len(ledger.confirmation.pending) <= 6


@given(AMOUNTS | NEAR, STARTS, STEPS, st.sampled_from(ZONES))
def test_conservation(first: Decimal, start: datetime, steps: list[Step], zone: tzinfo) -> None:
    """Spent minus top-ups minus renewals is the change of the balance."""
    ledger = Ledger.start(Reading(balance=first, at=start))
    added, now = Decimal(0), start
    for step in steps:
        now += timedelta(seconds=step.gap)
        if step.reset_spending is None:
            events = take(ledger, step, now, zone)
            added += sum((event.amount for event in events if event.amount is not None), Decimal(0))
    assert ledger.spending.total - added == first - ledger.balance


@given(
    readings=st.lists(st.tuples(st.integers(0, 900), st.decimals(9, 10, places=2)), max_size=12),
    threshold=st.decimals(9, 11, places=2),
    confirmed=st.booleans(),
)
def test_one_alarm_within_an_hour(
    readings: list[tuple[int, Decimal]], threshold: Decimal, *, confirmed: bool
) -> None:
    """A balance that fluctuates below its first value causes one alarm within an hour.

    An increase above the first value is a top-up, which ends an alarm.
    """
    account = Account.open("10", threshold=threshold)
    start, events = account.now, []
    for seconds, balance in readings:
        if account.now + timedelta(seconds=seconds) <= start + timedelta(hours=1):
            account.now += timedelta(seconds=seconds)
            for _ in range(4 if confirmed else 1):
                events += account.poll(str(balance)) or []
    assert events in ([], ["became_low"])


@given(AMOUNTS | NEAR, STARTS, STEPS, st.integers(0, 10**6).map(Decimal), st.integers(0, 900))
def test_discarded_reading_leaves_no_trace(
    first: Decimal, start: datetime, steps: list[Step], false: Decimal, seconds: int
) -> None:
    """A discarded reading changes nothing but the list of discards."""
    ledger = Ledger.start(Reading(balance=first, at=start))
    now = start
    for step in steps:
        now += timedelta(seconds=step.gap)
        take(ledger, step, now, AMSTERDAM)
    ledger.confirmation.pending.clear()
    other = again(ledger)
    now += timedelta(seconds=seconds)
    if not other.admit(Reading(balance=min(false, other.balance), at=now)):
        assert other == ledger
        assert other.figures(now, AMSTERDAM) == ledger.figures(now, AMSTERDAM)
        assert other.as_dict() == ledger.as_dict()
        now += timedelta(seconds=45)
        for each in (ledger, other):
            reading = Reading(balance=each.balance, at=now)
            assert each.admit(reading)
            each.record(reading, AMSTERDAM)
        assert other.as_dict() | {"discards": []} == ledger.as_dict() | {"discards": []}
        assert other.confirmation.discards[-1] == now


@given(
    st.lists(st.tuples(GAPS, st.integers(0, 10**6)), min_size=1, max_size=9),
    st.sampled_from(ZONES),
    st.data(),
)
def test_gaps_do_not_change_the_total(
    steps: list[tuple[int, int]], zone: tzinfo, data: st.DataObject
) -> None:
    """The total spending does not depend on how often the balance is read."""
    balances = sorted((balance for _, balance in steps), reverse=True)
    full = Ledger.start(Reading(balance=Decimal(10**6), at=datetime(2026, 10, 24, tzinfo=UTC)))
    gappy = again(full)
    now = full.last.at
    for number, ((gap, _), balance) in enumerate(zip(steps, balances, strict=True), 1):
        now += timedelta(seconds=gap)
        reading = Reading(balance=Decimal(balance), at=now)
        full.record(reading, zone)
        if number == len(steps) or data.draw(st.booleans()):
            gappy.record(reading, zone)
    assert full.spending.total == gappy.spending.total == 10**6 - balances[-1]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3 * 86400) | st.integers(1, 40 * 86400),
            st.integers(0, 10**6),
            st.booleans(),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_statistics_of_each_hour(steps: list[tuple[int, int, bool, bool]]) -> None:
    """Whatever is off for how long: rows that were written have the spending of their time.

    A step is the time since the last reading, the spending, and whether Home Assistant was
    restarted before and after it was written to the statistics.
    """
    account = Account.open(str(10**9), datetime(2026, 10, 24, tzinfo=UTC))
    rows: dict[int, Decimal] = {}
    exact: list[tuple[datetime, datetime, int]] = []
    for seconds, spent, before, after in steps:
        if before:
            account.restart()
        start = account.now
        account.after(seconds / 60, str(account.ledger.balance - spent))
        exact.append((start, account.now, spent))
        for restarts in (after, False):
            rows |= {hour: total for hour, _, total in account.ledger.hourly_spending(account.now)}
            account.ledger.mark_written(account.now)
            if restarts:
                account.restart()
    for hour, total in rows.items():
        until = hour_start(hour + 1)
        expected = sum(
            spent if end <= until else spent * max((until - start) / (end - start), 0)
            for start, end, spent in exact
        )
        assert abs(float(total) - expected) <= len(steps)
