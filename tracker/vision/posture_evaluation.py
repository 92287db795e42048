"""Measures the posture coach on recordings whose labels are known: what `tracker evaluate-posture` runs.

Every recording is calibrated on a stated part of its own frames, as a person calibrates on themselves, and scored on
the others (`tracker.vision.posture_scoring`); its stretches are then played as a live watch, for the false alarms after
the duration gates (`tracker.vision.posture_watching`). Shares 0..1; what cannot be formed is None, never 0. Limits: a
recording without a good frame cannot be calibrated, so nothing can be said about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from exercises.body import Pose
from exercises.posture import Baseline, CalibrationError, frame_score
from tracker.vision.errors import SourceError
from tracker.vision.outputs import make_folder
from tracker.vision.posture_labels import Sat, meaning
from tracker.vision.posture_manifest import PostureClip, read_posture_manifest
from tracker.vision.posture_recordings import Labelled, read_recording
from tracker.vision.posture_scoring import Scored, Split, calibrated, figures, pooled, scored_frames, split_frames
from tracker.vision.posture_watching import false_alarms, noticed
from tracker.vision.progress import Progress

Bar = Callable[[str], AbstractContextManager[Progress | None]]
EVALUATED: Final = "evaluated"
SKIPPED: Final = "skipped"
FAILED: Final = "failed"
NOT_CALIBRATED: Final = "not_calibrated"
DEFAULT_MODEL: Final = "full"


@dataclass(frozen=True, slots=True)
class Way:
    """How to calibrate: on the "first" tenth or a "random" one drawn with ``seed``; with the slouch pose or without."""

    calibrate: str = "first"
    seed: int = 1
    slouch_pose: bool = True


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a picture of a recording needs besides its entry."""

    recording: Labelled
    scored: tuple[Scored, ...]
    calibrated: tuple[int, ...]


def evaluate_posture(
    manifest: Path, *, way: Way | None = None, model: str = DEFAULT_MODEL, tracks: Path | None = None,
    plots: Path | None = None, bar: Bar = lambda _title: nullcontext(),
) -> dict[str, Any]:  # fmt: skip
    """Score every recording of ``manifest``: ``{"recordings": [...], "total": {...}}``.

    ``tracks`` is a folder in which landmarks of clips are kept and looked for; ``plots`` a folder for pictures. A
    recording that cannot be read is listed as failed and the others go on. Raises
    `tracker.vision.errors.VisionError` for what concerns all of them.
    """
    way = way or Way()
    clips = read_posture_manifest(manifest)
    for folder in (tracks, plots):
        if folder is not None:
            make_folder(folder)
    entries: list[dict[str, Any]] = []
    for number, clip in enumerate(clips, start=1):
        with bar(f"{number}/{len(clips)} {clip.file}") as advance:
            entry, drawn = _evaluate_one(clip, way, model=model, tracks=tracks, advance=advance)
        if plots is not None and drawn is not None:
            from tracker.vision.posture_plot import save_posture_plots  # Altair takes a second

            entry["plots"] = save_posture_plots(entry, drawn, plots, number)
        entries.append(entry)
    calibration = {"calibrate": way.calibrate, "slouch_pose": way.slouch_pose}
    if way.calibrate == "random":
        calibration["seed"] = way.seed
    return {"calibration": calibration, "recordings": entries, "total": totals(entries)}


def _evaluate_one(
    clip: PostureClip, way: Way, *, model: str, tracks: Path | None, advance: Progress | None
) -> tuple[dict[str, Any], Drawn | None]:
    entry = _blank(clip)
    if clip.broken is not None:
        return entry | {"status": FAILED, "problem": clip.broken}, None
    if clip.skipped is not None:
        return entry | {"status": SKIPPED, "problem": clip.skipped}, None
    try:
        recording = read_recording(clip, model=model, tracks=tracks, advance=advance)
    except SourceError as error:
        problem = error.reason if error.path == clip.path else str(error)
        return entry | {"status": FAILED, "problem": problem}, None
    poses = list(recording.poses())
    split = split_frames(clip, recording, poses, how=way.calibrate, seed=way.seed, slouch_pose=way.slouch_pose)
    labels = Counter(label for label in recording.labels if label is not None)
    entry |= {
        "frames": len(poses),
        "labels": dict(labels.most_common()),
        "meanings": {label: meaning(label).value for label in labels},
        "calibrated_frames": {"good": len(split.tall), "slouch": len(split.slouch)},
        "notes": list(recording.notes),
    }
    try:
        baseline = _baseline(split, poses, clip.view)
    except CalibrationError as error:
        problem = _("it cannot be calibrated: {key}.").format(key=str(error.key).replace("_", " "))
        return entry | {"status": NOT_CALIBRATED, "problem": problem}, None
    if clip.view not in (None, baseline.view):
        entry["notes"].append(_("said to be from the {said}, seen from the {seen}").format(
            said=clip.view, seen=baseline.view))  # fmt: skip
    scored = scored_frames(baseline, split, poses, recording.labels)
    used = (*split.tall, *split.slouch)
    view = str(baseline.view)
    entry |= {
        "status": EVALUATED,
        "view": view,
        "confidence": str(baseline.confidence),
        "scored": len(scored),
        **figures(scored, view),
        **false_alarms(baseline, recording, used),
        "noticed_slouch": noticed(baseline, recording, used),
    }
    return entry, Drawn(recording, tuple(scored), used)


def _baseline(split: Split, poses: Sequence[Pose | None], view: str | None) -> Baseline:
    """Calibrated in the view that is said; where its own calm frames do not fit that, in the one that is seen.

    Raises `CalibrationError`.
    """
    if view is not None:
        try:
            said = calibrated(split, poses, view)
        except CalibrationError:
            return calibrated(split, poses, None)
        calm = [pose for number in split.tall if (pose := poses[number]) is not None]
        if 2 * sum(frame_score(said, pose).index is not None for pose in calm) >= len(calm):
            return said
    return calibrated(split, poses, None)


def _blank(clip: PostureClip) -> dict[str, Any]:
    """An entry before anything is known: every recording has every key."""
    return {
        "file": clip.file, "status": None, "problem": None, "notes": [], "view": clip.view, "confidence": None,
        "frames": None, "labels": {}, "meanings": {}, "calibrated_frames": None, "scored": None, "told": {},
        "auroc": None, "auroc_gap": None, "auroc_by_label": {}, "sensitivity": None, "specificity": None,
        "sideways": None, "cannot_tell": None, "false_alarms": None, "false_alarms_per_hour": None,
        "watched_hours": None, "recalibrate": None, "noticed_slouch": None, "plots": [],
    }  # fmt: skip


def totals(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the recordings come to.

    ``auroc`` is the mean over recordings that have one, ``auroc_worst`` the smallest, ``auroc_gap`` the mean for the
    ear-shoulder gap alone over the same kind of recording (front); ``sensitivity`` and ``specificity`` pool the frames
    of all recordings; false alarms are summed and divided by the hours watched. None: nothing to form it of.
    """
    judged = [entry for entry in entries if entry["status"] == EVALUATED]
    scored = sum(entry["scored"] for entry in judged)
    blind = sum((entry["cannot_tell"]["share"] or 0.0) * entry["scored"] for entry in judged)
    hours = sum(entry["watched_hours"] for entry in judged)
    alarms = sum(entry["false_alarms"] or 0 for entry in judged)
    sideways = [entry["sideways"] for entry in judged if entry["sideways"]["frames"]]
    return {
        "recordings": len(judged),
        "auroc": _mean(entry["auroc"] for entry in judged),
        "auroc_worst": min((entry["auroc"] for entry in judged if entry["auroc"] is not None), default=None),
        "auroc_gap": _mean(entry["auroc_gap"] for entry in judged),
        "sensitivity": pooled(judged, "sensitivity", Sat.SLOUCH),
        "specificity": pooled(judged, "specificity", Sat.GOOD),
        "sideways_reported": _share(
            sum(one["reported"] * one["frames"] for one in sideways), sum(one["frames"] for one in sideways)
        ),
        "cannot_tell": _share(blind, scored),
        "false_alarms": alarms,
        "watched_hours": round(hours, 3),
        "false_alarms_per_hour": _share(alarms, hours),
        "recalibrate": sum(entry["recalibrate"] or 0 for entry in judged),
        "slouch_stretches": sum(entry["noticed_slouch"]["stretches"] for entry in judged),
        "slouch_stretches_noticed": sum(entry["noticed_slouch"]["noticed"] for entry in judged),
        "skipped": sum(entry["status"] == SKIPPED for entry in entries),
        "not_calibrated": sum(entry["status"] == NOT_CALIBRATED for entry in entries),
        "failed": sum(entry["status"] == FAILED for entry in entries),
    }


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(fmean(known), 4) if known else None


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
