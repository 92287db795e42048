"""The patient's day: what is due, what is done, and kind words where there is nothing to do."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tracker.regimen.rules import EVERY_DAY


def test_nobody_without_a_plan_sees_an_empty_list(people, signed_in):
    page = signed_in(people.patient(people.physio())).get("/today").text
    assert "Your plan is on its way" in page


def test_a_person_without_a_physio_is_led_to_the_programmes(people, signed_in):
    page = signed_in(people.solo()).get("/today").text
    assert 'href="/programme"' in page


def test_a_day_without_exercises_is_a_day_off_and_says_when_it_goes_on(people, signed_in, training):
    patient = people.patient(people.physio())
    training.plan(patient, training.line(weekdays=frozenset({5})))  # the clock stands on a Tuesday
    page = signed_in(patient).get("/today").text
    assert "A day off" in page
    assert "Friday" in page


def test_the_next_thing_is_one_card_and_the_rest_a_short_list(people, signed_in, training):
    patient = people.patient(people.physio(), name="Ada Field")
    plan = training.plan(patient, training.line(sets=2), training.line("cross-body-stretch"))
    page = signed_in(patient).get("/today").text
    assert "Ada" in page
    assert page.count("Start, ") == 1
    assert f"/today/{plan['overhead-press'].id}" in page
    assert "2 times 20 s on each side" in page


def test_a_done_set_moves_the_list_on(people, signed_in, training):
    patient = people.patient(people.physio())
    plan = training.plan(patient, training.line(sets=2), training.line("seated-row", sets=1))
    browser = signed_in(patient)
    browser.post_json("/api/sessions", training.document(plan["overhead-press"], training.set()))
    assert "Go on where you were" in browser.get("/today").text
    browser.post_json("/api/sessions", training.document(plan["overhead-press"], training.set(number=2)))
    page = browser.get("/today").text
    assert "Go on where you were" not in page
    assert "One exercise to go." in page


def test_when_all_is_done_the_page_says_so_and_asks_for_nothing(people, signed_in, training):
    patient = people.patient(people.physio())
    plan = training.plan(patient, training.line(sets=1))
    browser = signed_in(patient)
    browser.post_json("/api/sessions", training.document(plan["overhead-press"], training.set()))
    page = browser.get("/today").text
    assert "All done for today" in page
    assert "Start, " not in page


@pytest.mark.parametrize(
    ("zone", "greeting"),
    [
        ("Europe/Berlin", "Good afternoon"),
        ("America/Los_Angeles", "Good morning"),
        ("Pacific/Auckland", "Good evening"),
    ],
)
def test_the_greeting_follows_the_patients_own_clock(people, signed_in, zone, greeting):
    assert greeting in signed_in(people.patient(people.physio(), time_zone=zone)).get("/today").text


def test_a_set_belongs_to_the_day_the_patient_had(people, signed_in, training, clock):
    """Half past midnight in Auckland is noon of the day before in UTC: the set is today's there."""
    patient = people.patient(people.physio(), time_zone="Pacific/Auckland")
    plan = training.plan(patient, training.line(sets=1))
    browser = signed_in(patient)
    document = training.document(plan["overhead-press"], training.set(), started_at=clock.now() - timedelta(hours=2))
    browser.post_json("/api/sessions", document)  # 23:00 of the 10th there, where it is now 01:00 of the 11th
    assert "All done" not in browser.get("/today").text
    again = training.document(plan["overhead-press"], training.set(), started_at=clock.now() - timedelta(minutes=1))
    browser.post_json("/api/sessions", again)
    assert "All done" in browser.get("/today").text


def test_the_exercise_page_says_what_to_do_and_offers_every_way_to_count(people, signed_in, training):
    patient = people.patient(people.physio())
    plan = training.plan(patient, training.line(note="Light bottles only."))
    page = signed_in(patient).get(f"/today/{plan['overhead-press'].id}").text
    for words in ("Light bottles only.", "How to do it", "What the camera cannot see", "Take care", "2 metres"):
        assert words in page
    for source in ("camera", "file", "manual"):
        assert f'name="source" value="{source}"' in page


def test_without_the_camera_consent_only_the_way_without_a_camera_is_open(people, signed_in, training):
    patient = people.patient(people.physio(), consents=("sharing",))
    plan = training.plan(patient)
    browser = signed_in(patient)
    path = f"/live/{plan['overhead-press'].id}"
    assert 'value="camera"' not in browser.get(f"/today/{plan['overhead-press'].id}").text
    answer = browser.get(f"{path}?source=camera")
    assert answer.status_code == 302
    assert answer.location.endswith(f"{path}?source=manual")
    assert browser.get(f"{path}?source=manual").status_code == 200


def test_the_camera_is_allowed_on_the_live_page_only(people, signed_in, training):
    patient = people.patient(people.physio())
    plan = training.plan(patient)
    browser = signed_in(patient)
    live = browser.get(f"/live/{plan['overhead-press'].id}").headers["Permissions-Policy"]
    assert "camera=(self)" in live
    assert "camera=()" in browser.get("/today").headers["Permissions-Policy"]


@pytest.mark.parametrize("answers", [{"stop_reason": "pain"}, {"stop_reason": "finished", "pain_during": 6}])
def test_after_pain_nothing_more_is_asked_for_on_that_day(people, signed_in, training, clock, answers):
    patient = people.patient(people.physio())
    plan = training.plan(patient, training.line(), training.line("cross-body-stretch"))
    browser = signed_in(patient)
    document = training.document(plan["overhead-press"], training.set(), **answers)
    browser.post_json("/api/sessions", document)
    page = browser.get("/today").text
    assert "Enough for today" in page
    assert "Start, " not in page
    assert "get medical help" in page.lower()
    assert str(plan["cross-body-stretch"].id) in page, "everything stays within reach"
    summary = browser.get(f"/sessions/{document['id']}").text
    assert "It hurt." in summary
    assert "Next: " not in summary
    clock.advance(timedelta(days=1))
    assert "Enough for today" not in browser.get("/today").text


def test_a_link_to_an_older_version_of_the_plan_leads_to_what_holds_now(people, signed_in, training):
    patient = people.patient(people.physio())
    old = training.plan(patient, training.line(reps=8))
    training.plan(patient, training.line(reps=12), number=1)
    page = signed_in(patient).get(f"/today/{old['overhead-press'].id}").text
    assert "2 sets of 12" in page


def test_what_is_no_longer_in_the_plan_is_gone(people, signed_in, training):
    patient = people.patient(people.physio())
    old = training.plan(patient)
    training.plan(patient, training.line("seated-row"), number=1)
    assert signed_in(patient).get(f"/today/{old['overhead-press'].id}").status_code == 404


@pytest.mark.parametrize("path", ["/today/{}", "/live/{}"])
def test_somebody_elses_prescription_does_not_exist(people, signed_in, training, path):
    physio = people.physio()
    plan = training.plan(people.patient(physio))
    stranger = signed_in(people.patient(physio))
    assert stranger.get(path.format(plan["overhead-press"].id)).status_code == 404
    assert stranger.get(path.format(uuid.uuid4())).status_code == 404


def test_the_live_page_gets_the_sets_that_are_left_and_the_range_measured_before(people, signed_in, training, clock):
    patient = people.patient(people.physio())
    plan = training.plan(patient, training.line("cross-body-stretch", sets=2), training.line())
    browser = signed_in(patient)
    browser.post_json(
        "/api/sessions", training.document(plan["cross-body-stretch"], training.set("cross-body-stretch"))
    )
    clock.advance(timedelta(minutes=1))
    with_range = training.set(reaches=(1.0, 1.0, 1.0))
    with_range["summary"]["personal_range"] = {"left": 170.0, "right": 168.0}
    browser.post_json("/api/sessions", training.document(plan["overhead-press"], with_range))
    from tracker.training.service import personal_range

    stretch = browser.get(f"/live/{plan['cross-body-stretch'].id}").text
    assert '"sets": [{"number": 1, "side": "right"}' in stretch.replace("&#34;", '"')
    found = personal_range(training.database, patient.id, "overhead-press", at=clock.now())
    assert found == {"left": 170.0, "right": 168.0}
    later = clock.now() + timedelta(days=15)
    assert personal_range(training.database, patient.id, "overhead-press", at=later) is None


def test_a_weekday_plan_is_not_shifted_by_the_servers_own_day(people, signed_in, training, clock):
    """23:30 UTC on Tuesday is Wednesday in Berlin."""
    clock.instant = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    patient = people.patient(people.physio())
    training.plan(patient, training.line(weekdays=frozenset({3})), training.line("seated-row", weekdays=EVERY_DAY))
    assert "Overhead press" in signed_in(patient).get("/today").text


def test_the_library_is_open_to_everybody_who_is_signed_in(people, signed_in):
    for browser in (signed_in(people.physio()), signed_in(people.solo())):
        assert "Overhead press" in browser.get("/library").text
        assert "days a week" in browser.get("/library/seated-row").text
        frames = browser.get("/library/seated-row/figure.json").get_json()
        assert len(frames["points"]) == 48
        assert browser.get("/library/flying").status_code == 404
        assert browser.get("/library/flying/figure.json").status_code == 404
