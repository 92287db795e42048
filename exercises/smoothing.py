"""One-Euro filter on time stamps in seconds (Casiez, Roussel and Vogel 2012, doi 10.1145/2207676.2208639).

The measures are filtered, not the landmarks: MediaPipe already filters its landmarks, and a second strong filter on
them would only add delay. Units: the signal's own unit; the cut-offs are in hertz; ``beta`` is in hertz per
(unit per second). A gap in time resets the filter, because an old value says nothing about what follows it.
"""

from __future__ import annotations

from math import pi

MIN_CUTOFF_HZ = 1.2
BETA = 0.02  # for degrees; measures in other units scale it, see Measure.smoothing_scale
DERIVATIVE_CUTOFF_HZ = 1.0
RESET_GAP_S = 0.5


class OneEuro:
    """A low-pass filter that follows fast motion quickly and still values calmly."""

    __slots__ = ("_beta", "_derivative", "_min_cutoff_hz", "_reset_gap_s", "_time", "_value")

    def __init__(
        self,
        scale: float = 1.0,
        *,
        min_cutoff_hz: float = MIN_CUTOFF_HZ,
        beta: float = BETA,
        reset_gap_s: float = RESET_GAP_S,
    ) -> None:
        """``scale``: size of the signal's unit in degrees-equivalents (a ratio uses about 100).

        The defaults are those of exercises; sitting is watched more calmly and with fewer pictures a second
        (`exercises.posture_features`).
        """
        self._beta = beta * scale
        self._min_cutoff_hz = min_cutoff_hz
        self._reset_gap_s = reset_gap_s
        self._time: float | None = None
        self._value = 0.0
        self._derivative = 0.0

    def __call__(self, value: float, time_s: float) -> float:
        if self._time is None or time_s - self._time > self._reset_gap_s or time_s <= self._time:
            self._time, self._value, self._derivative = time_s, value, 0.0
            return value
        interval = time_s - self._time
        slope = (value - self._value) / interval
        self._derivative += _weight(DERIVATIVE_CUTOFF_HZ, interval) * (slope - self._derivative)
        cutoff = self._min_cutoff_hz + self._beta * abs(self._derivative)
        self._value += _weight(cutoff, interval) * (value - self._value)
        self._time = time_s
        return self._value


def _weight(cutoff_hz: float, interval_s: float) -> float:
    """Share of the new value that passes a first-order low-pass of this cut-off."""
    share = 2.0 * pi * cutoff_hz * interval_s
    return share / (1.0 + share)
