"""Nobody exercises before the red-flag screen or while something urgent is open, and the check before a session."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.features.training.conftest import Training
from tracker.diary.models import CheckIn
from tracker.regimen.models import Standing
from tracker.training.models import TrainingSession


@pytest.fixture
def training(database, clock):
    return Training(database, clock)


def live_config(page: str) -> dict:
    found = next(
        block
        for block in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
        if '"urls"' in block
    )
    return json.loads(html.unescape(found))


@pytest.fixture
def press(patient, training):
    return training.plan(patient)["overhead-press"]


@pytest.fixture
def patient(people):
    return people.patient(people.physio())


@pytest.fixture
def browser(patient, signed_in):
    return signed_in(patient)


def set_standing(database, patient, **fields):
    standing = database.get(Standing, patient.id)
    for name, value in fields.items():
        setattr(standing, name, value)
    database.commit()


# ---------------------------------------------------------------------------------------------- before the screen


def test_without_the_red_flag_screen_there_are_no_exercises(people, signed_in, training):
    patient = people.patient(people.physio(), intake_done=False)
    press = training.plan(patient)["overhead-press"]
    browser = signed_in(patient)
    page = browser.get("/today").text
    assert "First a few questions" in page
    assert f"/today/{press.id}" not in page
    for path in (f"/today/{press.id}", f"/live/{press.id}?source=manual"):
        answer = browser.get(path)
        assert answer.status_code == 302
        assert answer.location.startswith("/check-in/intake")
    assert browser.post(f"/today/{press.id}", {"pain_before": "1", "anything_new": "no"}).location.startswith(
        "/check-in/intake"
    )


def test_the_screen_opens_the_exercises_and_leads_back_to_today(people, signed_in, training, diary):
    patient = people.patient(people.physio(), intake_done=False)
    press = training.plan(patient)["overhead-press"]
    browser = signed_in(patient)
    browser.get(browser.get(f"/today/{press.id}").location)
    answer = browser.post_json("/api/check-ins", diary.document("intake", only={"none_of_these": True}))
    assert answer.get_json()["page"] is None
    assert 'href="/today"' in browser.get(answer.get_json()["next"]).text
    assert browser.get(f"/today/{press.id}").status_code == 200
    assert f"/today/{press.id}" in browser.get("/today").text


def test_a_screen_with_an_emergency_is_stored_and_opens_nothing(people, signed_in, training, diary, database):
    patient = people.patient(people.physio(), intake_done=False)
    press = training.plan(patient)["overhead-press"]
    browser = signed_in(patient)
    partial = diary.document("intake", only={"flags": {"E_BLADDER_BOWEL": {"answer": "new"}}})
    assert browser.post_json("/api/check-ins", partial).get_json()["page"] == "/help/emergency"
    assert browser.get(f"/live/{press.id}?source=manual").location == "/help/emergency"
    database.commit()
    assert database.get(Standing, patient.id).intake_done


# ---------------------------------------------------------------------------------------------- locked


@pytest.mark.parametrize(
    ("code", "page", "words"),
    [("E_CARDIAC", "/help/emergency", "Get help first"), ("U_FEVER", "/help/urgent", "Your exercises are paused")],
)
def test_a_red_flag_locks_today_the_exercise_and_the_live_page(browser, diary, press, code, page, words):
    assert browser.post_json("/api/check-ins", diary.flagged(code)).get_json()["page"] == page
    today = browser.get("/today").text
    assert words in today
    assert f"/today/{press.id}" not in today
    assert browser.get(f"/today/{press.id}").location == page
    assert browser.get(f"/live/{press.id}?source=camera").location == page
    assert browser.post(f"/today/{press.id}", {"pain_before": "1", "anything_new": "no"}).location == page


def test_thoughts_of_self_harm_lock_as_well(browser, press):
    browser.post("/help", {"self_harm": "yes"})
    assert "Please talk to somebody now" in browser.get("/today").text
    assert browser.get(f"/live/{press.id}").location == "/help/crisis"


def test_a_doctor_soon_does_not_lock(browser, diary, press):
    assert browser.post_json("/api/check-ins", diary.flagged("D_ARM")).get_json()["page"] is None
    assert browser.get(f"/today/{press.id}").status_code == 200


def test_while_a_release_is_awaited_today_says_so_and_who_sees_it(browser, patient, press, database, people, signed_in):
    set_standing(database, patient, locked=True, level=4, page=None)
    assert "They open again when a clinician has looked" in browser.get("/today").text
    assert browser.get(f"/live/{press.id}").location == "/today"
    alone = people.solo()
    set_standing(database, alone, locked=True, level=4, page=None)
    assert "Nobody else sees this." in signed_in(alone).get("/today").text


def test_what_was_done_before_the_lock_is_still_received(browser, diary, training, press, database):
    document = training.document(press, training.set())
    browser.post_json("/api/check-ins", diary.flagged("E_CARDIAC"))
    assert browser.post_json("/api/sessions", document).status_code == 201
    assert len(database.scalars(select(TrainingSession)).all()) == 1
    # Its summary opens, and leads to no further exercise.
    page = browser.get(f"/sessions/{document['id']}")
    assert page.status_code == 200
    assert f"/today/{press.id}" not in page.text


# ---------------------------------------------------------------------------------------------- the check before it


def test_the_exercise_page_asks_for_pain_and_anything_new_before_it_starts(browser, press):
    page = browser.get(f"/today/{press.id}").text
    assert "Anything new or worse since last time?" in page
    assert "checked>" not in page
    answer = browser.post(f"/today/{press.id}", {"pain_before": "3", "anything_new": "no", "source": "camera"})
    assert answer.location == f"/live/{press.id}?source=camera"
    assert live_config(browser.get(answer.location).text)["pain_before"] == 3


@pytest.mark.parametrize(
    "given", [{}, {"pain_before": "3"}, {"anything_new": "no"}, {"pain_before": "11", "anything_new": "no"}]
)
def test_both_questions_have_to_be_answered(browser, press, given):
    answer = browser.post(f"/today/{press.id}", {**given, "source": "manual"})
    assert answer.status_code == 422
    assert "Please answer both questions" in answer.text


def test_something_new_leads_to_the_warning_signs_and_back(browser, press, database):
    answer = browser.post(f"/today/{press.id}", {"anything_new": "yes", "source": "camera"})
    assert answer.location.startswith("/check-in/flags?next=")
    browser.get(answer.location)
    done = browser.post("/check-in/flags", {"flag-D_ARM": "new"}).location
    assert f'href="/today/{press.id}"' in browser.get(done).text
    assert [row.form for row in database.scalars(select(CheckIn))] == ["flags"]
    # The check itself is asked again: it was not answered with "no".
    assert "Anything new or worse" in browser.get(f"/today/{press.id}").text


def test_whoever_does_one_exercise_after_the_other_is_asked_once(browser, press, clock):
    browser.post(f"/today/{press.id}", {"pain_before": "0", "anything_new": "no", "source": "manual"})
    page = browser.get(f"/today/{press.id}").text
    assert "Pain before: 0 of 10, nothing new." in page
    assert f"/live/{press.id}?source=manual" in page
    assert "Anything new or worse" in browser.get(f"/today/{press.id}?check=again").text
    clock.advance(timedelta(hours=3))
    assert "Anything new or worse" in browser.get(f"/today/{press.id}").text
    assert live_config(browser.get(f"/live/{press.id}?source=manual").text)["pain_before"] is None


def test_on_a_shared_computer_nobody_inherits_anothers_answer(browser, press, people, signed_in, training):
    browser.post(f"/today/{press.id}", {"pain_before": "7", "anything_new": "no", "source": "manual"})
    other = people.patient(people.physio())
    theirs = training.plan(other)["overhead-press"]
    token = signed_in(other).client.get_cookie("rhomboid_sign_in")
    browser.client.set_cookie("rhomboid_sign_in", token.value)
    assert live_config(browser.get(f"/live/{theirs.id}?source=manual").text)["pain_before"] is None


def test_a_way_to_be_counted_that_does_not_exist_leads_back(browser, press):
    answer = browser.post(f"/today/{press.id}", {"pain_before": "3", "anything_new": "no", "source": "telepathy"})
    assert answer.location == f"/today/{press.id}"


def test_pain_before_is_stored_with_the_session(browser, training, press, database):
    browser.post_json("/api/sessions", training.document(press, training.set(), pain_before=4))
    assert database.scalars(select(TrainingSession)).one().pain_before == 4


def test_an_exercise_of_somebody_else_cannot_be_begun(people, signed_in, press):
    other = signed_in(people.patient(people.physio()))
    assert other.post(f"/today/{press.id}", {"pain_before": "1", "anything_new": "no"}).status_code == 404


# ---------------------------------------------------------------------------------------------- today


def test_today_asks_for_the_check_in_in_one_row_and_says_when_it_is_done(browser, diary, patient):
    diary.tell(patient, form="intake")
    assert "on average in the last 24 hours?" in browser.get("/today").text
    diary.tell(patient)
    assert "You have checked in today" in browser.get("/today").text


def test_the_morning_after_is_asked_for_once_and_only_after_pain_was_told(
    browser, diary, patient, training, press, clock
):
    diary.tell(patient, form="intake")
    painless = training.document(press, training.set())
    first = training.document(press, training.set(), pain_before=4, pain_during=5)
    lowest = training.document(press, training.set(), pain_before=2)
    browser.post_json("/api/sessions", painless)
    clock.advance(timedelta(days=1))
    assert "this morning" not in browser.get("/today").text
    for document in (first, lowest):
        browser.post_json("/api/sessions", document)
    page = browser.get("/today").text
    assert f'data-morning="{lowest["id"]}"' in page
    assert first["id"] not in page
    assert browser.get("/check-in/morning").status_code == 200
    answer = browser.post("/check-in/morning", {"session_id": lowest["id"], "pain": "6"})
    assert answer.location == "/today"
    assert "data-morning" not in browser.get("/today").text
    assert browser.get("/check-in/morning").status_code == 404


def test_a_check_in_is_offered_while_the_exercises_are_locked(browser, diary, patient, clock):
    diary.tell(patient, form="intake")
    browser.post_json("/api/check-ins", diary.flagged("E_CARDIAC"))
    clock.advance(timedelta(days=1))
    assert "on average in the last 24 hours?" in browser.get("/today").text


# ---------------------------------------------------------------------------------------------- what it stores


def test_minutes_of_exercise_are_counted_by_day(patient, training, press, browser, database, clock):
    from tracker.training.service import minutes_by_day

    browser.post_json("/api/sessions", training.document(press, training.set()))
    by_hand = training.document(press, training.manual_set(count=15), source="manual")
    clock.advance(timedelta(days=1))
    browser.post_json("/api/sessions", {**by_hand, "started_at": clock.now().isoformat()})
    database.commit()
    today = clock.now().date()
    minutes = minutes_by_day(database, patient.id, today - timedelta(days=7), today)
    assert set(minutes) == {today, today - timedelta(days=1)}
    assert minutes[today] == 1.0  # fifteen repetitions of four seconds
    assert 0 < minutes[today - timedelta(days=1)] < 1
