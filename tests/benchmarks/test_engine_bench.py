"""The engine's time per frame against the full model's inference time per frame, in one run of CPython."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

import pytest

from exercises.body import Pose
from exercises.coach import Coach
from exercises.definition import Definition, load_library
from exercises.wire import feedback_to_dict
from tracker.vision.estimator import BUNDLE_FOLDER, Estimator
from tracker.vision.video import Video

MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", Path(__file__).parents[3] / "shared" / "data"))
MOST = 0.01
COUNTED = [definition for definition in load_library().values() if definition.views]
EVERY = 20  # frames between two passes of the engine

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.media,
    pytest.mark.skipif(not MEDIA.is_dir(), reason="the recordings are not in TRACKER_TEST_MEDIA"),
    pytest.mark.skipif(
        not (BUNDLE_FOLDER / "pose_landmarker_full.task").is_file(),
        reason="the pose bundles are not built (make setup)",
    ),
]


@pytest.mark.parametrize(
    ("clip", "exercise"),
    [
        ("flipbook/overhead_press_front_x5.mp4", "overhead-press"),
        ("flipbook/seated_row_side_x5.mp4", "seated-row"),
        # The most demanding definition: both arms from the front, and the most measures of all.
        ("flipbook/lateral_raise_front_x5.mp4", "lateral-raise"),
    ],
)
def test_the_engine_costs_at_most_a_hundredth_of_the_inference(clip: str, exercise: str) -> None:
    definition = load_library()[exercise]
    poses: list[Pose | None] = []
    times_s: list[float] = []
    inference_s: list[float] = []
    engine_s: list[float] = []
    with Video(MEDIA / clip) as video, Estimator("full") as estimator:
        for frame in video.frames():
            started = time.perf_counter()
            poses.append(estimator.pose(frame.picture, frame.time_s))
            inference_s.append(time.perf_counter() - started)
            times_s.append(frame.time_s)
            if len(poses) % EVERY == 0:  # turn by turn, so that both meet the same load of the machine
                engine_s.append(engine_pass(definition, poses, times_s) / len(poses))

    share = median(engine_s) / median(inference_s)
    print(
        f"\nengine / inference per frame, {exercise}, {len(poses)} frames, {len(engine_s)} passes of the engine: "
        f"{share:.4f} ({1000 * median(engine_s):.3f} ms / {1000 * median(inference_s):.1f} ms); bound {MOST}"
    )
    assert share <= MOST


def test_the_most_demanding_definition_is_the_one_that_is_timed() -> None:
    work = {d.id: max(len(v.measures) * (2 if v.sides != "near" else 1) for v in d.views.values()) for d in COUNTED}
    assert work["lateral-raise"] == max(work.values())


def engine_pass(definition: Definition, poses: list[Pose | None], times_s: list[float]) -> float:
    """Seconds for a set of these poses, from the first frame to the feedback of the last, as JSON values."""
    coach = Coach(definition)
    started = time.perf_counter()
    for pose, time_s in zip(poses, times_s, strict=True):
        feedback_to_dict(coach.observe(pose, time_s))
    return time.perf_counter() - started
