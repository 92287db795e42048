"""Landmark tracks: recordings of landmarks without the picture, one ``.npz`` file each.

Format: ``lm`` frames x 33 x (x, y, z, visibility), normalised to the picture; ``wh`` the picture's size (only its
ratio matters); ``fps`` frames a second, NaN where unknown (then `UNKNOWN_FPS`); optionally ``t``, seconds per frame,
which wins over ``fps``. A joint whose x or y is NaN is not in the source; a frame without any joint has nobody in it.
Limits: pickled content is refused, because loading it would run code from the file.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exercises.body import LANDMARK_COUNT, Pose
from exercises.wire import pose_from_flat
from tracker.vision.errors import SourceError

UNKNOWN_FPS = 25.0


@dataclass(frozen=True, slots=True)
class Track:
    """Landmarks over time: ``times_s`` per frame, ``landmarks`` frames x 33 x 4, picture size in any unit."""

    times_s: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    width: float
    height: float

    def poses(self) -> Iterator[tuple[float, Pose | None]]:
        """Time in seconds and pose of every frame; None where the frame has no joint at all."""
        flat = self.landmarks.reshape(len(self.landmarks), -1).tolist()
        for time_s, values in zip(self.times_s.tolist(), flat, strict=True):
            pose = pose_from_flat(time_s, values, self.width, self.height)
            yield time_s, pose if any(pose.points) else None


def load_track(path: Path) -> Track:
    """Read and check a track. Raises `SourceError` with the first thing that is wrong with it."""
    arrays = _arrays(path)
    landmarks = _numbers(path, arrays, "lm")
    if landmarks.ndim != 3 or landmarks.shape[1:] != (LANDMARK_COUNT, 4):  # noqa: PLR2004 - frames x 33 x 4
        raise SourceError(
            path, _("“lm” should be frames x 33 x 4, but is {shape}.").format(shape=_shape(landmarks.shape))
        )
    if not len(landmarks):
        raise SourceError(path, _("this track has no frames."))
    size = _numbers(path, arrays, "wh").ravel()
    if size.shape != (2,) or not np.all(np.isfinite(size)) or np.any(size <= 0):
        raise SourceError(path, _("“wh” should be the picture's width and height, two positive numbers."))
    return Track(_times(path, arrays, len(landmarks)), landmarks, float(size[0]), float(size[1]))


def _arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise SourceError(path, _("this is a single array, not an .npz landmark track."))
            return {name: archive[name] for name in ("lm", "wh", "fps", "t") if name in archive}
    except FileNotFoundError as error:
        raise SourceError(path, _("there is no such file.")) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError(path, _("this file cannot be read as an .npz landmark track.")) from error


def _numbers(path: Path, arrays: dict[str, NDArray[np.generic]], name: str) -> NDArray[np.float64]:
    if name not in arrays:
        raise SourceError(path, _("“{name}” is missing from this landmark track.").format(name=name))
    try:
        return arrays[name].astype(np.float64)
    except ValueError as error:
        raise SourceError(path, _("“{name}” should hold numbers.").format(name=name)) from error


def _times(path: Path, arrays: dict[str, NDArray[np.generic]], frames: int) -> NDArray[np.float64]:
    if "t" in arrays:
        times_s = _numbers(path, arrays, "t")
        if times_s.shape != (frames,) or not np.all(np.isfinite(times_s)) or np.any(np.diff(times_s) <= 0):
            raise SourceError(path, _("“t” should be one increasing time in seconds per frame."))
        return times_s
    fps = _numbers(path, arrays, "fps").ravel()
    if fps.shape != (1,) or fps[0] <= 0 or math.isinf(fps[0]):
        raise SourceError(path, _("“fps” should be one positive number, or NaN where it is not known."))
    rate = UNKNOWN_FPS if math.isnan(fps[0]) else float(fps[0])
    return np.arange(frames, dtype=np.float64) / rate


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(str(length) for length in shape)
