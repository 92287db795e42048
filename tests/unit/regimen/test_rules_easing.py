"""How much less somebody is asked for, of what, and until when (CLINICAL 2.0, 4.6, 5.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.regimen import rules_easing as rules
from tracker.regimen.rules import EVERY_DAY, Limits, Prescribed, RevisionInForce, adherence
from tracker.regimen.rules_easing import Relief

DAY = date(2026, 3, 10)
ROW = Prescribed("", "row", 2, 10, None, EVERY_DAY)
HOLD = Prescribed("", "plank", 2, None, 15.0, EVERY_DAY)
ROUNDS = Prescribed("", "cat", 1, 8, 8.0, EVERY_DAY)
OF_ROW = Relief(rules.EFFORT, rules.ONE_STEP, DAY, exercise="row", day=DAY)
AGAIN = replace(OF_ROW, day=DAY + timedelta(days=1))
LEVEL = rules.for_level(DAY)


@pytest.mark.parametrize(
    ("item", "factor", "expected"),
    [
        (ROW, 0.7, replace(ROW, reps=7)),
        (replace(ROW, reps=12), 0.7, replace(ROW, reps=8)),
        (replace(ROW, reps=8), 0.7, replace(ROW, reps=6)),
        (replace(ROW, reps=5), 0.7, replace(ROW, reps=3)),
        (replace(ROW, reps=4), 0.7, replace(ROW, reps=3)),
        (replace(ROW, reps=2), 0.7, replace(ROW, reps=1)),
        (replace(ROW, reps=1), 0.7, replace(ROW, reps=1)),
        (ROW, 0.49, replace(ROW, reps=5)),
        (ROW, 1.0, ROW),
        (HOLD, 0.7, replace(HOLD, hold_s=10.0)),
        (replace(HOLD, hold_s=1.0), 0.7, replace(HOLD, hold_s=1.0)),
        (ROUNDS, 0.7, replace(ROUNDS, reps=6)),
    ],
)
def test_repetitions_or_seconds_are_multiplied_to_the_nearest_a_half_down_and_never_to_nothing(item, factor, expected):
    assert rules.ease(item, factor) == expected


@pytest.mark.parametrize(
    ("reliefs", "loads", "factor"),
    [
        ([], True, 1.0),
        ([OF_ROW], False, 0.7),
        ([OF_ROW, AGAIN], True, 0.49),
        ([OF_ROW, OF_ROW], True, 0.7),
        ([replace(OF_ROW, exercise="press")], True, 1.0),
        ([LEVEL], True, 0.7),
        ([LEVEL], False, 1.0),
        ([LEVEL, OF_ROW], True, 0.7),
        ([LEVEL, OF_ROW, AGAIN], True, 0.49),
        ([replace(OF_ROW, spares=frozenset({"row"}))], True, 1.0),
    ],
)
def test_steps_back_of_one_exercise_multiply_and_the_strongest_of_all_holds(reliefs, loads, factor):
    assert rules.factor_for(ROW, reliefs, loads=loads) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("goal", "loads"),
    [
        ("strength", True),
        ("core", True),
        ("posture", True),
        ("mobility", False),
        ("stretch", False),
        ("warm-up", False),
        ("test", False),
        (None, True),
    ],
)
def test_what_only_moves_is_spared_and_what_nobody_knows_is_not(goal, loads):
    assert rules.loads(goal) is loads


def test_an_easing_at_level_one_lasts_five_days():
    assert [rules.holds_on(LEVEL, DAY + timedelta(days=days)) for days in (-1, 0, 4, 5)] == [False, True, True, False]


def test_more_than_a_week_off_is_a_return_two_steps_lower():
    assert not rules.was_away(DAY, DAY + timedelta(days=7))
    assert rules.was_away(DAY, DAY + timedelta(days=8))
    assert not rules.was_away(None, DAY)
    assert rules.for_return(DAY, DAY + timedelta(days=8)).factor == pytest.approx(0.7**2)


@pytest.mark.parametrize(
    ("item", "limits", "expected"),
    [
        (ROW, Limits((1, 4), (4, 15), None), replace(ROW, reps=7)),
        (replace(ROW, reps=5), Limits((1, 4), (4, 15), None), replace(ROW, reps=4)),
        (replace(ROW, reps=4), Limits((1, 4), (4, 15), None), None),
        (HOLD, Limits((1, 4), None, (10, 45)), replace(HOLD, hold_s=10.0)),
    ],
)
def test_what_is_made_the_plan_stays_within_the_library(item, limits, expected):
    assert rules.as_prescribed(item, rules.ONE_STEP, limits) == expected


@given(st.integers(1, 60), st.integers(1, 5), st.lists(st.sampled_from([OF_ROW, AGAIN, LEVEL]), min_size=1, max_size=6))
def test_an_easing_never_asks_for_more_never_for_nothing_and_keeps_the_sets(reps, sets, reliefs):
    item = replace(ROW, reps=reps, sets=sets)
    asked = rules.ease(item, rules.factor_for(item, reliefs, loads=True))
    assert 1 <= asked.reps <= reps
    assert asked.sets == sets


@given(st.integers(1, 60), st.sampled_from([rules.ONE_STEP, rules.TWO_STEPS, rules.ONE_STEP**3]))
def test_what_is_asked_for_is_what_the_words_say_to_half_a_repetition(reps, factor):
    """ "About half of the plan" of 10 is 5, not 4."""
    asked = rules.ease(replace(ROW, reps=reps), factor).reps
    assert asked == 1 or abs(asked - reps * factor) <= 0.5 + 1e-6
    assert asked < reps or reps == 1


def test_who_does_the_shorter_list_has_done_all_of_it():
    """Adherence counts sets, and an easing takes none away."""
    plan = [RevisionInForce(DAY - timedelta(days=10), (ROW,))]
    done = {DAY - timedelta(days=back): {"row": {"both": rules.ease(ROW, 0.49).sets}} for back in range(7)}
    assert adherence(plan, done, last=DAY, days=7).share == 1.0
