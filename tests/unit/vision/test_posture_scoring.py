"""Figures of scored frames: AUROC against scipy, what is calibrated on, stretches and the corners of the ROC curve."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from exercises.body import LANDMARK_COUNT, Landmark, Point, Pose
from tracker.vision.posture_labels import Interval, Sat
from tracker.vision.posture_manifest import LabelsSaid, Part, PostureClip
from tracker.vision.posture_plot import roc_points
from tracker.vision.posture_recordings import Labelled
from tracker.vision.posture_scoring import Scored, auroc, ear_shoulder_gap, figures, split_frames
from tracker.vision.posture_watching import stretches

values = st.lists(st.integers(-5, 5).map(float) | st.floats(-3, 3), min_size=1, max_size=40)


@given(low=values, high=values)
def test_auroc_is_mann_whitney_u_over_the_number_of_pairs(low: list[float], high: list[float]) -> None:
    expected = mannwhitneyu(high, low, method="asymptotic").statistic / (len(low) * len(high))
    assert auroc(low, high) == pytest.approx(expected)


def test_ties_count_half_and_nothing_gives_nothing() -> None:
    assert auroc([1.0, 1.0], [1.0]) == 0.5
    assert auroc([0.0], [1.0]) == 1.0
    assert auroc([1.0], [0.0]) == 0.0
    assert auroc([], [1.0]) is None
    assert auroc([1.0], []) is None


@given(low=values, high=values)
def test_the_area_under_the_roc_corners_is_the_auroc(low: list[float], high: list[float]) -> None:
    points = roc_points([*((value, False) for value in low), *((value, True) for value in high)])
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (1.0, 1.0)
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(points))
    assert area == pytest.approx(auroc(low, high))


def clip(**fields: Any) -> PostureClip:
    return PostureClip("a.npz", Path("a.npz"), None, None, None, LabelsSaid(), **{"calibrate": {}, **fields})


def recording(labels: list[str | None]) -> Labelled:
    frames = len(labels)
    return Labelled(
        np.arange(frames) / 10.0, np.full((frames, LANDMARK_COUNT, 4), 0.5), 640.0, 480.0, tuple(labels), ()
    )  # fmt: skip


GOOD, BAD = ["good"] * 200, ["bad_forward"] * 100 + ["bad_slouch"] * 50
LABELS = [*GOOD, *BAD, *["bad_left"] * 20]


def split(labels: list[str | None], said: PostureClip | None = None, **options: Any) -> Any:
    seen = recording(labels)
    chosen = {"how": "first", "seed": 1, "slouch_pose": True, **options}
    return split_frames(said or clip(), seen, list(seen.poses()), **chosen)


def test_a_tenth_of_the_good_frames_and_of_each_slouch_is_calibrated_on() -> None:
    parts = split(LABELS)
    assert parts.tall == tuple(range(20))
    assert parts.slouch == (*range(200, 210), *range(300, 308))  # at least eight of a class
    assert len(parts.scored) == len(LABELS) - 38
    assert {*parts.scored}.isdisjoint({*parts.tall, *parts.slouch})


def test_a_random_tenth_depends_on_the_seed_alone() -> None:
    first, again, other = (split(LABELS, how="random", seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert (len(first.tall), len(first.slouch)) == (20, 18)
    assert first.tall != tuple(range(20))


def test_without_the_slouch_pose_every_slouch_is_scored() -> None:
    parts = split(LABELS, slouch_pose=False)
    assert parts.slouch == ()
    assert {*range(200, 350)} <= {*parts.scored}


def test_a_short_class_keeps_half_of_its_frames_for_scoring() -> None:
    parts = split(["good"] * 6 + ["bad"] * 3)
    assert (parts.tall, parts.slouch) == ((0, 1, 2), (6, 7))
    assert parts.scored == (3, 4, 5, 8)


def test_an_entry_says_what_is_calibrated_on() -> None:
    said = clip(calibrate={
        "good": Part(ranges=(Interval(50, 59, "", "frames"),)),
        "bad_slouch": Part(first=0.5), "slouch": Part(first=0.0),
    })  # fmt: skip
    parts = split(LABELS, said)
    assert parts.tall == tuple(range(50, 60))
    assert parts.slouch == tuple(range(300, 325))  # its own name wins over its class


def test_frames_with_nobody_are_not_calibrated_on() -> None:
    seen = recording(LABELS)
    seen.landmarks[:5] = np.nan
    parts = split_frames(clip(), seen, list(seen.poses()), how="first", seed=1, slouch_pose=True)
    assert parts.tall == tuple(range(5, 25))
    assert 0 in parts.scored


def scored(label: str, sat: Sat, index: float | None, *, score: float = 100.0, lean: str | None = None) -> Scored:
    reason = "turned" if index is None else None
    return Scored(0, label, sat, index, None if index is None else score, reason, lean, None)


def test_figures_leave_out_what_could_not_be_told_and_say_why() -> None:
    frames = [
        *[scored("good", Sat.GOOD, 0.1)] * 6, scored("good", Sat.GOOD, 0.9, score=40.0), scored("good", Sat.GOOD, None),
        *[scored("bad", Sat.SLOUCH, 1.0, score=10.0)] * 3, scored("bad", Sat.SLOUCH, 0.5, score=80.0),
        scored("bad_left", Sat.SIDEWAYS, 0.2, lean="left"), scored("bad_left", Sat.SIDEWAYS, None),
        scored("away", Sat.OUT, None),
    ]  # fmt: skip
    found = figures(frames, "front")
    assert found["auroc"] == pytest.approx(27 / 28, abs=1e-4)
    assert found["sensitivity"] == 0.75
    assert found["specificity"] == pytest.approx(6 / 7, abs=1e-4)
    assert found["sideways"]["reported"] == 0.5
    assert found["sideways"]["by_label"] == {"bad_left": {"left": 0.5, "right": 0.0}}
    assert found["sideways"]["good_frames_reported"] == 0.0
    assert found["cannot_tell"]["share"] == pytest.approx(2 / 14, abs=1e-4)
    assert found["cannot_tell"]["by_reason"] == {"turned": pytest.approx(2 / 14, abs=1e-4)}
    assert found["auroc_gap"] is None  # no ears were given
    assert set(found["auroc_by_label"]) == {"bad", "bad_left"}


def test_only_good_frames_give_what_can_be_given() -> None:
    found = figures([scored("good", Sat.GOOD, 0.1)] * 3, "front")
    assert (found["auroc"], found["sensitivity"], found["specificity"]) == (None, None, 1.0)
    assert found["sideways"]["reported"] is None


def test_the_gap_is_in_shoulder_widths_of_the_picture() -> None:
    points: list[Point | None] = [None] * LANDMARK_COUNT
    for joint, x, y in (
        (Landmark.LEFT_EAR, 0.55, 0.3), (Landmark.RIGHT_EAR, 0.45, 0.3),
        (Landmark.LEFT_SHOULDER, 0.7, 0.7), (Landmark.RIGHT_SHOULDER, 0.3, 0.7),
    ):  # fmt: skip
        points[joint] = Point(x, y, 0.0, 1.0)
    assert ear_shoulder_gap(Pose(0.0, tuple(points), 200.0, 100.0)) == pytest.approx(0.5)
    points[Landmark.LEFT_EAR] = None
    assert ear_shoulder_gap(Pose(0.0, tuple(points), 200.0, 100.0)) is None


def test_stretches_are_runs_of_one_class_without_calibrated_frames() -> None:
    seen = recording(["good"] * 10 + [None] * 2 + ["bad"] * 5 + ["bad_forward"] * 5 + ["good"] * 2)
    found = [(one.sat, one.frames) for one in stretches(seen, without=(0, 1, 5, 13))]
    assert found == [  # two frames are no stretch
        (Sat.GOOD, (2, 3, 4, 6, 7, 8, 9)),
        (Sat.SLOUCH, (12, *range(14, 22))),
    ]
