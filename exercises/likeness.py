"""Key poses of the figure from a person's landmarks: the angles that would put the drawn body into this pose.

The landmarks are averaged over many pictures and measured in torso lengths. A limb that looks as long as it ever did
lies in the picture's plane; one that looks shorter points out of it, to the front in a front view and to the side in a
side view. The angles are then adjusted until the figure shows the same values of the measures that matter. Degrees;
x to the subject's left, y up, z forward. Limits: the depth of the estimator is not used, so an arm that points
backward in a front view is drawn forward; parts that were not seen are drawn at rest; proportions are the figure's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import acos, atan2, cos, degrees, hypot, radians, sin, sqrt
from statistics import fmean, median
from typing import Any, NamedTuple

from exercises.body import Joint, Landmark, Pose, Side, landmark
from exercises.definition import ARM_LIMITS, LEG_LIMITS, TRUNK_LIMITS, Arm, KeyPose, Leg
from exercises.figure import (
    HALF_SHOULDERS_M,
    TORSO_M,
    UPPER_ARM_M,
    VIEW_YAW_DEG,
    Camera,
    Vector,
    body,
    project,
    swap_sides,
)
from exercises.measures import MEASURES, VISIBLE_FAR_SIDE, Frame, Proportions
from exercises.view import ViewMonitor

IN_PLANE = 0.85
"""A limb that shows this share of its length lies in the picture's plane (32 degrees out of it)."""
FLAT_DEG = 55.0
"""Lean from which a trunk counts as lying."""
UNCERTAIN = 0.25
"""Sine of an angle below which a direction around it says nothing (15 degrees)."""
STILL_DEG = 4.0
"""Smaller angles of trunk and head are the camera's and the estimator's, not the person's."""
SEEN_SHARE = 0.5
_OBLIQUE = sin(radians(45.0))
_LENGTHS = {
    "upper_arm": (Joint.SHOULDER, Joint.ELBOW),
    "forearm": (Joint.ELBOW, Joint.WRIST),
    "thigh": (Joint.HIP, Joint.KNEE),
    "shank": (Joint.KNEE, Joint.ANKLE),
}
_USUAL = {"upper_arm": 0.58, "forearm": 0.5, "thigh": 0.84, "shank": 0.84}
"""Lengths of the figure in torso lengths; a person's own are believed within a third of these."""

XY = tuple[float, float]


class _Seen(NamedTuple):
    """Mean places of the joints in torso lengths from the hips' middle; x to the right of the picture, y up."""

    at: Mapping[Landmark, XY]

    def vector(self, a: Joint, b: Joint, side: Side) -> XY | None:
        start, end = self.at.get(landmark(a, side)), self.at.get(landmark(b, side))
        return None if start is None or end is None else (end[0] - start[0], end[1] - start[1])

    def middle(self, joint: Joint) -> XY | None:
        left, right = self.at.get(joint.left), self.at.get(joint.right)
        if left is None or right is None:
            return left or right
        return (left[0] + right[0]) / 2, (left[1] + right[1]) / 2


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is known about the person over the whole recording: limb lengths in torso lengths, and how they are seen."""

    view: str
    near: Side
    facing: float
    lengths: Mapping[str, float]

    @classmethod
    def of(cls, poses: Sequence[Pose], view: str, near: Side) -> Likeness:
        """Measured over all ``poses``."""
        monitor = ViewMonitor()
        for pose in poses:
            monitor.observe(pose, Frame(pose))
        found: dict[str, list[float]] = {name: [] for name in _LENGTHS}
        for pose in poses:
            frame = Frame(pose)
            if not frame.torso:
                continue
            for name, (a, b) in _LENGTHS.items():
                for side in Side if view == "front" else (near,):
                    start, end = frame.joint(a, side), frame.joint(b, side)
                    if start is not None and end is not None:
                        found[name].append(hypot(end[0] - start[0], end[1] - start[1]) / frame.torso)
        lengths = {}
        for name, usual in _USUAL.items():
            seen = sorted(found[name])
            longest = seen[int(0.9 * (len(seen) - 1))] if seen else usual
            # Thighs may point at the camera all the time, arms hardly ever.
            least = 0.9 if name in ("thigh", "shank") else 0.7
            lengths[name] = min(max(longest, usual * least), usual * 1.35)
        return cls(view, near, monitor.facing if view != "front" else 1.0, lengths)


def key_poses(
    likeness: Likeness,
    start: Sequence[Pose],
    peak: Sequence[Pose],
    *,
    working: Side | None,
    wanted: Mapping[str, tuple[float, float]],
) -> dict[str, Any]:
    """The ``figure`` table of a definition, without ``seconds``.

    ``start`` and ``peak``: poses at either end; ``working``: the side of an exercise done one side at a time (it is
    drawn as the left one); ``wanted``: what measures the figure must show at start and peak.
    """
    scale = _scale(start)
    at_start, at_peak = _mean(start, scale), _mean(peak, scale)
    posture = _posture(likeness, at_start)
    if posture == "sitting" and _posture(likeness, at_peak) != "sitting":
        posture = "standing"  # whoever gets up stands on the feet all the time
    if posture == "supine":
        # Lying, "forward" in the picture is where the head is (`exercises.view`); the figure's front is away from it.
        likeness = replace(likeness, facing=-likeness.facing)
    poses = [_pose(likeness, seen, posture, symmetric=working is None) for seen in (at_start, at_peak)]
    poses = _with_head(likeness, at_start, at_peak, poses)
    poses = _settled(poses)
    if "trunk_turn" in wanted:
        # The picture shows a turned body narrower; the arms only go along with the trunk.
        wanted = {"trunk_turn": wanted["trunk_turn"]}
        turn = wanted["trunk_turn"][1] * (-1.0 if working is Side.RIGHT else 1.0)
        poses[1] = replace(poses[0], trunk_turn=min(max(turn, -90.0), 90.0))
    if working is Side.RIGHT:
        poses = [swap_sides(pose) for pose in poses]
    adjusted = [
        _adjusted(pose, posture, likeness.view, {name: ends[n] for name, ends in wanted.items()}, working=working)
        for n, pose in enumerate(poses)
    ]
    return {
        "posture": posture,
        "view": likeness.view,
        "start": _table(adjusted[0]),
        "peak": _table(adjusted[1]),
    }


# -- from landmarks to directions ---------------------------------------------------------------------------------


def _scale(poses: Sequence[Pose]) -> float:
    """Pixels per torso length."""
    return median([torso for pose in poses if (torso := Frame(pose).torso)] or [1.0])


def _mean(poses: Sequence[Pose], scale: float) -> _Seen:
    """The middle place of every joint that was seen in half of the pictures."""
    found: dict[Landmark, list[XY]] = {}
    for pose in poses:
        anchor = _anchor(pose)
        if anchor is None:
            continue
        for index, point in enumerate(pose.points):
            if point is not None and point.visibility >= VISIBLE_FAR_SIDE:
                x, y = point.x * pose.width, point.y * pose.height
                found.setdefault(Landmark(index), []).append(((x - anchor[0]) / scale, (anchor[1] - y) / scale))
    return _Seen({
        index: (median(x for x, _ in places), median(y for _, y in places))
        for index, places in found.items()
        if len(places) >= SEEN_SHARE * len(poses)
    })  # fmt: skip


def _anchor(pose: Pose) -> XY | None:
    """The middle of the hips in pixels, or where it would be below the shoulders."""
    frame = Frame(pose)
    places = [
        [point for side in Side if (point := frame.joint(joint, side)) is not None]
        for joint in (Joint.HIP, Joint.SHOULDER)
    ]
    if places[0]:
        return fmean(x for x, _ in places[0]), fmean(y for _, y in places[0])
    if places[1] and frame.torso:
        return fmean(x for x, _ in places[1]), fmean(y for _, y in places[1]) + frame.torso
    return None


def _placed(likeness: Likeness, flat: XY | None, side: Side, length: float) -> Vector | None:
    """The direction in the body's axes (out to ``side``, up, forward) of a part that looks like ``flat``."""
    if flat is None:
        return None
    across, up = flat
    if likeness.view == "front":
        out = across * (1.0 if side is Side.LEFT else -1.0)
        return _unit((out, up, _hidden(hypot(out, up), length)))
    forward = across * likeness.facing
    if likeness.view == "oblique":
        forward /= _OBLIQUE
        return _unit((0.0, up, forward))
    return _unit((_hidden(hypot(forward, up), length), up, forward))


def _hidden(shown: float, length: float) -> float:
    """How far a part of this length goes out of the picture's plane."""
    return 0.0 if shown >= IN_PLANE * length else sqrt(length * length - shown * shown)


def _unit(v: Vector) -> Vector | None:
    size = sqrt(v[0] ** 2 + v[1] ** 2 + v[2] ** 2)
    return None if size == 0 else (v[0] / size, v[1] / size, v[2] / size)


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


# -- from directions to angles ------------------------------------------------------------------------------------


def _pose(likeness: Likeness, seen: _Seen, posture: str, *, symmetric: bool) -> KeyPose:
    lean, aside = _trunk(likeness, seen)
    # The planes of both key poses are reconciled later, so an uncertain one may be NaN-free nonsense until then.
    arms = {side: _directions(likeness, seen, side, lean, aside) for side in Side}
    if likeness.view != "front":
        arms[likeness.near.other] = arms[likeness.near]
    elif symmetric:
        both = _mean_directions(arms[Side.LEFT], arms[Side.RIGHT])
        arms = dict.fromkeys(Side, both)
    legs = {side: _leg(likeness, seen, side, posture) for side in Side}
    if likeness.view != "front":
        legs[likeness.near.other] = legs[likeness.near]
    return KeyPose(
        left=_arm(arms[Side.LEFT]),
        right=_arm(arms[Side.RIGHT]),
        left_leg=legs[Side.LEFT],
        right_leg=legs[Side.RIGHT],
        trunk_lean=lean,
        trunk_side=aside,
        neck_lean=_neck(likeness, seen, lean),
    )


def _trunk(likeness: Likeness, seen: _Seen) -> tuple[float, float]:
    """Lean forward and to the left in degrees: each view shows one of them."""
    shoulders, hips = seen.middle(Joint.SHOULDER), seen.middle(Joint.HIP)
    if shoulders is None or hips is None:
        return 0.0, 0.0
    angle = degrees(atan2(shoulders[0] - hips[0], shoulders[1] - hips[1]))
    if likeness.view == "front":
        return 0.0, _clear(angle, -60, 60)
    if likeness.view == "oblique":
        angle = degrees(atan2((shoulders[0] - hips[0]) / _OBLIQUE, shoulders[1] - hips[1]))
    return _clear(angle * likeness.facing, -100, 120), 0.0


def _clear(angle: float, low: float, high: float) -> float:
    return 0.0 if abs(angle) < STILL_DEG else min(max(angle, low), high)


def _to_trunk(v: Vector, side: Side, lean: float, aside: float) -> Vector:
    """The direction in the axes of a trunk that leans forward by ``lean`` and to the left by ``aside``."""
    x, y, z = v[0] * (1.0 if side is Side.LEFT else -1.0), v[1], v[2]
    n, s = radians(lean), radians(aside)
    y, z = y * cos(n) + z * sin(n), z * cos(n) - y * sin(n)
    x, y = x * cos(s) - y * sin(s), x * sin(s) + y * cos(s)
    return x * (1.0 if side is Side.LEFT else -1.0), y, z


_Directions = tuple["Vector | None", "Vector | None"]


def _directions(likeness: Likeness, seen: _Seen, side: Side, lean: float, aside: float) -> _Directions:
    """Directions of upper arm and forearm against the trunk."""
    upper = _placed(likeness, seen.vector(Joint.SHOULDER, Joint.ELBOW, side), side, likeness.lengths["upper_arm"])
    lower = _placed(likeness, seen.vector(Joint.ELBOW, Joint.WRIST, side), side, likeness.lengths["forearm"])
    return (
        None if upper is None else _to_trunk(upper, side, lean, aside),
        None if lower is None else _to_trunk(lower, side, lean, aside),
    )


def _mean_directions(a: _Directions, b: _Directions) -> _Directions:
    upper, lower = (_mean_direction(x, y) for x, y in zip(a, b, strict=True))
    return upper, lower


def _mean_direction(a: Vector | None, b: Vector | None) -> Vector | None:
    if a is None or b is None:
        return a or b
    return _unit((a[0] + b[0], a[1] + b[1], a[2] + b[2])) or a


def _arm(directions: _Directions) -> Arm:
    """The arm's angles; a hanging or straight arm has no sure plane or roll, see `_settled`."""
    upper, lower = directions
    if upper is None:
        return Arm()
    elevation = degrees(acos(min(1.0, max(-1.0, -upper[1]))))
    plane = degrees(atan2(upper[2], upper[0]))
    if plane < -60:  # noqa: PLR2004  # behind the back: a negative elevation in the plane in front
        elevation, plane = -elevation, plane + 180
    if elevation < -70:  # noqa: PLR2004  # nobody's arm goes there: it is the estimate of an arm far overhead
        elevation, plane = -elevation, 90.0
    if lower is None:
        return Arm(elevation, plane, 10.0, 0.0)
    e, p = radians(elevation), radians(plane)
    level = (cos(p), 0.0, sin(p))
    lift = (level[0] * cos(e), sin(e), level[2] * cos(e))
    swing = (-sin(p), 0.0, cos(p))
    flexion = degrees(acos(min(1.0, max(-1.0, _dot(upper, lower)))))
    return Arm(elevation, plane, min(flexion, 155.0), degrees(atan2(_dot(lower, swing), _dot(lower, lift))))


def _leg(likeness: Likeness, seen: _Seen, side: Side, posture: str) -> Leg:
    rest = _REST_LEGS[posture]
    thigh, shank = seen.vector(Joint.HIP, Joint.KNEE, side), seen.vector(Joint.KNEE, Joint.ANKLE, side)
    if thigh is None:
        return rest
    if likeness.view == "front":
        if posture != "standing":
            return rest
        down = -thigh[1] / likeness.lengths["thigh"]
        out = degrees(atan2(thigh[0] * (1.0 if side is Side.LEFT else -1.0), -thigh[1]))
        if hypot(*thigh) >= IN_PLANE * likeness.lengths["thigh"]:
            return Leg(0.0, 0.0, min(max(out, -30.0), 80.0))
        bent = degrees(acos(max(down, -1.0)))
        return Leg(min(bent, 120.0), min(bent, 160.0), rest.out)
    across = likeness.facing / (_OBLIQUE if likeness.view == "oblique" else 1.0)
    hip = degrees(atan2(thigh[0] * across, -thigh[1]))
    hip = hip + 360 if hip < -120 else hip  # noqa: PLR2004  # on the back the thighs point up
    if shank is None:
        return Leg(hip, min(max(hip, 0.0), 160.0) if posture == "sitting" else rest.knee, rest.out)
    knee = (hip - degrees(atan2(shank[0] * across, -shank[1]))) % 360
    return Leg(min(hip, 200.0), 0.0 if knee > 200 else min(knee, 160.0), rest.out)  # noqa: PLR2004  # hyperextended


_REST_LEGS: Mapping[str, Leg] = {
    "standing": Leg(),
    "sitting": Leg(90, 90),
    "kneeling": Leg(0, 90),
    "all_fours": Leg(0, 90),
    "supine": Leg(180, 90),
    "plank": Leg(-82, 0),
}


def _neck(likeness: Likeness, seen: _Seen, lean: float) -> float:
    if likeness.view != "side":
        return KeyPose().neck_lean
    line = seen.vector(Joint.SHOULDER, Joint.EAR, likeness.near)
    if line is None:
        return KeyPose().neck_lean
    return min(max(degrees(atan2(line[0] * likeness.facing, line[1])) - lean, -60.0), 90.0)


def _with_head(likeness: Likeness, start: _Seen, peak: _Seen, poses: Sequence[KeyPose]) -> list[KeyPose]:
    """The head's turn and tilt from the front, its nod from the side; a shrug is the ears' distance that got less."""
    changed = []
    for seen, pose in zip((start, peak), poses, strict=True):
        head = pose
        left, right = seen.at.get(Landmark.LEFT_EAR), seen.at.get(Landmark.RIGHT_EAR)
        nose = seen.at.get(Landmark.NOSE)
        if likeness.view == "front" and left is not None and right is not None and left[0] > right[0]:
            tilt = degrees(atan2(right[1] - left[1], left[0] - right[0])) - pose.trunk_side
            head = replace(head, head_side=_clear(tilt, -60, 60))
            if nose is not None:
                offset = (nose[0] - (left[0] + right[0]) / 2) / (left[0] - right[0])
                turn = degrees(atan2(offset * _EARS_APART_M, _NOSE_FORWARD_M))
                head = replace(head, head_turn=0.0 if abs(turn) < 3 * STILL_DEG else min(max(turn, -90.0), 90.0))
        changed.append(head)
    nods = [_nod(likeness, seen) for seen in (start, peak)]
    if nods[0] is not None and nods[1] is not None:
        leant = changed[1].trunk_lean - changed[0].trunk_lean
        changed[1] = replace(changed[1], head_pitch=_clear(nods[1] - nods[0] - leant, -60, 80))
    gaps = [_gap(seen) for seen in (start, peak)]
    if gaps[0] is not None and gaps[1] is not None and abs(gaps[0] - gaps[1]) > 0.05:  # noqa: PLR2004  # its error
        changed[1] = replace(changed[1], shrug=min(max((gaps[0] - gaps[1]) * TORSO_M, -0.05), 0.12))
    return changed


_EARS_APART_M = 0.15
_NOSE_FORWARD_M = 0.11


def _nod(likeness: Likeness, seen: _Seen) -> float | None:
    if likeness.view != "side":
        return None
    ear, nose = seen.at.get(landmark(Joint.EAR, likeness.near)), seen.at.get(Landmark.NOSE)
    if ear is None or nose is None:
        return None
    return degrees(atan2(ear[1] - nose[1], (nose[0] - ear[0]) * likeness.facing))


def _gap(seen: _Seen) -> float | None:
    ears, shoulders = seen.middle(Joint.EAR), seen.middle(Joint.SHOULDER)
    return None if ears is None or shoulders is None else hypot(ears[0] - shoulders[0], ears[1] - shoulders[1])


def _posture(likeness: Likeness, seen: _Seen) -> str:
    """How the body rests, from the trunk and the near leg; standing where the legs are not seen."""
    lean, _ = _trunk(likeness, seen)
    sides = Side if likeness.view == "front" else (likeness.near,)
    thighs = [thigh for side in sides if (thigh := seen.vector(Joint.HIP, Joint.KNEE, side)) is not None]
    shanks = [shank for side in sides if (shank := seen.vector(Joint.KNEE, Joint.ANKLE, side)) is not None]
    hands = [hand for side in sides if (hand := seen.vector(Joint.SHOULDER, Joint.WRIST, side)) is not None]
    if abs(lean) > FLAT_DEG:
        if hands and (hands[0][1] > 0 or (thighs and thighs[0][1] > 0.3)):  # noqa: PLR2004  # above the trunk
            return "supine"
        if thighs and -thighs[0][1] > 0.6 * hypot(*thighs[0]):
            resting = hands and -hands[0][1] > 0.4  # noqa: PLR2004  # the hands carry the trunk
            standing = shanks and -shanks[0][1] > 0.6 * hypot(*shanks[0])
            return "all_fours" if resting and not standing else "standing"
        return "plank"
    if not thighs:
        return "standing"
    down = fmean(-thigh[1] for thigh in thighs) / likeness.lengths["thigh"]
    if down < 0.6:  # noqa: PLR2004  # thighs more level than upright
        return "sitting"
    folded = shanks and -shanks[0][1] < 0.4 * likeness.lengths["shank"]
    return "kneeling" if folded and likeness.view != "front" else "standing"


def _settled(poses: Sequence[KeyPose]) -> list[KeyPose]:
    """Both key poses with planes and rolls that the figure can pass through between them."""
    start, peak = poses
    left = _reconciled(start.left, peak.left)
    right = _reconciled(start.right, peak.right)
    return [replace(pose, left=left[n], right=right[n]) for n, pose in enumerate((start, peak))]


def _reconciled(a: Arm, b: Arm) -> tuple[Arm, Arm]:
    sure = [abs(sin(radians(arm.elevation))) >= UNCERTAIN for arm in (a, b)]
    if sure[0] != sure[1]:
        known, unknown = (a, b) if sure[0] else (b, a)
        turned = unknown.plane - known.plane
        moved = replace(unknown, plane=known.plane, roll=_wrapped(unknown.roll + turned))
        a, b = (known, moved) if sure[0] else (moved, known)
    bent = [sin(radians(arm.elbow)) >= UNCERTAIN or arm.elbow > 90 for arm in (a, b)]  # noqa: PLR2004
    if bent[0] != bent[1]:
        a, b = (a, replace(b, roll=a.roll)) if bent[0] else (replace(a, roll=b.roll), b)
    elif not bent[0]:
        a, b = replace(a, roll=0.0), replace(b, roll=0.0)
    return tuple(replace(arm, plane=min(max(arm.plane, -60.0), 200.0)) for arm in (a, b))  # type: ignore[return-value]


def _wrapped(angle: float) -> float:
    return (angle + 180) % 360 - 180


# -- making the figure show what was measured ---------------------------------------------------------------------


_STEPS_DEG = (16.0, 8.0, 4.0, 2.0, 1.0)
_NO_BETTER = 0.01
_SHRUG_M = 0.002
"""Metres of shrug that stand for one degree."""
_TRUNK_AND_HEAD: Mapping[str, tuple[float, float]] = {
    **{key: limits for key, limits in TRUNK_LIMITS.items() if key not in ("retraction", "bend")},
    "shrug": (-0.05, 0.12),  # as far as shoulders rise; a figure may exaggerate
}
_ARM = {key: ARM_LIMITS[key] for key in ("elevation", "elbow", "plane", "roll")}
"""In the order in which they are sought: what moves most first."""


def _adjusted(pose: KeyPose, posture: str, view: str, wanted: Mapping[str, float], *, working: Side | None) -> KeyPose:
    """The nearest pose whose figure shows the wanted values: one angle at a time, in ever smaller steps."""
    best, least = pose, _miss(pose, pose, posture, view, wanted)
    parts = list(dict.fromkeys(part for measure in wanted for part in _parts(measure, view)))
    for step in _STEPS_DEG:
        for _ in range(3):
            before = least
            for part, name in parts:
                for direction in (step, -step):
                    tried = _moved(best, part, name, direction, working=working)
                    miss = _miss(tried, pose, posture, view, wanted)
                    if miss < least:
                        best, least = tried, miss
            if before - least < _NO_BETTER:
                break
    return best


def _parts(measure: str, view: str) -> list[tuple[str, str]]:
    """The angles that may change for this measure: those of the limb it measures, never the camera's guesswork."""
    joints = MEASURES[measure].joints
    if Joint.ELBOW in joints or Joint.WRIST in joints:
        return [("arm", name) for name in _ARM]
    if Joint.KNEE in joints or Joint.ANKLE in joints:
        return [("leg", "hip"), ("leg", "knee")]
    if Joint.EAR in joints:
        names = ("head_side", "head_turn", "head_pitch") if view == "front" else ("neck_lean", "head_pitch")
        return [("", name) for name in (*names, "shrug")]
    return [("", name) for name in (("trunk_side", "trunk_turn") if view == "front" else ("trunk_lean",))]


def _moved(pose: KeyPose, part: str, name: str, step: float, *, working: Side | None) -> KeyPose:
    if not part:
        low, high = _TRUNK_AND_HEAD[name]
        amount = step * _SHRUG_M if name == "shrug" else step
        return replace(pose, **{name: min(max(getattr(pose, name) + amount, low), high)})
    low, high = _ARM[name] if part == "arm" else LEG_LIMITS[name]
    fields = ("left", "right") if part == "arm" else ("left_leg", "right_leg")
    changed: dict[str, Any] = {}
    for field in fields if working is None else fields[:1]:
        limb = getattr(pose, field)
        changed[field] = replace(limb, **{name: min(max(getattr(limb, name) + step, low), high)})
    return replace(pose, **changed)


def _miss(pose: KeyPose, first: KeyPose, posture: str, view: str, wanted: Mapping[str, float]) -> float:
    """How far the figure is from the wanted values, with a little weight on staying near the pose that was seen."""
    values = figure_values(pose, posture, view, tuple(wanted))
    miss = 0.0
    for name, value in wanted.items():
        shown = values[name]
        allowed = MEASURES[name].error[view] / 5
        miss += 400.0 if shown is None else ((shown - value) / allowed) ** 2
    return miss + _distance(pose, first) / 400


def _distance(a: KeyPose, b: KeyPose) -> float:
    total: float = ((a.shrug - b.shrug) / _SHRUG_M) ** 2
    total += sum((getattr(a, name) - getattr(b, name)) ** 2 for name in _TRUNK_AND_HEAD if name != "shrug")
    for field, names in (("left", _ARM), ("right", _ARM), ("left_leg", LEG_LIMITS), ("right_leg", LEG_LIMITS)):
        total += sum((getattr(getattr(a, field), name) - getattr(getattr(b, field), name)) ** 2 for name in names)
    return total


def figure_values(pose: KeyPose, posture: str, view: str, measures: Sequence[str]) -> dict[str, float | None]:
    """What the figure in this pose shows of ``measures`` in its view: of the left side in front, else of the right."""
    camera = Camera(VIEW_YAW_DEG[view])
    seen = project(body(pose, posture), camera, (0.0, 0.0, 0.0), time_s=0.0)
    own = Proportions()
    own.breadth = 2 * HALF_SHOULDERS_M / TORSO_M
    own.upper_arm = dict.fromkeys(Side, UPPER_ARM_M / TORSO_M)
    side = Side.LEFT if view == "front" else Side.RIGHT
    facing = -1.0 if posture == "supine" else 1.0
    frame = Frame(seen, facing, None if view == "front" else Side.LEFT, own)
    return {name: MEASURES[name].function(frame, side) for name in measures}


def _table(pose: KeyPose) -> dict[str, Any]:
    """The key pose as the table of a library file; angles in whole degrees."""
    usual = KeyPose()
    table: dict[str, Any] = {}
    if pose.left == pose.right:
        table["arms"] = _limb(pose.left, tuple(_ARM))
    else:
        table |= {"left": _limb(pose.left, tuple(_ARM)), "right": _limb(pose.right, tuple(_ARM))}
    if pose.left_leg == pose.right_leg:
        table["legs"] = _limb(pose.left_leg, tuple(LEG_LIMITS))
    else:
        table |= {
            "left_leg": _limb(pose.left_leg, tuple(LEG_LIMITS)),
            "right_leg": _limb(pose.right_leg, tuple(LEG_LIMITS)),
        }
    for name in _TRUNK_AND_HEAD:
        value = round(getattr(pose, name), 3 if name == "shrug" else 0)
        if value != getattr(usual, name) or name in ("trunk_lean", "neck_lean"):
            table[name] = value + 0.0
    return table


def _limb(limb: Arm | Leg, names: Sequence[str]) -> dict[str, float]:
    return {name: round(getattr(limb, name), 0) + 0.0 for name in names}
