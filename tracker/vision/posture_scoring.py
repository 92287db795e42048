"""Frames of a recording against their labels: which are calibrated on, how the others score, and the figures of it.

Every frame is scored by itself, without smoothing, because labelled frames are often not a film. A frame on which the
engine could not tell has no index and no score; it is counted with its reason and is no part of the other figures.
Shares are 0 to 1; what cannot be formed is None. Limits: neighbouring frames are alike, so a random tenth for the
calibration makes the rest look easier than another day would.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from math import hypot
from typing import Any, Final

import numpy as np

from exercises.body import Landmark, Pose
from exercises.posture import Baseline, CalibrationError, baseline_from, frame_score
from tracker.vision.posture_labels import Interval, Sat, labels_on, meaning
from tracker.vision.posture_manifest import Part, PostureClip, part_for
from tracker.vision.posture_recordings import Labelled

CALIBRATED_SHARE: Final = 0.1
FEWEST_CALIBRATED: Final = 8
OPERATING_SCORE: Final = 60
"""A frame below this counts as told: where a slouch begins before the duration gates (CLINICAL 3.6)."""
NOBODY: Final = "nobody"
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Split:
    """Frame numbers: ``tall`` and ``slouch`` are calibrated on, ``scored`` are all other labelled ones."""

    tall: tuple[int, ...]
    slouch: tuple[int, ...]
    scored: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """One scored frame. ``gap`` is the ear-shoulder gap over the shoulder width, the single number to compare with."""

    frame: int
    label: str
    sat: Sat
    index: float | None
    score: float | None
    reason: str | None
    lean: str | None
    gap: float | None


def split_frames(
    clip: PostureClip, recording: Labelled, poses: Sequence[Pose | None], *, how: str, seed: int, slouch_pose: bool
) -> Split:
    """What to calibrate on: as the entry says, otherwise a tenth of the good frames and of each kind of slouch.

    ``how`` is "first" or "random"; without ``slouch_pose`` only good frames are taken.
    """
    rng = random.Random(seed)  # noqa: S311  # a repeatable choice, no secret
    frames: dict[str, list[int]] = {}
    for number, label in enumerate(recording.labels):
        if label is not None:
            frames.setdefault(label, []).append(number)
    taken: dict[Sat, set[int]] = {Sat.GOOD: set(), Sat.SLOUCH: set()}
    for label, numbers in frames.items():
        sat = meaning(label)
        if sat not in taken or (sat is Sat.SLOUCH and not slouch_pose):
            continue
        part = part_for(clip.calibrate, label)
        seen = [number for number in numbers if poses[number] is not None]
        taken[sat] |= _within(part, recording, seen) if part and part.ranges else _tenth(part, seen, how, rng)
    calibrated = taken[Sat.GOOD] | taken[Sat.SLOUCH]
    others = [n for numbers in frames.values() for n in numbers if n not in calibrated]
    return Split(tuple(sorted(taken[Sat.GOOD])), tuple(sorted(taken[Sat.SLOUCH])), tuple(sorted(others)))


def _within(part: Part, recording: Labelled, seen: Sequence[int]) -> set[int]:
    marked = labels_on([Interval(r.start, r.end, "x", r.unit) for r in part.ranges], recording.times_s)
    return {number for number in seen if marked[number]}


def _tenth(part: Part | None, seen: Sequence[int], how: str, rng: random.Random) -> set[int]:
    share = CALIBRATED_SHARE if part is None or part.first is None else part.first
    if share == 0:
        return set()
    number = min(max(FEWEST_CALIBRATED, round(share * len(seen))), (len(seen) + 1) // 2)
    return {*(seen[:number] if how == "first" else rng.sample(seen, number))}


def calibrated(split: Split, poses: Sequence[Pose | None], view: str | None) -> Baseline:
    """The baseline of these frames. Raises `exercises.posture.CalibrationError`."""
    if not split.tall:
        raise CalibrationError("no_good_frames", _("label some frames as good"))

    def picked(numbers: Iterable[int]) -> list[Pose]:
        return [pose for number in numbers if (pose := poses[number]) is not None]

    return baseline_from(picked(split.tall), picked(split.slouch), view=view)


def scored_frames(
    baseline: Baseline, split: Split, poses: Sequence[Pose | None], labels: Sequence[str | None]
) -> list[Scored]:
    """Every frame that was not calibrated on."""
    scored = []
    for number in split.scored:
        label, pose = labels[number], poses[number]
        assert label is not None
        if pose is None:
            scored.append(Scored(number, label, meaning(label), None, None, NOBODY, None, None))
            continue
        told = frame_score(baseline, pose)
        blind = told.gate is not None or told.index is None
        scored.append(
            Scored(
                number, label, meaning(label),
                index=None if blind else told.index,
                score=None if blind else told.score,
                reason=told.gate or (NOBODY if told.index is None else None),
                lean=told.lean,
                gap=ear_shoulder_gap(pose),
            )
        )  # fmt: skip
    return scored


_GAP_JOINTS: Final = (
    Landmark.LEFT_EAR, Landmark.RIGHT_EAR, Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER,
)  # fmt: skip


def ear_shoulder_gap(pose: Pose) -> float | None:
    """Height of the ears over the shoulders in shoulder widths; None where one of the four is not seen."""
    seen = [pose.points[joint] for joint in _GAP_JOINTS]
    if any(point is None for point in seen):
        return None
    left_ear, right_ear, left, right = ((p.x * pose.width, p.y * pose.height) for p in seen if p is not None)
    width = hypot(left[0] - right[0], left[1] - right[1])
    return ((left[1] + right[1]) - (left_ear[1] + right_ear[1])) / 2 / width if width else None


# -- figures ----------------------------------------------------------------------------------------------------------


def auroc(low: Sequence[float], high: Sequence[float]) -> float | None:
    """The chance that a value of ``high`` is above one of ``low``, ties counted half (Mann-Whitney)."""
    if not low or not high:
        return None
    values = np.concatenate([np.asarray(low, np.float64), np.asarray(high, np.float64)])
    order = np.argsort(values, kind="stable")
    _unique, inverse, counts = np.unique(values[order], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = np.empty(len(values))
    ranks[order] = (ends - (counts - 1) / 2)[inverse]
    above = float(ranks[len(low) :].sum()) - len(high) * (len(high) + 1) / 2
    return above / (len(low) * len(high))


def figures(scored: Sequence[Scored], view: str) -> dict[str, Any]:
    """What the scored frames of one recording come to."""
    told = [one for one in scored if one.index is not None]
    good, slouch = _of(told, Sat.GOOD), _of(told, Sat.SLOUCH)
    labels = sorted({one.label for one in scored if one.sat not in (Sat.GOOD, Sat.OUT)})
    return {
        "auroc": _rounded(auroc(_indices(good), _indices(slouch))),
        "auroc_gap": _rounded(_auroc_of_gap(good, slouch)) if view == "front" else None,
        "auroc_by_label": {
            label: _rounded(auroc(_indices(good), _indices([one for one in told if one.label == label])))
            for label in labels
        },
        "sensitivity": share_where(slouch, is_told),
        "specificity": share_where(good, lambda one: not is_told(one)),
        "told": dict(Counter(one.sat.value for one in told)),
        "sideways": _sideways(scored),
        "cannot_tell": _blind(scored),
    }


def is_told(one: Scored) -> bool:
    """Whether the frame alone would count as a slouch."""
    return one.score is not None and one.score < OPERATING_SCORE


def _auroc_of_gap(good: Sequence[Scored], slouch: Sequence[Scored]) -> float | None:
    gaps = [[one.gap for one in frames if one.gap is not None] for frames in (slouch, good)]
    return auroc(*gaps)  # a slouch has the smaller gap


def _sideways(scored: Sequence[Scored]) -> dict[str, Any]:
    leaning, good = _of(scored, Sat.SIDEWAYS), _of(scored, Sat.GOOD)
    return {
        "frames": len(leaning),
        "reported": share_where(leaning, lambda one: one.lean is not None),
        "by_label": {
            label: {
                side: share_where([one for one in leaning if one.label == label], lambda one, s=side: one.lean == s)
                for side in ("left", "right")
            }
            for label in sorted({one.label for one in leaning})
        },
        "good_frames_reported": share_where(good, lambda one: one.lean is not None),
    }


def _blind(scored: Sequence[Scored]) -> dict[str, Any]:
    asked = [one for one in scored if one.sat is not Sat.OUT]
    reasons = Counter(one.reason for one in asked if one.reason is not None)
    return {
        "share": share_where(asked, lambda one: one.index is None),
        "by_reason": {reason: _rounded(number / len(asked)) for reason, number in sorted(reasons.items())},
        "by_label": {
            label: share_where([one for one in asked if one.label == label], lambda one: one.index is None)
            for label in sorted({one.label for one in asked})
        },
    }


def _of(scored: Iterable[Scored], sat: Sat) -> list[Scored]:
    return [one for one in scored if one.sat is sat]


def _indices(scored: Iterable[Scored]) -> list[float]:
    return [one.index for one in scored if one.index is not None]


def share_where(scored: Sequence[Scored], holds: Any) -> float | None:
    """The share for which it holds, None of nothing."""
    return _rounded(sum(map(bool, map(holds, scored))) / len(scored)) if scored else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def pooled(entries: Sequence[Mapping[str, Any]], key: str, sat: Sat) -> float | None:
    """A share over the frames of all recordings, each weighed by its frames of that class on which it could tell."""
    known = [(entry[key], entry["told"].get(sat.value, 0)) for entry in entries if entry.get(key) is not None]
    frames = sum(number for _share, number in known)
    return _rounded(sum(value * number for value, number in known) / frames) if frames else None
