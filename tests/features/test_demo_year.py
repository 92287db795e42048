"""The whole invented clinic: forty patients with a year, and the eight stories, whose tests are in `test_demo`."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.features.conftest import NOON
from tests.features.test_demo import build_in
from tracker.accounts import service
from tracker.accounts.models import Person, Role
from tracker.alerts import worklist_service
from tracker.alerts.models import Alert
from tracker.clinic.caseload_service import everybody, rows
from tracker.clinic.models import Appointment, PatientNote, Proposal
from tracker.clock import local_date
from tracker.db import sessions_from
from tracker.demo import stories
from tracker.demo.crowd import COURSES, SHOULDER_TEST, YEAR, crowd
from tracker.diary.models import CheckIn
from tracker.diary.service import day_facts
from tracker.regimen.models import Standing
from tracker.regimen.service import history
from tracker.training.models import Repetition, SetResult, TrainingSession
from tracker.training.service import session_lines

# Making them takes minutes where coverage is measured on a busy machine.
pytestmark = pytest.mark.timeout(900)

CROWD = {member.course: member for member in reversed(crowd())}
CROWD = {member.story.key: member for member in CROWD.values()}
"""One of each course: all of them take minutes to make."""


@pytest.fixture(scope="module")
def session(tmp_path_factory, migrated_file):
    """The whole clinic at NOON. Tests only look at it."""
    settings, _made = build_in(tmp_path_factory.mktemp("year"), migrated_file, NOON, crowd=tuple(CROWD.values()))
    with sessions_from(settings) as sessions, sessions() as opened:
        yield opened


def person(session, key):
    return service.person_by_email(session, f"{key}@example.org")


def of_course(name):
    return [key for key, member in CROWD.items() if member.course == name]


def averages(session, who, first, last):
    """Pain told between so many days ago."""
    today = local_date(NOON, who.time_zone)
    days = day_facts(session, who)
    return [
        found.average
        for day, found in days.items()
        if found.average is not None and last <= (today - day).days <= first
    ]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def test_forty_people_have_a_year_and_no_two_alike():
    everybody = crowd()
    assert len({member.story.email for member in everybody}) == 40
    assert not {member.story.email for member in everybody} & {each.email for each in stories.PATIENTS}
    assert len({(member.story.pain, member.story.attends) for member in everybody}) == len(everybody)
    assert Counter(member.course for member in everybody) == {
        "improving": 12, "relapsing": 7, "excellent": 6, "little": 6, "silent": 5, "warning sign": 3,
        "warning sign now": 1,
    }  # fmt: skip
    assert crowd() == everybody, "the same each time"


def test_each_has_a_year(session):
    assert session.scalar(select(func.count()).where(Person.role == Role.PATIENT)) == len(stories.PATIENTS) + len(CROWD)
    spans = {}
    for key in CROWD:
        who = person(session, key)
        first, last = session.execute(
            select(func.min(CheckIn.local_date), func.max(CheckIn.local_date)).where(CheckIn.patient_id == who.id)
        ).one()
        spans[key] = (last - first).days
        assert first <= local_date(NOON, who.time_zone) - timedelta(days=YEAR - 2), key
        assert len(history(session, who.id, shared=True)) >= 3, key
        assert who.birth_year is not None
    assert min(spans.values()) > YEAR - 60  # some have fallen silent
    assert set(Counter(member.course for member in CROWD.values())) == set(COURSES)


def test_courses_are_what_their_names_say(session):
    for key in of_course("improving"):
        who = person(session, key)
        assert mean(averages(session, who, 365, 335)) > mean(averages(session, who, 30, 0)) + 2, key
    for key in of_course("relapsing"):
        who = person(session, key)
        calm, worse = averages(session, who, 180, 130), averages(session, who, 240, 190)
        assert max(worse) > mean(calm), key
    for key in of_course("silent"):
        who = person(session, key)
        newest = session.scalar(select(func.max(CheckIn.local_date)).where(CheckIn.patient_id == who.id))
        assert (local_date(NOON, who.time_zone) - newest).days >= 10, key
    entries = everybody(session, person(session, stories.FIRST_PHYSIO.key), NOON)
    months = {row.name: row.month.share for row in rows(session, entries, NOON)}
    little = [months[CROWD[key].story.name] for key in of_course("little")]
    excellent = [months[CROWD[key].story.name] for key in of_course("excellent")]
    assert max(little) < 0.5
    assert min(excellent) > 0.85


def test_warning_signs_were_answered_or_are_open_now(session):
    for key in of_course("warning sign"):
        who = person(session, key)
        red = session.scalars(select(Alert).where(Alert.patient_id == who.id, Alert.family == "red")).all()
        assert red, key
        assert all(alert.closed_at is not None and alert.outcome["seen_by"] == "doctor" for alert in red)
    for key in of_course("warning sign now"):
        who = person(session, key)
        assert session.get(Standing, who.id).locked, key
    lines = worklist_service.worklist(session, person(session, stories.FIRST_PHYSIO.key), NOON)
    assert 4 <= len({line.patient_id for line in lines}) < len(CROWD) + len(stories.PATIENTS)
    assert all(
        line.alert.acknowledged_at is not None or NOON - line.alert.opened_at < timedelta(days=8) for line in lines
    )


def test_sessions_are_the_engines_own_and_ranges_are_tested(session):
    rows = session.scalars(select(SetResult).join(TrainingSession).limit(4000)).all()
    for row in rows:
        if row.engine_version == "manual" or row.summary["kind"] != "repetitions":
            continue
        assert row.count == sum(each["counted"] for each in row.summary["repetitions"])
        assert len(row.summary["trace"]["t"]) == len(row.summary["trace"]["phase"])
    for key in of_course("improving"):
        who = person(session, key)
        tests = session.execute(
            select(TrainingSession.started_at, func.max(Repetition.range_value))
            .join(SetResult, SetResult.session_id == TrainingSession.id)
            .join(Repetition, Repetition.set_id == SetResult.id)
            .where(TrainingSession.patient_id == who.id, TrainingSession.exercise == SHOULDER_TEST, Repetition.counted)
            .group_by(TrainingSession.id, TrainingSession.started_at)
            .order_by(TrainingSession.started_at)
        ).all()
        assert len(tests) > 15, key
        assert tests[-1][1] > tests[0][1] + 10, key
        assert len(session_lines(session, who.id, limit=1000)) > 80


def test_the_clinic_writes_notes_and_books(session):
    noted = set(session.scalars(select(PatientNote.patient_id)))
    booked = set(session.scalars(select(Appointment.patient_id).where(Appointment.starts_at > NOON)))
    crowd_ids = {person(session, key).id for key in CROWD}
    assert crowd_ids <= noted
    assert crowd_ids & booked


def test_steps_are_proposed_to_somebody(session):
    proposed = set(session.scalars(select(Proposal.patient_id).where(Proposal.decided_at.is_(None))))
    assert proposed
    assert proposed <= {person(session, key).id for key in CROWD}
