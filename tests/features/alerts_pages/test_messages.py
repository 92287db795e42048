"""Messages between a patient and who cares for them: written, reminded of once, read, answered, and private."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from tracker.accounts.models import AuditEvent
from tracker.clinic import message_service
from tracker.clinic.models import Message
from tracker.reminders.models import Delivery


@pytest.fixture
def physio(people):
    return people.physio(name="Jonas Berg")


@pytest.fixture
def patient(people, physio):
    return people.patient(physio, name="Ada Field")


@pytest.fixture
def write(physio, patient, signed_in):
    def send(text="Please take it easy this week.", *, by=physio):
        return signed_in(by).post(f"/patients/{patient.id}/messages", {"text": text})

    return send


def deliveries(database) -> list[Delivery]:
    database.commit()
    return list(database.scalars(select(Delivery).where(Delivery.kind == "message")))


def the_message(database) -> Message:
    database.commit()
    return database.scalars(select(Message)).one()


def test_what_the_physio_writes_is_on_the_patients_page_of_messages(patient, write, signed_in):
    assert write().status_code == 302
    page = signed_in(patient).get("/messages").text
    assert "Please take it easy this week." in page
    assert "Jonas Berg" in page
    assert "New" in page
    assert "Nobody watches this live." in page


def test_the_menu_says_that_a_message_waits_until_it_is_read(patient, write, signed_in):
    browser = signed_in(patient)
    assert "nav-count" not in browser.get("/today").text
    write()
    assert "nav-count" in browser.get("/today").text
    browser.get("/messages")
    assert "nav-count" not in browser.get("/today").text


def test_a_message_is_new_once(patient, write, signed_in):
    write()
    browser = signed_in(patient)
    assert "message fresh" in browser.get("/messages").text
    assert "message fresh" not in browser.get("/messages").text


def test_the_patient_is_reminded_without_a_word_of_the_text(database, patient, write):
    write("Your left shoulder blade again?")
    found = deliveries(database)
    assert {each.person_id for each in found} == {patient.id}
    assert {each.subject for each in found} == {f"message:{the_message(database).id}"}
    assert all("shoulder" not in str(each.payload) for each in found)
    assert all(each.payload["path"] == "/messages" for each in found)


def test_reading_takes_the_reminder_back(database, patient, write, signed_in):
    write()
    assert {each.state for each in deliveries(database)} == {"due"}
    signed_in(patient).get("/messages")
    assert {each.state for each in deliveries(database)} == {"cancelled"}
    assert the_message(database).read_at is not None


def test_a_reminder_is_not_wanted_any_more_once_the_message_is_read(database, patient, write, signed_in, clock):
    write()
    delivery = deliveries(database)[0]
    assert message_service.wanted(database, delivery, clock.now())
    signed_in(patient).get("/messages")
    database.commit()
    assert not message_service.wanted(database, delivery, clock.now())


def test_the_physio_sees_whether_it_was_read(patient, physio, write, signed_in):
    write()
    doctor = signed_in(physio)
    assert "not read yet" in doctor.get(f"/patients/{patient.id}").text
    signed_in(patient).get("/messages")
    assert "not read yet" not in doctor.get(f"/patients/{patient.id}").text


def test_an_answer_stands_on_the_patients_page_and_in_the_list_until_somebody_has_read_it(
    patient, physio, write, signed_in
):
    write()
    signed_in(patient).post("/messages", {"text": "The stretch pulls a little."})
    doctor = signed_in(physio)
    assert "Wrote to you" in doctor.get("/patients").text
    page = doctor.get(f"/patients/{patient.id}").text
    assert "The stretch pulls a little." in page
    assert "Mark as read" in page
    assert doctor.post(f"/patients/{patient.id}/messages/read").status_code == 302
    assert "Wrote to you" not in doctor.get("/patients").text
    assert "The stretch pulls a little." in doctor.get(f"/patients/{patient.id}").text


def test_answering_the_patient_is_having_read(patient, physio, write, signed_in):
    signed_in(patient).post("/messages", {"text": "May I swim?"})
    write("Yes, gently.")
    assert "Wrote to you" not in signed_in(physio).get("/patients").text


def test_an_answer_reminds_nobody_live(database, patient, signed_in):
    signed_in(patient).post("/messages", {"text": "May I swim?"})
    assert deliveries(database) == []


def test_somebody_who_does_not_share_sessions_can_still_be_written_to(people, physio, signed_in):
    closed = people.patient(physio, name="Cleo Marsh", consents=("camera",))
    doctor = signed_in(physio)
    doctor.post(f"/patients/{closed.id}/messages", {"text": "Shall we talk about sharing?"})
    assert "Shall we talk about sharing?" in signed_in(closed).get("/messages").text
    signed_in(closed).post("/messages", {"text": "Rather not."})
    listed = doctor.get("/patients").text
    assert "Wrote to you" in listed
    assert "Does not share sessions" in listed


@pytest.mark.parametrize("text", ["", "   \n ", "x" * 2_001])
def test_an_empty_or_endless_message_is_not_sent(database, patient, physio, signed_in, text):
    assert signed_in(physio).post(f"/patients/{patient.id}/messages", {"text": text}).status_code == 422
    answer = signed_in(patient).post("/messages", {"text": text})
    assert answer.status_code == 422
    assert database.scalars(select(Message)).all() == []


def test_what_was_typed_is_still_there_when_it_was_too_long(patient, physio, signed_in):
    answer = signed_in(physio).post(f"/patients/{patient.id}/messages", {"text": "keep me " * 300})
    assert "keep me" in answer.text


def test_a_flood_is_stopped_kindly(patient, physio, signed_in, clock):
    doctor = signed_in(physio)
    for _ in range(message_service.MOST_A_DAY):
        assert doctor.post(f"/patients/{patient.id}/messages", {"text": "again"}).status_code == 302
    answer = doctor.post(f"/patients/{patient.id}/messages", {"text": "one more"})
    assert answer.status_code == 409
    assert "was not sent" in answer.text
    clock.advance(timedelta(days=1, minutes=1))
    assert signed_in(physio).post(f"/patients/{patient.id}/messages", {"text": "a new day"}).status_code == 302


def test_a_patient_nobody_cares_for_is_not_asked_to_write_into_the_void(database, people, signed_in):
    alone = people.patient(clinic=people.clinic())
    browser = signed_in(alone)
    assert "<textarea" not in browser.get("/messages").text
    assert browser.post("/messages", {"text": "Hello?"}).status_code == 409
    assert database.scalars(select(Message)).all() == []


def test_markup_in_a_message_stays_text(patient, write, signed_in):
    write("<script>alert(1)</script>")
    page = signed_in(patient).get("/messages").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("who", ["colleague", "stranger", "former", "other patient"])
def test_a_thread_is_open_to_nobody_else(people, database, patient, physio, write, signed_in, clock, who):
    write()
    former = people.physio(physio.clinic)
    people.care(patient, former, until=clock.now())
    visitor = signed_in(
        {
            "colleague": people.physio(physio.clinic),
            "stranger": people.physio(),
            "former": former,
            "other patient": people.patient(physio),
        }[who]
    )
    refused = {403, 404}
    assert visitor.get(f"/patients/{patient.id}/messages").status_code in refused
    assert visitor.post(f"/patients/{patient.id}/messages", {"text": "hi"}).status_code in refused
    assert visitor.post(f"/patients/{patient.id}/messages/read").status_code in refused
    assert "Please take it easy" not in visitor.get("/messages").text
    assert len(database.scalars(select(Message)).all()) == 1


def test_a_message_about_an_alert_that_is_not_ones_own_is_not_sent(database, patient, physio, signed_in):
    answer = signed_in(physio).post(f"/patients/{patient.id}/messages", {"text": "hi", "alert": str(uuid.uuid4())})
    assert answer.status_code == 404
    assert database.scalars(select(Message)).all() == []
    assert deliveries(database) == []


def test_who_wrote_and_who_read_a_thread_is_written_down(database, patient, physio, write, signed_in):
    write()
    signed_in(physio).get(f"/patients/{patient.id}/messages")
    database.commit()
    seen = set(database.scalars(select(AuditEvent.action).where(AuditEvent.patient_id == patient.id)))
    assert {"message.sent", "message.read"} <= seen


def test_the_newest_message_is_on_top(patient, write, signed_in, clock):
    write("first words")
    clock.advance(timedelta(hours=3))
    write("second words")
    page = signed_in(patient).get("/messages").text
    assert page.index("second words") < page.index("first words")
