"""How much somebody moves: the movement index, changes of posture, and how long it has been since the last one.

A change of posture is a shift of trunk or head by more than 8 degrees or 0.06 shoulder widths that lasts (CLINICAL
3.6): the pose goes somewhere else and stays there. A tremor, a glance or a gesture comes back, and a slow creep is
followed by the anchor and counts as nothing. Everything is sampled every `SAMPLE_S`, so that the same sitting reads the
same at four pictures a second and at one in two seconds. Positions in shoulder widths of the calm pose, angles in
degrees, times in seconds. Limits: a camera that is bumped looks like a shift of the whole body.
"""

from __future__ import annotations

from collections import deque
from math import exp, hypot, log
from typing import NamedTuple

from exercises.body import Side
from exercises.posture_features import Sight, side_view

SAMPLE_S = 2.0
SHIFT = 0.06
SHIFT_DEG = 8.0
LASTS_S = 6.0
"""A glance at the keyboard or a sip is over by then."""
STEADY = 0.6
"""Share of the shift's size within which the new pose must stay meanwhile."""
ANCHOR_TAU_S = 90.0
"""How fast the anchor follows a pose that stays within the shift's size."""
INDEX_TAU_S = 60.0
QUICK = 0.05
"""Way within about a second, in shoulder widths, from which somebody is moving right now."""
QUICK_DEG = 6.0
QUICK_WINDOW_S = 1.2
STILL_AFTER_S = 30.0
GAP_S = 12.0


class Stance(NamedTuple):
    """Where trunk and head are: shoulders (x, y, ln of the size), head against the shoulders (x, y), head's tilt."""

    x: float
    y: float
    size: float
    head_x: float
    head_y: float
    tilt_deg: float


NECKS_PER_SHOULDERS = 1.8
"""Shoulder width over ear-shoulder distance: carries the sizes above into the side view."""


def size_px(seen: Sight, *, side: bool) -> float | None:
    """Size of the person in pixels as a shoulder width."""
    if not side:
        return None if seen.shoulders is None else seen.shoulder_width
    view = side_view(seen)
    return None if view is None else view.neck_px * NECKS_PER_SHOULDERS


def stance_of(seen: Sight, unit_px: float, *, side: bool, anchor: Stance | None = None) -> Stance:
    """Where trunk and head are, in units of ``unit_px``; the head as in ``anchor`` where it is busy or not seen.

    `size_px` must not be ``None`` for this picture.
    """
    size = size_px(seen, side=side)
    assert size is not None, "asked before"
    near_left = seen.near is Side.LEFT
    middle = (seen.left_shoulder if near_left else seen.right_shoulder) if side else seen.shoulders
    head = (seen.left_ear if near_left else seen.right_ear) if side else seen.ears
    assert middle is not None, "there is a size"
    x, y = middle[0] / unit_px, middle[1] / unit_px
    if anchor is not None or head is None:
        known = anchor or Stance(x, y, 0.0, 0.0, 0.0, 0.0)
        return Stance(x, y, log(size), known.head_x, known.head_y, known.tilt_deg)
    tilt = 0.0 if side else seen.head_tilt_deg or 0.0
    return Stance(x, y, log(size), head[0] / unit_px - x, head[1] / unit_px - y, tilt)


def _far(a: Stance, b: Stance) -> float:
    """Difference of two stances in units of a posture change."""
    trunk = hypot(a.x - b.x, a.y - b.y) / SHIFT
    head = hypot(a.head_x - b.head_x, a.head_y - b.head_y) / SHIFT
    # Coming closer by 6 % of the distance is a shift as well; sizes are noisier than places.
    size = abs(a.size - b.size) / (1.5 * SHIFT)
    return max(trunk, head, size, abs(a.tilt_deg - b.tilt_deg) / SHIFT_DEG)


def _blend(a: Stance, b: Stance, share: float) -> Stance:
    return Stance(*(x + share * (y - x) for x, y in zip(a, b, strict=True)))


class Movement:
    """Follows one person's stance."""

    __slots__ = ("_anchor", "_away", "_away_since", "_moved_s", "_quick", "_sample", "_sampled_s", "index")

    def __init__(self) -> None:
        self.index = 0.0
        """EMA over a minute of the way made per second, in thousandths of a shoulder width."""
        self.forget()
        self._moved_s: float | None = None

    def forget(self) -> None:
        """The place is another one: where the pose was before says nothing."""
        self._anchor: Stance | None = None
        self._away: Stance | None = None
        self._away_since = 0.0
        self._sample: Stance | None = None
        self._sampled_s = 0.0
        self._quick: deque[tuple[float, Stance]] = deque()

    def observe(self, stance: Stance, time_s: float) -> bool:
        """Take one stance; whether it completes a change of posture."""
        self._look(stance, time_s)
        if self._sample is None or time_s - self._sampled_s > GAP_S:
            self._sample, self._sampled_s = stance, time_s
            self._away = None
            if self._anchor is None:
                self._anchor = stance
            return False
        passed = time_s - self._sampled_s
        if passed < SAMPLE_S * 0.9:
            return False
        way = hypot(*(a - b for a, b in zip(stance[:5], self._sample[:5], strict=True))) / passed
        self.index += (1.0 - exp(-passed / INDEX_TAU_S)) * (1000.0 * way - self.index)
        # Half of the sample's noise goes; a step is still there after two samples.
        self._sample = _blend(self._sample, stance, 0.7)
        self._sampled_s = time_s
        return self._compare(self._sample, time_s, passed)

    def _compare(self, stance: Stance, time_s: float, passed_s: float) -> bool:
        assert self._anchor is not None, "set with the first sample"
        if _far(stance, self._anchor) < 1.0:
            self._away = None
            self._anchor = _blend(self._anchor, stance, 1.0 - exp(-passed_s / ANCHOR_TAU_S))
            return False
        if self._away is None or _far(stance, self._away) > STEADY:
            self._away, self._away_since = stance, time_s
            return False
        if time_s - self._away_since < LASTS_S:
            return False
        self._anchor, self._away = stance, None
        return True

    def _look(self, stance: Stance, time_s: float) -> None:
        quick = self._quick
        while quick and time_s - quick[0][0] > max(QUICK_WINDOW_S, SAMPLE_S):
            quick.popleft()
        for _, before in quick:
            if (
                hypot(stance.x - before.x, stance.y - before.y) > QUICK
                or hypot(stance.head_x - before.head_x, stance.head_y - before.head_y) > QUICK
                or abs(stance.tilt_deg - before.tilt_deg) > QUICK_DEG
            ):
                self._moved_s = time_s
                quick.clear()
                break
        if not quick or time_s - quick[-1][0] >= QUICK_WINDOW_S / 4:
            quick.append((time_s, stance))

    @property
    def anchor(self) -> Stance | None:
        """The pose that the present one is compared with."""
        return self._anchor

    def moving(self, time_s: float) -> bool:
        """Whether somebody moves right now."""
        return self._moved_s is not None and time_s - self._moved_s < QUICK_WINDOW_S

    def still(self, time_s: float) -> bool:
        """Whether nobody has moved for a while."""
        return self._moved_s is None or time_s - self._moved_s > STILL_AFTER_S
