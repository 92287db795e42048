"""What a day was: one value each for the statistics, and every red flag that was ever told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.diary.builders import COMPLETE, DAY, EVENING, entry, number
from tracker.diary.rules import SELF_HARM, DiaryDay, Entry, days_of, in_force
from tracker.diary.rules_flags import RED_FLAGS, Answer, FlagAnswer, flag_levels
from tracker.regimen.rules_levels import Level


def only_day(*versions: Entry) -> DiaryDay:
    days = days_of(versions)
    assert list(days) == [DAY]
    return days[DAY]


def test_w09_two_entries_of_one_day_give_the_latest_average_the_highest_worst_and_every_flag():
    morning = entry(hours=-11, answers={**COMPLETE, "average": 3, "worst": 8, "flags": {"U_FEVER": {"answer": "new"}}})
    evening = entry(hours=2, answers={**COMPLETE, "average": 6, "worst": 7})
    day = only_day(evening, morning)
    assert (day.average, day.worst) == (6, 8)
    assert day.levels == {"U_FEVER": Level.URGENT}


def test_w12_a_journey_over_eight_time_zones_neither_doubles_nor_loses_a_day():
    """Fourteen hours apart, but the traveller's calendar says the next day; then again the same day further west."""
    tokyo = entry(answers={**COMPLETE, "average": 2}, time_zone="Asia/Tokyo", local_date=date(2026, 3, 11))
    berlin = entry(
        hours=14, answers={**COMPLETE, "average": 5}, time_zone="Europe/Berlin", local_date=date(2026, 3, 11)
    )
    before = entry(hours=-24, answers={**COMPLETE, "average": 1}, time_zone="Asia/Tokyo", local_date=date(2026, 3, 10))
    days = days_of([berlin, tokyo, before])
    assert {day: told.average for day, told in days.items()} == {date(2026, 3, 10): 1, date(2026, 3, 11): 5}


def test_an_incomplete_entry_after_a_complete_one_does_not_take_its_place():
    complete = entry(answers={**COMPLETE, "average": 4})
    afterwards = entry(hours=1, answers={"none_of_these": True, "average": 9, "worst": 9})
    day = only_day(complete, afterwards)
    assert (day.average, day.worst, day.complete) == (4, 9, True)


@pytest.mark.parametrize("missing", ["average", "worst", "interference", "compared", "none_of_these"])
def test_a_daily_entry_is_complete_only_with_everything_the_statistics_need(missing):
    day = only_day(entry(answers={key: value for key, value in COMPLETE.items() if key != missing}))
    assert not day.complete
    assert day.average is None


def test_flags_alone_are_an_entry_that_breaks_the_silence():
    day = only_day(entry(answers={"flags": {"D_ARM": {"answer": "new"}}}))
    assert (day.told, day.complete, day.level) == (True, False, Level.REVIEW)


def test_the_worst_of_a_day_is_never_below_its_average():
    assert only_day(entry(answers={**COMPLETE, "average": 6, "worst": 4})).worst == 6


def test_an_edit_replaces_the_numbers_and_clears_no_flag():
    first = entry(answers={**COMPLETE, "average": 8, "flags": {"E_NUMB": {"answer": "new"}}})
    corrected = replace(entry(hours=1, answers={**COMPLETE, "average": 3}), entry_id=first.entry_id)
    day = only_day(corrected, first)
    assert (day.average, day.level) == (3, Level.EMERGENCY)


def test_an_edit_that_moves_an_entry_to_another_day_leaves_its_flags_where_they_were_told():
    first = entry(answers={**COMPLETE, "flags": {"U_FEVER": {"answer": "new"}}})
    moved = replace(entry(days=-1, hours=25), entry_id=first.entry_id)
    days = days_of([first, moved])
    assert (days[DAY].average, days[DAY].level) == (None, Level.URGENT)
    assert days[DAY - timedelta(days=1)].average == 3


def test_what_came_too_late_gives_its_flags_and_nothing_else():
    late = entry(answers={**COMPLETE, "average": 9, "flags": {"E_WEAK": {"answer": "new"}}}, counts=False, late=True)
    day = only_day(late)
    assert (day.average, day.worst, day.flare, day.complete) == (None, None, False, False)
    assert (day.level, day.late) == (Level.EMERGENCY, True)
    assert in_force([late]) == ()


def test_a_correction_that_came_too_late_does_not_push_the_older_numbers_out():
    first = entry(answers={**COMPLETE, "average": 2})
    late = replace(
        entry(hours=80, local_date=DAY, answers={**COMPLETE, "average": 9, "flags": {"U_FEVER": {"answer": "new"}}}),
        entry_id=first.entry_id,
        counts=False,
    )
    day = only_day(first, late)
    assert (day.average, day.level) == (2, Level.URGENT)


def test_being_checked_in_one_entry_does_not_soften_being_new_in_another():
    new = entry(answers={"flags": {"E_NUMB": {"answer": "new"}}})
    checked = entry(hours=1, answers={"flags": {"E_NUMB": {"answer": "checked"}}})
    assert only_day(new, checked).flags["E_NUMB"] == FlagAnswer(Answer.NEW)


def test_a_band_round_the_chest_and_a_sign_of_the_heart_told_apart_are_still_an_emergency():
    band = entry(answers={"flags": {"E_SPREAD_CHEST": {"answer": "new"}}})
    assert only_day(band).level is Level.URGENT
    heart = entry(hours=3, answers={"flags": {"E_CARDIAC": {"answer": "new"}}})
    assert only_day(band, heart).levels["E_SPREAD_CHEST"] is Level.EMERGENCY


def test_thoughts_of_self_harm_are_a_red_flag_wherever_they_are_told():
    for form in ("monthly", "flags"):
        day = only_day(
            entry(form, answers={"self_harm": True, "phq2": [3, 2]} if form == "monthly" else {"self_harm": True})
        )
        assert day.self_harm
        assert day.levels[SELF_HARM] is Level.EMERGENCY
    assert not only_day(entry("flags", answers={"self_harm": False})).self_harm


def test_weekly_fortnightly_and_monthly_answers_become_their_scores():
    week = entry(
        "weekly",
        answers={
            "peg_pain": 4, "peg_enjoyment": 3, "peg_activity": 5, "mood": 2, "stress": 8, "over_label": True,
            "medicines": [{"name": "a", "days": 2}, {"name": "b", "days": 5}],
        },
    )  # fmt: skip
    fortnight = entry("fortnight", answers={"activities": [{"id": "a", "score": 4}, {"id": "b", "score": 7}]})
    month = entry("monthly", answers={"phq2": [1, 3]})
    day = only_day(week, fortnight, month)
    assert (day.peg, day.mood, day.stress, day.medicine_days, day.over_label) == (4.0, 2, 8, 5, True)
    assert (day.psfs, day.phq2) == (5.5, 4)


def test_a_morning_belongs_to_its_session():
    day = only_day(entry("morning", answers={"pain": 6}, session_id=number(7)))
    assert day.mornings == {number(7): 6}


def test_normal_activities_of_a_day_are_as_bad_as_they_were_at_any_time():
    morning = entry(answers={**COMPLETE, "activities": "new_no"})
    evening = entry(hours=2, answers={**COMPLETE, "activities": "yes"})
    assert only_day(morning, evening).activities == "new_no"


def test_the_day_says_when_each_flag_became_known():
    first = entry(answers={"flags": {"E_NUMB": {"answer": "checked"}}})
    graver = entry(hours=5, answers={"flags": {"E_NUMB": {"answer": "new"}, "U_FEVER": {"answer": "new"}}})
    again = entry(hours=6, answers={"flags": {"E_NUMB": {"answer": "new"}}})
    day = only_day(first, graver, again)
    assert day.flags_known_at == {"E_NUMB": graver.received_at, "U_FEVER": graver.received_at}
    assert day.known_at == again.received_at


# ---------------------------------------------------------------------------------------------- whatever was told

flag_answers = st.fixed_dictionaries(
    {"answer": st.sampled_from(["new", "checked"])}, optional={"detail": st.booleans()}
)
flags = st.dictionaries(st.sampled_from(sorted(RED_FLAGS)), flag_answers, max_size=4)
scores = st.integers(0, 10)
daily_answers = st.fixed_dictionaries(
    {"none_of_these": st.booleans(), "flags": flags},
    optional={
        "average": scores, "worst": scores, "interference": scores, "sleep": scores, "now": scores,
        "compared": st.sampled_from(["better", "same", "worse"]),
        "flare": st.booleans(), "activities": st.sampled_from(["yes", "no", "new_no"]),
    },
)  # fmt: skip


@st.composite
def versions(draw):
    """A handful of versions of a few entries over three days."""
    made = []
    for index in range(draw(st.integers(1, 7))):
        form = draw(st.sampled_from(["daily", "daily", "flags", "monthly"]))
        answers = draw(daily_answers) if form == "daily" else {"flags": draw(flags), "self_harm": draw(st.booleans())}
        if form == "monthly":
            answers = {"phq2": [draw(st.integers(0, 3)), draw(st.integers(0, 3))], "self_harm": draw(st.booleans())}
        moment = draw(st.integers(0, 72))
        made.append(
            Entry(
                id=number(index + 1),
                entry_id=number(draw(st.integers(100, 103))),
                form=form,
                local_date=DAY + timedelta(days=draw(st.integers(0, 2))),
                answered_at=EVENING + timedelta(hours=moment),
                received_at=EVENING + timedelta(hours=moment + draw(st.integers(0, 100))),
                answers=answers,
                counts=draw(st.booleans()),
            )
        )
    return made


@settings(max_examples=150, deadline=None)
@given(versions(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(told, random):
    mixed = list(told)
    random.shuffle(mixed)
    assert days_of(mixed) == days_of(told)


@settings(max_examples=100, deadline=None)
@given(versions())
def test_telling_everything_twice_changes_nothing(told):
    assert days_of([*told, *told]) == days_of(told)


@settings(max_examples=200, deadline=None)
@given(versions())
def test_a_flag_of_any_version_is_in_its_day_at_least_as_urgent_as_it_was_told(told):
    days = days_of(told)
    for version in told:
        day = days[version.local_date]
        for code, level in flag_levels(version.flags).items():
            assert day.levels[code] >= level
            assert day.flags_known_at[code] >= min(each.received_at for each in told)


@settings(max_examples=100, deadline=None)
@given(versions(), st.data())
def test_nothing_that_is_added_makes_a_day_less_urgent(told, data):
    without = data.draw(st.integers(0, len(told) - 1))
    before = days_of(told[:without] + told[without + 1 :])
    after = days_of(told)
    for day, was in before.items():
        assert after[day].level >= was.level
        # A correction may move an entry to another day, which leaves this one silent, unless it told of a red flag.
        assert after[day].told or not was.flags


@settings(max_examples=100, deadline=None)
@given(versions())
def test_each_entry_holds_in_at_most_one_version_and_it_is_the_newest_that_counts(told):
    holding = in_force(told)
    assert len({each.entry_id for each in holding}) == len(holding)
    for each in holding:
        rivals = [other for other in told if other.entry_id == each.entry_id and other.counts]
        assert each.order == max(other.order for other in rivals)


def test_ties_of_the_clock_are_broken_the_same_way_whatever_comes_first():
    at = datetime(2026, 3, 10, 19, tzinfo=UTC)
    same = [
        replace(entry(answers={**COMPLETE, "average": pain}, id=UUID(int=pain + 1)), entry_id=number(9), answered_at=at)
        for pain in range(3)
    ]
    assert {only_day(*order).average for order in permutations(same)} == {2}
