"""What a patient says after they were told to get help; and who may lift the lock themselves."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from tracker.alerts.models import Alert
from tracker.regimen.service import standing_of


@pytest.fixture
def alone(people):
    """Somebody whom nobody watches."""
    return people.solo(name="Sol Winter")


@pytest.fixture
def own(alone, told):
    """Their open alert of level 3."""
    told.intake(alone)
    told.flag(alone, "U_FEVER")
    return told.alert(alone, "red")


def fresh(database, alert) -> Alert:
    database.expire_all()
    return database.get_one(Alert, alert.id)


def locked(database, patient) -> bool:
    database.expire_all()
    return standing_of(database, patient.id).locked


def test_the_page_asks_and_says_where_real_help_is(patient, urgent, signed_in):
    page = signed_in(patient).get(f"/outcome/{urgent.id}").text
    assert "Did you get help?" in page
    assert "Do not wait for an answer here: call 112" in page
    assert "Your physiotherapist sees your answer, but does not watch live." in page
    assert "Lift the lock" not in page, "somebody watches; only they can"


def test_the_answer_reaches_the_physio_and_lifts_nothing(database, patient, physio, urgent, signed_in):
    answer = signed_in(patient).post(
        f"/outcome/{urgent.id}", {"helped": "yes", "seen_by": "doctor", "said": "A virus. Rest for a week."}
    )
    assert answer.status_code == 302
    page = signed_in(physio).get(f"/alerts/{urgent.id}").text
    assert "The patient answered" in page
    assert "Yes, I got help" in page
    assert "A virus. Rest for a week." in page
    assert fresh(database, urgent).closed_at is None
    assert locked(database, patient)


@pytest.mark.parametrize("fields", [{}, {"helped": "perhaps"}, {"helped": "yes", "seen_by": "my cat"}])
def test_an_answer_that_says_nothing_is_asked_again(database, patient, urgent, signed_in, fields):
    answer = signed_in(patient).post(f"/outcome/{urgent.id}", fields)
    assert answer.status_code == 422
    assert fresh(database, urgent).outcome is None


def test_what_was_said_is_shown_again_and_can_be_added_to(patient, urgent, signed_in):
    browser = signed_in(patient)
    browser.post(f"/outcome/{urgent.id}", {"helped": "waiting"})
    assert "You told us: Not yet, I am waiting for it." in browser.get(f"/outcome/{urgent.id}").text
    assert browser.post(f"/outcome/{urgent.id}", {"helped": "yes", "seen_by": "doctor"}).status_code == 302


def test_a_settled_matter_asks_nothing_more(database, patient, physio, urgent, signed_in):
    signed_in(physio).post(f"/alerts/{urgent.id}/close", {"close-disposition": "referred", "close-seen_by": "doctor"})
    browser = signed_in(patient)
    page = browser.get(f"/outcome/{urgent.id}").text
    assert "This was settled on" in page
    assert "<fieldset" not in page
    browser.post(f"/outcome/{urgent.id}", {"helped": "no"})
    assert fresh(database, urgent).outcome["seen_by"] == "doctor"
    assert "Nothing was changed." in browser.get(f"/outcome/{urgent.id}").text


# Nobody watches


def test_who_is_alone_is_told_that_nobody_sees_this(alone, own, signed_in):
    page = signed_in(alone).get(f"/outcome/{own.id}").text
    assert "Nobody sees what you write on this page." in page
    assert "Lift the lock" in page
    assert "examined you, in person" in page


def test_an_examination_that_allowed_it_lifts_the_lock(database, alone, own, signed_in):
    assert locked(database, alone)
    answer = signed_in(alone).post(f"/outcome/{own.id}/release", {"examined": "yes", "allowed": "yes"})
    assert (answer.status_code, answer.location) == (302, "/today")
    assert not locked(database, alone)
    assert fresh(database, own).disposition == "released"


@pytest.mark.parametrize(("examined", "allowed"), [("yes", "no"), ("no", "yes"), ("no", "no")])
def test_anything_but_two_yeses_lifts_nothing(database, alone, own, signed_in, examined, allowed):
    answer = signed_in(alone).post(f"/outcome/{own.id}/release", {"examined": examined, "allowed": allowed})
    assert answer.status_code == 302
    assert locked(database, alone)
    assert fresh(database, own).closed_at is None


@pytest.mark.parametrize("fields", [{}, {"examined": "yes"}, {"examined": "y", "allowed": "y"}])
def test_half_an_answer_lifts_nothing(database, alone, own, signed_in, fields):
    assert signed_in(alone).post(f"/outcome/{own.id}/release", fields).status_code == 422
    assert locked(database, alone)


def test_an_examination_of_tomorrow_lifts_nothing(database, alone, own, signed_in):
    fields = {"examined": "yes", "allowed": "yes", "examined_on": "2026-12-24"}
    answer = signed_in(alone).post(f"/outcome/{own.id}/release", fields)
    assert answer.status_code == 409
    assert "it cannot lie in the future" in answer.text
    assert locked(database, alone)


def test_who_is_watched_cannot_lift_the_lock(database, patient, urgent, signed_in):
    answer = signed_in(patient).post(f"/outcome/{urgent.id}/release", {"examined": "yes", "allowed": "yes"})
    assert answer.status_code == 409
    assert "only they can lift the lock" in answer.text
    assert locked(database, patient)


def test_who_does_not_share_is_watched_by_nobody(database, people, physio, told, signed_in):
    closed = people.patient(physio, consents=("camera",))
    told.intake(closed)
    told.flag(closed, "U_FEVER")
    alert = told.alert(closed, "red")
    browser = signed_in(closed)
    assert "Nobody sees what you write on this page." in browser.get(f"/outcome/{alert.id}").text
    browser.post(f"/outcome/{alert.id}/release", {"examined": "yes", "allowed": "yes"})
    assert not locked(database, closed)


# Doors


def test_somebody_elses_alert_is_no_alert(people, physio, database, urgent, signed_in):
    other = signed_in(people.patient(physio))
    yes = {"helped": "yes", "examined": "yes", "allowed": "yes"}
    for alert_id in (urgent.id, uuid.uuid4()):
        assert other.get(f"/outcome/{alert_id}").status_code == 404
        assert other.post(f"/outcome/{alert_id}", yes).status_code == 404
        assert other.post(f"/outcome/{alert_id}/release", yes).status_code == 404
    assert fresh(database, urgent).outcome is None


def test_staff_do_not_answer_for_the_patient(physio, urgent, signed_in):
    assert signed_in(physio).get(f"/outcome/{urgent.id}").status_code == 403
    assert signed_in(physio).post(f"/outcome/{urgent.id}", {"helped": "yes"}).status_code == 403


def test_every_answer_is_kept(database, patient, urgent, signed_in):
    from tracker.alerts.models import AlertEvent

    browser = signed_in(patient)
    for helped in ("no", "waiting", "yes"):
        browser.post(f"/outcome/{urgent.id}", {"helped": helped})
    database.commit()
    events = database.scalars(select(AlertEvent).where(AlertEvent.alert_id == urgent.id, AlertEvent.kind == "outcome"))
    assert [event.detail["helped"] for event in events] == ["no", "waiting", "yes"]
