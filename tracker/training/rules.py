"""Decisions about sessions: is a reported set believable, and how many repetitions does it hold after corrections.

Pure: no clock, no database, no web. Times within a set are seconds since its start. The engine's own verdict and the
person's correction are two facts; `effective` says which one a count uses.

The checks are against damaged or made-up documents, not against people: whatever the engine of this project can produce
passes, and a refused document says which field and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MANUAL_ENGINE: Final = "manual"

# Bounds of what a document may claim. Two hours is far beyond any prescription the limits allow.
LONGEST_SET_S: Final = 2 * 3600.0
MOST_MANUAL_REPETITIONS: Final = 500
# No engine keeps more candidates than this; the shortest real repetition takes 1.2 s (CLINICAL 2.0).
FASTEST_S: Final = 0.3
# Where only a count is known: a repetition at a calm pace.
A_REPETITION_S: Final = 4.0
# Frame times are rounded to milliseconds on their way; comparisons allow for it.
ROUNDING_S: Final = 0.05
# A set ends when the person stops it, a moment after the last repetition was seen; holds may round up.
END_SLACK_S: Final = 1.0
# A device's clock may be wrong by a time zone; more than that and the day of the session would be a guess.
CLOCK_AHEAD: Final = timedelta(hours=26)
OLDEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the checks need of one repetition, counted or not."""

    start_s: float
    peak_s: float | None
    end_s: float
    side: str
    counted: bool


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """What the checks need of one hold."""

    start_s: float
    end_s: float
    held_s: float


@dataclass(frozen=True, slots=True)
class SetFacts:
    """What the checks need of one set."""

    engine_version: str
    kind: str
    count: int
    duration_s: float
    held_s: float
    candidates: tuple[Candidate, ...] = ()
    holds: tuple[HoldFacts, ...] = ()

    @property
    def manual(self) -> bool:
        return self.engine_version == MANUAL_ENGINE


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a document is refused: the field's path below the set, and the key of a sentence (texts.PROBLEMS)."""

    field: str
    key: str


def problems(facts: SetFacts) -> tuple[Problem, ...]:
    """Everything that does not fit together in one set; empty when it is believable."""
    found = list(_problems_of_length(facts))
    if facts.manual:
        found.extend(_problems_of_manual(facts))
        return tuple(found)
    found.extend(_problems_of_candidates(facts))
    found.extend(_problems_of_holds(facts))
    return tuple(found)


def _problems_of_length(facts: SetFacts) -> Iterable[Problem]:
    if not 0 <= facts.duration_s <= LONGEST_SET_S:
        yield Problem("duration_s", "too_long")
    if not 0 <= facts.held_s <= facts.duration_s + END_SLACK_S and not facts.manual:
        yield Problem("held_s", "longer_than_set")


def _problems_of_manual(facts: SetFacts) -> Iterable[Problem]:
    if facts.candidates or facts.holds:
        yield Problem("repetitions", "manual_has_no_ledger")
    if not 0 <= facts.count <= MOST_MANUAL_REPETITIONS:
        yield Problem("count", "implausible_count")
    if not 0 <= facts.held_s <= LONGEST_SET_S:
        yield Problem("held_s", "too_long")


def _problems_of_candidates(facts: SetFacts) -> Iterable[Problem]:
    if facts.kind == "repetitions" and facts.count != sum(candidate.counted for candidate in facts.candidates):
        yield Problem("count", "count_disagrees")
    if len(facts.candidates) > facts.duration_s / FASTEST_S + 1:
        yield Problem("repetitions", "implausible_count")
    last_start: dict[str, float] = {}
    for index, candidate in enumerate(facts.candidates):
        where = f"repetitions.{index}"
        peak_s = candidate.start_s if candidate.peak_s is None else candidate.peak_s
        if not candidate.start_s - ROUNDING_S <= peak_s <= candidate.end_s + ROUNDING_S:
            yield Problem(where, "times_not_ordered")
        if candidate.start_s < 0 or candidate.end_s > facts.duration_s + END_SLACK_S:
            yield Problem(where, "outside_set")
        # Neighbours may overlap a little: with two arms the faster one begins while the slower one still returns.
        if candidate.start_s < last_start.get(candidate.side, 0.0):
            yield Problem(where, "not_in_order")
        last_start[candidate.side] = candidate.start_s


def _problems_of_holds(facts: SetFacts) -> Iterable[Problem]:
    for index, hold in enumerate(facts.holds):
        where = f"holds.{index}"
        if not 0 <= hold.start_s <= hold.end_s <= facts.duration_s + END_SLACK_S:
            yield Problem(where, "times_not_ordered")
        if not 0 <= hold.held_s <= hold.end_s - hold.start_s + END_SLACK_S:
            yield Problem(where, "longer_than_set")


def problem_of_instant(started_at: datetime, received_at: datetime) -> str | None:
    """The key of what is wrong with a session's start, None when it can be believed. Both aware."""
    if started_at > received_at + CLOCK_AHEAD:
        return "clock_ahead"
    if started_at < received_at - OLDEST:
        return "too_old"
    return None


# ---------------------------------------------------------------------------------------------- corrections


@dataclass(frozen=True, slots=True)
class Verdict:
    """The engine's decision on one repetition and the person's, if they disagreed."""

    counted: bool
    corrected_to: bool | None = None


def effective(verdict: Verdict) -> bool:
    """Whether the repetition counts. The person who did it has the last word; the engine's verdict stays stored."""
    return verdict.counted if verdict.corrected_to is None else verdict.corrected_to


def correction(verdict: Verdict, wanted: bool | None) -> bool | None:
    """What to store when a person says `wanted` (None: take it back). Agreeing with the engine is no correction."""
    return None if wanted == verdict.counted else wanted


def effective_count(engine_count: int, verdicts: Iterable[Verdict]) -> int:
    """The count after corrections. Starts from the engine's count, so a manual set (no repetitions) keeps its own."""
    return engine_count + sum(effective(verdict) - verdict.counted for verdict in verdicts)


# ---------------------------------------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class RangeSummary:
    """Range of the counted repetitions of a set, in the measure's unit; `error` is the measure's own error."""

    unit: str
    median: float
    smallest: float
    largest: float
    error: float


def range_summary(values: Sequence[float], *, unit: str, error: float) -> RangeSummary | None:
    """None without values. The median, because one half repetition should not hide ten good ones."""
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return RangeSummary(unit, median, ordered[0], ordered[-1], error)


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt of a measuring set, in the measure's unit; `value` is how far it went, `error` its 95 % band."""

    side: str
    measure: str
    value: float
    error: float
    unit: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one measure says about one side: the middle of its tries, which one slip does not move."""

    side: str
    measure: str
    value: float
    error: float
    unit: str
    tries: tuple[float, ...]


# A movement that ended early was still measured as far as it went: a stiff shoulder is what the test is for. What was
# too quick, unseen or cut off says nothing about how far it could have gone.
MEASURED_REASONS: Final = frozenset({"complete", "complete_at_end", "partial_range", "partial_return", "no_peak_hold"})


# Beyond this a view can count the movement and not tell how far it went: the engine gives the elbow seen from the front
# 60 degrees. No share of the value: a shoulder that rises by 20 degrees is what a test must keep.
LARGEST_ERROR: Final = {"deg": 30.0}


def telling(each: Try) -> bool:
    """Whether the camera could tell how far this try went."""
    return each.error <= LARGEST_ERROR.get(each.unit, each.error)


def readings(tries: Iterable[Try]) -> tuple[Reading, ...]:
    """One reading for each measure and side, left before right. The same movement is another measure from another view
    (an arm against the trunk, an arm against the vertical), and their tries are not mixed.
    """
    groups: dict[tuple[str, str], list[Try]] = {}
    for each in tries:
        groups.setdefault((each.measure, each.side), []).append(each)
    return tuple(
        Reading(
            side,
            measure,
            value=median(each.value for each in made),
            error=max(each.error for each in made),
            unit=made[0].unit,
            tries=tuple(each.value for each in made),
        )
        for (measure, side), made in sorted(groups.items())
    )


def comparable(one: Reading, other: Reading) -> bool:
    """Whether two readings are of the same thing."""
    return (one.measure, one.unit) == (other.measure, other.unit)


def tells_apart(one: Reading, other: Reading) -> bool:
    """Whether two readings of the same measure differ by more than their errors together: then it means something."""
    return comparable(one, other) and abs(one.value - other.value) > hypot(one.error, other.error)


# CLINICAL 2.0: the personal range is measured again every 14 days.
PERSONAL_RANGE_VALID: Final = timedelta(days=14)

# CLINICAL 4.5: more than 5 of 10 during the exercise is too much.
TOO_MUCH_PAIN: Final = 5


def stopped_because_of_pain(stop_reason: str | None, pain_during: int | None) -> bool:
    """Whether a physiotherapist should look at this session first."""
    return stop_reason == "pain" or (pain_during is not None and pain_during > TOO_MUCH_PAIN)


CHECK_HOLDS: Final = timedelta(hours=2)
"""CLINICAL 4.6: the check before a session. Whoever does one exercise after the other is asked once."""


def gate(*, locked: bool, page: str | None, screened: bool) -> str | None:
    """Why nobody should exercise now: the page that comes first (emergency, urgent, crisis), "locked" where that has
    been seen and a release is awaited, or "intake" before the red-flag screen. None: go ahead.
    """
    if page is not None:
        return page
    if locked:
        return "locked"
    return None if screened else "intake"


def part_of_day(hour: int) -> str:
    """morning, afternoon or evening, for a greeting; the small hours belong to the evening before."""
    if MORNING <= hour < NOON:
        return "morning"
    return "afternoon" if NOON <= hour < EVENING else "evening"


MORNING: Final = 4
NOON: Final = 12
EVENING: Final = 18
