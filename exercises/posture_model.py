"""A stick figure in front of a pinhole camera: what is known about a desk before anybody has sat down at it.

The personal calibration sees half a minute of one person. This model adds what half a minute cannot show: how the
picture changes when the chair rolls, the camera nods, the person leans back or shrugs (none of it slouching), and how
it changes in typical slumped and forward-head postures, for bodies of several proportions and for cameras below and
above the eyes. Coordinates in metres in the plane of symmetry: z forward (to the camera), y up, origin between the
hips. Angles in degrees, positive forward and down. The answer is in the features of `exercises.posture_features`.

Neck: C7 lies 5 cm behind and 7 cm above the shoulder joint, the ear 16 cm from C7 at a craniovertebral angle of 50
degrees, which reproduces the ear-shoulder leans of CLINICAL 3.2. Limits: rigid segments, one lens, no arms; the sizes
and the ranges are design values, and only directions and orders of magnitude are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from math import atan2, cos, degrees, exp, log, radians, sin
from typing import NamedTuple

from exercises.posture_algebra import Matrix, Vector, diagonal, mean_of, minus, outer, plus, scaled, times

SHOULDERS_M = 0.35
EARS_M = 0.15
FOCAL_PER_WIDTH = 0.85
"""Focal length over picture width of a webcam (61 degrees across): turns a shoulder width into a distance."""
NEAREST_M, FARTHEST_M = 0.45, 1.6

_Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sitter:
    """A sitting body: proportions in metres, and the posture in degrees from sitting tall."""

    torso: float = 0.48
    neck: float = 0.16
    cva: float = 50.0
    pivot: float = 0.28
    """How far below C7 the back bends in a slump."""
    slump: float = 0.0
    head_follows: float = 0.5
    """Share of the slump by which the neck goes along; the rest is lost in looking up again."""
    pelvis_back: float = 0.0
    lean: float = 0.0
    """Lean of the whole trunk from the hips."""
    head_forward: float = 0.0
    """Drop of the craniovertebral angle."""
    shrug: float = 0.0


class Camera(NamedTuple):
    """``above`` the ears and ``away`` in metres, and how far it looks up in degrees."""

    above: float
    away: float
    up: float


def _turned(point: _Spot, centre: _Spot, angle: float) -> _Spot:
    """``point`` turned forward about ``centre``."""
    a = radians(angle)
    z, y = point[0] - centre[0], point[1] - centre[1]
    return centre[0] + z * cos(a) + y * sin(a), centre[1] - z * sin(a) + y * cos(a)


def joints(sitter: Sitter) -> tuple[_Spot, _Spot]:
    """Middle of the shoulders and middle of the ears."""
    c7 = (-0.05, sitter.torso + 0.07)
    angle = radians(sitter.cva - sitter.head_forward)
    neck = _turned((sitter.neck * cos(angle), sitter.neck * sin(angle)), (0.0, 0.0), sitter.slump * sitter.head_follows)
    bend = (-0.03, c7[1] - sitter.pivot)
    shoulders = _turned((0.0, sitter.torso + sitter.shrug), bend, sitter.slump)
    c7 = _turned(c7, bend, sitter.slump)
    ears = (c7[0] + neck[0], c7[1] + neck[1])
    lean = sitter.lean - sitter.pelvis_back
    return _turned(shoulders, (0.0, 0.0), lean), _turned(ears, (0.0, 0.0), lean)


def features(
    sitter: Sitter, camera: Camera, origin: _Spot, *, nearer: float = 0.0, higher: float = 0.0, nod: float = 0.0
) -> Vector:
    """``(f1, f2, f3, y_ear, y_shoulder)`` with the heights in focal lengths, seen by a camera placed about ``origin``.

    ``nearer`` and ``higher`` move the chair in metres, ``nod`` turns the camera up in degrees.
    """
    up = radians(camera.up + nod)
    seen: list[tuple[float, float]] = []
    for z, y in joints(sitter):
        ahead, rise = origin[0] + camera.away - z - nearer, y + higher - origin[1] - camera.above
        depth = ahead * cos(up) + rise * sin(up)
        seen.append((depth, -(rise * cos(up) - ahead * sin(up)) / depth))
    (shoulder_depth, shoulder_y), (ear_depth, ear_y) = seen
    width = SHOULDERS_M / shoulder_depth
    return log(EARS_M / ear_depth / width), log(width), (shoulder_y - ear_y) / width, ear_y, shoulder_y


def _change(before: Vector, after: Vector) -> Vector:
    """The change of the features, heights in calm shoulder widths."""
    unit = exp(before[1])
    change = minus(after, before)
    return (*change[:3], change[3] / unit, change[4] / unit)


ELEVATIONS_DEG = (-30.0, -20.0, -10.0, 0.0, 10.0, 20.0)
"""Elevation of the camera seen from the ears; -25 is a laptop 30 cm below the eyes at arm's length."""
BODIES = (
    Sitter(torso=0.44, neck=0.145, cva=46.0, pivot=0.22),
    Sitter(),
    Sitter(torso=0.52, neck=0.175, cva=54.0, pivot=0.36),
)


def _slouches(body: Sitter) -> Iterator[Sitter]:
    """Slumped and forward-head postures: with the head going along or not, with a rolled pelvis, creeping closer."""
    yield replace(body, slump=18.0, head_follows=0.4)
    yield replace(body, slump=18.0, head_follows=0.9)
    yield replace(body, slump=20.0, head_follows=0.7, pelvis_back=8.0)
    yield replace(body, slump=12.0, head_follows=0.8, head_forward=8.0)
    yield replace(body, head_forward=12.0, lean=6.0)
    yield replace(body, slump=12.0, head_follows=1.0, lean=8.0)


def _nuisances(body: Sitter, camera: Camera, origin: _Spot, calm: Vector) -> Iterator[Vector]:
    """Changes that are no slouching, one standard deviation of each (ranges: CLINICAL 3.4 and 3.5)."""
    chair = CHAIR * camera.away
    for nearer in (-chair, chair):
        yield _change(calm, features(body, camera, origin, nearer=nearer))
    for higher in (-HIGHER_M, HIGHER_M):
        yield _change(calm, features(body, camera, origin, higher=higher))
    for nod in (-NOD_DEG, NOD_DEG):
        yield _change(calm, features(body, camera, origin, nod=nod))
    # Leaning back by 10 degrees with the head rigid, level, and drawn forward.
    for forward in (0.0, 5.0, 10.0):
        yield _change(calm, features(replace(body, lean=-10.0, head_forward=forward), camera, origin))
    yield _change(calm, features(replace(body, shrug=SHRUG_M), camera, origin))


CHAIR, SHRUG_M, NOD_DEG, HIGHER_M = 0.12, 0.0125, 1.5, 0.02
EARS_SD, EARS_SD_UNMOVED, EARS_SD_UNSHOWN = 0.04, 0.12, 0.15
"""Error of the ears' distance as the estimator places them (ln): hair, headphones, a head turned by 15 degrees. On
recorded frames of one calm pose it wandered by 0.1 (docs/decisions/0021). It is trusted most where the calibration has
shown how it behaves while the chair moves, and least where not even an own slouch shows what it is worth."""
SHOULDERS_SD = 0.02
"""The same for the shoulders' distance: clothes, an arm put forward."""


class Prior(NamedTuple):
    """``nuisance``: second moment of what is no slouching; ``slouch``: the typical slouch in the same features."""

    nuisance: Matrix
    slouch: Vector
    slump: Vector


def prior(share: float, nose_drop: float | None, *, shown: bool = True, moved: bool = True) -> Prior:
    """What to expect of a person whose shoulders take ``share`` of the picture's width.

    ``nose_drop``: how far the nose is below the ears in ear distances when sitting tall. Somebody who looks at the
    screen shows the nose above the ears to a camera from below, so it tells the camera's elevation within some 8
    degrees; without a nose the camera is taken to be about level with the eyes.
    """
    ears = EARS_SD_UNSHOWN if not shown else EARS_SD if moved else EARS_SD_UNMOVED
    return _prior(round(min(max(share, 0.05), 1.0), 2), None if nose_drop is None else round(nose_drop, 2), ears)


@lru_cache(maxsize=64)
def _prior(share: float, nose_drop: float | None, ears_sd: float) -> Prior:
    away = min(max(SHOULDERS_M * FOCAL_PER_WIDTH / share, NEAREST_M), FARTHEST_M)
    weights = [_likelihood(elevation, nose_drop) for elevation in ELEVATIONS_DEG]
    total = sum(weights)
    moments: list[Matrix] = []
    slouches: list[Vector] = []
    slumps: list[Vector] = []
    for elevation, weight in zip(ELEVATIONS_DEG, weights, strict=True):
        share_of = weight / total
        for body in BODIES:
            above = away * sin(radians(elevation)) / cos(radians(elevation))
            # The camera is turned so that head and shoulders are in the picture.
            camera = Camera(above, away, degrees(atan2(-above - 0.08, away)) * 0.8)
            origin = joints(body)[1]
            calm = features(body, camera, origin)
            moments.extend(
                times(outer(change), share_of / len(BODIES)) for change in _nuisances(body, camera, origin, calm)
            )
            changes = [_change(calm, features(slouch, camera, origin)) for slouch in _slouches(body)]
            slumps.append(
                scaled(
                    _change(calm, features(replace(body, slump=15.0, head_follows=0.4), camera, origin)),
                    share_of * len(ELEVATIONS_DEG),
                )
            )
            slouches.append(tuple(v * share_of * len(ELEVATIONS_DEG) for v in mean_of(changes)))
    measured = (
        diagonal((ears_sd**2, 0.0, 0.0, 0.0, 0.0)),
        outer((-SHOULDERS_SD, SHOULDERS_SD, -0.5 * SHOULDERS_SD, 0.0, 0.0)),
    )
    return Prior(plus(*moments, *measured), mean_of(slouches), mean_of(slumps))


NOSE_DROP_LEVEL = 0.10
"""Nose below the ears in ear distances, head and camera level."""
NOSE_DROP_PER_DEG = 0.0125
"""0.73 * sin(1 degree); people nod a little towards a low screen."""
NOSE_DROP_SD = 0.10
LEVEL_SD_DEG = 8.0


def _likelihood(elevation_deg: float, nose_drop: float | None) -> float:
    """How well a camera at this elevation explains the nose."""
    if nose_drop is None:
        return exp(-0.5 * (elevation_deg / LEVEL_SD_DEG) ** 2)
    off = nose_drop - NOSE_DROP_LEVEL - NOSE_DROP_PER_DEG * elevation_deg
    return exp(-0.5 * (off / NOSE_DROP_SD) ** 2) + 1e-6
