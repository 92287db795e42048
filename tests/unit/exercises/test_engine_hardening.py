"""What users of other counters complain about, one by one (PRODUCT: correct counting)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exercises.body import Landmark, Side
from exercises.coach import Coach
from exercises.definition import Fault, load_library
from exercises.faults import PHASE_REPETITIONS, FaultWatch
from exercises.figure import Camera, swap_sides, synthetic_pose
from exercises.measures import Frame, Proportions
from exercises.person import STAY_S
from exercises.rest import Rest
from exercises.synthetic import DISTRACTORS, Conditions, Take, any_conditions
from exercises.synthetic import judge as play
from exercises.view import ViewMonitor
from tests.unit.exercises.motion import Motion, coach_for, judge

LIBRARY = load_library()
PRESS, ROW = LIBRARY["overhead-press"], LIBRARY["seated-row"]


@pytest.mark.parametrize("name", DISTRACTORS)
@pytest.mark.parametrize("definition", [PRESS, ROW, LIBRARY["lateral-raise"]], ids=lambda d: d.id)
def test_daily_life_between_the_repetitions_counts_nothing(definition, name):
    if not DISTRACTORS[name].suits(definition):
        assert name in ("pick_up", "sit_or_stand", "drink", "scratch_head", "fold_arms")
        return
    conditions = Conditions(view=definition.view_names[0], repetitions=2, distractors=(name, name, name))
    verdict = play(Take(definition, conditions))
    assert (verdict.counted, verdict.false) == (2, 0)


def leap(definition, stranger, spans):
    """A set in whose ``spans`` (seconds) the skeleton sits on somebody else: ``stranger(time)`` poses them."""
    coach, reasons = coach_for(definition), set()
    for at, pose in Motion(definition, repetitions=4, seconds=3).frames():
        other = any(start <= at < end for start, end in spans)
        feedback = coach.observe(stranger(at) if other else pose, at)
        if feedback.gate is not None:
            reasons.add(feedback.gate.reason)
    return coach.finish(), reasons


def exercising_far_away(at):
    """Somebody behind who does the same exercise, at half the size."""
    return Motion(PRESS, repetitions=9, seconds=1.3).take.pose_at(0.5 + 0.5 * (int(at * 2) % 2), at)


def test_another_person_who_is_taken_for_the_patient_for_a_moment_counts_nothing():
    def behind(at):
        pose = exercising_far_away(at)
        points = tuple(p and p._replace(x=0.75 + (p.x - 0.5) * 0.5, y=0.3 + (p.y - 0.5) * 0.5) for p in pose.points)
        return replace(pose, points=points)

    summary, reasons = leap(PRESS, behind, [(4.2, 6.8)])
    assert "other_person" in reasons
    assert summary.count == 3  # the second was done while the picture showed somebody else
    assert summary.gate["other_person"] == pytest.approx(2.6, abs=0.2)


def test_who_stays_in_the_new_place_is_the_person_and_shows_the_start_pose_again():
    """The patient moved the laptop: after a while the new place is theirs."""
    coach = coach_for(PRESS)
    first = Motion(PRESS, repetitions=1, seconds=3)
    for at, pose in first.frames():
        coach.observe(pose, at)
    moved = replace(first.take, conditions=replace(first.take.conditions, repetitions=3, rest_s=STAY_S + 2))
    for at, pose, _ in moved.frames():
        points = tuple(p and p._replace(x=0.8 + (p.x - 0.5) * 0.55, y=0.4 + (p.y - 0.5) * 0.55) for p in pose.points)
        now = first.length_s + 0.1 + at
        coach.observe(replace(pose, points=points, time_s=now), now)
    assert coach.finish().count == 4


@pytest.mark.parametrize("seconds", [1.3, 9.0])
@pytest.mark.parametrize("definition", [PRESS, ROW], ids=lambda d: d.id)
def test_slow_and_fast_movers(definition, seconds):
    assert judge(Motion(definition, repetitions=3, seconds=seconds))["count"] == 3


def test_the_asked_side_turned_away_is_reported_with_the_remedy():
    definition = LIBRARY["bird-dog"]
    coach = Coach(definition, side="left")
    feedback = None
    for n in range(60):
        feedback = coach.observe(synthetic_pose(definition, 0.0, side=Side.RIGHT, time_s=n / 30), n / 30)
    assert feedback.gate is not None
    assert (feedback.gate.reason, feedback.gate.remedy) == ("wrong_side", "turn_round")


def test_left_and_right_are_counted_apart_and_compared():
    definition = LIBRARY["shoulder-abduction-rom"]
    coach = Coach(definition)
    time_s = 0.0
    for side, high in ((Side.LEFT, 1.0), (Side.RIGHT, 0.9), (Side.LEFT, 1.0)):
        take = Take(definition, Conditions("front", repetitions=1, noise=0, lost_pictures=0, high=high), side)
        for at, pose, _ in take.frames():
            coach.observe(pose, time_s + at)
        time_s += 7
    summary = coach.finish()
    assert summary.counts == {"left": 2, "right": 1, "both": 0}
    assert summary.asymmetry is not None
    assert summary.asymmetry.left - summary.asymmetry.right == pytest.approx(summary.asymmetry.difference)
    assert 5 < summary.asymmetry.difference < 30


def test_one_arm_that_reaches_less_shows_in_the_asymmetry_of_a_set_of_both():
    conditions = Conditions("front", repetitions=3, asymmetry=0.12, noise=0, lost_pictures=0)
    summary = play(Take(LIBRARY["lateral-raise"], conditions)).summary
    assert summary.asymmetry is not None
    assert summary.asymmetry.difference > 3


def test_a_walk_to_another_place_is_not_a_repetition_even_if_the_arms_go_along():
    coach = coach_for(PRESS)
    for at, pose in Motion(PRESS, repetitions=1, seconds=4).frames():
        shift = 0.45 * min(max(at - 1.0, 0) / 4, 1) - 0.2
        points = tuple(p and p._replace(x=p.x + shift) for p in pose.points)
        coach.observe(replace(pose, points=points), at)
    summary = coach.finish()
    assert summary.count == 0
    assert [r.reason for r in summary.repetitions] == ["moved_away"]


def phase_fault():
    return Fault("shrug", "low", "shoulder_ear_gap", "phase_ratio", 0.85, 0.65, -1, ("out", "peak", "back"), 0.3, 1)


def gap(progress, shrugged):
    """Shoulders rise by a quarter of the gap when the arms go up; a shrug takes a fifth more."""
    return 0.4 * (1 - 0.25 * progress) * (0.78 if shrugged else 1.0)


def raise_arms(watch, start_s, *, shrugged):
    for n in range(60):
        progress = 1 - abs(n - 30) / 30
        phase = "start" if progress < 0.1 else "out" if n < 30 else "back"
        watch.observe(start_s + n / 20, phase, {"shoulder_ear_gap": gap(progress, shrugged)}, progress)
    return watch.take(counted=True)


def test_shoulders_that_rise_with_the_arms_are_no_shrug_and_a_shrug_is():
    watch = FaultWatch([phase_fault()])
    good = [raise_arms(watch, n * 4.0, shrugged=False) for n in range(PHASE_REPETITIONS + 1)]
    assert good == [()] * (PHASE_REPETITIONS + 1)
    (fault,) = raise_arms(watch, 40.0, shrugged=True)
    assert (fault.key, fault.severity) == ("shrug", pytest.approx(0.35, abs=0.05))


@pytest.mark.parametrize("wiggle", [0.0, 1.0])
def test_rest_is_the_calm_value_furthest_from_the_peak(wiggle):
    rest = Rest("deg", towards=-1)
    values = [20.0] * 30 + [12.0] * 60 + [24.0] * 60
    for n, value in enumerate(values):
        rest.observe(n / 30, value + wiggle * (n % 2))
    assert rest.value == pytest.approx(24 + wiggle / 2, abs=0.6)


def test_rest_is_unknown_in_the_first_moment_and_does_not_follow_a_held_peak():
    rest = Rest("deg", towards=1)
    assert rest.observe(0.0, 5.0) is None
    for n in range(1, 300):
        rest.observe(n / 30, 5.0 if n < 60 else 25.0)
    assert rest.value == pytest.approx(5.0, abs=0.5)


def test_own_proportions_are_the_largest_that_last():
    own = Proportions()
    for n in range(60):
        pose = Motion(LIBRARY["lateral-raise"]).take.pose_at(1.0 if n % 2 else 0.0, n / 30)
        own.observe(Frame(pose))
    assert own.upper_arm[Side.LEFT] == pytest.approx(0.58, abs=0.03)
    assert own.breadth == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize(("first", "then", "expected"), [(30, 30, "oblique"), (0, 36, "oblique"), (0, 20, "front")])
def test_of_two_views_that_fit_the_nearer_one_is_taken(first, then, expected):
    monitor = ViewMonitor()
    for n in range(90):
        pose = synthetic_pose(PRESS, 0.0, camera=Camera(-(first if n < 30 else then)), time_s=n / 30)
        monitor.observe(pose, Frame(pose))
        monitor.choose(("front", "oblique"))
    assert monitor.current == expected


def test_swapping_sides_twice_is_the_same_pose():
    pose = LIBRARY["seated-thoracic-rotation"].figure.peak
    assert swap_sides(pose) != pose
    assert swap_sides(swap_sides(pose)) == pose


@pytest.mark.parametrize("lost", [0.02, 0.05])
def test_joints_that_are_lost_now_and_then_change_no_count(lost):
    for seed in range(6):
        conditions = replace(any_conditions(PRESS, seed), lost_joints=lost, fps=24.0, distractors=())
        assert play(Take(PRESS, conditions)).exact


def test_a_recording_that_begins_in_the_start_pose_needs_no_waiting():
    conditions = Conditions("front", repetitions=3, rest_s=0.1, noise=0, lost_pictures=0)
    assert play(Take(LIBRARY["shoulder-abduction-rom"], conditions)).counted == 3


def test_joints_a_source_does_not_have_close_the_gate_and_the_rest_is_judged():
    """Kinect tracks have no ears and no fingers: a range test that needs neither goes on."""
    definition = LIBRARY["shoulder-abduction-rom"]
    coach = Coach(definition, side="left")
    missing = {Landmark.LEFT_EAR, Landmark.RIGHT_EAR, *range(Landmark.LEFT_PINKY, Landmark.RIGHT_THUMB + 1)}
    for at, pose in Motion(definition, repetitions=2).frames():
        points = tuple(None if n in missing else p for n, p in enumerate(pose.points))
        coach.observe(replace(pose, points=points), at)
    assert coach.finish().count == 2
