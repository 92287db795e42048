"""Finds one person's 33 landmarks in a picture with MediaPipe Tasks' pose landmarker.

Conventions: pictures are RGB; times are seconds and must not run backward within one estimator; landmarks come back
as `exercises.body.Pose`, normalised to the picture. The bundles are those of `tracker.vision.bundle`, the same files
the browser uses; an official ``pose_landmarker_*.task`` given by its path works as well. Limits: one person, the one
the model tracks; inference runs on one core (the Tasks runtime offers no setting for it), so what surrounds it should
run beside it.
"""

from __future__ import annotations

from contextlib import ExitStack
from gettext import gettext as _
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import mediapipe as mp
from mediapipe.tasks.python.vision import pose_landmarker
from mediapipe.tasks.python.vision.core.vision_task_running_mode import VisionTaskRunningMode

from exercises.body import Point, Pose
from tracker.vision.errors import ModelError
from tracker.vision.quiet import filtered_stderr
from tracker.vision.video import Picture

VARIANTS = ("lite", "full", "heavy")
BUNDLE_FOLDER = Path(__file__).resolve().parents[2] / "build" / "models"


def model_path(model: str) -> Path:
    """The bundle of a variant (``lite``, ``full``, ``heavy``) or the given file. Raises `ModelError` if missing."""
    path = BUNDLE_FOLDER / f"pose_landmarker_{model}.task" if model in VARIANTS else Path(model)
    if path.is_file():
        return path
    if model in VARIANTS:
        raise ModelError(path, _("the pose model “{model}” is not built yet: run `make setup`.").format(model=model))
    raise ModelError(path, _("there is no such model: give “lite”, “full” or the path of a .task file."))


class Estimator:
    """Pose estimation of one stream of pictures (or, with ``stills``, of unrelated pictures)."""

    def __init__(self, model: str = "full", *, stills: bool = False) -> None:
        path = model_path(model)
        self._stills = stills
        self._last_ms = -1
        self._closing = ExitStack()
        # The runtime's notices end with the first person found, so the filter stays until then.
        self._notices = self._closing.enter_context(ExitStack())
        self._notices.enter_context(filtered_stderr())
        try:
            self._landmarker: Any = pose_landmarker.PoseLandmarker.create_from_options(_options(path, stills=stills))
        except (RuntimeError, ValueError, OSError) as error:
            self._closing.close()
            raise ModelError(path, _("this file is not a pose model that MediaPipe can use.")) from error
        self._closing.callback(self._landmarker.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.close()

    def pose(self, picture: Picture, time_s: float) -> Pose | None:
        """The pose in an RGB picture taken at ``time_s`` (seconds), or None when nobody is found."""
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
        found = self._detect(image, time_s).pose_landmarks
        if not found:
            return None
        self._notices.close()
        height, width = picture.shape[:2]
        points = tuple(Point(mark.x, mark.y, mark.z, mark.visibility or 0.0) for mark in found[0])
        return Pose(time_s, points, width, height)

    def _detect(self, image: Any, time_s: float) -> Any:
        if self._stills:
            return self._landmarker.detect(image)
        # The runtime wants strictly increasing whole milliseconds; above 1000 frames a second some would coincide.
        self._last_ms = max(round(time_s * 1000), self._last_ms + 1)
        return self._landmarker.detect_for_video(image, self._last_ms)


def _options(path: Path, *, stills: bool) -> Any:
    return pose_landmarker.PoseLandmarkerOptions(
        base_options=mp.tasks.BaseOptions(model_asset_path=str(path.resolve())),
        running_mode=VisionTaskRunningMode.IMAGE if stills else VisionTaskRunningMode.VIDEO,
        num_poses=1,
    )
