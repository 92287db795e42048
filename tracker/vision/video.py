"""Video files as pictures with their time: mp4, mov, avi, webm, gif and whatever else OpenCV's FFmpeg opens.

Conventions: pictures are RGB, upright (rotation metadata applied), their longer side at most `LONGEST_SIDE` pixels;
``time_s`` is the container's own presentation time in seconds from the start, strictly increasing, so a variable
frame rate keeps its true pace. A stream without usable times (a raw stream gives zero for every frame) falls back to
the stated frame rate, or to `FALLBACK_FPS`. Limits: sound is ignored; a file that breaks off is read as far as it goes.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from tracker.vision.errors import SourceError
from tracker.vision.quiet import silence_opencv

Picture = NDArray[np.uint8]

LONGEST_SIDE = 1280
"""Pixels. The networks look at 224 and 256 pixels squared: a person who fills a fifth of the picture loses nothing,
and copying and converting a 4K frame would cost more than reading it."""

FALLBACK_FPS = 25.0
_PLAUSIBLE_FPS = (1.0, 480.0)
_PLAUSIBLE_FRAMES = 10_000_000  # broken containers state nonsense, also negative nonsense


@dataclass(frozen=True, slots=True)
class Frame:
    """One upright RGB picture and its time in seconds from the start of the recording."""

    time_s: float
    picture: Picture


class Video:
    """An opened video file; use it in a ``with`` statement. Raises `SourceError` when it is no readable video."""

    def __init__(self, path: Path) -> None:
        self.path = path
        _check_file(path)
        silence_opencv()
        self._capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise SourceError(
                path,
                _("this file cannot be read as a video. It may be damaged or only partly downloaded; mp4, mov, avi, "
                  "webm, gif and npz are understood."),
            )  # fmt: skip
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        self.fps = _plausible_fps(self._capture.get(cv2.CAP_PROP_FPS))
        self.frame_count = _plausible_count(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._capture.release()

    def frames(self) -> Generator[Frame]:
        """All pictures in order. Raises `SourceError` when there is not a single one."""
        time_s: float | None = None
        while True:
            read, picture = self._capture.read()
            if not read:
                break
            time_s = next_time(self._capture.get(cv2.CAP_PROP_POS_MSEC), time_s, self.fps)
            yield Frame(time_s, upright_rgb(picture))
        if time_s is None:
            raise SourceError(self.path, _("there is not a single picture in this file that can be decoded."))


def next_time(position_ms: float, previous_s: float | None, fps: float) -> float:
    """The time of a frame in seconds: the container's, unless that stands still, runs backward or is no number."""
    time_s = position_ms / 1000
    if previous_s is None:
        return max(time_s, 0.0) if math.isfinite(time_s) else 0.0
    if math.isfinite(time_s) and time_s > previous_s:
        return time_s
    return previous_s + 1 / fps


def upright_rgb(picture: NDArray[np.integer[Any] | np.floating[Any]]) -> Picture:
    """OpenCV's BGR picture as RGB, made smaller when it is huge."""
    height, width = picture.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        # Five times cheaper than averaging areas; the networks sample the picture in the same way once more.
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return rgb.astype(np.uint8, copy=False)


def _check_file(path: Path) -> None:
    if not path.exists():
        raise SourceError(path, _("there is no such file."))
    if not path.is_file():
        raise SourceError(path, _("this is not a file."))
    try:
        with path.open("rb") as content:
            empty = not content.read(1)
    except OSError as error:
        raise SourceError(path, _("this file may not be read ({reason}).").format(reason=error.strerror)) from error
    if empty:
        raise SourceError(path, _("this file is empty."))


def _plausible_fps(stated: float) -> float:
    slowest, fastest = _PLAUSIBLE_FPS
    return stated if slowest <= stated <= fastest else FALLBACK_FPS  # also false for NaN


def _plausible_count(stated: float) -> int | None:
    return int(stated) if 0 < stated < _PLAUSIBLE_FRAMES else None
