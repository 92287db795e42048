"""How somebody has been doing over weeks, months or a year, for their physiotherapist. Reads, never writes.

Everything that a report is made from (`report_service.read`), and what only this page shows: quality by day, each
exercise in detail, ranges over time, and what happened when. Sums are made by the database: a year of repetitions is
never held as objects.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import String, cast, func, select

from tracker.clinic import report_service, rules_course
from tracker.clinic.models import Appointment, PatientNote
from tracker.clinic.service import day_state
from tracker.clock import day_begins, local_date
from tracker.diary import service as diary
from tracker.posture import day_service
from tracker.regimen import rules as plan_rules
from tracker.regimen.service import revisions_in_force
from tracker.training.models import Repetition, SetResult, TrainingSession
from tracker.training.service import sets_done

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person
    from tracker.clinic.report_service import Material, Period

MOST_FAULTS: Final = 4
DATA_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day. `kind`: alert, plan, note, call or appointment; `level` of an alert."""

    day: date
    kind: str
    words: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of an exercise: its name, in which share of the repetitions, earlier and later in the period."""

    name: str
    share: float
    earlier: float | None
    later: float | None


@dataclass(frozen=True, slots=True)
class Exercised:
    """One exercise in the period. `quality`: mean, lowest and highest of the sets that were scored."""

    exercise: str
    sessions: int
    counted: int
    partial: int
    corrected: int
    quality: tuple[float, float, float] | None
    pain: float | None
    highest_pain: int | None
    reasons: tuple[tuple[str, int], ...]
    faults: tuple[Fault, ...]

    @property
    def needs_a_look(self) -> tuple[int, float, int]:
        """Sorts what hurt, what is often off, and what was disputed to the top."""
        return -(self.highest_pain or 0), self.quality[0] if self.quality else 101.0, -self.corrected


@dataclass(frozen=True, slots=True)
class Reading:
    """What one test of a range found on one side: degrees (or another unit), and its error."""

    day: date
    value: float
    error: float


@dataclass(frozen=True, slots=True)
class DataDays:
    """Of the last 30 days, those with data of each kind, and those with any: what billing asks for (7.1)."""

    told: int
    trained: int
    watched: int
    any: int


@dataclass(frozen=True, slots=True)
class Course:
    """Everything the page shows."""

    material: Material
    quality: Mapping[date, float]
    dose: Mapping[date, float]
    """Sets done of sets due, on days on which something was due."""
    events: tuple[Event, ...]
    exercises: tuple[Exercised, ...]
    ranges: Mapping[tuple[str, str], tuple[Reading, ...]]
    """By exercise and side, in the order of time."""
    data_days: DataDays

    @property
    def period(self) -> Period:
        return self.material.period


def read(session: Session, patient: Person, days: int, at: datetime) -> Course:
    """The course of a patient who shares, up to today."""
    today = local_date(at, patient.time_zone)
    period = report_service.Period(today - timedelta(days=days - 1), today)
    material = report_service.read(session, patient, period, at)
    return Course(
        material=material,
        quality=_quality(session, patient.id, period),
        dose=_dose(material),
        events=_events(session, material),
        exercises=_exercises(session, patient.id, material),
        ranges=_ranges(session, patient.id, material),
        data_days=_data_days(session, patient, at),
    )


def _quality(session: Session, patient_id: UUID, period: Period) -> dict[date, float]:
    rows = session.execute(
        select(TrainingSession.local_date, func.avg(SetResult.quality))
        .join(TrainingSession.sets)
        .where(
            TrainingSession.patient_id == patient_id,
            TrainingSession.local_date.between(period.first, period.last),
            SetResult.quality.is_not(None),
        )
        .group_by(TrainingSession.local_date)
    )
    return {day: float(quality) for day, quality in rows}


def _dose(material: Material) -> dict[date, float]:
    found = {}
    for ahead in range(material.period.days):
        day = material.period.first + timedelta(days=ahead)
        asked = _asked(day, material.revisions, material.sets)
        due = sum(item.prescribed for item in asked.items)
        if due and (day < material.period.last or asked.complete):
            found[day] = sum(min(item.done, item.prescribed) for item in asked.items) / due
    return found


def _asked(day: date, revisions: Sequence[plan_rules.RevisionInForce], sets: Any) -> plan_rules.Today:
    revision = plan_rules.in_force(day, revisions)
    return plan_rules.today(day, revision.items if revision else (), sets.get(day, {}))


def _events(session: Session, material: Material) -> tuple[Event, ...]:
    patient, period = material.patient, material.period
    first = day_begins(period.first, patient.time_zone)
    found = [Event(alert.first_day, "alert", alert.sentence, alert.level) for alert in material.alerts]
    found += [
        Event(local_date(story.created_at, patient.time_zone), "plan", story.reason or "") for story in material.stories
    ]
    notes = session.execute(
        select(PatientNote.at, PatientNote.kind).where(PatientNote.patient_id == patient.id, PatientNote.at >= first)
    )
    found += [Event(local_date(when, patient.time_zone), kind, "") for when, kind in notes]
    seen = session.scalars(
        select(Appointment.starts_at).where(
            Appointment.patient_id == patient.id,
            Appointment.starts_at >= first,
            Appointment.starts_at <= material.at,
            Appointment.cancelled_at.is_(None),
        )
    )
    found += [Event(local_date(when, patient.time_zone), "appointment", "") for when in seen]
    return tuple(sorted((each for each in found if each.day in period), key=lambda each: (each.day, each.kind)))


def _exercises(session: Session, patient_id: UUID, material: Material) -> tuple[Exercised, ...]:
    period = material.period
    mine = (
        TrainingSession.patient_id == patient_id,
        TrainingSession.local_date.between(period.first, period.last),
    )
    scored = {
        row[0]: (float(row[1]), float(row[2]), float(row[3]))
        for row in session.execute(
            select(
                TrainingSession.exercise,
                func.avg(SetResult.quality),
                func.min(SetResult.quality),
                func.max(SetResult.quality),
            )
            .join(TrainingSession.sets)
            .where(*mine, SetResult.quality.is_not(None))
            .group_by(TrainingSession.exercise)
        )
    }
    corrected = dict(
        session.execute(
            select(TrainingSession.exercise, func.count(Repetition.id))
            .join(TrainingSession.sets)
            .join(SetResult.repetitions)
            .where(*mine, Repetition.corrected_to.is_not(None))
            .group_by(TrainingSession.exercise)
        ).all()
    )
    pains = {
        row[0]: (None if row[1] is None else float(row[1]), row[2])
        for row in session.execute(
            select(
                TrainingSession.exercise,
                func.avg(TrainingSession.pain_during),
                func.max(TrainingSession.pain_during),
            )
            .where(*mine)
            .group_by(TrainingSession.exercise)
        )
    }
    reasons: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for exercise, reason, number in session.execute(
        select(TrainingSession.exercise, TrainingSession.stop_reason, func.count())
        .where(*mine, TrainingSession.stop_reason.is_not(None), TrainingSession.stop_reason != "finished")
        .group_by(TrainingSession.exercise, TrainingSession.stop_reason)
        .order_by(func.count().desc())
    ):
        reasons[exercise].append((str(reason), number))
    faults = _faults(session, mine, period)
    found = [
        Exercised(
            exercise=done.exercise,
            sessions=done.sessions,
            counted=done.counted,
            partial=done.partial,
            corrected=corrected.get(done.exercise, 0),
            quality=scored.get(done.exercise),
            pain=pains.get(done.exercise, (None, None))[0],
            highest_pain=pains.get(done.exercise, (None, None))[1],
            reasons=tuple(reasons[done.exercise]),
            faults=faults.get(done.exercise, ()),
        )
        for done in material.exercises
    ]
    return tuple(sorted(found, key=lambda each: each.needs_a_look))


def _faults(session: Session, mine: tuple[Any, ...], period: Period) -> dict[str, tuple[Fault, ...]]:
    """The faults of each exercise. The columns only, and only of repetitions that have any."""
    totals: dict[str, dict[date, int]] = defaultdict(dict)
    for exercise, day, number in session.execute(
        select(TrainingSession.exercise, TrainingSession.local_date, func.count(Repetition.id))
        .join(TrainingSession.sets)
        .join(SetResult.repetitions)
        .where(*mine)
        .group_by(TrainingSession.exercise, TrainingSession.local_date)
    ):
        totals[exercise][day] = number
    seen: dict[str, dict[str, Counter[date]]] = defaultdict(lambda: defaultdict(Counter))
    for exercise, day, faults in session.execute(
        select(TrainingSession.exercise, TrainingSession.local_date, Repetition.faults)
        .join(TrainingSession.sets)
        .join(SetResult.repetitions)
        .where(*mine, func.length(cast(Repetition.faults, String)) > _NONE)
    ):
        for name in {str(each["key"]) for each in faults}:
            seen[exercise][name][day] += 1
    return {exercise: _ranked(by_name, totals[exercise], period) for exercise, by_name in seen.items()}


_NONE: Final = 2
"""Characters of an empty list."""


def _ranked(by_name: Mapping[str, Counter[date]], totals: Mapping[date, int], period: Period) -> tuple[Fault, ...]:
    whole = sum(totals.values())
    found = []
    for name, days in by_name.items():
        shares = {day: (days[day], number) for day, number in totals.items()}
        earlier, later = rules_course.halves(shares, period.first, period.last)
        found.append(Fault(name, sum(days.values()) / whole, earlier, later))
    return tuple(sorted(found, key=lambda fault: -fault.share)[:MOST_FAULTS])


def _ranges(session: Session, patient_id: UUID, material: Material) -> dict[tuple[str, str], tuple[Reading, ...]]:
    """The best of each test, by side: a test asks how far it goes."""
    tests = [test.exercise for test in material.tests]
    rows = session.execute(
        select(
            TrainingSession.exercise,
            Repetition.side,
            TrainingSession.local_date,
            func.max(Repetition.range_value),
            func.max(Repetition.range_error),
        )
        .join(TrainingSession.sets)
        .join(SetResult.repetitions)
        .where(
            TrainingSession.patient_id == patient_id,
            TrainingSession.exercise.in_(tests),
            TrainingSession.local_date.between(material.period.first, material.period.last),
            Repetition.counted,
            Repetition.range_value.is_not(None),
        )
        .group_by(TrainingSession.exercise, Repetition.side, TrainingSession.local_date)
        .order_by(TrainingSession.local_date)
    )
    found: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for exercise, side, day, value, error in rows:
        found[exercise, side].append(Reading(day, float(value or 0), float(error or 0)))
    return {key: tuple(readings) for key, readings in sorted(found.items())}


def _data_days(session: Session, patient: Person, at: datetime) -> DataDays:
    """Read for itself: the period that is shown may be shorter."""
    last = local_date(at, patient.time_zone)
    first = last - timedelta(days=DATA_DAYS - 1)
    trained = set(
        session.scalars(
            select(TrainingSession.local_date)
            .where(TrainingSession.patient_id == patient.id, TrainingSession.local_date.between(first, last))
            .distinct()
        )
    )
    told = {day for day, each in diary.day_facts(session, patient, since=first).items() if each.told and day <= last}
    watched = set(day_service.figures_by_day(session, patient.id, first, last))
    return DataDays(len(told), len(trained), len(watched), len(told | trained | watched))


# ---------------------------------------------------------------------------------------------- calendar


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the calendar. `state` as of `service.Dot`, or "outside" for another month and "ahead"."""

    day: date
    state: str
    done: int = 0
    due: int = 0


def calendar(session: Session, patient: Person, month: date, at: datetime) -> list[list[Cell]]:
    """A month of what was due and what came of it, week by week."""
    weeks = rules_course.month_weeks(month)
    today = local_date(at, patient.time_zone)
    revisions = revisions_in_force(session, {patient.id: patient.time_zone}).get(patient.id, [])
    done = sets_done(session, [patient.id], first=weeks[0][0], last=weeks[-1][-1]).get(patient.id, {})

    def cell(day: date) -> Cell:
        if day.month != month.month:
            return Cell(day, "outside")
        if day > today:
            return Cell(day, "ahead")
        asked = _asked(day, revisions, done)
        sets = sum(min(item.done, item.prescribed) for item in asked.items)
        return Cell(day, day_state(asked, today), sets, sum(item.prescribed for item in asked.items))

    return [[cell(day) for day in week] for week in weeks]
