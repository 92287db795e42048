"""When an entry counts, when a check-in is expected, and what is open today."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.diary.rules_timing import (
    DueFacts,
    Rhythm,
    Spell,
    days_open,
    expected_days,
    forms_due,
    is_expected,
    may_taper,
    must_return,
    next_expected,
    timing,
)
from tracker.regimen.rules_levels import Level

NOW = datetime(2026, 3, 10, 19, tzinfo=UTC)
TODAY = date(2026, 3, 10)  # a Tuesday


def judged(*, days_ago=0, answered=NOW, flag=False, received=NOW):
    return timing(
        local_date=answered.date() - timedelta(days=days_ago),
        answered_at=answered,
        answered_on=answered.date(),
        received_at=received,
        received_on=received.date(),
        flag=flag,
    )


@pytest.mark.parametrize(("days_ago", "late"), [(0, False), (1, True), (2, True)])
def test_today_and_the_two_days_before_can_be_filled_in(days_ago, late):
    found = judged(days_ago=days_ago)
    assert (found.problem, found.counts, found.late) == (None, True, late)


def test_a_day_further_back_is_refused():
    assert judged(days_ago=3).problem == "too_long_ago"


def test_a_red_flag_about_a_day_further_back_is_kept_and_only_it_counts():
    found = judged(days_ago=30, flag=True)
    assert (found.problem, found.counts, found.late) == (None, False, True)
    assert found.local_date == TODAY - timedelta(days=30)


def test_what_was_answered_in_time_counts_however_long_it_waited_for_a_connection():
    found = judged(answered=NOW - timedelta(days=40))
    assert (found.problem, found.counts, found.late) == (None, True, True)


@pytest.mark.parametrize(
    ("answered", "problem"),
    [(NOW + timedelta(hours=27), "clock_ahead"), (NOW - timedelta(days=367), "too_old")],
)
def test_a_clock_that_is_far_wrong_is_told_unless_there_is_a_red_flag(answered, problem):
    assert judged(answered=answered).problem == problem
    found = judged(answered=answered, flag=True)
    assert (found.problem, found.counts) == (None, False)
    assert found.answered_at == NOW
    assert found.local_date <= TODAY


def test_a_clock_that_is_a_time_zone_ahead_is_believed():
    assert judged(answered=NOW + timedelta(hours=14)).problem is None


def test_a_day_that_has_not_come_is_refused_but_a_traveller_may_be_one_day_ahead():
    assert judged(days_ago=-1).problem is None
    assert judged(days_ago=-2).problem == "future_day"
    assert judged(days_ago=-9, flag=True).local_date == TODAY


@settings(deadline=None)
@given(
    days_ago=st.integers(-4_000, 4_000),
    answered=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001  # hypothesis adds the zone
)
def test_an_entry_with_a_red_flag_is_never_refused_and_never_in_the_future(days_ago, answered):
    found = judged(days_ago=days_ago, answered=answered.replace(tzinfo=UTC), flag=True)
    assert found.problem is None
    assert found.local_date <= TODAY + timedelta(days=2)
    assert found.counts or found.local_date <= TODAY


def test_the_days_that_are_open_are_today_and_two_before():
    assert days_open(TODAY) == (TODAY, TODAY - timedelta(days=1), TODAY - timedelta(days=2))


# ---------------------------------------------------------------------------------------------- rhythm

DAILY = Rhythm((Spell(date(2026, 1, 1), "daily"),))
THRICE = DAILY.changed("thrice", date(2026, 3, 2))


def test_nothing_is_expected_before_the_diary_began():
    assert expected_days(DAILY, date(2025, 12, 30), date(2026, 1, 2)) == (date(2026, 1, 1), date(2026, 1, 2))
    assert not is_expected(Rhythm(), TODAY)


def test_three_times_a_week_is_monday_wednesday_and_friday():
    week = expected_days(THRICE, date(2026, 3, 9), date(2026, 3, 15))
    assert [day.isoweekday() for day in week] == [1, 3, 5]


def test_an_old_month_keeps_the_rhythm_it_had():
    again = THRICE.changed("daily", date(2026, 3, 12))
    assert len(expected_days(again, date(2026, 2, 1), date(2026, 2, 28))) == 28
    assert expected_days(again, date(2026, 3, 9), date(2026, 3, 13)) == (
        date(2026, 3, 9), date(2026, 3, 11), date(2026, 3, 12), date(2026, 3, 13),
    )  # fmt: skip


def test_of_two_choices_on_one_day_the_later_one_holds():
    twice = THRICE.changed("daily", date(2026, 3, 2))
    assert twice.kind_on(date(2026, 3, 3)) == "daily"
    assert DAILY.changed("thrice", date(2026, 1, 1)).kind_on(date(2026, 1, 2)) == "thrice"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["daily", "thrice"])), max_size=6))
def test_a_later_choice_never_changes_what_was_expected_before_it(choices):
    rhythm = DAILY
    for offset, kind in sorted(choices):
        day = date(2026, 1, 2) + timedelta(days=offset)
        before = expected_days(rhythm, date(2026, 1, 1), day - timedelta(days=1))
        rhythm = rhythm.changed(kind, day)
        assert expected_days(rhythm, date(2026, 1, 1), day - timedelta(days=1)) == before
        assert rhythm.kind_on(day) == kind


def test_the_next_check_in_is_tomorrow_or_the_next_day_of_the_rhythm():
    assert next_expected(DAILY, TODAY) == date(2026, 3, 11)
    assert next_expected(THRICE, date(2026, 3, 13)) == date(2026, 3, 16)
    assert next_expected(Rhythm(), TODAY) == date(2026, 3, 11)


@pytest.mark.parametrize(
    ("level", "steady_days", "answered", "offered"),
    [
        (Level.STEADY, 14, 10, True),
        (Level.STEADY, 13, 14, False),
        (Level.STEADY, 30, 9, False),
        (Level.SELF_CARE, 30, 14, False),
    ],
)
def test_three_times_a_week_is_offered_after_two_steady_weeks_with_answers(level, steady_days, answered, offered):
    since = TODAY - timedelta(days=steady_days)
    assert may_taper(DAILY, level=level, steady_since=since, today=TODAY, answered=answered) is offered
    assert not may_taper(THRICE, level=level, steady_since=since, today=TODAY, answered=answered)


def test_after_anything_above_steady_it_is_daily_again():
    assert must_return(THRICE, level=Level.SELF_CARE, today=TODAY)
    assert not must_return(THRICE, level=Level.STEADY, today=TODAY)
    assert not must_return(DAILY, level=Level.EMERGENCY, today=TODAY)


# ---------------------------------------------------------------------------------------------- what is open


def due(**fields):
    return forms_due(
        DueFacts(
            **{
                "today": TODAY,
                "started_on": TODAY - timedelta(days=100),
                "intake_complete": True,
                "expected_today": True,
                "daily_done": False,
                "last": {
                    "weekly": TODAY - timedelta(days=3),
                    "fortnight": TODAY - timedelta(days=3),
                    "monthly": TODAY - timedelta(days=3),
                },
                **fields,
            }
        )
    )


def test_before_the_red_flag_screen_there_is_nothing_but_the_intake():
    assert due(started_on=None, intake_complete=False, open_mornings=2) == ("intake",)


def test_on_an_ordinary_day_the_check_in_is_open_until_it_is_done():
    assert due() == ("daily",)
    assert due(daily_done=True) == ()
    assert due(expected_today=False) == ()


def test_an_intake_that_stopped_after_the_screen_stays_open():
    assert due(intake_complete=False) == ("intake", "daily")


def test_the_morning_after_comes_before_the_evening():
    assert due(open_mornings=1) == ("morning", "daily")


@pytest.mark.parametrize(("form", "every"), [("weekly", 7), ("fortnight", 14), ("monthly", 30)])
def test_the_other_forms_come_back_after_their_time(form, every):
    last = dict.fromkeys(("weekly", "fortnight", "monthly"), TODAY)
    assert form not in due(last={**last, form: TODAY - timedelta(days=every - 1)})
    assert form in due(last={**last, form: TODAY - timedelta(days=every)})


def test_nobody_answers_everything_on_the_first_day():
    def on_day(number):
        return due(started_on=TODAY - timedelta(days=number), last={})

    assert on_day(0) == ("daily",)
    assert on_day(1) == ("daily", "weekly")
    assert on_day(2) == ("daily", "weekly", "fortnight")
    assert on_day(6) == ("daily", "weekly", "fortnight", "monthly")


def test_whoever_waits_for_a_doctor_is_asked_for_the_check_in_only():
    assert due(locked=True, last={}, intake_complete=False) == ("daily",)
