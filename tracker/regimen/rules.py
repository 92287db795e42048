"""Decisions about plans: what is due on a day, what is done, how much of the plan was followed.

Pure: no clock, no database, no web. A *day* is always the patient's local date; who calls computes it with the
patient's time zone. Weekdays are ISO numbers, 1 = Monday to 7 = Sunday. The unit of doing is the *set*: an exercise
that is trained one side after the other needs its sets on each side.

There are no streaks here on purpose: a streak turns one bad day into a loss, and half of the people who get home
exercises cannot follow them every day (CLINICAL section 7.1, F77). Adherence looks at a window instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEFT: Final = "left"
RIGHT: Final = "right"
BOTH: Final = "both"
SIDES: Final = (BOTH, LEFT, RIGHT)
EVERY_DAY: Final = frozenset(range(1, 8))

# A slow, controlled repetition takes about four seconds (two out, two back); used only to tell a person how long
# an exercise will take, never to judge one.
SECONDS_PER_REPETITION: Final = 4.0
# Letting go between two rounds of a timer (live_manual.js keeps the same pause).
SECONDS_BETWEEN_ROUNDS: Final = 3.0
# Getting into place and the camera check, once per exercise.
SECONDS_TO_SET_UP: Final = 60.0


@dataclass(frozen=True, slots=True)
class Prescribed:
    """One exercise of a plan: `sets` of `reps` repetitions, of a hold of `hold_s` seconds, or of `reps` rounds of
    `hold_s` seconds by a timer, on `weekdays`.
    """

    id: str
    exercise: str
    sets: int
    reps: int | None
    hold_s: float | None
    weekdays: frozenset[int]
    side: str = BOTH
    sided: bool = False
    note: str | None = None
    overridden: frozenset[str] = frozenset()
    """The caution flags that speak against it for this person, and that the author has looked at."""
    override_reason: str | None = None
    reach: int | None = None
    """How far to go, in degrees of the exercise's own measure: a target from what the person has reached."""

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides whose sets are counted separately: one, or left and then right."""
        return sides_of(self.side, sided=self.sided)

    @property
    def sets_in_all(self) -> int:
        return self.sets * len(self.sides)


def sides_of(side: str, *, sided: bool) -> tuple[str, ...]:
    """The sides a set can have. A sided exercise prescribed for both sides is done one side after the other."""
    if not sided:
        return (BOTH,)
    if side == BOTH:
        return (LEFT, RIGHT)
    return (side,)


# ---------------------------------------------------------------------------------------------- today


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one prescribed exercise has come on one day, in sets. Sets beyond the prescription do not count here."""

    item: Prescribed
    done_by_side: Mapping[str, int] = field(default_factory=dict)

    @property
    def prescribed(self) -> int:
        return self.item.sets_in_all

    @property
    def done(self) -> int:
        return sum(min(self.done_by_side.get(side, 0), self.item.sets) for side in self.item.sides)

    @property
    def complete(self) -> bool:
        return self.done >= self.prescribed

    @property
    def remaining(self) -> tuple[tuple[int, str], ...]:
        """What is left, in the order to do it: (number of the set, side); sides take turns."""
        done = {side: self.done_by_side.get(side, 0) for side in self.item.sides}
        return tuple(
            (number, side) for number in range(1, self.item.sets + 1) for side in self.item.sides if number > done[side]
        )


@dataclass(frozen=True, slots=True)
class Today:
    """The list of one local day. `next` is the one thing to do now, `others` the rest in the plan's order."""

    day: date
    items: tuple[Progress, ...]

    @property
    def next(self) -> Progress | None:
        """A started exercise first, so that nobody is sent away from a half-done one; else the first open one."""
        open_items = [item for item in self.items if not item.complete]
        started = [item for item in open_items if item.done]
        return next(iter(started or open_items), None)

    @property
    def others(self) -> tuple[Progress, ...]:
        return tuple(item for item in self.items if item is not self.next)

    @property
    def complete(self) -> bool:
        return bool(self.items) and all(item.complete for item in self.items)


def due_on(day: date, plan: Iterable[Prescribed]) -> tuple[Prescribed, ...]:
    """What the plan asks for on this local date, in the plan's order."""
    return tuple(item for item in plan if day.isoweekday() in item.weekdays)


def today(day: date, plan: Iterable[Prescribed], done: Mapping[str, Mapping[str, int]]) -> Today:
    """`done`: sets done on this day by exercise and side. Matched by exercise, so that a plan changed at noon keeps
    what was done in the morning.
    """
    return Today(day, tuple(Progress(item, done.get(item.exercise, {})) for item in due_on(day, plan)))


def next_day_with_exercises(day: date, plan: Sequence[Prescribed]) -> date | None:
    """The first local date after `day` on which something is due, None for an empty plan."""
    later = (day + timedelta(days=ahead) for ahead in range(1, 8))
    return next((candidate for candidate in later if due_on(candidate, plan)), None)


def minutes_needed(item: Prescribed, *, rest_s: float, sets: int | None = None, pause_s: float = 0.0) -> int:
    """An estimate in whole minutes, rounded up: work, rests between sets and getting into place. `pause_s`: how long a
    repetition pauses at its turning point.
    """
    count = item.sets_in_all if sets is None else sets
    seconds = SECONDS_TO_SET_UP + count * _seconds_of_a_set(item, pause_s) + max(count - 1, 0) * rest_s
    return math.ceil(seconds / 60)


def _seconds_of_a_set(item: Prescribed, pause_s: float) -> float:
    if item.hold_s is None:
        return (item.reps or 0) * (SECONDS_PER_REPETITION + pause_s)
    rounds = item.reps or 1
    return rounds * item.hold_s + (rounds - 1) * SECONDS_BETWEEN_ROUNDS


# ---------------------------------------------------------------------------------------------- adherence


@dataclass(frozen=True, slots=True)
class RevisionInForce:
    """A plan's revision and the first local date on which it holds."""

    since: date
    items: tuple[Prescribed, ...]


@dataclass(frozen=True, slots=True)
class Adherence:
    """Doing against prescribing over a window. Extra sets never make up for another day's missed ones."""

    exercises_due: int = 0
    exercises_done: int = 0
    sets_due: int = 0
    sets_done: int = 0

    @property
    def share(self) -> float | None:
        """Sum of min(done, prescribed) over sum of prescribed (CLINICAL 7.1), 0..1; None when nothing was due."""
        return self.sets_done / self.sets_due if self.sets_due else None


def in_force(day: date, revisions: Sequence[RevisionInForce]) -> RevisionInForce | None:
    """The revision that holds on this date: the last one that began on or before it. `revisions` oldest first."""
    return next((revision for revision in reversed(revisions) if revision.since <= day), None)


def adherence(
    revisions: Sequence[RevisionInForce],
    done: Mapping[date, Mapping[str, Mapping[str, int]]],
    *,
    last: date,
    days: int,
) -> Adherence:
    """Adherence over the `days` local dates that end with `last`; `done`: sets by date, exercise and side.

    The last day is still running, and on its first day a plan may have been written in the evening: on these days what
    was done counts, what was not done is not held against the person.
    """
    first_plan_day = revisions[0].since if revisions else None
    total = Adherence()
    for ahead in range(days):
        day = last - timedelta(days=days - 1 - ahead)
        revision = in_force(day, revisions)
        if revision is None:
            continue
        lenient = day in (last, first_plan_day)
        for progress in today(day, revision.items, done.get(day, {})).items:
            total = _add(total, progress, lenient=lenient)
    return total


def _add(total: Adherence, progress: Progress, *, lenient: bool) -> Adherence:
    if lenient and not progress.done:
        return total
    counts_as_due = not lenient or progress.complete
    return Adherence(
        exercises_due=total.exercises_due + counts_as_due,
        exercises_done=total.exercises_done + progress.complete,
        sets_due=total.sets_due + (progress.done if lenient else progress.prescribed),
        sets_done=total.sets_done + progress.done,
    )


@dataclass(frozen=True, slots=True)
class Encouragement:
    """Which true sentence fits today, and its numbers. The words live with the page (training/texts.py)."""

    key: str
    numbers: Mapping[str, int] = field(default_factory=dict)


def encouragement(list_of_today: Today, week: Adherence, days_since_last: int | None) -> Encouragement:
    """One line that is true and kind. First match wins; it never counts what was missed."""
    open_items = sum(not item.complete for item in list_of_today.items)
    sets_done = sum(item.done for item in list_of_today.items)
    if list_of_today.complete:
        return Encouragement("all_done", {"sets": sets_done})
    if sets_done:
        return Encouragement("on_the_way", {"left": open_items})
    if days_since_last is None:
        return Encouragement("first_time")
    if days_since_last > DAYS_OFF_BEFORE_GENTLE_RETURN:
        return Encouragement("gentle_return")
    if week.exercises_done >= 2:  # noqa: PLR2004 - "you did 1 exercises" is neither a sentence nor much of a cheer
        return Encouragement("this_week", {"done": week.exercises_done})
    return Encouragement("one_is_enough")


# CLINICAL 4.6: after more than 7 days off a person starts again more gently.
DAYS_OFF_BEFORE_GENTLE_RETURN: Final = 7


# ---------------------------------------------------------------------------------------------- prescribing


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be prescribed for one exercise, ends included."""

    sets: tuple[int, int]
    reps: tuple[int, int] | None
    hold_s: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Violation:
    """A field of a prescription that does not fit. `key` names the sentence, `low` and `high` its numbers."""

    exercise: str
    field: str
    key: str
    low: int | None = None
    high: int | None = None


def violations(item: Prescribed, limits: Limits) -> tuple[Violation, ...]:
    """Everything about one prescription that cannot be saved; empty when it is fine."""
    found = [
        _outside(item.exercise, "sets", item.sets, limits.sets),
        _outside(item.exercise, "reps", item.reps, limits.reps),
        _outside(item.exercise, "hold_s", item.hold_s, limits.hold_s),
    ]
    if not item.weekdays:
        found.append(Violation(item.exercise, "weekdays", "no_day"))
    if not item.weekdays <= EVERY_DAY:
        found.append(Violation(item.exercise, "weekdays", "unknown_day"))
    if item.side not in SIDES or (not item.sided and item.side != BOTH):
        found.append(Violation(item.exercise, "side", "unknown_side"))
    if item.reach is not None:
        found.append(_outside(item.exercise, "reach", item.reach, REACHES))
    return tuple(violation for violation in found if violation)


REACHES: Final = (5, 180)
"""Degrees that a target can have."""


def reach_from(best: float) -> int:
    """The target that somebody's own best suggests: that, to the nearest 5 degrees below. What has been reached can be
    reached again; more is a step of its own [design].
    """
    return max(int(best // 5 * 5), REACHES[0])


def _outside(exercise: str, name: str, value: float | None, limits: tuple[int, int] | None) -> Violation | None:
    if limits is None:
        return None if value is None else Violation(exercise, name, "not_used")
    low, high = limits
    if value is None or not low <= value <= high:
        return Violation(exercise, name, "outside", low, high)
    return None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two revisions. `field` is None when the whole exercise came or went."""

    kind: str  # "added" | "removed" | "changed" | "reordered"
    exercise: str
    field: str | None = None
    before: object = None
    after: object = None


COMPARED_FIELDS: Final = ("sets", "reps", "hold_s", "weekdays", "side", "reach", "note")


def difference(before: Sequence[Prescribed], after: Sequence[Prescribed]) -> tuple[Change, ...]:
    """What a person would say has changed, in the order of the new plan, removals last."""
    old = {item.exercise: item for item in before}
    new = {item.exercise: item for item in after}
    changes: list[Change] = []
    for exercise, item in new.items():
        if exercise not in old:
            changes.append(Change("added", exercise))
            continue
        changes.extend(
            Change("changed", exercise, name, getattr(old[exercise], name), getattr(item, name))
            for name in COMPARED_FIELDS
            if getattr(old[exercise], name) != getattr(item, name)
        )
    changes.extend(Change("removed", exercise) for exercise in old if exercise not in new)
    kept_before = [exercise for exercise in old if exercise in new]
    kept_after = [exercise for exercise in new if exercise in old]
    if kept_before != kept_after:
        first_moved = next(a for a, b in zip(kept_after, kept_before, strict=True) if a != b)
        changes.append(Change("reordered", first_moved))
    return tuple(changes)


def weekdays_to_text(weekdays: Iterable[int]) -> str:
    """{1, 3, 5} -> "135", as stored."""
    return "".join(str(day) for day in sorted(weekdays))


def weekdays_from_text(text: str) -> frozenset[int]:
    """The inverse of `weekdays_to_text`."""
    return frozenset(int(digit) for digit in text)


# ---------------------------------------------------------------------------------------------- ready-made programmes


@dataclass(frozen=True, slots=True)
class ProgrammeLine:
    """One line of a ready-made programme; `reps` or `hold_s` None means the exercise does not use it."""

    exercise: str
    sets: int
    reps: int | None
    hold_s: float | None
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme a person without a physiotherapist can pick. Title and purpose are keys of sentences."""

    key: str
    lines: tuple[ProgrammeLine, ...]


_MON_WED_FRI = frozenset({1, 3, 5})

# Content: plans A ("settle"), B ("build"), C ("keep") and E ("careful", for brittle bones) of CLINICAL 2.2, doses in
# the vocabulary of 2.0. In "settle" nothing loads while it hurts (5-7), and the rotation is done a few times only. What
# is done on each side takes twice its sets. Where a plan is shorter than its doses: docs/decisions/0010.
PROGRAMMES: Final = (
    Programme(
        "settle",
        (
            ProgrammeLine("scapular-retraction", 1, 10, None, EVERY_DAY),
            ProgrammeLine("chin-tuck", 1, 8, None, EVERY_DAY),
            ProgrammeLine("seated-thoracic-rotation", 1, 4, None, EVERY_DAY),
            ProgrammeLine("cross-body-stretch", 2, None, 20.0, EVERY_DAY),
        ),
    ),
    Programme(
        "build",
        (
            ProgrammeLine("seated-row", 2, 10, None, _MON_WED_FRI),
            ProgrammeLine("band-pull-apart", 1, 12, None, _MON_WED_FRI),
            ProgrammeLine("external-rotation", 1, 12, None, _MON_WED_FRI),
            ProgrammeLine("wall-push-up", 2, 10, None, _MON_WED_FRI),
            ProgrammeLine("wall-angel", 1, 8, None, _MON_WED_FRI),
            ProgrammeLine("thoracic-extension", 1, 8, None, _MON_WED_FRI),
            ProgrammeLine("doorway-pec-stretch", 1, None, 20.0, _MON_WED_FRI),
            ProgrammeLine("plank", 1, None, 15.0, _MON_WED_FRI),
        ),
    ),
    Programme(
        "keep",
        (
            ProgrammeLine("bent-over-row", 2, 10, None, _MON_WED_FRI),
            ProgrammeLine("overhead-press", 2, 8, None, _MON_WED_FRI),
            ProgrammeLine("y-raise", 1, 8, None, _MON_WED_FRI),
            ProgrammeLine("t-raise", 1, 8, None, _MON_WED_FRI),
            ProgrammeLine("w-squeeze", 1, 8, None, _MON_WED_FRI),
            ProgrammeLine("plank", 2, None, 20.0, _MON_WED_FRI),
            ProgrammeLine("dead-bug", 1, 8, None, _MON_WED_FRI),
            ProgrammeLine("bird-dog", 1, 6, None, _MON_WED_FRI),
            ProgrammeLine("band-pull-apart", 2, 15, None, EVERY_DAY),
        ),
    ),
    Programme(
        "careful",
        (
            ProgrammeLine("seated-row", 2, 8, None, _MON_WED_FRI),
            ProgrammeLine("wall-push-up", 2, 8, None, _MON_WED_FRI),
            ProgrammeLine("w-squeeze", 2, 8, None, _MON_WED_FRI),
            ProgrammeLine("sit-to-stand", 1, 8, None, _MON_WED_FRI),
            ProgrammeLine("chin-tuck", 1, 8, None, EVERY_DAY),
        ),
    ),
)
