"""Plane geometry in picture coordinates, scaled so that one unit is the same length in x and y.

Angles are in degrees. ``joint_angle`` is unsigned (0 folded, 180 straight); ``lean_from_vertical`` is signed by the
caller's direction. y points down, as in every picture. An unseen point gives ``None``, never 0: a missing joint must
not look like a measurement. Limits: these are projections into the picture; a limb that points at the camera looks
short and its angle is not the anatomical one (Hellsten & Karlsson 2025 report mean differences of 3.6 to -7 degrees
against a goniometer even in the asked view).
"""

from __future__ import annotations

from math import atan2, degrees, hypot

XY = tuple[float, float]


def joint_angle(a: XY | None, b: XY | None, c: XY | None) -> float | None:
    """Angle at ``b`` between the rays to ``a`` and ``c``, 0..180 degrees."""
    if a is None or b is None or c is None:
        return None
    ux, uy = a[0] - b[0], a[1] - b[1]
    vx, vy = c[0] - b[0], c[1] - b[1]
    if (ux == 0 and uy == 0) or (vx == 0 and vy == 0):
        return None
    return abs(degrees(atan2(ux * vy - uy * vx, ux * vx + uy * vy)))


def lean_from_vertical(upper: XY | None, lower: XY | None, direction: float) -> float | None:
    """Lean of the line lower-upper from vertical in degrees, positive towards ``direction`` (+1 right, -1 left)."""
    if upper is None or lower is None:
        return None
    return degrees(atan2((upper[0] - lower[0]) * direction, lower[1] - upper[1]))


def tilt_from_level(left: XY | None, right: XY | None) -> float | None:
    """Tilt of the line right-left from level in degrees, -90..90, positive when the subject's left is lower."""
    if left is None or right is None:
        return None
    run = abs(left[0] - right[0])
    if run == 0:
        return None
    return degrees(atan2(left[1] - right[1], run))


def distance(a: XY | None, b: XY | None) -> float | None:
    """Distance between two points."""
    if a is None or b is None:
        return None
    return hypot(a[0] - b[0], a[1] - b[1])


def midpoint(a: XY | None, b: XY | None) -> XY | None:
    """The point halfway between two points."""
    if a is None or b is None:
        return None
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
