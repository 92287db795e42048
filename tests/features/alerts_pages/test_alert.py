"""One alert: why it was raised, what happened since, and what can be done about it, also when somebody was faster."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.features.alerts_pages.conftest import CALM
from tracker.accounts.models import AuditEvent
from tracker.alerts.models import Alert, AlertEvent
from tracker.clinic.models import Message
from tracker.regimen.service import standing_of


def fresh(database, alert) -> Alert:
    database.expire_all()
    return database.get_one(Alert, alert.id)


def events(database, alert) -> list[str]:
    database.commit()
    found = database.scalars(select(AlertEvent).where(AlertEvent.alert_id == alert.id).order_by(AlertEvent.at))
    return [event.kind for event in found]


@pytest.fixture
def page_of(physio, signed_in):
    return lambda alert: signed_in(physio).get(f"/alerts/{alert.id}").text


# Why


def test_the_page_says_why_by_which_rule_and_by_which_numbers(rising, page_of):
    page = page_of(rising)
    for words in ("C2", "Look soon", "points above the usual 3", "2026.1", "Slow worsening", "Raised"):
        assert words in page, words


def test_the_chart_shows_averages_the_usual_and_the_smoothed_line_and_says_the_same_in_words(rising, page_of):
    page = page_of(rising)
    assert 'data-spec="pain"' in page
    assert "Usual, and how much it varies" in page
    assert "Smoothed" in page
    assert "26 of 26 days told" in page
    assert re.search(r"The average went from 2 to 6 and was last 5 on", page)
    assert re.search(r"<td>C1:L1, C2:L2\b", page), "the table names the rules of each day"


def test_an_alert_without_any_number_has_no_empty_chart(patient, told, page_of):
    told.flag(patient, "U_FEVER")
    page = page_of(told.alert(patient))
    assert "data-spec" not in page
    assert "What raised this was told another way." in page


def test_a_decision_can_be_replayed(rising, physio, signed_in):
    page = signed_in(physio).get(f"/alerts/{rising.id}?replay=1").text
    assert "Replayed" in page
    assert "the same" in page
    assert "different" not in page


def test_what_was_told_late_is_marked(patient, told, clock, page_of):
    told.intake(patient)
    told.days(patient, CALM[:5])
    told.tell(
        patient,
        "flags",
        about=clock.now().date() - timedelta(days=1),
        flags={"E_NUMB": {"answer": "new"}},
    )
    assert "told late" in page_of(told.alert(patient, "red"))


# What can be done


def test_acknowledging_stops_the_clock_and_not_the_alert(database, physio, rising, signed_in):
    answer = signed_in(physio).post(f"/alerts/{rising.id}/acknowledge")
    assert answer.status_code == 302
    row = fresh(database, rising)
    assert (row.acknowledged_by, row.closed_at) == (physio.id, None)
    page = signed_in(physio).get(f"/alerts/{rising.id}").text
    assert "Jonas Berg has it" in page
    assert "Acknowledged" in page
    assert 'class="clock' not in page


def test_who_is_second_is_told_who_was_first(database, people, patient, physio, rising, signed_in):
    second = people.physio(physio.clinic, name="Rosa Lind")
    people.care(patient, second)
    browser = signed_in(second)
    signed_in(physio).post(f"/alerts/{rising.id}/acknowledge")
    answer = browser.post(f"/alerts/{rising.id}/acknowledge")
    assert answer.status_code == 409
    assert "Somebody has acknowledged this alert meanwhile." in answer.text
    assert "Jonas Berg has it" in answer.text
    assert fresh(database, rising).acknowledged_by == physio.id


def test_snoozing_needs_a_reason_and_days(database, physio, rising, signed_in):
    doctor = signed_in(physio)
    for fields in (
        {"snooze-days": "3", "snooze-reason": "  "},
        {"snooze-days": "15", "snooze-reason": "holiday"},
        {"snooze-days": "", "snooze-reason": "holiday"},
    ):
        answer = doctor.post(f"/alerts/{rising.id}/snooze", fields)
        assert answer.status_code == 422
        assert "errors-summary" in answer.text
    assert fresh(database, rising).snoozed_until is None
    assert (
        doctor.post(f"/alerts/{rising.id}/snooze", {"snooze-days": "7", "snooze-reason": "holiday"}).status_code == 302
    )
    page = doctor.get(f"/alerts/{rising.id}").text
    assert "snoozed until" in page
    assert "holiday" in page
    assert "for 7 days" in page


def test_red_flags_and_urgent_alerts_cannot_rest(database, physio, urgent, signed_in):
    doctor = signed_in(physio)
    assert "Let it rest" not in doctor.get(f"/alerts/{urgent.id}").text
    answer = doctor.post(f"/alerts/{urgent.id}/snooze", {"snooze-days": "3", "snooze-reason": "busy"})
    assert answer.status_code == 409
    assert "red flags never can" in answer.text
    assert fresh(database, urgent).snoozed_until is None


def test_closing_needs_to_say_what_came_of_it(database, physio, rising, signed_in):
    doctor = signed_in(physio)
    assert doctor.post(f"/alerts/{rising.id}/close", {}).status_code == 422
    assert doctor.post(f"/alerts/{rising.id}/close", {"close-disposition": "whatever"}).status_code == 422
    fields = {"close-disposition": "plan_changed", "close-note": "Fewer sets."}
    assert doctor.post(f"/alerts/{rising.id}/close", fields).status_code == 302
    assert fresh(database, rising).disposition == "plan_changed"
    page = doctor.get(f"/alerts/{rising.id}").text
    assert "Changed the plan" in page
    assert "Fewer sets." in page
    assert "Acknowledge</button>" not in page


def test_an_urgent_alert_is_not_closed_before_somebody_knows_what_came_of_it(
    database, patient, physio, urgent, signed_in
):
    doctor = signed_in(physio)
    answer = doctor.post(f"/alerts/{urgent.id}/close", {"close-disposition": "referred"})
    assert answer.status_code == 409
    assert "say what came of it before it is closed" in answer.text
    assert standing_of(database, patient.id).locked
    fields = {"close-disposition": "referred", "close-seen_by": "doctor", "close-what": "A virus."}
    assert doctor.post(f"/alerts/{urgent.id}/close", fields).status_code == 302
    assert fresh(database, urgent).closed_at is not None
    database.expire_all()
    assert not standing_of(database, patient.id).locked


def test_what_was_typed_is_still_there_after_a_conflict(physio, urgent, signed_in):
    fields = {"close-disposition": "contacted", "close-note": "Spoke for ten minutes."}
    page = signed_in(physio).post(f"/alerts/{urgent.id}/close", fields).text
    assert "Spoke for ten minutes." in page


def test_a_new_usual_level_closes_the_alert_and_is_measured_from(database, patient, physio, rising, told, signed_in):
    doctor = signed_in(physio)
    assert doctor.post(f"/alerts/{rising.id}/baseline", {"baseline-value": "11"}).status_code == 422
    assert doctor.post(f"/alerts/{rising.id}/baseline", {"baseline-value": "5"}).status_code == 302
    row = fresh(database, rising)
    assert (row.disposition, row.closed_at is not None) == ("new_baseline", True)
    told.clock.advance(timedelta(days=1))
    told.day(patient, 5)
    database.expire_all()
    assert standing_of(database, patient.id).level == 0


def test_a_usual_level_says_nothing_about_a_warning_sign(database, physio, urgent, signed_in):
    doctor = signed_in(physio)
    assert "Accept as the new usual" not in doctor.get(f"/alerts/{urgent.id}").text
    answer = doctor.post(f"/alerts/{urgent.id}/baseline", {"baseline-value": "5"})
    assert answer.status_code == 409
    assert fresh(database, urgent).closed_at is None


def test_what_has_settled_by_itself_waits_to_be_confirmed(database, patient, physio, rising, told, signed_in):
    doctor = signed_in(physio)
    answer = doctor.post(f"/alerts/{rising.id}/confirm")
    assert answer.status_code == 409
    assert "have not calmed down" in answer.text
    told.clock.advance(timedelta(days=1))
    told.days(patient, (3, 3, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3))
    doctor = signed_in(physio)
    assert "settled, please confirm" in doctor.get("/alerts?show=settled").text
    assert "Do you agree?" in doctor.get(f"/alerts/{rising.id}").text
    assert doctor.post(f"/alerts/{rising.id}/confirm", {"confirm-note": "Agreed."}).status_code == 302
    assert fresh(database, rising).closed_at is not None


def test_a_message_about_an_alert_is_noted_with_it(database, patient, physio, rising, signed_in):
    doctor = signed_in(physio)
    answer = doctor.post(f"/patients/{patient.id}/messages", {"text": "How are you today?", "alert": str(rising.id)})
    assert (answer.status_code, answer.location) == (302, f"/alerts/{rising.id}")
    assert "contacted" in events(database, rising)
    assert "by message" in doctor.get(f"/alerts/{rising.id}").text
    assert database.scalars(select(Message)).one().text == "How are you today?"


def test_a_message_about_an_alert_of_somebody_else_is_not_sent(database, people, physio, rising, signed_in):
    other = people.patient(physio)
    answer = signed_in(physio).post(f"/patients/{other.id}/messages", {"text": "Hello", "alert": str(rising.id)})
    assert answer.status_code == 404
    assert database.scalars(select(Message)).all() == []


def test_who_left_a_number_can_be_called_from_the_page(physio, patient, urgent, signed_in):
    doctor = signed_in(physio)
    assert "has left no telephone number" in doctor.get(f"/alerts/{urgent.id}").text
    signed_in(patient).post(
        "/account/profile",
        {
            "name": patient.name,
            "time_zone": "Europe/Berlin",
            "country": "",
            "phone": "+49 30 23125 001",
            "locale": "en",
            "theme": "auto",
        },
    )
    assert 'href="tel:+493023125001"' in doctor.get(f"/alerts/{urgent.id}").text


def test_a_call_is_noted(database, physio, urgent, signed_in):
    doctor = signed_in(physio)
    assert doctor.post(f"/alerts/{urgent.id}/called").status_code == 302
    assert "contacted" in events(database, urgent)
    assert "by phone" in doctor.get(f"/alerts/{urgent.id}").text


ACTIONS = {
    "acknowledge": {},
    "snooze": {"snooze-days": "3", "snooze-reason": "holiday"},
    "close": {"close-disposition": "expected"},
    "baseline": {"baseline-value": "5"},
    "confirm": {},
    "called": {},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_whatever_comes_after_the_closing_changes_nothing_and_says_so(database, physio, rising, signed_in, action):
    doctor = signed_in(physio)
    doctor.post(f"/alerts/{rising.id}/close", {"close-disposition": "expected"})
    before = events(database, rising)
    answer = doctor.post(f"/alerts/{rising.id}/{action}", ACTIONS[action])
    assert answer.status_code == 409
    assert "Somebody has closed this alert meanwhile." in answer.text
    assert events(database, rising) == before


# Doors


@pytest.mark.parametrize("who", ["colleague", "stranger", "former"])
def test_an_alert_of_somebody_elses_patient_is_no_alert(
    database, people, patient, physio, rising, signed_in, clock, who
):
    former = people.physio(physio.clinic)
    people.care(patient, former, until=clock.now())
    visitor = {"colleague": people.physio(physio.clinic), "stranger": people.physio(), "former": former}[who]
    browser = signed_in(visitor)
    before = events(database, rising)
    for alert_id in (rising.id, uuid.uuid4()):
        assert browser.get(f"/alerts/{alert_id}").status_code == 404
        for action, fields in ACTIONS.items():
            assert browser.post(f"/alerts/{alert_id}/{action}", fields).status_code == 404, action
        assert browser.post(f"/alerts/{alert_id}/stand-in").status_code == 404
    assert events(database, rising) == before


def test_patients_and_admins_do_not_see_the_board(people, patient, physio, rising, signed_in):
    for visitor in (patient, people.admin(physio.clinic)):
        browser = signed_in(visitor)
        assert browser.get("/alerts").status_code == 403
        assert browser.get(f"/alerts/{rising.id}").status_code == 403
        assert browser.post(f"/alerts/{rising.id}/acknowledge").status_code == 403


def test_reading_and_acting_is_written_down(database, patient, physio, rising, signed_in):
    doctor = signed_in(physio)
    doctor.get(f"/alerts/{rising.id}")
    doctor.post(f"/alerts/{rising.id}/acknowledge")
    database.commit()
    lines = database.scalars(select(AuditEvent).where(AuditEvent.patient_id == patient.id)).all()
    seen = {line.action for line in lines if line.actor_id == physio.id}
    assert {"alert.read", "alert.acknowledged"} <= seen


def test_a_look_at_the_page_after_a_conflict_is_written_down_too(database, physio, urgent, signed_in):
    signed_in(physio).post(f"/alerts/{urgent.id}/close", {"close-disposition": "referred"})
    database.commit()
    assert "alert.read" in set(database.scalars(select(AuditEvent.action).where(AuditEvent.actor_id == physio.id)))


# The patient's own words


def test_what_the_patient_wrote_with_the_check_in_stands_under_why(patient, told, clock, page_of):
    told.intake(patient)
    told.tell(patient, "flags", flags={"D_ARM": {"answer": "new"}}, note="Since I lifted the piano.")
    alert = told.alert(patient, "red")
    clock.advance(timedelta(days=1))
    told.day(patient, 3, note="A quiet day.")
    page = page_of(alert)
    assert page.index(">Why<") < page.index("Since I lifted the piano.") < page.index("Pain around it")
    assert "A quiet day." not in page, "that has raised nothing"


def test_a_usual_level_says_before_what_it_closes_and_is_offered_for_pain_only(patient, told, rising, page_of):
    told.tell(patient, "monthly", phq2=[2, 2], self_harm=False)
    page = page_of(rising)
    assert "It closes: Slow worsening (Look soon). Everything else that is open stays open." in page
    assert "Accept as the new usual" not in page_of(told.alert(patient, "wellbeing"))
