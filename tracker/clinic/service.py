"""Use cases of the physiotherapist's room: one patient's page, and what the list of patients shares with it. Never
commits. What a patient does not share is not read. The list itself is in `caseload_service`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from tracker.accounts.models import Consent, ConsentKind
from tracker.clock import local_date
from tracker.regimen import rules as plan_rules
from tracker.regimen.service import revisions_in_force
from tracker.training.models import Repetition, SetResult, TrainingSession
from tracker.training.service import Overview, overviews, sets_done

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person
    from tracker.regimen.rules import Adherence, RevisionInForce

LONG_WINDOW_DAYS: Final = 28
SHORT_WINDOW_DAYS: Final = 7


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
        dots.append(Dot(day, day_state(items, today)))
    return tuple(dots)


def day_state(items: plan_rules.Today, today: date) -> str:
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
