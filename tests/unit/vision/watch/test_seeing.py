"""Cameras, what stirs, other systems' presence, and words."""

from __future__ import annotations

import plistlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.features.watch_house import still_recording
from tracker.vision.watch import cameras
from tracker.vision.watch.cameras import CameraGoneError, Eyes, RecordingOverError, Webcam, source_of
from tracker.vision.watch.other_systems import macos_presence, windows_presence
from tracker.vision.watch.presence import Presence
from tracker.vision.watch.presence_linux import IdleClock
from tracker.vision.watch.stirring import stirred
from tracker.vision.watch.telling import Hold
from tracker.vision.watch.words import gate_words, hold_words, verdict_words


@pytest.mark.parametrize(("text", "device"), [("0", 0), ("2", 2), ("/dev/video1", 1)])
def test_numbers_and_device_files_are_cameras(text: str, device: int):
    assert source_of(text, repeated=False).device == device


def test_anything_else_is_a_recording(tmp_path: Path):
    source = source_of(str(tmp_path / "clip.mp4"), repeated=True)
    assert (source.device, source.path, source.repeated) == (None, tmp_path / "clip.mp4", True)


def shades(path: Path, count: int, fps: int = 5) -> Path:
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"I420"), fps, (64, 48))
    for number in range(count):
        writer.write(np.full((48, 64, 3), 20 + 20 * number, np.uint8))
    writer.release()
    return path


def shade(eye: Any, at_s: float) -> int:
    return round((float(eye.glimpse(at_s).mean()) - 20) / 20)


def test_a_recording_shows_the_picture_that_is_due(tmp_path: Path):
    eye = Eyes(source_of(str(shades(tmp_path / "clip.avi", 10)), repeated=False)).open(100.0)
    assert [shade(eye, 100 + at) for at in (0.0, 0.1, 0.2, 0.5, 1.0, 1.9)] == [0, 0, 1, 2, 5, 9]
    with pytest.raises(RecordingOverError):
        eye.look(102.1)
    eye.close()


def test_a_repeated_recording_goes_on_while_nobody_looks(tmp_path: Path):
    eyes = Eyes(source_of(str(shades(tmp_path / "clip.avi", 10)), repeated=True))
    eye = eyes.open(0.0)
    assert [shade(eye, at) for at in (0.0, 2.2, 7.0, 60.4)] == [0, 1, 5, 2]
    eye.close()
    assert shade(eyes.open(100.6), 100.6) == 3
    eye.close()


def test_a_recording_that_is_taken_away_is_a_camera_that_is_gone(tmp_path: Path):
    clip = shades(tmp_path / "clip.avi", 10)
    eyes = Eyes(source_of(str(clip), repeated=True))
    eye = eyes.open(0.0)
    clip.unlink()
    with pytest.raises(CameraGoneError):
        eye.look(0.1)
    with pytest.raises(CameraGoneError):
        eyes.open(1.0)


class FakeCapture:
    """A webcam whose queue holds ``queued`` old pictures."""

    queued = 2
    opened = True

    def __init__(self, _device: int) -> None:
        self.settings: dict[int, float] = {}
        self.grabbed = 0
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opened

    def set(self, name: int, value: float) -> bool:
        self.settings[name] = value
        return True

    def grab(self) -> bool:
        self.grabbed += 1
        return True

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, np.full((48, 64, 3), self.grabbed, np.uint8)

    def release(self) -> None:
        self.released = True


def test_a_webcam_is_asked_for_little_and_gives_the_picture_it_had_to_wait_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cameras.cv2, "VideoCapture", FakeCapture)
    clock = iter([0.0, 0.001, 1.0, 1.001, 2.0, 2.15])  # two old pictures were there at once, the third came
    camera = Webcam(0)
    capture = camera._capture
    before = capture.grabbed
    monkeypatch.setattr(cameras, "stopwatch_s", lambda: next(clock))

    look = camera.look(0.0)

    assert capture.grabbed - before == 3
    assert look.picture[0, 0, 0] == capture.grabbed
    assert {640, 480, 5, 1} <= set(capture.settings.values())
    camera.close()
    assert capture.released


def test_a_webcam_that_cannot_be_opened_is_gone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cameras.cv2, "VideoCapture", type("Closed", (FakeCapture,), {"opened": False}))
    with pytest.raises(CameraGoneError):
        Webcam(0)


def picture(head_at: int = 30, *, light: float = 100.0, noise: float = 0.0) -> np.ndarray:
    cells = np.full((36, 48), light, np.float32)
    cells[5:20, head_at - 6 : head_at + 6] = light + 60
    return cells + np.random.default_rng(3).normal(0, noise, cells.shape).astype(np.float32)


def test_noise_and_a_change_of_light_stir_nothing_but_a_head_that_moves_does():
    assert not stirred(picture(), picture(noise=2.0))
    assert not stirred(picture(), picture(light=140.0))
    assert stirred(picture(), picture(32))


def test_what_moves_beside_the_person_does_not_matter_once_their_zone_is_known():
    behind = picture()
    behind[5:30, 2:8] = 220
    zone = {"x": 0.45, "y": 0.1, "w": 0.4, "h": 0.6}
    assert stirred(picture(), behind)
    assert not stirred(picture(), behind, zone)
    assert stirred(picture(), picture(33), zone)


def test_another_size_of_picture_stirs():
    assert stirred(picture(), picture()[:10])


def test_seconds_and_milliseconds_are_told_apart_by_how_they_grow():
    in_milliseconds, in_seconds = IdleClock(), IdleClock()
    assert in_milliseconds.seconds(285_000, 0.0) == 285
    assert in_milliseconds.seconds(300_000, 15.0) == 300
    assert in_seconds.seconds(290, 0.0) < 1
    assert in_seconds.seconds(305, 15.0) == 305


def test_what_ioreg_says_on_macos():
    idle = plistlib.dumps([{"IORegistryEntryChildren": [{"HIDIdleTime": 301_000_000_000}]}])
    locked = plistlib.dumps({"IOConsoleUsers": [{"CGSSessionScreenIsLocked": True}]})
    assert macos_presence(idle, b"") == Presence(idle=True)
    assert macos_presence(b"", locked) == Presence(locked=True)
    assert macos_presence(b"nonsense", b"<plist>") == Presence()


class FakeWindows:
    """user32 and kernel32 of a computer that was used ``idle_ms`` ago."""

    def __init__(self, idle_ms: int, *, locked: bool) -> None:
        self._idle_ms = idle_ms
        self._locked = locked

    def GetLastInputInfo(self, pointer: Any) -> int:  # noqa: N802 - Windows' names
        pointer._obj.tick_ms = (5_000 - self._idle_ms) & 0xFFFFFFFF
        return 1

    def GetTickCount(self) -> int:  # noqa: N802
        return 5_000

    def OpenInputDesktop(self, *_: object) -> int:  # noqa: N802
        return 0 if self._locked else 7

    def CloseDesktop(self, _desktop: int) -> None: ...  # noqa: N802


@pytest.mark.parametrize(
    ("idle_ms", "locked", "presence"),
    [(1_000, False, Presence()), (300_000, False, Presence(idle=True)), (0, True, Presence(locked=True))],
)
def test_what_windows_says(idle_ms: int, locked: bool, presence: Presence):
    system = FakeWindows(idle_ms, locked=locked)
    assert windows_presence(system, system) == presence


VERDICT = {"state": "comfort", "gate": None, "still_s": 754.0}


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (VERDICT, "Comfortable · still for 12 min"),
        ({**VERDICT, "still_s": 20.0}, "Comfortable"),
        ({**VERDICT, "break_in_s": 1100.0, "still_s": 0.0}, "Comfortable · next break in 18 min"),
        ({**VERDICT, "state": "away", "gate": {"reason": "nobody", "remedy": "x"}}, "Nobody there"),
        (
            {**VERDICT, "state": "unknown", "gate": {"reason": "too_dark", "remedy": "more_light"}},
            "Can't tell (too dark: make more light)",
        ),
    ],
)
def test_the_line_in_the_terminal(verdict: dict[str, Any], words: str):
    assert verdict_words(verdict) == words


def test_every_hold_has_its_words_and_an_unknown_reason_reads_as_itself():
    assert len({hold_words(hold) for hold in Hold}) == len(Hold)
    assert gate_words({"reason": "new_reason", "remedy": None}) == "new reason"


def test_the_test_recording_can_be_opened(tmp_path: Path):
    eye = Eyes(source_of(str(still_recording(tmp_path / "s.avi", seconds=1)), repeated=False)).open(0.0)
    assert 0.2 < eye.look(0.0).light < 0.9
    eye.close()
