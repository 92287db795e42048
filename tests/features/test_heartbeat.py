from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tracker.accounts import service, sign_in_service
from tracker.accounts.models import AuditEvent, Clinic, Invitation, Role, SignInAttempt, SignInSession
from tracker.app import JOBS
from tracker.reminders.scheduler import Job, beat, start_beside
from tracker.web.context import services_of


@pytest.fixture
def sessions(app):
    return services_of(app).sessions


def test_what_is_over_is_cleared_up_and_what_is_not_stays(people, signed_in, database, clock, sessions):
    physio = people.physio()
    signed_in(physio)
    service.invite(
        database, inviter=physio, role=Role.PATIENT, name=None, email=None, at=clock.now(), lifetime=timedelta(days=7)
    )
    sign_in_service.begin_attempt(database, "a@example.org", "192.0.2.1", clock.now())
    database.commit()
    kept = len(database.scalars(select(AuditEvent)).all())
    database.commit()
    job = JOBS[0]
    assert beat(job, sessions, clock) == 0
    clock.advance(timedelta(days=15))
    assert beat(job, sessions, clock) == 3
    database.commit()
    for table in (SignInSession, Invitation, SignInAttempt):
        assert database.scalars(select(table)).all() == []
    assert len(database.scalars(select(AuditEvent)).all()) == kept


@pytest.mark.parametrize("job", JOBS, ids=[job.name for job in JOBS])
def test_every_job_can_run_again_without_effect(job, sessions, clock):
    assert beat(job, sessions, clock) == 0
    assert beat(job, sessions, clock) == 0


def test_a_job_that_fails_is_undone_logged_without_its_text_and_not_fatal(sessions, clock, database, capsys):
    def work(session, at):
        session.add(Clinic(name="half done", created_at=at))
        session.flush()
        raise RuntimeError("about anna")

    assert beat(Job("breaks", timedelta(hours=1), work), sessions, clock) is None
    assert database.scalars(select(Clinic)).all() == []
    printed = "".join(capsys.readouterr())
    assert "RuntimeError" in printed
    assert "anna" not in printed


def test_the_heart_is_set_up_to_run_late_beats_once_and_alone(sessions, clock):
    scheduler = start_beside(JOBS, sessions, clock)
    try:
        jobs = scheduler.get_jobs()
        assert {job.id for job in jobs} == {job.name for job in JOBS}
        assert all(job.misfire_grace_time is None and job.coalesce and job.max_instances == 1 for job in jobs)
    finally:
        scheduler.shutdown()
