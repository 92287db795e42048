"""A local webcam through OpenCV: live counting with a preview window, or in the terminal where there is no display.

Conventions: the preview is mirrored, as a mirror on the wall would be; the landmarks the engine gets are not. Times are
seconds since the first picture. Only the newest picture is estimated, so the view never falls behind the person.
Limits: the camera's own frame rate and exposure are left as they are; nothing is recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import closing
from gettext import gettext as _
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from rich.console import Console
from rich.markup import escape

from exercises.coach import Coach
from exercises.wire import feedback_to_dict, summary_to_dict
from tracker.clock import processor_s, stopwatch_s
from tracker.vision.ahead import ahead
from tracker.vision.analysis import Costs, Seen, find_exercise
from tracker.vision.annotate import Overlay, mirrored
from tracker.vision.errors import CameraError
from tracker.vision.estimator import Estimator
from tracker.vision.quiet import silence_opencv
from tracker.vision.video import Frame, upright_rgb
from tracker.vision.wording import PHASES, gate_sentence, words

_WINDOW = "Rhomboid"
_KEYS_TO_END = (ord("q"), 27)  # 27: escape
_PATIENCE_READS = 30  # pictures; some cameras give none while they wake up


def has_display(display: str | None) -> bool:
    """Whether a window can open here; ``display`` names the X or Wayland display on systems that use one."""
    return sys.platform in ("win32", "darwin") or bool(display)


def watch_camera(exercise_id: str, *, side: str | None, device: int, model: str, window: bool) -> dict[str, Any]:
    """Count live until the person ends it; the result is that of `tracker.vision.analysis.analyze`.

    Raises `tracker.vision.errors.VisionError`.
    """
    definition = find_exercise(exercise_id)
    coach = Coach(definition, side=side)
    costs = Costs()
    preview = _Window(Overlay(definition.cues)) if window else _Terminal(definition.cues)
    with Camera(device) as camera, Estimator(model) as estimator, closing(preview):
        started = stopwatch_s()
        with closing(ahead(camera.frames(), 1, keep_newest=True)) as newest:
            try:
                for frame in newest:
                    before = stopwatch_s()
                    pose = estimator.pose(frame.picture, frame.time_s)
                    seen = Seen(frame.time_s, pose, frame.picture, inference_s=stopwatch_s() - before)
                    before = processor_s()
                    feedback = coach.observe(pose, frame.time_s)
                    costs.add(seen, processor_s() - before)
                    if not preview.show(seen, feedback_to_dict(feedback)):
                        break
            except KeyboardInterrupt:
                pass  # Ctrl+C is how a set ends in the terminal
        wall_s = stopwatch_s() - started
    return {
        "file": None,
        "source": {"kind": "camera", "device": device, "model": Path(model).name, "frames": costs.frames},
        **summary_to_dict(coach.finish()),
        "timings": costs.as_dict(wall_s),
    }


class Camera:
    """A local webcam; use it in a ``with`` statement. Raises `CameraError` when there is none."""

    def __init__(self, device: int) -> None:
        silence_opencv()
        self._device = device
        self._capture = cv2.VideoCapture(device)
        if not self._capture.isOpened():
            raise CameraError(
                device, _("there is no such camera, or another program is using it. Try --device with another number.")
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._capture.release()

    def frames(self) -> Generator[Frame]:
        """Pictures as they come. Raises `CameraError` when the camera stops giving any."""
        first_s: float | None = None
        missed = 0
        while missed < _PATIENCE_READS:
            read, picture = self._capture.read()
            now_s = stopwatch_s()
            if not read:
                missed += 1
                continue
            missed = 0
            first_s = now_s if first_s is None else first_s
            yield Frame(now_s - first_s, upright_rgb(picture))
        raise CameraError(self._device, _("it stopped giving pictures."))


class _Window:
    """The mirrored picture with the overlay."""

    def __init__(self, overlay: Overlay) -> None:
        self._overlay = overlay

    def show(self, seen: Seen, feedback: dict[str, Any]) -> bool:
        assert seen.picture is not None
        self._overlay.listen(seen.time_s, feedback)
        mirror = np.ascontiguousarray(seen.picture[:, ::-1])
        pose = None if seen.pose is None else mirrored(seen.pose)
        picture = self._overlay.draw(mirror, pose, feedback)
        cv2.imshow(_WINDOW, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return cv2.waitKey(1) & 0xFF not in _KEYS_TO_END

    def close(self) -> None:
        cv2.destroyAllWindows()


class _Terminal:
    """One line that rewrites itself: count, phase, angle or what cannot be told."""

    def __init__(self, cues: Mapping[str, str]) -> None:
        self._cues = cues
        self._status = Console(stderr=True, force_terminal=sys.stderr.isatty()).status(_("Looking for you"))
        self._status.start()

    def show(self, _seen: Seen, feedback: dict[str, Any]) -> bool:
        self._status.update(escape(status_line(feedback)))
        if feedback["cue"]:
            self._status.console.print(self._cues.get(feedback["cue"], feedback["cue"]), markup=False)
        return True

    def close(self) -> None:
        self._status.stop()


def status_line(feedback: dict[str, Any]) -> str:
    """“3 · out · 121°”, or what cannot be told and what to do."""
    if feedback["gate"]:
        return gate_sentence(feedback["gate"])
    hold, angle = feedback["hold"], feedback["angle"]
    parts = [f"{hold['held_s']:.0f} s" if hold else str(feedback["count"]), words(PHASES, feedback["phase"])]
    if angle:
        parts.append(f"{angle['value']:.0f}°")
    return " · ".join(parts)
