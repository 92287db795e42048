"""Plays synthetic sets to the engine and compares count and range with the truth; `accuracy.py` writes it down.

A set is a definition and a seed (`exercises.synthetic.any_conditions`), so whoever has both has the same recording.
The true range is the same plane measure on the noise-free key poses at the ideal view, on the way from the start to
as far as the body went in that set, with the body's own lengths known. Errors are measured minus true, in the
measure's unit. Limits: holds have no range; a repetition judged from another view than the recording was made for has
no fair truth and is only counted; rigid limbs and white noise, see `exercises.synthetic`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import sqrt
from multiprocessing import get_context
from statistics import fmean

from exercises.body import Pose, Side
from exercises.coach import Repetition, SetSummary
from exercises.definition import Definition, load_library
from exercises.figure import HALF_SHOULDERS_M, PICTURE_M, TORSO_M, UPPER_ARM_M
from exercises.measures import MEASURES, Frame, Proportions
from exercises.repetitions import PARTIAL_REASONS
from exercises.synthetic import DISTRACTORS, Conditions, Take, any_conditions, judge
from exercises.view import ViewMonitor

EXACT_DEG, EXACT_OTHER = 3.0, 0.03
"""Largest error of a range at the ideal view without noise, in degrees and in every other unit."""
IN_BAND = 0.95
"""Share of the ranges that must lie within their stated error band."""
STEPS = 50
"""Poses on the way from start to peak in which the truth looks for the lowest and the highest value."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The range of one counted repetition; ``band`` is the half width that the engine states, ``error`` the truth."""

    exercise: str
    view: str
    measure: str
    unit: str
    band: float
    error: float

    @property
    def in_band(self) -> bool:
        return abs(self.error) <= self.band

    @property
    def exact(self) -> bool:
        """Whether it is as near as a perfect picture allows."""
        return abs(self.error) <= (EXACT_DEG if self.unit == "deg" else EXACT_OTHER)


@dataclass(frozen=True, slots=True)
class Played:
    """What the engine made of one set. ``distracted``: partial repetitions noted during a distraction.

    ``elsewhere``: repetitions judged from another view than the one the recording was made for.
    """

    exercise: str
    seed: int
    conditions: Conditions
    expected: int
    counted: int
    false: int
    distracted: int
    ranges: tuple[Reached, ...]
    elsewhere: int

    @property
    def exact(self) -> bool:
        return self.counted == self.expected


def judged_definitions() -> list[Definition]:
    """Every definition that the camera judges, in alphabetical order."""
    return [definition for definition in load_library().values() if definition.views]


def spread(sets: int, *, first_seed: int = 0) -> list[tuple[str, int]]:
    """``sets`` pairs of exercise and seed, spread evenly over the definitions.

    Every set has a seed of its own: definitions that shared one would share frame rate, turn, pace and distractions.
    """
    names = [definition.id for definition in judged_definitions()]
    return [(names[n % len(names)], first_seed + n) for n in range(sets)]


def play(exercise: str, seed: int) -> Played:
    """One set under conditions drawn at random."""
    definition = load_library()[exercise]
    take = Take(definition, any_conditions(definition, seed))
    verdict = judge(take)
    ranges, elsewhere = _ranges(take, verdict.summary) if verdict.exact and not verdict.false else ((), 0)
    return Played(
        exercise=exercise,
        seed=seed,
        conditions=take.conditions,
        expected=verdict.expected,
        counted=verdict.counted,
        false=verdict.false,
        distracted=_distracted(take, verdict.summary),
        ranges=ranges,
        elsewhere=elsewhere,
    )


def play_all(
    sets: Sequence[tuple[str, int]], *, processes: int | None = None, told: Callable[[int], None] = lambda _: None
) -> list[Played]:
    """Every set, in the order of ``sets``; ``processes`` None takes every core. ``told`` hears how many are done."""
    processes = processes or os.cpu_count() or 1
    played: list[Played] = []

    def listen(results: Iterable[Played]) -> list[Played]:
        for result in results:
            played.append(result)
            told(len(played))
        return played

    if processes == 1:
        return listen(_play(one) for one in sets)
    with get_context("spawn").Pool(processes) as pool:
        return listen(pool.imap(_play, sets, chunksize=4))


def ideal_ranges(definition: Definition) -> list[Reached]:
    """Ranges measured from every view at exactly that view, without noise and without lost pictures."""
    if definition.kind != "repetitions":
        return []
    found: list[Reached] = []
    for view in definition.view_names:
        take = Take(definition, Conditions(view, repetitions=3, noise=0.0, lost_pictures=0.0))
        verdict = judge(take)
        ranges, elsewhere = _ranges(take, verdict.summary)
        if not verdict.exact or elsewhere:
            raise AssertionError(f"{definition.id} from the {view}: {verdict.counted} of 3 counted on a perfect body")
        found += ranges
    return found


def true_range(take: Take, sides: Iterable[Side]) -> float:
    """How far the primary measure goes from its lowest to its highest value, seen without noise from the ideal view.

    That is start to turning point, unless the measure turns round on the way (a hip that passes the straight line).
    """
    straight = replace(take, conditions=replace(take.conditions, yaw_off_deg=0.0))
    low, high = take.conditions.low, take.conditions.high
    way = [straight.pose_at(low + (high - low) * n / STEPS) for n in range(STEPS + 1)]
    monitor = ViewMonitor()
    monitor.observe(way[0], Frame(way[0]))
    far = None if take.view.name == "front" else monitor.near_side.other
    facing = 1.0 if far is None else monitor.facing
    function = MEASURES[take.view.primary].function

    def measured(side: Side) -> list[float]:
        values = [function(Frame(pose, facing, far, _own(pose)), side) for pose in way]
        assert None not in values, "a perfect camera sees every joint"
        return [value for value in values if value is not None]

    return fmean(max(values) - min(values) for values in map(measured, sides))


def wilson(successes: int, number: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927): it stays within 0..1 and says something when all succeed."""
    if number == 0:
        return 0.0, 1.0
    z, share = 1.959964, successes / number
    middle = share + z * z / (2 * number)
    half = z * sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    whole = 1 + z * z / number
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest value that ``part`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-round(part * len(ordered) * 1e6) // 10**6) - 1)]


def by_view(ranges: Iterable[Reached]) -> Mapping[tuple[str, str], list[Reached]]:
    """Ranges by exercise and view."""
    groups: dict[tuple[str, str], list[Reached]] = {}
    for reached in ranges:
        groups.setdefault((reached.exercise, reached.view), []).append(reached)
    return groups


def print_progress(done: int, of: int) -> None:
    """A line on standard error that is written over, and kept when everything is done."""
    if done == of or done % 10 == 0:
        print(f"\r{done}/{of} sets", end="\n" if done == of else "", file=sys.stderr, flush=True)


def _play(one: tuple[str, int]) -> Played:
    return play(*one)


def _own(pose: Pose) -> Proportions:
    """The synthetic body's lengths, which the engine has to learn."""
    own = Proportions()
    own.breadth = 2 * HALF_SHOULDERS_M / TORSO_M
    own.torso = TORSO_M * pose.height / PICTURE_M
    own.upper_arm = dict.fromkeys(Side, UPPER_ARM_M / TORSO_M)
    return own


def _spans(take: Take) -> Iterator[tuple[float, float]]:
    """Start and end of every distraction, in seconds."""
    parts = [(seconds, kind) for seconds, kind, _ in take.scenes()]
    ends = accumulate(seconds for seconds, _ in parts)
    return ((end - seconds, end) for end, (seconds, kind) in zip(ends, parts, strict=True) if kind in DISTRACTORS)


def _distracted(take: Take, summary: SetSummary) -> int:
    moments = [r.peak_s for r in summary.repetitions if r.reason in PARTIAL_REASONS]
    moments += [(h.hold.start_s + h.hold.end_s) / 2 for h in summary.holds if not h.hold.counted]
    spans = list(_spans(take))
    return sum(any(start <= moment <= end for start, end in spans) for moment in moments)


def _ranges(take: Take, summary: SetSummary) -> tuple[tuple[Reached, ...], int]:
    """The ranges of the counted repetitions, and how many were judged from another view."""
    counted = [r for r in summary.repetitions if r.counted]
    from_here = [r for r in counted if _judged_from(take, summary, r)]
    return tuple(_reached(take, r) for r in from_here), len(counted) - len(from_here)


def _judged_from(take: Take, summary: SetSummary, repetition: Repetition) -> bool:
    """Whether it was judged from the view that the recording was made for, as far as the summary tells."""
    view = take.view
    band = MEASURES[view.primary].error[view.name] if view.range_error is None else view.range_error
    return summary.view == view.name and (repetition.range.measure, repetition.range.error) == (view.primary, band)


def _reached(take: Take, repetition: Repetition) -> Reached:
    reached = repetition.range
    truth = true_range(take, [Side(side) for side in repetition.by_side])
    error = reached.value - truth
    return Reached(take.definition.id, take.view.name, reached.measure, reached.unit, reached.error, error)
