"""How often the escalation engine is wrong, and how late: virtual patients and real series (CLINICAL 5.4, 5.5).

A virtual patient is a mean between 2 and 6, an AR(1) day-to-day variation around it, rounded to whole numbers 0..10,
an intake answer with an error of SD 0.8, and days that are missing at random. Only the pain rules A2, C and T run:
nothing else is reported, and missing days are not expected, so that silence says nothing. No clinician acts.

What is counted, since 5.5 does not say: a *false episode* is a rise of the state from below a level to it or above, in
a patient whose mean never changes; the state falls by 5.6 alone. ARL0 is days divided by episodes. A *delay* counts
the day of the change as day 1, in patients whose state was below the level the day before the change. With these
readings the published figures come out again.

Limits: an AR(1) of whole numbers is kinder than people, whose means wander; the real series say how much.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from io import StringIO
from multiprocessing import get_context
from statistics import fmean
from typing import Any, Final, TypeVar

from tracker.alerts.rules import DEFAULT, DayFacts, DayResult, History, Parameters, evaluate
from tracker.regimen.rules_levels import Level

YEAR_DAYS: Final = 365
QUARTER_DAYS: Final = 90
CHANGE_DAY: Final = 60
"""The day of the change: past the run-in and several weekly baselines."""
FOLLOWED_DAYS: Final = 60
_NOT_EXPECTED: Final = DayFacts(expected=False)
_CHUNK: Final = 20
_Result = TypeVar("_Result")


class SeriesError(ValueError):
    """A file of pain series that cannot be read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Population:
    """What virtual patients are like: within-person SD, lag-one autocorrelation, share of missing days."""

    sd: float = 1.2
    phi: float = 0.35
    missing: float = 0.15
    lowest_mean: float = 2.0
    highest_mean: float = 6.0
    intake_sd: float = 0.8


@dataclass(frozen=True, slots=True)
class Change:
    """A worsening from CHANGE_DAY on: `step` points at once, or `ramp` points a day."""

    name: str
    step: float = 0.0
    ramp: float = 0.0

    def at(self, day: int) -> float:
        return 0.0 if day < CHANGE_DAY else self.step + self.ramp * (day - CHANGE_DAY + 1)


CHANGES: Final = (
    Change("step +1.5", step=1.5),
    Change("step +2", step=2.0),
    Change("step +3", step=3.0),
    Change("ramp +0.05/d", ramp=0.05),
    Change("ramp +0.1/d", ramp=0.1),
)
_STEADY: Final = Change("steady")


def virtual_patient(rng: random.Random, population: Population, change: Change, days: int) -> History:
    """One patient of `days` days."""
    mean = rng.uniform(population.lowest_mean, population.highest_mean)
    fresh = population.sd * math.sqrt(1 - population.phi**2)
    deviation = rng.gauss(0, population.sd)
    facts = {}
    for day in range(days):
        deviation = population.phi * deviation + rng.gauss(0, fresh)
        pain = min(10, max(0, math.floor(mean + change.at(day) + deviation + 0.5)))
        facts[day] = _NOT_EXPECTED if rng.random() < population.missing else DayFacts(average=float(pain))
    intake = min(10.0, max(0.0, mean + rng.gauss(0, population.intake_sd)))
    return History(intake, facts, days - 1)


# ---------------------------------------------------------------------------------------------- one patient


@dataclass(frozen=True, slots=True)
class _Steady:
    """A year of a patient in whom nothing changes."""

    episodes1: int
    episodes2: int
    early2: bool
    active1: int


@dataclass(frozen=True, slots=True)
class _Found:
    """Days from a change to L1 and L2: None if not within FOLLOWED_DAYS, -1 if the patient was there before."""

    level1: int | None
    level2: int | None


_WAS_THERE: Final = -1


def rises(results: Sequence[DayResult], level: Level) -> list[int]:
    """The days on which the state rose to `level` or above from below it."""
    before = Level.STEADY
    found = []
    for result in results:
        if before < level <= result.state:
            found.append(result.day)
        before = result.state
    return found


def _steady(seed: str, population: Population, parameters: Parameters) -> _Steady:
    # A generator seeded with a text gives the same numbers on every machine and in every process.
    results = evaluate(virtual_patient(random.Random(seed), population, _STEADY, YEAR_DAYS), parameters)  # noqa: S311
    reviews = rises(results, Level.REVIEW)
    return _Steady(
        episodes1=len(rises(results, Level.SELF_CARE)),
        episodes2=len(reviews),
        early2=any(day < QUARTER_DAYS for day in reviews),
        active1=sum(result.trigger >= Level.SELF_CARE for result in results),
    )


def _changed(seed: str, population: Population, parameters: Parameters, change: Change) -> _Found:
    days = CHANGE_DAY + FOLLOWED_DAYS
    results = evaluate(virtual_patient(random.Random(seed), population, change, days), parameters)  # noqa: S311
    return _Found(_delay(results, Level.SELF_CARE), _delay(results, Level.REVIEW))


def _delay(results: Sequence[DayResult], level: Level) -> int | None:
    if results[CHANGE_DAY - 1].state >= level:
        return _WAS_THERE
    found = next((result.day for result in results[CHANGE_DAY:] if result.state >= level), None)
    return None if found is None else found - CHANGE_DAY + 1


# ---------------------------------------------------------------------------------------------- many patients


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """In patients who do not change. `arl0_days` is None where no false review happened at all."""

    patient_years: float
    l1_per_year: float
    l2_per_year: float
    arl0_days: float | None
    l2_within_90_days: float
    l1_days_share: float


@dataclass(frozen=True, slots=True)
class Detection:
    """After a change, in days. `mean` is over the found; `limit_mean` what 5.4 allows at best at the same ARL0."""

    name: str
    patients: int
    l1_median: float | None
    l2_median: float | None
    l2_p90: float | None
    l2_mean: float | None
    l2_found: float
    limit_mean: float | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """All figures of one run, with what they are figures of."""

    population: Population
    parameters_version: str
    patients: int
    seed: int
    false_alarms: FalseAlarms
    detections: tuple[Detection, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def simulate(
    population: Population, parameters: Parameters = DEFAULT, *, patients: int, seed: int = 1, jobs: int = 1
) -> Simulation:
    """Runs `patients` patients through a year without change, and as many through each of CHANGES."""
    steady = _each(partial(_steady, population=population, parameters=parameters), "steady", patients, seed, jobs)
    alarms = _false_alarms(steady)
    detections = []
    for change in CHANGES:
        run = partial(_changed, population=population, parameters=parameters, change=change)
        found = _each(run, change.name, patients, seed, jobs)
        detections.append(_detection(change, found, population, alarms.arl0_days))
    return Simulation(population, parameters.version, patients, seed, alarms, tuple(detections))


def _each(run: Callable[[str], _Result], name: str, patients: int, seed: int, jobs: int) -> list[_Result]:
    """`run` on every patient's seed, in order, on `jobs` processes. The result does not depend on their number."""
    seeds = [f"{seed}/{name}/{number}" for number in range(patients)]
    if jobs == 1:
        return [run(one) for one in seeds]
    # Spawned and not forked: the same on every system, and safe beside threads.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(run, seeds, chunksize=_CHUNK))


def _false_alarms(steady: Sequence[_Steady]) -> FalseAlarms:
    years = float(len(steady))
    reviews = sum(one.episodes2 for one in steady)
    return FalseAlarms(
        patient_years=years,
        l1_per_year=sum(one.episodes1 for one in steady) / years,
        l2_per_year=reviews / years,
        arl0_days=years * YEAR_DAYS / reviews if reviews else None,
        l2_within_90_days=sum(one.early2 for one in steady) / years,
        l1_days_share=sum(one.active1 for one in steady) / (years * YEAR_DAYS),
    )


def _detection(change: Change, found: Sequence[_Found], population: Population, arl0_days: float | None) -> Detection:
    first = [one.level1 for one in found if one.level1 != _WAS_THERE]
    second = [one.level2 for one in found if one.level2 != _WAS_THERE]
    in_time = [delay for delay in second if delay is not None]
    limit = None
    if change.step and arl0_days is not None:
        limit = least_mean_delay(change.step, population, arl0_days)
    return Detection(
        name=change.name,
        patients=len(second),
        l1_median=_quantile(first, 0.5),
        l2_median=_quantile(second, 0.5),
        l2_p90=_quantile(second, 0.9),
        l2_mean=fmean(in_time) if in_time else None,
        l2_found=len(in_time) / len(second) if second else 0.0,
        limit_mean=limit,
    )


def _quantile(delays: Iterable[int | None], share: float) -> float | None:
    """The smallest delay within which `share` of the patients were found; those never found count as later."""
    ordered = sorted(math.inf if delay is None else delay for delay in delays)
    if not ordered:
        return None
    value = ordered[max(0, math.ceil(share * len(ordered)) - 1)]
    return None if math.isinf(value) else value


# ---------------------------------------------------------------------------------------------- the limit of 5.4


def least_mean_delay(step: float, population: Population, arl0_days: float) -> float:
    """The mean delay, in days, that no detector can beat at this mean time between false alarms.

    Page's CUSUM is optimal (Lorden 1971, Moustakides 1986); in its Brownian form with information rate I a day,
    gamma = (e^h - h - 1) / I and delay = (h + e^-h - 1) / I. I = step^2 / (2 sd^2), times (1 - phi) / (1 + phi) for
    the autocorrelation and times the share of days that are answered. Assumes a known baseline and the worst case.
    """
    rate = step**2 / (2 * population.sd**2) * (1 - population.phi) / (1 + population.phi) * (1 - population.missing)
    low, high = 0.0, 50.0
    for _ in range(200):  # halving: far below any rounding
        middle = (low + high) / 2
        if (math.exp(middle) - middle - 1) / rate < arl0_days:
            low = middle
        else:
            high = middle
    return (low + math.exp(-low) - 1) / rate


# ---------------------------------------------------------------------------------------------- real series


@dataclass(frozen=True, slots=True)
class RealSeries:
    """What the engine says about one person's real diary. Nobody knows whether these people changed."""

    name: str
    days: int
    answered: int
    l1_episodes: int
    l2_episodes: int


def read_series(text: str) -> dict[str, dict[int, float]]:
    """Values by day for every participant and site of a CSV with participant, site, date (ISO) and intensity 0..10.

    Day 0 is the first date of the series; of two values for a date the latter counts. Raises SeriesError.
    """
    rows = csv.DictReader(StringIO(text))
    wanted = {"participant", "site", "date", "intensity"}
    if not wanted <= set(rows.fieldnames or ()):
        raise SeriesError(f"the first line must name {', '.join(sorted(wanted))}")
    dated: dict[str, dict[date, float]] = {}
    for number, row in enumerate(rows, 2):
        try:
            day, value = date.fromisoformat(row["date"]), float(row["intensity"])
        except (TypeError, ValueError) as error:
            raise SeriesError(f"line {number}: {error}") from error
        if not 0 <= value <= 10:  # noqa: PLR2004  # the scale itself
            raise SeriesError(f"line {number}: {value:g} is not between 0 and 10")
        dated.setdefault(f"{row['participant']} {row['site']}", {})[day] = value
    return {
        name: {(day - min(values)).days: value for day, value in sorted(values.items())}
        for name, values in dated.items()
    }


INTAKE_DAYS: Final = 7


def run_series(series: Mapping[str, Mapping[int, float]], parameters: Parameters = DEFAULT) -> tuple[RealSeries, ...]:
    """Runs every series that goes on after its first week. That week is the intake ("average pain last 7 days") and is
    not itself evaluated: a start value that knew the future would be unfair.
    """
    found = []
    for name, values in series.items():
        intake = fmean(value for day, value in values.items() if day < INTAKE_DAYS)
        later = {day - INTAKE_DAYS: value for day, value in values.items() if day >= INTAKE_DAYS}
        if not later:
            continue
        last = max(later)
        days = {day: DayFacts(average=later[day]) if day in later else _NOT_EXPECTED for day in range(last + 1)}
        results = evaluate(History(intake, days, last), parameters)
        found.append(
            RealSeries(
                name=name,
                days=last + 1,
                answered=len(later),
                l1_episodes=len(rises(results, Level.SELF_CARE)),
                l2_episodes=len(rises(results, Level.REVIEW)),
            )
        )
    return tuple(found)
