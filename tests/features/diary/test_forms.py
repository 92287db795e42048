"""The forms without JavaScript: a plain form stores the same entry, and a mistake keeps no red flag back."""

from __future__ import annotations

import html
import json
import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from tracker.diary import service
from tracker.diary.models import CheckIn
from tracker.diary.rules_flags import RED_FLAGS

FORMS = ("intake", "daily", "weekly", "fortnight", "monthly", "flags")
DAILY = {"none_of_these": "yes", "average": "3", "worst": "5", "interference": "2", "compared": "same"}
INTAKE = {
    "none_of_these": "yes", "average_7d": "4", "worst_7d": "6", "began_on": "2026-03-01", "examined": "no",
    "age_band": "20_50",
}  # fmt: skip


@pytest.fixture
def patient(people):
    return people.patient(people.physio())


@pytest.fixture
def browser(patient, signed_in):
    return signed_in(patient)


def rows(database) -> list[CheckIn]:
    database.commit()
    return list(database.scalars(select(CheckIn).order_by(CheckIn.received_at, CheckIn.id)))


def config(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="check-in">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(html.unescape(found.group(1)))


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_opens_with_nothing_chosen(browser, form):
    page = browser.get(f"/check-in/{form}")
    assert page.status_code == 200
    questions = page.text.partition('id="questions"')[2]
    assert "checked>" not in questions
    assert "selected>" not in questions


def test_a_form_that_does_not_exist_is_not_found(browser):
    assert browser.get("/check-in/yearly").status_code == 404


def test_a_plain_form_stores_the_same_entry_as_the_page(browser, database):
    page = browser.get("/check-in/daily").text
    fixed = hidden(page)
    answer = browser.post("/check-in/daily", {**fixed, **DAILY, "local_date": "2026-03-09", "note": "Rain."})
    assert answer.status_code == 302
    (row,) = rows(database)
    assert answer.location == f"/check-in/done/{row.id}"
    assert (str(row.id), str(row.entry_id)) == (fixed["id"], fixed["entry_id"])
    assert (row.answers["average"], row.note, row.local_date.isoformat(), row.late) == (3, "Rain.", "2026-03-09", True)
    done = browser.get(answer.location).text
    assert "Stored, for an earlier day." in done
    assert "call 112 / 911 / 999" in done


def test_a_form_sent_twice_is_stored_once(browser, database):
    given = {**hidden(browser.get("/check-in/daily").text), **DAILY}
    browser.post("/check-in/daily", given)
    assert browser.post("/check-in/daily", given).status_code == 302
    assert len(rows(database)) == 1


def test_what_is_missing_is_said_and_what_was_answered_stays(browser, database):
    given = {**hidden(browser.get("/check-in/weekly").text), "peg_pain": "4", "mood": "3"}
    answer = browser.post("/check-in/weekly", given)
    assert answer.status_code == 422
    assert "Please answer this." in answer.text
    assert re.search(r'name="peg_pain" value="4"[^>]*checked', answer.text)
    assert rows(database) == []


def test_red_flags_are_stored_at_once_when_the_rest_is_not_answered(browser, database):
    fixed = hidden(browser.get("/check-in/daily").text)
    answer = browser.post("/check-in/daily", {**fixed, "flag-E_NUMB": "new"})
    assert (answer.status_code, answer.location) == (302, "/help/emergency")
    (row,) = rows(database)
    assert (row.form, row.answers) == ("daily", {"flags": {"E_NUMB": {"answer": "new"}}, "none_of_these": False})
    # The finished form becomes the next version of the same entry.
    browser.post("/check-in/daily", {**fixed, **DAILY, "flag-E_NUMB": "new", "none_of_these": ""})
    assert {each.entry_id for each in rows(database)} == {row.entry_id}
    assert len(rows(database)) == 2


def test_a_flag_that_can_wait_is_stored_while_the_form_is_asked_again(browser, database):
    fixed = hidden(browser.get("/check-in/daily").text)
    answer = browser.post("/check-in/daily", {**fixed, "flag-D_ARM": "checked"})
    assert answer.status_code == 422
    assert hidden(answer.text)["entry_id"] == fixed["entry_id"]
    assert [row.answers["flags"] for row in rows(database)] == [{"D_ARM": {"answer": "checked"}}]


def test_the_first_screen_of_an_intake_counts_before_the_rest_is_answered(people, signed_in, database):
    patient = people.patient(people.physio(), intake_done=False)
    browser = signed_in(patient)
    answer = browser.post("/check-in/intake", {"none_of_these": "yes"})
    assert answer.status_code == 422
    assert service.screened_on(database, patient) is not None
    assert service.forms_due(database, patient, rows(database)[0].received_at) == ("intake", "daily")


def test_an_intake_with_an_impossible_date_is_asked_again_and_its_flags_are_kept(browser, database):
    answer = browser.post(
        "/check-in/intake", {**INTAKE, "none_of_these": "", "flag-U_FEVER": "new", "began_on": "2041-01-01"}
    )
    assert answer.location == "/help/urgent"
    assert any("U_FEVER" in row.answers["flags"] for row in rows(database))


def test_an_intake_says_what_is_wrong_with_its_date(browser):
    answer = browser.post("/check-in/intake", {**INTAKE, "began_on": "2041-01-01"})
    assert answer.status_code == 422
    assert "That day has not come yet." in answer.text


def test_ticking_a_flag_and_none_of_these_is_ticking_a_flag(browser, database):
    answer = browser.post("/check-in/flags", {"none_of_these": "yes", "flag-E_CARDIAC": "new"})
    assert answer.location == "/help/emergency"
    assert rows(database)[0].answers["flags"] == {"E_CARDIAC": {"answer": "new"}}


def test_a_no_to_each_warning_sign_is_an_answer(browser, database):
    every = {f"flag-{code}": "no" for code, flag in RED_FLAGS.items() if not flag.crisis}
    assert browser.post("/check-in/flags", every).status_code == 302
    assert rows(database)[0].answers == {"none_of_these": True}


def test_thoughts_of_self_harm_lead_to_somebody_to_talk_to(browser, database):
    answer = browser.post("/check-in/monthly", {"phq2-0": "3", "phq2-1": "1", "self_harm": "yes"})
    assert answer.location == "/help/crisis"
    assert rows(database)[0].answers == {"phq2": [3, 1], "self_harm": True}


def test_the_question_about_self_harm_has_to_be_answered_when_it_is_asked(browser, database):
    answer = browser.post("/check-in/monthly", {"phq2-0": "3", "phq2-1": "1"})
    assert answer.status_code == 422
    assert rows(database) == []


def test_a_flood_leads_to_help_all_the_same(browser, database, monkeypatch):
    monkeypatch.setattr(service, "MOST_VERSIONS_A_DAY", 0)
    answer = browser.post("/check-in/flags", {"flag-E_CARDIAC": "new"})
    assert answer.location == "/help/emergency"
    assert rows(database) == []
    assert browser.post("/check-in/flags", {"none_of_these": "yes"}).status_code == 429


# ---------------------------------------------------------------------------------------------- correcting


def test_an_entry_can_be_corrected_and_shows_what_was_told(browser, database, diary, patient, clock):
    document = diary.document(answers={"average": 7, "flare": True}, note="Long drive.")
    diary.tell(patient, document)
    entries = browser.get("/check-in/entries").text
    assert "7 of 10" in entries
    assert "Long drive." in entries
    page = browser.get(f"/check-in/daily?entry={document['entry_id']}").text
    assert re.search(r'name="average" value="7"[^>]*checked', page)
    assert config(page)["entry_id"] == document["entry_id"]
    assert config(page)["answers"]["flare"] is True
    clock.advance(timedelta(minutes=5))
    browser.post("/check-in/daily", {**hidden(page), **DAILY, "average": "4"})
    assert [row.answers["average"] for row in service.entries_in_force(database, patient.id)] == [4]
    assert "corrected 1 time" in browser.get("/check-in/entries").text


def test_an_entry_of_last_week_stays_as_it_is(browser, diary, patient, clock):
    document = diary.document()
    diary.tell(patient, document)
    clock.advance(timedelta(days=4))
    assert f"entry={document['entry_id']}" not in browser.get("/check-in/entries").text
    assert browser.get(f"/check-in/daily?entry={document['entry_id']}").status_code == 302


def test_an_entry_is_corrected_in_its_own_form(browser, diary, patient):
    document = diary.document()
    diary.tell(patient, document)
    assert browser.get(f"/check-in/weekly?entry={document['entry_id']}").status_code == 404
    assert browser.get(f"/check-in/daily?entry={uuid.uuid4()}").status_code == 404


def test_a_year_of_entries_is_shown_in_pages(browser, diary, patient, clock):
    for _ in range(25):
        diary.tell(patient)
        clock.advance(timedelta(days=1))
    first = browser.get("/check-in/entries").text
    second = browser.get("/check-in/entries?page=2").text
    assert "Page 1 of 2" in first
    assert first.count("Daily check-in") >= 20
    assert second.count('class="entry"') == 5
    assert browser.get("/check-in/entries?page=99").status_code == 200


# ---------------------------------------------------------------------------------------------- activities, medicines


def test_activities_get_their_names_first_and_their_scores_then(browser, database, patient):
    page = browser.get("/check-in/fortnight").text
    assert config(page)["plain"] is True
    assert browser.post("/check-in/fortnight", {"activity-1-words": "  "}).status_code == 422
    answer = browser.post("/check-in/fortnight", {"activity-1-words": "Carry the shopping", "activity-2-words": "Swim"})
    assert answer.location == "/check-in/fortnight"
    activities = service.activities_of(database, patient.id)
    assert [each.words for each in activities] == ["Carry the shopping", "Swim"]
    page = browser.get("/check-in/fortnight").text
    assert config(page)["plain"] is False
    assert "Carry the shopping" in page
    scores = {"activity-1-id": activities[0].id, "activity-1-score": "4"}
    assert browser.post("/check-in/fortnight", {**hidden(page), **scores}).status_code == 302
    assert rows(database)[0].answers == {"activities": [{"id": activities[0].id, "score": 4}]}


def test_medicines_of_last_week_are_offered_again(browser, diary, patient):
    diary.tell(patient, form="weekly", answers={"medicines": [{"name": "Ibuprofen 400", "days": 2}]})
    assert "Ibuprofen 400" in browser.get("/check-in/weekly").text


# ---------------------------------------------------------------------------------------------- what the page is told


def test_the_page_knows_the_levels_and_the_addresses_without_a_connection(browser, patient):
    told = config(browser.get("/check-in/daily").text)
    assert told["flags"]["E_NUMB"]["new"] == 4
    assert told["flags"]["E_NUMB"]["checked"] == 2
    assert told["flags"]["E_TRAUMA"]["detail_when"] == "checked"
    assert told["chest_band"]["code"] == "E_SPREAD_CHEST"
    assert told["pages"] == {"4": "/help/emergency", "3": "/help/urgent", "crisis": "/help/crisis"}
    assert (told["person"], told["today"], told["first_day"]) == (str(patient.id), "2026-03-10", "2026-03-08")
    assert told["entry_id"] is None


def test_one_tap_on_today_is_taken_over_and_rubbish_is_not(browser):
    answer = browser.post("/check-in/daily/begin", {"average": "4"})
    assert answer.location == "/check-in/daily", "pain stands in no address"
    page = browser.get(answer.location).text
    assert re.search(r'name="average" value="4"[^>]*checked', page)
    assert "checked>" not in browser.get("/check-in/daily").text.partition('id="questions"')[2], "it is taken over once"
    for rubbish in ("11", "-1", "x", ""):
        page = browser.get(browser.post("/check-in/daily/begin", {"average": rubbish}).location).text
        assert "checked>" not in page.partition('id="questions"')[2]


def test_no_page_puts_pain_into_an_address(browser):
    for path in ("/today", "/notices", "/check-in"):
        page = browser.get(path).text
        assert not re.search(r'<form[^>]*method="get"[^>]*>(?:(?!</form>).)*name="(average|now|pain)"', page, re.DOTALL)
        assert not re.search(r"[?&](average|worst|now|pain)=", page)
    assert "checked>" not in browser.get("/check-in/daily?average=4").text.partition('id="questions"')[2]


def test_after_the_entry_the_way_leads_back_to_where_the_person_came_from(browser):
    browser.get("/check-in/flags?next=/library")
    done = browser.get(browser.post("/check-in/flags", {"none_of_these": "yes"}).location).text
    assert 'href="/library"' in done
    browser.get("/check-in/flags?next=https://evil.example/")
    done = browser.get(browser.post("/check-in/flags", {"none_of_these": "yes"}).location).text
    assert "evil.example" not in done


def test_the_overview_says_what_is_open(browser, diary, patient):
    assert "Daily check-in" in browser.get("/check-in").text
    diary.tell(patient, form="intake")
    diary.tell(patient)
    page = browser.get("/check-in").text
    assert "Nothing is open" in page
    assert "You are asked once a day." in page


def test_who_has_answered_the_first_questions_is_not_told_that_they_are_needed(
    browser, diary, patient, people, signed_in
):
    fresh = people.patient(people.physio(), intake_done=False)
    assert "Needed before the first exercise." in signed_in(fresh).get("/check-in").text
    diary.tell(patient, form="intake")
    page = browser.get("/check-in").text
    assert "Needed before the first exercise." not in page
    assert 'href="/check-in/intake">Answer the first questions anew' in page


def test_three_times_a_week_is_not_granted_just_so(browser, patient, diary, database):
    diary.tell(patient, form="intake")
    answer = browser.post("/check-in/rhythm", {"rhythm": "thrice"})
    assert answer.status_code == 302
    assert service.settings_of(database, patient.id).rhythm.kind_on(diary.today(patient)) == "daily"
    assert browser.post("/check-in/rhythm", {"rhythm": "never"}).status_code == 400


def test_three_times_a_week_is_offered_and_taken(browser, patient, diary, database, clock):
    diary.tell(patient, form="intake")
    for _ in range(15):
        diary.tell(patient)
        clock.advance(timedelta(days=1))
    assert "Three times a week" in browser.get("/check-in").text
    browser.post("/check-in/rhythm", {"rhythm": "thrice"})
    database.commit()
    assert service.settings_of(database, patient.id).rhythm.kind_on(diary.today(patient)) == "thrice"
    assert "Monday, Wednesday and Friday" in browser.get("/check-in").text
