"""The physiotherapist's pages: who needs a look, what came of the plan, and why each repetition counted or did not."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event, select

from exercises import ENGINE_VERSION
from tracker.accounts.models import AuditEvent, Person
from tracker.web.context import services_of


@pytest.fixture
def physio(people):
    return people.physio(name="Jonas Berg")


@pytest.fixture
def patient(people, physio):
    return people.patient(physio, name="Ada Field")


@pytest.fixture
def session_of(patient, physio, training, signed_in):
    """A session with one partial repetition which the patient corrected."""
    plan = training.plan(patient, training.line(), training.line("cross-body-stretch"), author=physio)
    document = training.document(
        plan["overhead-press"],
        training.set(reaches=(1.0, 0.75, 1.0)),
        pain_before=2,
        pain_during=3,
        effort=6,
        stop_reason="tired",
        note="The left side felt stiff.",
    )
    browser = signed_in(patient)
    browser.post_json("/api/sessions", document)
    partial = document["sets"][0]["repetition_ids"][1]
    browser.post_json(f"/api/repetitions/{partial}/correction", {"counted": True})
    return document, plan


def test_an_empty_list_teaches_the_next_step(physio, signed_in):
    page = signed_in(physio).get("/patients").text
    assert "No patients yet" in page
    assert "/patients/invite" in page


@pytest.mark.usefixtures("session_of")
def test_the_row_says_what_was_done_and_what_to_look_at(physio, signed_in):
    page = signed_in(physio).get("/patients").text
    assert "Ada Field" in page
    assert "Overhead press, Cross-body shoulder stretch" in page
    assert "Corrected the count" in page
    assert "today" in page


@pytest.mark.usefixtures("session_of")
def test_who_stopped_because_of_pain_stands_on_top(people, physio, training, signed_in):
    other = people.patient(physio, name="Zoe Last")
    plan = training.plan(other)
    document = training.document(plan["overhead-press"], training.set(), stop_reason="pain", pain_during=8)
    signed_in(other).post_json("/api/sessions", document)
    page = signed_in(physio).get("/patients").text
    assert page.index("Zoe Last") < page.index("Ada Field")
    assert "Too much pain" in page
    page = signed_in(physio).get(f"/patients/{other.id}").text
    assert "One session in 28 days with too much pain." in page


def test_the_list_of_sessions_counts_every_movement_once(physio, patient, session_of, training, signed_in):
    """What the patient said counts is no longer among what did not."""
    _document, plan = session_of
    doctor = signed_in(physio)
    assert "not counted</span>" not in doctor.get(f"/patients/{patient.id}").text
    document = training.document(plan["overhead-press"], training.set(reaches=(1.0, 0.75, 1.0)))
    signed_in(patient).post_json("/api/sessions", document)
    assert "+ 1 not counted</span>" in doctor.get(f"/patients/{patient.id}").text


@pytest.mark.usefixtures("patient")
def test_a_name_can_be_found(people, physio, signed_in):
    people.patient(physio, name="Ben Okafor")
    browser = signed_in(physio)
    found = browser.post("/patients/find", {"q": " OKAF ", "show": "all"})
    page = browser.get(found.location).text
    assert "Ben Okafor" in page
    assert "Ada Field" not in page
    assert 'value="OKAF"' in page
    opened = re.search(r'href="(/patients\?open=[^"#]+)', page).group(1).replace("&amp;", "&")
    row = browser.get(opened).text
    assert 'value="OKAF"' in row
    assert "Ada Field" not in row
    nobody = browser.post("/patients/find", {"q": "<script>", "show": "quiet"}).location
    assert "Nobody found" in browser.get(nobody).text
    assert browser.post("/patients/find", {"q": "  ", "show": "all"}).location == "/patients"


def test_a_name_that_was_looked_for_stands_in_no_address_and_is_ones_own(people, physio, patient, signed_in):
    address = signed_in(physio).post("/patients/find", {"q": "Okaf\N{LATIN SMALL LETTER O WITH DIAERESIS}r"}).location
    assert "okaf" not in address.lower()
    colleague = people.physio(physio.clinic)
    people.care(patient, colleague)
    for token in (address, "/patients?find=x", "/patients?find=%C3%BC"):
        page = signed_in(colleague).get(token)
        assert page.status_code == 200
        assert "Ada Field" in page.text
        assert "Okaf" not in page.text


def statements_of(app, work) -> int:
    seen: list[str] = []
    engine = services_of(app).engine

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_the_number_of_statements_does_not_grow_with_the_patients(app, people, physio, training, signed_in):
    doctor = signed_in(physio)

    def add(number: int) -> None:
        for _ in range(number):
            each = people.patient(physio)
            plan = training.plan(each, training.line(), training.line("seated-row"))
            signed_in(each).post_json(
                "/api/sessions", training.document(plan["overhead-press"], training.manual_set(), source="manual")
            )

    add(1)
    doctor.get("/patients")
    few = statements_of(app, lambda: doctor.get("/patients"))
    add(6)
    assert statements_of(app, lambda: doctor.get("/patients")) == few


def test_five_hundred_patients_come_in_pages(people, physio, signed_in, database):
    from tracker.accounts.models import CareLink, Role

    clinic = physio.clinic
    made = [
        Person(
            clinic_id=clinic.id, role=Role.PATIENT, name=f"Patient {number:03}", time_zone="UTC", created_at=people.at
        )
        for number in range(500)
    ]
    database.add_all(made)
    database.flush()
    database.add_all(CareLink(patient_id=each.id, physio_id=physio.id, since=people.at) for each in made)
    database.commit()
    page = signed_in(physio).get("/patients?page=20").text
    assert "500 patients" in page
    assert "Page 20 of 20" in page
    assert "Patient 499" in page
    assert "Patient 001" not in page


@pytest.mark.usefixtures("session_of")
def test_the_patients_page_shows_plan_adherence_sessions_and_corrections(patient, physio, signed_in):
    page = signed_in(physio).get(f"/patients/{patient.id}").text
    for words in (
        "2 sets of 10",
        "2 times 20 s on each side",
        "The patient disagreed with the count",
        "one correction",
        "Stopped, tired",
        "Sharing with you: yes",
        "Overhead press is new.",
    ):
        assert words in page, words


def test_the_ledger_says_of_every_movement_whether_it_counted_and_why(patient, physio, session_of, signed_in):
    document, _plan = session_of
    page = signed_in(physio).get(f"/patients/{patient.id}/sessions/{document['id']}").text
    rows = re.findall(r"<tr.*?</tr>", page[page.index('class="table table-sm ledger cards-on-phone"') :], re.DOTALL)[
        1:4
    ]
    assert ["Not counted" in row for row in rows] == [False, True, False]
    for label in ("No.", "Side", "At", "Range", "Of target", "Out / pause / back", "Score", "Form"):
        assert all(f'data-label="{label}"' in row for row in rows), f"{label} goes with its value on a phone"
    assert "Not the whole way: it turned back early." in rows[1]
    assert "Corrected: it counts" in rows[1]
    first = document["sets"][0]["summary"]["repetitions"][0]["range"]
    assert f"{first['value']:.0f}° ± {first['error']:.0f}°" in rows[0]
    for words in (
        "the camera said 2",
        "The left side felt stiff.",
        "Stopped, tired",
        "of 10",
        f"engine {ENGINE_VERSION}",
    ):
        assert words in page, words


def test_the_chart_has_a_sentence_and_the_same_content_as_a_table(patient, physio, session_of, signed_in):
    document, _plan = session_of
    page = signed_in(physio).get(f"/patients/{patient.id}/sessions/{document['id']}").text
    assert f'id="chart-{document["sets"][0]["id"]}"' in page
    assert "Elbow angle over" in page
    assert "3 repetitions counted." in page
    drawn = page[page.index('<svg class="plot"') : page.index('<ul class="legend"')]
    assert drawn.count('class="mark counted"') + drawn.count('class="mark missed"') == 3
    assert 'class="curve left"' in drawn
    assert 'class="band peak"' in drawn
    assert "The same as a table" in page


def test_holds_are_listed_with_the_time_held(patient, physio, session_of, training, signed_in):
    _document, plan = session_of
    document = training.document(plan["cross-body-stretch"], training.set("cross-body-stretch"))
    signed_in(patient).post_json("/api/sessions", document)
    page = signed_in(physio).get(f"/patients/{patient.id}/sessions/{document['id']}").text
    assert "held for 20 s" in page
    assert "20.0 s" in page


def test_what_the_camera_could_not_tell_is_said_in_words(patient, physio, session_of, training, signed_in):
    _document, plan = session_of
    dark = training.set()
    dark["summary"] = {**dark["summary"], "gate": {"not_visible": 3.2, "no_person": 0.1}}
    document = training.document(plan["overhead-press"], dark)
    signed_in(patient).post_json("/api/sessions", document)
    page = signed_in(physio).get(f"/patients/{patient.id}/sessions/{document['id']}").text
    assert "A joint was hidden: 3 s" in page
    assert "Nobody was in the picture" not in page


def test_a_set_counted_by_hand_shows_no_ledger(patient, physio, session_of, training, signed_in):
    _document, plan = session_of
    document = training.document(plan["overhead-press"], training.manual_set(count=9), source="manual")
    signed_in(patient).post_json("/api/sessions", document)
    page = signed_in(physio).get(f"/patients/{patient.id}/sessions/{document['id']}").text
    assert "Counted by the patient, without a camera." in page
    assert "ledger" not in page


def test_without_consent_the_physio_sees_the_plan_and_nothing_that_was_recorded(people, physio, training, signed_in):
    closed = people.patient(physio, name="Cleo Marsh", consents=("camera", "landmarks"))
    plan = training.plan(closed, author=physio)
    document = training.document(plan["overhead-press"], training.set(), stop_reason="pain", pain_during=9)
    signed_in(closed).post_json("/api/sessions", document)
    doctor = signed_in(physio)
    listed = doctor.get("/patients").text
    assert "Does not share sessions" in listed
    assert "Too much pain" not in listed
    page = doctor.get(f"/patients/{closed.id}").text
    assert "2 sets of 10" in page
    assert "does not share sessions with you" in page
    assert document["id"] not in page
    assert doctor.get(f"/patients/{closed.id}/sessions/{document['id']}").status_code == 404


def test_a_colleague_without_a_care_link_finds_nobody(people, patient, physio, session_of, signed_in):
    document, _plan = session_of
    colleague = signed_in(people.physio(physio.clinic))
    assert "Ada Field" not in colleague.get("/patients").text
    assert colleague.get(f"/patients/{patient.id}").status_code == 404
    assert colleague.get(f"/patients/{patient.id}/sessions/{document['id']}").status_code == 404


def test_a_session_is_found_under_its_own_patient_only(people, patient, physio, session_of, signed_in):
    document, _plan = session_of
    other = people.patient(physio)
    doctor = signed_in(physio)
    assert doctor.get(f"/patients/{other.id}/sessions/{document['id']}").status_code == 404
    assert doctor.get(f"/patients/{patient.id}/sessions/{uuid.uuid4()}").status_code == 404


def test_every_look_at_a_record_is_written_down(patient, physio, session_of, signed_in, database):
    document, _plan = session_of
    doctor = signed_in(physio)
    doctor.get("/patients")
    doctor.get(f"/patients/{patient.id}")
    doctor.get(f"/patients/{patient.id}/sessions/{document['id']}")
    database.commit()
    seen = set(database.scalars(select(AuditEvent.action).where(AuditEvent.actor_id == physio.id)))
    assert {"caseload.read", "patient.read", "session.read"} <= seen


@pytest.mark.usefixtures("session_of")
def test_silence_is_flagged_after_ten_days(physio, signed_in, clock):
    clock.advance(timedelta(days=11))
    assert "No session for 10 days or more" in signed_in(physio).get("/patients").text


# Invitations


def test_the_invitations_link_is_shown_once_and_works(physio, signed_in, anonymous):
    doctor = signed_in(physio)
    page = doctor.post("/patients/invite", {"name": "Ben Okafor", "email": ""}).text
    link = re.search(r'id="link" value="([^"]+)"', page)
    assert link is not None
    assert link[1] not in doctor.get("/patients/invite").text
    path = urlsplit(link[1]).path
    assert anonymous.get(path).status_code == 200
    assert "One invitation has not been accepted yet." in doctor.get("/patients").text


def test_a_withdrawn_invitation_does_not_work_any_more(physio, people, signed_in, anonymous):
    doctor = signed_in(physio)
    page = doctor.post("/patients/invite", {"name": "Ben Okafor", "email": "ben@example.org"}).text
    path = urlsplit(re.search(r'id="link" value="([^"]+)"', page)[1]).path
    withdraw = re.search(r'action="(/patients/invite/[^"]+/withdraw)"', page)[1]
    assert signed_in(people.physio(physio.clinic)).post(withdraw).status_code == 404
    assert doctor.post(withdraw).status_code == 302
    assert anonymous.get(path).status_code == 410
    assert doctor.post(withdraw).status_code == 404


@pytest.mark.parametrize("data", [{"name": ""}, {"name": "Ben", "email": "not an address"}, {"name": "x" * 101}])
def test_an_invitation_needs_a_name_and_a_real_address_or_none(physio, signed_in, data):
    answer = signed_in(physio).post("/patients/invite", data)
    assert answer.status_code == 422
    assert 'id="link"' not in answer.text
