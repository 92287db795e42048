"""The small parts: geometry, filter, faults and cues, score, wire, figure, and the purity of the engine."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.body import Joint, Landmark, Pose, Side, landmark
from exercises.coach import Coach
from exercises.definition import Fault, Tempo, load_library
from exercises.faults import CueChooser, FaultSeen, FaultWatch
from exercises.figure import BONES, Camera, body, centre_of, figure_frames, project, synthetic_pose
from exercises.geometry import joint_angle, lean_from_vertical, tilt_from_level
from exercises.scoring import repetition_score, set_quality
from exercises.smoothing import OneEuro
from exercises.wire import Session, pose_from_flat
from tests.unit.exercises.motion import Motion, judge

PRESS = load_library()["overhead-press"]
ROW = load_library()["seated-row"]
angles = st.floats(0, 180)
coordinates = st.floats(-1000, 1000)


@given(angle=angles, turn=st.floats(0, 360), size=st.floats(0.1, 100), x=coordinates, y=coordinates)
def test_a_joint_angle_survives_turning_scaling_and_shifting(angle, turn, size, x, y):
    first, second = math.radians(turn), math.radians(turn + angle)
    a = (x + size * math.cos(first), y + size * math.sin(first))
    c = (x + 2 * size * math.cos(second), y + 2 * size * math.sin(second))
    assert joint_angle(a, (x, y), c) == pytest.approx(angle, abs=1e-3)


def test_an_unseen_or_collapsed_joint_gives_none_never_zero():
    assert joint_angle(None, (0, 0), (1, 1)) is None
    assert joint_angle((0, 0), (0, 0), (1, 1)) is None
    assert lean_from_vertical((0, 0), None, 1) is None
    assert tilt_from_level((1, 0), (1, 5)) is None


def test_the_lean_is_positive_towards_where_the_person_looks():
    assert lean_from_vertical((10, 0), (0, 10), 1) == pytest.approx(45)
    assert lean_from_vertical((10, 0), (0, 10), -1) == pytest.approx(-45)


@given(value=st.floats(-500, 500), interval=st.floats(0.005, 0.2))
def test_the_filter_leaves_a_still_value_alone_and_restarts_after_a_gap(value, interval):
    smooth = OneEuro()
    for n in range(20):
        assert smooth(value, n * interval) == pytest.approx(value)
    assert smooth(value + 100, 20 * interval + 5) == pytest.approx(value + 100)


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_the_filter_takes_the_same_time_at_any_frame_rate(fps):
    smooth = OneEuro()
    smooth(0.0, 0.0)
    value = 0.0
    for n in range(1, fps + 1):
        value = smooth(10.0, n / fps)
    assert value == pytest.approx(10, abs=0.3)


@pytest.mark.parametrize(("joint", "left", "right"), [(Joint.EAR, 7, 8), (Joint.WRIST, 15, 16), (Joint.NOSE, 0, 0)])
def test_joints_know_their_landmarks(joint, left, right):
    assert (landmark(joint, Side.LEFT), landmark(joint, Side.RIGHT)) == (left, right)
    assert str(joint) == joint.value == joint.name.lower()


def test_a_pose_of_the_wrong_size_is_refused():
    with pytest.raises(ValueError, match="33 points"):
        Pose(0, (), 1, 1)
    with pytest.raises(ValueError, match="positive"):
        Pose(0, (None,) * 33, 0, 1)
    with pytest.raises(ValueError, match="132 values"):
        pose_from_flat(0, [0.0] * 131, 640, 480)


def a_fault(**changes):
    defaults = {
        "key": "lean",
        "cue": "sit_tall",
        "measure": "trunk_lean",
        "relative": "start",
        "limit": 10.0,
        "full": 30.0,
        "sign": 1,
        "phases": ("out",),
        "min_s": 0.3,
        "priority": 1,
    }
    return Fault(**(defaults | changes))


def watch(fault, values, phases, step=0.1):
    follower = FaultWatch([fault])
    for n, (value, phase) in enumerate(zip(values, phases, strict=True)):
        follower.observe(n * step, phase, {fault.measure: value})
    return follower.take()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5] * 5 + [20] * 5, 0.25),
        ([5] * 5 + [100] * 5, 1.0),
        ([5] * 5 + [14] * 5, None),
        ([5] * 5 + [40] * 2 + [5] * 3, None),
    ],
    ids=["beyond", "capped", "within", "too short"],
)
def test_a_fault_is_measured_from_the_own_start_pose(values, expected):
    found = watch(a_fault(), values, ["start"] * 5 + ["out"] * 5)
    assert [seen.severity for seen in found] == ([] if expected is None else [pytest.approx(expected)])


def test_a_relative_fault_without_a_start_pose_is_not_judged():
    assert watch(a_fault(), [90] * 10, ["out"] * 10) == ()
    assert watch(a_fault(relative="first_ratio"), [90] * 10, ["out"] * 10) == ()


def test_a_ratio_fault_compares_with_the_first_start_pose():
    fault = a_fault(relative="first_ratio", sign=-1, limit=0.85, full=0.65)
    found = watch(fault, [0.4] * 5 + [0.3] * 5, ["start"] * 5 + ["out"] * 5)
    assert found[0].severity == pytest.approx(0.5, abs=0.01)


def test_a_cue_is_given_after_the_second_repetition_running_and_then_rests():
    chooser = CueChooser()
    given_cues = [chooser.after_repetition(c) for c in (["a", "b"], ["b"], ["b"], ["b"], [], ["b"])]
    assert given_cues == [None, "b", None, "b", None, None]


def test_live_coaching_gives_at_most_one_cue_per_repetition_and_it_is_in_the_definition():
    coach = Coach(ROW)
    cues, events = [], 0
    for at, pose in Motion(ROW, repetitions=6, high=0.72, seconds=3).frames():
        feedback = coach.observe(pose, at)
        cues += [feedback.cue] if feedback.cue else []
        events += feedback.event is not None
    assert cues
    assert set(cues) <= set(ROW.cues)
    assert len(cues) <= events


def test_the_score_weighs_range_faults_and_pace_as_specified():
    pace = Tempo(1.0, 1.0)
    assert repetition_score(1.2, (), 2, 2, pace) == 100
    assert repetition_score(0.5, (), 2, 2, pace) == 75
    assert repetition_score(1.0, (FaultSeen("x", 1.0, 0.0),), 2, 2, pace) == 70
    assert repetition_score(1.0, (), 0.5, 0.5, pace) == 90
    assert set_quality([]) is None


def test_the_summary_is_plain_json_and_says_what_was_measured():
    result = json.loads(json.dumps(judge(Motion(PRESS))))
    assert set(result) >= {"exercise", "engine_version", "count", "repetitions", "holds", "gate", "trace", "quality"}
    first = result["repetitions"][0]
    assert set(first) >= {"start", "peak", "end", "side", "range", "tempo", "score", "faults", "counted", "reason"}
    assert first["start"] < first["peak"] < first["end"]
    assert first["range"]["error"] > 0
    trace = result["trace"]
    assert len(trace["t"]) == len(trace["left"]) == len(trace["right"]) == len(trace["phase"])
    assert {"start", "out", "peak", "back"} <= set(trace["phase"])


def test_the_session_door_speaks_flat_numbers():
    session = Session("overhead-press", {"target": 2})
    states = []
    for at, pose in Motion(PRESS, repetitions=2).frames():
        flat = [v for p in pose.points for v in (p.x, p.y, p.z, p.visibility)]
        states.append(session.frame(at, flat, pose.width, pose.height))
        session.snapshot()  # a copy for safety in every frame disturbs nothing
    assert session.snapshot()["count"] == 2
    assert session.finish()["count"] == 2
    assert [s["event"]["kind"] for s in states if s["event"]] == ["repetition", "done"]
    assert states[-1]["state"] == "done"
    assert session.frame(99.0, None, 640, 480)["count"] == 2
    with pytest.raises(KeyError):
        Session("juggling")


@pytest.mark.parametrize("definition", load_library().values(), ids=lambda d: d.id)
def test_the_figure_moves_from_start_to_peak_and_back_inside_its_picture(definition):
    figure = figure_frames(definition)
    assert figure["points"][0] == figure["points"][-1] != figure["points"][figure["peak_frame"]]
    for frame in figure["points"]:
        drawn = frame[: Landmark.LEFT_SHOULDER + 2] if definition.figure.close else frame
        assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in drawn)
    assert set(figure["highlight"]) <= {index for bone in figure["bones"] for index in bone}
    json.dumps(figure)


def test_a_mirrored_picture_names_the_joints_anew():
    pose = project(body(PRESS.figure.start, "standing"), Camera(mirrored=True), centre_of(PRESS.figure), time_s=0)
    left, right = pose.points[Landmark.LEFT_SHOULDER], pose.points[Landmark.RIGHT_SHOULDER]
    assert left.x > right.x  # as in any picture of a person who faces the camera
    plain = synthetic_pose(PRESS, 0)
    assert left.x == pytest.approx(plain.points[Landmark.LEFT_SHOULDER].x)


def test_every_bone_joins_two_landmarks_once():
    assert len({frozenset(bone) for bone in BONES}) == len(BONES)


def test_the_engine_needs_nothing_but_the_standard_library():
    """Under -S there are no installed packages: what runs in the browser must run here too."""
    code = (
        "import sys; sys.path.insert(0, '.'); "
        "from exercises.wire import Session; print(Session('seated-row').finish()['count'])"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr
