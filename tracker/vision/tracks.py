"""Landmark tracks: recordings of landmarks without the picture, one ``.npz`` file each.

Format: ``lm`` frames x 33 x (x, y, z, visibility), normalised to the picture; ``wh`` the picture's size (only its
ratio matters); ``fps`` frames a second, NaN where unknown (then what the caller knows, or else `UNKNOWN_FPS`);
optionally ``t``, seconds per frame, which wins over ``fps``. A joint whose x or y is NaN is not in the source; a frame
without any joint has nobody in it. Saved landmarks are 32-bit floats, as the networks give them, so nothing is lost;
times are 64-bit. Limits: pickled content is refused, because loading it would run code from the file; one picture size
per track.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exercises.body import LANDMARK_COUNT, Pose
from exercises.wire import pose_from_flat
from tracker.vision.errors import OutputError, SourceError
from tracker.vision.outputs import partial_path

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


def load_track(path: Path, *, unknown_fps: float = UNKNOWN_FPS) -> Track:
    """Read and check a track; ``unknown_fps`` stands in for a frame rate the file does not know.

    Raises `SourceError` with the first thing that is wrong with it.
    """
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
    return Track(_times(path, arrays, len(landmarks), unknown_fps), landmarks, float(size[0]), float(size[1]))


def track_of(poses: Iterable[tuple[float, Pose | None]]) -> Track:
    """A track of (seconds, pose) per frame; the picture's size is that of the first frame with somebody in it."""
    times_s: list[float] = []
    frames: list[NDArray[np.float64]] = []
    size: tuple[float, float] | None = None
    for time_s, pose in poses:
        times_s.append(time_s)
        frames.append(np.full((LANDMARK_COUNT, 4), np.nan))
        if pose is None:
            continue
        size = size or (pose.width, pose.height)
        for index, point in enumerate(pose.points):
            if point is not None:
                frames[-1][index] = point
    landmarks = np.array(frames).reshape(-1, LANDMARK_COUNT, 4)
    return Track(np.array(times_s, np.float64), landmarks, *(size or (1.0, 1.0)))


def save_track(track: Track, path: Path) -> None:
    """Write ``track`` so that `load_track` gives the same poses at the same times. Raises `OutputError`."""
    partial = partial_path(path)
    try:
        with partial.open("wb") as file:
            np.savez_compressed(
                file,
                lm=track.landmarks.astype(np.float32),
                wh=np.array([track.width, track.height]),
                fps=np.array(np.nan),
                t=track.times_s,
            )
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(path, error.strerror or str(error)) from error


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


def _times(path: Path, arrays: dict[str, NDArray[np.generic]], frames: int, unknown_fps: float) -> NDArray[np.float64]:
    if "t" in arrays:
        times_s = _numbers(path, arrays, "t")
        if times_s.shape != (frames,) or not np.all(np.isfinite(times_s)) or np.any(np.diff(times_s) <= 0):
            raise SourceError(path, _("“t” should be one increasing time in seconds per frame."))
        return times_s
    fps = _numbers(path, arrays, "fps").ravel()
    if fps.shape != (1,) or fps[0] <= 0 or math.isinf(fps[0]):
        raise SourceError(path, _("“fps” should be one positive number, or NaN where it is not known."))
    rate = unknown_fps if math.isnan(fps[0]) else float(fps[0])
    return np.arange(frames, dtype=np.float64) / rate


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(str(length) for length in shape)
