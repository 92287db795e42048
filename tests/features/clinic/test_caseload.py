"""The list of patients: in the order of triage, narrowed, kept, opened in place, and of a cost that does not grow."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import event

from tracker.accounts.models import AuditEvent
from tracker.alerts.models import Alert
from tracker.clinic import caseload_service, message_service, note_service, texts
from tracker.clinic.models import Appointment, Message, PatientNote, SavedView
from tracker.clock import local_date
from tracker.diary.models import CheckIn
from tracker.regimen.models import Standing
from tracker.regimen.rules import Prescribed
from tracker.regimen.service import save_revision
from tracker.training.models import TrainingSession

A_DAY = timedelta(days=1)


@pytest.fixture
def alert(database, clock):
    """`alert(patient, level=2)`: something open about them."""

    def make(patient, level=2, family="trend", **fields):
        at = clock.now()
        row = Alert(
            **{
                "patient_id": patient.id,
                "family": family,
                "level": level,
                "opened_at": at,
                "first_day": at.date(),
                "last_day": at.date(),
                "sentence": "",
                "engine_version": "1",
                "due_at": at + A_DAY,
                "firings": [],
                "parameters_version": "1",
                **fields,
            }
        )
        database.add(row)
        database.commit()
        return row

    return make


@pytest.fixture
def told(database, clock):
    """`told(patient, [4, 4, 5])`: average pain of the last days, today last."""

    def tell(patient, averages):
        for ago, average in enumerate(reversed(averages)):
            at = clock.now() - ago * A_DAY
            database.add(
                CheckIn(
                    id=uuid.uuid4(),
                    entry_id=uuid.uuid4(),
                    patient_id=patient.id,
                    form="daily",
                    local_date=at.date(),
                    time_zone="Europe/Berlin",
                    answered_at=at,
                    received_at=at,
                    late=False,
                    counts=True,
                    source="page",
                    answers={
                        "none_of_these": True,
                        "average": average,
                        "worst": average + 1,
                        "interference": 2,
                        "compared": "same",
                        "flare": False,
                        "activities": "yes",
                        "medicine": average > 4,
                    },
                )
            )
        database.commit()

    return tell


def names(page: str) -> list[str]:
    return re.findall(r'class="who"><a href="[^"]+">([^<]+)</a>', page)


def rows_of(database, physio, clock):
    entries = caseload_service.everybody(database, physio, clock.now())
    return {row.name: row for row in caseload_service.rows(database, entries, clock.now())}


@pytest.mark.parametrize(
    ("reader", "words"),
    [("America/Toronto", "today"), ("Asia/Tokyo", "today, Tue 10 Mar")],
)
def test_what_a_patient_did_is_of_the_patients_day_and_named_where_the_reader_has_another(
    people, signed_in, database, clock, reader, words
):
    clock.advance(timedelta(hours=8))  # 20:00 in UTC: afternoon in Toronto, the next morning in Tokyo
    physio = people.physio(time_zone=reader)
    patient = people.patient(physio, time_zone="America/Toronto")
    at = clock.now() - timedelta(minutes=30)
    trained = TrainingSession(
        id=uuid.uuid4(), patient_id=patient.id, exercise="seated-row", source="camera", started_at=at,
        local_date=local_date(at, patient.time_zone), created_at=at, stop_reason="finished",
    )  # fmt: skip
    database.add(trained)
    database.commit()
    desk = signed_in(physio)
    assert f'data-label="Last seen">{words}</td>' in desk.get("/patients").text
    page = desk.get(f"/patients/{patient.id}").text
    assert "Tue 10 Mar, 15:30</time>" in page
    session = desk.get(f"/patients/{patient.id}/sessions/{trained.id}").text
    assert "Tuesday 10 March 2026, 15:30" in session
    elsewhere = reader != patient.time_zone
    assert ("America/Toronto" in page, "(America/Toronto)" in session) == (elsewhere, elsewhere)


def test_the_order_is_that_of_triage_and_the_quiet_stand_by_severity_contact_and_name(
    desk, people, physio, alert, database, clock
):
    for name in ("Zoe", "Abe", "Mia", "Kim", "Lou"):
        people.patient(physio, name=name)
    found = {entry.person.name: entry.person for entry in caseload_service.everybody(database, physio, clock.now())}
    alert(found["Kim"], level=1, family="acute")
    alert(found["Mia"], level=3, family="red")
    standing = database.get(Standing, found["Lou"].id)
    standing.ewma, standing.baseline, standing.spread = 4.0, 2.0, 1.0
    note_service.add_note(
        database, patient=found["Abe"], author=physio, kind="call", text="All well", at=clock.now() - A_DAY
    )
    database.commit()
    assert names(desk.get("/patients").text) == ["Mia", "Kim", "Lou", "Zoe", "Abe"]


def test_a_row_says_what_7_1_asks_for(desk, patient, physio, told, database, clock):
    patient.birth_year = 1981
    standing = database.get(Standing, patient.id)
    standing.baseline, standing.spread, standing.ewma = 3.0, 1.0, 5.0
    standing.last_check_in_on = clock.now().date()
    told(patient, [7] * 3 + [5] * 7)
    save_revision(
        database,
        patient_id=patient.id,
        author_id=physio.id,
        base_number=0,
        items=[Prescribed("", "overhead-press", 3, 10, None, frozenset(range(1, 8)))],
        reason=None,
        at=clock.now() - 9 * A_DAY,
    )
    note_service.book(
        database, patient=patient, physio=physio, starts_at=clock.now() + A_DAY, note=None, at=clock.now()
    )
    database.commit()
    row = rows_of(database, physio, clock)["Ada Field"]
    assert (row.pain.week, row.pain.rise, row.pain.interference) == (5.0, 2.0, 2.0)
    assert (row.pain.high_days, row.pain.told_days, row.pain.medicine_days) == (3, 10, 10)
    assert (row.plan_number, row.day_in_programme) == (1, 10)
    page = desk.get(f"/patients?open={patient.id}").text
    for words in ("40 to 49", "+2.0 against usual", "10 <small>of 28 days", "plan version 1"):
        assert words in page, words


def test_without_sharing_nothing_that_was_recorded_shows(desk, people, physio, told, alert):
    private = people.patient(physio, name="Pia Quiet", consents=("camera",))
    told(private, [8, 8, 8])
    alert(private, level=3, family="red")
    page = desk.get(f"/patients?open={private.id}").text
    assert "Only name and plan are shared with you." in page
    assert "Average pain" not in page
    assert "I take it" not in page
    assert 'class="spark"' not in page


def test_ready_needs_a_fortnight_of_little_pain_and_nothing_open(people, physio, told, alert, database, clock):
    calm = [people.patient(physio, name=name) for name in ("Calm", "Sore", "Busy")]
    for person in calm:
        database.get(Standing, person.id).improving = True
        told(person, [4 if person is calm[1] else 2] + [2] * 13)
    alert(calm[2], level=1, family="acute")
    found = rows_of(database, physio, clock)
    assert [name for name in ("Calm", "Sore", "Busy") if found[name].ready] == ["Calm"]


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("open", {"Alma"}),
        ("unacknowledged", {"Alma"}),
        ("wrote", {"Bert"}),
        ("private", {"Cleo"}),
        ("quiet", {"Cleo", "Dora"}),
        ("nonsense", {"Alma", "Bert", "Cleo", "Dora"}),
    ],
)
def test_filters_let_through_whom_they_name(desk, people, physio, alert, database, clock, show, expected):
    alma, bert, *_others = [people.patient(physio, name=name) for name in ("Alma", "Bert", "Dora")]
    people.patient(physio, name="Cleo", consents=())
    alert(alma)
    message_service.send(database, patient=bert, author=bert, text="May I swim?", at=clock.now())
    database.commit()
    assert set(names(desk.get(f"/patients?show={show}").text)) == expected


def test_a_view_is_kept_replaced_opened_and_deleted_and_is_ones_own(desk, people, physio, database, signed_in):
    people.patient(physio, name="Alma")
    answer = desk.post("/patients/views", {"name": "Calls", "q": "alma", "show": "quiet"})
    assert answer.location == "/patients?show=quiet"
    desk.post("/patients/views", {"name": "calls", "show": "open"})
    (view,) = database.query(SavedView).all()
    assert (view.name, view.query) == ("calls", {"show": "open"}), "no name of a patient is kept"
    colleague = people.physio(physio.clinic)
    assert signed_in(colleague).post(f"/patients/views/{view.id}/delete").status_code == 404
    assert "calls" not in signed_in(colleague).get("/patients").text
    assert desk.post(f"/patients/views/{view.id}/delete").status_code == 302
    assert database.query(SavedView).count() == 0


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_that_cannot_be_kept_says_why(desk, database, name):
    answer = desk.post("/patients/views", {"name": name, "show": "open"})
    assert answer.status_code == 302
    assert database.query(SavedView).count() == 0
    assert "name" in desk.get("/patients").text


def test_everything_can_be_done_from_the_opened_row_and_comes_back(desk, patient, alert, database, clock):
    row = alert(patient)
    here = f"/patients?open={patient.id}"
    page = desk.get(here).text
    back = re.search(r'name="next" value="([^"]+)"', page).group(1)
    assert back == f"{here}#p-{patient.id}"

    def does(path: str, **fields: str) -> None:
        answer = desk.post(path, {"next": back, **fields})
        assert (answer.status_code, answer.location) == (302, back), (path, answer.text)

    does(f"/alerts/{row.id}/acknowledge")
    does(f"/alerts/{row.id}/called")
    does(f"/alerts/{row.id}/snooze", **{"snooze-days": "3", "snooze-reason": "Seen on Monday"})
    does(f"/patients/{patient.id}/messages", text="Please call me.", alert=str(row.id))
    does(f"/patients/{patient.id}/notes", kind="call", text="Sleeps better.")
    tomorrow = (clock.now() + A_DAY).date().isoformat()
    does(f"/patients/{patient.id}/appointments", day=tomorrow, time="10:30")
    does(f"/alerts/{row.id}/close", **{"close-disposition": "contacted"})
    database.commit()
    assert [database.query(kind).count() for kind in (Message, PatientNote, Appointment)] == [1, 1, 1]
    actions = set(database.scalars(database.query(AuditEvent.action).statement))
    assert {
        "alert.acknowledged",
        "alert.contacted",
        "alert.snoozed",
        "message.sent",
        "call.written",
        "appointment.booked",
        "alert.closed",
    } <= actions


def test_the_row_counts_what_is_open_and_opened_it_tells_all_of_it(desk, patient, physio, alert, clock):
    alert(patient, level=3, family="red")
    alert(patient, level=2, family="trend", acknowledged_at=clock.now(), acknowledged_by=physio.id)
    alert(patient, level=1, family="nonresponse")
    closed = desk.get("/patients").text
    assert "+2 more" in closed
    assert "Silence" not in closed
    opened = desk.get(f"/patients?open={patient.id}").text
    (told,) = re.findall(r'<ul class="open-alerts".*?</ul>', opened, re.DOTALL)
    reasons = [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in told.split("<li>")[1:]]
    assert [each.split(" ")[0] for each in reasons] == ["Today", "Look", "Watch"]
    assert "nobody yet" in reasons[0]
    assert "Jonas Berg has it" in reasons[1]
    assert "Silence" in reasons[2]
    assert "about the first of these alerts" in opened


def test_one_open_reason_needs_no_count(desk, patient, alert):
    alert(patient)
    page = desk.get(f"/patients?open={patient.id}").text
    assert "more</span>" not in page
    assert "about the first of these alerts" not in page


@pytest.mark.parametrize(("family", "level", "rests"), [("trend", 2, True), ("red", 2, False), ("acute", 3, False)])
def test_only_what_can_rest_is_offered_to_rest(desk, patient, alert, family, level, rests):
    alert(patient, level=level, family=family)
    assert ("Let it rest" in desk.get(f"/patients?open={patient.id}").text) is rests


@pytest.mark.parametrize("family", ["nonresponse", "time", "wellbeing", "exercise", "red"])
def test_a_usual_level_is_offered_for_pain_only(desk, patient, alert, family):
    alert(patient, family=family)
    assert "This is the usual level now" not in desk.get(f"/patients?open={patient.id}").text


def test_a_usual_level_says_what_it_closes_and_closes_no_more(desk, patient, alert, database):
    silence, mood, trend = (alert(patient, level=2, family=each) for each in ("nonresponse", "wellbeing", "trend"))
    acute = alert(patient, level=1, family="acute")
    page = desk.get(f"/patients?open={patient.id}").text
    assert "It closes: Slow worsening (Look soon), Sudden worsening (Watch). Everything else" in page
    address = re.search(r'action="(/alerts/[^"]+/baseline)"', page)[1]
    assert desk.post(address, {"baseline-value": "4"}).status_code == 302
    database.expire_all()
    assert [row.closed_at is None for row in (silence, mood, trend, acute)] == [True, True, False, False]


def test_what_is_not_known_is_left_out_of_an_opened_row(desk, patient):
    opened = desk.get(f"/patients?open={patient.id}").text.partition('class="opened-row"')[2].partition("</dl>")[0]
    assert "Check-ins" in opened
    assert f"<dd>{texts.NOTHING}" not in opened


def test_accepting_a_usual_level_is_no_contact(physio, patient, alert, desk, database, clock):
    row = alert(patient)
    desk.post(f"/alerts/{row.id}/acknowledge")
    desk.post(f"/alerts/{row.id}/baseline", {"baseline-value": "4"})
    note_service.add_note(database, patient=patient, author=physio, kind="note", text="Careful", at=clock.now())
    database.commit()
    (entry,) = caseload_service.everybody(database, physio, clock.now())
    assert entry.contact is None
    note_service.add_note(database, patient=patient, author=physio, kind="call", text="All well", at=clock.now())
    database.commit()
    (entry,) = caseload_service.everybody(database, physio, clock.now())
    assert entry.contact == clock.now()


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_away_from_here(desk, patient, alert, evil):
    row = alert(patient)
    for path, fields in (
        (f"/alerts/{row.id}/acknowledge", {}),
        (f"/patients/{patient.id}/messages", {"text": "Hello"}),
        (f"/patients/{patient.id}/notes", {"kind": "note", "text": "x"}),
    ):
        answer = desk.post(path, {**fields, "next": evil})
        assert answer.status_code == 302
        assert answer.location.startswith(("/alerts/", "/patients/"))


def test_only_the_patients_of_the_page_are_written_down_as_seen(desk, people, physio, database):
    for number in range(30):
        people.patient(physio, name=f"Patient {number:02}")
    page = desk.get("/patients?page=2").text
    (line,) = database.query(AuditEvent).filter(AuditEvent.action == "caseload.read")
    assert len(names(page)) == len(line.detail["patients"]) == 5


def statements(database, work) -> int:
    seen = []
    engine = database.get_bind()

    def note(*_args) -> None:
        seen.append(1)

    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_the_number_of_statements_does_not_grow_with_the_patients(people, physio, told, alert, database, clock):
    def fill(number: int) -> None:
        for _ in range(number):
            patient = people.patient(physio)
            told(patient, [3, 4, 5])
            alert(patient, level=2)
            alert(patient, level=1, family="acute")
            message_service.send(database, patient=patient, author=patient, text="Hello", at=clock.now())
            save_revision(
                database,
                patient_id=patient.id,
                author_id=physio.id,
                base_number=0,
                items=[Prescribed("", "overhead-press", 3, 10, None, frozenset(range(1, 8)))],
                reason=None,
                at=clock.now(),
            )
        database.commit()

    def read() -> None:
        database.expire_all()
        entries = caseload_service.everybody(database, physio, clock.now())
        caseload_service.rows(database, entries, clock.now())
        caseload_service.counts(entries, clock.now())
        caseload_service.narrowed(database, entries, "ready", clock.now())

    fill(3)
    few = statements(database, read)
    fill(22)
    assert statements(database, read) == few
