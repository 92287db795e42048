"""For some days somebody is asked for less than their plan says: how much less, of what, and until when. Pure.

The plan stays as it is; what is multiplied is the list of the day. An easing for one exercise is a step back of it
(CLINICAL 2.0: 30 % fewer repetitions), and a second one is a second step. An easing for everything spares what only
moves (5.1, L1: "keep mobility work"). Where several hold, those of the exercise multiply, and the strongest of what
that gives and of those for everything counts: the same bad day is not counted twice.

Sets are never taken away: who does every set of the shorter list has done what was asked of them, in every figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tracker.regimen.rules import Limits, Prescribed

ONE_STEP: Final = 0.7
TWO_STEPS: Final = 0.49
"""CLINICAL 4.6, after more than a week off: two steps lower, of 30 % each."""

LEVEL_DAYS: Final = 5
"""CLINICAL 2.0 says 3 to 7 days at L1; the middle."""
LOOK_BACK_DAYS: Final = 14
"""How old a bad day may be to ask for a step back; as the window of X1."""
AWAY_DAYS: Final = 7
AWAY_LASTS_DAYS: Final = 14
"""By then a return is over, whatever was told of it: being away is no warning sign."""
ALONE_DAYS: Final = 7
"""Where nobody looks, a step back lasts at least so long, and until it has gone well twice."""

PAIN_DURING: Final = "pain_during"
NEXT_MORNING: Final = "next_morning"
EFFORT: Final = "effort"
QUALITY: Final = "quality"
LEVEL: Final = "level_1"
AWAY: Final = "away"
CAUSES: Final = (PAIN_DURING, NEXT_MORNING, EFFORT, QUALITY, LEVEL, AWAY)

ONLY_MOVES: Final = frozenset({"mobility", "stretch", "warm-up", "test"})
"""Goals of what moves and does not load. Posture is not among them: its raises are done with weights."""


@dataclass(frozen=True, slots=True)
class Relief:
    """One easing as it stands. `exercise` None: everything that loads. `spares`: exercises whose dose somebody has set
    since, and who must have known what they did.
    """

    cause: str
    factor: float
    from_on: date
    until_on: date | None = None
    exercise: str | None = None
    day: date | None = None
    """The day behind it: of the session, or the last one before a time away."""
    spares: frozenset[str] = frozenset()

    def holds_for(self, item: Prescribed, *, loads: bool) -> bool:
        if item.exercise in self.spares:
            return False
        return loads if self.exercise is None else self.exercise == item.exercise


@dataclass(frozen=True, slots=True)
class Eased:
    """A line of the day as it is asked for, beside what the plan says, and the easings behind the difference."""

    item: Prescribed
    planned: Prescribed
    reliefs: tuple[Relief, ...]


def loads(goal: str | None) -> bool:
    """Whether an exercise of this goal loads; one that nobody knows any more is taken to."""
    return goal not in ONLY_MOVES


def holds_on(relief: Relief, day: date) -> bool:
    return relief.from_on <= day and (relief.until_on is None or day <= relief.until_on)


def factor_for(item: Prescribed, reliefs: Iterable[Relief], *, loads: bool) -> float:
    """What to multiply this line by; 1 where nothing holds for it. A day counts once, whatever came of it."""
    holding = [relief for relief in reliefs if relief.holds_for(item, loads=loads)]
    whole = min((relief.factor for relief in holding if relief.exercise is None), default=1.0)
    own = {relief.day: relief.factor for relief in holding if relief.exercise is not None}
    return min(math.prod(own.values()), whole)


def ease(item: Prescribed, factor: float) -> Prescribed:
    """The line multiplied: repetitions, or seconds where there are none, to the nearest whole one and never below one.
    Below the library's least if need be: that bounds what is prescribed, and a step back from it is still a step back.
    """
    if factor >= 1:
        return item
    if item.reps is not None and item.reps > 1:
        return replace(item, reps=_less(item.reps, factor))
    if item.hold_s is not None:
        return replace(item, hold_s=float(_less(item.hold_s, factor)))
    return item


def _less(value: float, factor: float) -> int:
    # The nearest, because the patient reads "about half" and "30 % less": rounded down, a half of 10 was 4. A half goes
    # down, towards less load. 0.7 x 10 is a hair above or below 7, depending on the machine's mood.
    return max(1, math.ceil(round(value * factor, 6) - 0.5))


def eased(item: Prescribed, reliefs: Sequence[Relief], *, loads: bool) -> Eased | None:
    """The line as it is asked for; None where it is asked for in full."""
    asked = ease(item, factor_for(item, reliefs, loads=loads))
    if asked == item:
        return None
    return Eased(asked, item, tuple(each for each in reliefs if each.holds_for(item, loads=loads)))


def as_prescribed(item: Prescribed, factor: float, limits: Limits) -> Prescribed | None:
    """The eased line as one that may be prescribed, within the library's limits; None where that changes nothing."""
    asked = ease(item, factor)
    if limits.reps is not None and asked.reps is not None:
        asked = replace(asked, reps=max(asked.reps, limits.reps[0]))
    if limits.hold_s is not None and asked.hold_s is not None:
        asked = replace(asked, hold_s=max(asked.hold_s, float(limits.hold_s[0])))
    return None if asked == item else asked


def for_level(since_on: date) -> Relief:
    """CLINICAL 5.1, L1: since this local day."""
    return Relief(LEVEL, ONE_STEP, since_on, since_on + timedelta(days=LEVEL_DAYS - 1), day=since_on)


def was_away(last: date | None, again: date) -> bool:
    """Whether more than a week lies between two days of exercise."""
    return last is not None and (again - last).days > AWAY_DAYS


def for_return(last: date, again: date) -> Relief:
    """CLINICAL 4.6: back on `again` after the last exercises on `last`."""
    return Relief(AWAY, TWO_STEPS, again, again + timedelta(days=AWAY_LASTS_DAYS - 1), day=last)
