from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tracker.vision.errors import SourceError
from tracker.vision.video import FALLBACK_FPS, LONGEST_SIDE, Frame, Video, next_time, upright_rgb

QUARTER_TURN = bytes.fromhex("000000000001000000000000ffff00000000000000000000000000000000000040000000")
UPRIGHT = bytes.fromhex("000100000000000000000000000000000001000000000000000000000000000040000000")


def frames_of(path: Path) -> list[Frame]:
    with Video(path) as video:
        return list(video.frames())


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".avi", ".webm", ".gif"])
def test_every_container_gives_all_pictures_with_their_times(make_clip: Callable[..., Path], suffix: str) -> None:
    frames = frames_of(make_clip(suffix))

    assert [frame.time_s for frame in frames] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5], abs=0.002)
    assert {frame.picture.shape for frame in frames} == {(64, 96, 3)}


def test_pictures_are_rgb_and_in_order(make_clip: Callable[..., Path]) -> None:
    frames = frames_of(make_clip(".gif"))

    bars = [int(frame.picture[10, :, 0].argmax()) for frame in frames]
    assert bars == [0, 12, 24, 36, 48, 60]
    assert frames[0].picture[10, 4].tolist() == pytest.approx([255, 0, 0], abs=5)


def test_a_variable_frame_rate_keeps_its_pace(make_clip: Callable[..., Path]) -> None:
    frames = frames_of(make_clip(".gif", frames=6, durations_ms=[40, 40, 200, 200, 40, 40]))

    assert [frame.time_s for frame in frames] == pytest.approx([0.0, 0.04, 0.08, 0.28, 0.48, 0.52])


def test_rotation_metadata_turns_the_picture_upright(make_clip: Callable[..., Path]) -> None:
    path = make_clip(".mp4", frames=1)
    content = path.read_bytes()
    assert content.count(UPRIGHT) == 2  # movie header, then track header
    at = content.index(UPRIGHT, content.index(b"tkhd"))
    path.write_bytes(content[:at] + QUARTER_TURN + content[at + len(UPRIGHT) :])

    picture = frames_of(path)[0].picture

    assert picture.shape == (96, 64, 3)
    assert picture[:12, :, 0].mean() > 150  # the bar at the left edge is now at the top
    assert picture[40:, :, 0].mean() < 50


def test_a_file_that_breaks_off_is_read_as_far_as_it_goes(make_clip: Callable[..., Path]) -> None:
    path = make_clip(".avi", frames=40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    frames = frames_of(path)

    assert 10 < len(frames) < 40


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"this is a letter, not a film", "cannot be read as a video"), (bytes(5000), "cannot be read")],
)
def test_what_is_no_video_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)

    with pytest.raises(SourceError, match=reason) as caught:
        frames_of(path)

    assert caught.value.path == path


def test_a_truncated_mp4_without_index_is_refused(make_clip: Callable[..., Path]) -> None:
    path = make_clip(".mp4")
    path.write_bytes(path.read_bytes()[:600])

    with pytest.raises(SourceError, match="damaged or only partly downloaded"):
        frames_of(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        Video(tmp_path / "nothing.mp4")
    with pytest.raises(SourceError, match="not a file"):
        Video(tmp_path)


def test_a_video_without_a_picture_says_so(make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with Video(make_clip(".avi")) as video:
        monkeypatch.setattr(video, "_capture", _NoPictures())
        with pytest.raises(SourceError, match="not a single picture"):
            list(video.frames())


class _NoPictures:
    def read(self) -> tuple[bool, None]:
        return False, None

    def release(self) -> None: ...


@pytest.mark.parametrize(
    ("position_ms", "previous_s", "expected"),
    [
        (0.0, None, 0.0),
        (-40.0, None, 0.0),
        (math.nan, None, 0.0),
        (200.0, 0.1, 0.2),
        (0.0, 0.1, 0.14),  # a raw stream gives zero for every frame
        (0.0, 0.0, 0.04),
        (50.0, 0.1, 0.14),  # runs backward
        (math.nan, 0.1, 0.14),
    ],
)
def test_times_come_from_the_container_or_else_from_the_frame_rate(
    position_ms: float, previous_s: float | None, expected: float
) -> None:
    assert next_time(position_ms, previous_s, FALLBACK_FPS) == pytest.approx(expected)


def test_a_huge_picture_is_made_smaller_in_its_own_ratio() -> None:
    picture = np.zeros((2160, 3840, 3), np.uint8)

    assert upright_rgb(picture).shape == (720, LONGEST_SIDE, 3)


def test_an_ordinary_picture_keeps_every_pixel() -> None:
    picture = np.arange(480 * 640 * 3, dtype=np.uint32).astype(np.uint8).reshape(480, 640, 3)

    assert np.array_equal(upright_rgb(picture), cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
