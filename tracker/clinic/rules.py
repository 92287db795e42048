"""Decisions of the physiotherapist's list: what to flag, and whom a filter lets through.

Pure. The order is that of the worklist (CLINICAL 7.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from tracker.diary.rules import DiaryDay

# CLINICAL 7.1: a nudge below 60 % over 14 days; the list shows 28, and says so.
LOW_ADHERENCE: Final = 0.6
# CLINICAL 2.0: below 60 the form is off often enough to change something.
LOW_QUALITY: Final = 60
DAYS_OF_SILENCE: Final = 10
# CLINICAL 7.1: medicines on more than 10 days; of the 28 that the list shows.
MANY_MEDICINE_DAYS: Final = 10
# CLINICAL 4.2 and 7.1: time with pain of 7 or more.
HIGH_PAIN: Final = 7
# CLINICAL 7.2: pain of 3 or less for 14 days goes with the chip; fewer than this many answers say too little [design].
CALM_PAIN: Final = 3
LEAST_ANSWERS: Final = 6
# Points of quality by which two fortnights differ without anything having changed [design].
QUALITY_NOISE: Final = 5.0

FILTERS: Final = (
    "all",
    "open",
    "unacknowledged",
    "wrote",
    "proposals",
    "ready",
    "silent",
    "little",
    "quiet",
    "private",
    "stand_in",
)
"""Ways to narrow the list down, by the name that an address gives."""
COUNTED_FILTERS: Final = ("open", "unacknowledged", "wrote", "proposals", "silent", "private", "stand_in")
"""Those whose number costs nothing to know."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the flags are decided from. None: not known, not shared, or nothing was due."""

    shares: bool
    has_plan: bool
    last_day: date | None = None
    plan_since: date | None = None
    adherence_28: float | None = None
    quality: float | None = None
    stopped_for_pain: int = 0
    corrections: int = 0
    unread: int = 0
    """Words of the patient that nobody has read yet."""
    medicine_days: int = 0
    """Of the last 28."""


# The most urgent first: the order in which flags are shown.
FLAGS: Final = (
    "pain",
    "wrote",
    "silent",
    "low_quality",
    "low_adherence",
    "medicine",
    "corrections",
    "no_plan",
    "not_shared",
)


def flags(facts: Facts, today: date) -> tuple[str, ...]:
    """Keys of what a physiotherapist should see about a patient, most urgent first."""
    found = {"wrote": facts.unread > 0, "no_plan": not facts.has_plan, "not_shared": not facts.shares}
    if not facts.shares:
        return tuple(flag for flag in FLAGS if found.get(flag))
    found |= {
        "pain": facts.stopped_for_pain > 0,
        "silent": facts.has_plan and is_silent(facts.last_day, facts.plan_since, today),
        "low_quality": facts.quality is not None and facts.quality < LOW_QUALITY,
        "low_adherence": facts.adherence_28 is not None and facts.adherence_28 < LOW_ADHERENCE,
        "medicine": facts.medicine_days > MANY_MEDICINE_DAYS,
        "corrections": facts.corrections > 0,
    }
    return tuple(flag for flag in FLAGS if found.get(flag))


def is_silent(last_day: date | None, plan_since: date | None, today: date) -> bool:
    """No session for long, counted from the plan's first day for somebody who has not begun."""
    since = last_day or plan_since
    return since is not None and (today - since).days >= DAYS_OF_SILENCE


def high_days(days: Iterable[DiaryDay]) -> int:
    """On how many of these days the pain was high, on average or at its worst."""
    return sum(max(day.average or 0, day.worst or 0) >= HIGH_PAIN for day in days)


def is_ready(*, improving: bool, averages: Sequence[int]) -> bool:
    """Whether somebody may be ready for more, or to finish (7.2): the running sum says that it is getting better, and
    none of the last fortnight's answers is above 3. `averages`: those answers.
    """
    return improving and len(averages) >= LEAST_ANSWERS and max(averages) <= CALM_PAIN


def quality_change(now: float | None, before: float | None) -> float | None:
    """By how many points quality has moved; None where it is not known or within the noise."""
    if now is None or before is None or abs(now - before) < QUALITY_NOISE:
        return None
    return now - before


def age_band(birth_year: int | None, year: int) -> int | None:
    """The decade of somebody's age: 40 for those of 40 to 49, by the year alone."""
    if birth_year is None or birth_year > year:
        return None
    return (year - birth_year) // 10 * 10
