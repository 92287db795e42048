"""Which of the person's places this is, and whether its calm pose still holds.

The place is chosen by what is seen at the beginning, after an absence and when the picture's size changes, never in
between: a slouch must not turn one desk into another. A new calibration is proposed, before anything is said about
slouching, when the chair or the camera is clearly somewhere else (``moved``), the picture has another size
(``resolution``), the baseline is two weeks old (``old``), or the calm half of an hour lies off the calm pose
(``drift``). Features as in `exercises.posture_features`, times in seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import hypot, log
from statistics import median
from typing import NamedTuple

from exercises.posture_algebra import Vector, median_of, minus
from exercises.posture_baseline import Baseline, FrontPose, SidePose
from exercises.posture_features import SideView, Sight, front_features, side_view, view_of

MOVED = "moved"
RESOLUTION = "resolution"
OLD = "old"
DRIFT = "drift"

JUMP = 0.12
"""Change of f2 or f5 after an absence beyond which the calm pose is another one (CLINICAL 3.5)."""
SPAN_SLACK = 0.05
"""Added to where the chair went during the calibration."""
ELSEWHERE = 0.30
"""The same at the beginning, when nothing is known about the time before."""
LOOK_S = 3.0
SETTLED_S = 20.0
"""So long somebody must be back in the known zone for the proposal to be dropped."""
OLD_DAYS = 14.0
BUMP = 0.05
"""Step of the whole picture, in shoulder widths, that is taken for a bump of the camera: one and a half degrees."""
TOGETHER = 0.03
"""... in which proportions, size and the distance of head and shoulders change less than this."""
NOISE, NOISE_SHARE = 0.015, 0.15
"""... or than this where it might be a body that sinks."""
LEVEL_SHARE = 0.25
SAME_SIZE = 0.05
"""... and size less than this: a camera that is pushed also comes a little nearer."""
MOST_LIFT = 0.4
BEFORE_S, STEP_S, AFTER_S = 6.0, 2.5, 4.5
FEWEST = 2

MINUTE_S = 60.0

DRIFT_MINUTES = 30
DRIFT_INDEX = 0.35
DRIFT_SHARE = 0.5
"""The calm half of the last half hour's minutes lies this far off: then calm has moved, not the person slouched."""
DRIFT_CHANGES = 3
"""... while posture changed as usual."""


class Known(NamedTuple):
    """The calm pose as this room compares it, and how far the chair went (lowest and highest, from calm)."""

    calm: Vector
    size_span: Vector
    height_span: Vector


SHOULDERS_PER_NECK = 1.8


def known_of(baseline: Baseline) -> Known:
    """What a picture at this place is compared with."""
    pose = baseline.pose
    if isinstance(pose, FrontPose):
        return Known(pose.calm, pose.size_span, pose.height_span)
    heights = pose.ear_y / SHOULDERS_PER_NECK, pose.shoulder_y / SHOULDERS_PER_NECK
    return Known((0.0, log(pose.unit_px), 0.0, *heights), (0.0, 0.0), (0.0, 0.0))


def side_features(pose: SidePose, seen: SideView) -> Vector:
    """The side view in the shape of the front features, as far as size and place go."""
    unit = pose.unit_px * SHOULDERS_PER_NECK
    return 0.0, log(seen.neck_px), 0.0, seen.ear_y / unit, seen.shoulder_y / unit


def placing(baseline: Baseline, seen: Sight) -> tuple[Vector | None, float]:
    """The features that `Setting` compares, and where the shoulders are across the picture, in calm shoulder widths."""
    pose = baseline.pose
    if isinstance(pose, FrontPose):
        return front_features(seen, pose.unit_px), 0.0 if seen.shoulders is None else seen.shoulders[0] / pose.unit_px
    view = side_view(seen, pose.facing)
    if view is None:
        return None, 0.0
    return side_features(pose, view), view.shoulder_x / pose.unit_px / SHOULDERS_PER_NECK


class _Spot(NamedTuple):
    time_s: float
    features: Vector
    x: float


def at_size(baseline: Baseline, width: float, height: float) -> Baseline:
    """The baseline in a picture of another size: its pixels scaled by the width."""
    if (width, height) == (baseline.width, baseline.height):
        return baseline
    scale = width / baseline.width
    pose: FrontPose | SidePose
    if isinstance(baseline.pose, FrontPose):
        pose = _scaled_front(baseline.pose, scale)
    else:
        pose = replace(baseline.pose, unit_px=baseline.pose.unit_px * scale)
    return replace(baseline, width=width, height=height, pose=pose)


def _scaled_front(pose: FrontPose, scale: float) -> FrontPose:
    calm = (pose.calm[0], pose.calm[1] + log(scale), *pose.calm[2:])
    return replace(pose, unit_px=pose.unit_px * scale, calm=calm)


def choose(baselines: Sequence[Baseline], seen: Sequence[Sight], width: float, height: float) -> Baseline | None:
    """The baseline that explains these pictures best; the first one when they say nothing.

    How somebody slouches is left out of the comparison: what counts is the picture's size, the view, the size of the
    person, where the shoulders are, and the proportions.
    """
    if not baselines:
        return None
    return min(baselines, key=lambda baseline: _strangeness(baseline, seen, width, height))


_OTHER_SIZE, _OTHER_ASPECT, _OTHER_VIEW = 1.0, 4.0, 100.0
"""Costs on the scale of squared differences in shoulder widths and logarithms, over the usual spread of 0.1."""
_USUAL = 0.1


def _strangeness(baseline: Baseline, seen: Sequence[Sight], width: float, height: float) -> float:
    cost = 0.0
    if (width, height) != (baseline.width, baseline.height):
        same_aspect = abs(width * baseline.height - height * baseline.width) < 0.01 * width * baseline.height
        cost += _OTHER_SIZE if same_aspect else _OTHER_ASPECT
    views = [view for view in map(view_of, seen) if view is not None]
    if views:
        cost += _OTHER_VIEW * sum(view != baseline.view for view in views) / len(views)
    placed = at_size(baseline, width, height)
    if isinstance(placed.pose, FrontPose):
        pose = placed.pose
        features = [f for f in (front_features(one, pose.unit_px) for one in seen) if f is not None]
        if features:
            off = minus(median_of(features), pose.calm)
            drops = [one.nose_drop for one in seen if one.nose_drop is not None]
            nod = median(drops) - pose.nose_drop if drops and pose.nose_drop is not None else 0.0
            cost += sum((value / _USUAL) ** 2 for value in (off[1], off[4], 2 * off[0], nod))
        return cost
    side = placed.pose
    assert isinstance(side, SidePose), "there are two views"
    views_of = [v for v in (side_view(one, side.facing) for one in seen) if v is not None]
    if views_of:
        size = log(median(v.neck_px for v in views_of) / side.unit_px)
        place = median(v.shoulder_y for v in views_of) / side.unit_px - side.shoulder_y
        facing = median(v.facing for v in views_of) != side.facing
        cost += (size / _USUAL) ** 2 + (place / _USUAL / 3) ** 2 + (_OTHER_VIEW / 2 if facing else 0.0)
    return cost


class Setting:
    """Watches whether chair and camera are where they were calibrated, and whether calm is still calm."""

    __slots__ = ("_arrived", "_back_s", "_before", "_changes", "_inside_s", "_last_s", "_minute", "_minute_s",
                 "_minutes", "_recent", "lift", "proposal")  # fmt: skip

    def __init__(self, proposal: str | None = None) -> None:
        self.proposal = proposal
        self.lift = 0.0
        """How much lower head and shoulders are since the camera was bumped, in calm shoulder widths: taken off f4 and
        f5, because a camera that looks elsewhere is no slouching."""
        self._recent: deque[_Spot] = deque()
        self._before: Vector | None = None
        self._arrived: list[Vector] | None = []
        self._back_s: float | None = None
        self._inside_s = 0.0
        self._last_s: float | None = None
        self._minute: list[float] = []
        self._minute_s = 0.0
        self._minutes: deque[float] = deque(maxlen=DRIFT_MINUTES)
        self._changes: deque[int] = deque(maxlen=DRIFT_MINUTES)

    def absent(self) -> None:
        """Nobody is there: what is seen next is compared with what was seen before."""
        if self._recent:
            self._before = median_of([spot.features for spot in self._recent])
            self._recent.clear()
        self._arrived, self._back_s = [], None

    def observe(self, known: Known, features: Vector, x: float, time_s: float) -> bool:
        """Take one picture that can be told; whether the camera was bumped just now."""
        interval = 0.0 if self._last_s is None else min(max(time_s - self._last_s, 0.0), LOOK_S)
        self._last_s = time_s
        if self._arrived is not None:
            self._arrive(known, features, time_s)
        step = self._bump(features, x, time_s)
        if step is not None:
            self.lift = min(max(self.lift + step[4], -MOST_LIFT), MOST_LIFT)
            self._recent.clear()
            if abs(step[4]) > JUMP:
                self._propose(MOVED)
        self._inside_s = self._inside_s + interval if _inside(known, features) else 0.0
        if self.proposal == MOVED and self._inside_s >= SETTLED_S:
            self.proposal = None
        return step is not None

    def _propose(self, reason: str) -> None:
        if self.proposal in {None, OLD, DRIFT}:
            self.proposal = reason
            self._inside_s = 0.0

    def _arrive(self, known: Known, features: Vector, time_s: float) -> None:
        assert self._arrived is not None, "asked while somebody arrives"
        self._back_s = time_s if self._back_s is None else self._back_s
        self._arrived.append(features)
        if time_s - self._back_s < LOOK_S:
            return
        now = median_of(self._arrived)
        self._arrived = None
        before, most = (known.calm, ELSEWHERE) if self._before is None else (self._before, JUMP)
        jump = minus(now, before)
        if max(abs(jump[1]), abs(jump[4])) > most and not _inside(known, now):
            self._propose(MOVED)

    def _bump(self, features: Vector, x: float, time_s: float) -> Vector | None:
        """The step of the features when the whole picture leapt a moment ago and stays there.

        Head and shoulders go together, across or down, and nothing else changes: nobody who sits moves like that.
        """
        recent = self._recent
        recent.append(_Spot(time_s, features, x))
        while time_s - recent[0].time_s > BEFORE_S + STEP_S + AFTER_S:
            recent.popleft()
        if time_s - recent[0].time_s < BEFORE_S / 2 + STEP_S + AFTER_S:
            return None
        early = [spot for spot in recent if time_s - spot.time_s > STEP_S + AFTER_S]
        late = [spot for spot in recent if time_s - spot.time_s < AFTER_S]
        if min(len(early), len(late)) < FEWEST:
            return None
        # The cheap question first: it is asked with every picture.
        rough = late[-1].features[4] - early[0].features[4]
        if abs(rough) < BUMP / 2 and abs(late[-1].x - early[0].x) < BUMP / 2:
            return None
        step = minus(median_of([spot.features for spot in late]), median_of([spot.features for spot in early]))
        across = median(spot.x for spot in late) - median(spot.x for spot in early)
        way = hypot(step[4], across)
        apart = max(abs(step[0]), abs(step[2]), abs(step[3] - step[4]))
        # Nobody slumps sideways or upwards: such a step is the camera's, and may be measured less exactly.
        surely = abs(across) > BUMP or step[4] < 0.0
        limit = TOGETHER if surely else max(NOISE, NOISE_SHARE * way)
        together = apart < limit and abs(step[1]) < SAME_SIZE
        if not together or way < BUMP or abs(step[4]) < BUMP / 2:
            return None
        return step if all(_level(part, way) for part in (early, late)) else None

    def score(self, index: float, interval_s: float, changes: int) -> None:
        """Take the index of one picture that lasted ``interval_s``; ``changes`` of posture so far."""
        self._minute.append(index)
        self._minute_s += interval_s
        if self._minute_s < MINUTE_S:
            return
        self._minute_s = 0.0
        self._minutes.append(median(self._minute))
        self._changes.append(changes)
        self._minute = []
        full = len(self._minutes) == DRIFT_MINUTES
        calm_half = sorted(self._minutes)[: max(int(len(self._minutes) * DRIFT_SHARE), 1)]
        if full and median(calm_half) > DRIFT_INDEX and self._changes[-1] - self._changes[0] >= DRIFT_CHANGES:
            if self.proposal is None:
                self.proposal = DRIFT
        elif self.proposal == DRIFT and full and median(calm_half) < DRIFT_INDEX / 2:
            self.proposal = None


def _level(part: Sequence[_Spot], way: float) -> bool:
    """Whether the height stayed where it was: a posture that sinks slowly has no two levels."""
    half = len(part) // 2 or 1
    first, last = (median(spot.features[4] for spot in side) for side in (part[:half], part[-half:]))
    return abs(last - first) < LEVEL_SHARE * way


def _inside(known: Known, features: Vector) -> bool:
    """Whether size and height of the shoulders are where the chair went during the calibration, or near calm."""
    off = minus(features, known.calm)
    return all(
        min(low - SPAN_SLACK, -JUMP) <= value <= max(high + SPAN_SLACK, JUMP)
        for value, (low, high) in ((off[1], known.size_span), (off[4], known.height_span))
    )


def first_proposal(baseline: Baseline, width: float, height: float, days_old: Mapping[str, float]) -> str | None:
    """What is known before anybody is seen: the picture's size, and the baseline's age."""
    if (width, height) != (baseline.width, baseline.height):
        return RESOLUTION
    return OLD if baseline.id is not None and days_old.get(baseline.id, 0.0) >= OLD_DAYS else None
