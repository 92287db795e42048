from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tracker.accounts import service, sign_in_service
from tracker.accounts.models import AuditEvent, Clinic, Invitation, Role, SignInAttempt, SignInSession
from tracker.app import JOBS, heartbeat
from tracker.clock import SystemClock
from tracker.reminders import service as service_of_reminders
from tracker.reminders.models import Delivery
from tracker.reminders.outgoing import Outcome
from tracker.reminders.scheduler import Job, Round, beat, start_beside
from tracker.reminders.sending import Office, deliver
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


def test_rounds_can_run_again_without_effect(sessions, clock, settings):
    names = [each.name for each in heartbeat(settings)]
    assert len(set(names)) == len(names)
    rounds = [each for each in heartbeat(settings) if isinstance(each, Round)]
    assert {each.name for each in rounds} >= {"plan reminders", "send alerts", "send reminders"}
    for each in rounds:
        assert beat(each, sessions, clock) == 0
        assert beat(each, sessions, clock) == 0


def test_what_is_planned_is_sent_by_the_next_beats(people, sessions, clock, settings, database):
    patient = people.patient()
    rounds = {each.name: each for each in heartbeat(settings)}
    assert beat(rounds["plan reminders"], sessions, clock)
    due = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
    clock.advance(due - clock.now())
    assert beat(rounds["send alerts"], sessions, clock) == 0
    assert beat(rounds["send reminders"], sessions, clock)
    database.commit()
    (row,) = database.scalars(select(Delivery).where(Delivery.due_at == due, Delivery.channel == "in_app"))
    assert (row.person_id, row.kind, row.state) == (patient.id, "check_in", "sent")


def test_a_round_that_fails_is_logged_and_not_fatal(sessions, clock, capsys):
    def go(_sessions, _clock):
        raise RuntimeError("about anna")

    assert beat(Round("breaks", timedelta(hours=1), go), sessions, clock) is None
    assert "anna" not in "".join(capsys.readouterr())


def test_a_mail_server_that_takes_its_time_holds_up_nothing_else(people, sessions, clock, settings, monkeypatch):
    """While a message is on its way, for as long as it likes, the other jobs run and can write."""
    monkeypatch.setattr("tracker.reminders.scheduler.SOON", timedelta(0))
    monkeypatch.setattr("tracker.reminders.scheduler.JITTER_S", 0)
    physio = people.physio()
    on_its_way, wrote, go_on = threading.Event(), threading.Event(), threading.Event()

    class Slow:
        @contextmanager
        def opened(self):
            yield self

        def send(self, _message, _words, _at):
            on_its_way.set()
            assert go_on.wait(60)
            return Outcome(sent=True)

    office = Office(
        sessions,
        clock,
        replace(settings, smtp_host="mail.example"),
        channels={"email": Slow(), "push": Slow(), "apprise": Slow()},
    )

    def write(session, at):
        if on_its_way.is_set():
            session.add(Clinic(name="Next door", created_at=at))
            session.flush()
            wrote.set()
        return 0

    with sessions.begin() as session:
        service_of_reminders.enqueue(
            session, kind="escalation", subject="alert:1", person_ids=[physio.id], due_at=clock.now(), at=clock.now()
        )
    second = timedelta(seconds=1)
    jobs = (
        Round("send alerts", second, lambda _sessions, _clock: deliver(office, urgent=True)),
        Job("write", second, write),
    )
    scheduler = start_beside(jobs, sessions, SystemClock())
    try:
        assert on_its_way.wait(60)
        assert wrote.wait(60)
    finally:
        go_on.set()
        scheduler.shutdown()
    with sessions() as session:
        assert session.scalars(select(Delivery.state).where(Delivery.channel == "email")).one() == "sent"


def test_the_heart_is_set_up_to_run_late_beats_once_and_alone(sessions, clock, settings):
    everything = heartbeat(settings)
    scheduler = start_beside(everything, sessions, clock)
    try:
        jobs = scheduler.get_jobs()
        assert {job.id for job in jobs} == {job.name for job in everything}
        assert all(job.misfire_grace_time is None and job.coalesce and job.max_instances == 1 for job in jobs)
    finally:
        scheduler.shutdown()
