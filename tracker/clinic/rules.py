"""Decisions of the physiotherapist's list: what to flag, and in which order the rows stand.

Pure. The order is calm and stable: patients with something to look at first, then those who have not been seen for
longest, then by name. It orders those about whom nothing is open; alerts stand above them, as in the worklist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

# CLINICAL 7.1: a nudge below 60 % over 14 days; the list shows 28, and says so.
LOW_ADHERENCE: Final = 0.6
# CLINICAL 2.0: below 60 the form is off often enough to change something.
LOW_QUALITY: Final = 60
DAYS_OF_SILENCE: Final = 10


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


# The most urgent first: the order in which flags are shown and rows are sorted.
FLAGS: Final = ("pain", "wrote", "silent", "low_quality", "low_adherence", "corrections", "no_plan", "not_shared")


def flags(facts: Facts, today: date) -> tuple[str, ...]:
    """Keys of what a physiotherapist should see about a patient, most urgent first."""
    found = {"wrote": facts.unread > 0, "no_plan": not facts.has_plan, "not_shared": not facts.shares}
    if not facts.shares:
        return tuple(flag for flag in FLAGS if found.get(flag))
    found |= {
        "pain": facts.stopped_for_pain > 0,
        "silent": facts.has_plan and _silent(facts, today),
        "low_quality": facts.quality is not None and facts.quality < LOW_QUALITY,
        "low_adherence": facts.adherence_28 is not None and facts.adherence_28 < LOW_ADHERENCE,
        "corrections": facts.corrections > 0,
    }
    return tuple(flag for flag in FLAGS if found.get(flag))


def _silent(facts: Facts, today: date) -> bool:
    """No session for long, counted from the plan's first day for somebody who has not begun."""
    since = facts.last_day or facts.plan_since
    return since is not None and (today - since).days >= DAYS_OF_SILENCE


def sort_key(flags_of_row: Sequence[str], last_day: date | None, name: str) -> tuple[int, int, str]:
    """Most urgent flag, then longest unseen, then name."""
    urgency = FLAGS.index(flags_of_row[0]) if flags_of_row else len(FLAGS)
    return (urgency, last_day.toordinal() if last_day else 0, name.casefold())
