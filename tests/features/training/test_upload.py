"""Receiving sessions: the same thing twice is the same thing once, and what cannot be true is refused with a reason."""

from __future__ import annotations

import base64
import copy
import threading
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tracker import schema
from tracker.accounts.models import Clinic, Person, Role
from tracker.clock import FixedClock
from tracker.db import create_engine_from, session_factory
from tracker.training import service
from tracker.training.documents import SessionDoc
from tracker.training.jobs import expire_tracks
from tracker.training.models import Repetition, SetResult, Track, TrainingSession
from tracker.training.tracks import pack


@pytest.fixture
def patient(people):
    return people.patient(people.physio())


@pytest.fixture
def browser(patient, signed_in):
    return signed_in(patient)


@pytest.fixture
def press(patient, training):
    return training.plan(patient)["overhead-press"]


def count(database, model) -> int:
    database.commit()
    return database.scalar(select(func.count()).select_from(model))


def test_a_session_is_stored_with_every_repetition_and_its_reason(browser, training, press, database):
    document = training.document(press, training.set(reaches=(1.0, 0.75, 1.0)))
    answer = browser.post_json("/api/sessions", document)
    assert answer.status_code == 201
    assert answer.get_json() == {"id": document["id"], "sets": [document["sets"][0]["id"]]}
    repetitions = database.scalars(select(Repetition).order_by(Repetition.position)).all()
    assert [(each.counted, each.reason) for each in repetitions] == [
        (True, "complete"),
        (False, "partial_range"),
        (True, "complete"),
    ]
    assert repetitions[0].range_error is not None
    stored = database.scalars(select(SetResult)).one()
    assert (stored.count, stored.partial) == (2, 1)
    assert stored.summary["trace"]["t"]


def test_sending_the_same_document_again_changes_nothing(browser, training, press, database):
    document = training.document(press, training.set())
    assert browser.post_json("/api/sessions", document).status_code == 201
    again = browser.post_json("/api/sessions", document)
    assert again.status_code == 200
    assert (count(database, TrainingSession), count(database, SetResult), count(database, Repetition)) == (1, 1, 3)


def test_a_document_after_every_set_adds_the_new_one_and_leaves_the_known_ones(browser, training, press, database):
    first, second = training.set(), training.set(number=2)
    document = training.document(press, first)
    browser.post_json("/api/sessions", document)
    tampered = copy.deepcopy(first)
    tampered["summary"]["quality"] = 1
    answer = browser.post_json("/api/sessions", {**document, "sets": [tampered, second]})
    assert sorted(answer.get_json()["sets"]) == sorted([first["id"], second["id"]])
    assert {each.quality for each in database.scalars(select(SetResult))} != {1}
    assert count(database, SetResult) == 2


def test_feedback_is_updated_and_an_older_document_takes_none_away(browser, training, press, database):
    document = training.document(press, training.set())
    browser.post_json("/api/sessions", document)
    browser.post_json("/api/sessions", {**document, "sets": [], "pain_during": 4, "effort": 6, "stop_reason": "tired"})
    browser.post_json("/api/sessions", document)
    row = database.scalars(select(TrainingSession)).one()
    assert (row.pain_during, row.effort, row.stop_reason) == (4, 6, "tired")
    browser.post_json("/api/sessions", {**document, "sets": [], "pain_during": 0})
    database.commit()
    assert row.pain_during == 0


def test_the_summary_page_takes_the_same_answers_without_script(browser, training, press, database):
    document = training.document(press, training.set())
    browser.post_json("/api/sessions", document)
    answer = browser.post(
        f"/sessions/{document['id']}", {"pain_during": "7", "effort": "3", "stop_reason": "pain", "note": "Sharp."}
    )
    assert answer.status_code == 302
    row = database.scalars(select(TrainingSession)).one()
    assert (row.pain_during, row.effort, row.stop_reason, row.note) == (7, 3, "pain", "Sharp.")
    assert browser.post(f"/sessions/{document['id']}", {"pain_during": "11"}).status_code == 422


def test_a_session_of_somebody_else_does_not_exist(browser, training, press, people, signed_in, database):
    document = training.document(press, training.set())
    browser.post_json("/api/sessions", document)
    stranger = people.patient(people.physio())
    theirs = training.plan(stranger)["overhead-press"]
    other = signed_in(stranger)
    answer = other.post_json("/api/sessions", {**document, "prescription_id": str(theirs.id), "pain_during": 9})
    assert answer.status_code == 404
    assert other.get(f"/sessions/{document['id']}").status_code == 404
    assert other.post(f"/sessions/{document['id']}", {"pain_during": "9"}).status_code == 404
    assert database.scalars(select(TrainingSession)).one().pain_during is None


def test_a_set_or_repetition_id_that_is_taken_elsewhere_is_refused(browser, training, press, database):
    first = training.set()
    browser.post_json("/api/sessions", training.document(press, first))
    answer = browser.post_json("/api/sessions", training.document(press, training.set(id=first["id"])))
    assert answer.status_code == 422
    clash = training.set(repetition_ids=first["repetition_ids"])
    assert browser.post_json("/api/sessions", training.document(press, clash)).status_code == 422
    assert count(database, TrainingSession) == 1


def changed(document: dict, path: str, value) -> dict:
    copied = copy.deepcopy(document)
    *parents, last = path.split(".")
    target = copied
    for name in parents:
        target = target[int(name) if name.isdecimal() else name]
    target[last] = value
    return copied


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("sets.0.summary.count", 7, "sets.0.summary.count"),
        ("sets.0.summary.duration_s", 1.0, "sets.0.summary.repetitions.0"),
        ("sets.0.summary.repetitions", [], "sets.0"),
        ("sets.0.summary.exercise", "seated-row", "sets.0.summary.exercise"),
        ("exercise", "seated-row", "exercise"),
        ("prescription_id", str(uuid.UUID(int=0)), "prescription_id"),
        ("source", "manual", "sets.0.summary.engine_version"),
        ("source", "telepathy", "source"),
        ("pain_during", 11, "pain_during"),
        ("pain_during", "3", None),
        ("stop_reason", "boredom", "stop_reason"),
        ("started_at", "2026-03-10T10:00:00", "started_at"),
        ("started_at", "2026-03-14T10:00:00Z", "started_at"),
        ("ended_at", "2020-01-01T00:00:00Z", "document"),
        ("id", "7", "id"),
        ("surprise", 1, "surprise"),
        ("sets.0.summary.repetitions.0.start", 1e9, "sets.0.summary.repetitions.0.start"),
        ("sets.0.summary.trace.left", [1.0], "sets.0.summary.trace"),
        ("note", "x" * 2_001, "note"),
    ],
)
def test_what_cannot_be_true_is_refused_with_its_field(browser, training, press, database, path, value, field):
    document = changed(training.document(press, training.set()), path, value)
    answer = browser.post_json("/api/sessions", document)
    if field is None:  # a number in quotes is still a number
        assert answer.status_code == 201
        return
    assert answer.status_code == 422
    assert field in answer.get_json()["fields"]
    assert answer.get_json()["error"]
    assert count(database, TrainingSession) == 0


def test_nonsense_instead_of_json_is_refused(browser):
    headers = {**browser.headers, "X-CSRF-Token": browser.token()}
    for body in (b"", b"{", b"[]", b'{"id": NaN}', b"\xff\xfe"):
        answer = browser.client.post("/api/sessions", data=body, headers=headers, content_type="application/json")
        assert answer.status_code == 422, body


def test_a_document_beyond_eight_megabytes_is_refused(browser):
    headers = {**browser.headers, "X-CSRF-Token": browser.token()}
    body = b" " * (8 * 1024 * 1024 + 1)
    answer = browser.client.post("/api/sessions", data=body, headers=headers, content_type="application/json")
    assert answer.status_code == 413


def test_a_field_that_a_newer_engine_adds_does_not_lose_the_set(browser, training, press):
    document = training.document(press, training.set())
    document["sets"][0]["summary"]["mood"] = "good"
    document["sets"][0]["summary"]["repetitions"][0]["flair"] = 3
    assert browser.post_json("/api/sessions", document).status_code == 201


def test_a_set_counted_by_hand_is_stored_as_what_it_is(browser, training, press, database):
    answer = browser.post_json("/api/sessions", training.document(press, training.manual_set(count=9), source="manual"))
    assert answer.status_code == 201
    stored = database.scalars(select(SetResult)).one()
    assert (stored.count, stored.engine_version, stored.quality) == (9, "manual", None)


def test_without_the_form_token_nothing_is_stored(browser, training, press, database):
    answer = browser.client.post(
        "/api/sessions", json=training.document(press, training.set()), headers=browser.headers
    )
    assert answer.status_code == 400
    assert count(database, TrainingSession) == 0


# Tracks


TRACK = base64.b64encode(pack([0.0, 0.1], [0] * (2 * 33 * 3), width=640, height=480)).decode()


def test_a_track_is_kept_for_thirty_days_with_consent(browser, training, press, database, clock):
    browser.post_json("/api/sessions", training.document(press, training.set(track=TRACK)))
    track = database.scalars(select(Track)).one()
    assert (track.frames, track.width, track.expires_at) == (2, 640, clock.now() + timedelta(days=30))
    assert expire_tracks(database, clock.now() + timedelta(days=29)) == 0
    assert expire_tracks(database, clock.now() + timedelta(days=30)) == 1
    assert count(database, Track) == 0
    assert count(database, SetResult) == 1


def test_without_consent_the_set_is_stored_and_the_track_is_not(people, signed_in, training, database):
    patient = people.patient(people.physio(), consents=("camera",))
    plan = training.plan(patient)
    document = training.document(plan["overhead-press"], training.set(track=TRACK))
    assert signed_in(patient).post_json("/api/sessions", document).status_code == 201
    assert (count(database, SetResult), count(database, Track)) == (1, 0)


def test_taking_the_consent_back_deletes_the_tracks(patient, browser, training, press, database, clock):
    browser.post_json("/api/sessions", training.document(press, training.set(track=TRACK)))
    service.consent_withdrawn(database, patient.id, "sharing", clock.now())
    assert count(database, Track) == 1
    service.consent_withdrawn(database, patient.id, "landmarks", clock.now())
    assert (count(database, Track), count(database, SetResult)) == (0, 1)


@pytest.mark.parametrize("track", ["!!!", "QUJD", TRACK[:-8]])
def test_a_track_that_cannot_be_read_is_refused(browser, training, press, track):
    answer = browser.post_json("/api/sessions", training.document(press, training.set(track=track)))
    assert answer.status_code == 422
    assert list(answer.get_json()["fields"]) == ["sets.0.track"]


# Corrections


def test_a_correction_stands_beside_the_engines_verdict(browser, training, press, database, patient):
    document = training.document(press, training.set(reaches=(1.0, 0.75, 1.0)))
    browser.post_json("/api/sessions", document)
    partial = document["sets"][0]["repetition_ids"][1]
    answer = browser.post_json(f"/api/repetitions/{partial}/correction", {"counted": True})
    assert answer.get_json() == {
        "id": partial,
        "counted": True,
        "state": "corrected",
        "set": {"id": document["sets"][0]["id"], "count": 3},
    }
    row = database.get(Repetition, uuid.UUID(partial))
    assert (row.counted, row.corrected_to, row.corrected_by) == (False, True, patient.id)
    back = browser.post_json(f"/api/repetitions/{partial}/correction", {"counted": None}).get_json()
    assert (back["state"], back["set"]["count"]) == ("partial", 2)
    assert "3 repetitions" not in browser.get("/sessions").text


def test_a_correction_changes_the_count_everywhere(browser, training, press):
    document = training.document(press, training.set(reaches=(1.0, 1.0, 1.0)))
    browser.post_json("/api/sessions", document)
    browser.post_json(f"/api/repetitions/{document['sets'][0]['repetition_ids'][0]}/correction", {"counted": False})
    assert "2 repetitions" in browser.get("/sessions").text
    assert "You did 2 repetitions in one set." in browser.get(f"/sessions/{document['id']}").text


def test_nobody_corrects_somebody_elses_repetition(browser, training, press, people, signed_in, database):
    document = training.document(press, training.set())
    browser.post_json("/api/sessions", document)
    ident = document["sets"][0]["repetition_ids"][0]
    stranger = signed_in(people.patient(people.physio()))
    assert stranger.post_json(f"/api/repetitions/{ident}/correction", {"counted": False}).status_code == 404
    assert stranger.post_json(f"/api/repetitions/{uuid.uuid4()}/correction", {"counted": False}).status_code == 404
    assert browser.post_json(f"/api/repetitions/{ident}/correction", {"counted": "maybe"}).status_code == 422
    assert database.get(Repetition, uuid.UUID(ident)).corrected_to is None


def test_long_histories_come_in_pages(browser, training, press, clock):
    for number in range(27):
        clock.advance(timedelta(minutes=number))
        browser.post_json("/api/sessions", training.document(press, training.manual_set(count=number), source="manual"))
    assert "Page 1 of 2" in browser.get("/sessions").text
    last = browser.get("/sessions?page=2").text
    assert "0 repetitions" in last
    assert browser.get("/sessions?page=99").status_code == 200


# At the same moment, on both engines


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_engine(request, settings):
    if request.param == "postgresql":
        settings = replace(settings, database_url=request.getfixturevalue("postgres_url"))
        schema.migrate(settings)
    engine = create_engine_from(settings)
    yield engine
    engine.dispose()


def test_the_same_documents_at_the_same_moment_are_stored_once(any_engine, training, clock: FixedClock):
    sessions = session_factory(any_engine)
    with sessions.begin() as session:
        clinic = Clinic(name="c", time_zone="UTC", created_at=clock.now())
        patient = Person(clinic=clinic, role=Role.PATIENT, name="p", created_at=clock.now())
        session.add(patient)
    with sessions() as session:
        press = type(training)(session, clock).plan(session.merge(patient))["overhead-press"]
    first, second = training.set(), training.set(number=2)
    documents = [
        training.document(press, first),
        None,
        None,
        None,
    ]
    documents[1] = {**documents[0], "sets": [first, second]}
    documents[2] = {**documents[0], "sets": [second], "effort": 5}
    documents[3] = documents[0]
    start = threading.Barrier(len(documents))
    failures: list[BaseException] = []

    def send(document: dict) -> None:
        try:
            start.wait()
            with sessions.begin() as session:
                service.receive(
                    session,
                    patient=session.get_one(Person, patient.id),
                    document=SessionDoc.model_validate(document),
                    keep_tracks=False,
                    received_at=clock.now(),
                )
        except BaseException as error:  # noqa: BLE001 - a thread's failure belongs to the test
            failures.append(error)

    for _round in range(3):
        threads = [threading.Thread(target=send, args=(document,)) for document in documents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(TrainingSession)) == 1
        assert session.scalar(select(func.count()).select_from(SetResult)) == 2
        assert session.scalar(select(func.count()).select_from(Repetition)) == 6
        assert session.scalars(select(TrainingSession.effort)).one() == 5
