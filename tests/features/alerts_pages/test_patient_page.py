"""The physiotherapist's page of a patient: what is open, pain on a time line, an examination, how quickly to raise."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.features.alerts_pages.conftest import CALM
from tracker.accounts.models import AuditEvent, ConsentKind
from tracker.accounts.service import set_consent
from tracker.alerts.models import AlertParameters
from tracker.diary.rules_flags import CLEARANCE_FIRST
from tracker.diary.service import episode_of
from tracker.regimen.rules_levels import Level, locks


@pytest.fixture
def page_of(physio, signed_in):
    return lambda patient: signed_in(physio).get(f"/patients/{patient.id}").text


def test_before_the_first_check_in_the_page_says_what_will_be_there(patient, page_of):
    assert "The diary begins with the first check-in." in page_of(patient)


def test_what_is_open_stands_on_top_with_its_reason(patient, rising, page_of):
    page = page_of(patient)
    assert f'href="/alerts/{rising.id}"' in page
    assert page.index(f"/alerts/{rising.id}") < page.index("Exercises, 7 days")
    assert "points above the usual 3" in page


def test_the_time_line_and_figures_say_what_was_told(patient, told, page_of):
    told.intake(patient)
    told.days(patient, (*CALM[:10], None, 8, 4))
    page = page_of(patient)
    assert 'data-spec="time-line"' in page
    found = dict(re.findall(r"<dt>([^<]+)</dt><dd>\s*([^<]+?)\s*<", page))
    assert found["Worst, 7 days"] == "9"
    assert found["Days at 7 or more"] == "1"
    assert found["Check-ins"] == "12"
    # The last seven days hold 3 3 4 3 3 . 8 4: seven calendar days, of which one is missing.
    assert found["Average, 7 days"] == "4.2"


def test_function_is_compared_with_the_first_answer(patient, told, clock, page_of):
    told.intake(patient)
    told.tell(patient, "weekly", peg_pain=6, peg_enjoyment=6, peg_activity=6)
    clock.advance(timedelta(days=7))
    told.tell(patient, "weekly", peg_pain=3, peg_enjoyment=4, peg_activity=2)
    page = page_of(patient)
    assert re.search(r"<dt>PEG</dt><dd>3 <small>of 10</small> <small>· 6 on", page)


def test_without_consent_nothing_of_the_diary_is_there(people, physio, told, page_of):
    closed = people.patient(physio, consents=("camera",))
    told.intake(closed)
    told.days(closed, (9, 9, 9))
    page = page_of(closed)
    assert "time-line" not in page
    assert "/alerts/" not in page
    assert "Note an examination" not in page


# Examination


def test_an_examination_with_a_day_for_the_next_look_is_kept(database, patient, physio, told, signed_in):
    told.intake(patient)
    doctor = signed_in(physio)
    answer = doctor.post(f"/patients/{patient.id}/examined", {"examined_on": "2026-03-09", "review_on": "2026-04-01"})
    assert answer.status_code == 302
    database.commit()
    episode = episode_of(database, patient.id)
    # The patient has told of an earlier examination, and the first one counts.
    assert (str(episode.examined_on), str(episode.review_on)) == ("2026-02-28", "2026-04-01")
    page = doctor.get(f"/patients/{patient.id}").text
    assert "First examined on 28 Feb 2026." in page
    assert "Next look on 1 Apr 2026." in page
    assert "episode.examined" in set(database.scalars(select(AuditEvent.action)))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"examined_on": "", "review_on": ""}, "Please fill this in."),
        ({"examined_on": "2026-12-24", "review_on": ""}, "This day has not come yet."),
        ({"examined_on": "2026-03-09", "review_on": "2026-03-01"}, "This lies before the examination."),
        ({"examined_on": "2026-02-01", "review_on": "2026-03-01"}, "This day is over."),
    ],
)
def test_days_that_make_no_sense_are_named(database, patient, physio, signed_in, fields, words):
    answer = signed_in(physio).post(f"/patients/{patient.id}/examined", fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert episode_of(database, patient.id) is None


def test_only_who_cares_for_the_patient_and_may_see_the_record_notes_an_examination(people, patient, physio, signed_in):
    fields = {"examined_on": "2026-03-09", "review_on": ""}
    assert signed_in(people.physio(physio.clinic)).post(f"/patients/{patient.id}/examined", fields).status_code == 404
    closed = people.patient(physio, consents=())
    assert signed_in(physio).post(f"/patients/{closed.id}/examined", fields).status_code == 404
    assert signed_in(patient).post(f"/patients/{patient.id}/examined", fields).status_code == 403


# How quickly to raise


def test_a_patient_can_be_judged_more_quickly_and_like_the_clinic_again(database, patient, physio, signed_in):
    doctor = signed_in(physio)
    page = doctor.get(f"/patients/{patient.id}").text
    assert re.search(r'<option selected value="clinic">', page)
    answer = doctor.post(f"/patients/{patient.id}/alert-numbers", {"preset": "sensitive", "base_number": "0"})
    assert answer.status_code == 302
    assert re.search(r'<option selected value="sensitive">', doctor.get(f"/patients/{patient.id}").text)
    doctor.post(f"/patients/{patient.id}/alert-numbers", {"preset": "clinic", "base_number": "1"})
    assert re.search(r'<option selected value="clinic">', doctor.get(f"/patients/{patient.id}").text)
    database.commit()
    rows = database.scalars(select(AlertParameters).order_by(AlertParameters.number)).all()
    assert [(row.preset, row.patient_id) for row in rows] == [("sensitive", patient.id), ("clinic", patient.id)]


@pytest.mark.parametrize(
    "fields", [{"preset": "own", "base_number": "0"}, {"preset": "sensitive", "base_number": "7"}, {}]
)
def test_a_choice_that_does_not_fit_changes_nothing(database, patient, physio, signed_in, fields):
    doctor = signed_in(physio)
    assert doctor.post(f"/patients/{patient.id}/alert-numbers", fields).status_code == 302
    assert database.scalars(select(AlertParameters)).all() == []
    assert "alert-warning" in doctor.get(f"/patients/{patient.id}").text


# Locked exercises


def test_that_exercises_are_locked_and_what_opens_them_stands_on_top(patient, physio, urgent, signed_in):
    doctor = signed_in(physio)
    for path in (f"/patients/{patient.id}", f"/patients?open={patient.id}", f"/patients/{patient.id}/plan"):
        page = doctor.get(path).text
        assert "The exercises are locked." in page, path
        assert "close the alert with what came of it" in page, path
    assert "You can change the plan all the same." in doctor.get(f"/patients/{patient.id}/plan").text
    doctor.post(f"/alerts/{urgent.id}/close", {"close-disposition": "referred", "close-seen_by": "doctor"})
    for path in (f"/patients/{patient.id}", f"/patients?open={patient.id}", f"/patients/{patient.id}/plan"):
        assert "The exercises are locked." not in doctor.get(path).text, path


def test_an_examination_that_has_to_come_first_is_named(patient, physio, told, signed_in):
    told.intake(patient)
    code = min(CLEARANCE_FIRST)
    episode_of(told.database, patient.id).examined_on = None
    told.flag(patient, code)
    assert not locks(Level(told.alert(patient, "red").level))
    assert "Somebody has to examine the patient first." in signed_in(physio).get(f"/patients/{patient.id}").text


@pytest.mark.usefixtures("urgent")
def test_nothing_is_said_of_a_lock_while_the_patient_does_not_share(database, patient, physio, signed_in, clock):
    set_consent(database, patient, ConsentKind.SHARING, agrees=False, at=clock.now())
    database.commit()
    doctor = signed_in(physio)
    for path in (f"/patients/{patient.id}", f"/patients?open={patient.id}", f"/patients/{patient.id}/plan"):
        assert "are locked" not in doctor.get(path).text, path


# Better


def test_that_it_is_better_is_said_only_while_there_are_answers(patient, told, clock, page_of):
    words = "Pain has been lower than usual for some time."
    told.intake(patient)
    told.days(patient, (*CALM, *[0] * 8))
    assert words in page_of(patient)
    clock.advance(timedelta(days=8))
    assert words not in page_of(patient)
