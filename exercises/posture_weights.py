"""From calm and slouched pictures to the weights of the slouch index: ``index = w'x``, 0 calm and 1 the own slouch.

``x`` is the change of the features from the calm pose, ``d`` that of the slouch, and
``w = S^-1 d / (d' S^-1 d)``: of all directions in which the own slouch reads 1, the one in which everything that is no
slouching moves least. ``S`` adds up what is known about the latter (CLINICAL 3.5): the noise of the calm window, the
changes while chair and gaze were moved, the geometric prior of `exercises.posture_model`, and a floor. Front features
as in `exercises.posture_features`; the side view's are `side_change`. Without an own slouch ``d`` is the prior's.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import median, pvariance
from typing import NamedTuple

from exercises.posture_algebra import (
    Matrix,
    Vector,
    diagonal,
    dot,
    mean_of,
    median_of,
    minus,
    outer,
    plus,
    scaled,
    second_moment,
    solve,
    times,
)
from exercises.posture_baseline import SidePose
from exercises.posture_features import FRONT_FEATURES, SideView

FLOOR = 4e-4
"""Added to every variance: a feature that never moved in half a minute is not therefore exact. CLINICAL 3.5 has 1e-4,
which a tracker exceeds within minutes."""
PRIOR_SHARE = 0.5
"""Weight of the model's nuisances, as CLINICAL weighs a displacement against the noise."""
MOVES_SHARE = 4.0
BETWEEN_POSES = 0.5
"""Weight of the difference between two slouched poses: the index shall read about the same in both."""
POSES_APART = 3.0
"""Two poses are two when their middles lie this many standard deviations apart."""
SMALLEST_POSE = 0.15
FEWEST_OF_A_POSE = 4


class Slouch(NamedTuple):
    """The own slouch as a change from calm: its middle and, when it was two poses, half the way between them."""

    middle: Vector
    apart: Vector | None


def slouch_of(changes: Sequence[Vector]) -> Slouch:
    """One pose or two: who is asked to slouch sinks in the first half of the time and cranes forward in the other.

    A single middle of two different poses lies where nobody sits, and a median in the more frequent one. Two clusters
    that are clearly apart count the same.
    """
    parts = _two_clusters(changes)
    if parts is None:
        return Slouch(median_of(changes), None)
    first, second = (median_of(part) for part in parts)
    return Slouch(mean_of([first, second]), scaled(minus(first, second), 0.5))


def _two_clusters(changes: Sequence[Vector]) -> tuple[list[Vector], list[Vector]] | None:
    if len(changes) < 2 * FEWEST_OF_A_POSE:
        return None
    # Along the coordinate that varies most; a few rounds of two means settle what belongs together.
    spread = [pvariance(column) for column in zip(*changes, strict=True)]
    widest = spread.index(max(spread))
    ordered = sorted(changes, key=lambda change: change[widest])
    middles = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
    for _ in range(8):
        parts: tuple[list[Vector], list[Vector]] = ([], [])
        for change in changes:
            away = [dot(off, off) for off in (minus(change, middle) for middle in middles)]
            parts[away[1] < away[0]].append(change)
        if min(map(len, parts)) < max(FEWEST_OF_A_POSE, SMALLEST_POSE * len(changes)):
            return None
        middles = mean_of(parts[0]), mean_of(parts[1])
    across = minus(middles[1], middles[0])
    length = dot(across, across)
    within = [
        dot(minus(change, middle), across) for part, middle in zip(parts, middles, strict=True) for change in part
    ]
    return parts if length > POSES_APART * pvariance(within, 0.0) ** 0.5 else None


def weights(calm: Sequence[Vector], moves: Sequence[Vector], nuisance: Matrix, slouch: Slouch) -> Vector:
    """The weights of the index; ``calm`` and ``moves`` are changes from the calm pose, ``nuisance`` the prior."""
    size = len(slouch.middle)
    spread = [second_moment(calm, [0.0] * size), times(nuisance, PRIOR_SHARE), diagonal([FLOOR] * size)]
    if moves:
        spread.append(times(second_moment(moves, [0.0] * size), MOVES_SHARE))
    if slouch.apart is not None:
        spread.append(times(outer(slouch.apart), BETWEEN_POSES))
    direction = solve(plus(*spread), slouch.middle)
    return scaled(direction, 1.0 / dot(direction, slouch.middle))


NOTICED = 0.38
"""Share of a slump of 15 degrees at which it should be noticed: calm sitting varies by a third of it."""
SMALLEST_READING, LARGEST_READING = 0.22, 1.0
NOISES = 1.0
"""What should be noticed lies beyond what 95 % of the calm pictures stay below, by this factor."""
MOST_USUAL = 0.3
MOST_NOTICED = 0.575
"""As `exercises.posture_score.NOTICED_INDEX`: where nothing but the two poses was shown the index stays as it is."""


def noticed_from(found: Vector, slump: Vector, noise: Sequence[Vector], before: Sequence[Vector] = ()) -> float:
    """The weighted sum from which a slouch should be noticed, 0.2 to 0.575 of the own slouch.

    Who is asked for their slouch shows one of 15 to 30 degrees, and half the angle moves the features by a third
    (CLINICAL 3.5). ``slump`` is the model's slump of 15 degrees at this camera; where the weights read little of it,
    the own slouch was a deep one and less must be noticed. The model knows this only roughly, so its reading counts by
    its root. Who sat lower ``before`` they were asked to sit tall is granted that, and the ``noise`` of the calm pose
    is never noticed.
    """
    reading = min(max(dot(found, slump), SMALLEST_READING), LARGEST_READING)
    calm = sorted(abs(dot(found, change)) for change in noise)
    loud = calm[min(int(0.95 * len(calm)), len(calm) - 1)]
    usual = min(max(median([dot(found, change) for change in before]), 0.0), MOST_USUAL) if before else 0.0
    share = usual + (1.0 - usual) * NOTICED * sqrt(reading)
    return min(max(share, NOISES * loud), MOST_NOTICED)


# -- the side view ----------------------------------------------------------------------------------------------------

SIDE_UNITS = (16.0, 25.0, 0.15, 35.0, 0.6, 0.6)
"""What counts as one: full penalties of CLINICAL 3.6 for neck, trunk and pitch; shoulder travel in torsos; drops of ear
and shoulder in ear-shoulder distances (19 cm)."""
SIDE_SLOUCH = Slouch((0.8, 0.3, 0.3, 0.15, 0.4, 0.2), None)
"""A slump of some 18 degrees in these units, on the model of `exercises.posture_model`."""
_SIDE_NUISANCES: tuple[Vector, ...] = (
    (0.0, 0.0, 0.0, 0.0, 0.2, 0.2),  # the camera or the chair a little higher or lower
    (-0.3, -0.4, -1.0, 0.0, 0.1, 0.05),  # leaning back by 10 degrees
    (0.3, 0.0, 0.0, 0.7, 0.1, 0.0),  # looking down at the keyboard
    (-0.25, 0.0, 0.2, 0.0, -0.05, -0.1),  # shoulders drawn up or rounded while reaching
    (0.2, 0.15, 0.0, 0.1, 0.0, 0.0),  # the camera turned about its axis by 3 degrees
)
SIDE_NUISANCE: Matrix = plus(*map(outer, _SIDE_NUISANCES), diagonal([0.15**2] * len(SIDE_UNITS)))


def side_change(pose: SidePose, seen: SideView) -> Vector:
    """Change of the side view from the calm pose in `SIDE_UNITS`; what is not seen has not changed."""
    raw = (
        seen.neck - pose.neck,
        _minus(seen.trunk, pose.trunk),
        _minus(seen.shoulder_ahead, pose.shoulder_ahead),
        _minus(seen.pitch, pose.pitch),
        seen.ear_y / pose.unit_px - pose.ear_y,
        seen.shoulder_y / pose.unit_px - pose.shoulder_y,
    )
    return tuple(value / unit for value, unit in zip(raw, SIDE_UNITS, strict=True))


def _minus(value: float | None, zero: float | None) -> float:
    return 0.0 if value is None or zero is None else value - zero


assert len(SIDE_SLOUCH.middle) == len(SIDE_UNITS)
__all__ = [
    "FRONT_FEATURES",
    "SIDE_NUISANCE",
    "SIDE_SLOUCH",
    "SIDE_UNITS",
    "Slouch",
    "side_change",
    "slouch_of",
    "weights",
]
