"""The eye of the agent: a webcam, or a recording that plays as if it were one.

A webcam is asked for 640 x 480, few pictures a second and a queue of one; between looks nothing is fetched from it.
What waits in the driver's queue is old then, so a look throws away pictures until it had to wait for one: that one is
new. Pictures are RGB; ``glimpse`` is a small grey copy, cheap enough to tell whether anything stirred and how light it
is. A recording goes on while nobody looks, like a camera; taken away it is "unplugged". Limits: how long a driver
takes to open a camera (up to two seconds) is the system's; drivers that ignore the wish for few pictures a second cost
more while the camera is open, but that is the kernel's time, not ours.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from tracker.clock import stopwatch_s
from tracker.vision.quiet import silence_opencv
from tracker.vision.video import FALLBACK_FPS, Picture, next_time, upright_rgb

WIDTH, HEIGHT, WANTED_FPS = 640, 480, 5
_WAITED_S: Final = 0.004
"""A picture that was there sooner had waited in the queue."""
_QUEUE_AT_MOST: Final = 6
_WAKING_UP: Final = 5  # pictures; exposure and white balance settle in them
_GLIMPSE: Final = (48, 36)
_DEVICE: Final = re.compile(r"(?:/dev/video)?(\d+)")
_SLOWEST_FPS, _FASTEST_FPS = 0.1, 480.0  # outside, the container states nonsense
_ROUNDING_S: Final = 1e-3  # containers count in milliseconds
Glimpse = NDArray[np.float32]


class CameraGoneError(Exception):
    """There is no picture to be had: the camera is unplugged, taken, or asleep."""


class RecordingOverError(Exception):
    """The recording has ended and is not to be repeated."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture, and its small grey copy with values 0 to 255."""

    picture: Picture
    glimpse: Glimpse

    @property
    def light(self) -> float:
        """Mean brightness, 0 black to 1 white."""
        return float(self.glimpse.mean()) / 255.0


class Eye(Protocol):
    """An opened camera."""

    def look(self, at_s: float) -> Look:
        """The newest picture; ``at_s`` is the loop's time. Raises `CameraGoneError`, `RecordingOverError`."""

    def glimpse(self, at_s: float) -> Glimpse:
        """Only the small grey copy of it. Raises the same."""

    def close(self) -> None:
        """Give the camera back."""


@dataclass(frozen=True, slots=True)
class Source:
    """What to look through: a camera by number, or a recording."""

    device: int | None
    path: Path | None = None
    repeated: bool = False

    @property
    def name(self) -> str:
        """Which camera it is, as far as this program can know: places are told apart by it."""
        return f"camera {self.device}" if self.path is None else self.path.name

    @property
    def node(self) -> Path | None:
        """The device's file, where there are such: what other programs open when they want the camera."""
        if self.path is not None or not sys.platform.startswith("linux"):
            return None
        return Path(f"/dev/video{self.device}")


def source_of(text: str, *, repeated: bool) -> Source:
    """``0`` and ``/dev/video0`` are a camera, anything else is a file."""
    found = _DEVICE.fullmatch(text)
    return Source(int(found[1])) if found else Source(None, Path(text), repeated)


def glimpse_of(picture: NDArray[Any]) -> Glimpse:
    """A small grey copy in which noise is averaged away."""
    # Every second row and column is plenty, and slicing costs nothing.
    small = cv2.resize(np.ascontiguousarray(picture[::2, ::2]), _GLIMPSE, interpolation=cv2.INTER_AREA)
    grey: Glimpse = small.mean(axis=2, dtype=np.float32)
    return grey


def _look_at(picture: NDArray[Any]) -> Look:
    return Look(upright_rgb(picture), glimpse_of(picture))


class Webcam:
    """A local camera through OpenCV. Raises `CameraGoneError` when it cannot be opened."""

    def __init__(self, device: int) -> None:
        silence_opencv()
        self._capture = cv2.VideoCapture(device)
        if not self._capture.isOpened():
            raise CameraGoneError
        for setting, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, WIDTH),
            (cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT),
            (cv2.CAP_PROP_FPS, WANTED_FPS),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            self._capture.set(setting, value)  # a camera that cannot does as it likes
        for _picture in range(_WAKING_UP):
            self._capture.grab()

    def look(self, _at_s: float) -> Look:
        return _look_at(self._newest())

    def glimpse(self, _at_s: float) -> Glimpse:
        return glimpse_of(self._newest())

    def close(self) -> None:
        self._capture.release()

    def _newest(self) -> NDArray[Any]:
        for _old in range(_QUEUE_AT_MOST):
            before_s = stopwatch_s()
            if not self._capture.grab():
                raise CameraGoneError
            if stopwatch_s() - before_s > _WAITED_S:
                break
        read, picture = self._capture.retrieve()
        if not read:
            raise CameraGoneError
        return picture


class Recording:
    """A file that plays from the moment it is first opened, whether somebody looks or not."""

    def __init__(self, path: Path, *, repeated: bool) -> None:
        silence_opencv()
        self._path = path
        self._repeated = repeated
        self._began_at_s: float | None = None
        self._length_s: float | None = None
        self._capture: cv2.VideoCapture | None = None
        self._grabbed_s: float | None = None
        self._shown: NDArray[Any] | None = None

    def opened(self, at_s: float) -> Recording:
        """Itself, ready to be looked at. Raises `CameraGoneError`."""
        if self._began_at_s is None:
            self._began_at_s = at_s
        self._rewind()
        return self

    def look(self, at_s: float) -> Look:
        return _look_at(self._picture(at_s))

    def glimpse(self, at_s: float) -> Glimpse:
        return glimpse_of(self._picture(at_s))

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _rewind(self) -> None:
        self.close()
        if not self._path.is_file():
            raise CameraGoneError
        self._capture = cv2.VideoCapture(str(self._path.resolve()), cv2.CAP_FFMPEG)
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._step_s = 1 / (fps if _SLOWEST_FPS <= fps <= _FASTEST_FPS else FALLBACK_FPS)
        self._grabbed_s = self._shown = None
        if not self._grab():
            raise CameraGoneError  # half written, or no video at all

    def _grab(self) -> bool:
        assert self._capture is not None
        if not self._capture.grab():
            return False
        position_ms = self._capture.get(cv2.CAP_PROP_POS_MSEC)
        self._grabbed_s = next_time(position_ms, self._grabbed_s, 1 / self._step_s)
        self._shown = None
        return True

    def _picture(self, at_s: float) -> NDArray[Any]:
        """The last picture that is due at ``at_s``."""
        if self._capture is None or self._began_at_s is None or not self._path.exists():
            raise CameraGoneError
        due_s = self._due_s(at_s)
        if self._grabbed_s is not None and self._grabbed_s > due_s + self._step_s:
            self._rewind()  # it began anew meanwhile
        assert self._grabbed_s is not None
        while self._grabbed_s + self._step_s <= due_s + _ROUNDING_S:
            if not self._grab():
                self._over()
                due_s = self._due_s(at_s)
        if self._shown is None:
            read, picture = self._capture.retrieve()
            if not read:
                raise CameraGoneError
            self._shown = picture
        return self._shown

    def _due_s(self, at_s: float) -> float:
        assert self._began_at_s is not None
        due_s = at_s - self._began_at_s
        return due_s if self._length_s is None else due_s % self._length_s

    def _over(self) -> None:
        if not self._repeated:
            raise RecordingOverError
        assert self._grabbed_s is not None
        self._length_s = self._grabbed_s + self._step_s
        self._rewind()


class Eyes:
    """Opens what `Source` names, as often as needed."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._recording = None if source.path is None else Recording(source.path, repeated=source.repeated)

    def open(self, at_s: float) -> Eye:
        """Raises `CameraGoneError`."""
        if self._recording is not None:
            return self._recording.opened(at_s)
        assert self.source.device is not None
        return Webcam(self.source.device)
