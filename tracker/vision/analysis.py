"""Counts an exercise in a recording: decoding, pose estimation and the motion engine in one pass.

Three stages run at the same time, joined by short queues: decoding in one thread, inference in a second, and the
engine (with whatever watches it) in the caller's. Conventions: the result is what `exercises.wire.summary_to_dict`
gives, plus ``file``, ``source`` and ``timings``; times in it are seconds from the start of the recording. Decoding and
inference are timed by the clock, the engine by the processor time of its thread: it never waits for anything of its
own, and at a tenth of a millisecond the clock would mostly measure the other two. Limits: `inference_ms` includes the
moments in which another stage holds the interpreter.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol

from exercises.body import Pose
from exercises.coach import Coach
from exercises.definition import Definition, DefinitionError, load_library, parse_definition
from exercises.wire import feedback_to_dict, summary_to_dict
from tracker.clock import processor_s, stopwatch_s
from tracker.vision.ahead import ahead
from tracker.vision.errors import BrokenExerciseError, NoPersonError, TimerExerciseError, UnknownExerciseError
from tracker.vision.tracks import Track, load_track
from tracker.vision.video import Frame, Picture, Video

DEFAULT_MODEL = "full"
"""The full network takes 1.4 times as long as lite, and lite counts short movements as whole ones
(docs/decisions/0008)."""

EXERCISE_FILE = ".toml"
"""What the name of an exercise ends with when it is a file."""

_DECODED_AHEAD = 8  # frames; evens out key frames that take longer, 8 pictures of 1280 x 720 are 22 MB
_ESTIMATED_AHEAD = 4
_BROKEN_OFF = 0.9  # a file that gives less than this share of the frames it announces has broken off


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame after pose estimation; ``picture`` is None where the source has landmarks only. Costs in seconds."""

    time_s: float
    pose: Pose | None
    picture: Picture | None
    decode_s: float | None = None
    inference_s: float | None = None


class Watcher(Protocol):
    """Sees every frame together with the engine's feedback (the dict of `feedback_to_dict`)."""

    def watch(self, seen: Seen, feedback: dict[str, Any]) -> None: ...


@dataclass(slots=True)
class Costs:
    """What the stages took, in seconds per frame."""

    decode_s: list[float] = field(default_factory=list)
    inference_s: list[float] = field(default_factory=list)
    engine_s: list[float] = field(default_factory=list)

    def add(self, seen: Seen, engine_s: float) -> None:
        """Note the costs of one frame."""
        self.engine_s.append(engine_s)
        if seen.decode_s is not None:
            self.decode_s.append(seen.decode_s)
        if seen.inference_s is not None:
            self.inference_s.append(seen.inference_s)

    @property
    def frames(self) -> int:
        return len(self.engine_s)

    def as_dict(self, wall_s: float) -> dict[str, float | int | None]:
        """The ``timings`` of a result: means in milliseconds, null for a stage the source does not have."""
        return {
            "decode_ms": _mean_ms(self.decode_s),
            "inference_ms": _mean_ms(self.inference_s),
            "engine_ms": _mean_ms(self.engine_s),
            "frames": self.frames,
            "fps_processed": round(self.frames / wall_s, 2),
            "wall_s": round(wall_s, 3),
        }


def find_exercise(exercise_id: str) -> Definition:
    """The definition of this id, or the one in this ``.toml`` file (as `tracker learn` writes it).

    Raises `UnknownExerciseError` with the nearest ids, `BrokenExerciseError` for a file that is no definition, or
    `TimerExerciseError` when a camera cannot judge it.
    """
    if exercise_id.endswith(EXERCISE_FILE):
        return _read_exercise(Path(exercise_id))
    library = load_library()
    if exercise_id in library:
        definition = library[exercise_id]
        if not definition.views:
            raise TimerExerciseError(exercise_id)
        return definition
    wanted = exercise_id.strip().lower().replace("_", "-").replace(" ", "-")
    nearest = difflib.get_close_matches(wanted, list(library), n=3, cutoff=0.5)
    judgeable = sorted(name for name, definition in library.items() if definition.views)
    raise UnknownExerciseError(exercise_id, tuple(nearest), tuple(judgeable))


def _read_exercise(path: Path) -> Definition:
    try:
        definition = parse_definition(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError as error:
        raise BrokenExerciseError(path, _("there is no such file.")) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenExerciseError(path, _("this file cannot be read as text.")) from error
    except DefinitionError as error:
        raise BrokenExerciseError(path, f"{error.key}: {error.reason}") from error
    if not definition.views:
        raise TimerExerciseError(definition.id)
    return definition


def analyze(
    path: Path,
    exercise_id: str,
    *,
    side: str | None = None,
    model: str = DEFAULT_MODEL,
    watchers: Sequence[Watcher] = (),
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """Count ``exercise_id`` in a video or ``.npz`` track; ``progress`` gets frames done and expected, if known.

    Raises `tracker.vision.errors.VisionError` for everything that is wrong with the request or the file.
    """
    started = stopwatch_s()
    definition = find_exercise(exercise_id)
    coach = Coach(definition, side=side)
    costs = Costs()
    persons = 0
    with open_source(path, model) as source, ExitStack() as closing:
        frames = source.seen()
        closing.callback(frames.close)
        for done, seen in enumerate(frames, start=1):
            engine_started = processor_s()
            feedback = coach.observe(seen.pose, seen.time_s)
            costs.add(seen, processor_s() - engine_started)
            persons += seen.pose is not None
            if watchers:
                told = feedback_to_dict(feedback)
                for watcher in watchers:
                    watcher.watch(seen, told)
            if progress is not None:
                progress(done, source.frame_count)
    if not persons:
        raise NoPersonError(path, costs.frames)
    return {
        "file": str(path),
        "source": source.describe(costs.frames),
        **summary_to_dict(coach.finish()),
        "timings": costs.as_dict(stopwatch_s() - started),
    }


class Source(Protocol):
    """Where poses come from. ``frame_count`` is None where it is not known beforehand."""

    frame_count: int | None

    def seen(self) -> Generator[Seen]: ...

    def describe(self, frames: int) -> dict[str, Any]:
        """What the result says about the source after ``frames`` frames were read from it."""


def open_source(path: Path, model: str) -> AbstractContextManager[Source]:
    """A landmark track for ``.npz``, a video for everything else. Raises `SourceError` or `ModelError`."""
    if path.suffix.lower() == ".npz":
        return TrackSource(load_track(path))
    return VideoSource(path, model)


class TrackSource(AbstractContextManager["TrackSource"]):
    """Poses of a landmark track."""

    def __init__(self, track: Track) -> None:
        self._track = track
        self.frame_count: int | None = len(track.times_s)

    def __exit__(self, *_: object) -> None:
        return None

    def seen(self) -> Generator[Seen]:
        for time_s, pose in self._track.poses():
            yield Seen(time_s, pose, None)

    def describe(self, frames: int) -> dict[str, Any]:
        return {
            "kind": "track",
            "frames": frames,
            "width": self._track.width,
            "height": self._track.height,
            "broken_off": False,
        }


class VideoSource(AbstractContextManager["VideoSource"]):
    """Poses of a video: decodes and estimates in two threads."""

    def __init__(self, path: Path, model: str) -> None:
        from tracker.vision.estimator import Estimator  # half a second, which a landmark track need not wait for

        with ExitStack() as opening:
            self._video = opening.enter_context(Video(path))
            self._estimator = opening.enter_context(Estimator(model))
            self._closing = opening.pop_all()
        self._model = model
        self._size: tuple[int, int] | None = None
        self.frame_count = self._video.frame_count

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def seen(self) -> Generator[Seen]:
        yield from ahead(self._estimated(ahead(self._decoded(), _DECODED_AHEAD)), _ESTIMATED_AHEAD)

    def describe(self, frames: int) -> dict[str, Any]:
        width, height = self._size or (None, None)
        return {
            "kind": "video",
            "frames": frames,
            "width": width,
            "height": height,
            "model": Path(self._model).name,
            "broken_off": self.frame_count is not None and frames < _BROKEN_OFF * self.frame_count,
        }

    def _decoded(self) -> Generator[tuple[Frame, float]]:
        frames = self._video.frames()
        while True:
            started = stopwatch_s()
            frame = next(frames, None)
            if frame is None:
                return
            yield frame, stopwatch_s() - started

    def _estimated(self, decoded: Generator[tuple[Frame, float]]) -> Generator[Seen]:
        try:
            for frame, decode_s in decoded:
                height, width = frame.picture.shape[:2]
                self._size = (width, height)
                started = stopwatch_s()
                pose = self._estimator.pose(frame.picture, frame.time_s)
                yield Seen(frame.time_s, pose, frame.picture, decode_s, stopwatch_s() - started)
        finally:
            decoded.close()


def _mean_ms(seconds: list[float]) -> float | None:
    return round(1000 * fmean(seconds), 3) if seconds else None
