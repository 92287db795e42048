"""On SQLite and on PostgreSQL alike: proposals and easings, the list, a course, the team, and the sealed trail."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tracker.accounts import access, care_service, trail_service
from tracker.accounts.models import AuditEvent, CareLink, Clinic, Consent, Person
from tracker.accounts.service import cares_for, record_audit
from tracker.clinic import caseload_service, course_service, proposal_service
from tracker.clinic.models import Proposal
from tracker.diary.models import CheckIn
from tracker.regimen.models import Easing, Standing
from tracker.regimen.rules import EVERY_DAY, Prescribed
from tracker.regimen.service import current_plan, save_revision
from tracker.settings import Settings
from tracker.training.models import Repetition, SetResult, TrainingSession

AT = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
BEGAN = AT - timedelta(days=20)
PRESS = Prescribed("", "overhead-press", 2, 10, None, EVERY_DAY)
PLANK = Prescribed("", "plank", 2, None, 20.0, EVERY_DAY)


@pytest.fixture
def ids(sessions: Any) -> tuple[uuid.UUID, uuid.UUID]:
    """A physio and a patient who has pressed and planked well on the last two days."""
    with sessions.begin() as session:
        clinic = Clinic(name="Practice", created_at=BEGAN)
        physio = Person(clinic=clinic, role="physio", name="Jonas", created_at=BEGAN)
        patient = Person(clinic=clinic, role="patient", name="Ada", created_at=BEGAN)
        session.add_all([physio, patient])
        session.flush()
        session.add(CareLink(patient_id=patient.id, physio_id=physio.id, since=BEGAN))
        session.add(Consent(person_id=patient.id, kind="sharing", granted_at=BEGAN))
        session.add(Standing(patient_id=patient.id, since=BEGAN, evaluated_at=BEGAN, intake_done=True))
        save_revision(
            session,
            patient_id=patient.id,
            author_id=physio.id,
            base_number=0,
            items=[PRESS, PLANK],
            reason=None,
            at=BEGAN,
        )
        for days in (2, 1):
            did(session, patient.id, "overhead-press", AT - timedelta(days=days), count=10)
            did(session, patient.id, "plank", AT - timedelta(days=days), held_s=20.4)
        return physio.id, patient.id


def did(session: Any, patient_id: uuid.UUID, exercise: str, at: datetime, *, effort: int = 5, **done: Any) -> None:
    """Two sets that a camera has seen, and the morning after."""
    row = TrainingSession(
        id=uuid.uuid4(),
        patient_id=patient_id,
        exercise=exercise,
        source="camera",
        started_at=at,
        local_date=at.date(),
        pain_before=2,
        pain_during=2,
        effort=effort,
        created_at=at,
    )
    session.add(row)
    session.flush()
    session.add_all(
        SetResult(
            id=uuid.uuid4(),
            session_id=row.id,
            number=number,
            side="both",
            started_at=at,
            engine_version="1",
            duration_s=30.0,
            partial=0,
            quality=86,
            summary={},
            **{"count": 0, "held_s": 0.0, **done},
        )
        for number in (1, 2)
    )
    morning = at + timedelta(hours=20)
    session.add(
        CheckIn(
            id=uuid.uuid4(),
            entry_id=uuid.uuid4(),
            patient_id=patient_id,
            form="morning",
            local_date=morning.date(),
            time_zone="UTC",
            answered_at=morning,
            received_at=morning,
            session_id=row.id,
            answers={"pain": 2},
        )
    )


def test_looking_again_changes_nothing_a_decision_lapses_its_siblings_not_and_a_bad_day_lapses_all(sessions, ids):
    physio_id, patient_id = ids
    for _ in range(2):
        with sessions.begin() as session:
            proposal_service.record_changed(session, patient_id, AT)
    with sessions.begin() as session:
        rows = {row.exercise: row for row in session.scalars(select(Proposal))}
        assert {row.change["after"] for row in rows.values()} == {12, 25.0}
        assert proposal_service.counts(session, [patient_id]) == {patient_id: 2}
        person, physio = session.get_one(Person, patient_id), session.get_one(Person, physio_id)
        assert len(proposal_service.offers_for(session, physio, AT)) == 2
        offer = proposal_service.open_offer(session, person, rows["plank"].id, AT)
        proposal_service.accept(session, offer, physio=physio, base_number=1, evidence="well", at=AT)
    with sessions.begin() as session:
        proposal_service.record_changed(session, patient_id, AT)
        assert [item.hold_s for item in current_plan(session, patient_id).items] == [None, 25.0]
        decisions = {row.exercise: (row.decision, row.plan_number) for row in session.scalars(select(Proposal))}
        assert decisions == {"plank": ("accepted", 1), "overhead-press": (None, 2)}
        did(session, patient_id, "overhead-press", AT, effort=9, count=10)
    for _ in range(2):
        with sessions.begin() as session:
            proposal_service.record_changed(session, patient_id, AT + timedelta(minutes=5))
    with sessions.begin() as session:
        (easing,) = session.scalars(select(Easing))
        assert (easing.exercise, easing.cause, easing.detail["effort"]) == ("overhead-press", "effort", 9)
        assert {row.decision for row in session.scalars(select(Proposal))} == {"accepted", "lapsed"}
        assert proposal_service.counts(session, [patient_id]) == {}


def test_a_row_of_the_list_says_the_same(sessions, ids):
    physio_id, patient_id = ids
    with sessions() as session:
        entries = caseload_service.everybody(session, session.get_one(Person, physio_id), AT)
        (row,) = caseload_service.rows(session, entries, AT)
    assert row.id == patient_id
    assert (row.plan_number, row.day_in_programme) == (1, 21)
    assert (row.week.sets_done, row.month.sets_done) == (8, 8)
    assert (row.quality, row.partial_share, row.quality_change) == (86.0, 0.0, None)
    assert row.days_since_last == 1
    assert caseload_service.counts(entries, AT)["silent"] == 0


def test_a_course_counts_and_ranks_the_same(sessions, ids):
    _physio_id, patient_id = ids
    with sessions.begin() as session:
        one = session.scalars(
            select(SetResult).join(TrainingSession).where(TrainingSession.exercise == "overhead-press").limit(1)
        ).one()
        session.add_all(
            Repetition(
                id=uuid.uuid4(),
                set_id=one.id,
                position=number,
                side="both",
                counted=True,
                reason="counted",
                start_s=3.0 * number,
                end_s=3.0 * number + 2.0,
                faults=[{"key": "arched_back"}] if number == 1 else [],
            )
            for number in (1, 2)
        )
    with sessions() as session:
        course = course_service.read(session, session.get_one(Person, patient_id), 30, AT)
    assert course.data_days.any == 2
    assert set(course.quality.values()) == {86.0}
    found = {each.exercise: each for each in course.exercises}
    assert (found["overhead-press"].sessions, found["overhead-press"].counted) == (2, 40)
    assert found["overhead-press"].quality == (86.0, 86.0, 86.0)
    assert [(fault.name, fault.share) for fault in found["overhead-press"].faults] == [("arched_back", 0.5)]


def test_an_absence_covers_and_a_hand_over_moves_the_same(sessions, ids):
    physio_id, patient_id = ids
    with sessions.begin() as session:
        physio = session.get_one(Person, physio_id)
        other = Person(clinic=physio.clinic, role="physio", name="Tara", created_at=BEGAN)
        session.add(other)
        session.flush()
        other_id = other.id
        care_service.plan_days(
            session,
            actor=physio,
            physio=physio,
            backup=other,
            first=AT.date(),
            last=AT.date(),
            note=None,
            at=AT,
        )
    with sessions.begin() as session:
        physio, other = session.get_one(Person, physio_id), session.get_one(Person, other_id)
        assert cares_for(session, other_id, patient_id, AT + timedelta(hours=11))
        assert not cares_for(session, other_id, patient_id, AT + timedelta(hours=12))
        assert [each.stands_in for each in care_service.team(session, physio.clinic_id, AT)] == [False, True]
        assert set(care_service.standing_in_for(session, other, AT)) == {patient_id}
        care_service.hand_over(session, actor=physio, patient_id=patient_id, to=other, reason="Moves away", at=AT)
    with sessions() as session:
        assert not cares_for(session, physio_id, patient_id, AT)
        assert [carer.name for carer in care_service.carers(session, patient_id, AT)] == ["Tara"]


@pytest.mark.parametrize("what", ["hand_over", "share_care"])
def test_a_patient_who_moves_while_an_absence_is_planned_gets_the_stand_in(sessions, ids, what):
    """Each transaction sees only what was there before the other: without a lock, neither would see to that patient."""
    physio_id, patient_id = ids
    with sessions.begin() as session:
        clinic_id = session.get_one(Person, physio_id).clinic_id
        people = [Person(clinic_id=clinic_id, role="physio", name=name, created_at=BEGAN) for name in ("To", "Backup")]
        session.add_all(people)
        session.flush()
        to_id, backup_id = (each.id for each in people)

    def plan() -> None:
        with sessions.begin() as session:
            to, backup = session.get_one(Person, to_id), session.get_one(Person, backup_id)
            care_service.plan_absence(
                session,
                actor=to,
                physio=to,
                backup=backup,
                since=AT,
                until=AT + timedelta(days=9),
                note=None,
                at=AT,
            )

    with ThreadPoolExecutor() as threads:
        with sessions.begin() as session:
            physio, to = session.get_one(Person, physio_id), session.get_one(Person, to_id)
            getattr(care_service, what)(session, actor=physio, patient_id=patient_id, to=to, reason="Moves", at=AT)
            planned = threads.submit(plan)
            # As long as the patient is on the way, the absence waits. Without a lock it takes a hundredth of this.
            assert not wait([planned], timeout=0.5).done
        planned.result(timeout=30)
    with sessions() as session:
        assert cares_for(session, to_id, patient_id, AT)
        assert cares_for(session, backup_id, patient_id, AT)


def test_the_trail_is_sealed_and_read_the_same(sessions, ids, environ):
    physio_id, patient_id = ids
    settings = Settings.load(environ)
    with sessions.begin() as session:
        physio, patient = session.get_one(Person, physio_id), session.get_one(Person, patient_id)
        for minute in range(3):
            record_audit(
                session,
                actor=physio,
                patient=patient,
                action="plan.saved",
                subject="plan",
                at=AT + timedelta(minutes=minute, microseconds=7),
                detail={"b": [1, 2.5], "a": "ü"},
            )
        access.record_list(session, physio, [patient_id], subject="caseload", at=AT + timedelta(minutes=9))
        patient = session.get_one(Person, patient_id)
        (listed,) = trail_service.lines_about(session, patient, before=None, limit=1)
        assert (listed.action, listed.listed) == ("caseload.read", 1)
        stranger = Person(clinic_id=physio.clinic_id, role="patient", name="Not there", created_at=BEGAN)
        session.add(stranger)
        session.flush()
        assert trail_service.lines_about(session, stranger, before=None, limit=1) == []
    with sessions.begin() as session:
        total = session.query(AuditEvent).count()
        made = trail_service.seal(session, AT + timedelta(hours=1), settings=settings)
        assert [each.events for each in made] == [total]
    with sessions() as session:
        found = trail_service.verify(session, settings)
        assert (found.whole, found.lines, found.seals, found.unsealed) == (True, total, 1, 0)
        clinic_id = session.get_one(Person, physio_id).clinic_id
        wanted = trail_service.Wanted(kind="changes", patient_id=patient_id)
        lines = trail_service.lines_of(session, clinic_id, wanted, before=None, limit=2)
        assert [line.at.minute for line in lines] == [2, 1]
        rest = trail_service.lines_of(session, clinic_id, wanted, before=(lines[-1].at, lines[-1].id), limit=2)
        assert [line.at.minute for line in rest if line.action == "plan.saved"] == [0]
