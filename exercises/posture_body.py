"""A made-up person at a desk in front of a camera: what posture at the desk is proved on where recordings are rare.

Coordinates of the body: metres, x to the subject's left, y up, z forward to the screen, origin between the hips of
somebody who sits calmly. A camera at yaw 0 looks at the face, at yaw 90 it sees the subject's left side; it is a
pinhole, because near a webcam perspective is most of what a slump changes. A `Sitting` is the change from the body's
own calm posture, joint by joint; degrees and metres. Typical sizes: shoulder joint 5 cm ahead of and 7 cm below C7,
craniovertebral angle about 50 degrees; the neck goes along with less than half of a slump, because the eyes stay on the
screen. Limits: rigid segments; no clothes, hair, breathing; the head turns about the middle between the ears.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import atan2, cos, degrees, radians, sin, sqrt, tan

from exercises.body import LANDMARK_COUNT, Landmark

Vector = tuple[float, float, float]

_BACK_LEAN_TO_NECK = -0.4
"""Who leans back by 10 degrees bows the neck by 4, to keep the screen in sight."""
_PITCH_TO_NECK = 0.35
"""The share of a nod that the lower neck makes; the rest happens under the skull and moves no ear."""
_SIDE_RIGHTED = 0.5
"""The share of a sideways lean that the head takes back."""
_ARM_M = 0.28  # upper arm and forearm alike
_HALF_HIPS_M = 0.10
_WHOLE = 1.0


@dataclass(frozen=True, slots=True)
class Physique:
    """One body: lengths in metres and the angles it has when it sits calmly.

    ``cva_deg`` is the craniovertebral angle (C7 to tragus over the horizontal), ``trunk_lean_deg`` forward positive,
    ``hinge`` where along the trunk a slump begins, ``neck_follows`` the share of a slump that the neck goes along with,
    ``pelvis_rolls`` the share by which the lower trunk goes back meanwhile.
    """

    half_shoulders_m: float = 0.18
    head_m: float = 0.152
    neck_m: float = 0.155
    torso_m: float = 0.54
    shoulder_ahead_m: float = 0.05
    shoulder_below_m: float = 0.07
    cva_deg: float = 50.0
    trunk_lean_deg: float = 0.0
    head_pitch_deg: float = 4.0
    hinge: float = 0.42
    neck_follows: float = 0.4
    pelvis_rolls: float = 0.0


@dataclass(frozen=True, slots=True)
class Sitting:
    """How somebody sits, as the change from their calm posture; zero everywhere is calm.

    Positive: ``slump`` and ``lean`` forward, ``head_forward`` lowers the craniovertebral angle, ``side_lean``,
    ``head_yaw``, ``head_roll`` and ``turn`` (the whole trunk, to the side) to the subject's left, ``head_pitch`` down,
    ``chair_forward`` to the screen. The hands lie on the keyboard; 1 brings one all the way to ear, mouth or chest.
    """

    slump_deg: float = 0.0
    head_forward_deg: float = 0.0
    lean_deg: float = 0.0
    side_lean_deg: float = 0.0
    turn_deg: float = 0.0
    head_yaw_deg: float = 0.0
    head_pitch_deg: float = 0.0
    head_roll_deg: float = 0.0
    shrug_m: float = 0.0
    round_m: float = 0.0
    chair_forward_m: float = 0.0
    chair_side_m: float = 0.0
    rise_m: float = 0.0
    left_to_ear: float = 0.0
    left_to_mouth: float = 0.0
    left_to_chest: float = 0.0
    right_to_ear: float = 0.0
    right_to_mouth: float = 0.0
    right_to_chest: float = 0.0


JOINT_CHANGES = tuple(field.name for field in fields(Sitting))
CALM = Sitting()


@dataclass(frozen=True, slots=True)
class DeskCamera:
    """A pinhole: where it is, where it looks (degrees; pitch up, roll clockwise as it sees it), its field of view."""

    position_m: Vector
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    field_of_view_deg: float = 65.0
    width: float = 640.0
    height: float = 480.0

    @property
    def focal_px(self) -> float:
        return self.width / 2 / tan(radians(self.field_of_view_deg) / 2)


_HEAD: tuple[tuple[Landmark, Vector], ...] = (
    (Landmark.NOSE, (0.0, -0.05, 0.72)),
    (Landmark.LEFT_EYE_INNER, (0.12, 0.2, 0.6)),
    (Landmark.LEFT_EYE, (0.2, 0.2, 0.57)),
    (Landmark.LEFT_EYE_OUTER, (0.3, 0.2, 0.5)),
    (Landmark.RIGHT_EYE_INNER, (-0.12, 0.2, 0.6)),
    (Landmark.RIGHT_EYE, (-0.2, 0.2, 0.57)),
    (Landmark.RIGHT_EYE_OUTER, (-0.3, 0.2, 0.5)),
    (Landmark.LEFT_EAR, (0.5, 0.0, 0.0)),
    (Landmark.RIGHT_EAR, (-0.5, 0.0, 0.0)),
    (Landmark.MOUTH_LEFT, (0.17, -0.34, 0.56)),
    (Landmark.MOUTH_RIGHT, (-0.17, -0.34, 0.56)),
)
"""The joints of the head from the middle between the ears, in widths of the head."""


def body_at_desk(physique: Physique, sitting: Sitting = CALM) -> list[Vector | None]:
    """The 33 landmarks in metres; legs, which a desk hides, are None."""
    points: list[Vector | None] = [None] * LANDMARK_COUNT
    bent = sitting.lean_deg + sitting.slump_deg  # of the chest, against its calm posture
    low = physique.trunk_lean_deg + sitting.lean_deg - physique.pelvis_rolls * sitting.slump_deg
    hinge = _bowed((0.0, physique.hinge * physique.torso_m, 0.0), low)
    upper = (0.0, (_WHOLE - physique.hinge) * physique.torso_m, 0.0)
    c7 = _plus(hinge, _bowed(upper, physique.trunk_lean_deg + bent))
    follows = physique.neck_follows * sitting.slump_deg + min(0.0, sitting.lean_deg) * _BACK_LEAN_TO_NECK
    cva = radians(
        physique.cva_deg - follows - sitting.head_forward_deg - _PITCH_TO_NECK * sitting.head_pitch_deg
    )  # fmt: skip
    ears = _plus(c7, (0.0, physique.neck_m * sin(cva), physique.neck_m * cos(cva)))
    shoulder = _plus(c7, _bowed((0.0, -physique.shoulder_below_m, physique.shoulder_ahead_m), bent))
    shoulder = _plus(shoulder, (0.0, sitting.shrug_m, sitting.round_m))

    def placed(point: Vector) -> Vector:
        """Turned and leant to the side about the hips, and where the chair is."""
        x, y, z = _sideways(_turned(point, sitting.turn_deg), sitting.side_lean_deg)
        return (x + sitting.chair_side_m, y + sitting.rise_m, z + sitting.chair_forward_m)

    middle = placed(ears)
    roll = sitting.head_roll_deg + (_WHOLE - _SIDE_RIGHTED) * sitting.side_lean_deg
    pitch = physique.head_pitch_deg + sitting.head_pitch_deg
    for joint, offset in _HEAD:
        scaled = (offset[0] * physique.head_m, offset[1] * physique.head_m, offset[2] * physique.head_m)
        points[joint] = _plus(middle, _sideways(_turned(_bowed(scaled, pitch), sitting.head_yaw_deg), roll))
    for sign, side in ((1.0, 0), (-1.0, 1)):
        points[Landmark.LEFT_SHOULDER + side] = placed(
            (sign * physique.half_shoulders_m, shoulder[1], shoulder[2])
        )  # fmt: skip
        points[Landmark.LEFT_HIP + side] = placed((sign * _HALF_HIPS_M, 0.0, 0.0))
        _arm(points, sitting, sign, side)
    return points


def _arm(points: list[Vector | None], sitting: Sitting, sign: float, side: int) -> None:
    """The hand where the sitting has it, the elbow hanging between hand and shoulder, the fingers in one place."""
    shoulder, mouth, ear = (
        points[joint + side] for joint in (Landmark.LEFT_SHOULDER, Landmark.MOUTH_LEFT, Landmark.LEFT_EAR)
    )
    assert shoulder is not None
    assert mouth is not None
    assert ear is not None
    keys = (sign * 0.13 + sitting.chair_side_m, 0.16 + sitting.rise_m, 0.36 + min(sitting.chair_forward_m, 0.0))
    chest = (sign * 0.06 + sitting.chair_side_m, shoulder[1] - 0.16, shoulder[2] + 0.24)
    to_ear, to_mouth, to_chest = (
        (sitting.left_to_ear, sitting.left_to_mouth, sitting.left_to_chest)
        if sign > 0
        else (sitting.right_to_ear, sitting.right_to_mouth, sitting.right_to_chest)
    )
    wrist = keys
    for share, place in (
        (to_ear, _plus(ear, (sign * 0.03, -0.06, 0.03))), (to_mouth, _plus(mouth, (sign * 0.03, -0.05, 0.06))),
        (to_chest, chest),
    ):  # fmt: skip
        wrist = _between(wrist, place, share)
    reach = min(distance_m(shoulder, wrist) / 2, _ARM_M)
    hang = sqrt(_ARM_M**2 - reach**2)
    centre = _between(shoulder, wrist, 0.5)
    points[Landmark.LEFT_ELBOW + side] = (centre[0] + sign * 0.3 * hang, centre[1] - 0.9 * hang, centre[2])
    points[Landmark.LEFT_WRIST + side] = wrist
    for finger in (Landmark.LEFT_PINKY, Landmark.LEFT_INDEX, Landmark.LEFT_THUMB):
        points[finger + side] = _plus(wrist, (0.0, 0.02, 0.05))


def eyes_of(physique: Physique) -> Vector:
    """The point between the eyes of somebody who sits calmly: what cameras are placed by."""
    points = body_at_desk(physique)
    left, right = points[Landmark.LEFT_EYE], points[Landmark.RIGHT_EYE]
    assert left is not None
    assert right is not None
    return _between(left, right, 0.5)


def camera_before(
    physique: Physique, *, distance_m: float = 0.6, height_m: float = 0.0, yaw_deg: float = 0.0,
    aim_below_m: float = 0.1, field_of_view_deg: float = 65.0, width: float = 640.0, height: float = 480.0,
    pitch_off_deg: float = 0.0, roll_deg: float = 0.0, side_m: float = 0.0,
) -> DeskCamera:  # fmt: skip
    """A camera ``distance_m`` from the eyes and ``height_m`` above them, pitched to a point a little below them."""
    eyes = eyes_of(physique)
    away = (sin(radians(yaw_deg)), cos(radians(yaw_deg)))
    position = (
        eyes[0] + distance_m * away[0] + side_m * away[1],
        eyes[1] + height_m,
        eyes[2] + distance_m * away[1] - side_m * away[0],
    )
    pitch = degrees(atan2(-aim_below_m - height_m, distance_m)) + pitch_off_deg
    turned = yaw_deg + degrees(atan2(side_m, distance_m))
    return DeskCamera(position, turned, pitch, roll_deg, field_of_view_deg, width, height)


def project_at_desk(points: Sequence[Vector | None], camera: DeskCamera) -> list[tuple[float, float, float] | None]:
    """Where the camera sees each joint: x and y normalised to the picture, z as BlazePose scales it; else None."""
    right, up, ahead = _axes(camera)
    px, py, pz = camera.position_m
    focal = camera.focal_px
    fx, fy = focal / camera.width, focal / camera.height
    seen: list[tuple[float, float, float] | None] = []
    hips = [points[joint] for joint in (Landmark.LEFT_HIP, Landmark.RIGHT_HIP)]
    hip_depth = sum(_dot(ahead, (p[0] - px, p[1] - py, p[2] - pz)) for p in hips if p is not None) / len(hips)
    for point in points:
        if point is None:
            seen.append(None)
            continue
        v = (point[0] - px, point[1] - py, point[2] - pz)
        depth = _dot(ahead, v)
        if depth < 0.05:  # noqa: PLR2004  # behind the lens, or touching it
            seen.append(None)
            continue
        seen.append(
            (
                0.5 + fx * _dot(right, v) / depth,
                0.5 - fy * _dot(up, v) / depth,
                (depth - hip_depth) / max(hip_depth, 0.2) * fx,
            )
        )
    return seen


# -- small geometry ---------------------------------------------------------------------------------------------------


def _bowed(v: Vector, angle_deg: float) -> Vector:
    """Tipped forward about the axis through left and right."""
    c, s = cos(radians(angle_deg)), sin(radians(angle_deg))
    return (v[0], v[1] * c - v[2] * s, v[1] * s + v[2] * c)


def _sideways(v: Vector, angle_deg: float) -> Vector:
    """Tipped to the subject's left."""
    if not angle_deg:
        return v
    c, s = cos(radians(angle_deg)), sin(radians(angle_deg))
    return (v[0] * c + v[1] * s, v[1] * c - v[0] * s, v[2])


def _turned(v: Vector, angle_deg: float) -> Vector:
    """Turned about the vertical axis, to the subject's left."""
    if not angle_deg:
        return v
    c, s = cos(radians(angle_deg)), sin(radians(angle_deg))
    return (v[0] * c + v[2] * s, v[1], v[2] * c - v[0] * s)


def _axes(camera: DeskCamera) -> tuple[Vector, Vector, Vector]:
    """Right, up and ahead of the camera, in the body's coordinates."""
    y, p, r = radians(camera.yaw_deg), radians(camera.pitch_deg), radians(camera.roll_deg)
    level, right = (-sin(y), 0.0, -cos(y)), (cos(y), 0.0, -sin(y))
    ahead = (cos(p) * level[0], sin(p), cos(p) * level[2])
    up = (-sin(p) * level[0], cos(p), -sin(p) * level[2])
    return _mixed(right, cos(r), up, -sin(r)), _mixed(up, cos(r), right, sin(r)), ahead


def _mixed(a: Vector, of_a: float, b: Vector, of_b: float) -> Vector:
    return (a[0] * of_a + b[0] * of_b, a[1] * of_a + b[1] * of_b, a[2] * of_a + b[2] * of_b)


def _plus(a: Vector, b: Vector) -> Vector:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _between(a: Vector, b: Vector, share: float) -> Vector:
    return (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), a[2] + share * (b[2] - a[2]))


def distance_m(a: Vector, b: Vector) -> float:
    return sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2)
