"""On SQLite and on PostgreSQL: proposals and easings are kept once, refreshed, lapsed and counted alike."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tracker.accounts.models import CareLink, Clinic, Consent, Person
from tracker.clinic import proposal_service
from tracker.clinic.models import Proposal
from tracker.diary.models import CheckIn
from tracker.regimen.models import Easing, Standing
from tracker.regimen.rules import EVERY_DAY, Prescribed
from tracker.regimen.service import current_plan, save_revision
from tracker.training.models import SetResult, TrainingSession

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
        proposal_service.accept(session, offer, physio=physio, base_number=1, reason="well", at=AT)
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
