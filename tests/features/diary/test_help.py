"""Help at once: the numbers of the person's country, nothing asked first, and what a clinic can set."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tracker.diary.models import CheckIn
from tracker.regimen.models import Standing

PAGES = ("/help", "/help/emergency", "/help/urgent", "/help/crisis")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("intake_done", [True, False])
def test_help_is_open_before_anything_was_told(people, signed_in, path, intake_done):
    assert signed_in(people.patient(intake_done=intake_done)).get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_help_is_for_patients(people, signed_in, anonymous, path):
    assert signed_in(people.physio()).get(path).status_code == 403
    assert anonymous.get(path).status_code == 302


@pytest.mark.parametrize(("country", "number"), [("DE", "112"), ("US", "911"), ("GB", "999"), ("CH", "144")])
def test_the_emergency_page_calls_the_number_of_the_persons_country(people, signed_in, country, number):
    page = signed_in(people.patient(country=country)).get("/help/emergency").text
    assert f'href="tel:{number}"' in page


def test_the_clinics_country_holds_for_those_who_chose_none(people, signed_in):
    page = signed_in(people.patient(clinic=people.clinic(country="GB"))).get("/help/urgent").text
    assert 'href="tel:111"' in page


def test_without_a_country_the_page_says_all_three_numbers(people, signed_in):
    page = signed_in(people.patient()).get("/help/emergency").text
    for number in ("112", "911", "999"):
        assert number in page


def test_the_emergency_page_asks_nothing(people, signed_in):
    page = signed_in(people.patient(country="DE")).get("/help/emergency").text
    content = page.partition("<main")[2].partition("</main>")[0]
    assert "<form" not in content
    assert "<input" not in content


@pytest.mark.parametrize(("told", "stored"), [("yes", True), ("no", False)])
def test_the_door_of_the_mood_stores_the_answer_and_leads_to_somebody_to_talk_to(
    people, signed_in, database, told, stored
):
    browser = signed_in(people.patient(people.physio(), country="US"))
    answer = browser.post("/help", {"self_harm": told})
    assert answer.location == "/help/crisis?told=1"
    page = browser.get(answer.location).text
    assert 'href="tel:988"' in page
    assert "Thank you for telling us" in page
    (row,) = database.scalars(select(CheckIn)).all()
    assert (row.form, row.answers["self_harm"]) == ("flags", stored)


def test_the_door_of_the_mood_without_an_answer_asks_again(people, signed_in, database):
    browser = signed_in(people.patient())
    assert browser.post("/help", {}).location == "/help"
    assert database.scalars(select(CheckIn)).all() == []


def test_the_way_to_what_came_of_it_leads_to_the_alert_or_to_today(people, signed_in, database, diary):
    patient = people.patient(people.physio())
    browser = signed_in(patient)
    assert browser.get("/help/outcome").location == "/today"
    browser.post_json("/api/check-ins", diary.flagged("E_CARDIAC"))
    database.commit()
    standing = database.get(Standing, patient.id)
    assert standing.alert_id is not None
    assert browser.get("/help/outcome").location == f"/outcome/{standing.alert_id}"


# ---------------------------------------------------------------------------------------------- settings


def test_somebody_chooses_where_they_live(people, signed_in, database):
    patient = people.patient()
    browser = signed_in(patient)
    page = browser.get("/account").text
    assert "Germany (112)" in page
    profile = {"name": "Ada", "time_zone": "Europe/Berlin", "country": "US", "locale": "en", "theme": "auto"}
    assert browser.post("/account/profile", profile).status_code == 302
    database.commit()
    assert patient.country == "US"
    assert 'href="tel:911"' in browser.get("/help/emergency").text
    assert browser.post("/account/profile", {**profile, "country": "XX"}).status_code == 422


def test_staff_are_not_asked_where_they_live_and_lose_nothing(people, signed_in, database):
    physio = people.physio(country="DE")
    browser = signed_in(physio)
    assert 'name="country"' not in browser.get("/account").text
    browser.post("/account/profile", {"name": "Ada", "time_zone": "UTC", "locale": "en", "theme": "auto"})
    database.commit()
    assert (physio.name, physio.country) == ("Ada", "DE")


SETTINGS = {"name": "Practice", "time_zone": "Europe/Berlin", "country": "DE"}


def test_a_clinic_sets_its_country_and_its_own_numbers(people, signed_in, database):
    clinic = people.clinic()
    browser = signed_in(people.admin(clinic))
    own = {"emergency_number": "+49 30 19222", "urgent_number": "(030) 31 00 31"}
    assert browser.post("/clinic-settings", {**SETTINGS, **own}).status_code == 302
    patient = signed_in(people.patient(clinic=clinic))
    assert 'href="tel:+493019222"' in patient.get("/help/emergency").text
    assert 'href="tel:030310031"' in patient.get("/help/urgent").text
    browser.post("/clinic-settings", {**SETTINGS, "emergency_number": "", "urgent_number": " "})
    database.commit()
    assert (clinic.emergency_number, clinic.urgent_number) == (None, None)
    assert 'href="tel:116117"' in patient.get("/help/urgent").text


@pytest.mark.parametrize("number", ["call me", "112<script>", "1", "1" * 33])
def test_what_no_telephone_could_dial_is_refused(people, signed_in, database, number):
    clinic = people.clinic()
    browser = signed_in(people.admin(clinic))
    answer = browser.post("/clinic-settings", {**SETTINGS, "emergency_number": number})
    assert answer.status_code == 422
    database.commit()
    assert clinic.emergency_number is None
