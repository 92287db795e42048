"""Can we tell how somebody sits? If not: why, which parts, and what to do. Nothing is scored while the gate is shut.

Only ears and shoulders are compulsory (in the side view one of each): a check whose points are missing is left out,
because a turn that is not known is no reason to be silent. Lengths are in ear distances, shoulder widths or
ear-shoulder distances as named; degrees. Left and right are the subject's.
"""

from __future__ import annotations

from math import hypot, log

from exercises.body import Landmark, Pose, Side
from exercises.geometry import XY
from exercises.person import Limits, Place
from exercises.posture_baseline import Baseline, FrontPose, SidePose
from exercises.posture_features import FRONT, SIDE, Sight, side_view, view_of
from exercises.view import Gate

DARK = 0.08
"""Mean luma of a picture in which nothing can be told any more."""
DIM = 0.20
"""... and of one in which badly seen joints are the light's fault."""
EDGE = 0.0
"""Joints beyond this share of the picture from its edge are guesses."""
TURNED = 0.35
"""Nose beside the ears' middle in ear distances, against the calm pose (CLINICAL 3.5)."""
TURNED_AT_ALL = 0.55
HEAD_TILTED_DEG = 25.0
SHOULDERS_TILTED_DEG = 18.0
HAND_AT_FACE = 0.6
"""A hand this near to an ear or the mouth, in ear distances (CLINICAL 3.5): a phone, a cup, a chin on a fist."""
HEAD_PER_NECK = 0.75
"""Ear distance over ear-shoulder distance: the size of a head seen from the side."""
ARMS_UP = 0.1
"""A wrist this far above its shoulder, in shoulder widths."""
LOOKING_DOWN = 0.22
"""Nose lower than in the calm pose, in ear distances: 15 degrees. Reading the keyboard or a phone is no slouching, and
a bowed head moves the ears as much as a slump does."""
LOOKING_DOWN_SLOUCHED = 0.12
"""... and lower than in the own slouch, where that bows the head as well."""
LOOKING_DOWN_SIDE_DEG = 25.0
RISEN = 0.55
"""Shoulders this far above the calm pose, in shoulder widths (20 cm): nobody sits like that."""
NEARER, FARTHER = log(2.0), log(0.55)
"""Size against the calm pose: out of the zone in which somebody sits at this place."""
NECKS_PER_SHOULDERS = 1.8
"""Shoulder width over ear-shoulder distance, to carry the widths above into the side view."""


def found(pose: Pose | None, light: float | None) -> Gate | None:
    """Whether there is anybody and any light."""
    if light is not None and light < DARK:
        return Gate("too_dark", "more_light")
    return Gate("nobody", "come_into_view") if pose is None else None


def seen_enough(pose: Pose, seen: Sight, view: str | None, light: float | None) -> Gate | None:
    """Whether the compulsory joints are seen inside the picture."""
    ears = {"left_ear": seen.left_ear, "right_ear": seen.right_ear}
    shoulders = {"left_shoulder": seen.left_shoulder, "right_shoulder": seen.right_shoulder}
    if view == SIDE:
        near = "left" if seen.near is Side.LEFT else "right"
        needed = {f"{near}_ear": ears[f"{near}_ear"], f"{near}_shoulder": shoulders[f"{near}_shoulder"]}
    else:
        needed = {**ears, **shoulders}
    missing = tuple(name for name, spot in needed.items() if spot is None)
    outside = tuple(name for name in needed if _outside(pose, name))
    if outside:
        return Gate("cut_off", "whole_head_and_shoulders", outside)
    if not missing:
        return None
    if light is not None and light < DIM:
        return Gate("too_dark", "more_light", missing)
    if view == FRONT and len(missing) == 1 and missing[0] in ears:
        return Gate("turned", "face_camera", missing)
    return Gate("cut_off", "show_part", missing)


def _outside(pose: Pose, name: str) -> bool:
    point = pose.points[Landmark[name.upper()]]
    return point is not None and not (EDGE <= point[0] <= 1 - EDGE and EDGE <= point[1] <= 1 - EDGE)


def hands(seen: Sight) -> Gate | None:
    """A hand at the face or an arm above the shoulders."""
    head = head_size(seen)
    if head is None:
        return None
    targets: list[XY] = [spot for spot in (seen.left_ear, seen.right_ear, *seen.mouth) if spot is not None]
    for side, hand in (("left", seen.hands[0]), ("right", seen.hands[1])):
        if any(
            hypot(spot[0] - target[0], spot[1] - target[1]) < HAND_AT_FACE * head for spot in hand for target in targets
        ):
            return Gate("hand_at_face", "hand_down", (f"{side}_hand",))
        shoulder = seen.left_shoulder if side == "left" else seen.right_shoulder
        if hand and shoulder and hand[0][1] < shoulder[1] - ARMS_UP * NECKS_PER_SHOULDERS / HEAD_PER_NECK * head:
            return Gate("arms_busy", "arms_down", (f"{side}_hand",))
    return None


def head_size(seen: Sight) -> float | None:
    """Ear distance in pixels, from the ear-shoulder distance where the head is seen from the side."""
    width = seen.ear_width or 0.0
    if seen.nose is not None and (seen.turn is None or abs(seen.turn) > 1.0):
        width = 0.0
    for ear, shoulder in ((seen.left_ear, seen.left_shoulder), (seen.right_ear, seen.right_shoulder)):
        if not width and ear is not None and shoulder is not None:
            width = HEAD_PER_NECK * hypot(ear[0] - shoulder[0], ear[1] - shoulder[1])
    return width or None


SMALLER = log(0.7)
"""Somebody who stands up is not that much smaller: that is somebody behind."""


def out_of_seat(baseline: Baseline, pose: Pose, seen: Sight) -> Gate | None:
    """Somebody on their feet: shoulders far above where they sit, or far too near. Guessed joints count as well."""
    pair = [pose.points[index] for index in (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)]
    spots = [(point[0] * pose.width, point[1] * pose.height) for point in pair if point is not None]
    size = _size(seen, spots)
    if not spots or size is None:
        return None
    posed = baseline.pose
    if isinstance(posed, SidePose):
        unit, y = posed.unit_px * NECKS_PER_SHOULDERS, posed.shoulder_y / NECKS_PER_SHOULDERS
    else:
        unit, y = posed.unit_px, posed.calm[4]
    nearer = log(size / unit)
    if nearer < FARTHER:
        return Gate("two_people", "alone_in_picture")
    if seen.shoulder_width is not None and not isinstance(posed, SidePose):
        nearer = log(seen.shoulder_width / unit)
    risen = y - sum(spot[1] for spot in spots) / len(spots) / unit
    if nearer > SMALLER and (risen > RISEN or nearer > NEARER):
        return Gate("standing", "sit_down")
    return None


def _size(seen: Sight, shoulders: list[XY]) -> float | None:
    """Size in shoulder widths: turning away narrows the shoulders but not the neck, so the larger of the two."""
    width = seen.shoulder_width or 0.0
    if not width and len(shoulders) > 1:
        width = hypot(shoulders[0][0] - shoulders[1][0], shoulders[0][1] - shoulders[1][1])
    for ear, shoulder in ((seen.left_ear, seen.left_shoulder), (seen.right_ear, seen.right_shoulder)):
        if ear is not None and shoulder is not None:
            width = max(width, NECKS_PER_SHOULDERS * hypot(ear[0] - shoulder[0], ear[1] - shoulder[1]))
    return width or None


def fits_pose(baseline: Baseline, seen: Sight) -> Gate | None:
    """Whether the picture can be compared with the calm pose: view, size, turn, tilt and gaze."""
    view = view_of(seen)
    if view is not None and view != baseline.view:
        return Gate("other_view", "view_as_calibrated")
    if isinstance(baseline.pose, SidePose):
        return _fits_side(baseline.pose, seen)
    return _fits_front(baseline.pose, seen)


def _fits_front(pose: FrontPose, seen: Sight) -> Gate | None:
    turn = seen.turn
    # A camera beside the screen always sees the head turned: what counts is the change.
    if turn is not None and (abs(turn - (pose.turn or 0.0)) > TURNED or abs(turn) > TURNED_AT_ALL):
        return Gate("turned", "face_camera")
    head, shoulders = seen.head_tilt_deg, seen.shoulder_tilt_deg
    if head is not None and abs(head - pose.head_tilt) > HEAD_TILTED_DEG:
        return Gate("tilted", "head_upright")
    if shoulders is not None and abs(shoulders - pose.shoulder_tilt) > SHOULDERS_TILTED_DEG:
        return Gate("tilted", "straighten_camera")
    if looks_down(pose, seen):
        return Gate("looking_down", "look_ahead")
    return None


def looks_down(pose: FrontPose, seen: Sight) -> bool:
    """Whether the head is bowed more than calm sitting and the own slouch bow it."""
    drop = seen.nose_drop
    if drop is None or pose.nose_drop is None:
        return False
    slouched = 0.0 if pose.slouch_nose_drop is None else pose.slouch_nose_drop - pose.nose_drop
    return drop - pose.nose_drop > max(LOOKING_DOWN, slouched + LOOKING_DOWN_SLOUCHED)


def _fits_side(pose: SidePose, seen: Sight) -> Gate | None:
    view = side_view(seen, pose.facing)
    if view is None:
        return Gate("cut_off", "show_part")
    if view.facing != pose.facing:
        return Gate("turned", "as_calibrated")
    if view.pitch is not None and pose.pitch is not None and view.pitch - pose.pitch > LOOKING_DOWN_SIDE_DEG:
        return Gate("looking_down", "look_ahead")
    return None


# -- somebody else ----------------------------------------------------------------------------------------------------

SITTING = Limits(
    # In shoulder widths; 90 cm a second is more than anybody makes on a chair.
    jump=0.8,
    speed_per_s=2.5,
    size_jump=0.3,
    size_speed_per_s=0.3,
    longest_s=3.0,
    stay_s=8.0,
    back=None,
)
"""What one body can do at a desk, for `exercises.person`."""


def place_of(seen: Sight) -> Place | None:
    """The place of somebody at a desk: the middle of the shoulders, by the size of what is seen."""
    middle, size = seen.shoulders, _size(seen, [])
    if middle is None or size is None:
        return None
    return Place(middle[0], middle[1], size, seen.time_s)
