"""One step forward, or one step back: what CLINICAL 2.0, 4.5 and 4.6 say about the dose of one exercise.

Pure. An *occasion* is one exercise on one local day, however many times it was begun; pain and effort are 0..10,
quality 0..100. `None` is *not told or not seen*, and never counts as good: nothing is proposed on a guess. A step
changes one variable once. Whoever calls gives only the occasions since the dose became what it is and since somebody
last decided about it.

Forward, if on two occasions running: every prescribed repetition, quality of 80 or more, pain during of 3 or less and
on the next morning no more than before, effort of 6 or less; and the patient is at level L0 with no alert of L2 or
higher open. Amber (4-5) holds the dose. Back, after one occasion: pain during above 5 or a stop because of pain, next
morning 2 or more above what it was before, effort of 8 or more; after two: quality below 60. With a usual pain above 5
the red limit is what it was before plus 2, at most 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tracker.regimen.rules_levels import Level

if TYPE_CHECKING:
    from datetime import date

    from tracker.regimen.rules import Limits, Prescribed

OCCASIONS: Final = 2
GOOD_QUALITY: Final = 80
POOR_QUALITY: Final = 60
GREEN_PAIN: Final = 3
RED_PAIN: Final = 5.0
RED_PAIN_MOST: Final = 8.0
RISE: Final = 2
GOOD_EFFORT: Final = 6
HARD_EFFORT: Final = 8
MOST_DAYS_OFF: Final = 7

MORE_REPS: Final = 2
MORE_SECONDS: Final = 5.0
"""CLINICAL gives no step for holds; of the doses of its cards (10 to 45 s) five seconds is what two is of ten."""

HELD_ENOUGH_S: Final = 0.5
"""A hold that ends half a second early was held: the clock starts when the position is seen."""

TEST: Final = "test"
LOADED: Final = frozenset({"strength", "core", "posture"})
"""Goals in which more load, or a harder form, is a step. A stretch at its longest stays there."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One exercise on one local day. `done`: every prescribed set with all its repetitions or seconds."""

    day: date
    done: bool
    quality: float | None = None
    pain_before: int | None = None
    pain_during: int | None = None
    next_morning: int | None = None
    effort: int | None = None
    stopped_for_pain: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """How the person is now. `level` None: nobody has looked yet. `eased`: they are asked for less than the plan says;
    `last_day`: the last local day on which they did any exercise.
    """

    today: date
    level: Level | None
    open_levels: Sequence[Level] = ()
    eased: bool = False
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One variable, one step. `field`: reps, hold_s, sets, or load (the next band, 2 to 10 % more, a harder form),
    which has no numbers.
    """

    field: str
    before: float | None = None
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules say about going on. Without a step `why` is the key of the reason; `seen`: what they looked at."""

    step: Step | None
    why: str | None
    seen: tuple[Occasion, ...] = ()


@dataclass(frozen=True, slots=True)
class Regress:
    """One step back, because of one day. `cause`: pain_during, next_morning, effort or quality; `values`: as seen."""

    cause: str
    day: date
    values: Mapping[str, float | bool]


# ---------------------------------------------------------------------------------------------- forward


def progress(
    item: Prescribed, limits: Limits, goal: str, occasions: Sequence[Occasion], situation: Situation
) -> Outcome:
    """The next step of this exercise, or why there is none. `occasions` oldest first."""
    seen = tuple(occasions[-OCCASIONS:])
    why = _not_now(situation) or ("measurement" if goal == TEST else None)
    if why is None and len(seen) < OCCASIONS:
        why = "two_sessions"
    if why is None and (seen[-1].day - seen[0].day).days > MOST_DAYS_OFF:
        why = "away"
    # The newest first: that is what the patient can still tell.
    why = why or next((reason for each in reversed(seen) if (reason := _not_good(each, situation.today))), None)
    if why is not None:
        return Outcome(None, why, seen)
    step = next_step(item, limits, goal)
    return Outcome(step, None if step else "at_the_top", seen)


def _not_now(situation: Situation) -> str | None:
    """What keeps everything of this person as it is."""
    if any(level >= Level.REVIEW for level in situation.open_levels):
        return "alert_open"
    if situation.level is None:
        return "level_unknown"
    if situation.level > Level.STEADY:
        return "level"
    if situation.eased:
        return "eased"
    if situation.last_day is not None and (situation.today - situation.last_day).days > MOST_DAYS_OFF:
        return "away"
    return None


def _not_good(each: Occasion, today: date) -> str | None:
    """Why this occasion is not a good one; the missing answer before the wrong one only where nothing is wrong."""
    wrong = _wrong(each)
    if wrong is not None:
        return wrong
    unknown = {
        "quality_unknown": each.quality,
        "pain_unknown": each.pain_during,
        "before_unknown": each.pain_before,
        "effort_unknown": each.effort,
        "morning_waits" if (today - each.day).days <= 1 else "morning_unknown": each.next_morning,
    }
    return next((key for key, value in unknown.items() if value is None), None)


def _wrong(each: Occasion) -> str | None:
    if each.stopped_for_pain or (each.pain_during is not None and each.pain_during > GREEN_PAIN):
        return "pain"
    if each.next_morning is not None and each.pain_before is not None and each.next_morning > each.pain_before:
        return "morning"
    if each.effort is not None and each.effort > GOOD_EFFORT:
        return "effort"
    if not each.done:
        return "not_done"
    if each.quality is not None and each.quality < GOOD_QUALITY:
        return "quality"
    return None


def next_step(item: Prescribed, limits: Limits, goal: str) -> Step | None:
    """Two repetitions up to the top of the range, then a set, then load. Holds grow by seconds instead."""
    if _below_the_least(item, limits):
        return None
    if limits.reps is not None and item.reps is not None:
        if item.reps < limits.reps[1]:
            return Step("reps", item.reps, min(item.reps + MORE_REPS, limits.reps[1]))
    elif limits.hold_s is not None and item.hold_s is not None and item.hold_s < limits.hold_s[1]:
        return Step("hold_s", item.hold_s, min(item.hold_s + MORE_SECONDS, float(limits.hold_s[1])))
    if item.sets < limits.sets[1]:
        return Step("sets", item.sets, item.sets + 1)
    return Step("load") if goal in LOADED else None


def _below_the_least(item: Prescribed, limits: Limits) -> bool:
    """A dose from before the library's limits were what they are: one step would not bring it inside."""
    least = ((item.sets, limits.sets), (item.reps, limits.reps), (item.hold_s, limits.hold_s))
    return any(value is not None and bounds is not None and value < bounds[0] for value, bounds in least)


def all_done(item: Prescribed, sets: Mapping[str, Sequence[tuple[int, float]]]) -> bool:
    """Whether every prescribed set was done in full. `sets`: (repetitions, seconds held) by side."""
    return all(sum(_is_full(item, each) for each in sets.get(side, ())) >= item.sets for side in item.sides)


def _is_full(item: Prescribed, done: tuple[int, float]) -> bool:
    count, held_s = done
    if item.reps is not None:
        return count >= item.reps
    return item.hold_s is not None and held_s >= item.hold_s - HELD_ENOUGH_S


# ---------------------------------------------------------------------------------------------- back


def red_limit(baseline: float | None, before: int | None) -> float:
    """Pain during an exercise above which it was too much (CLINICAL 4.5)."""
    if baseline is None or before is None or baseline <= RED_PAIN:
        return RED_PAIN
    return max(RED_PAIN, min(RED_PAIN_MOST, before + RISE))


def red(each: Occasion, baseline: float | None) -> Regress | None:
    """Whether this occasion alone asks for a step back."""
    limit = red_limit(baseline, each.pain_before)
    if each.stopped_for_pain or (each.pain_during is not None and each.pain_during > limit):
        values: dict[str, float | bool] = {"limit": limit, "stopped": each.stopped_for_pain}
        return Regress("pain_during", each.day, values | _known({"pain": each.pain_during}))
    if each.next_morning is not None and each.pain_before is not None and each.next_morning >= each.pain_before + RISE:
        return Regress("next_morning", each.day, {"before": each.pain_before, "morning": each.next_morning})
    if each.effort is not None and each.effort >= HARD_EFFORT:
        return Regress("effort", each.day, {"effort": each.effort})
    return None


def _known(values: Mapping[str, float | None]) -> dict[str, float]:
    return {key: value for key, value in values.items() if value is not None}


def regresses(
    occasions: Sequence[Occasion], baseline: float | None, handled: frozenset[date] = frozenset()
) -> tuple[Regress, ...]:
    """The steps back that these occasions ask for, one for a day at most. `handled`: days that have led to one."""
    found = [asked for each in occasions if each.day not in handled and (asked := red(each, baseline)) is not None]
    last = max([*handled, *(each.day for each in found)], default=None)
    told = [each for each in occasions if each.quality is not None and (last is None or each.day > last)]
    poor = [each for each in told[-OCCASIONS:] if each.quality is not None and each.quality < POOR_QUALITY]
    if len(poor) == OCCASIONS:
        first, second = (float(each.quality or 0.0) for each in poor)
        found.append(Regress("quality", poor[-1].day, {"first": first, "second": second}))
    return tuple(found)


def green(each: Occasion) -> bool:
    """CLINICAL 4.5: up to 3 during, and back to what it was by the next morning. Both must have been told."""
    return (
        not each.stopped_for_pain
        and each.pain_during is not None
        and each.pain_during <= GREEN_PAIN
        and each.pain_before is not None
        and each.next_morning is not None
        and each.next_morning <= each.pain_before
    )


def calm_again(occasions: Sequence[Occasion]) -> bool:
    """Whether the last two occasions were green."""
    return len(occasions) >= OCCASIONS and all(green(each) for each in occasions[-OCCASIONS:])
