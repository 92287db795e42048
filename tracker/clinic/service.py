"""Use cases of the physiotherapist's room: the list of patients and one patient's page. Never commits.

The list takes a fixed number of statements, however many patients there are: people, consents, plans, sets done,
session figures, open alerts and unread words are each read for all of them at once. What a patient does not share is
not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from tracker.accounts.models import Consent, ConsentKind, Person
from tracker.alerts.charts import sparkline
from tracker.alerts.worklist_service import top_lines
from tracker.clinic import message_service, rules
from tracker.clock import local_date
from tracker.diary.models import CheckIn
from tracker.diary.rules import days_of
from tracker.diary.service import versions_of_people
from tracker.regimen import rules as plan_rules
from tracker.regimen.models import Standing
from tracker.regimen.service import patients_of, revisions_in_force
from tracker.training.models import Repetition, SetResult, TrainingSession
from tracker.training.service import Overview, overviews, sets_done

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.alerts.charts import Sparkline
    from tracker.alerts.worklist_service import AlertLine
    from tracker.diary.rules import DiaryDay
    from tracker.regimen.rules import Adherence, Prescribed, RevisionInForce

LONG_WINDOW_DAYS: Final = 28
SHORT_WINDOW_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One line of the list. The figures are None or empty while the patient does not share them."""

    id: UUID
    name: str
    shares: bool
    programme: tuple[Prescribed, ...]
    last_day: date | None
    last_started_at: datetime | None
    days_since_last: int | None
    week: Adherence
    month: Adherence
    quality: float | None
    flags: tuple[str, ...]
    dots: tuple[Dot, ...]
    alert: AlertLine | None
    """The most urgent thing that is open."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One day of the last fourteen: `state` is rest, missed, part, done or open (today, not over yet)."""

    day: date
    state: str


def sharing(session: Session, patient_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these patients share what was recorded."""
    return set(
        session.scalars(
            select(Consent.person_id).where(
                Consent.person_id.in_(patient_ids),
                Consent.kind == ConsentKind.SHARING,
                Consent.withdrawn_at.is_(None),
            )
        )
    )


def caseload(session: Session, physio: Person, at: datetime) -> list[PatientRow]:
    """Every patient of a physiotherapist, in the order of attention: alerts as in the worklist, then the flags."""
    patients = patients_of(session, physio.id, at, with_closed=True)
    ids = [patient.id for patient in patients]
    shared = sharing(session, ids)
    zones = {patient.id: patient.time_zone for patient in patients}
    plans = revisions_in_force(session, zones)
    # The patients' dates differ by a day at most; the window is widened by one on each side.
    anywhere = at.date()
    done = sets_done(
        session,
        shared,
        first=anywhere - timedelta(days=LONG_WINDOW_DAYS + 1),
        last=anywhere + timedelta(days=1),
    )
    known = overviews(session, shared, since=at - timedelta(days=LONG_WINDOW_DAYS))
    lines = top_lines(session, physio, at)
    place = {patient_id: index for index, patient_id in enumerate(lines)}
    unread = message_service.unread_answers(session, ids)
    rows = [
        _row(
            patient,
            plans.get(patient.id, []),
            done.get(patient.id, {}),
            known.get(patient.id, Overview()),
            at,
            shares=patient.id in shared,
            alert=lines.get(patient.id),
            unread=unread.get(patient.id, 0),
        )
        for patient in patients
    ]
    return sorted(
        rows,
        key=lambda row: (place.get(row.id, len(place)), *rules.sort_key(row.flags, row.last_day, row.name)),
    )


def _row(
    patient: Person,
    revisions: list[RevisionInForce],
    done: dict[date, dict[str, dict[str, int]]],
    overview: Overview,
    at: datetime,
    *,
    shares: bool,
    alert: AlertLine | None,
    unread: int,
) -> PatientRow:
    today = local_date(at, patient.time_zone)
    nothing = plan_rules.Adherence()
    month = plan_rules.adherence(revisions, done, last=today, days=LONG_WINDOW_DAYS) if shares else nothing
    week = plan_rules.adherence(revisions, done, last=today, days=SHORT_WINDOW_DAYS) if shares else nothing
    programme = revisions[-1].items if revisions else ()
    facts = rules.Facts(
        shares=shares,
        has_plan=bool(programme),
        last_day=overview.last_day,
        plan_since=revisions[0].since if revisions else None,
        adherence_28=month.share,
        quality=overview.quality,
        stopped_for_pain=overview.stopped_for_pain,
        corrections=overview.corrections,
        unread=unread,
    )
    return PatientRow(
        id=patient.id,
        name=patient.name,
        shares=shares,
        programme=programme,
        last_day=overview.last_day,
        last_started_at=overview.last_started_at,
        days_since_last=None if overview.last_day is None else (today - overview.last_day).days,
        week=week,
        month=month,
        quality=overview.quality,
        flags=rules.flags(facts, today),
        dots=day_dots(revisions, done, today) if shares else (),
        alert=alert,
    )


def sparklines(session: Session, rows: Sequence[PatientRow], at: datetime) -> dict[UUID, Sparkline]:
    """The last 28 days of pain of these patients, for those who share and have told any. Two statements for all."""
    ids = [row.id for row in rows if row.shares]
    # As in `caseload`: the patients' dates differ by a day at most; here the day of the reader is near enough.
    today = at.date()
    days = [today - timedelta(days=LONG_WINDOW_DAYS - 1 - ahead) for ahead in range(LONG_WINDOW_DAYS)]
    told = _pain_of(session, ids, days[0])
    standings = {row.patient_id: row for row in session.scalars(select(Standing).where(Standing.patient_id.in_(ids)))}
    found = {}
    for patient_id, pain in told.items():
        standing = standings.get(patient_id)
        drawn = sparkline(
            days,
            {day: each.average for day, each in pain.items() if each.average is not None},
            {day: each.worst for day, each in pain.items() if each.worst is not None},
            baseline=standing.baseline if standing else None,
            spread=standing.spread if standing else None,
        )
        if drawn is not None:
            found[patient_id] = drawn
    return found


def _pain_of(session: Session, patient_ids: Sequence[UUID], since: date) -> dict[UUID, dict[date, DiaryDay]]:
    versions = versions_of_people(session, patient_ids, CheckIn.form == "daily", CheckIn.local_date >= since)
    return {patient_id: days_of(entries) for patient_id, entries in versions.items()}


def day_dots(
    revisions: Sequence[RevisionInForce],
    done: dict[date, dict[str, dict[str, int]]],
    today: date,
    days: int = 14,
) -> tuple[Dot, ...]:
    """The last days, oldest first, as a glance: what was due and what came of it."""
    dots = []
    for ahead in range(days):
        day = today - timedelta(days=days - 1 - ahead)
        revision = plan_rules.in_force(day, revisions)
        items = plan_rules.today(day, revision.items if revision else (), done.get(day, {}))
        dots.append(Dot(day, _state(items, today)))
    return tuple(dots)


def _state(items: plan_rules.Today, today: date) -> str:
    if not items.items:
        return "rest"
    if items.complete:
        return "done"
    if any(item.done for item in items.items):
        return "part"
    return "open" if items.day == today else "missed"


@dataclass(frozen=True, slots=True)
class PatientFigures:
    """What a patient's page says above the list of sessions."""

    week: Adherence
    month: Adherence
    dots: tuple[Dot, ...]
    quality: float | None
    stopped_for_pain: int


def figures(session: Session, patient: Person, at: datetime) -> PatientFigures:
    """Adherence and quality of one patient who shares."""
    today = local_date(at, patient.time_zone)
    revisions = revisions_in_force(session, {patient.id: patient.time_zone}).get(patient.id, [])
    first = today - timedelta(days=LONG_WINDOW_DAYS)
    done = sets_done(session, [patient.id], first=first, last=today).get(patient.id, {})
    overview = overviews(session, [patient.id], since=at - timedelta(days=LONG_WINDOW_DAYS)).get(patient.id, Overview())
    return PatientFigures(
        week=plan_rules.adherence(revisions, done, last=today, days=SHORT_WINDOW_DAYS),
        month=plan_rules.adherence(revisions, done, last=today, days=LONG_WINDOW_DAYS),
        dots=day_dots(revisions, done, today, LONG_WINDOW_DAYS),
        quality=overview.quality,
        stopped_for_pain=overview.stopped_for_pain,
    )


def corrected_sessions(session: Session, patient_id: UUID, *, since: datetime) -> list[tuple[UUID, str, datetime, int]]:
    """Sessions in which the patient disagreed with the engine: id, exercise, start, number of repetitions."""
    rows = session.execute(
        select(
            TrainingSession.id,
            TrainingSession.exercise,
            TrainingSession.started_at,
            func.count(Repetition.id),
        )
        .join(TrainingSession.sets)
        .join(SetResult.repetitions)
        .where(
            TrainingSession.patient_id == patient_id,
            TrainingSession.started_at >= since,
            Repetition.corrected_to.is_not(None),
        )
        .group_by(TrainingSession.id, TrainingSession.exercise, TrainingSession.started_at)
        .order_by(TrainingSession.started_at.desc())
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
