"""Notes, calls, appointments, and the words that messages begin with: kept, in their order, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tracker.accounts.models import AuditEvent
from tracker.clinic import note_service
from tracker.clinic.models import Appointment, MessageTemplate, PatientNote


def actions(database) -> list[str]:
    database.commit()
    return list(database.scalars(select(AuditEvent.action).order_by(AuditEvent.at)))


def test_a_call_is_noted_shown_and_audited_without_its_words(desk, patient, database):
    answer = desk.post(f"/patients/{patient.id}/notes", {"kind": "call", "text": "Sleeps better, wants to go on."})
    assert answer.location.endswith("#notes")
    page = desk.get(f"/patients/{patient.id}").text
    assert page.count('id="text"') == 1, "a label belongs to one field"
    assert 'for="note-text"' in page
    assert "Sleeps better, wants to go on." in page
    assert "Jonas Berg" in page
    assert "call.written" in actions(database)
    lines = database.scalars(select(AuditEvent).where(AuditEvent.action == "call.written"))
    assert all("Sleeps" not in f"{line.subject}{line.detail}" for line in lines)


def test_the_newest_note_is_first(desk, patient, clock):
    for text in ("The first word", "The second word"):
        clock.advance(timedelta(minutes=5))
        desk.post(f"/patients/{patient.id}/notes", {"kind": "note", "text": text})
    page = desk.get(f"/patients/{patient.id}/notes").text
    assert page.index("The second word") < page.index("The first word")


@pytest.mark.parametrize(
    "fields", [{"kind": "note", "text": "  "}, {"kind": "secret", "text": "x"}, {"text": "a" * 2001}]
)
def test_a_note_that_cannot_be_kept_is_said_and_not_stored(desk, patient, database, fields):
    answer = desk.post(f"/patients/{patient.id}/notes", {"kind": "note", **fields})
    assert answer.status_code == 422
    assert database.scalars(select(PatientNote)).all() == []


def test_a_script_does_not_fill_the_record(patient, database, physio, clock, signed_in):
    for _ in range(note_service.MOST_NOTES_A_DAY):
        note_service.add_note(database, patient=patient, author=physio, kind="note", text="x", at=clock.now())
    database.commit()
    one_more = {"kind": "note", "text": "one more"}
    assert signed_in(physio).post(f"/patients/{patient.id}/notes", one_more).status_code == 409
    clock.advance(timedelta(days=1, seconds=1))
    assert signed_in(physio).post(f"/patients/{patient.id}/notes", one_more).status_code == 302


def test_an_appointment_is_by_the_clock_of_its_writer_and_both_see_it(desk, patient, database, signed_in):
    desk.post(
        f"/patients/{patient.id}/appointments", {"day": "2026-03-12", "time": "09:30", "note": "Second examination"}
    )
    (row,) = database.scalars(select(Appointment))
    assert row.starts_at == datetime(2026, 3, 12, 8, 30, tzinfo=UTC)
    assert "12 Mar, 09:30" in desk.get(f"/patients/{patient.id}").text
    theirs = signed_in(patient).get("/messages").text
    assert "Thursday 12 March, 09:30" in theirs
    assert "Second examination" in theirs


@pytest.mark.parametrize(
    ("day", "time", "words"),
    [
        ("2026-03-10", "12:59", "This time is over"),  # noon in UTC is 13:00 in Berlin
        ("2029-01-01", "10:00", "more than two years ahead"),
        ("9999-12-31", "23:59", "more than two years ahead"),
        ("0001-01-01", "00:00", "This time is over"),
        ("2026-02-30", "10:00", "Not a valid date"),
        ("", "10:00", "Please choose a day"),
    ],
)
def test_a_time_that_cannot_be_is_said(desk, patient, database, day, time, words):
    answer = desk.post(f"/patients/{patient.id}/appointments", {"day": day, "time": time})
    assert answer.status_code == 422
    assert words in answer.text
    assert database.scalars(select(Appointment)).all() == []


def test_the_last_evening_of_the_calendar_is_too_far_away_in_the_west_as_well(desk, patient, physio, database):
    physio.time_zone = "America/Los_Angeles"
    database.commit()
    answer = desk.post(f"/patients/{patient.id}/appointments", {"day": "9999-12-31", "time": "23:59"})
    assert answer.status_code == 422
    assert "more than two years ahead" in answer.text


def test_the_same_time_twice_is_one_appointment_and_taken_back_it_is_free(desk, patient, database):
    fields = {"day": "2026-03-12", "time": "09:30"}
    desk.post(f"/patients/{patient.id}/appointments", fields)
    again = desk.post(f"/patients/{patient.id}/appointments", fields)
    assert "at this time already" in again.text
    (row,) = database.scalars(select(Appointment))
    for _ in range(2):
        assert desk.post(f"/patients/{patient.id}/appointments/{row.id}/cancel").status_code == 302
    assert "09:30" not in desk.get(f"/patients/{patient.id}").text
    assert desk.post(f"/patients/{patient.id}/appointments", fields).status_code == 302
    assert actions(database).count("appointment.cancelled") == 1


def test_an_appointment_of_another_patient_cannot_be_taken_back(desk, patient, people, physio, database, clock):
    other = people.patient(physio)
    theirs = note_service.book(
        database, patient=other, physio=physio, starts_at=clock.now() + timedelta(days=1), note=None, at=clock.now()
    )
    database.commit()
    assert desk.post(f"/patients/{patient.id}/appointments/{theirs.id}/cancel").status_code == 404
    database.refresh(theirs)
    assert theirs.cancelled_at is None


def test_the_next_appointments_of_many_are_one_statement(database, patient, people, physio, clock):
    for person, days in ((patient, 3), (patient, 1), (people.patient(physio), 2)):
        starts_at = clock.now() + timedelta(days=days)
        note_service.book(database, patient=person, physio=physio, starts_at=starts_at, note=None, at=clock.now())
    found = note_service.next_appointments(database, [patient.id], clock.now())
    assert found == {patient.id: clock.now() + timedelta(days=1)}


def test_a_message_begins_with_words_of_the_house_or_of_the_clinic(desk, patient, database):
    desk.post("/message-templates", {"title": "After the holidays", "text": "Welcome back, how was the break?"})
    (own,) = database.scalars(select(MessageTemplate))
    page = desk.get(f"/patients/{patient.id}/messages").text
    assert "After the holidays" in page
    assert "How are you?" in page
    assert "Welcome back, how was the break?" in desk.get(f"/patients/{patient.id}/messages?template={own.id}").text
    assert "getting on with the exercises" in desk.get(f"/patients/{patient.id}/messages?template=how-are-you").text


def test_words_that_are_offered_no_more_stay_where_they_were_sent(desk, patient, database):
    desk.post("/message-templates", {"title": "Old words", "text": "These words were sent."})
    (own,) = database.scalars(select(MessageTemplate))
    desk.post(f"/patients/{patient.id}/messages", {"text": own.text})
    desk.post(f"/message-templates/{own.id}/archive")
    page = desk.get(f"/patients/{patient.id}/messages?template={own.id}").text
    assert "Old words" not in page
    assert "These words were sent." in page


def test_another_clinic_neither_sees_nor_removes_the_words(desk, people, signed_in, database):
    desk.post("/message-templates", {"title": "Ours alone", "text": "Only here."})
    (own,) = database.scalars(select(MessageTemplate))
    elsewhere = signed_in(people.physio())
    assert "Ours alone" not in elsewhere.get("/message-templates").text
    assert elsewhere.post(f"/message-templates/{own.id}/archive").status_code == 404
    database.refresh(own)
    assert own.archived_at is None
