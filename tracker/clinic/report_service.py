"""What a report about a patient is made from, read once for a period (CLINICAL 7.3). Reads, never writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from tracker.alerts import rules_workflow
from tracker.alerts.models import Alert
from tracker.alerts.parameters_service import parameters_for
from tracker.alerts.rules import Family
from tracker.clinic import rules_week
from tracker.clock import day_begins, local_date
from tracker.diary import service as diary
from tracker.posture import breaks_service, day_service, rules_breaks, rules_day
from tracker.regimen.library import known
from tracker.regimen.models import Standing
from tracker.regimen.rules_levels import Level
from tracker.regimen.service import CurrentPlan, current_plan, history, revisions_in_force
from tracker.training import ledger
from tracker.training.models import SetResult, TrainingSession
from tracker.training.service import own_session, sets_done

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from exercises.definition import Definition
    from tracker.accounts.models import Person
    from tracker.diary.rules import DiaryDay
    from tracker.regimen.rules import RevisionInForce
    from tracker.regimen.service import RevisionStory
    from tracker.training.service import SetsByDay


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of the patient, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one exercise in the period. `quality`: mean over the sets that were scored, 0..100."""

    exercise: str
    sessions: int
    counted: int
    partial: int
    quality: float | None


@dataclass(frozen=True, slots=True)
class Tested:
    """The latest test of a range in the period, and the first one where there were several."""

    exercise: str
    last: TrainingSession
    first: TrainingSession | None


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that the sections of a report are made from. `told`: the days of the period in the diary."""

    patient: Person
    period: Period
    at: datetime
    told: tuple[DiaryDay, ...]
    began_on: date | None
    """When the diary began: the first day on which a check-in was expected or told, which may lie before the period."""
    expected: tuple[date, ...]
    medicine_names: tuple[str, ...]
    plan: CurrentPlan
    revisions: tuple[RevisionInForce, ...]
    stories: tuple[RevisionStory, ...]
    """Changes of the plan in the period, the first one first."""
    sets: SetsByDay
    exercises: tuple[Done, ...]
    tests: tuple[Tested, ...]
    posture: Mapping[date, rules_day.Figures]
    breaks: rules_breaks.Tally
    alerts: Sequence[Alert]
    """Raised in the period, or before it and still open; the first one first."""
    parameters_version: str
    definitions: Mapping[str, Definition]
    standing: Standing | None

    def title(self, exercise: str) -> str:
        """The name of an exercise."""
        return ledger.title_of(exercise, self.definitions)

    @property
    def average(self) -> dict[date, float]:
        """Average pain by day, 0..10."""
        return {each.day: float(each.average) for each in self.told if each.average is not None}

    @property
    def worst(self) -> dict[date, float]:
        """Worst pain by day, 0..10."""
        return {each.day: float(each.worst) for each in self.told if each.worst is not None}

    @property
    def days(self) -> int:
        """Days of the period on which something could have been told: since the diary began."""
        first = self.period.first if self.began_on is None else max(self.began_on, self.period.first)
        return (self.period.last - first).days + 1

    @property
    def usual(self) -> tuple[float, float] | None:
        """What is usual for this person, and its spread, as alerts are judged by it."""
        standing = self.standing
        if standing is None or standing.baseline is None or standing.spread is None:
            return None
        return standing.baseline, standing.spread

    @property
    def now(self) -> rules_week.Now:
        """Pain in the last seven days of the period."""
        return rules_week.now(self.average, self.period.last, self.usual)

    @property
    def open_alerts(self) -> list[Alert]:
        """What is open, the most urgent first: what rests stands behind all else, as in the worklist."""
        return sorted((alert for alert in self.alerts if alert.closed_at is None), key=self._urgency)

    def _urgency(self, alert: Alert) -> Any:
        rests = alert.resolved_at is not None or (alert.snoozed_until is not None and alert.snoozed_until > self.at)
        waiting = rules_workflow.Waiting(
            name="",
            level=Level.STEADY if rests else Level(alert.level),
            acknowledged=alert.acknowledged_at is not None,
            due_at=alert.due_at,
            family=Family(alert.family),
        )
        return rules_workflow.triage_key(waiting)

    def is_in(self, instant: datetime) -> bool:
        """Whether an instant lies in the period, by the patient's calendar."""
        return local_date(instant, self.patient.time_zone) in self.period


def read(session: Session, patient: Person, period: Period, at: datetime) -> Material:
    """Everything about a patient who shares."""
    revisions = revisions_in_force(session, {patient.id: patient.time_zone}).get(patient.id, [])
    sets = sets_done(session, [patient.id], first=period.first, last=period.last).get(patient.id, {})
    exercises = {item.exercise for revision in revisions for item in revision.items}
    exercises |= {exercise for done in sets.values() for exercise in done}
    definitions = known(session, exercises)
    diary_days = diary.day_facts(session, patient)
    kept = diary.settings_of(session, patient.id)
    tallies = breaks_service.tallies(session, patient.id, period.first, period.last, at).values()
    return Material(
        patient=patient,
        period=period,
        at=at,
        told=tuple(each for day, each in diary_days.items() if day in period),
        began_on=_began_on(kept, diary_days),
        expected=diary.expected_days(kept, period.first, period.last),
        medicine_names=diary.medicine_names(session, patient.id),
        plan=current_plan(session, patient.id),
        revisions=tuple(revisions),
        stories=tuple(
            story
            for story in reversed(history(session, patient.id, shared=True))
            if local_date(story.created_at, patient.time_zone) in period
        ),
        sets=sets,
        exercises=_exercises(session, patient.id, period),
        tests=_tests(session, patient.id, period, definitions),
        posture=day_service.figures_by_day(session, patient.id, period.first, period.last),
        breaks=sum(tallies, rules_breaks.Tally()),
        alerts=_alerts(session, patient, period),
        parameters_version=parameters_for(session, patient).parameters.version,
        definitions=definitions,
        standing=session.get(Standing, patient.id),
    )


def _began_on(kept: diary.Settings, days: Mapping[date, DiaryDay]) -> date | None:
    told = (day for day, each in days.items() if each.told)
    return min((day for day in (kept.rhythm.began_on, *told) if day is not None), default=None)


def _exercises(session: Session, patient_id: UUID, period: Period) -> tuple[Done, ...]:
    rows = session.execute(
        select(
            TrainingSession.exercise,
            func.count(func.distinct(TrainingSession.id)),
            func.sum(SetResult.count),
            func.sum(SetResult.partial),
            func.avg(SetResult.quality),
        )
        .join(TrainingSession.sets)
        .where(
            TrainingSession.patient_id == patient_id,
            TrainingSession.local_date.between(period.first, period.last),
        )
        .group_by(TrainingSession.exercise)
    )
    return tuple(
        Done(exercise, sessions, int(counted or 0), int(partial or 0), None if quality is None else float(quality))
        for exercise, sessions, counted, partial, quality in rows
    )


def _tests(
    session: Session, patient_id: UUID, period: Period, definitions: Mapping[str, Definition]
) -> tuple[Tested, ...]:
    rows = session.execute(
        select(TrainingSession.exercise, TrainingSession.id)
        .where(
            TrainingSession.patient_id == patient_id,
            TrainingSession.exercise.in_([each.id for each in definitions.values() if each.goal == "test"]),
            TrainingSession.local_date.between(period.first, period.last),
        )
        .order_by(TrainingSession.started_at)
    )
    done: dict[str, list[UUID]] = {}
    for exercise, session_id in rows:
        done.setdefault(exercise, []).append(session_id)
    return tuple(
        Tested(
            exercise,
            own_session(session, patient_id, ids[-1]),
            own_session(session, patient_id, ids[0]) if len(ids) > 1 else None,
        )
        for exercise, ids in done.items()
    )


def _alerts(session: Session, patient: Person, period: Period) -> Sequence[Alert]:
    first = day_begins(period.first, patient.time_zone)
    after = day_begins(period.last + timedelta(days=1), patient.time_zone)
    return session.scalars(
        select(Alert)
        .where(
            Alert.patient_id == patient.id,
            Alert.opened_at < after,
            or_(Alert.opened_at >= first, Alert.closed_at.is_(None)),
        )
        .order_by(Alert.opened_at)
    ).all()
