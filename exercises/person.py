"""Is it still the same person? A body that jumps to another place or size between two pictures is another one.

A pose estimator for one person follows whoever it finds. When somebody passes by or stands behind, its skeleton can
leap to them; a body cannot. Lengths are in torso lengths, times in seconds. The old place is kept for a while: who
comes back to it is the same person; who stays at the new place for `STAY_S` is taken for the person exercising, and
has to show the start pose again. Limits: somebody of the same size who steps in exactly there goes unnoticed.
"""

from __future__ import annotations

from math import hypot, log
from typing import NamedTuple

from exercises.body import Joint
from exercises.geometry import midpoint
from exercises.measures import Frame

JUMP = 1.0
"""Distance between two pictures that no body makes: a fast squat moves the hips 0.3 torso lengths in a tenth of a
second; the two photographs of a squat that are shown in turn lie 0.8 apart."""
SPEED_PER_S = 3.0
"""Walking is 2.8 torso lengths a second."""
SIZE_JUMP = 0.45
"""Change of the natural logarithm of the size: somebody at two thirds of the distance."""
STAY_S = 6.0


class _Place(NamedTuple):
    x: float
    y: float
    size: float
    time_s: float


class PersonLock:
    """Follows one body from picture to picture."""

    __slots__ = ("_last", "_other", "_other_since")

    def __init__(self) -> None:
        self._last: _Place | None = None
        self._other: _Place | None = None
        self._other_since = 0.0

    def same(self, frame: Frame) -> bool:
        """Whether this is the body that was followed so far; unknown places count as the same."""
        place = _place(frame)
        if place is None:
            return self._other is None
        last = self._last
        if last is None or (_near(last, place) if self._other else _reachable(last, place)):
            self._last, self._other = place, None
            return True
        if self._other is None or not _reachable(self._other, place):
            self._other_since = place.time_s
        self._other = place
        if place.time_s - self._other_since < STAY_S:
            return False
        self._last, self._other = place, None
        return True


def _place(frame: Frame) -> _Place | None:
    middle, size = midpoint(*frame.pair(Joint.SHOULDER)), frame.torso
    if middle is None or not size:
        return None
    return _Place(middle[0], middle[1], size, frame.time_s)


def _reachable(before: _Place, now: _Place) -> bool:
    """Whether one body can have moved from one place to the other in the time between."""
    seconds = min(now.time_s - before.time_s, STAY_S)
    far, growth = _difference(before, now)
    return far <= JUMP + SPEED_PER_S * seconds and growth <= SIZE_JUMP + seconds / 2


def _near(before: _Place, now: _Place) -> bool:
    """Whether both are the same place, whatever the time between."""
    far, growth = _difference(before, now)
    return far <= JUMP * 0.6 and growth <= SIZE_JUMP * 0.6


def _difference(a: _Place, b: _Place) -> tuple[float, float]:
    return hypot(a.x - b.x, a.y - b.y) / max(a.size, b.size), abs(log(b.size / a.size))
