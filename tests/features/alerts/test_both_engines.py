"""On SQLite and on PostgreSQL: several processes at the same patient at once lose nothing and raise or tell nothing
twice; and everything that is read, done and looked after by itself works on both.
"""

from __future__ import annotations

import multiprocessing
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.features.alerts import racing
from tests.features.alerts.conftest import CALM
from tracker.accounts.models import CareLink, Clinic, Consent, Person
from tracker.alerts import jobs, preview_service, service, workflow_service, worklist_service
from tracker.alerts.models import Alert, AlertEvent
from tracker.alerts.rules import PRESETS
from tracker.alerts.workflow_service import Outcome
from tracker.diary.models import CheckIn, DiarySettings
from tracker.regimen.models import Standing
from tracker.reminders.models import Delivery

AT = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
PROCESSES = 3
FLAGS = ("U_FEVER", "E_WEAK", "U_NIGHT")


@pytest.fixture
def patients(sessions: Any) -> list[Any]:
    """Three patients of one physio with three calm weeks behind them."""
    with sessions.begin() as session:
        clinic = Clinic(name="Practice", created_at=AT)
        physio = Person(clinic=clinic, role="physio", name="Jonas", created_at=AT)
        people = [Person(clinic=clinic, role="patient", name=f"Patient {n}", created_at=AT) for n in range(3)]
        session.add_all([physio, *people])
        session.flush()
        first = AT.date() - timedelta(days=len(CALM))
        for patient in people:
            session.add(CareLink(patient_id=patient.id, physio_id=physio.id, since=AT - timedelta(days=90)))
            session.add(Consent(person_id=patient.id, kind="sharing", granted_at=AT))
            session.add(DiarySettings(patient_id=patient.id, since=first, rhythm="daily", earlier=[]))
            session.add_all(_daily(patient, first + timedelta(days=day), pain) for day, pain in enumerate(CALM))
            session.flush()
            service.record_changed(session, patient.id, AT - timedelta(days=1))
        return [patient.id for patient in people]


def _daily(patient: Person, day: Any, pain: int) -> CheckIn:
    told_at = datetime(day.year, day.month, day.day, 11, tzinfo=UTC)
    return CheckIn(
        id=uuid.uuid4(),
        entry_id=uuid.uuid4(),
        patient_id=patient.id,
        form="daily",
        local_date=day,
        time_zone="UTC",
        answered_at=told_at,
        received_at=told_at,
        answers={"average": pain, "worst": pain, "interference": 2, "compared": "same", "none_of_these": True},
    )


def at_once(work: Callable[..., None], calls: list[tuple[Any, ...]], environ: dict[str, str]) -> None:
    """Run `work` in one process for each call, all let go in the same moment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.features.alerts.racing"])
    barrier = context.Barrier(len(calls))
    processes = [context.Process(target=work, args=(environ, barrier, *call)) for call in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * len(calls)


def test_three_red_flags_told_at_once_are_one_alert_that_knows_them_all(environ, sessions, patients):
    patient = patients[0]
    at_once(racing.tell_a_flag, [(patient, code, AT) for code in FLAGS], environ)
    with sessions() as session:
        (alert,) = session.scalars(select(Alert).where(Alert.patient_id == patient)).all()
        codes = {firing["values"]["codes"] for firing in alert.firings}
        kinds = list(session.scalars(select(AlertEvent.kind).where(AlertEvent.alert_id == alert.id)))
        standing = session.get_one(Standing, patient)
        waiting = session.scalars(
            select(Delivery).where(Delivery.subject == f"alert:{alert.id}", Delivery.state == "due")
        ).all()
    assert (alert.level, codes) == (4, set(FLAGS))
    assert kinds.count("raised") == 1
    assert (standing.level, standing.locked, standing.page) == (4, True, "emergency")
    assert len(waiting) == 3, "one ladder: now, in 15 and in 30 minutes"


def test_several_heartbeats_look_at_each_silent_patient_once_and_ask_again_once(environ, sessions, patients):
    with sessions.begin() as session:
        session.add(_flag(session.get_one(Person, patients[0])))
        session.flush()
        service.record_changed(session, patients[0], AT)
    days_later = AT + timedelta(days=4)
    at_once(racing.look_at_silence, [(days_later,)] * PROCESSES, environ)
    with sessions() as session:
        alerts = session.scalars(select(Alert).where(Alert.family == "nonresponse")).all()
        raised = session.scalars(
            select(AlertEvent).join(Alert).where(AlertEvent.kind == "raised", Alert.family == "nonresponse")
        ).all()
        escalated = session.scalars(select(AlertEvent).where(AlertEvent.kind == "escalated")).all()
        through = {standing.evaluated_through for standing in session.scalars(select(Standing))}
    assert sorted(alert.patient_id for alert in alerts) == sorted(patients)
    assert len(raised) == 3
    assert len(escalated) == 1
    assert through == {days_later.date() - timedelta(days=1)}


def test_what_is_read_and_done_about_an_alert_works_on_both_engines(sessions, patients):
    with sessions.begin() as session:
        session.add(_flag(session.get_one(Person, patients[0])))
        unable = _daily(session.get_one(Person, patients[1]), AT.date(), 4)
        unable.answers = {**unable.answers, "activities": "no"}
        session.add(unable)
        session.flush()
        for patient in patients[:2]:
            service.record_changed(session, patient, AT)
    with sessions.begin() as session:
        physio = session.scalars(select(Person).where(Person.role == "physio")).one()
        lines = worklist_service.worklist(session, physio, AT)
        assert [line.alert.level for line in lines] == [3, 2]
        assert worklist_service.open_count(session, physio, AT) == 2
        assert worklist_service.escalated_to(session, physio, AT + timedelta(days=9)) == []
        urgent, review = (line.alert for line in lines)
        assert worklist_service.alert_for(session, physio, urgent.id, AT).events[0].kind == "raised"
        assert all(replay.same for replay in service.replay_alert(session, urgent))
        workflow_service.snooze(session, review, physio, AT, days=2, reason="on holiday")
        outcome = Outcome("doctor", "seen")
        workflow_service.close(session, urgent, physio, AT, disposition="referred", outcome=outcome)
        assert len(worklist_service.recently_closed(session, physio, AT)) == 1
        seen = preview_service.preview(session, physio.clinic_id, PRESETS["sensitive"], AT)
        assert len(seen.patients) == 3
    with sessions.begin() as session:
        assert jobs.wake_snoozed(session, AT + timedelta(days=2)) == 1
        assert jobs.look_at_long_open(session, AT + timedelta(days=16)) == 1
        assert not session.get_one(Standing, patients[0]).locked


def _flag(patient: Person) -> CheckIn:
    row = _daily(patient, AT.date(), 3)
    row.form, row.answers = "flags", {"flags": {"U_FEVER": {"answer": "new"}}}
    row.received_at = row.answered_at = AT
    return row
