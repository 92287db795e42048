"""From scores to a verdict that does not flicker: the calmed score, and spells of slouching with their durations.

CLINICAL 3.6: EMA with a time constant of 5 s; a gap of more than 3 s freezes it, one of more than 60 s starts it anew.
A spell begins when the calmed score falls below 60, is called slouching after 30 s, and ends after 10 s above 70. All
durations count from the moment it fell below 60. While nothing can be told a spell is frozen: neither does it go on nor
is it over, until a minute has passed. Times in seconds.
"""

from __future__ import annotations

from math import exp

TAU_S = 5.0
FREEZE_S = 3.0
FORGET_S = 60.0
AFTER_GAP_S = 0.25
"""What the first picture after a gap counts as: it says little about the time in which nobody looked."""
ENTER_BELOW = 60.0
LEAVE_ABOVE = 70.0
ENTER_AFTER_S = 30.0
LEAVE_AFTER_S = 10.0
HINT_AFTER_S = 30.0
NOTICE_AFTER_S = 120.0
CLEARLY = 0.65
"""Share of a spell in which the score must have been below 60: one that hovers between the thresholds is not told."""
DOWN_TAU_S = 120.0
DOWN_MOST = 0.08
"""How much of the last minutes the face may have been turned down when a spell is told (docs/decisions/0021). Who looks
at the keyboard again and again bows a little in between as well, and a bowed head moves the ears as a slump does."""


class Spell:
    """The calmed score and the present spell of slouching, if there is one."""

    __slots__ = ("_above_s", "_below_s", "_last_s", "down_share", "score", "slouching", "spell_s", "told")

    def __init__(self) -> None:
        self._last_s: float | None = None
        self.score: float | None = None
        """The calmed score, 0 to 100."""
        self.down_share = 0.0
        """How much of the last minutes the face was turned down, 0 to 1 (EMA)."""
        self.end()

    def end(self) -> None:
        """The spell is over: somebody stood up, sits elsewhere, or was away."""
        self.slouching = False
        self.spell_s = 0.0
        self._above_s = self._below_s = 0.0
        self.told = False

    def restart(self) -> None:
        """The score as well is of the past."""
        self.score = self._last_s = None
        self.end()

    def observe(self, score: float, time_s: float) -> None:
        """Take the score of one picture."""
        if self._last_s is not None and time_s - self._last_s > FORGET_S:
            self.restart()
        interval = 0.0 if self._last_s is None else max(time_s - self._last_s, 0.0)
        if interval > FREEZE_S:
            interval = AFTER_GAP_S
        self._last_s = time_s
        if self.score is None:
            self.score = score
        else:
            self.score += (1.0 - exp(-interval / TAU_S)) * (score - self.score)
        self._count(self.score, interval)

    def _count(self, score: float, interval: float) -> None:
        if score < ENTER_BELOW:
            self.spell_s += interval
            self._below_s += interval
            self._above_s = 0.0
            self.slouching = self.slouching or self._below_s >= ENTER_AFTER_S
            return
        if not self.spell_s:
            return
        # Between the two thresholds a spell goes on: noise must not begin it anew again and again. One that is not yet
        # called slouching ends when it was there for as long as below.
        if score <= LEAVE_ABOVE and (self.slouching or self.spell_s < self._below_s / CLEARLY + LEAVE_AFTER_S):
            self.spell_s += interval
            self._above_s = 0.0
            return
        self._above_s += interval
        if self._above_s >= LEAVE_AFTER_S:
            self.end()

    def gaze(self, interval_s: float, *, down: bool) -> None:
        """Whether the face was turned down in the time since the last picture."""
        self.down_share += (1.0 - exp(-interval_s / DOWN_TAU_S)) * (float(down) - self.down_share)

    def wait(self, time_s: float) -> None:
        """Nothing can be told now."""
        if self._last_s is not None and time_s - self._last_s > FORGET_S:
            self.restart()

    def fresh(self, time_s: float) -> bool:
        """Whether the last score is so new that another one would follow it without a gap."""
        return self._last_s is not None and time_s - self._last_s < FREEZE_S

    @property
    def hint(self) -> bool:
        """Whether to say so softly on the screen."""
        return self.slouching and self.spell_s >= HINT_AFTER_S

    @property
    def due(self) -> bool:
        """Whether a notice is due; it is told once per spell."""
        long_enough = self.spell_s >= NOTICE_AFTER_S and self._below_s >= CLEARLY * self.spell_s
        return self.slouching and not self.told and long_enough and self.down_share <= DOWN_MOST
