"""A recording of sitting posture, read: landmarks over time and a label for every frame, whatever form both came in.

Tracks are read more generously than `tracker.vision.tracks` reads its own: the rate may be missing (then 30 a second),
the size too (then 640 x 480), landmarks may have no visibility (then 0.99), be in pixels, or be zero where a joint is
missing. Everything that was assumed is told in ``notes``. Limits: labels of another length than the track are refused,
because nobody knows which frames they are of.
"""

from __future__ import annotations

import csv
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exercises.body import LANDMARK_COUNT, Pose
from exercises.wire import pose_from_flat
from tracker.vision.errors import SourceError
from tracker.vision.posture_labels import Interval, LabelError, intervals_from, labels_on
from tracker.vision.posture_manifest import PostureClip
from tracker.vision.progress import Progress

UNKNOWN_FPS: Final = 30.0
UNKNOWN_SIZE: Final = (640.0, 480.0)
_LANDMARKS: Final = ("lm", "landmarks", "keypoints", "poses")
_LABELS: Final = ("labels", "label", "y", "targets")
_NAMES: Final = ("names", "classes", "label_names", "class_names")
_VISIBLE: Final = 0.99
_LARGEST_NORMALISED: Final = 4.0
"""Extrapolated joints lie a little outside the picture; pixels are far larger."""
_FEWEST_COORDINATES: Final = 2


@dataclass(frozen=True, slots=True)
class Labelled:
    """``landmarks`` frames x 33 x 4, ``times_s`` and ``labels`` per frame (None: not labelled); size in pixels."""

    times_s: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    width: float
    height: float
    labels: tuple[str | None, ...]
    notes: tuple[str, ...]

    def values(self) -> list[list[float] | None]:
        """Every frame as the engine's JSON door takes it; None where the frame has no joint."""
        flat = self.landmarks.reshape(len(self.landmarks), -1)
        empty = np.all(np.isnan(self.landmarks[:, :, :2]), axis=(1, 2))
        return [None if none else row for none, row in zip(empty.tolist(), flat.tolist(), strict=True)]

    def poses(self) -> Iterator[Pose | None]:
        """Every frame as a pose, None where it has no joint."""
        for time_s, values in zip(self.times_s.tolist(), self.values(), strict=True):
            yield None if values is None else pose_from_flat(time_s, values, self.width, self.height)


def read_recording(
    clip: PostureClip, *, model: str, tracks: Path | None = None, advance: Progress | None = None
) -> Labelled:
    """Landmarks and labels of a clip. Raises `SourceError` when they cannot be read or do not fit together."""
    if not clip.path.is_file():
        raise SourceError(clip.path, _("there is no such file."))
    if clip.path.suffix.lower() == ".npz":
        arrays = _arrays(clip.path)
        times_s, landmarks, size, notes = _track(clip, arrays)
    else:
        from tracker.vision.recordings import record  # OpenCV takes a while, which tracks need not wait for

        arrays, notes = {}, []
        track = record(clip.path, model=model, tracks=tracks, unknown_fps=clip.fps, advance=advance).track
        times_s, landmarks, size = track.times_s, track.landmarks, (track.width, track.height)
    labels = _labels(clip, arrays, times_s)
    if not any(label is not None for label in labels):
        raise SourceError(clip.path, _("no frame of it has a label."))
    return Labelled(times_s, landmarks, *size, tuple(labels), tuple(notes))


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise SourceError(path, _("this is a single array, not an .npz file."))
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise SourceError(path, _("this file cannot be read as an .npz file.")) from error


def _track(
    clip: PostureClip, arrays: Mapping[str, NDArray[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float], list[str]]:
    notes: list[str] = []
    name = next((name for name in _LANDMARKS if name in arrays), None)
    if name is None:
        raise SourceError(clip.path, _("“lm”, the landmarks, is missing from this file."))
    landmarks = _numbers(clip.path, arrays, name)
    frames = len(landmarks) if landmarks.ndim else 0
    if landmarks.ndim == 2 and frames and landmarks.shape[1] % LANDMARK_COUNT == 0:  # noqa: PLR2004  # flat rows
        landmarks = landmarks.reshape(frames, LANDMARK_COUNT, -1)
    coordinates = landmarks.shape[-1] if landmarks.ndim else 0
    if landmarks.ndim != 3 or landmarks.shape[1] != LANDMARK_COUNT or coordinates < _FEWEST_COORDINATES:  # noqa: PLR2004
        shape = " x ".join(map(str, landmarks.shape))
        raise SourceError(clip.path, _("“{name}” should be frames x 33 x 4, but is {shape}.").format(
            name=name, shape=shape))  # fmt: skip
    if not frames:
        raise SourceError(clip.path, _("this track has no frames."))
    size = clip.size
    if "wh" in arrays:
        known = _numbers(clip.path, arrays, "wh").ravel()
        if known.shape != (2,) or not np.all(np.isfinite(known)) or np.any(known <= 0):
            raise SourceError(clip.path, _("“wh” should be the picture's width and height, two positive numbers."))
        size = (float(known[0]), float(known[1]))
    if size is None:
        size = UNKNOWN_SIZE
        notes.append(_("picture size not known, taken as 640 x 480"))
    times_s = _times(clip, arrays, frames, notes)
    return times_s, _tidied(landmarks, size), size, notes


def _tidied(landmarks: NDArray[np.float64], size: tuple[float, float]) -> NDArray[np.float64]:
    """Frames x 33 x 4, normalised, NaN where a joint is missing."""
    tidy = np.full((len(landmarks), LANDMARK_COUNT, 4), np.nan)
    tidy[:, :, :2] = landmarks[:, :, :2]
    third = landmarks[:, :, 2] if landmarks.shape[2] > _FEWEST_COORDINATES else np.zeros(landmarks.shape[:2])
    if landmarks.shape[2] > _FEWEST_COORDINATES + 1:
        depth, seen = third, landmarks[:, :, 3]
    elif np.nanmin(third, initial=0.0) < 0 or not np.any(third > 0):
        depth, seen = third, np.full_like(third, np.nan)
    else:
        depth, seen = np.zeros_like(third), third
    tidy[:, :, 2] = depth
    tidy[:, :, 3] = np.where(np.isnan(seen), _VISIBLE, seen)
    missing = np.all(landmarks[:, :, :2] == 0, axis=2) | np.any(np.isnan(tidy[:, :, :2]), axis=2)
    tidy[missing] = np.nan
    known = np.abs(tidy[:, :, :2][~missing])
    if known.size and np.median(known) > _LARGEST_NORMALISED:
        tidy[:, :, :2] /= np.array(size)
    return tidy


def _times(clip: PostureClip, arrays: Mapping[str, NDArray[Any]], frames: int, notes: list[str]) -> NDArray[np.float64]:
    if "t" in arrays:
        times_s = _numbers(clip.path, arrays, "t")
        if times_s.shape == (frames,) and np.all(np.isfinite(times_s)) and np.all(np.diff(times_s) > 0):
            return times_s
        notes.append(_("its times do not increase, so they were not used"))
    fps = clip.fps
    if fps is None and "fps" in arrays:
        known = _numbers(clip.path, arrays, "fps").ravel()
        fps = float(known[0]) if known.size and np.isfinite(known[0]) and known[0] > 0 else None
    if fps is None:
        fps = UNKNOWN_FPS
        notes.append(_("frame rate not known, taken as {fps:g} a second").format(fps=fps))
    return np.arange(frames, dtype=np.float64) / fps


def _numbers(path: Path, arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float64]:
    try:
        return arrays[name].astype(np.float64)
    except ValueError as error:
        raise SourceError(path, _("“{name}” should hold numbers.").format(name=name)) from error


# -- labels -----------------------------------------------------------------------------------------------------------


def _labels(clip: PostureClip, arrays: Mapping[str, NDArray[Any]], times_s: NDArray[np.float64]) -> list[str | None]:
    """Per frame: what the entry says, its sidecar, or the track; ranges of classes in the entry come on top."""
    said = clip.labels
    labels: list[str | None] = [None] * len(times_s)
    names: dict[int, str] = {}
    per_frame: Sequence[Any] | None = said.per_frame
    intervals: list[Interval] = []
    if said.sidecar is not None:
        per_frame, intervals = _sidecar(said.sidecar, said.unit)
    elif per_frame is None:
        fitting = [
            name for name in _LABELS if name in arrays and (not said.intervals or arrays[name].size == len(labels))
        ]
        name = fitting[0] if fitting else None
        if name is not None:
            per_frame = arrays[name].ravel().tolist()
            listed = next((arrays[key].ravel().tolist() for key in _NAMES if key in arrays), [])
            names = {number: str(text) for number, text in enumerate(listed)}
        elif said.whole is not None:
            labels = [said.whole] * len(times_s)
    if per_frame is not None:
        if len(per_frame) != len(times_s):
            raise SourceError(clip.path, _("it has {frames} frames, but {labels} labels.").format(
                frames=len(times_s), labels=len(per_frame)))  # fmt: skip
        labels = [_named(label, {**names, **said.names}) for label in per_frame]
    for found in (intervals, said.intervals):
        if found:
            on_top = labels_on(found, times_s)
            labels = [above if above is not None else below for above, below in zip(on_top, labels, strict=True)]
    return labels


def _named(label: object, names: Mapping[int, str]) -> str | None:
    if label is None or (isinstance(label, float) and np.isnan(label)):
        return None
    text = str(label).strip()
    if isinstance(label, bool):
        text = str(int(label))
    whole = text.removesuffix(".0")
    return names.get(int(whole), whole) if whole.isdigit() else text or None


def _sidecar(path: Path, unit: str | None) -> tuple[list[Any] | None, list[Interval]]:
    """Labels per frame, or intervals, from a file. Raises `SourceError`."""
    try:
        if path.suffix.lower() == ".npz":
            arrays = _arrays(path)
            name = next((name for name in _LABELS if name in arrays), None)
            if name is None:
                raise SourceError(path, _("there are no labels in this file."))
            return arrays[name].ravel().tolist(), []
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            return _in_json(json.loads(text), unit)
        return _in_csv(list(csv.reader(text.splitlines())), unit)
    except FileNotFoundError as error:
        raise SourceError(path, _("there is no such file.")) from error
    except LabelError as error:
        raise SourceError(path, _("these labels cannot be understood: {reason}.").format(reason=error)) from error
    except (OSError, ValueError, csv.Error) as error:
        raise SourceError(path, _("this file of labels cannot be read.")) from error


def _in_json(document: Any, unit: str | None) -> tuple[list[Any] | None, list[Interval]]:
    if isinstance(document, Mapping):
        for name in (*_LABELS, "intervals"):
            if isinstance(document.get(name), list):
                return _in_json(document[name], unit)
    if isinstance(document, list) and all(isinstance(one, str | int | float | None) for one in document):
        return document, []
    return None, intervals_from(document, unit)


_STARTS: Final = {"from", "start", "begin", "from_s", "start_s", "from_frame", "start_frame"}
_ENDS: Final = {"to", "end", "until", "to_s", "end_s", "to_frame", "end_frame"}
_LABEL_COLUMNS: Final = {"label", "labels", "class", "posture", "y"}


def _in_csv(rows: list[list[str]], unit: str | None) -> tuple[list[Any] | None, list[Interval]]:
    rows = [[cell.strip() for cell in row] for row in rows if row]
    if not rows:
        raise LabelError(_("the file is empty"))
    header = [cell.lower() for cell in rows[0]]
    label = next((index for index, cell in enumerate(header) if cell in _LABEL_COLUMNS), None)
    if label is None:
        intervals = len(header) == 3  # noqa: PLR2004  # from, to, label
        return (
            (None, intervals_from([_triple(row) for row in rows], unit)) if intervals else ([r[-1] for r in rows], [])
        )
    start, end = (next((n for n, cell in enumerate(header) if cell in names), None) for names in (_STARTS, _ENDS))
    if start is None or end is None:
        return [row[label] for row in rows[1:]], []
    told = [
        {header[start]: float(row[start]), header[end]: float(row[end]), "label": row[label]} for row in rows[1:]
    ]  # fmt: skip
    return None, intervals_from(told, unit)


def _triple(row: list[str]) -> list[Any]:
    return [float(row[0]), float(row[1]), row[2]]
