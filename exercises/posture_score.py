"""From one picture to a slouch index and a score of comfort, 0 to 100: CLINICAL 3.6, a table and one formula.

Every term is a continuous penalty between a dead zone and its full size; ``score = 100 (1 - min(1, sqrt(sum w p^2)))``,
monotone and without cliffs, one full primary term gives 0. Front and side are never mixed in one frame. Degrees, and
shares of the calm pose as the table says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, sqrt
from types import MappingProxyType
from typing import NamedTuple

from exercises.posture_algebra import Vector, dot, minus
from exercises.posture_baseline import FrontPose, SidePose
from exercises.posture_features import SideView
from exercises.posture_weights import side_change


class Term(NamedTuple):
    """No penalty up to ``dead``, all of it from ``full`` on."""

    dead: float
    full: float
    weight: float


TERMS: Mapping[str, Term] = MappingProxyType({
    "side_neck": Term(4.0, 16.0, 1.0),
    "side_trunk_forward": Term(6.0, 25.0, 0.8),
    "side_trunk_back": Term(20.0, 40.0, 0.3),
    "side_head_pitch": Term(12.0, 35.0, 0.4),
    "front_slouch": Term(0.25, 1.0, 1.0),
    "front_too_close": Term(0.15, 0.40, 0.5),
    "head_tilt": Term(7.0, 20.0, 0.4),
    "shoulder_tilt": Term(5.0, 15.0, 0.3),
    "side_drop": Term(0.20, 0.80, 0.8),
    "side_slouch": Term(0.25, 1.0, 1.0),
})  # fmt: skip
"""CLINICAL 3.6; the last two are ours (docs/decisions/0021): the ear's drop while the hips are hidden, in ear-shoulder
distances, and the own slouch where it was shown."""
ROUNDED = 0.05
"""Shoulder travel in torso lengths from which rounded shoulders hide a part of the neck's lean..."""
ROUNDED_ADDS_DEG = 5.0
"""... and how much is added back. 3 cm of rounding lower the lean by 8.5 degrees (CLINICAL 3.2)."""
ROUNDED_RAMP = 0.02
"""The addition comes in over this range, so that the score has no cliff there."""


def penalty(term: Term, value: float) -> float:
    """0 up to ``dead``, 1 from ``full`` on, a smooth step between."""
    u = min(max((value - term.dead) / (term.full - term.dead), 0.0), 1.0)
    return u * u * (3.0 - 2.0 * u)


def score_of(values: Mapping[str, float]) -> float:
    """The score of term values, named as in `TERMS`: 100 calm, 0 at one full primary term."""
    total = sum(TERMS[name].weight * penalty(TERMS[name], value) ** 2 for name, value in values.items())
    return 100.0 * (1.0 - min(1.0, sqrt(total)))


CALM_SHARE, CALM_INDEX = 0.6, 0.27
"""Up to this share of what should be noticed everything is calm, and hardly costs anything."""
NOTICED_INDEX = 0.575
"""Index at which the front score is 60."""


def evened(raw: float, noticed: float) -> float:
    """The index from the weighted sum: 0 at 0, `NOTICED_INDEX` at ``noticed``, 1 at 1; three straight pieces.

    Continuous and growing everywhere. Half the angle of a slump moves the features by a third only (CLINICAL 3.5), and
    own slouches are deeper than what should be noticed; stretching everything alike would stretch the noise of calm
    sitting as well, so the stretching begins above it.
    """
    calm = CALM_SHARE * noticed
    if raw <= calm:
        return raw * CALM_INDEX / calm
    if raw <= noticed:
        return CALM_INDEX + (raw - calm) / (noticed - calm) * (NOTICED_INDEX - CALM_INDEX)
    return NOTICED_INDEX + (raw - noticed) / (1.0 - noticed) * (1.0 - NOTICED_INDEX)


@dataclass(frozen=True, slots=True)
class FrontChange:
    """How the front view differs from the calm pose: the features' change, tilts in degrees."""

    features: Vector
    head_tilt: float
    shoulder_tilt: float


def front_index(pose: FrontPose, features: Vector) -> float:
    """0 calm, 1 the own (or, without one, a typical) slouch; negative taller than calm."""
    return evened(dot(pose.weights, minus(features, pose.calm)), pose.noticed)


def front_score(change: FrontChange, index: float) -> float:
    """The score of one front picture."""
    return score_of({
        "front_slouch": index,
        "front_too_close": exp(change.features[1]) - 1.0,
        "head_tilt": abs(change.head_tilt),
        "shoulder_tilt": abs(change.shoulder_tilt),
    })  # fmt: skip


SIDE_NOTICED = 0.48
"""From the side angles are seen as angles; own slouches are still deeper than those that should be noticed."""


def side_index(pose: SidePose, seen: SideView) -> float:
    """0 calm, 1 the own (or a typical) slouch, in the side view."""
    return evened(dot(pose.weights, side_change(pose, seen)), SIDE_NOTICED)


def side_score(pose: SidePose, seen: SideView, index: float) -> float:
    """The score of one side picture."""
    neck = seen.neck - pose.neck
    values: dict[str, float] = {}
    if seen.shoulder_ahead is not None and pose.shoulder_ahead is not None:
        travel = seen.shoulder_ahead - pose.shoulder_ahead
        neck += ROUNDED_ADDS_DEG * min(max((travel - ROUNDED) / ROUNDED_RAMP + 0.5, 0.0), 1.0)
    if seen.trunk is not None and pose.trunk is not None:
        trunk = seen.trunk - pose.trunk
        values["side_trunk_forward"], values["side_trunk_back"] = trunk, -trunk
    else:
        values["side_drop"] = seen.ear_y / pose.unit_px - pose.ear_y
    if seen.pitch is not None and pose.pitch is not None:
        values["side_head_pitch"] = seen.pitch - pose.pitch
    if pose.slouch_known:
        values["side_slouch"] = index
    values["side_neck"] = neck
    return score_of(values)
