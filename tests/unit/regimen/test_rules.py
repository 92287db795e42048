"""Plans: what is due, what is done, how much of it was followed, and what may be prescribed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.regimen import rules
from tracker.regimen.rules import EVERY_DAY, Adherence, Limits, Prescribed, Progress, RevisionInForce

TUESDAY = date(2026, 3, 10)
LIMITS = Limits((1, 4), (4, 15), None)


def row(**fields) -> Prescribed:
    return Prescribed(
        **{"id": "1", "exercise": "row", "sets": 3, "reps": 10, "hold_s": None, "weekdays": EVERY_DAY, **fields}
    )


def stretch(**fields) -> Prescribed:
    return row(**{"exercise": "stretch", "reps": None, "hold_s": 20.0, "sets": 2, "sided": True, **fields})


@pytest.mark.parametrize(
    ("side", "sided", "expected"),
    [
        ("both", False, ("both",)),
        ("left", False, ("both",)),
        ("both", True, ("left", "right")),
        ("left", True, ("left",)),
        ("right", True, ("right",)),
    ],
)
def test_a_sided_exercise_for_both_sides_is_done_one_after_the_other(side, sided, expected):
    assert rules.sides_of(side, sided=sided) == expected


def test_only_what_falls_on_the_weekday_is_due():
    plan = [row(weekdays=frozenset({1, 3})), stretch(weekdays=frozenset({2}))]
    assert [item.exercise for item in rules.due_on(TUESDAY, plan)] == ["stretch"]


def test_sets_beyond_the_prescription_do_not_make_up_for_the_other_side():
    progress = Progress(stretch(), {"left": 5, "right": 1})
    assert (progress.done, progress.prescribed, progress.complete) == (3, 4, False)


def test_the_sides_take_turns_in_what_is_left():
    assert Progress(stretch(), {"left": 1}).remaining == ((1, "right"), (2, "left"), (2, "right"))


def test_a_started_exercise_comes_before_an_untouched_one():
    today = rules.today(TUESDAY, [row(), stretch()], {"stretch": {"left": 1}})
    assert today.next is not None
    assert today.next.item.exercise == "stretch"


def test_there_is_no_next_thing_when_all_is_done():
    today = rules.today(TUESDAY, [row()], {"row": {"both": 3}})
    assert today.next is None
    assert today.complete


def test_a_plan_changed_at_noon_keeps_what_was_done_in_the_morning():
    assert rules.today(TUESDAY, [row(id="2", reps=12)], {"row": {"both": 2}}).items[0].done == 2


@pytest.mark.parametrize(
    ("weekdays", "expected"),
    [({3}, date(2026, 3, 11)), ({2}, date(2026, 3, 17)), ({1}, date(2026, 3, 16))],
)
def test_the_next_day_with_exercises_is_found_within_a_week(weekdays, expected):
    assert rules.next_day_with_exercises(TUESDAY, [row(weekdays=frozenset(weekdays))]) == expected


def test_an_empty_plan_has_no_next_day():
    assert rules.next_day_with_exercises(TUESDAY, []) is None


@pytest.mark.parametrize(
    ("item", "expected"),
    [(row(), 5), (stretch(), 5), (row(sets=1, reps=1), 2)],
)
def test_minutes_count_work_rests_and_getting_into_place(item, expected):
    assert rules.minutes_needed(item, rest_s=45) == expected


# Adherence


def since(day: date, *items: Prescribed) -> list[RevisionInForce]:
    return [RevisionInForce(day, items)]


LONG_AGO = TUESDAY - timedelta(days=100)


def test_every_due_day_without_sets_counts_as_missed_but_today_does_not():
    assert rules.adherence(since(LONG_AGO, row()), {}, last=TUESDAY, days=7) == Adherence(6, 0, 18, 0)


def test_what_is_done_today_counts_although_the_day_is_not_over():
    done = {TUESDAY: {"row": {"both": 2}}}
    assert rules.adherence(since(LONG_AGO, row()), done, last=TUESDAY, days=1) == Adherence(0, 0, 2, 2)


def test_the_day_on_which_the_plan_was_written_is_not_held_against_anybody():
    written = TUESDAY - timedelta(days=1)
    assert rules.adherence(since(written, row()), {}, last=TUESDAY, days=7) == Adherence()


def test_extra_sets_on_one_day_do_not_make_up_for_another():
    done = {TUESDAY - timedelta(days=1): {"row": {"both": 9}}}
    assert rules.adherence(since(LONG_AGO, row()), done, last=TUESDAY, days=3).sets_done == 3


def test_each_day_is_measured_against_the_revision_of_that_day():
    revisions = [RevisionInForce(LONG_AGO, (row(),)), RevisionInForce(TUESDAY - timedelta(days=2), (row(sets=1),))]
    assert rules.adherence(revisions, {}, last=TUESDAY, days=5).sets_due == 3 + 3 + 1 + 1


def test_without_anything_due_there_is_no_share():
    assert rules.adherence([], {}, last=TUESDAY, days=28).share is None


@settings(deadline=None)
@given(
    done=st.dictionaries(
        st.dates(TUESDAY - timedelta(days=40), TUESDAY),
        st.dictionaries(
            st.sampled_from(["row", "stretch", "gone"]),
            st.dictionaries(st.sampled_from(["left", "right", "both"]), st.integers(0, 9)),
        ),
    ),
    start=st.integers(0, 40),
    days=st.integers(1, 35),
)
def test_adherence_stays_between_nothing_and_everything(done, start, days):
    revisions = since(TUESDAY - timedelta(days=start), row(), stretch())
    found = rules.adherence(revisions, done, last=TUESDAY, days=days)
    assert 0 <= found.sets_done <= found.sets_due
    assert 0 <= found.exercises_done <= found.exercises_due
    assert found.share is None or 0 <= found.share <= 1


# Encouragement


@pytest.mark.parametrize(
    ("done", "week", "days_since_last", "expected"),
    [
        ({"row": {"both": 3}}, Adherence(), 0, "all_done"),
        ({"row": {"both": 1}}, Adherence(), 0, "on_the_way"),
        ({}, Adherence(), None, "first_time"),
        ({}, Adherence(), 8, "gentle_return"),
        ({}, Adherence(5, 4, 15, 12), 1, "this_week"),
        ({}, Adherence(5, 0, 15, 0), 6, "one_is_enough"),
    ],
)
def test_the_one_line_is_true_and_never_counts_what_was_missed(done, week, days_since_last, expected):
    assert rules.encouragement(rules.today(TUESDAY, [row()], done), week, days_since_last).key == expected


# Prescribing


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"sets": 0}, [("sets", "outside")]),
        ({"sets": 5}, [("sets", "outside")]),
        ({"reps": 3}, [("reps", "outside")]),
        ({"reps": None}, [("reps", "outside")]),
        ({"hold_s": 20.0}, [("hold_s", "not_used")]),
        ({"weekdays": frozenset()}, [("weekdays", "no_day")]),
        ({"weekdays": frozenset({8})}, [("weekdays", "unknown_day")]),
        ({"side": "left"}, [("side", "unknown_side")]),
        ({"side": "up", "sided": True}, [("side", "unknown_side")]),
        ({"sets": 0, "reps": 99}, [("sets", "outside"), ("reps", "outside")]),
    ],
)
def test_a_dose_outside_the_limits_is_refused_field_by_field(fields, expected):
    found = rules.violations(row(**fields), LIMITS)
    assert [(each.field, each.key) for each in found] == expected


def test_a_refusal_names_what_would_fit():
    (found,) = rules.violations(row(reps=99), LIMITS)
    assert (found.low, found.high) == (4, 15)


def test_the_difference_says_what_came_what_went_and_what_changed():
    before = [row(), stretch()]
    after = [row(sets=2, weekdays=frozenset({1})), row(exercise="press")]
    found = [(each.kind, each.exercise, each.field) for each in rules.difference(before, after)]
    assert found == [
        ("changed", "row", "sets"),
        ("changed", "row", "weekdays"),
        ("added", "press", None),
        ("removed", "stretch", None),
    ]


def test_another_order_is_a_difference():
    (found,) = rules.difference([row(), stretch()], [stretch(), row()])
    assert found.kind == "reordered"


@settings(deadline=None)
@given(sets=st.integers(1, 9), note=st.one_of(st.none(), st.text()), ident=st.text())
def test_a_plan_does_not_differ_from_itself_whatever_its_ids(sets, note, ident):
    item = row(sets=sets, note=note)
    assert rules.difference([item], [replace(item, id=ident)]) == ()


@settings(deadline=None)
@given(st.frozensets(st.integers(1, 7)))
def test_weekdays_survive_being_stored(weekdays):
    assert rules.weekdays_from_text(rules.weekdays_to_text(weekdays)) == weekdays


def test_the_ready_made_programmes_can_be_saved_as_they_are():
    from tracker.regimen.library import library
    from tracker.regimen.service import check

    for programme in rules.PROGRAMMES:
        items = [
            Prescribed("", line.exercise, line.sets, line.reps, line.hold_s, line.weekdays) for line in programme.lines
        ]
        assert {item.exercise for item in items} <= set(library())
        assert check(items) == ()


def test_the_library_suggests_doses_it_would_accept():
    from tracker.regimen.library import library, suggested
    from tracker.regimen.service import check

    assert check([suggested(definition) for definition in library().values()]) == ()
