"""One picture against one baseline: index, score, lean. The smoothing belongs to it, everything slower does not.

`frame_score` judges a picture by itself; `Judge` follows pictures and smooths the features (CLINICAL 3.6), not the
landmarks, which MediaPipe has smoothed already. Degrees; left and right are the subject's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from exercises.body import Pose
from exercises.measures import MEASURES
from exercises.posture_algebra import minus
from exercises.posture_baseline import Baseline, FrontPose, SidePose
from exercises.posture_features import SIDE, Sight, front_features, side_view, sideways, sight
from exercises.posture_gate import fits_pose, found, hands, out_of_seat, seen_enough
from exercises.posture_places import at_size
from exercises.posture_score import FrontChange, front_index, front_score, side_index, side_score
from exercises.smoothing import OneEuro

MIN_CUTOFF_HZ, BETA, SCALE = 0.5, 0.01, 100.0
"""One Euro on the features (CLINICAL 3.6); they are ratios, so a hundredth is worth a degree."""
SMOOTH_GAP_S = 3.0
NECK_LEAN_ERROR_DEG = MEASURES["neck_lean"].error[SIDE]
"""Half width of a 95 % band of the neck's lean from the side: that of every side-view angle of the engine."""
ROLL_MOST_DEG = 15.0


@dataclass(frozen=True, slots=True)
class FrameScore:
    """One picture by itself: no smoothing, no memory. ``None`` where it cannot be told, with the gate's reason."""

    index: float | None
    score: float | None
    gate: str | None
    lean: str | None
    neck_lean_deg: float | None = None
    tilt_deg: float | None = None


def frame_score(baseline: Baseline, pose: Pose, light: float | None = None) -> FrameScore:
    """Index, score and lean of one picture against ``baseline``."""
    seen = sight(pose)
    placed = at_size(baseline, pose.width, pose.height)
    gate = (
        found(pose, light)
        or out_of_seat(placed, pose, seen)
        or seen_enough(pose, seen, placed.view, light)
        or hands(seen)
        or fits_pose(placed, seen)
    )
    if gate is not None:
        return FrameScore(None, None, gate.reason, None)
    judged = Judge(placed).judge(seen, smooth=False)
    assert judged is not None, "the gate has seen to it"
    return judged


class Judge:
    """Features of one place, smoothed, and what they score."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self._filters: dict[str, OneEuro] = {}

    def judge(self, seen: Sight, *, smooth: bool = True, lift: float = 0.0) -> FrameScore | None:
        """Index, score and lean; ``lift`` is how much lower the picture is since the camera was bumped."""
        pose = self.baseline.pose
        if isinstance(pose, FrontPose):
            return self._front(pose, seen, smooth, lift)
        return self._side(pose, seen, smooth)

    def _smoothed(self, name: str, value: float, time_s: float, smooth: bool, scale: float = SCALE) -> float:
        if not smooth:
            return value
        if name not in self._filters:
            self._filters[name] = OneEuro(scale, min_cutoff_hz=MIN_CUTOFF_HZ, beta=BETA, reset_gap_s=SMOOTH_GAP_S)
        return self._filters[name](value, time_s)

    def _front(self, pose: FrontPose, seen: Sight, smooth: bool, lift: float) -> FrameScore | None:
        raw = front_features(seen, pose.unit_px)
        if raw is None:
            return None
        features = tuple(
            self._smoothed(f"f{number}", value, seen.time_s, smooth) for number, value in enumerate(raw, 1)
        )
        features = (*features[:3], features[3] - lift, features[4] - lift)
        tilts = [
            self._smoothed(name, (tilt if tilt is not None else calm) - calm, seen.time_s, smooth, 1.0)
            for name, tilt, calm in (
                ("head", seen.head_tilt_deg, pose.head_tilt),
                ("shoulders", seen.shoulder_tilt_deg, pose.shoulder_tilt),
            )
        ]
        index = front_index(pose, features)
        change = FrontChange(minus(features, pose.calm), tilts[0], tilts[1])
        return FrameScore(index, front_score(change, index), None, leaning(pose, seen, tilts[1]), None, tilts[1])

    def _side(self, pose: SidePose, seen: Sight, smooth: bool) -> FrameScore | None:
        view = side_view(seen, pose.facing)
        if view is None:
            return None
        at = seen.time_s

        def eased(name: str, value: float | None, scale: float = 1.0) -> float | None:
            return None if value is None else self._smoothed(name, value, at, smooth, scale)

        neck = eased("neck", view.neck)
        assert neck is not None, "it is always seen"
        view = replace(
            view,
            neck=neck,
            trunk=eased("trunk", view.trunk),
            pitch=eased("pitch", view.pitch),
            shoulder_ahead=eased("ahead", view.shoulder_ahead, SCALE),
            ear_y=pose.unit_px * (eased("ear", view.ear_y / pose.unit_px, SCALE) or 0.0),
            shoulder_y=pose.unit_px * (eased("shoulder", view.shoulder_y / pose.unit_px, SCALE) or 0.0),
        )
        index = side_index(pose, view)
        return FrameScore(index, side_score(pose, view, index), None, None, neck - _roll(pose), None)


def _roll(pose: SidePose) -> float:
    """The camera's roll, as far as the calm trunk shows it: it is taken to be upright within 15 degrees."""
    return 0.0 if pose.trunk is None else min(max(pose.trunk, -ROLL_MOST_DEG), ROLL_MOST_DEG)


# -- leaning sideways -------------------------------------------------------------------------------------------------

LEAN = 0.085
"""Ears beside the shoulders against the calm pose, in shoulder widths (3 cm), with a part of the trunk's own way."""
LEAN_HEAD = 0.035
"""... of which the head must make so much: a chair that rolls sideways takes head and shoulders along."""
LEAN_TRUNK_SHARE = 0.3
LEAN_TRUNK_MOST = 0.3
LEAN_TILT_DEG = 8.0


def leaning(pose: FrontPose, seen: Sight, shoulder_tilt_deg: float) -> str | None:
    """``left`` or ``right`` (the subject's) when somebody leans sideways, seen from the front."""
    beside = sideways(seen)
    left, right, middle = seen.left_shoulder, seen.right_shoulder, seen.shoulders
    if beside is None or left is None or right is None or middle is None:
        return None
    towards_left = 1.0 if left[0] >= right[0] else -1.0
    head = beside - pose.sideways
    trunk = min(max((middle[0] / pose.unit_px - pose.x) * towards_left, -LEAN_TRUNK_MOST), LEAN_TRUNK_MOST)
    lean = head + LEAN_TRUNK_SHARE * trunk
    if abs(head) > LEAN_HEAD and abs(lean) > LEAN and head * lean > 0:
        return "left" if lean > 0 else "right"
    if abs(shoulder_tilt_deg) > LEAN_TILT_DEG and head * shoulder_tilt_deg > 0 and abs(head) > LEAN_HEAD:
        return "left" if head > 0 else "right"
    return None
