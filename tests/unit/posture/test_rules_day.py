from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.posture import rules_day as rules
from tracker.posture.rules import Minute
from tracker.posture.rules_day import Figures, Kind, Saying, Usual, Variety

BERLIN = ZoneInfo("Europe/Berlin")
NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Pacific/Apia",
    "UTC",
]


def at_desk(start=NINE, of=1, **fields):
    return [Minute(start + n * MINUTE, **(fields or {"comfort_s": 60})) for n in range(of)]


def hours(number, **fields):
    """The figures of so many hours at the desk, in comfort unless said otherwise."""
    return Figures(**{"comfort_s": round(number * 3600), **fields})


# ---------------------------------------------------------------------------------------------- the band


@pytest.mark.parametrize(
    ("seconds", "kind"),
    [
        ({"comfort_s": 30, "slouch_s": 30}, Kind.COMFORT),
        ({"comfort_s": 29, "slouch_s": 31}, Kind.SLOUCH),
        ({"slouch_s": 10, "unknown_s": 11}, Kind.UNKNOWN),
        ({"unknown_s": 20, "away_s": 40}, Kind.AWAY),
        ({"away_s": 1}, Kind.AWAY),
    ],
)
def test_a_minute_is_what_most_of_it_was(seconds, kind):
    assert rules.kind_of(Minute(NINE, **seconds)) is kind


def test_minutes_of_one_kind_are_one_run_until_a_gap_or_another_kind():
    seen = [*at_desk(of=5), *at_desk(NINE + 5 * MINUTE, of=2, slouch_s=60), *at_desk(NINE + 20 * MINUTE, of=3)]
    found = [(run.kind, (run.starts_at - NINE) / MINUTE, run.minutes) for run in rules.runs(seen)]
    assert found == [(Kind.COMFORT, 0, 5), (Kind.SLOUCH, 5, 2), (Kind.COMFORT, 20, 3)]


def test_without_a_minute_there_is_no_band():
    assert rules.band([], BERLIN) is None


def test_a_band_reaches_from_full_hour_to_full_hour_and_is_never_shorter_than_six():
    one = rules.band(at_desk(NINE + 20 * MINUTE), BERLIN)
    assert (one.first, one.last) == (NINE, NINE + 6 * HOUR)
    long = rules.band(at_desk(NINE + 20 * MINUTE, of=500), BERLIN)
    assert (long.first, long.last) == (NINE, NINE + 9 * HOUR)
    assert len(long.hours) == 10


def test_where_an_instant_lies_in_the_band():
    found = rules.band(at_desk(), BERLIN)
    assert found.share(NINE) == 0
    assert found.share(NINE + 3 * HOUR) == pytest.approx(0.5)
    assert found.share(NINE - HOUR) == 0
    assert found.share(NINE + 9 * HOUR) == 1


@pytest.mark.parametrize(
    ("zone", "start", "labels"),
    [
        # Berlin loses the hour from 2 to 3 on 29 March 2026 and has it twice on 25 October.
        ("Europe/Berlin", datetime(2026, 3, 28, 23, 30, tzinfo=UTC), ["0", "1", "3", "4", "5", "6", "7"]),
        ("Europe/Berlin", datetime(2026, 10, 24, 22, 30, tzinfo=UTC), ["0", "1", "2", "2", "3", "4", "5"]),
        ("America/New_York", datetime(2026, 3, 8, 5, 30, tzinfo=UTC), ["0", "1", "3", "4", "5", "6", "7"]),
        ("Asia/Kathmandu", datetime(2026, 3, 10, 3, 20, tzinfo=UTC), ["9", "10", "11", "12", "13", "14", "15"]),
        # Half an hour is lost at 2.
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 13, 40, tzinfo=UTC), ["0", "1", "3", "4", "5", "6"]),
    ],
)
def test_on_the_day_the_clocks_are_changed_an_hour_is_missing_or_comes_twice(zone, start, labels):
    found = rules.band(at_desk(start), ZoneInfo(zone))
    assert [str(hour.astimezone(ZoneInfo(zone)).hour) for hour in found.hours] == labels


@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 2 * 365 * 24 * 60).map(lambda number: datetime(2025, 1, 1, tzinfo=UTC) + number * MINUTE),
    gaps=st.lists(st.integers(1, 90), max_size=40),
    seconds=st.integers(0, 3),
)
def test_every_minute_lies_in_the_band_and_none_is_lost(zone, start, gaps, seconds):
    kinds = [{"comfort_s": 60}, {"slouch_s": 60}, {"unknown_s": 60}, {"away_s": 60}]
    seen, instant = [], start
    for number, gap in enumerate([1, *gaps]):
        instant += gap * MINUTE
        seen.append(Minute(instant, **kinds[(number + seconds) % 4]))
    found = rules.band(seen, ZoneInfo(zone))
    assert found.first <= seen[0].starts_at
    assert found.last >= seen[-1].starts_at + MINUTE
    assert sum(run.minutes for run in found.runs) == len(seen)
    shares = [found.share(run.starts_at) for run in found.runs]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert all(not hour.astimezone(ZoneInfo(zone)).minute for hour in found.hours)
    assert all(earlier < later for earlier, later in pairwise(found.hours))


# ---------------------------------------------------------------------------------------------- figures


def test_a_day_adds_up_and_what_could_not_be_told_is_in_no_share():
    seen = [
        Minute(NINE, comfort_s=60, changes=2, still_s=60),
        *at_desk(NINE + MINUTE, of=29, comfort_s=30, slouch_s=10, unknown_s=20),
        *at_desk(NINE + 30 * MINUTE, of=10, away_s=60),
    ]
    day = rules.figures(seen)
    assert day.at_desk_s == 30 * 60
    assert day.comfort_share == pytest.approx((60 + 29 * 30) / (60 + 29 * 40))
    assert day.changes_per_hour == pytest.approx(4)
    assert day.away_s == 600


def test_too_little_time_says_nothing():
    short = rules.figures(at_desk(of=9))
    assert (short.comfort_share, short.changes_per_hour) == (None, None)
    assert rules.figures(at_desk(of=29)).changes_per_hour is None
    assert rules.figures([]) == Figures()


def test_the_longest_spell_ends_with_the_minute_that_knew_it():
    seen = [Minute(NINE + n * MINUTE, comfort_s=60, still_s=60 * ((n % 40) + 1)) for n in range(60)]
    found = rules.longest_still(seen)
    assert (found.starts_at, found.ends_at) == (NINE, NINE + 40 * MINUTE)
    assert rules.longest_still([Minute(NINE, comfort_s=60, still_s=20)]) is None
    assert rules.longest_still([]) is None


def test_days_together_are_the_sum_and_the_longest_spell():
    whole = rules.together([hours(1, changes=3, longest_still_s=100), hours(2, changes=9, longest_still_s=300)])
    assert whole == hours(3, changes=12, longest_still_s=300)


# ---------------------------------------------------------------------------------------------- what is usual


def test_what_is_usual_is_the_median_of_days_with_an_hour_or_more():
    days = [*(hours(2, changes=2 * rate) for rate in (4, 6, 8, 10, 30)), hours(0.9, changes=0)]
    found = rules.usual(days)
    assert (found.per_hour, found.days) == (8, 5)
    assert found.aim == pytest.approx(9.6)


def test_four_days_are_not_enough_to_say_what_is_usual():
    assert rules.usual([hours(3, changes=9)] * 4) is None


def test_what_is_usual_looks_at_the_four_weeks_before_the_day():
    assert rules.days_before(date(2026, 3, 29)) == (date(2026, 3, 1), date(2026, 3, 28))


# ---------------------------------------------------------------------------------------------- what may be said

USUAL = Usual(10, 20)


@pytest.mark.parametrize(
    ("day", "known", "saying"),
    [
        (Figures(), USUAL, Saying.NOTHING),
        (hours(0.2), USUAL, Saying.BEGUN),
        (Figures(away_s=900), USUAL, Saying.BEGUN),
        (hours(1, unknown_s=7200, changes=99), USUAL, Saying.CANNOT_TELL),
        (hours(2, changes=24, longest_still_s=5000), USUAL, Saying.MORE_THAN_AIM),
        (hours(2, changes=22), USUAL, Saying.MORE_THAN_USUAL),
        (hours(2, changes=10, longest_still_s=3600), USUAL, Saying.LONG_STILL),
        (hours(2, changes=10), USUAL, Saying.COMFORT),
        (hours(1, slouch_s=3600, changes=20), USUAL, Saying.AS_USUAL),
        (hours(1, slouch_s=3600, changes=8), USUAL, Saying.CHANGES),
        (hours(1, slouch_s=3600, changes=8), None, Saying.CHANGES),
    ],
)
def test_the_sentence_of_a_day_speaks_of_movement_first(day, known, saying):
    assert rules.saying_of(day, known) is saying


@pytest.mark.parametrize(
    ("week", "known", "variety"),
    [
        (hours(0.9, changes=9), USUAL, Variety.NOT_ENOUGH),
        (hours(9, changes=9), None, Variety.FIRST),
        (hours(9, changes=100), USUAL, Variety.MORE),
        (hours(9, changes=90), USUAL, Variety.SAME),
        (hours(9, changes=80), USUAL, Variety.LESS),
    ],
)
def test_a_week_is_compared_with_the_weeks_before(week, known, variety):
    assert rules.variety_of(week, known) is variety
