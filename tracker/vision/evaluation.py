"""Measures the engine on recordings whose truth is known: what `tracker evaluate` and the accuracy document run.

Poses of a clip are estimated once and kept as a `Track`; every exercise that the clip is for, or must not be taken
for, then gets a coach of its own on the same poses. Exercises are those of the library, and those in files that the
manifest names. Conventions: seconds and milliseconds; shares 0..1; a value that
cannot be formed is None, never 0. Predicted repetitions are counted plus partial, because the truth is the number
*attempted*; for a hold exercise these are completed plus broken holds. Limits: a count can be right for the wrong
reason (one missed, one invented): the pictures are there for whoever wants to look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from exercises.coach import Coach
from exercises.definition import Definition, load_library
from exercises.wire import feedback_to_dict, summary_to_dict
from tracker.clock import processor_s
from tracker.vision.analysis import DEFAULT_MODEL, EXERCISE_FILE, find_exercise
from tracker.vision.errors import SourceError
from tracker.vision.manifest import Clip, read_manifest
from tracker.vision.outputs import make_folder
from tracker.vision.progress import Progress
from tracker.vision.recordings import Recording, record
from tracker.vision.tracks import Track

Bar = Callable[[str], AbstractContextManager[Progress | None]]
"""Opens a progress bar with a title, as `tracker.vision.progress.progress_bar` does; one is opened per clip."""

EVALUATED: Final = "evaluated"
NEGATIVE: Final = "negative"
NOT_IN_LIBRARY: Final = "not_in_library"
FAILED: Final = "failed"

_SHARE_DIGITS, _MS_DIGITS = 4, 4
_RANGE_KEYS = ("measure", "unit", "value", "error")


@dataclass(frozen=True, slots=True)
class Judged:
    """What one coach made of a recording.

    ``summary`` as `exercises.wire.summary_to_dict` gives it, with ``gated``: the stretches in which the engine could
    not tell, as start, end and reason. ``nearest`` is the highest progress seen (1 is the end position).
    """

    summary: dict[str, Any]
    nearest: float
    engine_s: float
    frames: int

    @property
    def counted(self) -> int:
        return int(self.summary["count"])

    @property
    def partial(self) -> int:
        return int(self.summary["partial"])


def evaluate(
    manifest: Path,
    *,
    model: str = DEFAULT_MODEL,
    only: Collection[str] = (),
    tracks: Path | None = None,
    plots: Path | None = None,
    bar: Bar = lambda _title: nullcontext(),
) -> dict[str, Any]:
    """Run every clip of ``manifest`` and compare with its truth: ``{"clips": [...], "total": {...}}``.

    ``only`` keeps these exercises (ids or ``.toml`` files) and the negative controls for them; ``tracks`` is a folder
    in which estimated landmarks are kept and looked for; ``plots`` a folder for one picture per clip. A clip that
    cannot be read is listed as failed and the others go on. Raises `tracker.vision.errors.VisionError` for what
    concerns all of them: the manifest, an unknown exercise in ``only``, a broken file of an exercise, the model, or a
    folder that cannot be written.
    """
    clips = read_manifest(manifest)
    wanted = {find_exercise(name).id for name in only}
    judgeable = {
        name: definition
        for name, definition in {**load_library(), **_in_files(clips, manifest.parent)}.items()
        if definition.views and (not wanted or definition.id in wanted)
    }
    if wanted:
        clips = tuple(clip for clip in clips if any(name in judgeable for name in clip.asked))
    for folder in (tracks, plots):
        if folder is not None:
            make_folder(folder)
    entries = []
    for number, (clip, picture) in enumerate(zip(clips, picture_names(clips), strict=True), start=1):
        with bar(f"{number}/{len(clips)} {clip.file}") as advance:
            entry, drawn = _evaluate_clip(clip, judgeable, model=model, tracks=tracks, advance=advance)
        if plots is not None and drawn is not None:
            from tracker.vision.plot import save_plot  # most runs draw nothing, and Altair takes a second

            save_plot(drawn.summary, plots / picture, note=_note(entry, drawn))
            entry["plot"] = {"file": picture, "exercise": drawn.summary["exercise"]}
        entries.append(entry)
    return {"model": Path(model).name, "clips": entries, "total": totals(entries)}


def totals(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """What the entries come to.

    Over clips with an exercise that is in the library:

    - ``clips`` their number; ``exact`` share with predicted = reps; ``obo`` share off by at most one;
    - ``mae`` mean of |predicted - reps| / reps, over clips with at least one repetition;
    - ``correct_exact`` share with counted = correct, and ``correct_mae`` mean of |counted - correct| / reps, over
      clips whose ``correct`` is known: by the repetitions attempted, because ``correct`` is rightly 0 in some clips;
    - ``cannot_tell`` seconds in which the gate was shut by seconds recorded.

    Over negative controls: ``negatives`` their number, ``false_reps`` and ``false_partials`` summed, and
    ``false_reps_per_min`` false repetitions by minutes judged (a minute judged by ten coaches is ten minutes).
    Over both: ``ms_per_frame`` of the engine and ``inference_ms`` of the pose model, means over all frames.
    ``not_in_library`` and ``failed`` count the clips that nothing here is about. None: nothing to average.
    """
    judged = [entry for entry in entries if entry["status"] == EVALUATED]
    negatives = [entry for entry in entries if entry["status"] == NEGATIVE]
    known = [entry for entry in judged if entry["correct_error"] is not None]
    judged_min = sum(entry["seconds"] * len(entry["by_exercise"]) for entry in negatives) / 60
    false_reps = sum(entry["false_reps"] for entry in negatives)
    return {
        "clips": len(judged),
        "exact": _mean(entry["exact"] for entry in judged),
        "obo": _mean(entry["off_by_one"] for entry in judged),
        "mae": _mean(entry["relative_error"] for entry in judged if entry["relative_error"] is not None),
        "correct_mae": _mean(abs(entry["correct_error"]) / entry["reps"] for entry in known if entry["reps"]),
        "correct_exact": _mean(entry["correct_error"] == 0 for entry in known),
        "negatives": len(negatives),
        "false_reps": false_reps,
        "false_partials": sum(entry["false_partials"] for entry in negatives),
        "false_reps_per_min": _share(false_reps, judged_min),
        "cannot_tell": _share(
            sum(sum(entry["gate"].values()) for entry in judged), sum(entry["seconds"] for entry in judged)
        ),
        "ms_per_frame": _mean_per_frame([*judged, *negatives], "ms_per_frame"),
        "inference_ms": _mean_per_frame([*judged, *negatives], "inference_ms"),
        "not_in_library": sum(entry["status"] == NOT_IN_LIBRARY for entry in entries),
        "failed": sum(entry["status"] == FAILED for entry in entries),
    }


def picture_names(clips: tuple[Clip, ...]) -> list[str]:
    """A file name per clip: its stem, with its folder or a number before it where the stem alone is not unique."""
    stems = Counter(clip.path.stem for clip in clips)
    names = [
        clip.path.stem if stems[clip.path.stem] == 1 else f"{clip.path.parent.name}-{clip.path.stem}" for clip in clips
    ]
    repeated = Counter(names)
    return [f"{name}.svg" if repeated[name] == 1 else f"{n}-{name}.svg" for n, name in enumerate(names, start=1)]


# -- one clip ---------------------------------------------------------------------------------------------------------


def _evaluate_clip(
    clip: Clip, judgeable: Mapping[str, Definition], *, model: str, tracks: Path | None, advance: Progress | None
) -> tuple[dict[str, Any], Judged | None]:
    """The entry of a clip, and what is worth a picture. ``judgeable``: definitions by what a manifest calls them."""
    definitions = {name: judgeable[name] for name in clip.asked if name in judgeable}
    entry = _blank(clip)
    if not clip.path.is_file():
        return entry | {"status": FAILED, "problem": _("there is no such file.")}, None
    if not definitions:
        return entry | {"status": NOT_IN_LIBRARY}, None
    try:
        recording = record(clip.path, model=model, tracks=tracks, unknown_fps=clip.fps, advance=advance)
    except SourceError as error:
        return entry | {"status": FAILED, "problem": error.reason}, None
    by_name = {
        name: judge(recording.track, definition, clip.side, advance=advance) for name, definition in definitions.items()
    }
    judged = list(by_name.values())
    entry |= _shared(recording, judged)
    if clip.exercise is not None:
        return entry | _compared(clip, judged[0]), judged[0]
    missing = [name for name in clip.asked if name not in judgeable]
    # With nothing counted and no candidate, whatever came nearest; the first of the list where all are equal.
    drawn = max(judged, key=lambda one: (one.counted, one.partial, len(one.summary["repetitions"]), one.nearest))
    return entry | _uncalled_for(by_name) | {"not_in_library": missing}, drawn


def _in_files(clips: Iterable[Clip], folder: Path) -> dict[str, Definition]:
    """The exercises that the clips name by a file, by that name; ``folder`` is where the manifest is."""
    names = {name for clip in clips for name in clip.asked if name.endswith(EXERCISE_FILE)}
    return {name: find_exercise(str(folder / name)) for name in sorted(names)}


def _blank(clip: Clip) -> dict[str, Any]:
    """An entry before anything is known: every clip has every key."""
    return {
        "file": clip.file, "status": None, "problem": None, "exercise": clip.exercise, "view": clip.view,
        "side": clip.side, "reps": clip.reps, "correct": clip.correct, "counted": None, "partial": None,
        "predicted": None, "error": None, "exact": None, "off_by_one": None, "relative_error": None,
        "correct_error": None, "cannot_tell_share": None, "gate": {}, "seconds": None, "frames": None,
        "frames_judged": None, "ms_per_frame": None, "inference_ms": None, "view_seen": None, "repetitions": [],
        "by_exercise": {}, "false_reps": None, "false_partials": None, "not_in_library": [], "plot": None,
    }  # fmt: skip


def _shared(recording: Recording, judged: list[Judged]) -> dict[str, Any]:
    """What clips with an exercise and negative controls have in common; ``gate`` in seconds, over all coaches."""
    gate: Counter[str] = Counter()
    for one in judged:
        gate.update(one.summary["gate"])
    frames = sum(one.frames for one in judged)
    return {
        "gate": {reason: round(seconds, 2) for reason, seconds in gate.items()},
        "cannot_tell_share": _share(sum(gate.values()), recording.seconds * len(judged)),
        "seconds": round(recording.seconds, 3),
        "frames": len(recording.track.times_s),
        "frames_judged": frames,
        "ms_per_frame": round(1000 * sum(one.engine_s for one in judged) / frames, _MS_DIGITS),
        "inference_ms": recording.inference_ms,
    }


def _compared(clip: Clip, judged: Judged) -> dict[str, Any]:
    """The truth against what was counted. Errors are signed: below 0 is too few."""
    reps = clip.reps or 0
    predicted = judged.counted + judged.partial
    return {
        "status": EVALUATED,
        "counted": judged.counted,
        "partial": judged.partial,
        "predicted": predicted,
        "error": predicted - reps,
        "exact": predicted == reps,
        "off_by_one": abs(predicted - reps) <= 1,
        "relative_error": _share(abs(predicted - reps), reps),
        "correct_error": None if clip.correct is None else judged.counted - clip.correct,
        "view_seen": judged.summary["view"],
        "repetitions": [_movement(one) for one in (*judged.summary["repetitions"], *judged.summary["holds"])],
    }


def _uncalled_for(by_name: Mapping[str, Judged]) -> dict[str, Any]:
    """A negative control: whatever was counted is false."""
    return {
        "status": NEGATIVE,
        "by_exercise": {
            name: {"counted": one.counted, "partial": one.partial} for name, one in by_name.items()
        },
        "false_reps": sum(one.counted for one in by_name.values()),
        "false_partials": sum(one.partial for one in by_name.values()),
    }  # fmt: skip


def _movement(judged: Mapping[str, Any]) -> dict[str, Any]:
    """A repetition or hold in short; a hold has no peak and no range, but seconds held."""
    reached = judged.get("range")
    return {
        "start": judged["start"],
        "peak": judged.get("peak"),
        "end": judged["end"],
        "side": judged["side"],
        "reason": judged["reason"],
        "counted": judged["counted"],
        "range": None if reached is None else {key: reached.get(key) for key in _RANGE_KEYS},
        "held_s": judged.get("held_s"),
    }


def judge(track: Track, definition: Definition, side: str | None, *, advance: Progress | None = None) -> Judged:
    """Let a new coach watch the whole track. The engine's time is processor time of this thread."""
    coach = Coach(definition, side=side)
    engine_s, nearest = 0.0, 0.0
    gated: list[dict[str, Any]] = []
    reason: str | None = None
    frames = len(track.times_s)
    for done, (time_s, pose) in enumerate(track.poses(), start=1):
        started = processor_s()
        feedback = coach.observe(pose, time_s)
        engine_s += processor_s() - started
        told = feedback_to_dict(feedback)
        nearest = max(nearest, told["progress"])
        before, reason = reason, told["gate"]["reason"] if told["gate"] else None
        if gated and before is not None:
            gated[-1]["end"] = told["time_s"]
        if reason is not None and reason != before:
            gated.append({"reason": reason, "start": told["time_s"], "end": told["time_s"]})
        if advance is not None:
            advance(done, frames)
    return Judged({**summary_to_dict(coach.finish()), "gated": gated}, nearest, engine_s, frames)


# -- small arithmetic -------------------------------------------------------------------------------------------------


def _note(entry: Mapping[str, Any], drawn: Judged) -> str:
    """What the picture's second line says first."""
    if entry["status"] == NEGATIVE:
        note = _("{file} · negative control, the nearest of {number} exercises: {exercise}")
        return note.format(
            file=entry["file"], number=len(entry["by_exercise"]), exercise=drawn.summary["exercise"]
        )  # fmt: skip
    return _("{file} · truth {reps}").format(file=entry["file"], reps=entry["reps"])


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return round(fmean(known), _SHARE_DIGITS) if known else None


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, _SHARE_DIGITS) if whole else None


def _mean_per_frame(entries: list[dict[str, Any]], key: str) -> float | None:
    """The mean of a cost per frame, weighed by the frames each entry spent it on."""
    frames_key = "frames" if key == "inference_ms" else "frames_judged"
    spent = [(entry[key], entry[frames_key]) for entry in entries if entry[key] is not None]
    frames = sum(number for _, number in spent)
    return round(sum(cost * number for cost, number in spent) / frames, _MS_DIGITS) if frames else None
