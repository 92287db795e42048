"""The dose rules of CLINICAL 2.0, 4.5 and 4.6 as tables, and what must hold whatever was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.regimen.rules import EVERY_DAY, Limits, Prescribed, violations
from tracker.regimen.rules_levels import Level
from tracker.regimen.rules_progression import (
    Occasion,
    Regress,
    Situation,
    Step,
    all_done,
    calm_again,
    next_step,
    progress,
    red_limit,
    regresses,
)

TODAY = date(2026, 3, 10)
ROW = Prescribed("", "row", 2, 10, None, EVERY_DAY)
PLANK = Prescribed("", "plank", 2, None, 20.0, EVERY_DAY)
ROUNDS = Prescribed("", "cat", 1, 8, 8.0, EVERY_DAY)
REPS = Limits((1, 4), (4, 15), None)
HOLDS = Limits((1, 4), None, (10, 45))
BOTH = Limits((1, 2), (4, 12), (6, 15))
CALM = Situation(TODAY, Level.STEADY, last_day=TODAY - timedelta(days=1))


def good(days_ago: int = 1, **fields: object) -> Occasion:
    """Everything as it should be."""
    told = {"done": True, "quality": 84.0, "pain_before": 2, "pain_during": 2, "next_morning": 2, "effort": 5}
    return Occasion(TODAY - timedelta(days=days_ago), **{**told, **fields})  # type: ignore[arg-type]


def why(occasions: list[Occasion], situation: Situation = CALM, goal: str = "strength") -> str | None:
    return progress(ROW, REPS, goal, occasions, situation).why


# ---------------------------------------------------------------------------------------------- forward


def test_two_good_sessions_ask_for_two_more_repetitions_and_show_what_was_seen():
    found = progress(ROW, REPS, "strength", [good(9, quality=40.0), good(3), good(1, quality=88.0)], CALM)
    assert found.step == Step("reps", 10, 12)
    assert [each.quality for each in found.seen] == [84.0, 88.0]


@pytest.mark.parametrize(
    ("field", "best_bad", "worst_good", "reason"),
    [
        ("quality", 79.9, 80.0, "quality"),
        ("pain_during", 4, 3, "pain"),
        ("next_morning", 3, 2, "morning"),
        ("effort", 7, 6, "effort"),
        ("done", False, True, "not_done"),
        ("stopped_for_pain", True, False, "pain"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_each_condition_must_hold_on_both_sessions(field, best_bad, worst_good, reason, place):
    for value, expected in ((best_bad, reason), (worst_good, None)):
        sessions = [good(3), good(1)]
        sessions[place] = replace(sessions[place], **{field: value})
        assert why(sessions) == expected


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("quality", "quality_unknown"),
        ("pain_during", "pain_unknown"),
        ("pain_before", "before_unknown"),
        ("effort", "effort_unknown"),
    ],
)
def test_what_is_not_known_never_counts_as_good(field, reason):
    assert why([good(3), replace(good(1), **{field: None})]) == reason
    assert why([replace(good(3), **{field: None}), good(1)]) == reason


@pytest.mark.parametrize(("days_ago", "reason"), [(0, "morning_waits"), (1, "morning_waits"), (2, "morning_unknown")])
def test_a_morning_that_can_still_be_told_is_waited_for(days_ago, reason):
    assert why([good(days_ago + 2), good(days_ago, next_morning=None)]) == reason


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        (replace(CALM, open_levels=(Level.REVIEW,)), "alert_open"),
        (replace(CALM, open_levels=(Level.SELF_CARE, Level.EMERGENCY)), "alert_open"),
        (replace(CALM, level=None), "level_unknown"),
        (replace(CALM, level=Level.SELF_CARE), "level"),
        (replace(CALM, eased=True), "eased"),
        (replace(CALM, last_day=TODAY - timedelta(days=8)), "away"),
        (replace(CALM, last_day=TODAY - timedelta(days=7)), None),
    ],
)
def test_how_the_person_is_comes_first(situation, reason):
    assert why([good(3), good(1)], situation) == reason


@pytest.mark.parametrize(
    ("sessions", "reason"),
    [([], "two_sessions"), ([good(1)], "two_sessions"), ([good(9), good(1)], "away"), ([good(8), good(1)], None)],
)
def test_two_sessions_running_within_a_week_are_needed(sessions, reason):
    assert why(sessions) == reason


def test_a_measurement_is_never_raised():
    assert why([good(3), good(1)], goal="test") == "measurement"


@pytest.mark.parametrize(
    ("item", "limits", "goal", "step"),
    [
        (ROW, REPS, "strength", Step("reps", 10, 12)),
        (replace(ROW, reps=14), REPS, "strength", Step("reps", 14, 15)),
        (replace(ROW, reps=15), REPS, "strength", Step("sets", 2, 3)),
        (replace(ROW, reps=15, sets=4), REPS, "strength", Step("load")),
        (replace(ROW, reps=15, sets=4), REPS, "stretch", None),
        (replace(ROW, reps=20, sets=2), REPS, "strength", Step("sets", 2, 3)),
        (replace(ROW, reps=2), REPS, "strength", None),
        (PLANK, HOLDS, "core", Step("hold_s", 20.0, 25.0)),
        (replace(PLANK, hold_s=43.0), HOLDS, "core", Step("hold_s", 43.0, 45.0)),
        (replace(PLANK, hold_s=45.0), HOLDS, "stretch", Step("sets", 2, 3)),
        (ROUNDS, BOTH, "mobility", Step("reps", 8, 10)),
        (replace(ROUNDS, reps=12), BOTH, "mobility", Step("sets", 1, 2)),
    ],
)
def test_one_variable_one_step_in_the_order_of_the_specification(item, limits, goal, step):
    assert next_step(item, limits, goal) == step


# ---------------------------------------------------------------------------------------------- back


@pytest.mark.parametrize(
    ("baseline", "before", "limit"),
    [(None, 3, 5), (5.0, 4, 5), (5.1, 4, 6), (6.0, 2, 5), (7.0, 7, 8), (6.0, None, 5), (6.0, 5, 7)],
)
def test_the_red_limit_follows_a_usual_pain_above_five(baseline, before, limit):
    assert red_limit(baseline, before) == limit


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"pain_during": 5}, None),
        ({"pain_during": 6}, "pain_during"),
        ({"pain_during": None, "stopped_for_pain": True}, "pain_during"),
        ({"next_morning": 3}, None),
        ({"next_morning": 4}, "next_morning"),
        ({"next_morning": 9, "pain_before": None}, None),
        ({"effort": 7}, None),
        ({"effort": 8}, "effort"),
    ],
)
def test_one_session_is_enough_for_a_step_back(fields, cause):
    found = regresses([good(1, **fields)], None)
    assert [each.cause for each in found] == ([cause] if cause else [])


@pytest.mark.parametrize(
    ("qualities", "back"),
    [
        ([59.9, 59.0], True),
        ([59.0, None, 59.0], True),
        ([59.0, 60.0], False),
        ([59.0], False),
        ([59.0, 59.0, 85.0], False),
    ],
)
def test_poor_quality_needs_two_sessions_running(qualities, back):
    sessions = [good(9 - index, quality=value) for index, value in enumerate(qualities)]
    assert [each.cause for each in regresses(sessions, None)] == (["quality"] if back else [])


def test_a_day_leads_to_one_step_only_and_is_not_counted_again():
    hurt = good(3, pain_during=7, effort=9)
    poor = [good(2, quality=50.0), good(1, quality=50.0)]
    assert regresses([hurt], None) == (Regress("pain_during", hurt.day, {"pain": 7, "limit": 5.0, "stopped": False}),)
    assert regresses([hurt], None, frozenset({hurt.day})) == ()
    assert [each.cause for each in regresses(poor, None, frozenset({poor[0].day}))] == []


def test_two_green_sessions_running_are_calm_and_what_is_not_told_is_not_green():
    assert calm_again([good(9, pain_during=8), good(3), good(1)])
    assert not calm_again([good(1)])
    assert not calm_again([good(3), good(1, next_morning=None)])
    assert not calm_again([good(3), good(1, pain_during=4)])


@pytest.mark.parametrize(
    ("item", "sets", "done"),
    [
        (ROW, {"both": [(10, 0.0), (10, 0.0)]}, True),
        (ROW, {"both": [(10, 0.0), (9, 0.0)]}, False),
        (ROW, {"both": [(20, 0.0)]}, False),
        (PLANK, {"both": [(0, 19.6), (0, 25.0)]}, True),
        (PLANK, {"both": [(0, 19.0), (0, 25.0)]}, False),
        (replace(ROW, sided=True), {"left": [(10, 0.0)] * 2, "right": [(10, 0.0)]}, False),
        (replace(ROW, sided=True), {"left": [(10, 0.0)] * 2, "right": [(10, 0.0)] * 2}, True),
    ],
)
def test_every_set_has_to_be_done_in_full(item, sets, done):
    assert all_done(item, sets) is done


# ---------------------------------------------------------------------------------------------- whatever was told

scale = st.none() | st.integers(0, 10)
occasion = st.builds(
    Occasion,
    day=st.dates(TODAY - timedelta(days=20), TODAY),
    done=st.booleans(),
    quality=st.none() | st.floats(0, 100),
    pain_before=scale,
    pain_during=scale,
    next_morning=scale,
    effort=scale,
    stopped_for_pain=st.booleans(),
)
likely = occasion | st.sampled_from([good(4), good(2), good(1)])
occasions = st.lists(likely, max_size=5).map(lambda each: sorted(each, key=lambda one: one.day))
levels = st.sampled_from(list(Level))
situations = st.builds(
    Situation,
    today=st.just(TODAY),
    level=st.none() | levels,
    open_levels=st.lists(levels, max_size=3),
    eased=st.booleans(),
    last_day=st.none() | st.dates(TODAY - timedelta(days=20), TODAY),
)
kinds = st.sampled_from([REPS, HOLDS, BOTH])


@st.composite
def lines(draw: st.DrawFn) -> tuple[Prescribed, Limits]:
    limits = draw(kinds)
    reps = draw(st.integers(1, 25)) if limits.reps else None
    hold_s = float(draw(st.integers(1, 70))) if limits.hold_s else None
    return Prescribed("", "row", draw(st.integers(1, 6)), reps, hold_s, EVERY_DAY), limits


@given(lines(), occasions, situations)
def test_nothing_is_raised_while_an_alert_of_level_two_is_open(line, sessions, situation):
    item, limits = line
    raised = replace(situation, open_levels=[*situation.open_levels, Level.REVIEW])
    assert progress(item, limits, "strength", sessions, raised).step is None
    assert progress(item, limits, "strength", [good(3), good(1)], raised).step is None


@given(lines(), st.sampled_from(["strength", "stretch", "core", "mobility"]))
def test_a_step_changes_one_variable_by_one_step_and_stays_within_the_library(line, goal):
    item, limits = line
    step = next_step(item, limits, goal)
    if step is None or step.field == "load":
        return
    most = {"reps": 2, "hold_s": 5.0, "sets": 1}[step.field]
    assert step.before == getattr(item, step.field)
    assert 0 < step.after - step.before <= most
    before, after = violations(item, limits), violations(replace(item, **{step.field: step.after}), limits)
    assert {each.field for each in after} <= {each.field for each in before}
    assert step.field not in {each.field for each in after}


@given(lines(), occasions, situations)
def test_there_is_a_step_or_a_reason_and_unknown_is_never_good(line, sessions, situation):
    found = progress(*line, "strength", sessions, situation)
    assert (found.step is None) == (found.why is not None)
    if found.step is not None:
        values = [
            value
            for each in found.seen
            for value in (each.quality, each.pain_before, each.pain_during, each.next_morning, each.effort)
        ]
        assert None not in values
        assert situation.level == Level.STEADY
        assert regresses(found.seen, None) == ()
