"""What was spent: examples worked out by hand, and what must hold for any readings."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.api_balance.ledger import Figures
from custom_components.api_balance.ledger.spending import Spending

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONES = [
    UTC,
    AMSTERDAM,
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Kathmandu"),
    ZoneInfo("Pacific/Auckland"),
    # Its days begin at one o'clock when summer time begins.
    ZoneInfo("Africa/Cairo"),
]

type Reading = tuple[datetime, Decimal]


def at(text: str, zone: tzinfo = AMSTERDAM) -> datetime:
    """Return a moment in UTC, from a text in a user's time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def spending(*readings: tuple[str, str], zone: tzinfo = AMSTERDAM) -> Spending:
    """Return what follows from readings, given as texts in a user's time."""
    (start, balance), *rest = readings
    result = Spending.start(Decimal(balance), at(start, zone))
    for moment, amount in rest:
        result.record(Decimal(amount), at(moment, zone), zone)
    return result


def figures(
    *readings: tuple[str, str], now: str | None = None, zone: tzinfo = AMSTERDAM
) -> Figures:
    """Return the figures after the last of some readings, or later."""
    return spending(*readings, zone=zone).figures(at(now or readings[-1][0], zone), zone)


def test_the_first_reading_is_neither_spending_nor_a_top_up() -> None:
    """What was before nobody knows."""
    assert figures(("2026-11-21 15:00", "10.5")) == Figures(
        spent_today=Decimal(0),
        today_since=at("2026-11-21 15:00"),
        spent_this_month=Decimal(0),
        month_since=at("2026-11-21 15:00"),
        spending_rate=None,
        run_out=None,
        last_top_up=None,
        last_top_up_amount=None,
    )


def test_a_fall_is_spending_and_a_rise_is_a_top_up() -> None:
    """A top-up is no negative spending."""
    result = figures(
        ("2026-11-20 15:00", "10.5"),
        ("2026-11-21 09:00", "10.5"),
        ("2026-11-21 09:15", "10.25"),
        ("2026-11-21 09:30", "30.25"),
        ("2026-11-21 09:45", "30.13"),
    )
    assert result.spent_today == Decimal("0.37")
    assert result.spent_this_month == Decimal("0.37")
    assert result.last_top_up == at("2026-11-21 09:30")
    assert result.last_top_up_amount == Decimal(20)
    assert result.today_since == at("2026-11-21 00:00")
    assert result.month_since == at("2026-11-20 15:00")


def test_arrears_count_like_any_other_balance() -> None:
    """Nothing special happens at zero."""
    result = figures(("2026-11-21 09:00", "1"), ("2026-11-21 09:15", "-0.5"))
    assert result.spent_today == Decimal("1.5")


def test_a_new_day_and_a_new_month_begin_at_the_users_midnight() -> None:
    """Also without a reading."""
    readings = (("2026-11-30 10:00", "100"), ("2026-11-30 12:00", "90"))
    before = figures(*readings, now="2026-11-30 23:59:59")
    assert (before.spent_today, before.spent_this_month) == (Decimal(10), Decimal(10))
    after = figures(*readings, now="2026-12-01 00:00")
    assert (after.spent_today, after.spent_this_month) == (Decimal(0), Decimal(0))
    assert after.today_since == after.month_since == at("2026-12-01 00:00")
    assert at("2026-12-01 00:00") == datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_a_fall_across_midnight_is_shared() -> None:
    """Ten minutes of the old day and five of the new one."""
    result = spending(("2026-11-20 23:50", "103"), ("2026-11-21 00:05", "100"))
    assert result.days == {date(2026, 11, 20): Decimal(2), date(2026, 11, 21): Decimal(1)}


def test_a_weeks_outage_is_not_one_days_spending() -> None:
    """Seventy credits in a week are ten a day, of which today has had a half."""
    result = spending(("2026-11-13 12:00", "100"), ("2026-11-20 12:00", "30"))
    assert result.days[date(2026, 11, 13)] == Decimal(5)
    assert [result.days[date(2026, 11, day)] for day in range(14, 20)] == [Decimal(10)] * 6
    assert result.days[date(2026, 11, 20)] == Decimal(5)
    now = result.figures(at("2026-11-20 12:00"), AMSTERDAM)
    assert now.spent_today == Decimal(5)
    assert now.spent_this_month == Decimal(70)
    # The week is known, though nobody looked: 10 a day, and 30 left.
    assert now.spending_rate == Decimal(10)
    assert now.run_out == at("2026-11-23 00:00")


def test_an_outage_over_the_end_of_a_month() -> None:
    """Each month gets its own days."""
    result = figures(("2026-11-29 00:00", "40"), ("2026-12-03 00:00", "0"), now="2026-12-03 08:00")
    assert result.spent_this_month == Decimal(20)
    assert result.month_since == at("2026-12-01 00:00")


def test_an_outage_of_a_year_leaves_a_month() -> None:
    """Nobody can ask for more."""
    result = spending(("2025-08-21 00:00", "36500"), ("2026-08-21 00:00", "0"))
    assert sum(result.days.values()) == Decimal(3300)
    assert result.figures(at("2026-08-21 00:00"), AMSTERDAM).spent_this_month == Decimal(2000)


def test_shares_are_exact() -> None:
    """Shares have no more places than the amount, and together are the amount."""
    result = spending(
        ("2026-11-13 07:11", "0.0100"), ("2026-11-16 19:03", "0.0033"), zone=AMSTERDAM
    )
    assert sum(result.days.values()) == Decimal("0.0067")
    assert all(int(spent.as_tuple().exponent) >= -4 for spent in result.days.values())
    assert sum(spent for spent, _ in result.hours.values()) == Decimal("0.0067")


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)]
)
def test_days_of_23_and_25_hours(day: str, hours: int) -> None:
    """A day is as long as it is: one credit an hour."""
    start = at(f"{day} 00:00")
    result = Spending.start(Decimal(1000), start - timedelta(hours=10))
    end = start + timedelta(hours=hours + 5)
    result.record(Decimal(1000) - 15 - hours, end, AMSTERDAM)
    assert result.days[date.fromisoformat(day)] == Decimal(hours)
    assert sum(result.days.values()) == Decimal(15 + hours)
    assert result.figures(end, AMSTERDAM).spent_today == Decimal(5)


def test_a_day_that_begins_at_one() -> None:
    """In Cairo the clock goes from 23:59 to 1:00 on the last Friday of April."""
    zone = ZoneInfo("Africa/Cairo")
    result = spending(("2026-04-23 22:00", "10"), ("2026-04-24 02:00", "7"), zone=zone)
    assert result.days == {date(2026, 4, 23): Decimal(2), date(2026, 4, 24): Decimal(1)}
    result_now = result.figures(at("2026-04-24 02:00", zone), zone)
    assert result_now.today_since == at("2026-04-24 01:00", zone)


def test_the_clock_is_put_back() -> None:
    """A reading before the last one took no time; nothing is lost or counted twice."""
    result = spending(
        ("2026-11-21 10:00", "10"),
        ("2026-11-21 12:00", "8"),
        ("2026-11-21 11:00", "7"),
        ("2026-11-21 11:30", "6"),
    )
    now = result.figures(at("2026-11-21 11:30"), AMSTERDAM)
    assert now.spent_today == Decimal(4)
    assert now.today_since == at("2026-11-21 10:00")


def test_the_clock_is_put_back_by_days() -> None:
    """What is spent then is spent on the day of the reading; what is still to come is not today."""
    readings = [
        ("2026-11-30 12:00", "100"),
        ("2026-12-02 12:00", "88"),
        ("2026-11-30 13:00", "81"),
    ]
    result = spending(*readings)
    assert sum(result.days.values()) == 19
    assert min(seconds for _, seconds in result.hours.values()) >= 0
    now = result.figures(at("2026-11-30 13:00"), AMSTERDAM)
    # A quarter of the twelve was spent on the 30th, as it looked then.
    assert now.spent_today == Decimal(3) + 7
    assert now.spent_this_month == Decimal(3) + 7


def test_a_rate_follows_the_hours_without_a_reading() -> None:
    """What was observed more than seven days ago counts no more."""
    result = spending(("2026-11-10 12:00", "100"), ("2026-11-12 12:00", "0.5"))
    assert result.figures(at("2026-11-18 11:30"), AMSTERDAM).spending_rate is not None
    assert result.figures(at("2026-11-18 13:30"), AMSTERDAM).spending_rate is None


def test_midnight_within_an_hour() -> None:
    """A new day begins at the user's midnight, which is not everywhere at a full hour."""
    zone = ZoneInfo("Asia/Kathmandu")
    result = spending(("2026-11-20 23:00", "10"), ("2026-11-20 23:50", "8"), zone=zone)
    assert result.figures(at("2026-11-20 23:59", zone), zone).spent_today == 2
    now = result.figures(at("2026-11-21 00:01", zone), zone)
    assert now.spent_today == 0
    assert now.today_since == at("2026-11-21 00:00", zone)


def test_days_are_kept_for_a_month() -> None:
    """However much is spent on each."""
    result = Spending.start(Decimal(100), at("2026-01-01 12:00"))
    for day in range(1, 100):
        result.record(Decimal(100 - day), at("2026-01-01 12:00") + timedelta(days=day), UTC)
    assert 30 < len(result.days) <= 34


def test_the_clock_is_put_back_before_the_first_reading() -> None:
    """The first reading is then that one."""
    result = figures(("2026-11-21 10:00", "10"), ("2026-11-21 09:00", "9"))
    assert result.spent_today == Decimal(1)
    assert result.today_since == at("2026-11-21 09:00")


def test_a_rate_needs_a_day() -> None:
    """One credit an hour, seen for less than a day and for a day."""
    start = at("2026-11-20 10:00")
    result = Spending.start(Decimal(1000), start)
    for hour in range(1, 24):
        result.record(Decimal(1000 - hour), start + hour * timedelta(hours=1), AMSTERDAM)
        assert result.figures(result.at, AMSTERDAM).spending_rate is None
        assert result.figures(result.at, AMSTERDAM).run_out is None
    result.record(Decimal(976), start + timedelta(hours=24), AMSTERDAM)
    now = result.figures(result.at, AMSTERDAM)
    assert now.spending_rate == Decimal(24)
    # 976 credits are 976 hours, forty days and sixteen hours: until 1 January, 02:00.
    assert now.run_out == at("2027-01-01 00:00")


def test_an_idle_account_does_not_run_out() -> None:
    """Its rate is nought, which is known."""
    start = at("2026-11-01 10:00")
    result = Spending.start(Decimal(10), start)
    result.record(Decimal(10), start + timedelta(days=3), AMSTERDAM)
    now = result.figures(result.at, AMSTERDAM)
    assert now.spending_rate == Decimal(0)
    assert now.run_out is None


def test_a_rate_is_of_the_last_seven_days() -> None:
    """What was spent before has no part in it."""
    start = at("2026-11-01 00:00")
    result = Spending.start(Decimal(10000), start)
    result.record(Decimal(5000), start + timedelta(days=2), AMSTERDAM)
    result.record(Decimal(5000), start + timedelta(days=5), AMSTERDAM)
    result.record(Decimal(4960), start + timedelta(days=9), AMSTERDAM)
    assert result.figures(result.at, AMSTERDAM).spending_rate == (Decimal(40) / 7).quantize(
        Decimal("0.000001")
    )


def test_top_ups_do_not_hide_spending() -> None:
    """While a balance rises nobody sees what is spent: that time does not count."""
    start = at("2026-11-01 00:00")
    result = Spending.start(Decimal(100), start)
    result.record(Decimal(76), start + timedelta(days=2), AMSTERDAM)
    result.record(Decimal(500), start + timedelta(days=4), AMSTERDAM)
    result.record(Decimal(488), start + timedelta(days=5), AMSTERDAM)
    # 36 in the three days that are known.
    assert result.figures(result.at, AMSTERDAM).spending_rate == Decimal(12)


def test_an_empty_account_does_not_count_as_thrifty() -> None:
    """Where nothing is left nothing can be spent; and it has run out already."""
    start = at("2026-11-01 00:00")
    result = Spending.start(Decimal(20), start)
    result.record(Decimal(0), start + timedelta(days=2), AMSTERDAM)
    result.record(Decimal(0), start + timedelta(days=4), AMSTERDAM)
    now = result.figures(result.at, AMSTERDAM)
    assert now.spending_rate == Decimal(10)
    assert now.run_out is None
    result.record(Decimal(30), start + timedelta(days=4, hours=1), AMSTERDAM)
    now = result.figures(result.at, AMSTERDAM)
    assert now.run_out == at("2026-11-08 00:00")


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        ("48", "2026-11-23 10:00"),
        ("47.6", "2026-11-23 10:00"),
        ("1", "2026-11-21 11:00"),
        ("0.1", "2026-11-21 10:00"),
        ("49", "2026-11-23 00:00"),
        ("62", "2026-11-24 00:00"),
    ],
)
def test_a_run_out_is_an_hour_or_a_day(balance: str, expected: str) -> None:
    """One credit an hour: within two days the hour matters, later every reading would move it."""
    result = spending(
        ("2026-11-19 10:00", str(Decimal(balance) + 48)), ("2026-11-21 10:00", balance)
    )
    assert result.figures(result.at, AMSTERDAM).run_out == at(expected)


@pytest.mark.parametrize(
    ("balance", "is_known"), [("3650", True), ("3651", False), ("999999999999999", False)]
)
def test_a_run_out_beyond_ten_years_is_unknown(balance: str, *, is_known: bool) -> None:
    """At one a day."""
    start = at("2026-11-01 00:00")
    result = Spending.start(Decimal(balance) + 2, start)
    result.record(Decimal(balance), start + timedelta(days=2), AMSTERDAM)
    now = result.figures(result.at, AMSTERDAM)
    assert now.spending_rate == Decimal(1)
    assert (now.run_out is not None) is is_known


def test_an_unchanged_balance_changes_nothing_within_an_hour() -> None:
    """A poll that brings nothing new must not write a state."""
    start = at("2026-11-01 00:00")
    result = Spending.start(Decimal(100), start)
    result.record(Decimal(98), start + timedelta(days=2), AMSTERDAM)
    before = result.figures(result.at, AMSTERDAM)
    for minutes in (15, 30, 45):
        result.record(Decimal(98), start + timedelta(days=2, minutes=minutes), AMSTERDAM)
        assert result.figures(result.at, AMSTERDAM) == before


def test_huge_and_tiny_amounts_stay_exact() -> None:
    """Fifteen places before the point and twelve behind it, and nothing is rounded."""
    readings = [("2026-11-21 10:00", "999999999999999.000000000001"), ("2026-11-21 10:15", "0")]
    assert figures(*readings).spent_today == Decimal("999999999999999.000000000001")


# What must hold for any readings.

AMOUNTS = st.decimals(-1000, 100_000, places=4) | st.integers(-10, 10**14).map(Decimal)
GAPS = st.integers(0, 3 * 86400) | st.integers(0, 1800)


@st.composite
def readings(draw: st.DrawFn, *, amounts: st.SearchStrategy[Decimal] = AMOUNTS) -> list[Reading]:
    """Return readings in the order of time, within some days."""
    moment = draw(
        st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
            lambda each: each.replace(tzinfo=UTC)
        )
    )
    result = []
    for gap in draw(st.lists(GAPS, min_size=1, max_size=9)):
        moment += timedelta(seconds=gap)
        result.append((moment, draw(amounts)))
    return result


def told(all_readings: Sequence[Reading], zone: tzinfo) -> tuple[Spending, Decimal]:
    """Return what follows from readings, and the sum of the top-ups."""
    (moment, balance), *rest = all_readings
    result, top_ups = Spending.start(balance, moment), Decimal(0)
    for moment, balance in rest:
        top_ups += max(result.record(balance, moment, zone), Decimal(0))
    return result, top_ups


@given(readings(), st.sampled_from(ZONES))
def test_spent_minus_topped_up_is_the_change(all_readings: list[Reading], zone: tzinfo) -> None:
    """Nothing is lost and nothing is invented."""
    result, top_ups = told(all_readings, zone)
    spent = sum(result.days.values(), Decimal(0))
    assert spent - top_ups == all_readings[0][1] - all_readings[-1][1]
    assert all(each >= 0 for each in result.days.values())
    assert all(spent >= 0 and seconds >= 0 for spent, seconds in result.hours.values())


@given(readings(amounts=st.integers(0, 10**6).map(Decimal)), st.sampled_from(ZONES), st.data())
def test_gaps_do_not_change_the_total(
    all_readings: list[Reading], zone: tzinfo, data: st.DataObject
) -> None:
    """While an account is only spent, it does not matter how often somebody looks."""
    moments = [moment for moment, _ in all_readings]
    falling = list(
        zip(moments, sorted((each for _, each in all_readings), reverse=True), strict=True)
    )
    kept = [falling[0], *(each for each in falling[1:-1] if data.draw(st.booleans())), falling[-1]]
    full, _ = told(falling, zone)
    gappy, _ = told(kept, zone)
    assert sum(full.days.values(), Decimal(0)) == sum(gappy.days.values(), Decimal(0))


@given(readings(), st.sampled_from(ZONES))
def test_days_of_a_month_are_its_sum(all_readings: list[Reading], zone: tzinfo) -> None:
    """What was spent this month is what was spent on its days."""
    result, _ = told(all_readings, zone)
    now = all_readings[-1][0]
    today = now.astimezone(zone).date()
    month = sum(
        (
            result.figures(now - timedelta(days=back), zone).spent_today
            for back in range(today.day + 1)
            if (now - timedelta(days=back)).astimezone(zone).date().month == today.month
        ),
        Decimal(0),
    )
    assert result.figures(now, zone).spent_this_month == month


@given(readings(), st.sampled_from(ZONES))
def test_no_rate_from_too_little(all_readings: list[Reading], zone: tzinfo) -> None:
    """Less than a day says nothing, however much was spent; a rate is never negative."""
    result, _ = told(all_readings, zone)
    now = result.figures(result.at, zone)
    if all_readings[-1][0] - all_readings[0][0] < timedelta(days=1):
        assert now.spending_rate is None
    if now.spending_rate is None:
        assert now.run_out is None
    else:
        assert now.spending_rate >= 0
    if now.run_out is not None:
        assert result.balance > 0
        assert now.run_out > result.at - timedelta(hours=1)


@given(
    st.lists(
        st.tuples(st.integers(-(400 * 86400), 400 * 86400) | st.integers(0, 7 * 86400), AMOUNTS),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(ZONES),
)
def test_there_is_a_bound(steps: list[tuple[int, Decimal]], zone: tzinfo) -> None:
    """However the clock is set and however long nobody looks."""
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    result = Spending.start(Decimal(10), moment)
    for seconds, balance in steps:
        moment += timedelta(seconds=seconds)
        result.record(balance, moment, zone)
        result.figures(moment, zone)
    assert len(result.days) <= 67
    assert len(result.hours) <= 217
