from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exercises.body import Landmark
from tracker.vision.errors import SourceError
from tracker.vision.tracks import UNKNOWN_FPS, load_track


def write_track(folder: Path, **changes: Any) -> Path:
    """A sound track of three frames, with arrays replaced (or, by None, left out)."""
    landmarks = np.full((3, 33, 4), 0.5, dtype=np.float32)
    arrays = {"lm": landmarks, "wh": np.array([640, 480]), "fps": np.array(10.0), **changes}
    path = folder / "track.npz"
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def test_poses_come_with_their_times_and_the_picture_size(tmp_path: Path) -> None:
    poses = list(load_track(write_track(tmp_path)).poses())

    assert [time_s for time_s, _ in poses] == pytest.approx([0.0, 0.1, 0.2])
    pose = poses[0][1]
    assert pose is not None
    assert (pose.width, pose.height) == (640, 480)
    nose = pose.points[Landmark.NOSE]
    assert nose is not None
    assert (nose.x, nose.y, nose.z, nose.visibility) == (0.5, 0.5, 0.5, 0.5)


def test_an_unknown_frame_rate_is_taken_as_25(tmp_path: Path) -> None:
    track = load_track(write_track(tmp_path, fps=np.array(np.nan)))

    assert track.times_s.tolist() == pytest.approx([0.0, 1 / UNKNOWN_FPS, 2 / UNKNOWN_FPS])
    assert UNKNOWN_FPS == 25


def test_own_times_win_over_the_frame_rate(tmp_path: Path) -> None:
    track = load_track(write_track(tmp_path, t=np.array([0.0, 0.5, 0.6])))

    assert track.times_s.tolist() == [0.0, 0.5, 0.6]


def test_a_joint_without_numbers_is_unseen_and_a_frame_without_joints_has_nobody(tmp_path: Path) -> None:
    landmarks = np.full((2, 33, 4), 0.5)
    landmarks[0, Landmark.LEFT_ELBOW] = np.nan
    landmarks[1] = np.nan

    poses = [pose for _, pose in load_track(write_track(tmp_path, lm=landmarks)).poses()]

    assert poses[0] is not None
    assert poses[0].points[Landmark.LEFT_ELBOW] is None
    assert poses[0].points[Landmark.RIGHT_ELBOW] is not None
    assert poses[1] is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lm": None}, "“lm” is missing"),
        ({"wh": None}, "“wh” is missing"),
        ({"fps": None}, "“fps” is missing"),
        ({"lm": np.zeros((3, 17, 3))}, "frames x 33 x 4, but is 3 x 17 x 3"),
        ({"lm": np.zeros((0, 33, 4))}, "no frames"),
        ({"lm": np.full((3, 33, 4), "x")}, "“lm” should hold numbers"),
        ({"wh": np.array([640, 0])}, "two positive numbers"),
        ({"wh": np.array([640])}, "two positive numbers"),
        ({"fps": np.array(0.0)}, "one positive number"),
        ({"fps": np.array([10.0, 20.0])}, "one positive number"),
        ({"fps": np.array(np.inf)}, "one positive number"),
        ({"t": np.array([0.0, 0.2, 0.1])}, "increasing time"),
        ({"t": np.array([0.0, 0.1])}, "increasing time"),
        ({"lm": np.array([{"run": "me"}], dtype=object)}, "cannot be read as an .npz"),
    ],
)
def test_what_is_wrong_with_a_track_is_said(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        load_track(write_track(tmp_path, **changes))


def test_other_files_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.npz"
    text.write_text("hello")
    single = tmp_path / "single.npz"
    with single.open("wb") as file:
        np.save(file, np.zeros(3))
    torn = write_track(tmp_path)
    torn.write_bytes(torn.read_bytes()[:400])

    for path in (text, single, torn):
        with pytest.raises(SourceError, match=r"npz"):
            load_track(path)
    with pytest.raises(SourceError, match="no such file"):
        load_track(tmp_path / "nothing.npz")
