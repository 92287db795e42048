"""Is a reminder still needed? Asked right before it is sent and before it is shown, for any number of people with a
fixed number of statements. What somebody has done, cannot do, or is not asked to do needs no reminder.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select

from tracker.clock import local_date
from tracker.diary.models import CheckIn, DiarySettings
from tracker.diary.rules_timing import Rhythm, Spell, is_expected
from tracker.posture import day_service
from tracker.regimen import rules as plan_rules
from tracker.regimen.models import Standing
from tracker.regimen.service import revisions_in_force
from tracker.reminders.rules import Kind
from tracker.training.models import TrainingSession
from tracker.training.rules import stopped_because_of_pain
from tracker.training.service import sets_done

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person
    from tracker.reminders.models import Delivery

MOVED_LATELY: Final = timedelta(minutes=30)
"""Somebody who moved this shortly ago needs no break from sitting."""

CLOSED: Final = "closed"
DONE: Final = "done"
NOTHING_DUE: Final = "nothing_due"
LOCKED: Final = "locked"
NO_INTAKE: Final = "no_intake"
HURT: Final = "hurt"
MOVED: Final = "moved"
WATCHED: Final = "watched"
PUT_OFF: Final = "put_off"


def reasons_not_to_send(
    session: Session, deliveries: Sequence[Delivery], people: Mapping[UUID, Person], at: datetime
) -> dict[UUID, str]:
    """Why a delivery is not needed, by its id; those that are needed are left out."""
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for row in deliveries:
        by_kind[row.kind].add(row.person_id)
    reasons: dict[tuple[str, UUID], str] = {}
    for kind, find in _FINDERS.items():
        concerned = {person_id: people[person_id] for person_id in by_kind.get(kind, ()) if person_id in people}
        if concerned:
            reasons |= {(kind, person_id): why for person_id, why in find(session, concerned, at).items()}
    found = {}
    for row in deliveries:
        person = people.get(row.person_id)
        why = CLOSED if person is None or not person.active else reasons.get((row.kind, row.person_id))
        if why is not None:
            found[row.id] = why
    return found


def _standings(session: Session, ids: Iterable[UUID]) -> dict[UUID, Standing]:
    rows = session.scalars(
        select(Standing).where(Standing.patient_id.in_(list(ids))).execution_options(populate_existing=True)
    )
    return {row.patient_id: row for row in rows}


def _today(people: Mapping[UUID, Person], at: datetime) -> dict[UUID, date]:
    return {person_id: local_date(at, person.time_zone) for person_id, person in people.items()}


def _exercise(session: Session, people: Mapping[UUID, Person], at: datetime) -> dict[UUID, str]:
    days = _today(people, at)
    standings = _standings(session, people)
    plans = revisions_in_force(session, {person_id: person.time_zone for person_id, person in people.items()})
    done = sets_done(session, list(people), first=min(days.values()), last=max(days.values()))
    hurt = _hurt(session, days)
    reasons = {}
    for person_id, day in days.items():
        standing = standings.get(person_id)
        revisions = plans.get(person_id, [])
        today = plan_rules.today(day, revisions[-1].items if revisions else (), done.get(person_id, {}).get(day, {}))
        if standing is None or not standing.intake_done:
            reasons[person_id] = NO_INTAKE
        elif standing.locked:
            reasons[person_id] = LOCKED
        elif not today.items:
            reasons[person_id] = NOTHING_DUE
        elif today.complete:
            reasons[person_id] = DONE
        elif person_id in hurt:
            reasons[person_id] = HURT
    return reasons


def _hurt(session: Session, days: Mapping[UUID, date]) -> set[UUID]:
    """Who has stopped because of pain today: nothing more is asked for."""
    rows = session.execute(
        select(
            TrainingSession.patient_id,
            TrainingSession.local_date,
            TrainingSession.stop_reason,
            TrainingSession.pain_during,
        ).where(TrainingSession.patient_id.in_(days), TrainingSession.local_date.in_(set(days.values())))
    )
    return {
        patient_id
        for patient_id, day, stop_reason, pain in rows
        if day == days[patient_id] and stopped_because_of_pain(stop_reason, pain)
    }


def _check_in(session: Session, people: Mapping[UUID, Person], at: datetime) -> dict[UUID, str]:
    days = _today(people, at)
    told = session.execute(
        select(CheckIn.patient_id, CheckIn.local_date).where(
            CheckIn.patient_id.in_(people), CheckIn.form == "daily", CheckIn.local_date.in_(set(days.values()))
        )
    )
    done = {patient_id for patient_id, day in told if day == days[patient_id]}
    chosen = session.scalars(select(DiarySettings).where(DiarySettings.patient_id.in_(people)))
    resting = {row.patient_id for row in chosen if not _is_expected(row, days[row.patient_id])}
    return dict.fromkeys(resting, NOTHING_DUE) | dict.fromkeys(done, DONE)


def _is_expected(row: DiarySettings, day: date) -> bool:
    # The newest rhythm holds; whoever has travelled west since it was chosen may live a day earlier.
    return is_expected(Rhythm((Spell(min(row.since, day), row.rhythm),)), day)


def _morning(session: Session, people: Mapping[UUID, Person], at: datetime) -> dict[UUID, str]:
    """As the diary asks it: once a morning, about yesterday's sessions in which pain was told."""
    yesterday = {person_id: day - timedelta(days=1) for person_id, day in _today(people, at).items()}
    rows = session.execute(
        select(TrainingSession.id, TrainingSession.patient_id, TrainingSession.local_date).where(
            TrainingSession.patient_id.in_(people),
            TrainingSession.local_date.in_(set(yesterday.values())),
            or_(TrainingSession.pain_before.is_not(None), TrainingSession.pain_during.is_not(None)),
        )
    )
    asked: dict[UUID, set[UUID]] = defaultdict(set)
    for session_id, patient_id, day in rows:
        if day == yesterday[patient_id]:
            asked[patient_id].add(session_id)
    answered = set(
        session.scalars(
            select(CheckIn.session_id).where(
                CheckIn.patient_id.in_(people),
                CheckIn.form == "morning",
                CheckIn.local_date >= min(yesterday.values()),
                CheckIn.session_id.is_not(None),
            )
        )
    )
    return {
        person_id: DONE if asked.get(person_id) else NOTHING_DUE
        for person_id in people
        if not asked.get(person_id) or asked[person_id] & answered
    }


def _posture_break(session: Session, people: Mapping[UUID, Person], at: datetime) -> dict[UUID, str]:
    """Not for who has moved lately, as far as anybody knows: exercised, changed their posture, stood up, taken a break.
    And not for who is being watched at the desk: what watches sees when a break is due, and asks itself.
    """
    exercised = session.scalars(
        select(TrainingSession.patient_id).where(
            TrainingSession.patient_id.in_(people),
            TrainingSession.started_at > at - MOVED_LATELY,
            TrainingSession.started_at <= at,
        )
    )
    moved = set(exercised) | day_service.moved_since(session, people.keys(), at - MOVED_LATELY)
    locked = {person_id: LOCKED for person_id, standing in _standings(session, people).items() if standing.locked}
    return (
        dict.fromkeys(moved, MOVED)
        | dict.fromkeys(day_service.told_by_a_watcher(session, people.keys(), at), WATCHED)
        | dict.fromkeys(day_service.wants_silence(session, people.keys(), at), PUT_OFF)
        | locked
    )


_FINDERS: Final = {
    Kind.EXERCISE: _exercise,
    Kind.CHECK_IN: _check_in,
    Kind.MORNING: _morning,
    Kind.POSTURE_BREAK: _posture_break,
}
