"""What the escalation engine is told, and what it answers. Values only; `tracker.alerts.rules` thinks.

Conventions: a *day* is an index into the patient's local calendar, 0 = enrolment; what arrives late belongs to the day
it tells about. Pain, interference and mood are 0..10, mood with 10 = best; PEG and PSFS 0..10 (PSFS: 10 = as before),
NDI 0..50, PHQ-2 0..6. `None` is *not asked or not answered* and never means 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tracker.regimen.rules_levels import Level


class Family(StrEnum):
    """Reasons that share one alert per patient (CLINICAL 5.6)."""

    RED = "red"
    ACUTE = "acute"
    TREND = "trend"
    TIME = "time"
    NONRESPONSE = "nonresponse"
    EXERCISE = "exercise"
    WELLBEING = "wellbeing"


USUAL_SETTLES: Final = frozenset({Family.TREND, Family.ACUTE})
"""What a new usual level is an answer to: pain and interference measured against the old one. It says nothing about a
warning sign, mood, silence, a review date, or an exercise that hurts (4.5 has a limit of its own).
"""


@dataclass(frozen=True, slots=True)
class ExercisePain:
    """Pain around one exercise or session (CLINICAL 4.5). `settled` answers "gone back within 24 hours?"."""

    before: float | None = None
    during: float | None = None
    next_morning: float | None = None
    sharp: bool = False
    neurological: bool = False
    settled: bool | None = None


@dataclass(frozen=True, slots=True)
class DayFacts:
    """One local calendar day, aggregated by the diary: latest complete entry, worst = max, flags = union (4.1).

    `flags` holds the level each red flag was answered at. `expected` says whether a check-in was due (it is not on
    the free days of the taper). `received_day` is the day on which an entry that came late, or an edit, became known:
    a clinician who closed an alert before that cannot have meant it.
    """

    average: float | None = None
    worst: float | None = None
    interference: float | None = None
    worse_than_usual: bool = False
    flare: bool = False
    cannot_do_activities: bool = False
    flags: Mapping[str, Level] = field(default_factory=dict)
    exercises: tuple[ExercisePain, ...] = ()
    peg: float | None = None
    psfs: float | None = None
    ndi: float | None = None
    mood: float | None = None
    phq2: int | None = None
    self_harm: bool = False
    medicine_taken: bool = False
    medicine_over_label: bool = False
    expected: bool = True
    received_day: int | None = None

    @property
    def answered(self) -> bool:
        """A valid check-in: the average, on which the statistics run, is there."""
        return self.average is not None

    @property
    def heard_from(self) -> bool:
        """Whether the person said anything in a check-in, so that the day is no silence. A session alone is not."""
        numbers = (self.average, self.worst, self.interference, self.peg, self.psfs, self.ndi, self.mood, self.phq2)
        ticks = (self.worse_than_usual, self.flare, self.cannot_do_activities, self.self_harm, self.medicine_taken)
        return any(number is not None for number in numbers) or any(ticks) or bool(self.flags)


@dataclass(frozen=True, slots=True)
class ClinicianEvent:
    """What a clinician did about an alert (5.6).

    Kinds: `closed` closes `family`, or all with None; `level_closed` closes every family that is open at the level
    `value` or below; `accepted_baseline` makes `value` the new mu0 and closes, at L2 or below, what that settles
    (`USUAL_SETTLES`) and the `family` it was said about; `confirmed` accepts a self-resolution. `after_entry` says
    that the clinician had seen what the day's check-in says; without it the event comes before the day's facts, and
    those count again: the safe reading.
    """

    day: int
    kind: str
    family: str | None = None
    value: float | None = None
    after_entry: bool = False


@dataclass(frozen=True, slots=True)
class Episode:
    """A new episode of pain for the time rules of 1.8 Q1."""

    began_day: int
    intake_average: float
    seen_by_clinician_day: int | None = None
    review_day: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Everything known about a patient until `last_day`. A day without facts was missed if a check-in was expected,
    which it is where nothing else is said. `enrolment` asks for the one-time review of a high start (5.3, ceiling).
    """

    intake_average: float
    days: Mapping[int, DayFacts]
    last_day: int
    events: tuple[ClinicianEvent, ...] = ()
    episode: Episode | None = None
    enrolment: bool = False


@dataclass(frozen=True, slots=True)
class Firing:
    """One rule in force on one day. `values` are its inputs: enough to say why, and to audit (5.6, last point)."""

    rule: str
    level: Level
    family: Family
    values: Mapping[str, float | str | bool]

    def __str__(self) -> str:
        return f"{self.rule}:L{int(self.level)}"


@dataclass(frozen=True, slots=True)
class DayResult:
    """The answer for one day. `trigger` is what the day itself says, `state` the sticky level the patient is in.

    `baseline` and `spread` are mu0 and s0 of 5.3, `ewma` is E (None before the first check-in), `cusum` is C.
    `families` holds the level every open family is at. `resolved` marks an L2 that settled by itself and still waits
    for a clinician to confirm; `provisional` a baseline from before a gap of more than two weeks.
    """

    day: int
    answered: bool
    trigger: Level
    firings: tuple[Firing, ...]
    state: Level
    baseline: float
    spread: float
    ewma: float | None
    cusum: float
    improving: bool
    provisional: bool
    resolved: bool
    families: Mapping[Family, Level]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules in force, sorted, in the notation of CLINICAL 5.7: `("C1:L1", "C2:L2")`."""
        return tuple(sorted(str(firing) for firing in self.firings))
