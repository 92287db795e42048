"""Reads, for the rules of progression, what sessions, diary and alerts say about each exercise of a plan. Never writes.

A fixed number of statements, however many patients. What is not told stays unknown: a session by hand has no quality, a
morning that was not answered no pain. The morning after is asked once a day (`training.service.sessions_with_pain`), so
its answer counts for every exercise of that day, as it does for the alerts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import case, func, or_, select

from tracker.alerts.models import Alert
from tracker.clinic.models import Proposal
from tracker.clock import local_date
from tracker.diary.models import CheckIn
from tracker.diary.rules import in_force as versions_in_force
from tracker.diary.service import versions_of_people
from tracker.regimen import easing_service
from tracker.regimen.library import known, limits
from tracker.regimen.models import Easing, Plan, PlanRevision, Standing
from tracker.regimen.rules import Limits, Prescribed
from tracker.regimen.rules_levels import Level
from tracker.regimen.rules_progression import GOOD_EFFORT, GREEN_PAIN, Occasion, Situation, all_done
from tracker.regimen.service import as_prescribed
from tracker.training.models import Repetition, SetResult, TrainingSession

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from exercises.definition import Definition
    from tracker.accounts.models import Person
    from tracker.regimen.easing_service import DoseStory

LOOK_BACK: Final = timedelta(days=35)
"""Far enough for two occasions running of anything that is done once a week."""


@dataclass(frozen=True, slots=True)
class Line:
    """One exercise of a plan. `since_dose`: the occasions since its line is what it is and since somebody last decided
    about it; `since_numbers`: since its sets, repetitions and seconds are what they are; `occasions`: all of them.
    """

    item: Prescribed
    definition: Definition
    limits: Limits
    story: DoseStory
    occasions: tuple[Occasion, ...]
    since_numbers: tuple[Occasion, ...]
    since_dose: tuple[Occasion, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What the rules need of one patient. `baseline`: their usual pain."""

    person: Person
    today: date
    plan_number: int
    lines: Mapping[str, Line]
    level: Level | None
    level_since: datetime | None
    open_levels: tuple[Level, ...]
    baseline: float | None
    easings: tuple[Easing, ...]
    days: tuple[date, ...]
    """The local days on which anything was done, oldest first."""
    last_day: date | None

    def situation(self, *, eased: bool) -> Situation:
        return Situation(self.today, self.level, self.open_levels, eased=eased, last_day=self.last_day)

    @property
    def stories(self) -> dict[str, DoseStory]:
        return {exercise: line.story for exercise, line in self.lines.items()}


@dataclass(slots=True)
class _Day:
    """One exercise on one local day, gathered from its sessions."""

    rows: list[_Session] = field(default_factory=list)
    sets: dict[str, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    quality: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Session:
    id: UUID
    started_at: datetime
    pain_before: int | None
    pain_during: int | None
    effort: int | None
    stopped_for_pain: bool


@dataclass(slots=True)
class _Told:
    """What was done and told by one patient: exercises by day, and the morning after each day."""

    days: dict[tuple[str, date], _Day] = field(default_factory=lambda: defaultdict(_Day))
    sessions: dict[UUID, date] = field(default_factory=dict)
    mornings: dict[date, int] = field(default_factory=dict)


def record_of(session: Session, person: Person, at: datetime) -> Record:
    return records(session, [person], at)[person.id]


def records(session: Session, people: Sequence[Person], at: datetime) -> dict[UUID, Record]:
    """What the rules need of these patients."""
    ids = [person.id for person in people]
    plans = _plans(session, ids)
    definitions = known(session, {row.exercise for revision in plans.values() for row in revision.prescriptions})
    stories = easing_service.dose_stories(session, ids)
    told = _told(session, ids, at)
    standings = {row.patient_id: row for row in session.scalars(select(Standing).where(Standing.patient_id.in_(ids)))}
    open_levels = _open_levels(session, ids)
    easings = easing_service.easings(session, ids, at)
    decided = _decided(session, ids)
    last_days = _last_days(session, ids)
    found = {}
    for person in people:
        plan, said, standing = plans.get(person.id), told[person.id], standings.get(person.id)
        lines = {}
        for row in plan.prescriptions if plan is not None else ():
            definition = definitions.get(row.exercise)
            if definition is None:
                continue
            lines[row.exercise] = _line(
                as_prescribed(row, definitions),
                definition,
                stories[person.id][row.exercise],
                said,
                decided.get((person.id, row.exercise)),
            )
        found[person.id] = Record(
            person=person,
            today=local_date(at, person.time_zone),
            plan_number=plan.number if plan is not None else 0,
            lines=lines,
            level=Level(standing.level) if standing else None,
            level_since=standing.since if standing else None,
            open_levels=tuple(open_levels.get(person.id, ())),
            baseline=standing.baseline if standing else None,
            easings=tuple(easings.get(person.id, ())),
            days=tuple(sorted(set(said.sessions.values()))),
            last_day=last_days.get(person.id),
        )
    return found


def _line(item: Prescribed, definition: Definition, story: DoseStory, said: _Told, decided_at: datetime | None) -> Line:
    days = [(day, each) for (exercise, day), each in sorted(said.days.items()) if exercise == item.exercise]
    occasions = [(each.rows[0].started_at, _occasion(item, day, each, said.mornings.get(day))) for day, each in days]
    since = max(story.line_since, decided_at) if decided_at else story.line_since
    return Line(
        item=item,
        definition=definition,
        limits=limits(definition),
        story=story,
        occasions=tuple(occasion for _began, occasion in occasions),
        since_numbers=tuple(occasion for began, occasion in occasions if began >= story.numbers_since),
        since_dose=tuple(occasion for began, occasion in occasions if began >= since),
    )


def _occasion(item: Prescribed, day: date, each: _Day, morning: int | None) -> Occasion:
    """Of the day's sessions the least pain before and the most of everything else, where every one of them says."""
    return Occasion(
        day=day,
        done=all_done(item, each.sets),
        quality=fmean(each.quality) if each.quality and len(each.quality) == _number_of_sets(each) else None,
        pain_before=min((row.pain_before for row in each.rows if row.pain_before is not None), default=None),
        pain_during=_most([row.pain_during for row in each.rows], GREEN_PAIN),
        next_morning=morning,
        effort=_most([row.effort for row in each.rows], GOOD_EFFORT),
        stopped_for_pain=any(row.stopped_for_pain for row in each.rows),
    )


def _number_of_sets(each: _Day) -> int:
    return sum(len(sets) for sets in each.sets.values())


def _most(values: Sequence[int | None], good: int) -> int | None:
    """The highest. Where one session of the day did not say, only an answer beyond `good` of another one is known."""
    told = [value for value in values if value is not None]
    highest = max(told, default=None)
    if highest is None or len(told) == len(values):
        return highest
    return highest if highest > good else None


# ---------------------------------------------------------------------------------------------- rows


def _plans(session: Session, ids: Collection[UUID]) -> dict[UUID, PlanRevision]:
    """The newest revision of each."""
    newest = (
        select(PlanRevision.plan_id, func.max(PlanRevision.number).label("number"))
        .join(Plan)
        .where(Plan.patient_id.in_(ids))
        .group_by(PlanRevision.plan_id)
        .subquery()
    )
    rows = session.execute(
        select(PlanRevision, Plan.patient_id)
        .join(Plan)
        .join(newest, (newest.c.plan_id == PlanRevision.plan_id) & (newest.c.number == PlanRevision.number))
    )
    return {row.patient_id: row.PlanRevision for row in rows}


def _told(session: Session, ids: Collection[UUID], at: datetime) -> dict[UUID, _Told]:
    since = (at - LOOK_BACK).date()
    latest = at.date() + timedelta(days=1)  # somebody who travels east may be a day ahead; later is a wrong clock
    found: dict[UUID, _Told] = {patient_id: _Told() for patient_id in ids}
    of_day: dict[UUID, _Day] = {}
    window = (TrainingSession.patient_id.in_(ids), TrainingSession.local_date.between(since, latest))
    for row in session.execute(
        select(
            TrainingSession.id,
            TrainingSession.patient_id,
            TrainingSession.exercise,
            TrainingSession.local_date,
            TrainingSession.started_at,
            TrainingSession.pain_before,
            TrainingSession.pain_during,
            TrainingSession.effort,
            TrainingSession.stop_reason,
        )
        .where(*window)
        .order_by(TrainingSession.started_at, TrainingSession.id)
    ):
        told = found[row.patient_id]
        told.sessions[row.id] = row.local_date
        day = told.days[row.exercise, row.local_date]
        of_day[row.id] = day
        day.rows.append(
            _Session(row.id, row.started_at, row.pain_before, row.pain_during, row.effort, row.stop_reason == "pain")
        )
    corrections = (
        select(Repetition.set_id, func.sum(case((Repetition.corrected_to.is_(True), 1), else_=-1)).label("change"))
        .join(Repetition.set)
        .join(SetResult.session)
        .where(*window, Repetition.corrected_to.is_not(None))
        .group_by(Repetition.set_id)
        .subquery()
    )
    for row in session.execute(
        select(
            SetResult.session_id,
            SetResult.side,
            SetResult.count,
            SetResult.held_s,
            SetResult.quality,
            func.coalesce(corrections.c.change, 0).label("change"),
        )
        .join(SetResult.session)
        .outerjoin(corrections, corrections.c.set_id == SetResult.id)
        .where(*window, or_(SetResult.count > 0, SetResult.partial > 0, SetResult.held_s >= 1))
    ):
        day = of_day[row.session_id]
        day.sets[row.side].append((row.count + row.change, row.held_s))
        if row.quality is not None:
            day.quality.append(row.quality)
    _add_mornings(session, found, since)
    return found


def _add_mornings(session: Session, found: Mapping[UUID, _Told], since: date) -> None:
    versions = versions_of_people(session, found.keys(), CheckIn.form == "morning", CheckIn.local_date >= since)
    for patient_id, entries in versions.items():
        told = found[patient_id]
        for entry in versions_in_force(entries):
            day = told.sessions.get(entry.session_id) if entry.session_id else None
            pain = entry.answers.get("pain")
            if day is not None and pain is not None:
                told.mornings[day] = max(int(pain), told.mornings.get(day, 0))


def _open_levels(session: Session, ids: Collection[UUID]) -> dict[UUID, list[Level]]:
    found: dict[UUID, list[Level]] = defaultdict(list)
    rows = session.execute(
        select(Alert.patient_id, Alert.level).where(Alert.patient_id.in_(ids), Alert.closed_at.is_(None))
    )
    for row in rows:
        found[row.patient_id].append(Level(row.level))
    return found


def _decided(session: Session, ids: Collection[UUID]) -> dict[tuple[UUID, str], datetime]:
    """When somebody last decided about a step of an exercise: only what was done since then can ask for the next."""
    rows = session.execute(
        select(Proposal.patient_id, Proposal.exercise, func.max(Proposal.decided_at).label("at"))
        .where(Proposal.patient_id.in_(ids), Proposal.decision.in_(("accepted", "changed", "declined")))
        .group_by(Proposal.patient_id, Proposal.exercise)
    )
    return {(row.patient_id, row.exercise): row.at for row in rows}


def _last_days(session: Session, ids: Collection[UUID]) -> dict[UUID, date]:
    rows = session.execute(
        select(TrainingSession.patient_id, func.max(TrainingSession.local_date).label("day"))
        .where(TrainingSession.patient_id.in_(ids))
        .group_by(TrainingSession.patient_id)
    )
    return {row.patient_id: row.day for row in rows}
