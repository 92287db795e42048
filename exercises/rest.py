"""The person's own calm start pose of one measure: what "relative to the start" is relative to.

Bodies, chairs and cameras differ by more than a chin tuck or a neck stretch moves, so such movements are measured from
the person's own rest. Rest is the value in which the measure has stayed calm; a calm value further from the peak
replaces it at once, one beside it draws it along slowly. Until a calm moment was seen, the mean of the first
moment serves. Times in seconds, values in the measure's unit. Limits: a person who never rests in the start pose is
measured from where the camera found them.
"""

from __future__ import annotations

from collections import deque
from math import exp

WINDOW_S = 0.8
FIRST_S = 0.3
CALM = {"deg": 4.0, "torso": 0.04, "shoulders": 0.06, "ears": 0.12, "ratio": 0.08}
"""Largest spread of a calm measure within `WINDOW_S`, by unit: about four standard deviations of its noise."""
DRIFT_TAU_S = 4.0


class Rest:
    """Follows one measure. ``towards`` is +1 when the peak lies at larger values, -1 at smaller ones."""

    __slots__ = ("_calm", "_first", "_provisional", "_recent", "_towards", "value")

    def __init__(self, unit: str, towards: int) -> None:
        self._calm = CALM[unit]
        self._towards = towards
        self._recent: deque[tuple[float, float]] = deque()
        self._first: list[tuple[float, float]] = []
        self._provisional = True
        self.value: float | None = None

    def observe(self, time_s: float, value: float) -> float | None:
        """Take one value; returns the rest, ``None`` within the first moment."""
        recent = self._recent
        interval = time_s - recent[-1][0] if recent else 0.0
        if interval > WINDOW_S:
            recent.clear()
        recent.append((time_s, value))
        while time_s - recent[0][0] > WINDOW_S:
            recent.popleft()
        if self.value is None:
            self._first.append((time_s, value))
            if time_s - self._first[0][0] < FIRST_S:
                return None
            self.value = sum(v for _, v in self._first) / len(self._first)
            return self.value
        if time_s - recent[0][0] >= WINDOW_S * 0.75:
            self._follow([v for _, v in recent], interval)
        return self.value

    def _follow(self, values: list[float], interval_s: float) -> None:
        assert self.value is not None
        if max(values) - min(values) > self._calm:
            return
        calm = sum(values) / len(values)
        off = (calm - self.value) * self._towards
        if off < -self._calm / 2 or (self._provisional and off < self._calm):
            self.value, self._provisional = calm, False
        elif off < self._calm / 2:
            self.value += (1.0 - exp(-interval_s / DRIFT_TAU_S)) * (calm - self.value)
