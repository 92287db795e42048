"""Draws what the engine saw and said onto the pictures, and writes them as a video that browsers play.

Conventions: pictures come in as RGB; the written video has a constant frame rate (`FPS`), frames being
repeated or left out so that it keeps the recording's pace. Limits: the file
appears under its name only when it is complete.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from gettext import gettext as _
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import cv2
import numpy as np

from exercises.body import Landmark, Point, Pose
from tracker.vision.encoding import SUFFIXES, Encoder, open_encoder
from tracker.vision.errors import OutputError
from tracker.vision.outputs import check_output, partial_path
from tracker.vision.video import Picture
from tracker.vision.wording import PHASES, gate_sentence, words

if TYPE_CHECKING:
    from tracker.vision.analysis import Seen

FPS = 30.0
"""Frame rate of the written video: smooth enough, and half the encoding of a 60 fps recording."""

# RGB, from the design's tokens for a dark ground: they stay legible on a busy picture.
_LIGHT = (233, 238, 240)
_SHADE = (18, 24, 29)
_TEAL = (92, 196, 189)
_CORAL = (255, 138, 112)

LONGEST_SIDE = 640
"""Pixels of the written video: enough to see every joint, and encoding keeps pace with the pose estimation."""

CUE_SHOWN_S = 2.5

_LEAST_TEXT = 12  # pixels
_TEXT_WEIGHT = 500

_SEEN = 0.5  # visibility from which a landmark is drawn
_BONES: Final = (
    (Landmark.LEFT_EAR, Landmark.LEFT_EYE), (Landmark.LEFT_EYE, Landmark.NOSE),
    (Landmark.RIGHT_EAR, Landmark.RIGHT_EYE), (Landmark.RIGHT_EYE, Landmark.NOSE),
    (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER), (Landmark.LEFT_HIP, Landmark.RIGHT_HIP),
    (Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW), (Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST),
    (Landmark.RIGHT_SHOULDER, Landmark.RIGHT_ELBOW), (Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST),
    (Landmark.LEFT_SHOULDER, Landmark.LEFT_HIP), (Landmark.RIGHT_SHOULDER, Landmark.RIGHT_HIP),
    (Landmark.LEFT_HIP, Landmark.LEFT_KNEE), (Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE),
    (Landmark.RIGHT_HIP, Landmark.RIGHT_KNEE), (Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE),
)  # fmt: skip
_BLANK_HEIGHT = 480  # pixels; a landmark track has no picture, so its skeleton is drawn on a plain ground

Colour = tuple[int, int, int]


class AnnotatedVideo:
    """A `Watcher` that writes every frame with its overlay to ``path``; use it in a ``with`` statement.

    ``cues`` are the exercise's sentences by cue key. The video appears under ``path`` when the block ends without an
    error. Raises `OutputError`.
    """

    def __init__(self, path: Path, *, cues: Mapping[str, str] | None = None) -> None:
        if path.suffix.lower() not in SUFFIXES:
            raise OutputError(path, _("the annotated video's name should end in .mp4 or .webm."))
        check_output(path)
        self._path = path
        self._partial = partial_path(path)
        self._overlay = Overlay(cues or {})
        self._encoder: Encoder | None = None
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._encoder is not None:
                self._encoder.close()
                if kind is None:
                    self._partial.replace(self._path)
        finally:
            self._partial.unlink(missing_ok=True)

    def watch(self, seen: Seen, feedback: dict[str, Any]) -> None:
        """Draw and write one frame, as often as the constant frame rate needs."""
        self._overlay.listen(seen.time_s, feedback)
        copies = int(seen.time_s * FPS) + 1 - self._written
        if copies <= 0:
            return  # more pictures than the written frame rate has room for
        picture = self._overlay.draw(_ground(seen), seen.pose, feedback)
        height, width = (length // 2 * 2 for length in picture.shape[:2])  # half-size colour planes want even numbers
        if self._encoder is None:
            self._encoder = open_encoder(self._partial, (width, height), FPS)
        even = np.ascontiguousarray(picture[:height, :width])
        for _copy in range(copies):
            self._encoder.write(even)
        self._written += copies


class Overlay:
    """Draws skeleton, working angle, count, phase, the last cue and, if any, what cannot be told."""

    def __init__(self, cues: Mapping[str, str]) -> None:
        self._cues = cues
        self._cue = ""
        self._cue_until_s = 0.0

    def listen(self, time_s: float, feedback: dict[str, Any]) -> None:
        """Take a frame's feedback: a cue comes with one frame only, but must stay long enough to be read."""
        key = feedback.get("cue")
        if key:
            self._cue, self._cue_until_s = self._cues.get(key, words({}, key)), time_s + CUE_SHOWN_S
        elif time_s > self._cue_until_s:
            self._cue = ""

    def draw(self, picture: Picture, pose: Pose | None, feedback: dict[str, Any]) -> Picture:
        """A copy of the RGB picture with the overlay."""
        canvas = picture.copy()
        pen = _Pen(canvas)
        if pose is not None:
            _draw_skeleton(pen, pose)
            _draw_angle(pen, pose, feedback.get("angle"))
        _draw_words(pen, feedback, self._cue)
        return canvas


def mirrored(pose: Pose) -> Pose:
    """The pose as it looks in a mirrored picture; landmarks keep their names."""
    points = tuple(p and Point(1 - p.x, p.y, p.z, p.visibility) for p in pose.points)
    return Pose(pose.time_s, points, pose.width, pose.height)


@dataclass(frozen=True, slots=True)
class _Pen:
    """Draws on ``canvas`` in sizes relative to it, everything with a dark edge so that it shows on any ground."""

    canvas: Picture

    @property
    def unit(self) -> int:
        return math.ceil(self.shorter_side / 240)

    @property
    def shorter_side(self) -> int:
        height, width = self.canvas.shape[:2]
        return int(min(height, width))

    def pixel(self, point: Point | None) -> tuple[int, int] | None:
        if point is None or point.visibility < _SEEN:
            return None
        height, width = self.canvas.shape[:2]
        # Landmarks outside the frame are reported too; OpenCV clips lines but overflows on absurd coordinates.
        return (
            int(np.clip(point.x, -2, 3) * width),
            int(np.clip(point.y, -2, 3) * height),
        )

    def line(self, a: tuple[int, int], b: tuple[int, int], colour: Colour, weight: float = 1.0) -> None:
        thick = max(1, round(self.unit * weight))
        cv2.line(self.canvas, a, b, _SHADE, thick + self.unit, cv2.LINE_AA)
        cv2.line(self.canvas, a, b, colour, thick, cv2.LINE_AA)

    def dot(self, at: tuple[int, int], colour: Colour) -> None:
        cv2.circle(self.canvas, at, 2 * self.unit, _SHADE, -1, cv2.LINE_AA)
        cv2.circle(self.canvas, at, round(1.4 * self.unit), colour, -1, cv2.LINE_AA)

    def text(self, text: str, at: tuple[int, int], size: float, colour: Colour = _LIGHT) -> None:
        """Text on a dark plate, its base line's left end at ``at``; ``size`` is a share of the picture's shorter side.

        Text wider than the picture is set smaller.
        """
        if not text:
            return
        pixels = max(_LEAST_TEXT, round(self.shorter_side * size))
        room = self.canvas.shape[1] - 2 * at[0]
        x, y, width, height = self._box(text, at, pixels)
        if width > room > 0:
            pixels = max(_LEAST_TEXT, int(pixels * room / width))
            x, y, width, height = self._box(text, at, pixels)
        edge = pixels // 4
        top, left = max(y - edge, 0), max(x - edge, 0)
        plate = self.canvas[top : y + height + edge, left : x + width + edge]
        plate[:] = plate // 3 + np.array(_SHADE, dtype=np.uint8) // 3 * 2
        cv2.putText(self.canvas, text, at, colour, _font(), pixels, _TEXT_WEIGHT)

    def _box(self, text: str, at: tuple[int, int], pixels: int) -> tuple[int, int, int, int]:
        height, width = self.canvas.shape[:2]
        x, y, wide, high = cv2.getTextSize((width, height), text, at, _font(), pixels, _TEXT_WEIGHT)
        return x, y, wide, high


_FONTS: list[cv2.FontFace] = []


def _font() -> cv2.FontFace:
    if not _FONTS:
        _FONTS.append(cv2.FontFace("sans"))
    return _FONTS[0]


def _ground(seen: Seen) -> Picture:
    if seen.picture is not None:
        height, width = seen.picture.shape[:2]
        scale = min(1.0, LONGEST_SIDE / max(height, width))
        size = (max(2, round(width * scale)), max(2, round(height * scale)))
        return cv2.resize(seen.picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    ratio = seen.pose.width / seen.pose.height if seen.pose is not None else 4 / 3
    return np.full((_BLANK_HEIGHT, round(_BLANK_HEIGHT * ratio), 3), _SHADE, dtype=np.uint8)


def _draw_skeleton(pen: _Pen, pose: Pose) -> None:
    pixels = [pen.pixel(point) for point in pose.points]
    for start, end in _BONES:
        a, b = pixels[start], pixels[end]
        if a is not None and b is not None:
            pen.line(a, b, _LIGHT, 0.6)
    for joint in {joint for bone in _BONES for joint in bone if joint >= Landmark.LEFT_SHOULDER}:
        at = pixels[joint]
        if at is not None:
            pen.dot(at, _TEAL)


def _draw_angle(pen: _Pen, pose: Pose, angle: dict[str, Any] | None) -> None:
    if not angle:
        return
    at = [pen.pixel(pose.points[index]) for index in angle["points"]]
    shown = [pixel for pixel in at if pixel is not None]
    if len(shown) < len(at):
        return
    for a, b in pairwise(shown):
        pen.line(a, b, _CORAL)
    corner = shown[len(shown) // 2]
    unit = "°" if angle.get("unit") == "deg" else ""
    pen.text(f"{angle['value']:.0f}{unit}", (corner[0] + 5 * pen.unit, corner[1]), 0.05, _CORAL)


def _draw_words(pen: _Pen, feedback: dict[str, Any], cue: str) -> None:
    height = pen.canvas.shape[0]
    edge = 4 * pen.unit
    pen.text(_count_text(feedback), (2 * edge, 2 * edge + round(pen.shorter_side * 0.15)), 0.18)
    if feedback.get("gate"):
        pen.text(gate_sentence(feedback["gate"]), (2 * edge, height - 2 * edge), 0.05, _CORAL)
        return
    line = [words(PHASES, feedback["phase"])] if feedback.get("phase") else []
    if feedback.get("partial"):
        line.append(_("{count} partial").format(count=feedback["partial"]))
    if cue:
        line = [cue]
    pen.text(" · ".join(line), (2 * edge, height - 2 * edge), 0.05, _TEAL)


def _count_text(feedback: dict[str, Any]) -> str:
    hold = feedback.get("hold")
    return f"{hold['held_s']:.0f} s" if hold else str(feedback.get("count", 0))
