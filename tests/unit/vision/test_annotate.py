from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from exercises.body import Landmark, Point, Pose
from tracker.vision import encoding
from tracker.vision.analysis import Seen
from tracker.vision.annotate import CUE_SHOWN_S, FPS, AnnotatedVideo, Overlay, mirrored
from tracker.vision.errors import OutputError
from tracker.vision.video import Video

FEEDBACK: dict[str, Any] = {
    "count": 2, "partial": 1, "phase": "out", "gate": None, "hold": None, "cue": None, "event": None,
    "angle": {"points": [11, 13, 15], "value": 121.0, "target": 155.0, "unit": "deg"},
}  # fmt: skip
GATE = {"reason": "not_visible", "parts": ["left_elbow"], "remedy": "step_back"}


def pose(time_s: float = 0.0) -> Pose:
    points = [Point(0.3 + index / 100, 0.2 + index / 50, 0.0, 0.9) for index in range(33)]
    return Pose(time_s, tuple(points), 320, 240)


def seen(time_s: float) -> Seen:
    return Seen(time_s, pose(time_s), np.full((240, 321, 3), 90, np.uint8))


@pytest.mark.parametrize("suffix", [".webm", ".mp4"])
def test_the_video_keeps_the_pace_of_the_recording(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    with AnnotatedVideo(path) as video:
        for index in range(31):  # one second at 60 fps, then one second of nothing, then a last picture
            video.watch(seen(index / 60), FEEDBACK)
        video.watch(seen(1.5), FEEDBACK)

    with Video(path) as written:
        frames = list(written.frames())

    assert frames[-1].time_s == pytest.approx(1.5, abs=1.5 / FPS)
    assert len(frames) == pytest.approx(1.5 * FPS + 1, abs=1)
    assert frames[0].picture.shape == (240, 320, 3)  # even lengths
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_mp4_is_written_in_a_codec_that_browsers_play(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with AnnotatedVideo(path) as video:
        video.watch(seen(0.0), FEEDBACK)

    capture = cv2.VideoCapture(str(path))
    codec = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode().lower()
    capture.release()
    assert codec in {"avc1", "h264", "vp09"}


def test_without_the_ffmpeg_program_mp4_still_gets_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    path = tmp_path / "out.mp4"
    with AnnotatedVideo(path) as video:
        video.watch(seen(0.0), FEEDBACK)

    with Video(path) as written:
        assert len(list(written.frames())) == 1


def test_an_unfinished_video_leaves_nothing_behind_and_an_older_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.webm"
    path.write_bytes(b"older")

    def fail_halfway() -> None:
        with AnnotatedVideo(path) as video:
            video.watch(seen(0.0), FEEDBACK)
            raise LookupError

    with pytest.raises(LookupError):
        fail_halfway()
    assert path.read_bytes() == b"older"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_name_or_folder_that_cannot_be_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.mp4 or \.webm"):
        AnnotatedVideo(tmp_path / "out.avi")
    with pytest.raises(OutputError, match="folder does not exist"):
        AnnotatedVideo(tmp_path / "nowhere" / "out.mp4")


def test_a_machine_without_an_encoder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(encoding._BY_SUFFIX, ".webm", (encoding._opencv("zzzz"),))

    with pytest.raises(OutputError, match="no encoder"), AnnotatedVideo(tmp_path / "out.webm") as video:
        video.watch(seen(0.0), FEEDBACK)


def test_a_landmark_track_is_drawn_on_a_plain_ground(tmp_path: Path) -> None:
    path = tmp_path / "out.webm"
    with AnnotatedVideo(path) as video:
        video.watch(Seen(0.0, pose(), None), FEEDBACK)
        video.watch(Seen(0.1, None, None), FEEDBACK)

    with Video(path) as written:
        frames = list(written.frames())
    assert frames[0].picture.shape == (480, 640, 3)
    assert frames[0].picture.max() > 200  # the skeleton
    assert {frame.picture.shape for frame in frames} == {(480, 640, 3)}


def test_the_overlay_leaves_the_given_picture_alone() -> None:
    picture = np.full((240, 320, 3), 90, np.uint8)

    drawn = Overlay({}).draw(picture, pose(), FEEDBACK)

    assert (picture == 90).all()
    assert (drawn != 90).any()


@pytest.mark.parametrize(
    "feedback",
    [
        {"gate": GATE, "angle": None},
        {"hold": {"held_s": 7.2, "target_s": 20.0, "inside": True}},
        {"angle": None, "phase": None, "partial": 0},
    ],
)
def test_every_kind_of_feedback_can_be_drawn(feedback: dict[str, Any]) -> None:
    drawn = Overlay({}).draw(np.zeros((120, 90, 3), np.uint8), pose(), FEEDBACK | feedback)

    assert drawn.shape == (120, 90, 3)


def test_landmarks_far_outside_the_picture_do_no_harm() -> None:
    points = list(pose().points)
    points[Landmark.LEFT_WRIST] = Point(1e9, -1e9, 0.0, 0.9)
    points[Landmark.RIGHT_WRIST] = None

    drawn = Overlay({}).draw(np.zeros((240, 320, 3), np.uint8), replace(pose(), points=tuple(points)), FEEDBACK)

    assert drawn.any()


def test_a_cue_stays_long_enough_to_be_read() -> None:
    overlay = Overlay({"slower": "Slow down."})
    overlay.listen(1.0, FEEDBACK | {"cue": "slower"})
    overlay.listen(1.0 + CUE_SHOWN_S, FEEDBACK)
    assert overlay._cue == "Slow down."

    overlay.listen(1.1 + CUE_SHOWN_S, FEEDBACK)
    assert overlay._cue == ""


def test_a_mirrored_pose_swaps_left_and_right_of_the_picture_only() -> None:
    twice = mirrored(mirrored(pose()))
    elbow = mirrored(pose()).points[Landmark.LEFT_ELBOW]

    assert elbow is not None
    assert elbow.x == pytest.approx(1 - 0.43)
    assert elbow.y == pytest.approx(0.46)
    assert [p.x for p in twice.points if p] == pytest.approx([p.x for p in pose().points if p])
