"""What one picture of a sitting person says: numbers for the front view and for the side view.

Lengths are in pixels first, so that a 16:9 picture does not distort them, then in the person's own units: natural
logarithms of ratios, shoulder widths of the calm pose, or ear-shoulder distances. y points down. Angles in degrees;
left and right are the subject's. Front features (CLINICAL 3.5): ``f1`` ln(ear distance / shoulder width), ``f2``
ln(shoulder width in pixels), ``f3`` ear-shoulder gap in shoulder widths, ``f4`` and ``f5`` height of ears and shoulders
in the picture in calm shoulder widths. Only ears and shoulders are compulsory (in the side view one ear and one
shoulder): whatever else is missing is ``None`` and takes part in nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import atan, atan2, cos, degrees, hypot, log, radians

from exercises.body import Landmark, Point, Pose, Side
from exercises.geometry import XY, lean_from_vertical, midpoint, tilt_from_level
from exercises.posture_algebra import Vector

VISIBLE = 0.5
"""Visibility a landmark needs: ears under hair and a far shoulder are seen worse (ARCHITECTURE 4 asks 0.6 and 0.5)."""
NOSE_PER_EARS = 0.73
"""How far the nose is ahead of the ears over the ears' distance: 11 cm over 15 cm of an adult head."""
COSINE_UP_TO_DEG = 28.0
"""Up to this turn of the head the ears' distance is divided by its cosine (CLINICAL 3.5, f1, ends it at 20 degrees: a
camera beside the screen would have that cliff in the middle of calm sitting); beyond it no further."""
_At = Callable[[int], "XY | None"]

FRONT = "front"
SIDE = "side"


@dataclass(frozen=True, slots=True)
class Sight:
    """One picture in pixels: the points a posture is judged by, ``None`` where not seen."""

    time_s: float
    width: float
    height: float
    left_ear: XY | None
    right_ear: XY | None
    left_shoulder: XY | None
    right_shoulder: XY | None
    nose: XY | None
    left_hip: XY | None
    right_hip: XY | None
    mouth: tuple[XY, ...]
    """The corners of the mouth that are seen."""
    hands: tuple[tuple[XY, ...], tuple[XY, ...]]
    """Wrist and fingers of the left and of the right hand, as far as they are seen; the wrist comes first."""
    ears: XY | None
    shoulders: XY | None
    ear_width: float | None
    shoulder_width: float | None
    near: Side
    """The side nearer to the camera; it matters in the side view only."""

    @property
    def turn(self) -> float | None:
        """How far the nose is beside the ears' middle, in ear distances, signed in the picture; 0 straight on."""
        if self.nose is None or self.ears is None or not self.ear_width:
            return None
        return (self.nose[0] - self.ears[0]) / self.ear_width

    @property
    def turn_deg(self) -> float | None:
        """Turn of the head to either side in degrees, from how far the nose is beside the ears' middle."""
        turn = self.turn
        return None if turn is None else degrees(atan(abs(turn) / NOSE_PER_EARS))

    @property
    def nose_drop(self) -> float | None:
        """How far the nose is below the ears in ear distances: looking down by 20 degrees adds 0.3 (CLINICAL 3.5)."""
        if self.nose is None or self.ears is None or not self.ear_width:
            return None
        return (self.nose[1] - self.ears[1]) / self.ear_width

    @property
    def head_tilt_deg(self) -> float | None:
        """Tilt of the line between the ears, positive when the subject's left ear is lower."""
        return tilt_from_level(self.left_ear, self.right_ear)

    @property
    def shoulder_tilt_deg(self) -> float | None:
        """Tilt of the shoulder line, positive when the subject's left shoulder is lower."""
        return tilt_from_level(self.left_shoulder, self.right_shoulder)


def sight(pose: Pose) -> Sight:
    """The points of ``pose`` that a posture is judged by."""
    points, width, height = pose.points, pose.width, pose.height

    def at(index: int) -> XY | None:
        point = points[index]
        if point is None or point[3] < VISIBLE:
            return None
        return point[0] * width, point[1] * height

    left_ear, right_ear = at(Landmark.LEFT_EAR), at(Landmark.RIGHT_EAR)
    left_shoulder, right_shoulder = at(Landmark.LEFT_SHOULDER), at(Landmark.RIGHT_SHOULDER)
    return Sight(
        time_s=pose.time_s,
        width=width,
        height=height,
        left_ear=left_ear,
        right_ear=right_ear,
        left_shoulder=left_shoulder,
        right_shoulder=right_shoulder,
        nose=at(Landmark.NOSE),
        left_hip=at(Landmark.LEFT_HIP),
        right_hip=at(Landmark.RIGHT_HIP),
        mouth=tuple(spot for spot in (at(Landmark.MOUTH_LEFT), at(Landmark.MOUTH_RIGHT)) if spot is not None),
        hands=(_hand(at, Landmark.LEFT_WRIST), _hand(at, Landmark.RIGHT_WRIST)),
        ears=midpoint(left_ear, right_ear),
        shoulders=midpoint(left_shoulder, right_shoulder),
        ear_width=_apart(left_ear, right_ear),
        shoulder_width=_apart(left_shoulder, right_shoulder),
        near=_near_side(points),
    )


def _hand(at: _At, wrist: Landmark) -> tuple[XY, ...]:
    # Pinky, index and thumb follow the wrist in steps of two.
    points = (at(wrist), at(wrist + 2), at(wrist + 4), at(wrist + 6))
    return tuple(point for point in points if point is not None)


def _apart(a: XY | None, b: XY | None) -> float | None:
    return None if a is None or b is None else hypot(a[0] - b[0], a[1] - b[1]) or None


CLEARLY_BETTER_SEEN = 0.25


def _near_side(points: Sequence[Point | None]) -> Side:
    """The side whose ear is clearly better seen, else whose shoulder (or ear) is nearer by depth."""
    for left, right in ((7, 8), (11, 12)):
        a, b = points[left], points[right]
        if a is None or b is None:
            if a is not b:
                return Side.LEFT if b is None else Side.RIGHT
            continue
        if abs(a[3] - b[3]) > CLEARLY_BETTER_SEEN:
            return Side.LEFT if a[3] > b[3] else Side.RIGHT
    for left, right in ((11, 12), (7, 8)):
        a, b = points[left], points[right]
        if a is not None and b is not None and a[2] != b[2]:
            return Side.LEFT if a[2] < b[2] else Side.RIGHT
    return Side.LEFT


# -- front ------------------------------------------------------------------------------------------------------------

FRONT_FEATURES = 5


def front_features(seen: Sight, unit_px: float) -> Vector | None:
    """``(f1, f2, f3, f4, f5)``; ``unit_px`` is the calm pose's shoulder width. ``None`` without ears and shoulders."""
    ears, shoulders, head, width = seen.ears, seen.shoulders, seen.ear_width, seen.shoulder_width
    if ears is None or shoulders is None or head is None or width is None:
        return None
    turn = seen.turn_deg
    if turn is not None:
        head /= cos(radians(min(turn, COSINE_UP_TO_DEG)))
    return (
        log(head / width),
        log(width),
        (shoulders[1] - ears[1]) / width,
        ears[1] / unit_px,
        shoulders[1] / unit_px,
    )


def sideways(seen: Sight) -> float | None:
    """How far the ears' middle is beside the shoulders' middle, in shoulder widths, positive to the subject's left."""
    ears, shoulders, left, right = seen.ears, seen.shoulders, seen.left_shoulder, seen.right_shoulder
    if ears is None or shoulders is None or left is None or right is None or not seen.shoulder_width:
        return None
    # In an unmirrored picture the subject's left is to the right; the shoulders say which it is.
    towards_left = 1.0 if left[0] >= right[0] else -1.0
    return (ears[0] - shoulders[0]) * towards_left / seen.shoulder_width


# -- side -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SideView:
    """The side-view measures of CLINICAL 3.3; ``None`` where the hip or the nose is not seen.

    Degrees: ``neck`` (NI, shoulder-ear line from vertical, positive forward), ``trunk`` (TI, hip-shoulder line),
    ``pitch`` (PI, nose below the ear). In torso lengths: ``shoulder_ahead`` (SHT). Pixels: ``ear_y``, ``shoulder_y``,
    ``shoulder_x``, ``neck_px`` (ear-shoulder).
    """

    neck: float
    trunk: float | None
    pitch: float | None
    shoulder_ahead: float | None
    ear_y: float
    shoulder_y: float
    shoulder_x: float
    neck_px: float
    facing: float


def side_view(seen: Sight, facing: float | None = None) -> SideView | None:
    """The side-view measures of the nearer side; ``facing`` +1 to the right, where the nose does not say it."""
    left = seen.near is Side.LEFT
    ear, shoulder, hip = (
        (seen.left_ear, seen.left_shoulder, seen.left_hip)
        if left
        else (seen.right_ear, seen.right_shoulder, seen.right_hip)
    )
    if ear is None or shoulder is None:
        return None
    neck_px = hypot(ear[0] - shoulder[0], ear[1] - shoulder[1])
    if not neck_px:
        return None
    nose = seen.nose
    if nose is not None and nose[0] != ear[0]:
        facing = 1.0 if nose[0] > ear[0] else -1.0
    elif facing is None:
        facing = 1.0 if ear[0] >= shoulder[0] else -1.0
    torso = None if hip is None else hypot(shoulder[0] - hip[0], shoulder[1] - hip[1])
    neck = lean_from_vertical(ear, shoulder, facing)
    assert neck is not None, "both ends are seen"
    return SideView(
        neck=neck,
        trunk=lean_from_vertical(shoulder, hip, facing),
        pitch=None if nose is None else degrees(atan2(nose[1] - ear[1], abs(nose[0] - ear[0]))),
        shoulder_ahead=None if hip is None else (shoulder[0] - hip[0]) * facing / (torso or neck_px),
        ear_y=ear[1],
        shoulder_y=shoulder[1],
        shoulder_x=shoulder[0],
        neck_px=neck_px,
        facing=facing,
    )


# -- which view -------------------------------------------------------------------------------------------------------

SIDE_BELOW_TORSO = 0.35
"""Shoulder width over torso length of a person seen from the side (CLINICAL 3.3)."""
FRONT_ABOVE_TORSO = 0.45
SIDE_BELOW_NECK = 0.85
"""The same without hips, against the ear-shoulder distance: that is 0.4 of a torso, and 1.8 is square to the camera."""
FRONT_ABOVE_NECK = 1.1
SIDE_TURN = 1.2
"""Nose this many ear distances beside the ears: the head is seen from the side."""


def view_of(seen: Sight) -> str | None:
    """``front``, ``side``, or ``None`` where the picture does not say (between the two, or too little is seen)."""
    left, right = seen.left_shoulder, seen.right_shoulder
    if left is None or right is None or seen.shoulder_width is None:
        one_ear = (seen.left_ear is None) != (seen.right_ear is None)
        one_shoulder = (left is None) != (right is None)
        return SIDE if one_shoulder and (one_ear or seen.ears is not None) else None
    hip = midpoint(seen.left_hip, seen.right_hip) or seen.left_hip or seen.right_hip
    shoulders = midpoint(left, right)
    assert shoulders is not None, "both are seen"
    if hip is not None:
        ratio = seen.shoulder_width / max(hypot(shoulders[0] - hip[0], shoulders[1] - hip[1]), 1e-9)
        low, high = SIDE_BELOW_TORSO, FRONT_ABOVE_TORSO
    else:
        head = seen.ears or seen.left_ear or seen.right_ear
        if head is None:
            return None
        ratio = seen.shoulder_width / max(hypot(shoulders[0] - head[0], shoulders[1] - head[1]), 1e-9)
        low, high = SIDE_BELOW_NECK, FRONT_ABOVE_NECK
    turn = seen.turn
    if ratio < low:
        # Narrow shoulders with the face straight on are a trunk turned away under a head that looks here.
        return SIDE if turn is None or abs(turn) > SIDE_TURN / 2 else None
    if ratio > high and seen.ears is not None:
        return FRONT
    return SIDE if turn is not None and abs(turn) > SIDE_TURN and ratio < high else None
