"""`tracker analyze` against a bare decode-and-estimate loop: whole processes, same clip, same model, turn by turn.

Both start Python, import MediaPipe, load the full model and go through the clip; ours also counts, judges and writes
JSON. The runs alternate (A B B A ...). The bound is on the medians; quickest runs and processor time are
printed beside them, because on a machine that is busy with other things single runs take up to twice as long.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from tracker.vision.estimator import BUNDLE_FOLDER

MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", Path(__file__).parents[3] / "shared" / "data"))
MODEL = BUNDLE_FOLDER / "pose_landmarker_full.task"
CLIP = MEDIA / "video" / "overhead_press_short_range_side_x5.mp4"
ROUNDS = 5
MOST = 1.10

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.media,
    pytest.mark.skipif(not MEDIA.is_dir(), reason="the recordings are not in TRACKER_TEST_MEDIA"),
    pytest.mark.skipif(not MODEL.is_file(), reason="the pose bundles are not built (make setup)"),
]

BARE = (sys.executable, str(Path(__file__).with_name("bare_loop.py")), str(CLIP), str(MODEL))
OURS = (
    sys.executable, "-c", "from tracker.cli import main; main()",
    "analyze", str(CLIP), "--exercise", "overhead-press", "--json", "-",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One whole process: seconds by the clock, seconds on processors, and what it printed."""

    wall_s: float
    processor_s: float
    stdout: str


def run(command: tuple[str, ...]) -> Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    finished = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    wall_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall_s, spent_s, finished.stdout)


def test_analyze_takes_at_most_a_tenth_longer_than_a_bare_loop() -> None:
    bare: list[Run] = []
    ours: list[Run] = []
    for turn in range(ROUNDS):
        pair = [(BARE, bare), (OURS, ours)]
        for command, runs in pair if turn % 2 == 0 else reversed(pair):
            runs.append(run(command))

    assert json.loads(ours[0].stdout)["timings"]["frames"] == int(bare[0].stdout)  # neither leaves a frame out
    quickest = min(r.wall_s for r in ours) / min(r.wall_s for r in bare)
    middle = median(r.wall_s for r in ours) / median(r.wall_s for r in bare)
    spent = median(r.processor_s for r in ours) / median(r.processor_s for r in bare)
    print(
        f"\ntracker analyze / bare loop, whole processes, {CLIP.name}, full model, {ROUNDS} rounds:"
        f" median {middle:.3f}, quickest {quickest:.3f}, processor time {spent:.3f}; bound {MOST}"
        f"\n  bare {_seconds(bare)}\n  ours {_seconds(ours)}"
    )
    assert middle <= MOST


def _seconds(runs: list[Run]) -> str:
    return ", ".join(f"{run.wall_s:.1f} s ({run.processor_s:.1f} s on processors)" for run in runs)
