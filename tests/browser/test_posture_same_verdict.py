"""The same recording, the same calibration: what `tracker watch` says of it is what the browser says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.browser.desk_page import (
    BAD,
    GOOD,
    MACHINES_READY_S,
    DeskPage,
    SlowClip,
    baseline_document,
    slowed,
    store_baseline,
)
from tests.browser.house import MEDIA, launch
from tracker.posture import service
from tracker.posture.documents import baseline_json
from tracker.settings import PROJECT_ROOT

pytestmark = [pytest.mark.browser, pytest.mark.media]

TALL_S, SLUMPED_S = 12.0, 45.0
SCORE_AGREES = 8
INDEX_AGREES = 0.12
LATE_S = 15.0
AGENT_WITHIN_S = 120


def test_browser_and_program_say_the_same(clinic, visit, server, playwright_session, chromium, tmp_path):
    if not MEDIA.is_dir():
        pytest.skip(f"no recordings: TRACKER_TEST_MEDIA names no folder ({MEDIA})")
    assert shutil.which("ffmpeg"), "ffmpeg is needed to turn a recording into a webcam"
    document = baseline_document(tmp_path)
    # Two pictures that hold still: what is compared is the verdict, not the moment at which each looks.
    clip = slowed("held", [(GOOD[-1:], TALL_S), (BAD[-1:], SLUMPED_S)], tmp_path)
    patient = clinic.patient()
    store_baseline(server, patient, document)
    with server.database() as session:
        stored = baseline_json(service.baselines_of(session, patient.id)[0])
    by_program = verdicts_of_program(clip, stored, tmp_path)
    browser = launch(playwright_session, chromium, webcam=clip.camera_file)
    try:
        there = visit(patient, browser=browser)
        DeskPage.prepare(there.context)
        desk = DeskPage(there.page)
        desk.open()
        desk.start()
        desk.wait_for("settling", lambda: desk.last().get("state") == "slouch", within_s=MACHINES_READY_S)
        by_browser = desk.verdicts()
        there.watcher.check()
    finally:
        browser.close()

    for name, part_of in (("tall", first_of), ("slumped", last_of)):
        picture, twin = part_of(by_browser), part_of(by_program)
        assert picture["state"] == twin["state"], name
        assert picture["can_tell"] == twin["can_tell"], name
        assert abs(picture["score"] - twin["score"]) <= SCORE_AGREES, (name, picture, twin)
        assert abs(picture["index"] - twin["index"]) <= INDEX_AGREES, (name, picture, twin)
        assert picture["view"] == twin["view"] == "front"
    assert {each["state"] for each in by_browser} >= {"comfort", "slouch"}
    assert {each["state"] for each in by_program} >= {"comfort", "slouch"}


def first_of(verdicts: list[dict[str, Any]]) -> dict[str, Any]:
    """How somebody sits before the slump: the middle of the first scored pictures."""
    scored = [each for each in verdicts if each["score"] is not None and each["state"] == "comfort"]
    calm = [each for each in scored if each["time_s"] - scored[0]["time_s"] < 2 or each["score"] >= 80]
    return {**calm[0], "score": median(each["score"] for each in calm), "index": median(e["index"] for e in calm)}


def last_of(verdicts: list[dict[str, Any]]) -> dict[str, Any]:
    """The last verdict before the recording ends, with the middle of the last pictures: in one that holds still the
    landmarks wander all the same, and the index with them by a tenth.
    """
    scored = [each for each in verdicts if each["score"] is not None]
    last = next(each for each in reversed(scored) if each["state"] == "slouch")
    late = [each for each in scored if 0 <= last["time_s"] - each["time_s"] <= LATE_S]
    return {**last, "score": median(each["score"] for each in late), "index": median(each["index"] for each in late)}


def verdicts_of_program(clip: SlowClip, stored: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """What the desktop program says of the same pictures, without a server."""
    baseline = folder / "baseline.json"
    baseline.write_text(json.dumps(stored), encoding="utf-8")
    command = [
        sys.executable, "-c", "from tracker.cli import main; main()", "watch", "--source", str(clip.video_file),
        "--baseline", str(baseline), "--speed", "max", "--json", "--every", "--no-notices",
        "--folder", str(folder / "agent"), "--recorded-at", "2026-11-26T09:00:00Z", "--model", "lite",
    ]  # fmt: skip
    shown = subprocess.run(
        command, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True, timeout=AGENT_WITHIN_S
    )
    events = [json.loads(line) for line in shown.stdout.splitlines() if line.startswith("{")]
    return [event for event in events if event["event"] == "verdict"]
