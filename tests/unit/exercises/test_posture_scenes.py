"""The synthetic desk: bodies before a pinhole camera change as real ones do, and scenes are what they say."""

from __future__ import annotations

import itertools
import math
from statistics import fmean, stdev

import pytest

from exercises.body import Landmark
from exercises.posture_acting import Calibrating, Player, bumped
from exercises.posture_body import CALM, DeskCamera, Physique, Sitting, body_at_desk, camera_before, project_at_desk
from exercises.posture_desk import HEIGHTS_M, Jitter, Tracker, draw_desk
from exercises.posture_scenes import NUISANCES, SLUMPS, Move, Scene, scene_of

TYPICAL = Physique()
EYE_LEVEL = camera_before(TYPICAL, distance_m=0.6, height_m=0.0)
LOW_LAPTOP = camera_before(TYPICAL, distance_m=0.6, height_m=-0.25)
FRAMES_PER_POINT = 4


def picture(sitting: Sitting, camera: DeskCamera) -> dict[str, float]:
    """Ear-shoulder gap and head width in shoulder widths, and the shoulder width in pixels."""
    seen = project_at_desk(body_at_desk(TYPICAL, sitting), camera)
    spots = {}
    for joint in (Landmark.LEFT_EAR, Landmark.RIGHT_EAR, Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER):
        spot = seen[joint]
        assert spot is not None
        spots[joint] = (spot[0] * camera.width, spot[1] * camera.height)
    left_ear, right_ear, left, right = spots.values()
    width = math.dist(left, right)
    gap = (left[1] + right[1] - left_ear[1] - right_ear[1]) / 2
    return {"gap": gap / width, "head": math.dist(left_ear, right_ear) / width, "width": width}


def change(sitting: Sitting, camera: DeskCamera, what: str) -> float:
    """In per cent of the calm posture."""
    return 100 * (picture(sitting, camera)[what] / picture(CALM, camera)[what] - 1)


@pytest.mark.parametrize(
    ("sitting", "gap_at_eyes", "gap_low", "head_at_eyes", "head_low"),
    [
        (Sitting(head_forward_deg=10), -9.4, -3.7, 3.1, 3.7),
        (Sitting(slump_deg=15), -2.6, 5.3, 5.0, 6.1),
        (Sitting(slump_deg=25), -7.3, 7.2, 9.0, 11.0),
        (Sitting(lean_deg=15), 7.8, 16.8, 5.7, 7.5),
        (Sitting(lean_deg=-10), -11.0, -11.6, -1.0, -1.3),
        (Sitting(shrug_m=0.02), -10.0, -8.9, 0.0, 0.0),
        (Sitting(chair_forward_m=0.10), 0.7, 3.3, 1.4, 2.0),
    ],
    ids=["forward head", "slump 15", "slump 25", "lean to screen", "lean back", "shrug", "chair closer"],
)
def test_the_picture_changes_as_in_the_published_check(
    sitting: Sitting, gap_at_eyes: float, gap_low: float, head_at_eyes: float, head_low: float
) -> None:
    """Two stick figures built apart agree on signs, and on sizes to a few per cent; near zero the sign is free."""
    for what, camera, expected, tolerance in (
        ("gap", EYE_LEVEL, gap_at_eyes, 5.5),
        ("gap", LOW_LAPTOP, gap_low, 8.5),
        ("head", EYE_LEVEL, head_at_eyes, 3.0),
        ("head", LOW_LAPTOP, head_low, 5.0),
    ):
        seen = change(sitting, camera, what)
        assert seen == pytest.approx(expected, abs=tolerance), (what, camera)
        if abs(expected) > 2.5:
            assert seen * expected > 0, (what, camera)


def test_a_slump_opens_the_gap_for_a_low_camera_and_closes_it_at_eye_level() -> None:
    assert change(Sitting(slump_deg=20), EYE_LEVEL, "gap") < -2
    assert change(Sitting(slump_deg=20), LOW_LAPTOP, "gap") > 2


def test_left_is_the_subjects_and_a_side_camera_sees_the_profile() -> None:
    front = project_at_desk(body_at_desk(TYPICAL), EYE_LEVEL)
    side = project_at_desk(body_at_desk(TYPICAL), camera_before(TYPICAL, distance_m=1.8, yaw_deg=90.0))

    def x(seen: list[tuple[float, float, float] | None], joint: Landmark) -> float:
        spot = seen[joint]
        assert spot is not None
        return spot[0]

    assert x(front, Landmark.LEFT_SHOULDER) > x(front, Landmark.RIGHT_SHOULDER) + 0.2
    assert abs(x(side, Landmark.LEFT_SHOULDER) - x(side, Landmark.RIGHT_SHOULDER)) < 0.03
    assert x(side, Landmark.NOSE) < x(side, Landmark.LEFT_EAR) < x(side, Landmark.LEFT_SHOULDER) + 0.05
    near, far = side[Landmark.LEFT_SHOULDER], side[Landmark.RIGHT_SHOULDER]
    assert near is not None
    assert far is not None
    assert near[2] < far[2]


def test_a_lean_to_the_left_lowers_the_left_shoulder() -> None:
    points = body_at_desk(TYPICAL, Sitting(side_lean_deg=10))
    left, right = points[Landmark.LEFT_SHOULDER], points[Landmark.RIGHT_SHOULDER]
    assert left is not None
    assert right is not None
    assert left[1] < right[1] - 0.03
    assert left[0] + right[0] > 0.05


@pytest.mark.parametrize("side", [False, True], ids=["front", "side"])
def test_everybody_has_head_and_shoulders_in_the_picture(side: bool) -> None:
    heights = []
    for seed in range(150):
        desk = draw_desk(seed, side=side)
        heights.append(desk.height_m)
        seen = project_at_desk(body_at_desk(desk.physique), desk.camera)
        for joint in (Landmark.NOSE, *range(Landmark.LEFT_EAR, Landmark.LEFT_ELBOW)):
            spot = seen[joint]
            assert spot is not None
            assert 0 < spot[0] < 1
            assert 0 < spot[1] < 1
        assert draw_desk(seed, side=side) == desk
    low, high = HEIGHTS_M
    assert min(heights) < low + 0.05
    assert max(heights) > high - 0.05


def test_the_tracker_misplaces_joints_as_much_as_it_says() -> None:
    desk = draw_desk(3)
    tracker = Tracker(Jitter(white=0.01, wander=0.0, lost=0.0), seed=1)
    points = body_at_desk(desk.physique)
    truth = project_at_desk(points, desk.camera)[Landmark.LEFT_SHOULDER]
    right = project_at_desk(points, desk.camera)[Landmark.RIGHT_SHOULDER]
    assert truth is not None
    assert right is not None
    xs = []
    for index in range(600):
        flat = tracker.see(index / 4, points, desk.camera)
        assert flat is not None
        assert len(flat) == 33 * FRAMES_PER_POINT
        xs.append(flat[Landmark.LEFT_SHOULDER * FRAMES_PER_POINT])
    width = math.hypot(truth[0] - right[0], (truth[1] - right[1]) * desk.camera.height / desk.camera.width)
    assert fmean(xs) == pytest.approx(truth[0], abs=0.002)
    assert 0.007 < stdev(xs) / width < 0.015
    assert math.isnan(flat[Landmark.LEFT_KNEE * FRAMES_PER_POINT])


def test_a_share_of_the_pictures_is_lost() -> None:
    desk = draw_desk(3)
    tracker = Tracker(Jitter(lost=0.1), seed=1)
    points = body_at_desk(desk.physique)
    lost = sum(tracker.see(index / 4, points, desk.camera) is None for index in range(1000))
    assert 70 < lost < 130


def test_the_far_ear_is_hidden_when_the_head_is_turned() -> None:
    camera = camera_before(TYPICAL)
    tracker = Tracker(Jitter(lost=0.0), seed=1)
    points = body_at_desk(TYPICAL, Sitting(head_yaw_deg=60))
    flat = tracker.see(0.0, points, camera, head_yaw_deg=60)
    assert flat is not None
    visible = {joint: flat[joint * FRAMES_PER_POINT + 3] for joint in (Landmark.LEFT_EAR, Landmark.RIGHT_EAR)}
    # The head is turned to its left, so the camera sees its right side.
    assert visible[Landmark.LEFT_EAR] < 0.6 < visible[Landmark.RIGHT_EAR]


@pytest.mark.parametrize("name", [*NUISANCES, *SLUMPS])
def test_a_scene_is_the_same_every_time_and_another_for_another_seed(name: str) -> None:
    assert scene_of(name, 5) == scene_of(name, 5)
    assert scene_of(name, 5) != scene_of(name, 6)
    assert scene_of(name, 5).name == name
    assert (scene_of(name, 5).slump is None) == (name in NUISANCES)


def test_calm_work_has_about_nine_shifts_and_thirteen_fidgets_in_a_quarter_of_an_hour() -> None:
    shifts, fidgets = [], []
    for seed in range(60):
        moves = scene_of("typing", seed, seconds=900.0).moves
        shifts.append(len({move.from_s for move in moves if move.joint == "lean_deg"}) - 1)
        fidgets.append(len({move.from_s for move in moves if move.to_s - move.from_s <= 6}))
    assert 7.5 < fmean(shifts) < 9.6
    assert 11 < fmean(fidgets) < 14.5


@pytest.mark.parametrize("name", list(SLUMPS))
def test_a_slump_is_held_exactly_and_only_while_it_is_said_to_be(name: str) -> None:
    ((joint, degrees),) = SLUMPS[name]
    for seed in range(10):
        scene = scene_of(name, seed)
        assert scene.slump is not None
        start, end = scene.slump
        assert end - start == pytest.approx(240.0)
        for part in (0.01, 0.5, 0.99):
            assert getattr(scene.sitting(start + part * (end - start)), joint) == pytest.approx(degrees, abs=0.05)
        assert abs(getattr(scene.sitting(30.0), joint)) < 5
        assert scene.seconds > end


def test_a_move_comes_and_goes_without_a_jump() -> None:
    move = Move("lean_deg", 10.0, 5.0, 15.0, 2.0)
    values = [move.at(index / 10) for index in range(200)]
    assert max(abs(b - a) for a, b in itertools.pairwise(values)) < 1.0
    assert (move.at(5.0), move.at(10.0), move.at(15.0)) == (0.0, 10.0, 0.0)
    assert move.at(6.0) == pytest.approx(5.0)


def test_nobody_is_seen_while_the_chair_is_empty_and_a_stranger_where_they_are_taken() -> None:
    desk = draw_desk(2)
    seen = {"nobody": 0, "stranger": 0}
    for seed in range(6):
        scene = scene_of("passer_by", seed)
        player = Player(desk, seed)
        for start, end in scene.away:
            if not any(s.from_s <= start + 0.1 < s.to_s for s in scene.strangers):
                assert player.acts(scene, start + 0.1, start) is None
                seen["nobody"] += 1
            assert end > start
        for stranger in scene.strangers:
            if stranger.taken:
                at = (stranger.from_s + stranger.to_s) / 2
                theirs, own = player.acts(scene, at, at), player.sees(at, CALM)
                if theirs is not None and own is not None:
                    assert _shoulder_span(theirs) < 0.7 * _shoulder_span(own)
                    seen["stranger"] += 1
    assert min(seen.values()) > 0


def _shoulder_span(flat: list[float]) -> float:
    left, right = (flat[joint * FRAMES_PER_POINT] for joint in (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER))
    return abs(left - right)


def test_a_bumped_camera_stays_bumped() -> None:
    desk = draw_desk(2)
    scene = scene_of("camera_bumped", 4)
    first = scene.bumps[0]
    assert bumped(desk.camera, scene, first.at_s - 1) == desk.camera
    after = bumped(desk.camera, scene, first.at_s + 1)
    assert after.pitch_deg == pytest.approx(desk.camera.pitch_deg + first.pitch_deg)
    assert scene.remade


def test_who_calibrates_sits_as_asked_after_a_moment() -> None:
    desk = draw_desk(8)
    person = Calibrating(desk)
    assert person.sitting("look", 0.0) == CALM
    assert person.sitting("tall", 2.0) == CALM  # has just heard it
    assert person.sitting("tall", 6.0) == desk.tall
    person.sitting("slouch", 10.0)
    assert person.sitting("slouch", 14.0) == desk.late
    moved = [person.sitting("moves", 20.0 + index / 5) for index in range(60)]
    assert min(one.chair_forward_m for one in moved) < -0.07
    assert max(one.chair_forward_m for one in moved) > 0.06
    assert max(one.head_pitch_deg for one in moved) > 20
    assert min(one.lean_deg for one in moved) < -9
    assert moved[-1] == CALM


def test_a_scene_sums_its_moves() -> None:
    scene = Scene("own", 60.0, (Move("lean_deg", 4.0, 0.0, 60.0), Move("lean_deg", 3.0, 10.0, 20.0)))
    assert scene.sitting(5.0).lean_deg == 4.0
    assert scene.sitting(15.0).lean_deg == 7.0
