"""Whose time it is: the computer's, or that of a recording that plays as if it were a camera.

Conventions: ``now_s`` never jumps and goes on while the computer sleeps; ``utc`` is the wall clock and may jump.
A recording's time runs ``speed`` times as fast as the computer's; at the speed ``None`` it does not run by itself but
jumps from one thing that is due to the next, which makes a run depend on nothing but the file. Limits: presence,
notices and the server live in the computer's time whatever the recording's is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event
from typing import Final, Protocol

from tracker.clock import Clock, steady_s

SLEPT_S: Final = 10.0
"""Nothing the loop does takes longer than this; when more time has passed than was planned, the computer slept."""
ROUNDING_S: Final = 1e-3
"""What is due within this is due now: waiting for exactly as long as is missing may end a hair before it."""
_HICCUP_S: Final = 0.5  # of the computer's time: at a high speed a busy computer must not look like one that slept


class Time(Protocol):
    """What the loop needs to know of time."""

    slept_s: float
    """Time beyond what was planned from which on the computer must have slept."""

    def now_s(self) -> float:
        """Seconds that never jump."""

    def utc(self) -> datetime:
        """The wall clock."""

    def wait(self, for_s: float) -> None:
        """Wait that long, or until woken."""

    def wake(self) -> None:
        """End the present wait; may be called from any thread and from a signal handler."""


class LiveTime:
    """The computer's own time."""

    slept_s = SLEPT_S

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._woken = Event()

    def now_s(self) -> float:
        return steady_s()

    def utc(self) -> datetime:
        return self._clock.now()

    def wait(self, for_s: float) -> None:
        self._woken.wait(max(for_s, 0.0))
        self._woken.clear()

    def wake(self) -> None:
        self._woken.set()


class PlayedTime:
    """The time of a recording that began at ``began_at`` and plays at ``speed``."""

    def __init__(self, began_at: datetime, speed: float | None) -> None:
        self._began_at = began_at
        self._speed = speed
        self._jumped_s = 0.0
        self._started_s: float | None = None
        self._woken = Event()
        self.slept_s = SLEPT_S + _HICCUP_S * (speed or 0.0)

    def now_s(self) -> float:
        if self._speed is None:
            return self._jumped_s
        if self._started_s is None:
            self._started_s = steady_s()  # what came before was getting ready
        return (steady_s() - self._started_s) * self._speed

    def utc(self) -> datetime:
        return self._began_at + timedelta(seconds=self.now_s())

    def wait(self, for_s: float) -> None:
        if self._speed is None:
            self._jumped_s += max(for_s, 0.0)
            return
        self._woken.wait(max(for_s, 0.0) / self._speed)
        self._woken.clear()

    def wake(self) -> None:
        self._woken.set()
