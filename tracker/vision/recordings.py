"""The poses of a recording, as often as they are needed: estimated once, and on request kept as a landmark track.

Kept tracks carry the real time of every frame and exactly the numbers the network gave, so judging them again is
judging the recording again. Limits: what decoding does (rotation, size) is not part of a kept track's name; after a
change there, empty the folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from exercises.body import Pose
from tracker.vision.analysis import VideoSource
from tracker.vision.errors import SourceError
from tracker.vision.progress import Progress
from tracker.vision.tracks import UNKNOWN_FPS, Track, load_track, save_track, track_of


@dataclass(frozen=True, slots=True)
class Recording:
    """The poses of a clip; ``inference_ms`` per frame, None where nothing had to be estimated."""

    track: Track
    inference_ms: float | None

    @property
    def seconds(self) -> float:
        return float(self.track.times_s[-1] - self.track.times_s[0])


def record(
    path: Path,
    *,
    model: str,
    tracks: Path | None = None,
    unknown_fps: float | None = None,
    advance: Progress | None = None,
) -> Recording:
    """The poses of a file: read from a track, found in the folder ``tracks``, or estimated (and then kept there).

    ``unknown_fps`` is for tracks that do not know their frame rate. Raises `SourceError` when the file cannot be
    read, `ModelError` without a model, `OutputError` when the track cannot be kept.
    """
    if path.suffix.lower() == ".npz":
        return Recording(load_track(path, unknown_fps=unknown_fps or UNKNOWN_FPS), None)
    if tracks is None:
        return _estimate(path, model, advance)
    kept = tracks / kept_name(path, model)
    if kept.is_file():
        try:
            return Recording(load_track(kept), None)
        except SourceError:
            kept.unlink()  # damaged; it can be made again
    recording = _estimate(path, model, advance)
    save_track(recording.track, kept)
    return recording


def kept_name(path: Path, model: str) -> str:
    """Under which name the landmarks of a video are kept: a changed video or model gets another one."""
    from tracker.vision.estimator import model_path  # MediaPipe takes half a second, which tracks need not wait for

    digest = hashlib.sha256()
    for file in (path, model_path(model)):
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return f"{path.stem}.{Path(model).stem}.{digest.hexdigest()[:16]}.npz"


def _estimate(path: Path, model: str, advance: Progress | None) -> Recording:
    costs_s: list[float] = []
    with VideoSource(path, model) as source, closing(source.seen()) as frames:

        def watched() -> Iterator[tuple[float, Pose | None]]:
            for done, seen in enumerate(frames, start=1):
                if seen.inference_s is not None:
                    costs_s.append(seen.inference_s)
                if advance is not None:
                    advance(done, source.frame_count)
                yield seen.time_s, seen.pose

        track = track_of(watched())
    return Recording(track, round(1000 * fmean(costs_s), 3) if costs_s else None)
