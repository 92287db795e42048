"""The named measures a definition can use, computed from one frame.

Every measure is a plane measure in the picture (CLINICAL conventions: pixels first, then angles, or a 16:9 picture
distorts them). Angles are in degrees, lengths in torso lengths or shoulder widths as each docstring says; "facing" is
+1 when the subject looks to the right of the picture, -1 to the left. A measure is ``None`` when a landmark it needs
is not seen. Limits: a measure is meant for the views in its `Measure.error`; elsewhere it is a projection without a
stated error and is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import copysign, hypot

from exercises.body import Joint, Pose, Side
from exercises.geometry import XY, distance, joint_angle, lean_from_vertical, midpoint, tilt_from_level

VISIBLE = 0.6
"""Visibility a landmark needs to be used."""
VISIBLE_FAR_SIDE = 0.5
"""The same for the side turned away from the camera."""
SHOULDERS_PER_TORSO = 0.62
"""Shoulder width over torso length of an adult; only scales lengths while the hips are out of the picture."""


class Frame:
    """One pose in square units (pixels), with what the view monitor knows: the near side and the facing direction."""

    __slots__ = ("_height", "_points", "_torso", "_width", "_xy", "facing", "far_side", "time_s")

    def __init__(self, pose: Pose, facing: float = 1.0, far_side: Side | None = None) -> None:
        self.time_s = pose.time_s
        self.facing = facing
        self.far_side = far_side
        self._points = pose.points
        self._width = pose.width
        self._height = pose.height
        self._torso: float | None = None
        self._xy: dict[int, XY | None] = {}

    def joint(self, joint: Joint, side: Side) -> XY | None:
        """The joint in pixels, ``None`` when it is not seen well enough; the far side may be seen a little worse."""
        index = joint.left if side is Side.LEFT else joint.right
        if index in self._xy:
            return self._xy[index]
        point = self._points[index]
        xy = None
        if point is not None and point[3] >= (VISIBLE_FAR_SIDE if side is self.far_side else VISIBLE):
            xy = (point[0] * self._width, point[1] * self._height)
        self._xy[index] = xy
        return xy

    def inside(self, joint: Joint, side: Side, margin: float = 0.0) -> bool:
        """Whether the joint lies inside the picture (MediaPipe also guesses joints outside it)."""
        point = self._points[joint.left if side is Side.LEFT else joint.right]
        return point is not None and -margin <= point[0] <= 1 + margin and -margin <= point[1] <= 1 + margin

    def pair(self, joint: Joint) -> tuple[XY | None, XY | None]:
        """The joint on the left and on the right."""
        return self.joint(joint, Side.LEFT), self.joint(joint, Side.RIGHT)

    @property
    def shoulder_width(self) -> float | None:
        """Distance between the shoulders in pixels."""
        return distance(*self.pair(Joint.SHOULDER))

    @property
    def torso(self) -> float | None:
        """Length of the torso in pixels (shoulder middle to hip middle), from the shoulder width without hips."""
        if self._torso is None:
            length = distance(midpoint(*self.pair(Joint.SHOULDER)), midpoint(*self.pair(Joint.HIP)))
            if length is None:
                width = self.shoulder_width
                length = None if width is None else width / SHOULDERS_PER_TORSO
            self._torso = length or None
        return self._torso


MeasureFunction = Callable[[Frame, Side], "float | None"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its function, unit, the joints it needs on its side, and its error by view.

    ``error`` holds, per view in which the measure is valid, the half width of a 95 % band in the measure's unit.
    ``smoothing_scale`` makes the One-Euro constants, given for degrees, fit other units.
    """

    function: MeasureFunction
    unit: str
    joints: tuple[Joint, ...]
    error: Mapping[str, float]
    smoothing_scale: float = 1.0


def elbow_angle(frame: Frame, side: Side) -> float | None:
    """Angle at the elbow, 180 straight."""
    return joint_angle(
        frame.joint(Joint.SHOULDER, side), frame.joint(Joint.ELBOW, side), frame.joint(Joint.WRIST, side)
    )


def arm_to_trunk(frame: Frame, side: Side) -> float | None:
    """Angle between upper arm and trunk: 0 at the side, 90 level, 180 overhead."""
    return joint_angle(frame.joint(Joint.ELBOW, side), frame.joint(Joint.SHOULDER, side), frame.joint(Joint.HIP, side))


def arm_forward(frame: Frame, side: Side) -> float | None:
    """Arm to trunk in the side view, positive in front of the shoulder, negative behind it."""
    angle = arm_to_trunk(frame, side)
    if angle is None:
        return None
    shoulder = frame.joint(Joint.SHOULDER, side)
    elbow = frame.joint(Joint.ELBOW, side)
    assert shoulder is not None and elbow is not None  # noqa: PT018  # arm_to_trunk needed both
    return copysign(angle, (elbow[0] - shoulder[0]) * frame.facing)


def trunk_lean(frame: Frame, side: Side) -> float | None:
    """Lean of the trunk from vertical in the side view, positive forward."""
    return lean_from_vertical(frame.joint(Joint.SHOULDER, side), frame.joint(Joint.HIP, side), frame.facing)


def neck_lean(frame: Frame, side: Side) -> float | None:
    """Lean of the line shoulder-ear from vertical in the side view, positive forward. Not a craniovertebral angle."""
    return lean_from_vertical(frame.joint(Joint.EAR, side), frame.joint(Joint.SHOULDER, side), frame.facing)


def shoulder_ear_gap(frame: Frame, side: Side) -> float | None:
    """Height of the ear over the shoulder in torso lengths; it shrinks when the shoulder is shrugged."""
    ear, shoulder, torso = frame.joint(Joint.EAR, side), frame.joint(Joint.SHOULDER, side), frame.torso
    if ear is None or shoulder is None or torso is None:
        return None
    return (shoulder[1] - ear[1]) / torso


def wrist_above_ear(frame: Frame, side: Side) -> float | None:
    """Height of the wrist over the ear in torso lengths."""
    wrist, ear, torso = frame.joint(Joint.WRIST, side), frame.joint(Joint.EAR, side), frame.torso
    if wrist is None or ear is None or torso is None:
        return None
    return (ear[1] - wrist[1]) / torso


def wrist_across(frame: Frame, side: Side) -> float | None:
    """How far the wrist is past the body's midline, in shoulder widths, positive towards the other side."""
    wrist = frame.joint(Joint.WRIST, side)
    own, other = frame.joint(Joint.SHOULDER, side), frame.joint(Joint.SHOULDER, side.other)
    if wrist is None or own is None or other is None:
        return None
    width = hypot(own[0] - other[0], own[1] - other[1])
    if width == 0:
        return None
    return (wrist[0] - (own[0] + other[0]) / 2) * copysign(1.0, other[0] - own[0]) / width


def elbow_height(frame: Frame, side: Side) -> float | None:
    """Height of the elbow over its shoulder in shoulder widths."""
    elbow, shoulder, width = frame.joint(Joint.ELBOW, side), frame.joint(Joint.SHOULDER, side), frame.shoulder_width
    if elbow is None or shoulder is None or not width:
        return None
    return (shoulder[1] - elbow[1]) / width


def elbow_off_level(frame: Frame, side: Side) -> float | None:
    """Distance of the elbow's height from the shoulder's, either way, in shoulder widths."""
    height = elbow_height(frame, side)
    return None if height is None else abs(height)


def shoulder_tilt(frame: Frame, side: Side) -> float | None:
    """Tilt of the shoulder line from level, either way (front view; the same for both sides)."""
    del side
    tilt = tilt_from_level(*frame.pair(Joint.SHOULDER))
    return None if tilt is None else abs(tilt)


def shoulder_breadth(frame: Frame, side: Side) -> float | None:
    """Shoulder width in torso lengths: it shrinks when the trunk turns away from the camera."""
    del side
    width, torso = frame.shoulder_width, frame.torso
    if width is None or torso is None:
        return None
    return width / torso


def trunk_side_shift(frame: Frame, side: Side) -> float | None:
    """Sideways distance of the shoulders' middle from the hips' middle, in torso lengths (front view)."""
    del side
    shoulders = midpoint(*frame.pair(Joint.SHOULDER))
    hips = midpoint(*frame.pair(Joint.HIP))
    torso = frame.torso
    if shoulders is None or hips is None or torso is None:
        return None
    return (shoulders[0] - hips[0]) / torso


def arm_difference(frame: Frame, side: Side) -> float | None:
    """Difference of arm to trunk between the sides, either way (front view; the same for both sides)."""
    del side
    left, right = arm_to_trunk(frame, Side.LEFT), arm_to_trunk(frame, Side.RIGHT)
    if left is None or right is None:
        return None
    return abs(left - right)


# Error bands (95 %), from published agreement of BlazePose angles: side view -2.3 +- 6.4 deg, all views mixed
# -13.9 +- 15.1 deg (iris.uniecampus.it/handle/11389/91575); shoulder range 3.6 to -7 deg against goniometer
# (Hellsten & Karlsson 2025). Lengths: landmark noise of about 2 % of the torso on each end.
_ANGLE = {"front": 10.0, "side": 8.0, "oblique": 15.0}
_SIDE_ANGLE = {"side": 8.0, "oblique": 15.0}
_FRONT_LENGTH = {"front": 0.06}
_RATIO = 100.0

MEASURES: Mapping[str, Measure] = {
    "elbow_angle": Measure(elbow_angle, "deg", (Joint.SHOULDER, Joint.ELBOW, Joint.WRIST), _ANGLE),
    "arm_to_trunk": Measure(arm_to_trunk, "deg", (Joint.ELBOW, Joint.SHOULDER, Joint.HIP), _ANGLE),
    "arm_forward": Measure(arm_forward, "deg", (Joint.ELBOW, Joint.SHOULDER, Joint.HIP), _SIDE_ANGLE),
    "trunk_lean": Measure(trunk_lean, "deg", (Joint.SHOULDER, Joint.HIP), _SIDE_ANGLE),
    "neck_lean": Measure(neck_lean, "deg", (Joint.EAR, Joint.SHOULDER), _SIDE_ANGLE),
    "shoulder_ear_gap": Measure(
        shoulder_ear_gap,
        "torso",
        (Joint.EAR, Joint.SHOULDER, Joint.HIP),
        {"front": 0.05, "side": 0.05, "oblique": 0.07},
        _RATIO,
    ),
    "wrist_above_ear": Measure(
        wrist_above_ear, "torso", (Joint.WRIST, Joint.EAR), {"front": 0.06, "side": 0.06, "oblique": 0.08}, _RATIO
    ),
    "wrist_across": Measure(wrist_across, "shoulders", (Joint.WRIST, Joint.SHOULDER), _FRONT_LENGTH, _RATIO),
    "elbow_height": Measure(elbow_height, "shoulders", (Joint.ELBOW, Joint.SHOULDER), _FRONT_LENGTH, _RATIO),
    "elbow_off_level": Measure(elbow_off_level, "shoulders", (Joint.ELBOW, Joint.SHOULDER), _FRONT_LENGTH, _RATIO),
    "shoulder_tilt": Measure(shoulder_tilt, "deg", (Joint.SHOULDER,), {"front": 4.0}),
    "shoulder_breadth": Measure(
        shoulder_breadth, "torso", (Joint.SHOULDER, Joint.HIP), _FRONT_LENGTH | {"side": 0.06, "oblique": 0.06}, _RATIO
    ),
    "trunk_side_shift": Measure(trunk_side_shift, "torso", (Joint.SHOULDER, Joint.HIP), _FRONT_LENGTH, _RATIO),
    "arm_difference": Measure(arm_difference, "deg", (Joint.ELBOW, Joint.SHOULDER, Joint.HIP), {"front": 14.0}),
}
