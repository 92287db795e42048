"""A record that leaves one installation and comes into another is the same record, and wakes nobody there."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.features.records.rich import document_of, staff, text_of, travels
from tracker.accounts.care_service import plan_absence
from tracker.accounts.models import AuditEvent, CareLink, Clinic, Person
from tracker.accounts.service import cares_for
from tracker.alerts import service as alerts
from tracker.alerts import watch_service
from tracker.alerts.models import Alert, AlertEvent
from tracker.db import Session, session_factory
from tracker.posture.models import Watcher
from tracker.records import csv_service, fhir_service, import_service, json_service
from tracker.records.errors import RefusedRecordError
from tracker.records.tables import EXERCISES, RECORD
from tracker.regimen.models import ClinicExerciseRevision, Standing
from tracker.reminders.models import Delivery
from tracker.web.context import services_of


def take_in(session: Session, content: str, at: Any, physio: Person | None = None) -> tuple[Person, Person]:
    """Bring a record into this installation: who came, and who cares for them (of a fresh clinic, unless given)."""
    if physio is None:
        clinic = Clinic(name="Practice on the hill", time_zone="Europe/Paris", created_at=at)
        session.add(clinic)
        physio = staff(session, clinic, at, name="Vera Lund")
        session.commit()
    incoming = import_service.understood(content.encode())
    done = import_service.take_in(session, incoming, clinic=physio.clinic, physio=physio, at=at)
    session.commit()
    return done.person, physio


def test_out_in_and_out_again_is_the_same_on_either_engine(source, leaving, sessions):
    first = text_of(source, leaving.patient, leaving.at)
    document = json.loads(first)
    empty = [part.table for part in RECORD if not document["record"][part.table]["rows"]]
    assert empty == [], "the record of these tests has something in every table"
    assert all(document["exercises"][part.table]["rows"] for part in EXERCISES)
    with sessions() as target:
        came, _ = take_in(target, first, leaving.at)
    with sessions() as target:
        json_service.snapshot(target)
        again = document_of(target, came, leaving.at)
    assert travels(again) == travels(document)
    assert json.dumps(travels(again)) == json.dumps(travels(document)), "down to order and the writing of numbers"


def test_tables_and_bundle_say_the_same_on_either_engine(source, leaving, sessions):
    with sessions() as target:
        came, _ = take_in(target, text_of(source, leaving.patient, leaving.at), leaving.at)
        for session, person in ((source, leaving.patient), (target, came)):
            for header, rows in csv_service.TABLES.values():
                assert all(len(row) == len(header) for row in rows(session, person))
        there, here = (
            {name: [list(row) for row in rows(session, person)] for name, (_, rows) in csv_service.TABLES.items()}
            for session, person in ((source, leaving.patient), (target, came))
        )
        assert there == here
        assert fhir_service.checked_bundle(source, leaving.patient, leaving.at).replace(
            b"Practice by the river", b"Practice on the hill"
        ) == fhir_service.checked_bundle(target, came, leaving.at)


@pytest.fixture
def arrived(source, leaving, sessions) -> Any:
    """The record in another installation: session, patient, physio, the document."""
    text = text_of(source, leaving.patient, leaving.at)
    with sessions() as session:
        person, physio = take_in(session, text, leaving.at)
        yield session, person, physio, text


def test_who_cares_now_is_decided_here_and_nobody_can_sign_in_with_what_came(arrived, leaving):
    session, person, physio, _ = arrived
    assert session.scalars(select(CareLink.physio_id)).all() == [physio.id]
    assert person.clinic_id == physio.clinic_id
    assert person.password_hash is None
    named = session.scalars(select(Person).where(Person.id.not_in([person.id, physio.id]))).all()
    assert {each.name for each in named} == {"Jonas Berg", "Mara Holt"}
    assert not any(each.active or each.email or each.password_hash or each.is_admin for each in named)
    computers = session.scalars(select(Watcher).where(Watcher.kind == "agent")).all()
    assert computers
    assert all(each.revoked_at == leaving.at and each.token_hash is None for each in computers)
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.patient_id == person.id)).all()
    assert actions == ["record.imported"]


def test_whoever_stands_in_sees_a_patient_who_arrives_meanwhile(source, leaving, sessions):
    at = leaving.at
    with sessions() as target:
        clinic = Clinic(name="Practice on the hill", time_zone="Europe/Paris", created_at=at)
        target.add(clinic)
        away, backup = (staff(target, clinic, at, name=name) for name in ("Vera Lund", "Ole Brandt"))
        target.flush()
        until = at + timedelta(days=3)
        plan_absence(target, actor=away, physio=away, backup=backup, since=at, until=until, note=None, at=at)
        target.commit()
        came, _ = take_in(target, text_of(source, leaving.patient, at), at, away)
        assert cares_for(target, backup.id, came.id, at + timedelta(hours=1))
        assert not cares_for(target, backup.id, came.id, until)


def test_what_is_history_raises_and_sends_nothing(arrived, leaving):
    session, person, _, _ = arrived
    before = set(session.scalars(select(Alert.id)))
    events = session.scalar(select(func.count()).select_from(AlertEvent))
    standing = session.get_one(Standing, person.id)
    level = standing.level
    assert level >= 2, "something is open in this record"
    assert session.scalar(select(func.count()).select_from(Delivery)) == 0, "importing sends nothing"
    alerts.record_changed(session, person.id, leaving.at + timedelta(minutes=1))
    session.commit()
    assert set(session.scalars(select(Alert.id))) == before, "the same history raises nothing a second time"
    assert session.get_one(Standing, person.id).level == level
    told = session.scalars(select(AlertEvent.kind).where(AlertEvent.at > leaving.at)).all()
    assert set(told) <= {"notified"}
    assert session.scalar(select(func.count()).select_from(AlertEvent)) == events + len(told)


def test_who_cares_now_is_told_of_what_is_still_open_with_the_next_look(arrived, leaving):
    session, _, physio, _ = arrived
    watch_service.evaluate_silent(session, leaving.at + timedelta(minutes=1))
    session.commit()
    open_ones = session.scalars(select(Alert).where(Alert.closed_at.is_(None), Alert.level >= 2)).all()
    assert open_ones
    assert {alert.owner_id for alert in open_ones} == {physio.id}
    assert set(session.scalars(select(Delivery.person_id))) == {physio.id}


def test_the_same_record_twice_is_refused_and_changes_nothing(arrived, leaving):
    session, _, physio, text = arrived
    people = session.scalar(select(func.count()).select_from(Person))
    with pytest.raises(RefusedRecordError, match="already"):
        take_in(session, text, leaving.at, physio)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Person)) == people


def other_ids(text: str, keep: set[str]) -> str:
    """The same record under ids that nobody has, except these."""
    document = json.loads(text)
    made: dict[str, str] = {}

    def fresh(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fresh(each) for key, each in value.items()}
        if isinstance(value, list):
            return [fresh(each) for each in value]
        if isinstance(value, str) and len(value) == 36 and value.count("-") == 4 and value not in keep:
            return made.setdefault(value, str(uuid.uuid4()))
        return value

    found = fresh(travels(document))
    columns = found["record"]["person"]["columns"]
    found["record"]["person"]["rows"][0][columns.index("email")] = "twin@example.org"
    return json.dumps(found)


def shared_ids(text: str) -> set[str]:
    """Ids that two patients of one clinic have in common: staff and own exercises."""
    document = json.loads(text)
    tables = document["exercises"].values()
    return {each["id"] for each in document["people"]} | {row[0] for table in tables for row in table["rows"]}


def test_a_second_patient_finds_the_people_and_exercises_of_the_first(arrived, leaving):
    session, _, physio, text = arrived
    twin, _ = take_in(session, other_ids(text, shared_ids(text)), leaving.at, physio)
    assert twin.email == "twin@example.org"
    names = session.scalars(select(Person).where(Person.role == "physio")).all()
    assert sorted(each.name for each in names) == ["Jonas Berg", "Mara Holt", "Vera Lund"]
    assert session.scalar(select(func.count()).select_from(ClinicExerciseRevision)) == 1


def test_a_record_never_changes_an_exercise_that_is_here(arrived, leaving):
    session, _, physio, text = arrived
    changed = json.loads(other_ids(text, shared_ids(text)))
    revisions = changed["exercises"]["clinic_exercise_revision"]
    revisions["rows"][0][revisions["columns"].index("document")]["text"]["title"] = "Something else"
    with pytest.raises(RefusedRecordError, match="differs"):
        take_in(session, json.dumps(changed), leaving.at, physio)
    session.rollback()


def test_ids_of_another_clinic_open_nothing(arrived, leaving):
    """Somebody who knows ids of another clinic's staff or rows cannot reach them by a document."""
    session, _, _, text = arrived
    with pytest.raises(RefusedRecordError, match="not as staff of this clinic"):
        take_in(session, other_ids(text, {each["id"] for each in json.loads(text)["people"]}), leaving.at)
    session.rollback()
    alert_ids = {row[0] for row in json.loads(text)["record"]["alert"]["rows"]}
    with pytest.raises(RefusedRecordError, match=r"record\.(standing, alert_id|alert, id)"):
        take_in(session, other_ids(text, alert_ids), leaving.at)
    session.rollback()


def column_of(document: Any, table: str, name: str, value: Any, row: int = 0) -> None:
    section = "exercises" if table in document["exercises"] else "record"
    there = document[section][table]
    there["rows"][row][there["columns"].index(name)] = value


def drop_table(document: Any) -> None:
    del document["record"]["alert"]


def strange_author(document: Any) -> None:
    column_of(document, "message", "author_id", str(uuid.uuid4()))


def strange_session(document: Any) -> None:
    column_of(document, "set_result", "session_id", str(uuid.uuid4()))


def two_open_consents(document: Any) -> None:
    for row in document["record"]["consent"]["rows"]:
        row[document["record"]["consent"]["columns"].index("withdrawn_at")] = None


WRONG: dict[str, tuple[Callable[[Any], None], str]] = {
    "another format": (lambda document: document.update(format="other"), "format"),
    "a later version": (lambda document: document.update(version=2), "version is not 1"),
    "a version that is a yes": (lambda document: document.update(version=True), "version is not 1"),
    "a part too many": (lambda document: document.update(more=1), "no record has"),
    "a table too few": (drop_table, r"record\.alert is missing"),
    "a column too many": (lambda document: document["record"]["plan"]["columns"].append("x"), "columns"),
    "a row too short": (lambda document: document["record"]["plan"]["rows"][0].pop(), r"plan, row 1 does not have"),
    "an instant without a zone": (
        lambda document: column_of(document, "plan", "created_at", "2026-03-10T12:00:00"), "plan, row 1, created_at",
    ),
    "a number as text": (lambda document: column_of(document, "set_result", "count", "3"), "set_result, row 1, count"),
    "a number of four hundred digits": (
        lambda document: column_of(document, "set_result", "duration_s", 10**400), "set_result, row 1, duration_s",
    ),
    "an empty value where there must be one": (
        lambda document: column_of(document, "alert", "family", None), "alert, row 1, family is missing",
    ),
    "somebody who is nowhere": (strange_author, "message, row 1, author_id refers to something outside"),
    "a row of no session": (strange_session, "set_result, row 1, session_id refers to something outside"),
    "a person too many": (
        lambda document: document["people"].append({"id": str(uuid.uuid4()), "role": "physio", "name": "X"}), "people",
    ),
    "a patient among the staff": (lambda document: document["people"][0].update(role="patient"), "people, entry 1"),
    "answers that no form has": (
        lambda document: column_of(document, "check_in", "answers", {"average": 99}), "check_in, row 1 answers",
    ),
    "a summary that no engine writes": (
        lambda document: column_of(document, "set_result", "summary", {"count": -1}), "set_result, row 1 summary",
    ),
    "a track that is none": (lambda document: column_of(document, "track", "blob", "AAAA"), "track, row 1 blob"),
    "a time zone that is none": (
        lambda document: column_of(document, "person", "time_zone", "Mars/Base"), "person, row 1 time_zone",
    ),
    "a level that is none": (lambda document: column_of(document, "standing", "level", 9), "standing, row 1 level"),
    "firings of another kind": (
        lambda document: column_of(document, "alert", "firings", [{"rule": 1}]), "alert, row 1 firings",
    ),
    "numbers of another kind": (
        lambda document: column_of(document, "alert_parameters", "document", {"severe": "x"}),
        "alert_parameters, row 1",
    ),
    "half a character": (
        lambda document: column_of(document, "message", "text", "\ud800"),
        "message, row 1, text holds half a character",
    ),
    "a consent given twice at once": (two_open_consents, r"record\.consent contradicts itself"),
}  # fmt: skip


@pytest.mark.parametrize("how", WRONG)
def test_what_does_not_fit_is_refused_with_its_place(app, database, source, leaving, how):
    """The installation these go into has the same people already, so nothing that is let through would stay unseen."""
    spoil, place = WRONG[how]
    text = text_of(source, leaving.patient, leaving.at)
    document = json.loads(other_ids(text, shared_ids(text)))
    spoil(document)
    before = database.scalar(select(func.count()).select_from(Person))
    database.rollback()
    with session_factory(services_of(app).engine)() as session:
        physio = session.scalars(select(Person).where(Person.email.is_not(None), Person.role == "physio")).first()
        with pytest.raises(RefusedRecordError, match=place) as refused:
            take_in(session, json.dumps(document), leaving.at, physio)
        session.rollback()
    assert "Ada" not in str(refused.value)
    assert database.scalar(select(func.count()).select_from(Person)) == before
