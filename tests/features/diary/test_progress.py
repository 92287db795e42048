"""One's own time line: what was told, what was done, and what may be concluded from it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.features.training.conftest import Training
from tracker.regimen.rules import EVERY_DAY


@pytest.fixture
def training(database, clock):
    return Training(database, clock)


@pytest.fixture
def patient(people):
    return people.patient(people.physio())


def tell_days(diary, patient, clock, averages):
    for average in averages:
        if average is not None:
            diary.tell(patient, answers={"average": average, "worst": min(10, average + 2)})
        clock.advance(timedelta(days=1))


def test_before_the_first_entry_the_page_says_how_it_begins(patient, signed_in):
    page = signed_in(patient).get("/progress").text
    assert "Your line begins with your first check-in" in page


def test_it_shows_pain_and_exercise_on_one_time_line(patient, signed_in, diary, training):
    plan = training.plan(patient)
    browser = signed_in(patient)
    browser.post_json("/api/sessions", training.document(plan["overhead-press"], training.set()))
    diary.tell(patient, answers={"flare": True})
    page = browser.get("/progress").text
    for words in ("Pain, on average", "Exercise (minutes)", "Sleep", "One day with a flare.", "flare"):
        assert words in page
    assert page.count('type="application/json" id="progress-') == 4


def test_a_change_of_the_plan_is_marked_and_its_beginning_is_not(patient, signed_in, diary, training, clock):
    training.plan(patient)
    clock.advance(timedelta(days=2))
    diary.tell(patient)
    browser = signed_in(patient)
    assert "plan changed" not in browser.get("/progress").text
    training.plan(patient, training.line(reps=8, weekdays=EVERY_DAY), number=1)
    assert "plan changed" in browser.get("/progress").text


def test_it_says_what_the_numbers_may_mean_and_what_not(patient, signed_in, diary, clock):
    tell_days(diary, patient, clock, [6] * 14 + [3] * 14)
    clock.advance(timedelta(days=-1))
    page = signed_in(patient).get("/progress").text
    assert "Your pain is lower than two weeks before" in page
    assert "3.0 of 10 on average in the last 14 days, 6.0 in the 14 days before" in page
    assert "do not show that one causes the other" in page
    assert "Are you worried" in page
    assert "fine" not in page.partition("<main")[2].partition("</main>")[0].replace("define", "")


def test_with_few_entries_it_says_that_it_cannot_tell(patient, signed_in, diary):
    diary.tell(patient)
    page = signed_in(patient).get("/progress").text
    assert "too few check-ins yet" in page
    assert "There is one in the last." in page


@pytest.mark.parametrize(("days", "shown"), [("84", 84), ("365", 365), ("7", 28), ("x", 28)])
def test_the_time_shown_can_be_chosen(patient, signed_in, diary, days, shown):
    diary.tell(patient)
    page = signed_in(patient).get(f"/progress?days={days}").text
    assert f'href="/progress?days={shown}" aria-current="true"' in page


def test_another_patients_line_is_not_in_it(people, patient, signed_in, diary):
    diary.tell(people.patient(people.physio()), answers={"average": 9})
    assert "Your line begins" in signed_in(patient).get("/progress").text
