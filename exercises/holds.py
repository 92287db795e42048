"""Time inside a window, with grace (stretches and other holds).

The timer runs while the window is held; a slip of up to `GRACE_S` is forgiven, a longer one stops the timer until the
person is back, and a break of more than `BREAK_S` closes the hold (CLINICAL 2.0, hold machine). Times in seconds from
the frames' own time stamps. Limits: a frame that could not be judged counts neither as inside nor as a slip until the
gate reports it.
"""

from __future__ import annotations

from dataclasses import dataclass

GRACE_S = 0.7
BREAK_S = 5.0
ENTRY_S = 0.3
"""The window must be held this long before a hold begins, so that an arm passing through starts none."""
LONGEST_STEP_S = 0.5


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold: first and last moment inside the window, and the time held in between, in seconds."""

    start_s: float
    end_s: float
    held_s: float
    reason: str

    @property
    def counted(self) -> bool:
        return self.reason == "complete"


class HoldTimer:
    """Adds up the time in the window until ``target_s`` is reached."""

    def __init__(self, target_s: float) -> None:
        self._target_s = target_s
        self._time: float | None = None
        self._inside_since: float | None = None
        self._start_s: float | None = None
        self._last_inside_s = 0.0
        self.held_s = 0.0
        self.inside = False

    @property
    def running(self) -> bool:
        """Whether a hold has begun and is not closed."""
        return self._start_s is not None

    def observe(self, time_s: float, *, inside: bool) -> Hold | None:
        """Take one frame; returns the hold that ended with it (reached its target, or broke off)."""
        step = 0.0 if self._time is None else min(time_s - self._time, LONGEST_STEP_S)
        self._time = time_s
        was_inside, self.inside = self.inside, inside
        if not self.running:
            return self._enter(time_s, inside=inside)
        if time_s - self._last_inside_s > BREAK_S:
            # Also after a time out of sight: nobody knows what happened in it.
            return self._close("too_short")
        if inside:
            slip = time_s - self._last_inside_s
            self.held_s += slip if slip <= GRACE_S else (step if was_inside else 0.0)
            self._last_inside_s = time_s
            return self._close("complete") if self.held_s >= self._target_s else None
        return None

    def finish(self) -> Hold | None:
        """The set is over: the hold under way, as far as it came."""
        return self._close("too_short") if self.running else None

    def _enter(self, time_s: float, *, inside: bool) -> Hold | None:
        if not inside:
            self._inside_since = None
            return None
        if self._inside_since is None:
            self._inside_since = time_s
        if time_s - self._inside_since >= ENTRY_S:
            self._start_s = self._inside_since
            self.held_s = time_s - self._inside_since
            self._last_inside_s = time_s
        return None

    def _close(self, reason: str) -> Hold:
        assert self._start_s is not None
        hold = Hold(self._start_s, self._last_inside_s, self.held_s, reason)
        self._start_s = self._inside_since = None
        self.held_s = 0.0
        return hold
