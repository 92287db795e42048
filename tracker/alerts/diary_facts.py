"""Turns what was told into what the engine is told, as it is known now and as it was known at an earlier instant. Pure.

Two instants must not be confused: the day something is *about* and when it *became known*. A clinician who closed an
alert cannot have meant what came later. So for every closing it is asked what was known at that moment, and an entry
that changed its day afterwards says when it did (`DayFacts.received_day`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tracker.alerts import rules
from tracker.alerts.rules import DayFacts, ExercisePain, History
from tracker.clock import day_begins, local_date
from tracker.diary import rules_timing
from tracker.diary.rules import DiaryDay, Entry, days_of, in_force
from tracker.diary.rules_flags import flag_levels
from tracker.regimen.rules_levels import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIDDLE_OF_THE_SCALE: Final = 5.0
"""Stands in for an intake answer that nobody has given, and has no effect: without one there is no daily average."""

U_SEVERE: Final = "U_SEVERE"
_CANNOT: Final = frozenset({"no", "new_no"})
_NEWLY: Final = "new_no"
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Telling:
    """One version of an entry that answers yes to a red flag: `levels` by code. `id` names it for good."""

    id: str
    entry_id: UUID
    day: date
    received_at: datetime
    late: bool
    levels: Mapping[str, Level]


@dataclass(frozen=True, slots=True)
class Closing:
    """When an alert was closed, and whether all that is known about that day was known then."""

    day: date
    after_entry: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A record as the engine and the store need it. `closings`: by alert. `late_days`: told about when they were over.
    `screened`: the red-flag screen of an intake was answered.
    """

    first_day: date
    history: History
    tellings: tuple[Telling, ...]
    closings: Mapping[UUID, Closing]
    late_days: frozenset[date]
    screened: bool
    last_told_on: date

    def day_of(self, index: int) -> date:
        return self.first_day + timedelta(days=index)

    @property
    def last_day(self) -> date:
        return self.day_of(self.history.last_day)


@dataclass(frozen=True, slots=True)
class Exercise:
    """Of a training session, what the monitoring model of 4.5 asks."""

    id: UUID
    day: date
    created_at: datetime
    before: int | None
    during: int | None
    stopped_for_pain: bool


@dataclass(slots=True)
class Sources:
    """Everything that was told, by the day it is about. `facts` can also say what was known at an earlier instant."""

    versions: tuple[Entry, ...]
    exercises: Mapping[date, list[Exercise]]
    rhythm: rules_timing.Rhythm
    by_day: dict[date, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    mornings: dict[UUID, list[Entry]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for version in self.versions:
            self.by_day[version.local_date].append(version)
            if version.form == "morning" and version.session_id is not None:
                self.mornings[version.session_id].append(version)

    def facts(self, day: date, *, until: datetime | None = None, whole: DiaryDay | None = None) -> DayFacts:
        """What was known about a day at `until`, None for now. `whole`: the day's aggregate, where it is at hand."""
        told = whole
        if told is None:
            known = [version for version in self.by_day.get(day, ()) if until is None or version.received_at <= until]
            told = days_of(known).get(day)
        exercises = tuple(
            self._pain(exercise, until)
            for exercise in self.exercises.get(day, ())
            if until is None or exercise.created_at <= until
        )
        return facts_from(told or DiaryDay(day), exercises, expected=rules_timing.is_expected(self.rhythm, day))

    def known_at(self, day: date) -> list[datetime]:
        """When the pieces of what is known about a day arrived."""
        exercises = self.exercises.get(day, ())
        return [
            *(version.received_at for version in self.by_day.get(day, ())),
            *(exercise.created_at for exercise in exercises),
            *(version.received_at for exercise in exercises for version in self.mornings.get(exercise.id, ())),
        ]

    def _pain(self, exercise: Exercise, until: datetime | None) -> ExercisePain:
        return ExercisePain(
            before=exercise.before,
            during=exercise.during,
            next_morning=self._next_morning(exercise, until),
            # "It hurt" is why the person stopped; that is the red zone's own advice, whatever number they gave.
            sharp=exercise.stopped_for_pain,
        )

    def _next_morning(self, exercise: Exercise, until: datetime | None) -> int | None:
        """The morning after, which is asked once however many exercises there were on that day."""
        day = self.exercises.get(exercise.day, ())
        for each in (exercise, *day):
            answers = [
                version for version in self.mornings.get(each.id, ()) if until is None or version.received_at <= until
            ]
            holding = in_force(answers)
            if holding:
                return int(holding[-1].answers["pain"])
        return None


def facts_from(told: DiaryDay, exercises: tuple[ExercisePain, ...] = (), *, expected: bool = True) -> DayFacts:
    """A day of the diary as the engine's facts. A day that was told about is never a missed one."""
    flags = dict(told.levels)
    average = told.average
    if told.activities == _NEWLY and average is not None and average >= rules.DEFAULT.very_severe:
        flags.setdefault(U_SEVERE, Level.URGENT)  # 5.2, F1: "new or worse with avg >= 8 = flag U_SEVERE"
    return DayFacts(
        average=average,
        worst=told.worst,
        interference=told.interference,
        worse_than_usual=told.compared == "worse",
        flare=told.flare,
        cannot_do_activities=told.activities in _CANNOT,
        flags=flags,
        exercises=exercises,
        peg=told.peg,
        psfs=told.psfs,
        mood=told.mood,
        phq2=told.phq2,
        self_harm=told.self_harm,
        medicine_taken=told.medicine is True,
        medicine_over_label=told.over_label,
        expected=expected and not told.told,
    )


@dataclass(frozen=True, slots=True)
class ClosingEvent:
    """What a clinician did about an alert, as it is stored."""

    id: UUID
    alert_id: UUID
    family: str
    at: datetime
    kind: str
    local_date: date
    value: float | None


def intake_average(versions: Sequence[Entry]) -> float | None:
    """The answer about the last seven days of the first intake, as it stands corrected: the run-in leans on it."""
    for entry in in_force(versions):
        if entry.form == "intake" and entry.answers.get("average_7d") is not None:
            return float(entry.answers["average_7d"])
    return None


def first_average(facts: Mapping[int, DayFacts]) -> float:
    averages = (facts[day].average for day in sorted(facts))
    return next((average for average in averages if average is not None), MIDDLE_OF_THE_SCALE)


def tellings_in(versions: Iterable[Entry]) -> list[Telling]:
    """Every version that says yes to a red flag, in the order in which they became known."""
    found = []
    for version in sorted(versions, key=lambda version: (version.received_at, version.order)):
        levels = flag_levels(version.flags)
        if levels:
            found.append(
                Telling(
                    id=version.id.hex,
                    entry_id=version.entry_id,
                    day=version.local_date,
                    received_at=version.received_at,
                    late=version.late,
                    levels=levels,
                )
            )
    return found


# ---------------------------------------------------------------------------------------------- corrections


def fill_silent_days(
    facts: dict[int, DayFacts], rhythm: rules_timing.Rhythm, first: date, last: date, today: date
) -> None:
    """A day without a word was missed only where a check-in was expected, and only once it is over."""
    for index in range((last - first).days + 1):
        day = first + timedelta(days=index)
        if index in facts:
            if day >= today and facts[index].expected:
                facts[index] = replace(facts[index], expected=False)
        elif not rules_timing.is_expected(rhythm, day):
            facts[index] = DayFacts(expected=False)


def fill_medicines(facts: dict[int, DayFacts], days: Mapping[date, DiaryDay], first: date) -> None:
    """The weekly form tells on how many of the last seven days medicine was taken, not on which. What the daily
    entries do not already say is put on days that were told about but not asked, the newest first.
    """
    for day, told in days.items():
        if not told.medicine_days:
            continue
        week = [day - timedelta(days=back) for back in range(_WEEK.days)]
        missing = told.medicine_days - sum(1 for each in week if each in days and days[each].medicine)
        for each in week:
            index = (each - first).days
            unasked = each in days and days[each].medicine is None and index in facts
            if missing > 0 and unasked and not facts[index].medicine_taken:
                facts[index] = replace(facts[index], medicine_taken=True)
                missing -= 1


def was_known(sources: Sources, event: ClosingEvent) -> bool:
    """Whether at the moment of the closing all was known that is known now about that day, and something was."""
    known = sources.known_at(event.local_date)
    if not any(instant <= event.at for instant in known):
        return False
    if all(instant <= event.at for instant in known):
        return True
    return sources.facts(event.local_date, until=event.at) == sources.facts(event.local_date)


def mark_what_came_later(
    facts: dict[int, DayFacts], sources: Sources, events: Sequence[ClosingEvent], first: date, zone_name: str
) -> None:
    """Gives days that changed after they were over the day on which that became known; only closings ask for it."""
    if not events:
        return
    newest = max(event.local_date for event in events)
    for index in sorted(facts):
        day = first + timedelta(days=index)
        if day > newest:
            return
        over = _end_of(day, zone_name)
        later = [instant for instant in sources.known_at(day) if instant > over]
        if later and sources.facts(day, until=over) != sources.facts(day):
            received = (local_date(max(later), zone_name) - first).days
            facts[index] = replace(facts[index], received_day=received)


def _end_of(day: date, zone_name: str) -> datetime:
    """The last instant of a local day."""
    return day_begins(day + timedelta(days=1), zone_name) - timedelta(microseconds=1)


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """A firing's values as JSON: finite numbers, rounded to what a person could tell apart."""
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in values.items()}
