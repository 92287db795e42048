"""Watching over time: spells and notices, movement and breaks, places, and a tally that adds up."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.posture_body import CALM, Physique, Sitting, camera_before
from exercises.posture_breaks import COOL_DOWN_S, HOUR_S, Budget
from exercises.posture_spells import Spell
from tests.unit.exercises.sitting import BESIDE, BODY, EYE_LEVEL, LOW_LAPTOP, SLOUCH, Day, document

OFF = {"break_rule": "off"}
STATES = ("comfort_s", "slouch_s", "away_s", "unknown_s")


def between(verdicts, key, low, high):
    return all(low <= verdict[key] <= high for verdict in verdicts)


# -- slouching --------------------------------------------------------------------------------------------------------


def test_a_held_slump_is_hinted_after_half_a_minute_and_told_once_after_two():
    day = Day(options=OFF)
    day.does(CALM, 20)
    start = day.time_s
    day.does(SLOUCH, 300)
    hinted = next(v["time_s"] for v in day.verdicts if v["hint"])
    assert 30 <= hinted - start <= 40
    ((told, key),) = day.notices
    assert key == "slouch"
    assert 120 <= told - start <= 130


def test_a_short_slump_is_never_told():
    day = Day(options=OFF)
    for _ in range(6):
        day.does(SLOUCH, 80)
        day.does(CALM, 30)
    assert day.notices == []


def test_the_next_slump_is_told_again_but_not_within_ten_minutes():
    day = Day(options=OFF)
    day.does(SLOUCH, 150)
    day.does(CALM, 30)
    day.does(SLOUCH, 700)
    times = [at for at, _ in day.notices]
    assert len(times) == 2
    assert times[1] - times[0] >= COOL_DOWN_S


def test_sitting_up_ends_the_state_after_ten_seconds():
    day = Day(options=OFF)
    day.does(SLOUCH, 60)
    assert day.last["state"] == "slouch"
    assert day.does(CALM, 6)["state"] == "slouch"
    assert day.does(CALM, 14)["state"] == "comfort"


def test_a_glance_at_the_keyboard_freezes_the_spell_and_a_long_absence_ends_it():
    day = Day(options=OFF)
    before = day.does(SLOUCH, 60)["slouch_s"]
    looking = day.does(Sitting(head_pitch_deg=30), 20)
    assert looking["slouch_s"] == pytest.approx(before, abs=1)
    assert day.does(SLOUCH, 2)["slouch_s"] >= before
    day.does(None, 90)
    assert day.does(CALM, 2)["slouch_s"] == 0.0


@pytest.mark.parametrize(("looks_up_s", "looks_down_s", "told"), [(60, 2, ["slouch"]), (20, 5, [])])
def test_who_looks_down_again_and_again_is_hinted_and_not_told(looks_up_s, looks_down_s, told):
    day = Day(options=OFF)
    day.does(CALM, 20)
    for _ in range(300 // looks_up_s):
        day.does(SLOUCH, looks_up_s)
        day.does(Sitting(head_pitch_deg=30), looks_down_s)
    assert [key for _, key in day.notices] == told
    assert any(verdict["hint"] for verdict in day.verdicts)
    day.does(SLOUCH, 360)
    assert [key for _, key in day.notices] == ["slouch"]


def test_a_picture_without_a_joint_is_followed_by_another_one_soon():
    day = Day(options=OFF, every_s=2.0)
    day.does(CALM, 60)
    assert day.last["look_again_s"] == 2.0
    day.does(CALM, 2, without=(7,))
    assert not day.last["can_tell"]
    assert day.last["look_again_s"] == 0.25
    day.does(CALM, 10, without=(7,))
    assert day.last["look_again_s"] >= 1.0, "what stays hidden is no reason to hurry"


@pytest.mark.parametrize(
    "sitting",
    [
        Sitting(chair_forward_m=0.05),
        Sitting(chair_forward_m=-0.1),
        Sitting(lean_deg=-10),
        Sitting(head_yaw_deg=35),
        Sitting(head_pitch_deg=25),
        Sitting(right_to_mouth=1, head_pitch_deg=-10),
        Sitting(left_to_ear=1),
        Sitting(side_lean_deg=4),
    ],
)
def test_ten_minutes_of_something_else_are_no_slouch(sitting):
    day = Day(options=OFF)
    day.does(CALM, 10)
    day.does(sitting, 600)
    assert day.notices == []


@pytest.mark.parametrize("camera", [EYE_LEVEL, LOW_LAPTOP, camera_before(BODY, height_m=0.2)], ids=["0", "-28", "+20"])
def test_a_slump_of_fifteen_degrees_is_told_within_two_and_a_half_minutes(camera):
    day = Day([document(camera=camera)], OFF, camera=camera)
    day.does(CALM, 20)
    start = day.time_s
    day.does(Sitting(slump_deg=15), 160)
    assert [key for _, key in day.notices] == ["slouch"]
    assert day.notices[0][0] - start <= 150


@pytest.mark.parametrize("every_s", [1 / 30, 0.25, 1.0, 2.0])
def test_the_verdict_does_not_depend_on_how_often_somebody_looks(every_s):
    day = Day(options=OFF, every_s=every_s)
    day.does(CALM, 30)
    start = day.time_s
    day.does(SLOUCH, 140)
    (told,) = [at - start for at, _ in day.notices]
    assert told == pytest.approx(122, abs=5)
    day.does(CALM, 40)
    assert day.last["state"] == "comfort"
    tally = day.session.take()
    assert tally["slouch_s"] == pytest.approx(120, abs=8)


def test_a_mirrored_camera_tells_the_same():
    own = Day(options=OFF)
    own.does(CALM, 5)
    one = own.does(SLOUCH, 20)
    again = Day(options=OFF)
    again.does(CALM, 5)
    assert again.does(SLOUCH, 20) == one, "and the same pictures tell the same"


def test_the_calmed_score_freezes_over_a_short_gap_and_starts_anew_after_a_long_one():
    spell = Spell()
    spell.observe(100.0, 0.0)
    spell.observe(0.0, 20.0)
    assert spell.score > 90
    spell.observe(0.0, 100.0)
    assert spell.score == 0.0


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 3.0)), min_size=1, max_size=200))
def test_a_spell_is_never_longer_than_the_time_and_never_starts_above_60(steps):
    spell, at = Spell(), 0.0
    for score, wait in steps:
        at += wait
        spell.observe(score, at)
        assert 0.0 <= spell.spell_s <= at
        assert 0.0 <= spell.score <= 100.0
    if all(score >= 60 for score, _ in steps):
        assert spell.spell_s == 0.0


def test_the_side_view_tells_a_slump_and_the_lean_of_the_neck_with_its_error():
    day = Day([document(camera=BESIDE)], OFF, camera=BESIDE)
    calm = day.does(CALM, 10)
    assert calm["state"] == "comfort"
    assert calm["neck_lean"]["error_deg"] == 8.0
    assert day.does(SLOUCH, 130)["notice"] or day.notices


# -- saying little ----------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 900), max_size=200), st.integers(0, 3))
def test_no_hour_ever_holds_more_notices_than_the_budget(waits, per_hour):
    budget, at, told = Budget(per_hour), 0.0, []
    for wait in waits:
        at += wait
        if budget.allows(at):
            budget.spend(at)
            told.append(at)
    assert all(sum(one <= other < one + HOUR_S for other in told) <= per_hour for one in told)
    assert all(later - one >= COOL_DOWN_S for one, later in pairwise(told))


def test_notices_of_before_count_for_the_budget():
    day = Day(options={**OFF, "told_s_ago": [30, 900, 1800]})
    day.does(SLOUCH, 600)
    assert day.notices == []


@pytest.mark.parametrize("quiet", [True, False], ids=["quiet", "snoozed"])
def test_quiet_and_snoozed_it_watches_and_says_nothing(quiet):
    day = Day(options={**OFF, "quiet": quiet})
    if not quiet:
        day.session.hush(day.time_s + 3600)
    day.does(SLOUCH, 400)
    assert day.notices == []
    assert day.last["state"] == "slouch"


def test_options_change_while_running():
    day = Day(options={**OFF, "quiet": True})
    day.does(SLOUCH, 200)
    day.session.set_options({"quiet": False})
    day.does(SLOUCH, 2)
    assert [key for _, key in day.notices] == ["slouch"]


def test_an_unknown_break_rule_is_refused():
    with pytest.raises(ValueError, match="sometimes"):
        Day(options={"break_rule": "sometimes"})


# -- movement and breaks ----------------------------------------------------------------------------------------------

SHIFTED = Sitting(lean_deg=-6, chair_side_m=0.04)


def test_sitting_still_for_as_long_as_was_agreed_is_time_to_move():
    day = Day(options={"break_every_s": 600})
    assert day.does(CALM, 590)["break_in_s"] == pytest.approx(10, abs=1)
    assert day.notices == []
    day.does(CALM, 20)
    assert [key for _, key in day.notices] == ["still"]


@pytest.mark.parametrize(("rule", "told"), [("still", []), ("clock", ["clock"]), ("both", ["clock"]), ("off", [])])
def test_who_shifts_is_told_by_the_clock_only(rule, told):
    day = Day(options={"break_rule": rule, "break_every_s": 900})
    for _ in range(5):
        day.does(CALM, 100)
        day.does(SHIFTED, 100)
    assert [key for _, key in day.notices] == told


def test_a_shift_that_lasts_is_a_change_and_a_glance_is_none():
    day = Day(options=OFF, every_s=0.25)
    day.does(CALM, 60)
    day.does(Sitting(lean_deg=9, head_yaw_deg=10), 3)
    assert day.does(CALM, 60)["changes"] == 0
    day.does(SHIFTED, 20)
    assert day.last["changes"] == 1
    assert day.last["still_s"] < 20
    assert [v["credit"] for v in day.verdicts if v["credit"]] == ["shift"]


def test_creeping_is_no_change():
    day = Day(options=OFF, every_s=1.0)
    for step in range(300):
        day.does(Sitting(lean_deg=step / 300 * 4), 1)
    assert day.last["changes"] == 0
    assert day.last["still_s"] > 290


@pytest.mark.parametrize("every_s", [0.25, 2.0])
def test_changes_are_counted_the_same_however_often_somebody_looks(every_s):
    day = Day(options=OFF, every_s=every_s)
    for _ in range(5):
        day.does(CALM, 60)
        day.does(SHIFTED, 60)
    assert day.last["changes"] == 9
    assert day.last["changes_per_hour"] == pytest.approx(54, abs=2)


def test_standing_up_is_credited_once_and_starts_the_timers_anew():
    day = Day(options={"break_every_s": 300})
    day.does(CALM, 280)
    day.does(Sitting(rise_m=0.25), 6)
    day.does(None, 40)
    day.does(CALM, 200)
    assert [v["credit"] for v in day.verdicts if v["credit"]] == ["stand"]
    assert day.last["stands"] == 1
    assert day.last["still_s"] == pytest.approx(200, abs=12)
    day.does(CALM, 350)
    assert day.notices == [], "nothing is offered within ten minutes of standing up"
    day.does(CALM, 100)
    assert [key for _, key in day.notices] == ["still"]


def test_who_left_without_being_seen_to_stand_stood_up():
    day = Day(options=OFF)
    day.does(CALM, 30)
    assert day.does(None, 40)["stands"] == 1


def test_two_minutes_away_are_a_break_whoever_says_so():
    day = Day(options={"break_rule": "clock", "break_every_s": 900})
    day.does(CALM, 800)
    for _ in range(13):
        day.time_s += 10
        day.session.away(day.time_s)
    day.does(CALM, 700)
    assert day.notices == []
    assert day.session.take()["away_s"] == pytest.approx(130, abs=1)


@pytest.mark.parametrize(("by", "clock_too"), [("shift", False), ("stand", True), ("exercise", True), ("said", True)])
def test_a_break_that_was_taken_starts_the_timers_anew(by, clock_too):
    day = Day(options={"break_rule": "both", "break_every_s": 1000})
    day.does(CALM, 500)
    day.session.moved(day.time_s, by)
    verdict = day.does(CALM, 10)
    assert verdict["still_s"] == pytest.approx(10, abs=1)
    assert verdict["break_in_s"] == pytest.approx(990 if clock_too else 490, abs=2)


def test_looking_is_rare_while_still_quick_while_moving_and_rarest_when_nobody_is_there():
    day = Day(options=OFF)
    assert day.does(CALM, 60)["look_again_s"] == 2.0
    assert day.does(Sitting(lean_deg=-8), 0.5)["look_again_s"] == 0.25
    assert day.does(Sitting(lean_deg=-8), 10)["look_again_s"] == 1.0
    assert day.does(None, 60)["look_again_s"] == 10.0
    assert day.last["state"] == "away"


# -- the tally --------------------------------------------------------------------------------------------------------

HAPPENS = st.sampled_from(
    [CALM, SLOUCH, None, Sitting(head_yaw_deg=40), Sitting(rise_m=0.25), Sitting(right_to_mouth=1), SHIFTED]
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(HAPPENS, st.integers(1, 40), st.sampled_from([0.25, 1.0, 2.0, 10.0])), min_size=1, max_size=8)
)
def test_the_tally_adds_up_to_the_time_whatever_happens(day_long):
    day = Day(options=OFF, start_s=0.0)
    day.session.gap(0.0)
    for sitting, pictures, every_s in day_long:
        day.every_s = every_s
        day.does(sitting, pictures * every_s)
    tally = day.session.take()
    assert sum(tally[name] for name in STATES) == pytest.approx(day.time_s, abs=1e-6)
    assert all(tally[name] >= 0 for name in STATES)
    assert sum(day.session.take()[name] for name in STATES) == 0.0
    json.dumps(day.verdicts)


def test_a_gap_counts_as_nothing_and_ends_what_was_going_on():
    day = Day(options=OFF)
    day.does(SLOUCH, 60)
    day.session.take()
    day.time_s += 3600
    day.session.gap(day.time_s)
    verdict = day.does(SLOUCH, 10)
    assert sum(day.session.take()[name] for name in STATES) == pytest.approx(10)
    assert verdict["slouch_s"] <= 10
    assert verdict["still_s"] <= 10


def test_an_unannounced_gap_counts_as_nothing_either():
    day = Day(options=OFF)
    day.does(CALM, 10)
    day.session.take()
    day.time_s += 50
    day.does(CALM, 0.5)
    assert sum(day.session.take()[name] for name in STATES) == 0.0


# -- places and drift -------------------------------------------------------------------------------------------------

HD = replace(EYE_LEVEL, width=1280.0, height=720.0)
FAR = camera_before(BODY, distance_m=0.95)


@pytest.mark.parametrize(("seen_by", "place"), [(EYE_LEVEL, "desk"), (LOW_LAPTOP, "laptop"), (BESIDE, "side")])
@pytest.mark.parametrize("sitting", [CALM, SLOUCH], ids=["calm", "slouched"])
def test_the_place_is_found_by_what_is_seen_even_slouched(seen_by, place, sitting):
    places = [
        document("side", BESIDE),
        document("laptop", LOW_LAPTOP),
        document("desk", EYE_LEVEL),
        document("far", FAR),
    ]
    day = Day(places, OFF, camera=seen_by)
    assert day.does(sitting, 1)["state"] == "starting"
    assert day.does(sitting, 5)["place_id"] == place


def test_the_place_changes_after_an_absence_and_never_to_excuse_a_slouch():
    own = document("desk", EYE_LEVEL)
    slumped = {**document("slumped", EYE_LEVEL), "pose": document("x", LOW_LAPTOP)["pose"]}
    day = Day([own, slumped], OFF)
    day.does(CALM, 10)
    assert day.does(SLOUCH, 130)["place_id"] == "desk"
    assert [key for _, key in day.notices] == ["slouch"]
    day.does(None, 60)
    assert day.does(CALM, 10, camera=LOW_LAPTOP)["place_id"] == "slumped"


def test_another_resolution_is_told_before_anything_is_said_about_slouching():
    day = Day(options=OFF, camera=HD)
    verdict = day.does(SLOUCH, 400)
    assert verdict["recalibrate"] == "resolution"
    assert [key for _, key in day.notices] == ["recalibrate"]


def test_an_old_baseline_is_offered_to_be_made_again_and_still_used():
    day = Day(options={**OFF, "days_old": {"desk": 20}})
    assert day.does(CALM, 5)["recalibrate"] == "old"
    assert day.last["state"] == "comfort"


def test_a_chair_that_stands_elsewhere_after_an_absence_proposes_to_calibrate_again():
    day = Day(options=OFF)
    day.does(CALM, 20)
    day.does(None, 60)
    assert day.does(Sitting(chair_forward_m=0.2), 10)["recalibrate"] == "moved"
    day.does(Sitting(chair_forward_m=0.2), 300)
    assert "slouch" not in [key for _, key in day.notices]
    assert day.does(CALM, 40)["recalibrate"] is None, "back in the old place the proposal is dropped"


@pytest.mark.parametrize("pitch", [-6, -3, 3, 6])
def test_a_bumped_camera_is_no_slouch(pitch):
    day = Day(options=OFF)
    day.does(CALM, 30)
    day.does(CALM, 600, camera=camera_before(BODY, pitch_off_deg=pitch))
    assert "slouch" not in [key for _, key in day.notices]
    assert day.last["state"] == "comfort"


def test_after_a_bump_a_slump_still_reads_as_one():
    day = Day(options=OFF)
    day.does(CALM, 30)
    bumped = camera_before(BODY, pitch_off_deg=2)
    day.does(CALM, 30, camera=bumped)
    assert day.last["index"] == pytest.approx(0.0, abs=0.15)
    assert day.does(SLOUCH, 60, camera=bumped)["state"] == "slouch"


def test_calm_that_has_wandered_off_proposes_to_calibrate_again():
    lower = Sitting(slump_deg=11)
    day = Day(options=OFF, every_s=2.0)
    for turn in range(10):
        day.does(lower, 200)
        day.does(replace(lower, chair_side_m=0.05 if turn % 2 else -0.05), 100)
    assert day.last["recalibrate"] == "drift"


def test_another_body_at_the_same_desk_can_be_watched_after_its_own_calibration():
    tall = Physique(torso_m=0.6, half_shoulders_m=0.2)
    camera = camera_before(tall)
    day = Day([document(camera=camera, body=tall)], OFF, camera=camera)
    assert day.does(CALM, 10, body=tall)["score"] > 95
