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
from math import acos, atan2, copysign, degrees, exp, hypot

from exercises.body import Joint, Pose, Side
from exercises.geometry import XY, distance, joint_angle, lean_from_vertical, midpoint, tilt_from_level

VISIBLE = 0.6
"""Visibility a landmark needs to be used."""
VISIBLE_FAR_SIDE = 0.5
"""The same for the side turned away from the camera."""
SHOULDERS_PER_TORSO = 0.68
"""Shoulder width over torso length of an adult as pose estimators place them (0.61 to 0.82 on the development
recordings): scales lengths while the hips are out of the picture, and turns a width into a turn."""


class Frame:
    """One pose in square units (pixels), with what the view monitor knows: the near side and the facing direction."""

    __slots__ = (
        "_height",
        "_pairs",
        "_points",
        "_torso",
        "_width",
        "_xy",
        "facing",
        "far_side",
        "own",
        "shared",
        "time_s",
    )

    def __init__(
        self, pose: Pose, facing: float = 1.0, far_side: Side | None = None, own: Proportions | None = None
    ) -> None:
        self.time_s = pose.time_s
        self.facing = facing
        self.far_side = far_side
        self.own = own
        self._points = pose.points
        self._width = pose.width
        self._height = pose.height
        self._torso: float | None = None
        self._xy: dict[int, XY | None] = {}
        self._pairs: dict[Joint, tuple[XY | None, XY | None]] = {}
        self.shared: dict[str, float | None] = {}

    def joint(self, joint: Joint, side: Side) -> XY | None:
        """The joint in pixels, ``None`` when it is not seen well enough; the far side may be seen a little worse."""
        index = joint.left if side is Side.LEFT else joint.right
        known = self._xy
        if index in known:
            return known[index]
        point = self._points[index]
        xy = None
        if point is not None and point[3] >= (VISIBLE_FAR_SIDE if side is self.far_side else VISIBLE):
            xy = (point[0] * self._width, point[1] * self._height)
        self._xy[index] = xy
        return xy

    def depth(self, joint: Joint, side: Side) -> float | None:
        """Depth of the joint in pixels, smaller is nearer; coarse, see `exercises.body`."""
        point = self._points[joint.left if side is Side.LEFT else joint.right]
        return None if point is None else point[2] * self._width

    def inside(self, joint: Joint, side: Side, margin: float = 0.0) -> bool:
        """Whether the joint lies inside the picture (MediaPipe also guesses joints outside it)."""
        point = self._points[joint.left if side is Side.LEFT else joint.right]
        return point is not None and -margin <= point[0] <= 1 + margin and -margin <= point[1] <= 1 + margin

    def pair(self, joint: Joint) -> tuple[XY | None, XY | None]:
        """The joint on the left and on the right."""
        found = self._pairs.get(joint)
        if found is None:
            found = self._pairs[joint] = (self.joint(joint, Side.LEFT), self.joint(joint, Side.RIGHT))
        return found

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


GROWTH_TAU_S = 0.5
SHRINK_TAU_S = 60.0
UPPER_ARMS_PER_TORSO = (0.50, 0.75)
"""Shortest and longest upper arm over torso of an adult: what one frame may claim."""


class Proportions:
    """The person's own lengths in torso lengths, learnt while watching: the largest ones that last.

    A length that points away from the picture looks short and never long, so the largest value is the true one.
    """

    __slots__ = ("_time", "breadth", "torso", "upper_arm")

    def __init__(self) -> None:
        self._time: float | None = None
        self.breadth: float | None = None
        self.torso: float | None = None
        """Length of the upright torso in pixels: it shortens in the picture when the trunk leans to the camera."""
        self.upper_arm = {Side.LEFT: UPPER_ARMS_PER_TORSO[0], Side.RIGHT: UPPER_ARMS_PER_TORSO[0]}

    def observe(self, frame: Frame) -> None:
        """Take one frame into account."""
        interval = 0.0 if self._time is None else max(frame.time_s - self._time, 0.0)
        self._time = frame.time_s
        torso, width = frame.torso, frame.shoulder_width
        if torso is None or width is None:
            return
        self.torso = torso if self.torso is None else _approach(self.torso, torso, interval)
        # Against the upright torso: a trunk that leans to the camera looks short and would make all else look long.
        upright = max(torso, self.torso)
        breadth = width / upright
        self.breadth = breadth if self.breadth is None else _approach(self.breadth, breadth, interval)
        low, high = UPPER_ARMS_PER_TORSO
        for side in Side:
            length = distance(frame.joint(Joint.SHOULDER, side), frame.joint(Joint.ELBOW, side))
            if length is not None:
                seen = min(max(length / upright, low), high)
                self.upper_arm[side] = _approach(self.upper_arm[side], seen, interval)


def _approach(known: float, seen: float, interval_s: float) -> float:
    tau = GROWTH_TAU_S if seen > known else SHRINK_TAU_S
    return known + (1.0 - exp(-interval_s / tau)) * (seen - known)


MeasureFunction = Callable[[Frame, Side], "float | None"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its function, unit, the joints it needs on its side, and its error by view.

    ``error`` holds, per view in which the measure is valid, the half width of a 95 % band in the measure's unit.
    ``smoothing_scale`` makes the One-Euro constants, given for degrees, fit other units. ``towards_side``: positive
    towards the measured side and negative to the other, so that 0 is where a movement to either side begins.
    ``same_for_both``: the measure does not depend on the side, so it is computed once per frame.
    """

    function: MeasureFunction
    unit: str
    joints: tuple[Joint, ...]
    error: Mapping[str, float]
    smoothing_scale: float = 1.0
    towards_side: bool = False
    same_for_both: bool = False


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


def _heights(frame: Frame, upper: XY | None, lower: XY | None) -> float | None:
    """Height of ``upper`` over ``lower`` in torso lengths."""
    torso = frame.torso
    if upper is None or lower is None or torso is None:
        return None
    return (lower[1] - upper[1]) / torso


def _apart(frame: Frame, joint: Joint) -> float | None:
    """Sideways distance of the two joints in torso lengths."""
    left, right = frame.pair(joint)
    torso = frame.torso
    if left is None or right is None or torso is None:
        return None
    return abs(left[0] - right[0]) / torso


def arm_elevation(frame: Frame, side: Side) -> float | None:
    """Elevation of the upper arm from hanging (0) to overhead (180) by the height of the elbow, in any plane.

    The picture shows only the height of an arm that points at the camera; with the person's own arm length that
    height is an angle. Near 0 and 180 it is flat: a centimetre there is ten degrees.
    """
    rise = _heights(frame, frame.joint(Joint.ELBOW, side), frame.joint(Joint.SHOULDER, side))
    if rise is None:
        return None
    length = frame.own.upper_arm[side] if frame.own else UPPER_ARMS_PER_TORSO[0]
    return degrees(acos(max(-1.0, min(1.0, -rise / length))))


def wrist_height(frame: Frame, side: Side) -> float | None:
    """Height of the wrist over the shoulder in torso lengths."""
    return _heights(frame, frame.joint(Joint.WRIST, side), frame.joint(Joint.SHOULDER, side))


def wrist_over_elbow(frame: Frame, side: Side) -> float | None:
    """Height of the wrist over the elbow in torso lengths."""
    return _heights(frame, frame.joint(Joint.WRIST, side), frame.joint(Joint.ELBOW, side))


def wrist_separation(frame: Frame, side: Side) -> float | None:
    """Sideways distance of the wrists in torso lengths (front view; the same for both sides)."""
    del side
    return _apart(frame, Joint.WRIST)


def elbow_separation(frame: Frame, side: Side) -> float | None:
    """Sideways distance of the elbows in torso lengths (front view; the same for both sides)."""
    del side
    return _apart(frame, Joint.ELBOW)


def hand_difference(frame: Frame, side: Side) -> float | None:
    """Difference of the hands' distances from the body's midline, either way, in torso lengths (front view)."""
    del side
    left, right = frame.pair(Joint.WRIST)
    middle, torso = midpoint(*frame.pair(Joint.SHOULDER)), frame.torso
    if left is None or right is None or middle is None or torso is None:
        return None
    return abs(abs(left[0] - middle[0]) - abs(right[0] - middle[0])) / torso


def head_tilt(frame: Frame, side: Side) -> float | None:
    """Tilt of the line between the ears in degrees, positive towards the measured side (front view)."""
    tilt = tilt_from_level(*frame.pair(Joint.EAR))
    if tilt is None:
        return None
    return tilt if side is Side.LEFT else -tilt


def head_turn(frame: Frame, side: Side) -> float | None:
    """How far the nose is from the ears' middle in ear distances, positive towards the measured side (front view)."""
    nose = frame.joint(Joint.NOSE, side)
    left, right = frame.pair(Joint.EAR)
    if nose is None or left is None or right is None or left[0] == right[0]:
        return None
    towards_left = (nose[0] - (left[0] + right[0]) / 2) / (left[0] - right[0])
    return towards_left if side is Side.LEFT else -towards_left


def head_pitch(frame: Frame, side: Side) -> float | None:
    """How far the nose is below the ears' middle in ear distances (front view); looking down 20 degrees adds 0.3."""
    nose = frame.joint(Joint.NOSE, side)
    ears = frame.pair(Joint.EAR)
    middle, width = midpoint(*ears), distance(*ears)
    if nose is None or middle is None or not width:
        return None
    return (nose[1] - middle[1]) / width


def trunk_side_lean(frame: Frame, side: Side) -> float | None:
    """Lean of the trunk in degrees, positive towards the measured side (front view)."""
    shoulders = frame.pair(Joint.SHOULDER)
    if shoulders[0] is None or shoulders[1] is None:
        return None
    towards_left = copysign(1.0, shoulders[0][0] - shoulders[1][0])
    lean = lean_from_vertical(midpoint(*shoulders), midpoint(*frame.pair(Joint.HIP)), towards_left)
    if lean is None:
        return None
    return lean if side is Side.LEFT else -lean


def trunk_turn(frame: Frame, side: Side) -> float | None:
    """Turn of the shoulders in degrees, positive towards the measured side (front view).

    The smaller of two estimates, the shoulders' width against the widest that was seen and their depth, because each
    errs upward in its own cases (`exercises.view`); the depth gives the direction. Coarse below 20 degrees.
    """
    left, right = frame.pair(Joint.SHOULDER)
    left_z, right_z = frame.depth(Joint.SHOULDER, Side.LEFT), frame.depth(Joint.SHOULDER, Side.RIGHT)
    torso = frame.torso
    if left is None or right is None or torso is None or left_z is None or right_z is None:
        return None
    across = abs(left[0] - right[0])
    widest = frame.own.breadth if frame.own and frame.own.breadth else SHOULDERS_PER_TORSO
    from_width = degrees(acos(min(1.0, across / torso / widest)))
    from_depth = degrees(atan2(abs(left_z - right_z), across))
    towards_left = copysign(min(from_width, from_depth), left_z - right_z)
    return towards_left if side is Side.LEFT else -towards_left


def hip_breadth(frame: Frame, side: Side) -> float | None:
    """Distance of the hips in torso lengths: it shrinks when the pelvis turns (front view)."""
    del side
    return _apart(frame, Joint.HIP)


def knee_spread(frame: Frame, side: Side) -> float | None:
    """Distance of the knees over the distance of the ankles: below 0.8 the knees fall in (front view)."""
    del side
    knees, ankles = _apart(frame, Joint.KNEE), _apart(frame, Joint.ANKLE)
    return None if knees is None or not ankles else knees / ankles


def hip_angle(frame: Frame, side: Side) -> float | None:
    """Angle at the hip between shoulder and knee, 180 straight."""
    return joint_angle(frame.joint(Joint.SHOULDER, side), frame.joint(Joint.HIP, side), frame.joint(Joint.KNEE, side))


def knee_angle(frame: Frame, side: Side) -> float | None:
    """Angle at the knee, 180 straight."""
    return joint_angle(frame.joint(Joint.HIP, side), frame.joint(Joint.KNEE, side), frame.joint(Joint.ANKLE, side))


def body_line(frame: Frame, side: Side) -> float | None:
    """Angle at the hip between shoulder and ankle, 180 when the body is one line."""
    return joint_angle(frame.joint(Joint.SHOULDER, side), frame.joint(Joint.HIP, side), frame.joint(Joint.ANKLE, side))


def neck_angle(frame: Frame, side: Side) -> float | None:
    """Angle at the shoulder between ear and hip, 180 when the neck continues the trunk."""
    return joint_angle(frame.joint(Joint.EAR, side), frame.joint(Joint.SHOULDER, side), frame.joint(Joint.HIP, side))


def elbow_behind_trunk(frame: Frame, side: Side) -> float | None:
    """Distance of the elbow from the line shoulder-hip in torso lengths, positive behind the back (side view)."""
    elbow, shoulder = frame.joint(Joint.ELBOW, side), frame.joint(Joint.SHOULDER, side)
    return _behind(frame, elbow, shoulder, frame.joint(Joint.HIP, side))


def hip_off_line(frame: Frame, side: Side) -> float | None:
    """Distance of the hip from the line shoulder-ankle in torso lengths, positive towards the back (side view)."""
    shoulder, ankle = frame.joint(Joint.SHOULDER, side), frame.joint(Joint.ANKLE, side)
    return _behind(frame, frame.joint(Joint.HIP, side), shoulder, ankle)


def _behind(frame: Frame, point: XY | None, head_end: XY | None, foot_end: XY | None) -> float | None:
    torso = frame.torso
    length = distance(head_end, foot_end)
    if point is None or head_end is None or foot_end is None or torso is None or not length:
        return None
    along = (head_end[0] - foot_end[0], head_end[1] - foot_end[1])
    to_point = (point[0] - foot_end[0], point[1] - foot_end[1])
    return (along[0] * to_point[1] - along[1] * to_point[0]) / length / torso * -frame.facing


def _forward(frame: Frame, point: XY | None, origin: XY | None) -> float | None:
    """How far ``point`` is in front of ``origin`` in torso lengths (side view)."""
    torso = frame.torso
    if point is None or origin is None or torso is None:
        return None
    return (point[0] - origin[0]) * frame.facing / torso


def elbow_behind(frame: Frame, side: Side) -> float | None:
    """How far the elbow is behind the shoulder in torso lengths (side view)."""
    return _forward(frame, frame.joint(Joint.SHOULDER, side), frame.joint(Joint.ELBOW, side))


def elbow_off_shoulder(frame: Frame, side: Side) -> float | None:
    """Distance of the elbow from below the shoulder, forward or back, in torso lengths (side view)."""
    behind = elbow_behind(frame, side)
    return None if behind is None else abs(behind)


def head_forward(frame: Frame, side: Side) -> float | None:
    """How far the ear is in front of the shoulder in torso lengths (side view)."""
    return _forward(frame, frame.joint(Joint.EAR, side), frame.joint(Joint.SHOULDER, side))


def shoulder_forward(frame: Frame, side: Side) -> float | None:
    """How far the shoulder is in front of the hip in torso lengths (side view)."""
    return _forward(frame, frame.joint(Joint.SHOULDER, side), frame.joint(Joint.HIP, side))


def head_nod(frame: Frame, side: Side) -> float | None:
    """Angle of the line ear-nose below level in degrees (side view)."""
    nose, ear = frame.joint(Joint.NOSE, side), frame.joint(Joint.EAR, side)
    if nose is None or ear is None:
        return None
    return degrees(atan2(nose[1] - ear[1], abs(nose[0] - ear[0])))


def ear_over_hip(frame: Frame, side: Side) -> float | None:
    """Height of the ear over the hip in torso lengths."""
    return _heights(frame, frame.joint(Joint.EAR, side), frame.joint(Joint.HIP, side))


def ankle_over_hip(frame: Frame, side: Side) -> float | None:
    """Height of the ankle over the hip in torso lengths."""
    return _heights(frame, frame.joint(Joint.ANKLE, side), frame.joint(Joint.HIP, side))


def hip_over_ankle(frame: Frame, side: Side) -> float | None:
    """Height of the hip over the ankle in upright torso lengths: how far somebody has sat down, from any view."""
    hip, ankle = frame.joint(Joint.HIP, side), frame.joint(Joint.ANKLE, side)
    torso = frame.own.torso if frame.own else frame.torso
    if hip is None or ankle is None or not torso:
        return None
    return (ankle[1] - hip[1]) / torso


def wrist_to_knee(frame: Frame, side: Side) -> float | None:
    """Distance of the wrist from the knee in torso lengths."""
    length, torso = distance(frame.joint(Joint.WRIST, side), frame.joint(Joint.KNEE, side)), frame.torso
    return None if length is None or torso is None else length / torso


def other_arm_to_trunk(frame: Frame, side: Side) -> float | None:
    """Arm to trunk of the other side."""
    return arm_to_trunk(frame, side.other)


# Error bands (95 %), from published agreement of BlazePose angles: side view -2.3 +- 6.4 deg, all views mixed
# -13.9 +- 15.1 deg (iris.uniecampus.it/handle/11389/91575); shoulder range 3.6 to -7 deg against goniometer
# (Hellsten & Karlsson 2025). Lengths: landmark noise of about 2 % of the torso on each end.
_ANGLE = {"front": 10.0, "side": 8.0, "oblique": 15.0}
_SIDE_ANGLE = {"side": 8.0, "oblique": 15.0}
_FRONT_LENGTH = {"front": 0.06}
_SIDE_LENGTH = {"side": 0.06, "oblique": 0.08}
_ANY_LENGTH = {"front": 0.06, "side": 0.06, "oblique": 0.08}
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
    "shoulder_tilt": Measure(shoulder_tilt, "deg", (Joint.SHOULDER,), {"front": 4.0}, same_for_both=True),
    "shoulder_breadth": Measure(
        shoulder_breadth,
        "torso",
        (Joint.SHOULDER, Joint.HIP),
        _FRONT_LENGTH | {"side": 0.06, "oblique": 0.06},
        _RATIO,
        same_for_both=True,
    ),
    "trunk_side_shift": Measure(
        trunk_side_shift, "torso", (Joint.SHOULDER, Joint.HIP), _FRONT_LENGTH, _RATIO, same_for_both=True
    ),
    "arm_difference": Measure(
        arm_difference, "deg", (Joint.ELBOW, Joint.SHOULDER, Joint.HIP), {"front": 14.0}, same_for_both=True
    ),
    "arm_elevation": Measure(
        arm_elevation, "deg", (Joint.ELBOW, Joint.SHOULDER), {"front": 25.0, "side": 25.0, "oblique": 25.0}
    ),
    "wrist_height": Measure(wrist_height, "torso", (Joint.WRIST, Joint.SHOULDER), _ANY_LENGTH, _RATIO),
    "wrist_over_elbow": Measure(wrist_over_elbow, "torso", (Joint.WRIST, Joint.ELBOW), _ANY_LENGTH, _RATIO),
    "wrist_separation": Measure(wrist_separation, "torso", (Joint.WRIST,), {"front": 0.12}, _RATIO, same_for_both=True),
    "elbow_separation": Measure(elbow_separation, "torso", (Joint.ELBOW,), _FRONT_LENGTH, _RATIO, same_for_both=True),
    "hand_difference": Measure(
        hand_difference, "torso", (Joint.WRIST, Joint.SHOULDER), {"front": 0.1}, _RATIO, same_for_both=True
    ),
    "head_tilt": Measure(head_tilt, "deg", (Joint.EAR,), {"front": 5.0}, towards_side=True),
    "head_turn": Measure(head_turn, "ears", (Joint.NOSE, Joint.EAR), {"front": 0.15}, _RATIO, towards_side=True),
    "head_pitch": Measure(head_pitch, "ears", (Joint.NOSE, Joint.EAR), {"front": 0.15}, _RATIO),
    "trunk_side_lean": Measure(trunk_side_lean, "deg", (Joint.SHOULDER, Joint.HIP), {"front": 5.0}, towards_side=True),
    "trunk_turn": Measure(trunk_turn, "deg", (Joint.SHOULDER, Joint.HIP), {"front": 15.0}, towards_side=True),
    "hip_breadth": Measure(hip_breadth, "torso", (Joint.HIP,), _FRONT_LENGTH, _RATIO, same_for_both=True),
    "knee_spread": Measure(
        knee_spread, "ratio", (Joint.KNEE, Joint.ANKLE), {"front": 0.15}, _RATIO, same_for_both=True
    ),
    "hip_angle": Measure(hip_angle, "deg", (Joint.SHOULDER, Joint.HIP, Joint.KNEE), _SIDE_ANGLE),
    "knee_angle": Measure(knee_angle, "deg", (Joint.HIP, Joint.KNEE, Joint.ANKLE), _SIDE_ANGLE),
    "body_line": Measure(body_line, "deg", (Joint.SHOULDER, Joint.HIP, Joint.ANKLE), _SIDE_ANGLE),
    "neck_angle": Measure(neck_angle, "deg", (Joint.EAR, Joint.SHOULDER, Joint.HIP), _SIDE_ANGLE),
    "elbow_behind_trunk": Measure(
        elbow_behind_trunk, "torso", (Joint.ELBOW, Joint.SHOULDER, Joint.HIP), _SIDE_LENGTH, _RATIO
    ),
    "hip_off_line": Measure(hip_off_line, "torso", (Joint.HIP, Joint.SHOULDER, Joint.ANKLE), _SIDE_LENGTH, _RATIO),
    "elbow_behind": Measure(elbow_behind, "torso", (Joint.ELBOW, Joint.SHOULDER), _SIDE_LENGTH, _RATIO),
    "elbow_off_shoulder": Measure(elbow_off_shoulder, "torso", (Joint.ELBOW, Joint.SHOULDER), _SIDE_LENGTH, _RATIO),
    "head_forward": Measure(head_forward, "torso", (Joint.EAR, Joint.SHOULDER), _SIDE_LENGTH, _RATIO),
    "shoulder_forward": Measure(shoulder_forward, "torso", (Joint.SHOULDER, Joint.HIP), _SIDE_LENGTH, _RATIO),
    "head_nod": Measure(head_nod, "deg", (Joint.NOSE, Joint.EAR), {"side": 10.0}),
    "ear_over_hip": Measure(ear_over_hip, "torso", (Joint.EAR, Joint.HIP), _SIDE_LENGTH, _RATIO),
    "ankle_over_hip": Measure(ankle_over_hip, "torso", (Joint.ANKLE, Joint.HIP), _SIDE_LENGTH, _RATIO),
    "hip_over_ankle": Measure(
        hip_over_ankle, "torso", (Joint.HIP, Joint.ANKLE), {"front": 0.15, "side": 0.15, "oblique": 0.15}, _RATIO
    ),
    "wrist_to_knee": Measure(wrist_to_knee, "torso", (Joint.WRIST, Joint.KNEE), _SIDE_LENGTH, _RATIO),
    "other_arm_to_trunk": Measure(other_arm_to_trunk, "deg", (Joint.ELBOW, Joint.SHOULDER, Joint.HIP), _SIDE_ANGLE),
}
