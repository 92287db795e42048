"""Is it still the same person? A body that jumps to another place or size between two pictures is another one.

A pose estimator for one person follows whoever it finds. When somebody passes by or stands behind, its skeleton can
leap to them; a body cannot. Lengths are in sizes of the body (torso lengths, at the desk shoulder widths), times in
seconds. The old place is kept for a while: who comes back to it is the same person; who stays at the new place is taken
for the person, and while exercising has to show the start pose again. Limits: somebody of the same size who steps in
exactly there goes unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, log
from typing import NamedTuple

from exercises.body import Joint
from exercises.geometry import midpoint
from exercises.measures import Frame

STAY_S = 6.0


class Place(NamedTuple):
    """Where a body is in the picture, and how large it is there (picture heights or pixels)."""

    x: float
    y: float
    size: float
    time_s: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What one body can do between two pictures: a way at once (``jump``, in sizes) and with time, and the same for the
    natural logarithm of the size. Beyond ``longest_s`` more time allows nothing more. ``stay_s``: who stays at another
    place for so long is the person now. ``back``: share of the two jumps within which somebody has come back to the old
    place, whenever it is; ``None``: whatever could be reached.
    """

    jump: float
    speed_per_s: float
    size_jump: float
    size_speed_per_s: float
    longest_s: float
    stay_s: float
    back: float | None

    def reachable(self, before: Place, now: Place) -> bool:
        """Whether one body can have moved from one place to the other in the time between."""
        seconds = min(max(now.time_s - before.time_s, 0.0), self.longest_s)
        far, growth = _difference(before, now)
        return (
            far <= self.jump + self.speed_per_s * seconds and growth <= self.size_jump + self.size_speed_per_s * seconds
        )

    def returned(self, before: Place, now: Place) -> bool:
        """Whether somebody who was lost is where the person was."""
        if self.back is None:
            return self.reachable(before, now)
        far, growth = _difference(before, now)
        return far <= self.jump * self.back and growth <= self.size_jump * self.back


EXERCISING = Limits(
    jump=1.0,
    # Distance between two pictures that no body makes: a fast squat moves the hips 0.3 torso lengths in a tenth of a
    # second; the two photographs of a squat that are shown in turn lie 0.8 apart. Walking is 2.8 a second.
    speed_per_s=3.0,
    size_jump=0.45,  # somebody at two thirds of the distance
    size_speed_per_s=0.5,
    longest_s=STAY_S,
    stay_s=STAY_S,
    back=0.6,
)


class PersonLock:
    """Follows one body from picture to picture; a skeleton that leaps has gone over to somebody else."""

    __slots__ = ("_last", "_limits", "_other", "_other_since")

    def __init__(self, limits: Limits = EXERCISING) -> None:
        self._limits = limits
        self._last: Place | None = None
        self._other: Place | None = None
        self._other_since = 0.0

    def same(self, place: Place | None) -> bool:
        """Whether this is the body that was followed so far; unknown places count as the same."""
        if place is None:
            return self._other is None
        limits, last = self._limits, self._last
        if last is None or (limits.returned(last, place) if self._other else limits.reachable(last, place)):
            self._last, self._other = place, None
            return True
        if self._other is None or not limits.reachable(self._other, place):
            self._other_since = place.time_s
        self._other = place
        if place.time_s - self._other_since < limits.stay_s:
            return False
        self._last, self._other = place, None
        return True

    def forget(self) -> None:
        """Whoever comes next is the person: nobody was there for a while."""
        self._last = self._other = None


def place_of(frame: Frame) -> Place | None:
    """The place of somebody who exercises: the middle of the shoulders, by the torso's length."""
    middle, size = midpoint(*frame.pair(Joint.SHOULDER)), frame.torso
    if middle is None or not size:
        return None
    return Place(middle[0], middle[1], size, frame.time_s)


def _difference(a: Place, b: Place) -> tuple[float, float]:
    return hypot(a.x - b.x, a.y - b.y) / max(a.size, b.size), abs(log(b.size / a.size))
