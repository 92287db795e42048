"""The desk check without scripts: ten answers, what to change first, what is missing, when it comes round again."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from tracker.learn import rules, service
from tracker.learn.models import DeskCheck
from tracker.learn.views import desk_check_row, desk_check_row_today

YES = dict.fromkeys(rules.ITEMS, "yes")


@pytest.fixture
def patient(people):
    return people.patient(people.physio())


@pytest.fixture
def browser(patient, signed_in):
    return signed_in(patient)


@pytest.fixture
def later(patient, signed_in, clock):
    """`later(days)`: the browser of the same person, signed in again after so many days."""

    def open_again(days: int):
        clock.advance(timedelta(days=days))
        return signed_in(patient)

    return open_again


def rows(database) -> list[DeskCheck]:
    database.commit()
    return list(database.scalars(select(DeskCheck).order_by(DeskCheck.created_at)))


def fixed(page: str) -> dict[str, str]:
    found = re.search(r'name="check_id" type="hidden" value="([^"]+)"', page)
    assert found is not None
    return {"check_id": found[1]}


def first_named(page: str) -> list[str]:
    return re.findall(r"<h3>([^<]+)</h3>", page)


def test_the_first_time_the_ten_questions_are_there_with_nothing_chosen(browser):
    page = browser.get("/desk-check").text
    assert page.count("<fieldset") == 10
    assert page.count('type="radio"') == 30
    assert " checked" not in page.partition("desk-items")[2]
    assert "no evidence of less pain" in page


def test_the_answers_say_what_to_change_first_and_what_can_wait(browser, database, patient):
    given = YES | {"armrests": "no", "light": "no", "room_to_move": "no", "laptop": "no", "phone": "not_here"}
    answer = browser.post("/desk-check", {**fixed(browser.get("/desk-check").text), **given})
    assert (answer.status_code, answer.location) == (302, "/desk-check")
    page = unescape(browser.get("/desk-check").text)
    assert first_named(page) == ["Room to move", "Laptop", "Light"]
    later = page.partition("This can wait")[2].partition("</section>")[0]
    assert "Shoulders and arms" in later
    assert "5 of 9 fit" in page
    (row,) = rows(database)
    assert (row.patient_id, row.local_date, row.answers) == (patient.id, date(2026, 3, 10), given)


def test_what_is_missing_is_said_and_what_was_answered_stays(browser, database):
    given = {key: value for key, value in YES.items() if key not in {"light", "phone"}} | {"laptop": "no"}
    answer = browser.post("/desk-check", {**fixed(browser.get("/desk-check").text), **given})
    assert answer.status_code == 422
    assert "2 answers are still open" in answer.text
    assert answer.text.count("Please choose an answer.") == 2
    assert re.search(r'id="laptop-1" value="no" checked', answer.text)
    assert answer.text.count(" checked>") == 8
    assert re.search(r'<a href="#light-0">Light</a>', answer.text)
    assert rows(database) == []


@pytest.mark.parametrize("strange", ["maybe", "", "YES", "x" * 10_000, "<b>"])
def test_an_answer_nobody_offered_is_none(browser, database, strange):
    answer = browser.post("/desk-check", {**fixed(browser.get("/desk-check").text), **YES, "light": strange})
    assert answer.status_code == 422
    assert "One answer is still open" in answer.text
    assert rows(database) == []


def test_a_form_sent_twice_is_one_check(browser, database):
    given = {**fixed(browser.get("/desk-check").text), **YES}
    for _ in range(2):
        assert browser.post("/desk-check", given).status_code == 302
    assert len(rows(database)) == 1


def test_an_id_of_somebody_else_tells_nothing_and_takes_nothing(browser, people, signed_in, database, patient):
    given = {**fixed(browser.get("/desk-check").text), **YES}
    browser.post("/desk-check", given)
    other = people.patient(people.physio())
    assert signed_in(other).post("/desk-check", {**given, "light": "no"}).status_code == 302
    assert [(row.patient_id, row.answers["light"]) for row in rows(database)] == [(patient.id, "yes"), (other.id, "no")]


@pytest.mark.parametrize("strange", ["", "not-an-id", "1"])
def test_a_form_that_lost_its_id_is_kept_all_the_same(browser, database, strange):
    assert browser.post("/desk-check", {**YES, "check_id": strange}).status_code == 302
    assert len(rows(database)) == 1


def test_checks_are_compared_with_the_one_before(browser, later):
    browser.post("/desk-check", {**YES, "light": "no", "phone": "no", "check_id": str(uuid.uuid4())})
    browser = later(90)
    questions = browser.get("/desk-check/questions").text
    assert questions.count("Last time: No") == 2
    browser.post("/desk-check", {**YES, "phone": "no", "check_id": str(uuid.uuid4())})
    page = unescape(browser.get("/desk-check").text)
    assert "Better since last time: Light." in page
    assert first_named(page) == ["Phone"]
    assert "Open last time as well." in page
    assert re.findall(r'<th scope="col">([^<]+)</th>', page) == ["Item", "8 June 2026", "10 March 2026"]


def test_a_desk_where_all_fits_is_told_to_keep_moving(browser):
    browser.post("/desk-check", {**YES, "check_id": str(uuid.uuid4())})
    page = browser.get("/desk-check").text
    assert "Nothing to change" in page
    assert 'href="/learn/movement-breaks"' in page
    assert "Look again on 8 June 2026" in page


def test_somebody_without_a_desk_is_left_alone(browser):
    browser.post("/desk-check", {**dict.fromkeys(rules.ITEMS, "not_here"), "check_id": str(uuid.uuid4())})
    assert "None of it applies" in browser.get("/desk-check").text


def test_a_year_of_checks_is_shown_and_no_more(later):
    for _ in range(6):
        browser = later(90)
        browser.post("/desk-check", {**YES, "check_id": str(uuid.uuid4())})
    assert browser.get("/desk-check").text.count('<th scope="col">') == 1 + service.MOST_SHOWN


def test_a_script_cannot_fill_the_disk(browser, database):
    for _ in range(service.MOST_A_DAY):
        assert browser.post("/desk-check", {**YES, "check_id": str(uuid.uuid4())}).status_code == 302
    assert browser.post("/desk-check", {**YES, "check_id": str(uuid.uuid4())}).status_code == 429
    assert len(rows(database)) == service.MOST_A_DAY


def test_the_day_mentions_a_check_only_when_it_comes_round_again_and_for_two_weeks(later):
    def mentioned(days: int) -> bool:
        return 'href="/desk-check/questions"' in later(days).get("/today").text

    assert not mentioned(0), "not everybody has a desk"
    later(0).post("/desk-check", {**YES, "check_id": str(uuid.uuid4())})
    assert [mentioned(days) for days in (0, 89, 1, 13, 1, 400)] == [False, False, True, True, False, False]


def test_posture_leads_to_a_desk_check_that_was_never_made_and_to_one_that_is_due(browser, later):
    assert 'href="/desk-check/questions"' in browser.get("/posture").text
    browser.post("/desk-check", {**YES, "check_id": str(uuid.uuid4())})
    assert 'href="/desk-check/questions"' not in browser.get("/posture").text
    assert 'href="/desk-check/questions"' in later(300).get("/posture").text


def test_the_desk_s_own_page_is_offered_the_first_one_and_every_later_one(app, browser, database, patient, clock):
    def row(function):
        database.commit()
        with app.test_request_context():
            return function(database, patient, clock.now())

    assert row(desk_check_row)["first"] is True
    assert row(desk_check_row_today) is None
    browser.post("/desk-check", {**YES, "check_id": str(uuid.uuid4())})
    assert row(desk_check_row) is None
    clock.advance(timedelta(days=200))
    late = row(desk_check_row)
    assert late["first"] is False
    assert "10 March 2026" in late["text"]
    assert row(desk_check_row_today) is None


def test_the_day_is_the_patient_s_own(people, signed_in, database, clock):
    clock.advance(timedelta(hours=11))
    far = people.patient(people.physio(), time_zone="Pacific/Auckland")
    signed_in(far).post("/desk-check", {**YES, "check_id": str(uuid.uuid4())})
    assert rows(database)[0].local_date == date(2026, 3, 11)


def test_staff_have_no_desk_here(people, signed_in):
    assert signed_in(people.physio()).get("/desk-check").status_code == 403
