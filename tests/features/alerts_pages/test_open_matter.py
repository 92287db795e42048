"""What stays open is said to the patient: who looks by when, that somebody has it, or that nobody has looked yet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tracker.alerts import workflow_service
from tracker.alerts.patient_service import matter

UNABLE = {"activities": "no"}


@pytest.fixture
def said(app, database, clock):
    """The sentences for a patient, as one text; empty when nothing is open."""

    def say(patient):
        with app.test_request_context():
            found = matter(database, patient, clock.now())
        return "" if found is None else " ".join((found.headline, *found.sentences))

    return say


def test_it_says_who_looks_by_when_and_to_see_a_doctor(patient, told, said):
    told.intake(patient)
    told.day(patient, 4, **UNABLE)
    assert "will look at this by" in said(patient)
    assert "doctor" in said(patient)


def test_once_somebody_has_it_it_says_so(patient, physio, told, database, clock, said):
    told.intake(patient)
    told.day(patient, 4, **UNABLE)
    workflow_service.acknowledge(database, told.alert(patient), physio, clock.now())
    database.commit()
    assert "has seen this" in said(patient)


def test_after_the_time_it_asks_to_call(patient, told, clock, said):
    told.intake(patient)
    told.day(patient, 4, **UNABLE)
    clock.advance(timedelta(days=7))
    assert "have not been able to look" in said(patient)
    assert "will look at this by" not in said(patient)


def test_nothing_is_said_where_an_urgent_page_comes_first_or_nothing_is_open(patient, told, said):
    told.intake(patient)
    assert said(patient) == ""
    told.flag(patient, "U_FEVER")
    assert said(patient) == ""


def test_somebody_who_shares_with_nobody_is_promised_nobody(people, physio, told, said):
    closed = people.patient(physio, consents=("camera",))
    told.intake(closed)
    told.day(closed, 4, **UNABLE)
    assert "Nobody looks at this by itself" in said(closed)


def test_low_mood_is_answered_in_words_of_its_own(patient, told, said):
    told.intake(patient)
    told.tell(patient, "monthly", phq2=[2, 2], self_harm=False)
    assert "mood is low" in said(patient)
    assert "make nothing harder" not in said(patient)


def test_no_exercise_before_an_examination_is_said_in_so_many_words(patient, told, said):
    told.tell(patient, "intake", flags={"D_PREG": {"answer": "new"}})
    assert "Your exercises begin when" in said(patient)


def test_the_page_today_shows_it_and_so_does_the_physiotherapists_page(patient, physio, told, signed_in):
    told.intake(patient)
    told.day(patient, 4, **UNABLE)
    told.tell(patient, "flags", none_of_these=True)
    assert "will look at this by" in signed_in(patient).get("/today").text
    page = signed_in(physio).get(f"/patients/{patient.id}").text
    assert "Before the first exercise" in page
    assert "Says it was examined" in page
