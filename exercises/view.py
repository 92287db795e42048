"""Can we tell? Which view the camera has, whether the needed joints are seen, and what to do if not.

The turn of the trunk (yaw, 0 facing the camera, 90 side on) is estimated twice: from the foreshortening of the
shoulder line against the torso, and from the depth difference of the shoulders. Neither is good alone (raised arms
narrow the shoulder line; depth exaggerates small turns on photographs), so the smaller of the two counts. That was
weighed on the development recordings, see docs/decisions/0011. Limits: the estimate is coarse (10 to 20 degrees), so
the bands of the views overlap and are left only with hysteresis; z serves for its sign and this coarse angle only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, atan2, copysign, degrees, exp, hypot

from exercises.body import Joint, Landmark, Pose, Side, landmark
from exercises.geometry import tilt_from_level
from exercises.measures import SHOULDERS_PER_TORSO, Frame

YAW_BANDS = {"front": (0.0, 42.0), "oblique": (20.0, 68.0), "side": (58.0, 90.0)}
"""Turn of the trunk in degrees that each view accepts; 15 degrees off the ideal stays inside every band."""
YAW_IDEAL = {"front": 0.0, "oblique": 45.0, "side": 90.0}
"""Where two views fit, the nearer one is taken."""
YAW_HYSTERESIS_DEG = 6.0
NEARER_DEG = 12.0
VIEW_TAU_S = 0.6
PATIENCE_S = 1.0
"""A frame that cannot be used is skipped; only after this long the engine says so (CLINICAL 2.0, gate)."""
MIN_FRAMES_PER_S = 4.0
"""Below this a peak may fall between two pictures. CLINICAL asks for 12; the property tests count exactly at 10 with
one picture in twenty lost, and a slow device stalls for moments (docs/decisions/0010)."""
FRAME_RATE_WINDOW_S = 2.0
MIN_TORSO_SHARE = 0.07
"""Torso length over picture height below which the joints are only a few pixels apart."""
MAX_ROLL_DEG = 12.0
"""Shoulder and hip line tilted together by more than this: the camera stands crooked, not the person."""
EDGE_MARGIN = 0.02
FLAT = 2.0
"""Run over rise from which a trunk lies flat (63 degrees from upright): then the head's end says where forward is."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Why the engine cannot tell: a reason key, the parts concerned, and a remedy key for the person."""

    reason: str
    remedy: str
    parts: tuple[str, ...] = ()


class ViewMonitor:
    """Follows the trunk's turn, the facing direction and the near side over time."""

    __slots__ = ("_facing", "_near", "_poses", "_time", "_yaw", "current", "turned_away")

    def __init__(self) -> None:
        self._poses = 0
        self._time: float | None = None
        self._yaw: float | None = None
        self._facing = 0.0
        self._near = 0.0
        self.current: str | None = None
        self.turned_away = False

    @property
    def yaw_deg(self) -> float | None:
        """Estimated turn of the trunk, 0 facing the camera, 90 side on; ``None`` before the first pose."""
        return self._yaw

    @property
    def facing(self) -> float:
        """+1 when the subject looks to the right of the picture, -1 to the left."""
        return 1.0 if self._facing >= 0 else -1.0

    @property
    def near_side(self) -> Side:
        """The side nearer to the camera (only meaningful when turned)."""
        return Side.LEFT if self._near <= 0 else Side.RIGHT

    def observe(self, pose: Pose, frame: Frame) -> None:
        """Take one pose into account; unseen shoulders leave the estimate as it was."""
        left, right = pose.points[Landmark.LEFT_SHOULDER], pose.points[Landmark.RIGHT_SHOULDER]
        if left is None or right is None:
            return
        self._poses += 1
        interval = 0.0 if self._time is None else min(max(pose.time_s - self._time, 0.0), 5.0)
        # The first poses are averaged: one alone, often the tracker's worst, says little.
        weight = max(1.0 - exp(-interval / VIEW_TAU_S), 1.0 / self._poses)
        self._time = pose.time_s
        yaw = _yaw(pose, frame)
        if yaw is not None:
            self._yaw = yaw if self._yaw is None else self._yaw + weight * (yaw - self._yaw)
        self._near += weight * ((left.z - right.z) - self._near)
        self.turned_away = left.x < right.x and (self._yaw or 0.0) < YAW_BANDS["front"][1]
        forward = _forward(pose)
        if forward is not None:
            self._facing += weight * (forward - self._facing)

    def fits(self, view: str) -> bool:
        """Whether the camera has ``view`` now."""
        return self._yaw is not None and _in_band(self._yaw, view, YAW_HYSTERESIS_DEG)

    def choose(self, views: Sequence[str], *, moving: bool = False) -> str | None:
        """The view among ``views`` that the camera has now, kept until its band is clearly left.

        Between two movements it is also given up for one that is clearly nearer. ``moving``: a movement is under way,
        in which a trunk turns a little; the view stays for twice as far.
        """
        yaw = self._yaw
        if yaw is None:
            return None
        fitting = [view for view in views if _in_band(yaw, view, 0.0)]
        nearest = min(fitting, key=lambda view: abs(yaw - YAW_IDEAL[view]), default=None)
        current = self.current
        if current in views and _in_band(yaw, current, YAW_HYSTERESIS_DEG * (2 if moving else 1)):
            assert current is not None, "a view's name"
            nearer = nearest is not None and abs(yaw - YAW_IDEAL[nearest]) + NEARER_DEG < abs(yaw - YAW_IDEAL[current])
            if moving or not nearer:
                return current
        self.current = nearest
        return nearest


def _in_band(yaw: float, view: str | None, slack: float) -> bool:
    if view is None:
        return False
    low, high = YAW_BANDS[view]
    return low - slack <= yaw <= high + slack


def _forward(pose: Pose) -> float | None:
    """Where the person looks, positive to the right of the picture; where the head is when the trunk lies flat."""
    shoulders = _between(pose, Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)
    hips = _between(pose, Landmark.LEFT_HIP, Landmark.RIGHT_HIP)
    if shoulders is not None and hips is not None:
        across, down = (shoulders[0] - hips[0]) * pose.width, (hips[1] - shoulders[1]) * pose.height
        if abs(across) > FLAT * abs(down):
            return copysign(hypot(across, down) / pose.width, across)
    nose, ears = pose.points[Landmark.NOSE], _between(pose, Landmark.LEFT_EAR, Landmark.RIGHT_EAR)
    return None if nose is None or ears is None else nose.x - ears[0]


def _between(pose: Pose, a: Landmark, b: Landmark) -> tuple[float, float] | None:
    first, second = pose.points[a], pose.points[b]
    if first is None or second is None:
        return None
    return (first.x + second.x) / 2, (first.y + second.y) / 2


def turn_estimates(pose: Pose, frame: Frame) -> tuple[float | None, float | None]:
    """Turn of the trunk in degrees from the shoulders' width against the torso, and from their depth.

    The first is ``None`` without hips, both without shoulders.
    """
    left, right = pose.points[Landmark.LEFT_SHOULDER], pose.points[Landmark.RIGHT_SHOULDER]
    if left is None or right is None:
        return None, None
    across = abs(left.x - right.x)
    depth = abs(left.z - right.z)
    from_depth = degrees(atan2(depth, across)) if depth or across else 0.0
    torso, width = frame.torso, frame.shoulder_width
    if torso is None or width is None or frame.joint(Joint.HIP, Side.LEFT) is None:
        return None, from_depth
    return degrees(acos(min(1.0, width / torso / SHOULDERS_PER_TORSO))), from_depth


def _yaw(pose: Pose, frame: Frame) -> float | None:
    """The smaller of the two estimates: each errs upward in its own cases, see the module's first paragraph."""
    return min((turn for turn in turn_estimates(pose, frame) if turn is not None), default=None)


class FrameRate:
    """Frames per second over the last moments, from time stamps."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def observe(self, time_s: float) -> float | None:
        """Rate including the frame at ``time_s``; ``None`` until the window is filled once."""
        times = self._times
        times.append(time_s)
        while time_s - times[0] > FRAME_RATE_WINDOW_S:
            times.popleft()
        span = time_s - times[0]
        if span < FRAME_RATE_WINDOW_S * 0.6:
            return None
        return (len(times) - 1) / span


def seen(frame: Frame, joints: Sequence[Joint], sides: Sequence[Side]) -> Gate | None:
    """``None`` when every joint on every side is visible inside the picture, else which ones are not."""
    hidden: list[str] = []
    outside: list[str] = []
    for joint in joints:
        for side in sides if joint is not Joint.NOSE else sides[:1]:
            if not frame.inside(joint, side, EDGE_MARGIN):
                outside.append(landmark(joint, side).name.lower())
            elif frame.joint(joint, side) is None:
                hidden.append(landmark(joint, side).name.lower())
    if outside:
        return Gate("outside_frame", "step_back", tuple(outside))
    if hidden:
        return Gate("not_visible", "show_part", tuple(hidden))
    return None


def camera_roll_deg(frame: Frame) -> float | None:
    """Tilt of the camera in the front view: what shoulder line and hip line have in common, in degrees."""
    tilts = [tilt_from_level(*frame.pair(joint)) for joint in (Joint.SHOULDER, Joint.HIP)]
    first, second = tilts
    if first is None or second is None:
        return None
    return 0.0 if first * second <= 0 else min(first, second, key=abs)
