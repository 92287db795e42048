"""The count is exact on motion whose count is known, whatever the frame rate, the picture or the pace."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exercises.coach import Coach
from exercises.definition import load_library
from exercises.figure import VIEW_YAW_DEG, Camera, blend, body, centre_of, project, synthetic_pose
from exercises.synthetic import Take, any_conditions
from exercises.synthetic import judge as play
from exercises.wire import summary_to_dict
from tests.unit.exercises.motion import COUNTING, HOLDING, Motion, coach_for, judge

every_counting = pytest.mark.parametrize("definition", COUNTING, ids=lambda d: d.id)
# One of each make: both arms from the front, the near side, one side asked, and the legs.
SOME = [load_library()[i] for i in ("overhead-press", "seated-row", "shoulder-abduction-rom", "squat")]
some_counting = pytest.mark.parametrize("definition", SOME, ids=lambda d: d.id)
PRESS = load_library()["overhead-press"]
ROW = load_library()["seated-row"]


# The seeds are the same in every run (`derandomize`): about two sets in a thousand are not counted exactly, which
# test_accuracy_bounds bounds over many; drawn anew each time, this test would fail by chance once in ten runs.
@every_counting
@given(seed=st.integers(0, 10**6))
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_the_count_is_exact_for_any_rate_pace_view_noise_loss_and_distraction(definition, seed):
    take = Take(definition, any_conditions(definition, seed))
    verdict = play(take)
    assert (verdict.counted, verdict.false) == (verdict.expected, 0), (take.conditions, verdict.summary.repetitions)


@pytest.mark.parametrize("definition", HOLDING, ids=lambda d: d.id)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_holds_are_exact_for_any_rate_view_noise_loss_and_distraction(definition, seed):
    take = Take(definition, any_conditions(definition, seed))
    verdict = play(take)
    assert (verdict.counted, verdict.false) == (verdict.expected, 0), (take.conditions, verdict.summary.holds)


@some_counting
@pytest.mark.parametrize("fps", [10, 12, 24, 60])
def test_times_do_not_depend_on_the_frame_rate(definition, fps):
    reference = judge(Motion(definition, fps=30))
    other = judge(Motion(definition, fps=fps))
    assert other["count"] == reference["count"]
    for a, b in zip(reference["repetitions"], other["repetitions"], strict=True):
        for key in ("start", "peak", "end"):
            assert b[key] == pytest.approx(a[key], abs=0.3)
        assert b["range"]["peak"] == pytest.approx(a["range"]["peak"], abs=3)


@pytest.mark.parametrize("definition", SOME[:3], ids=lambda d: d.id)
@given(shares=st.lists(st.floats(0.6, 0.7), min_size=1, max_size=4))
@settings(max_examples=6, deadline=None)
def test_half_repetitions_are_kept_with_their_reason_and_never_counted(definition, shares):
    coach = coach_for(definition)
    time_s = 0.0
    for share in shares:
        motion = Motion(definition, repetitions=1, high=share)
        for at, pose in motion.frames():
            coach.observe(replace(pose, time_s=time_s + at), time_s + at)
        time_s += motion.length_s
    result = summary_to_dict(coach.finish())
    assert result["count"] == 0
    assert {r["reason"] for r in result["repetitions"]} == {"partial_range"}
    assert len(result["repetitions"]) == result["partial"] == len(shares)
    for repetition, share in zip(result["repetitions"], shares, strict=True):
        assert 0.5 < repetition["range"]["share"] < 1
        assert repetition["range"]["share"] == pytest.approx(share, abs=0.25)


def test_a_repetition_that_turns_round_before_the_start_is_partial_with_that_reason():
    result = judge(Motion(PRESS, repetitions=5, low=0.6, high=1.0, rest_s=1.0))
    assert result["count"] == 0
    reasons = [r["reason"] for r in result["repetitions"]]
    assert reasons[0] == "partial_return"
    assert set(reasons[1:]) == {"partial_start"}


@some_counting
def test_nothing_counts_before_the_start_pose_was_held(definition):
    """The set begins in the middle of the movement: the first way back is nobody's repetition."""
    coach = coach_for(definition)
    camera = Camera(VIEW_YAW_DEG[definition.figure.view])
    for n in range(60):
        progress = 1.0 if n < 30 else max(0.0, 1 - (n - 30) / 20)
        coach.observe(synthetic_pose(definition, progress, camera=camera, time_s=n / 30), n / 30)
    assert summary_to_dict(coach.finish())["repetitions"] == []


@some_counting
def test_a_repetition_under_way_counts_at_the_end_only_if_its_peak_was_held(definition):
    for stop_at, expected in ((0.5, 1), (0.2, 0)):
        coach = coach_for(definition)
        motion = Motion(definition, repetitions=1, seconds=4)
        for at, pose in motion.frames():
            if at < motion.rest_s + stop_at * motion.seconds:
                coach.observe(pose, at)
        result = summary_to_dict(coach.finish())
        assert result["count"] == expected
        if expected:
            assert result["repetitions"][0]["reason"] == "complete_at_end"


@some_counting
def test_trembling_at_the_threshold_never_counts_twice(definition):
    coach = coach_for(definition)
    rng = random.Random(7)
    camera = Camera(VIEW_YAW_DEG[definition.figure.view])
    for n in range(300):
        progress = 0.0 if n < 30 else min(1.0, (n - 30) / 40) if n < 150 else max(0.0, 1 - (n - 150) / 60)
        trembling = progress + rng.uniform(-0.06, 0.06)
        coach.observe(synthetic_pose(definition, trembling, camera=camera, time_s=n / 30), n / 30)
    assert coach.finish().count == 1


@some_counting
def test_too_fast_is_kept_and_not_counted(definition):
    result = judge(Motion(definition, repetitions=4, seconds=0.6, fps=60, rest_s=1.5))
    assert result["count"] == 0


@pytest.mark.parametrize("gap_s", [0.4, 0.9])
def test_a_short_gap_in_the_pictures_changes_no_count(gap_s):
    coach = Coach(PRESS)
    for at, pose in Motion(PRESS, repetitions=4, seconds=4).frames():
        if not 6.5 < at < 6.5 + gap_s:  # while the second repetition comes back
            coach.observe(pose, at)
    assert summary_to_dict(coach.finish())["count"] == 4


def test_a_movement_that_was_not_seen_is_not_guessed():
    coach = Coach(PRESS)
    for at, pose in Motion(PRESS, repetitions=3, seconds=4).frames():
        coach.observe(None if 5.5 < at < 8.5 else pose, at)  # the second peak happens out of sight
    result = summary_to_dict(coach.finish())
    assert result["count"] == 2
    assert result["gate"]["no_person"] == pytest.approx(3.0, abs=0.2)


def test_one_arm_alone_is_not_a_repetition_of_both():
    coach = Coach(PRESS)
    start, peak = PRESS.figure.start, PRESS.figure.peak
    camera = Camera()
    for n in range(240):
        progress = Motion(PRESS, repetitions=2).progress(n / 30)
        both = blend(start, peak, progress)
        pose = replace(both, right=start.right)
        coach.observe(project(body(pose, "standing"), camera, centre_of(PRESS.figure), time_s=n / 30), n / 30)
    result = summary_to_dict(coach.finish())
    assert result["count"] == 0
    assert [(r["side"], r["reason"]) for r in result["repetitions"]] == [("left", "one_side_only")] * 2


@pytest.mark.parametrize("lag_s", [0.0, 0.1, 0.2])
def test_whenever_in_the_movement_a_set_began_every_repetition_after_ready_counts(lag_s):
    """Also when one arm, a little behind, is still in the start position and the other has just left it: that is not
    ready, because the movement under way does not count.
    """
    start, peak = PRESS.figure.start, PRESS.figure.peak
    motion = Motion(PRESS, repetitions=2, rest_s=0.0)
    round_of = round(motion.seconds * 30) * motion.repetitions

    def pose_at(picture):
        left, right = (motion.progress((picture / 30 - lag) % (round_of / 30)) for lag in (0.0, lag_s))
        both = replace(blend(start, peak, left), right=blend(start, peak, right).right)
        return project(body(both, "standing"), Camera(), centre_of(PRESS.figure), time_s=0.0)

    poses = [pose_at(picture) for picture in range(round_of)]
    for began in range(round_of // motion.repetitions):
        coach = Coach(PRESS)
        since_ready = pictures = 0
        while since_ready < round_of:
            now = pictures / 30
            state = coach.observe(replace(poses[(began + pictures) % round_of], time_s=now), now).state
            pictures += 1
            since_ready += since_ready > 0 or state in ("ready", "active")
        assert coach.finish().count == motion.repetitions, f"begun {began / 30:.2f} s into the movement"


def test_one_arm_short_makes_the_repetition_partial_and_shows_both_ranges():
    coach = Coach(PRESS)
    start, peak = PRESS.figure.start, PRESS.figure.peak
    for n in range(240):
        progress = Motion(PRESS, repetitions=2).progress(n / 30)
        pose = replace(blend(start, peak, progress), right=blend(start, peak, progress * 0.72).right)
        coach.observe(project(body(pose, "standing"), Camera(), centre_of(PRESS.figure), time_s=n / 30), n / 30)
    result = summary_to_dict(coach.finish())
    assert result["count"] == 0
    assert [r["reason"] for r in result["repetitions"]] == ["partial_range"] * 2
    by_side = result["repetitions"][0]["by_side"]
    assert by_side["left"]["peak"] - by_side["right"]["peak"] > 20


def test_the_same_frame_twice_and_time_running_backwards_are_ignored():
    coach = Coach(PRESS)
    frames = list(Motion(PRESS, repetitions=2).frames())
    for at, pose in frames:
        coach.observe(pose, at)
        coach.observe(pose, at)
        coach.observe(pose, at - 0.5)
    assert summary_to_dict(coach.finish())["count"] == 2


def test_a_small_painful_range_counts_after_three_slow_repetitions_of_ones_own():
    """Generic thresholds would never count a press that ends at about 130 degrees of elbow angle."""
    motion = Motion(PRESS, repetitions=5, seconds=4, high=0.68)
    assert judge(motion)["count"] == 0
    found = judge(motion, find_range=True)
    assert found["count"] == 5
    own = found["personal_range"]
    assert set(own) == {"left", "right"}
    assert judge(motion, personal_range=own)["count"] == 5
    less = Motion(PRESS, repetitions=3, seconds=4, high=0.45)
    assert judge(less, personal_range=own)["count"] == 0


def test_a_wide_own_range_never_makes_the_count_stricter():
    assert judge(Motion(PRESS), personal_range={"left": 179.0, "right": 179.0})["count"] == 4


DIFFERENT = ("overhead-press", "seated-row", "squat", "external-rotation", "lateral-raise", "trunk-rotation-rom")


@pytest.mark.parametrize("name", DIFFERENT)
def test_doing_another_exercise_counts_nothing(name):
    """Exercises whose movements have nothing in common; a squat is no row, whatever the camera makes of it."""
    definition = load_library()[name]
    for other in DIFFERENT:
        if other == name:
            continue
        coach = coach_for(definition)
        camera = Camera(VIEW_YAW_DEG[definition.figure.view])
        for n in range(300):
            progress = Motion(load_library()[other], repetitions=3).progress(n / 30)
            pose = synthetic_pose(load_library()[other], progress, camera=camera, time_s=n / 30)
            coach.observe(pose, n / 30)
        assert summary_to_dict(coach.finish())["count"] == 0, other
