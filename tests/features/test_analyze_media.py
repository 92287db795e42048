"""Acceptance on real recordings: the counts that `tracker analyze` gives through the real program, full model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tracker.vision.estimator import BUNDLE_FOLDER

MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", Path(__file__).parents[3] / "shared" / "data"))

pytestmark = [
    pytest.mark.media,
    pytest.mark.xdist_group("analyze"),  # one worker, so that every recording is analysed once
    pytest.mark.skipif(not MEDIA.is_dir(), reason="the recordings are not in TRACKER_TEST_MEDIA"),
    pytest.mark.skipif(
        not (BUNDLE_FOLDER / "pose_landmarker_full.task").is_file(),
        reason="the pose bundles are not built (make setup)",
    ),
]


@cache
def analyze(clip: str, exercise: str) -> dict[str, Any]:
    """What the program prints for this clip; a missing file fails, because the folder is there."""
    finished = subprocess.run(
        [sys.executable, "-c", "from tracker.cli import main; main()", "analyze", str(MEDIA / clip),
         "--exercise", exercise, "--json", "-"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    document = json.loads(finished.stdout)
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize(
    ("clip", "exercise", "count"),
    [
        ("video/overhead_press_front_x5.mp4", "overhead-press", 5),
        ("video/seated_row_oblique_x4.mp4", "seated-row", 4),
        ("flipbook/overhead_press_front_x5.mp4", "overhead-press", 5),
        ("flipbook/seated_row_side_x5.mp4", "seated-row", 5),
    ],
)
def test_true_repetitions_are_counted(clip: str, exercise: str, count: int) -> None:
    result = analyze(clip, exercise)

    assert result["count"] == count
    assert [repetition["counted"] for repetition in result["repetitions"]].count(True) == count
    assert not result["source"]["broken_off"]


@pytest.mark.parametrize("exercise", ["seated-row", "overhead-press", "cross-body-stretch"])
def test_another_exercise_counts_nothing(exercise: str) -> None:
    result = analyze("rejected/squat.mp4", exercise)

    assert result["count"] == 0
    assert result["counts"] == {"left": 0, "right": 0, "both": 0}


def test_presses_cut_short_are_reported_as_partial_with_the_reason() -> None:
    result = analyze("video/overhead_press_short_range_side_x5.mp4", "overhead-press")

    assert result["count"] == 0
    assert not any(repetition["counted"] for repetition in result["repetitions"])
    # Five times the arms are straight overhead; never does the person come back far enough, and the file ends before
    # the start pose of the fifth has been held again. What the last three tenths of a second hold besides differs
    # between processors: the elbow is hidden then, and the pose model's kernels round differently (AVX2 and AVX-512).
    whole_way_up = [each for each in result["repetitions"] if each["range"]["share"] >= 1]
    assert len(whole_way_up) == 5
    assert {each["reason"] for each in whole_way_up} <= {"partial_start", "partial_return", "unfinished"}
    assert sum(each["reason"] == "partial_start" for each in whole_way_up) >= 4
    assert result["partial"] - len(whole_way_up) in {0, 1}


def test_times_are_seconds_of_the_recording() -> None:
    result = analyze("video/overhead_press_front_x5.mp4", "overhead-press")

    assert result["timings"]["frames"] == 935
    assert result["duration_s"] == pytest.approx(15.5, abs=0.1)
    peaks = [repetition["peak"] for repetition in result["repetitions"]]
    assert [b - a for a, b in pairwise(peaks)] == pytest.approx([3.105] * 4, abs=0.3)


def test_a_recorded_landmark_track_is_read() -> None:
    result = analyze("landmarks/keraal_CTK.npz", "overhead-press")

    assert result["source"]["kind"] == "track"
    assert result["timings"]["frames"] == 196
    assert result["duration_s"] == pytest.approx(195 / 25, abs=0.01)  # its frame rate is not known
