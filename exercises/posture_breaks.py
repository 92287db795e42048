"""When it is time to move, and how often anything may be said at all.

Two rules (CLINICAL 3.6 and 3.7): ``still``, time without a change of posture, and ``clock``, time at the desk since the
last break. Two minutes away are a break. Nothing is offered or told within ten minutes of standing up. All notices
share one budget: so many in any hour, and ten minutes between two. Times in seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

COOL_DOWN_S = 600.0
HOUR_S = 3600.0
AWAY_IS_BREAK_S = 120.0
AFTER_STAND_S = 600.0
RATE_AFTER_S = 300.0
"""Changes per hour are not stated before so much time at the desk."""
STILL = "still"
CLOCK = "clock"
RULES = {"still": (STILL,), "clock": (CLOCK,), "both": (STILL, CLOCK), "off": ()}


class Budget:
    """Notices of every kind in a sliding hour."""

    __slots__ = ("_told", "hushed_until_s", "per_hour", "quiet")

    def __init__(self, per_hour: int = 3, *, quiet: bool = False) -> None:
        self.per_hour = per_hour
        self.quiet = quiet
        self.hushed_until_s = float("-inf")
        self._told: deque[float] = deque()

    def remember(self, times_s: Iterable[float]) -> None:
        """Notices that were told before this watch began, on its clock."""
        self._told = deque(sorted([*self._told, *times_s]))

    def allows(self, time_s: float) -> bool:
        """Whether something may be said now."""
        if self.quiet or time_s < self.hushed_until_s:
            return False
        told = self._told
        while told and time_s - told[0] >= HOUR_S:
            told.popleft()
        return len(told) < self.per_hour and (not told or time_s - told[-1] >= COOL_DOWN_S)

    def spend(self, time_s: float) -> None:
        """Something was said."""
        self._told.append(time_s)


class BreakClock:
    """Time since the last change of posture, the last stand-up and the last break."""

    __slots__ = ("_away_s", "_changes", "_desk_s", "_since_break_s", "_stood_s", "_told_at", "changes", "stands",
                 "still_s")  # fmt: skip

    def __init__(self) -> None:
        self.still_s = 0.0
        """Seconds at the desk since the last change of posture."""
        self.changes = 0
        self.stands = 0
        self._since_break_s = 0.0
        self._away_s = 0.0
        self._desk_s = 0.0
        self._changes: deque[float] = deque()
        self._stood_s: float | None = None
        self._told_at = {STILL: 0.0, CLOCK: 0.0}

    def sit(self, interval_s: float) -> None:
        """Somebody sits at the desk, whatever can be told of how."""
        self.still_s += interval_s
        self._since_break_s += interval_s
        self._desk_s += interval_s
        self._away_s = 0.0

    def away(self, interval_s: float) -> None:
        """Nobody is there; long enough and it was a break."""
        self._away_s += interval_s
        if self._away_s >= AWAY_IS_BREAK_S:
            self._restart(everything=True)

    def changed(self) -> None:
        """A change of posture."""
        self.changes += 1
        self._changes.append(self._desk_s)
        self._restart(everything=False)

    def stood(self, time_s: float) -> None:
        """Somebody stood up: a change of posture, and a break."""
        self.stands += 1
        self._changes.append(self._desk_s)
        self.rested(time_s, stood=True)

    def rested(self, time_s: float, *, stood: bool) -> None:
        """A break was taken; ``stood`` when it meant getting up."""
        if stood:
            self._stood_s = time_s
        self._restart(everything=True)

    def interrupt(self) -> None:
        """Nobody was watched for a while: nothing is known about the time since the last change."""
        self._away_s = 0.0
        self._restart(everything=True)

    def _restart(self, *, everything: bool) -> None:
        self.still_s = self._told_at[STILL] = 0.0
        if everything:
            self._since_break_s = self._told_at[CLOCK] = 0.0

    def stood_lately(self, time_s: float) -> bool:
        """Whether somebody got up within the last ten minutes: who has just moved is not told to."""
        return self._stood_s is not None and time_s - self._stood_s < AFTER_STAND_S

    def due(self, rule: str, every_s: float, time_s: float) -> str | None:
        """``still`` or ``clock`` when a break should be offered; again only after as long once more."""
        if self.stood_lately(time_s):
            return None
        return next((kind for kind in RULES[rule] if self._passed_s(kind) >= every_s), None)

    def due_in_s(self, rule: str, every_s: float) -> float | None:
        """Seconds at the desk until the next offer, if nothing changes; ``None`` without a rule."""
        passed = [self._passed_s(kind) for kind in RULES[rule]]
        return max(every_s - max(passed), 0.0) if passed else None

    def _passed_s(self, kind: str) -> float:
        """Time of this rule since the last change or break, or since the last offer."""
        return (self.still_s if kind == STILL else self._since_break_s) - self._told_at[kind]

    def offered(self) -> None:
        """A break was offered; one offer speaks for both rules."""
        self._told_at = {STILL: self.still_s, CLOCK: self._since_break_s}

    @property
    def changes_per_hour(self) -> float | None:
        """Changes of posture in the last hour at the desk, as a rate."""
        if self._desk_s < RATE_AFTER_S:
            return None
        changes = self._changes
        while changes and self._desk_s - changes[0] > HOUR_S:
            changes.popleft()
        return len(changes) * HOUR_S / min(self._desk_s, HOUR_S)
