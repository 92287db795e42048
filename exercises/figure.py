"""A simple body moved by a definition's key poses: the figure that shows the movement, and ideal motion for tests.

Coordinates of the body: metres, x to the subject's left, y up, z forward, origin between the hips. A camera at yaw 0
looks at the subject's face; at yaw 90 it sees the subject's left side face on (the subject then looks to the left of
the picture), at yaw -90 the right side. The projection is orthographic, as from far away, so a plane measure on the
figure is exact in the asked view. Limits: proportions of one average adult; no joint limits, no muscles, no clothes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from math import cos, pi, radians, sin
from typing import Any

from exercises.body import LANDMARK_COUNT, TWINS, Landmark, Point, Pose, Side
from exercises.definition import Arm, Definition, Figure, KeyPose, Leg

Vector = tuple[float, float, float]
Axes = tuple[Vector, Vector, Vector]

TORSO_M = 0.50
HALF_SHOULDERS_M = 0.175
HALF_HIPS_M = 0.10
UPPER_ARM_M = 0.29
FOREARM_M = 0.25
HAND_M = 0.09
NECK_M = 0.19  # shoulder line to ear height
HALF_HEAD_M = 0.075
NOSE_FORWARD_M = 0.11
THIGH_M = 0.42
SHANK_M = 0.42
FOOT_M = 0.20
PICTURE_M = 2.3
"""Height of the picture in metres at the body's distance: a person two metres from a laptop camera."""
CLOSE_ZOOM = 2.1
"""How much larger head and trunk are drawn for movements of a few centimetres."""
_FIXED = {"sitting": Landmark.LEFT_HIP, "supine": Landmark.LEFT_HIP, "all_fours": Landmark.LEFT_HIP}
"""What stays in its place while the body moves (with its right twin); kneeling on the knees, the others on the feet."""

BONES: tuple[tuple[Landmark, Landmark], ...] = (
    (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER),
    (Landmark.LEFT_HIP, Landmark.RIGHT_HIP),
    (Landmark.LEFT_SHOULDER, Landmark.LEFT_HIP),
    (Landmark.RIGHT_SHOULDER, Landmark.RIGHT_HIP),
    (Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW),
    (Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST),
    (Landmark.RIGHT_SHOULDER, Landmark.RIGHT_ELBOW),
    (Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST),
    (Landmark.LEFT_HIP, Landmark.LEFT_KNEE),
    (Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE),
    (Landmark.RIGHT_HIP, Landmark.RIGHT_KNEE),
    (Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE),
    (Landmark.LEFT_ANKLE, Landmark.LEFT_FOOT_INDEX),
    (Landmark.RIGHT_ANKLE, Landmark.RIGHT_FOOT_INDEX),
    (Landmark.LEFT_WRIST, Landmark.LEFT_INDEX),
    (Landmark.RIGHT_WRIST, Landmark.RIGHT_INDEX),
)
"""Pairs of landmarks that are joined by a line, for every skeleton the project draws."""

VIEW_YAW_DEG = {"front": 0.0, "oblique": -45.0, "side": -90.0}
"""Yaw from which a view is drawn: side views show the right side, the subject looks to the right of the picture."""


_FINGERS = range(Landmark.LEFT_PINKY, Landmark.RIGHT_THUMB + 1)


@dataclass(frozen=True, slots=True)
class Camera:
    """How the synthetic body is seen: turn of the body in degrees, picture size in pixels, shift and mirroring.

    ``zoom`` 1 shows `PICTURE_M` metres over the picture's height.
    """

    yaw_deg: float = 0.0
    width: float = 640.0
    height: float = 480.0
    zoom: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    mirrored: bool = False


def key_pose_at(figure: Figure, progress: float) -> KeyPose:
    """The key pose at ``progress`` (0 start, 1 peak; outside 0..1 it goes on in the same direction)."""
    return blend(figure.start, figure.peak, progress)


def blend(a: KeyPose, b: KeyPose, progress: float) -> KeyPose:
    """The pose between two key poses, joint angle by joint angle."""

    def mix(x: Any, y: Any) -> Any:
        kind = type(x)
        if kind not in _FIELDS:
            return x + progress * (y - x)
        return kind(*[mix(getattr(x, name), getattr(y, name)) for name in _FIELDS[kind]])

    mixed: KeyPose = mix(a, b)
    return mixed


_FIELDS = {kind: tuple(field.name for field in fields(kind)) for kind in (Arm, Leg, KeyPose)}


def swap_sides(pose: KeyPose) -> KeyPose:
    """The same pose done with the other side."""
    return replace(
        pose,
        left=pose.right,
        right=pose.left,
        left_leg=pose.right_leg,
        right_leg=pose.left_leg,
        trunk_side=-pose.trunk_side,
        trunk_turn=-pose.trunk_turn,
        head_side=-pose.head_side,
        head_turn=-pose.head_turn,
    )


def body(pose: KeyPose, posture: str) -> list[Vector]:
    """The 33 landmarks in metres (x to the subject's left, y up, z forward); what the posture rests on is at zero."""
    points: list[Vector] = [(0.0, 0.0, 0.0)] * LANDMARK_COUNT
    trunk = _frame(pose.trunk_turn, pose.trunk_side, pose.trunk_lean)
    chest = _turned(trunk, (0.0, TORSO_M, 0.0))
    neck, tilt = radians(pose.neck_lean), radians(pose.head_side)
    rise = NECK_M - pose.shrug
    ears = _add(chest, _turned(trunk, (rise * sin(tilt), rise * cos(tilt) * cos(neck), NECK_M * sin(neck))))
    _head(points, ears, trunk, _frame(pose.head_turn, pose.head_side, pose.head_pitch))
    for side, sign in ((Side.LEFT, 1.0), (Side.RIGHT, -1.0)):
        offset = 0 if side is Side.LEFT else 1
        shoulder = _add(chest, _turned(trunk, (sign * HALF_SHOULDERS_M, 0.0, -pose.retraction)))
        points[Landmark.LEFT_SHOULDER + offset] = shoulder
        _arm(points, offset, shoulder, pose.left if side is Side.LEFT else pose.right, sign=sign, trunk=trunk)
        _leg(points, offset, pose.left_leg if side is Side.LEFT else pose.right_leg, sign=sign, posture=posture)
    fixed = _FIXED.get(posture, Landmark.LEFT_KNEE if posture == "kneeling" else Landmark.LEFT_ANKLE)
    origin = _scale(_add(points[fixed], points[fixed + 1]), -0.5)
    return [_add(point, origin) for point in points]


_HEAD: tuple[tuple[Landmark, Vector], ...] = (
    (Landmark.NOSE, (0.0, -0.01, NOSE_FORWARD_M)),
    (Landmark.LEFT_EYE_INNER, (0.02, 0.03, 0.09)),
    (Landmark.LEFT_EYE, (0.03, 0.03, 0.085)),
    (Landmark.LEFT_EYE_OUTER, (0.045, 0.03, 0.075)),
    (Landmark.RIGHT_EYE_INNER, (-0.02, 0.03, 0.09)),
    (Landmark.RIGHT_EYE, (-0.03, 0.03, 0.085)),
    (Landmark.RIGHT_EYE_OUTER, (-0.045, 0.03, 0.075)),
    (Landmark.LEFT_EAR, (HALF_HEAD_M, 0.0, 0.0)),
    (Landmark.RIGHT_EAR, (-HALF_HEAD_M, 0.0, 0.0)),
    (Landmark.MOUTH_LEFT, (0.025, -0.05, 0.085)),
    (Landmark.MOUTH_RIGHT, (-0.025, -0.05, 0.085)),
)
"""The joints of the head, from the middle between the ears, in its own axes."""


def _head(points: list[Vector], ears: Vector, trunk: Axes, head: Axes) -> None:
    for index, offset in _HEAD:
        points[index] = _add(ears, _turned(trunk, _turned(head, offset)))


def _arm(points: list[Vector], offset: int, shoulder: Vector, arm: Arm, *, sign: float, trunk: Axes) -> None:
    """Place elbow, wrist and hand. The arm's angles are measured against the trunk, so it goes with it."""
    e, p, f, r = (radians(v) for v in (arm.elevation, arm.plane, arm.elbow, arm.roll))
    level = (sign * cos(p), 0.0, sin(p))
    upper = _add(_scale((0.0, -1.0, 0.0), cos(e)), _scale(level, sin(e)))
    lift = _add(_scale((0.0, 1.0, 0.0), sin(e)), _scale(level, cos(e)))  # where more elevation goes
    swing = (-sign * sin(p), 0.0, cos(p))  # where a larger plane goes: from the side to the front
    bend = _add(_scale(lift, cos(r)), _scale(swing, sin(r)))
    lower = _add(_scale(upper, cos(f)), _scale(bend, sin(f)))
    upper, lower = _turned(trunk, upper), _turned(trunk, lower)
    elbow = _add(shoulder, _scale(upper, UPPER_ARM_M))
    wrist = _add(elbow, _scale(lower, FOREARM_M))
    hand = _add(wrist, _scale(lower, HAND_M))
    points[Landmark.LEFT_ELBOW + offset] = elbow
    points[Landmark.LEFT_WRIST + offset] = wrist
    for finger in (Landmark.LEFT_PINKY, Landmark.LEFT_INDEX, Landmark.LEFT_THUMB):
        points[finger + offset] = hand


def _leg(points: list[Vector], offset: int, leg: Leg, *, sign: float, posture: str) -> None:
    hip = (sign * HALF_HIPS_M, 0.0, 0.0)
    knee = _add(hip, _scale(_leg_direction(leg.hip, leg.out * sign), THIGH_M))
    ankle = _add(knee, _scale(_leg_direction(leg.hip - leg.knee, 0.0), SHANK_M))
    # Kneeling feet lie along the shank, all others stand at a right angle to it.
    toes = _leg_direction(leg.hip - leg.knee + (0.0 if posture in ("kneeling", "all_fours") else 90.0), 0.0)
    shank = _leg_direction(leg.hip - leg.knee, 0.0)
    points[Landmark.LEFT_HIP + offset] = hip
    points[Landmark.LEFT_KNEE + offset] = knee
    points[Landmark.LEFT_ANKLE + offset] = ankle
    points[Landmark.LEFT_HEEL + offset] = _add(ankle, _add(_scale(shank, 0.05), _scale(toes, -0.05)))
    points[Landmark.LEFT_FOOT_INDEX + offset] = _add(ankle, _add(_scale(shank, 0.06), _scale(toes, FOOT_M - 0.05)))


def _leg_direction(angle_deg: float, out_deg: float) -> Vector:
    """Unit vector of a leg part: 0 down, 90 forward, 180 up; ``out`` to the side, positive to the subject's left."""
    angle, out = radians(angle_deg), radians(out_deg)
    return (sin(out), -cos(angle) * cos(out), sin(angle) * cos(out))


def _frame(turn_deg: float, side_deg: float, lean_deg: float) -> Axes:
    """The axes left, up and front of a body part that was turned to its left, bent to its left, then leant forward."""
    t, s, n = radians(turn_deg), radians(side_deg), radians(lean_deg)
    (cos_t, sin_t), (cos_s, sin_s), (cos_n, sin_n) = (cos(t), sin(t)), (cos(s), sin(s)), (cos(n), sin(n))

    def placed(v: Vector) -> Vector:
        x, y, z = v[0] * cos_t + v[2] * sin_t, v[1], -v[0] * sin_t + v[2] * cos_t
        x, y = x * cos_s + y * sin_s, -x * sin_s + y * cos_s
        return (x, y * cos_n - z * sin_n, y * sin_n + z * cos_n)

    return placed((1.0, 0.0, 0.0)), placed((0.0, 1.0, 0.0)), placed((0.0, 0.0, 1.0))


def _turned(axes: Axes, v: Vector) -> Vector:
    """``v``, given in the axes, in the coordinates that the axes are given in."""
    # Written out: this is called thirty times for each synthetic pose, and poses are made by the hundred thousand.
    (a, b, c), (x, y, z) = axes, v
    return (a[0] * x + b[0] * y + c[0] * z, a[1] * x + b[1] * y + c[1] * z, a[2] * x + b[2] * y + c[2] * z)


@cache
def centre_of(figure: Figure) -> Vector:
    """The middle of everything the figure's body reaches between its key poses: where the camera looks."""
    reached = [point for part in (0.0, 0.5, 1.0) for point in body(key_pose_at(figure, part), figure.posture)]
    if figure.close:
        reached = [body(key_pose_at(figure, part), figure.posture)[n] for part in (0.0, 1.0) for n in _UPPER_BODY]
    low, high = (tuple(pick(point[axis] for point in reached) for axis in range(3)) for pick in (min, max))
    return ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2)


_UPPER_BODY = (Landmark.NOSE, Landmark.LEFT_EYE, Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP)


def _add(a: Vector, b: Vector) -> Vector:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def _scale(a: Vector, factor: float) -> Vector:
    return (a[0] * factor, a[1] * factor, a[2] * factor)


def project(
    points: Sequence[Vector],
    camera: Camera,
    centre: Vector,
    *,
    time_s: float,
    noise: Callable[[], float] | None = None,
    dropout: Callable[[int], bool] | None = None,
) -> Pose:
    """The body as a camera and a pose estimator would report it; the camera looks at ``centre``.

    ``noise()`` gives metres to add to each x and y; ``dropout(landmark)`` says which joints are not seen. The side
    turned away gets a lower visibility, as BlazePose gives it.
    """
    turn_cos, turn_sin = cos(radians(camera.yaw_deg)), sin(radians(camera.yaw_deg))
    width, height, mirrored = camera.width, camera.height, camera.mirrored
    middle_x, middle_y = width / 2 + camera.shift_x * width, height / 2 + camera.shift_y * height
    scale = camera.height / PICTURE_M * camera.zoom
    away = None if abs(camera.yaw_deg) < 25 else (Side.RIGHT if camera.yaw_deg > 0 else Side.LEFT)  # noqa: PLR2004
    seen: list[Point | None] = []
    for index, point in enumerate(points):
        x, y, z = point[0] - centre[0], point[1] - centre[1], point[2] - centre[2]
        across = x * turn_cos - z * turn_sin
        towards = x * turn_sin + z * turn_cos
        jitter_x, jitter_y = (noise(), noise()) if noise else (0.0, 0.0)
        pixel_x = middle_x + (across + jitter_x) * scale
        pixel_y = middle_y - (y + jitter_y) * scale
        if mirrored:
            pixel_x = width - pixel_x
        hidden = dropout is not None and dropout(index)
        visibility = 0.1 if hidden else 0.55 if _belongs_to(index, away) else 0.98
        seen.append(Point(pixel_x / width, pixel_y / height, -towards * scale / width, visibility))
    if camera.mirrored:
        # A mirrored picture shows a person whose left is where the right was; an estimator names the joints anew.
        seen = [seen[twin] for twin in TWINS]
    return Pose(time_s, tuple(seen), camera.width, camera.height)


def _belongs_to(index: int, side: Side | None) -> bool:
    if side is None or index < Landmark.LEFT_ELBOW or index > Landmark.RIGHT_THUMB:
        return False
    return index % 2 == (1 if side is Side.LEFT else 0)


def synthetic_pose(
    definition: Definition,
    progress: float,
    *,
    time_s: float = 0.0,
    side: Side = Side.LEFT,
    camera: Camera | None = None,
    noise: Callable[[], float] | None = None,
    dropout: Callable[[int], bool] | None = None,
) -> Pose:
    """The pose of ideal motion at ``progress`` (0 start, 1 peak); ``side`` is the working side of a sided exercise."""
    pose = key_pose_at(definition.figure, progress)
    if definition.sided and side is Side.RIGHT:
        pose = swap_sides(pose)
    camera = camera or Camera(yaw_deg=VIEW_YAW_DEG[definition.figure.view])
    figure = definition.figure
    points = body(pose, figure.posture)
    return project(points, camera, centre_of(figure), time_s=time_s, noise=noise, dropout=dropout)


def ideal_progress(time_s: float, seconds: float) -> float:
    """Progress of one smooth repetition that takes ``seconds`` and repeats: 0, up to 1, and back to 0."""
    return (1 - cos(2 * pi * time_s / seconds)) / 2


def figure_frames(definition: Definition, frames: int = 48) -> dict[str, Any]:
    """One movement for drawing: start, peak and back, with short rests at both ends.

    ``points``: per frame 33 pairs x, y in 0..1 of a square picture; ``bones``: pairs of landmark indices;
    ``highlight``: the landmarks that work; ``depth``: per frame 33 values, smaller is nearer, for the drawing order;
    ``bend``: per frame how far the back is drawn rounded (positive) or hollowed, in picture heights.
    """
    figure = definition.figure
    zoom = CLOSE_ZOOM if figure.close else 1.0
    camera = Camera(VIEW_YAW_DEG[figure.view], width=1000, height=1000, zoom=zoom)
    side = Side.LEFT if figure.view == "front" else Side.RIGHT  # the side that is drawn in front
    poses = [synthetic_pose(definition, _eased(n / frames), side=side, camera=camera) for n in range(frames)]
    points = [[[round(p.x, 4), round(p.y, 4)] if p else None for p in pose.points] for pose in poses]
    depth = [[round(p.z, 4) if p else 0.0 for p in pose.points] for pose in poses]
    bends = [key_pose_at(figure, _eased(n / frames)).bend * camera.height / PICTURE_M * zoom for n in range(frames)]
    return {
        "exercise": definition.id,
        "view": figure.view,
        "posture": figure.posture,
        "seconds": figure.seconds,
        "points": points,
        "depth": depth,
        "bend": [round(bend / camera.height, 4) for bend in bends],
        "bones": [[int(a), int(b)] for a, b in BONES],
        "highlight": [int(landmark) for landmark in _working(definition, side)],
        "peak_frame": frames // 2,
    }


def _eased(part: float) -> float:
    """Progress over one cycle with a rest of a tenth at start and peak."""
    away = min(max((part - 0.05) / 0.4, 0.0), 1.0) if part < 0.5 else 1 - min(max((part - 0.55) / 0.4, 0.0), 1.0)  # noqa: PLR2004  # the middle
    return (1 - cos(pi * away)) / 2


def _working(definition: Definition, side: Side) -> tuple[Landmark, ...]:
    """The joints that move by a hand's width or more between the key poses; the upper body where none does."""
    figure = definition.figure
    poses = [figure.start, figure.peak]
    if definition.sided and side is Side.RIGHT:
        poses = [swap_sides(pose) for pose in poses]
    start, peak = (body(pose, figure.posture) for pose in poses)
    moving = [n for n in _LIMBS if max(abs(a - b) for a, b in zip(start[n], peak[n], strict=True)) > HAND_M]
    return tuple(moving) or (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)


_LIMBS = tuple(Landmark(n) for n in range(Landmark.LEFT_SHOULDER, Landmark.LEFT_ANKLE + 2) if n not in _FINGERS)
