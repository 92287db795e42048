"""The bell and what waits behind it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from tracker.reminders.models import Delivery
from tracker.training.models import TrainingSession


def act(browser, row, action, **how):
    return browser.post(f"/notices/mine/{row.id}", {"action": action}, **how)


def count(page) -> str:
    """What the bell says to somebody who cannot see it."""
    found = re.search(r"<span data-bell-words>([^<]*)</span>", page.text)
    assert found is not None
    return unescape(found.group(1))


def test_the_bell_counts_on_every_page_of_patients_and_staff(people, signed_in, waiting):
    physio = people.physio()
    patient = people.patient(physio)
    assert count(signed_in(patient).get("/account")) == "nothing is waiting"
    waiting(patient, "check_in")
    waiting(patient, "message")
    waiting(physio, "escalation", payload={"level": 2, "path": "/alerts/x"})
    assert count(signed_in(patient).get("/account")) == "2 are waiting"
    assert count(signed_in(physio).get("/patients")) == "1 is waiting"


def test_the_bell_is_a_link_to_the_list(people, signed_in):
    page = signed_in(people.patient()).get("/account").text
    assert re.search(r'<a class="icon-button bell"[^>]*href="/notices"', page)


def test_nobody_has_a_bell_before_signing_in(anonymous):
    assert "data-bell" not in anonymous.get("/sign-in").text


def test_the_list_says_what_waits_since_when_and_what_to_do(people, signed_in, waiting, clock):
    patient = people.patient()
    waiting(patient, "message", since=clock.now() - timedelta(days=1))
    page = signed_in(patient).get("/notices").text
    assert "Your physiotherapist has written to you." in page
    assert "yesterday, 13:00" in page  # Berlin
    assert "Read it" in page


def test_an_empty_list_says_so(people, signed_in):
    assert "Nothing is waiting for you." in signed_in(people.patient()).get("/notices").text


def test_a_check_in_begins_in_the_notice_with_a_plain_form(people, signed_in, waiting):
    patient = people.patient()
    waiting(patient, "check_in")
    page = signed_in(patient).get("/notices").text
    form = re.search(
        r'<form class="notice-scale" method="post" action="/check-in/daily/begin">.*?</form>', page, re.DOTALL
    )
    assert form is not None
    assert re.findall(r'name="now" value="(\d+)"', form.group()) == [str(n) for n in range(11)]
    assert "checked" not in form.group()


def test_the_question_of_the_morning_after_too(people, signed_in, waiting, database, clock):
    patient = people.patient()
    yesterday = clock.now() - timedelta(days=1)
    database.add(
        TrainingSession(
            id=uuid.uuid4(),
            patient_id=patient.id,
            exercise="overhead-press",
            source="manual",
            started_at=yesterday,
            ended_at=yesterday,
            created_at=yesterday,
            local_date=yesterday.date(),
            pain_during=3,
        )
    )
    waiting(patient, "morning")
    page = signed_in(patient).get("/notices").text
    form = re.search(
        r'<form class="notice-scale" method="post" action="/check-in/morning/begin">.*?</form>', page, re.DOTALL
    )
    assert form is not None
    assert re.findall(r'name="pain" value="(\d+)"', form.group()) == [str(n) for n in range(11)]


def test_put_off_for_an_hour_it_comes_back_then(people, signed_in, waiting, clock, database):
    patient = people.patient()
    row = waiting(patient, "check_in")
    browser = signed_in(patient)
    page = browser.get(act(browser, row, "snooze").location).text
    assert "Put off. It comes back today, 14:00" in page
    assert "Nothing is waiting for you." in page
    database.expire_all()
    later = database.scalars(select(Delivery).where(Delivery.subject == row.subject, Delivery.state == "due")).one()
    assert later.due_at == clock.now() + timedelta(hours=1)


@pytest.mark.parametrize(("action", "says"), [("not_today", "Not again today."), ("dismiss", "Dismissed.")])
def test_it_can_be_left_for_today_or_dismissed(people, signed_in, waiting, action, says):
    patient = people.patient()
    row = waiting(patient, "check_in")
    browser = signed_in(patient)
    page = browser.get(act(browser, row, action).location).text
    assert says in page
    assert "Nothing is waiting for you." in page


def test_a_script_gets_the_list_as_it_is_afterwards(people, signed_in, waiting):
    patient = people.patient()
    row, other = waiting(patient, "check_in"), waiting(patient, "message")
    answer = act(signed_in(patient), row, "dismiss", headers={"Accept": "application/json"}).json
    assert answer["says"] == "Dismissed."
    assert (answer["count"], [each["id"] for each in answer["notices"]]) == (1, [str(other.id)])
    assert str(other.id) in answer["html"]
    assert str(row.id) not in answer["html"]


def test_opening_a_message_settles_its_notice(people, signed_in, waiting):
    patient = people.patient()
    row = waiting(patient, "message", payload={"path": "/messages"})
    browser = signed_in(patient)
    answer = act(browser, row, "open")
    assert (answer.status_code, answer.location) == (302, "/messages")
    assert browser.get("/api/notices").json["count"] == 0


def test_a_notice_never_leads_out_of_the_application(people, signed_in, waiting):
    patient = people.patient()
    row = waiting(patient, "message", payload={"path": "//elsewhere.example/"})
    assert act(signed_in(patient), row, "open").location == "/messages"


def test_an_alert_cannot_be_put_off_at_the_bell(people, signed_in, waiting):
    physio = people.physio()
    row = waiting(physio, "escalation", payload={"level": 4, "path": "/alerts/x"})
    browser = signed_in(physio)
    page = browser.get("/notices").text
    assert "An urgent alert needs you now" in page
    assert 'value="snooze"' not in page
    for action in ("snooze", "not_today"):
        assert act(browser, row, action, headers={"Accept": "application/json"}).status_code == 409
    assert browser.get("/api/notices").json["notices"][0]["urgent"] is True


def test_a_notice_of_somebody_else_is_no_notice(people, signed_in, waiting):
    row = waiting(people.patient(), "check_in")
    for who in (people.patient(), people.physio()):
        browser = signed_in(who)
        assert act(browser, row, "dismiss").status_code == 404
        assert browser.get("/api/notices").json["count"] == 0


def test_nothing_chosen_changes_nothing(people, signed_in, waiting, database):
    patient = people.patient()
    row = waiting(patient, "check_in")
    assert act(signed_in(patient), row, "delete").status_code == 422
    database.refresh(row)
    assert row.seen_at is None


def test_an_open_page_that_asks_by_itself_does_not_keep_anybody_signed_in(people, signed_in, clock, settings):
    browser = signed_in(people.physio())
    for _ in range(int(settings.staff_idle / timedelta(minutes=5))):
        assert browser.get("/api/notices").status_code == 200
        clock.advance(timedelta(minutes=5))
    assert browser.get("/api/notices").status_code == 401
    assert browser.get("/patients").location.startswith("/sign-in")


def test_a_page_that_somebody_opens_does(people, signed_in, clock, settings):
    browser = signed_in(people.physio())
    for _ in range(int(settings.staff_idle / timedelta(minutes=5)) + 1):
        assert browser.get("/patients").status_code == 200
        clock.advance(timedelta(minutes=5))


def test_a_patients_pages_know_whom_to_call_and_staff_pages_do_not(people, signed_in):
    clinic = people.clinic(country="DE")
    physio = people.physio(clinic)
    page = signed_in(people.patient(physio)).get("/account").text
    assert '"emergency": {"tel": "112", "text": "112"}' in page
    assert '"urgent": {"tel": "116117", "text": "116117"}' in page
    assert "help-numbers" not in signed_in(physio).get("/account").text
