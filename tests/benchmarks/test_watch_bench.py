"""What `tracker watch` costs while somebody sits still: processor time of the whole process, in real time.

A bright line: at most 3 % of one core, averaged over still sitting, after the first half minute (start-up, and the time
until the engine calls somebody still, are printed beside it). The recording is a still picture of a person with a
webcam's noise, uncompressed at five pictures a second, as a webcam delivers it. Beside it, in the same run, a bare loop
that estimates a pose four times a second. Processor time hardly depends on what else the computer does; the clock does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.features.desktop_bus import until
from tests.features.watch_house import CLIP, Agent, still_recording
from tracker.vision.estimator import BUNDLE_FOLDER

MODEL = BUNDLE_FOLDER / "pose_landmarker_lite.task"
MOST_PER_CENT = 3.0
SETTLE_S = 45.0
MEASURE_S = 90.0
BARE_S = 30.0

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.media,
    pytest.mark.skipif(not CLIP.is_file(), reason="the recordings are not in TRACKER_TEST_MEDIA"),
    pytest.mark.skipif(not MODEL.is_file(), reason="the pose bundles are not built (make setup)"),
    pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="another process's time is read in /proc"),
]


def test_watching_somebody_who_sits_still_takes_at_most_three_per_cent_of_a_core(tmp_path: Path) -> None:
    recording = still_recording(tmp_path / "still.avi", seconds=20)
    calibration = still_recording(tmp_path / "calibrate.avi", seconds=24)
    folder = tmp_path / "state"
    ended = _tracker("watch", "--calibrate", "--without-slouch", "--source", calibration, "--folder", folder,
                     "--speed", "max")  # fmt: skip
    assert ended == 0

    agent = Agent(folder, recording, "--loop", "--no-notices", "--every")
    until(lambda: list(agent.events("verdict")), within_s=60)
    start_s = _processor_s(agent.process.pid)
    time.sleep(SETTLE_S)
    settled_s, looks = _processor_s(agent.process.pid), len(list(agent.events("verdict")))
    time.sleep(MEASURE_S)
    spent_s = _processor_s(agent.process.pid) - settled_s
    looked = len(list(agent.events("verdict"))) - looks
    memory_mb = _memory_mb(agent.process.pid)
    last = list(agent.events("verdict"))[-1]
    assert agent.end() == 0

    bare = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("bare_watch_loop.py")), str(recording), str(MODEL), str(BARE_S)],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    ours, theirs = 100 * spent_s / MEASURE_S, 100 * float(bare.stdout) / BARE_S
    print(
        f"\ntracker watch, still sitting, {MEASURE_S:.0f} s: {ours:.2f} % of one core ({looked} looks, memory"
        f" {memory_mb:.0f} MB); bound {MOST_PER_CENT:.0f} %"
        f"\n  bare MediaPipe loop at 4 a second: {theirs:.2f} %; ratio {ours / theirs:.2f}"
        f"\n  until the first look {start_s:.1f} s of processor time; the {SETTLE_S:.0f} s after it"
        f" {100 * (settled_s - start_s) / SETTLE_S:.2f} %"
    )
    assert last["state"] == "comfort"
    assert ours <= MOST_PER_CENT


def _tracker(*words: object) -> int:
    program = [sys.executable, "-c", "from tracker.cli import main; main()", *map(str, words)]
    return subprocess.run(program, check=False, timeout=300).returncode


def _processor_s(process: int) -> float:
    """Seconds on processors, of all threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
