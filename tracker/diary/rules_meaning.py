"""What the numbers of the last weeks may mean, for the person who wrote them (CLINICAL 4.2).

Pure. Two stretches of 14 days are compared by their means, and a difference is called a change only when it is larger
than what people notice as one: for getting better 1, 2 or 3 points, depending on where they came from; for getting
worse 1 point, because worsening is noticed earlier and it is the safer side to be wrong on. Single days say nothing:
pairs of readings are noisy. This never decides how urgent anything is (that is escalation's), and no answer is "fine".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

STRETCH_DAYS: Final = 14
FEWEST_VALUES: Final = 5
"""In each stretch."""

WORSE_BY: Final = 1.0

TOO_FEW: Final = "too_few"
IMPROVING: Final = "improving"
STEADY: Final = "steady"
RISING: Final = "rising"

# F20: 1 point from a baseline of 1-4, 2 from 5-7, 3-4 from 8-10. The borders lie between the whole numbers.
_MODERATE_FROM: Final = 4.5
_STRONG_FROM: Final = 7.5


@dataclass(frozen=True, slots=True)
class Meaning:
    """`key` of a sentence. `earlier` and `recent` are means of 0..10 over `earlier_days` and `recent_days` values;
    `needed` is the difference from which a change would be called one. None where there is too little to compare.
    """

    key: str
    recent_days: int
    earlier_days: int
    recent: float | None = None
    earlier: float | None = None
    needed: float | None = None


def better_by(earlier: float) -> float:
    """How much less pain people notice as better, by where they came from (points of 0..10)."""
    if earlier < _MODERATE_FROM:
        return 1.0
    return 2.0 if earlier < _STRONG_FROM else 3.0


def meaning(values: Mapping[date, float], today: date) -> Meaning:
    """Compare the last 14 days, today included, with the 14 before. `values`: 0..10 by day, higher is worse."""
    border = today - timedelta(days=STRETCH_DAYS)
    oldest = border - timedelta(days=STRETCH_DAYS)
    recent = [value for day, value in values.items() if border < day <= today]
    earlier = [value for day, value in values.items() if oldest < day <= border]
    if min(len(recent), len(earlier)) < FEWEST_VALUES:
        return Meaning(TOO_FEW, len(recent), len(earlier))
    now, before = sum(recent) / len(recent), sum(earlier) / len(earlier)
    key, needed = STEADY, better_by(before)
    if now - before >= WORSE_BY:
        key, needed = RISING, WORSE_BY
    elif before - now >= needed:
        key = IMPROVING
    return Meaning(key, len(recent), len(earlier), now, before, needed)
