"""The other forms of the diary in the browser: weekly, every two weeks, the intake; corrections; and every form without
JavaScript.
"""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.check_in_page import CheckInPage, answers_of, at_home, live_in, stored, told_by
from tracker.accounts.models import Person
from tracker.clock import SystemClock
from tracker.diary.service import Activity, save_activities

pytestmark = pytest.mark.browser


@pytest.fixture
def there(clinic, visit):
    """A patient who lives in Germany, in their browser."""
    return at_home(clinic, visit)


@pytest.fixture
def form(there):
    return CheckInPage(there.page)


def test_the_weekly_form_takes_medicines_by_days(form, there, clinic):
    form.open("weekly")
    for question, value in (("peg_pain", 5), ("peg_enjoyment", 4), ("peg_activity", 3), ("mood", 6), ("stress", 2)):
        form.at(question)
        form.tap(value)
    form.at("medicines")
    page = form.page
    first = page.get_by_role("group", name="Medicine 1")
    first.get_by_role("textbox").fill("Ibuprofen")
    first.get_by_role("group", name=re.compile("how many")).get_by_role("radio", name="3", exact=True).check()
    page.get_by_role("button", name="Another medicine").click()
    second = page.get_by_role("group", name="Medicine 2")
    expect(second.get_by_role("textbox")).to_be_focused()
    second.get_by_role("textbox").fill("Paracetamol")
    second.get_by_role("radio", name="7", exact=True).check()
    form.next.click()
    form.at("over_label")
    form.tap("No")
    form.at("body")
    form.send.click()
    (row,) = stored(there, clinic)
    assert [row.answers[key] for key in ("peg_pain", "peg_enjoyment", "peg_activity")] == [5, 4, 3]
    assert [row.answers[key] for key in ("mood", "stress")] == [6, 2]
    assert [each["days"] for each in row.answers["medicines"]] == [3, 7]
    assert "Ibuprofen" not in json.dumps(row.answers), "names are kept apart, encrypted"
    page.wait_for_url("**/check-in/done/*")
    page.goto("/check-in/entries")
    expect(page.get_by_role("main")).to_contain_text("Ibuprofen")


def test_own_activities_are_scored_one_by_one(form, there, clinic):
    with clinic.server.database() as session:
        person = session.get_one(Person, there.patient.id)
        save_activities(session, person, [Activity("a", "Carry shopping"), Activity("b", "Sit")], SystemClock().now())
        session.commit()
    form.open("fortnight")
    for words, value in (("Carry shopping", "4"), ("Sit", "8")):
        form.page.get_by_role("group", name=words, exact=True).get_by_role("radio", name=value, exact=True).check()
    form.send.click()
    (row,) = stored(there, clinic)
    assert row.answers["activities"] == [{"id": "a", "score": 4}, {"id": "b", "score": 8}]


def test_the_intake_begins_with_the_warning_signs_and_opens_the_exercises(clinic, visit):
    patient = live_in(clinic, clinic.patient(intake_done=False), "DE")
    there = visit(patient)
    form = CheckInPage(there.page).open("intake")
    page = form.page
    form.none_of_these.check()
    form.at("average_7d")
    form.tap(5)
    form.at("worst_7d")
    form.tap(7)
    form.at("body")
    form.next.click()
    form.at("symptoms")
    page.get_by_role("checkbox", name="Stiff, tight").check()
    form.next.click()
    form.at("began_on")
    form.shown.locator("input").fill("2026-01-15")
    form.next.click()
    form.at("examined")
    form.tap("Yes")
    form.at("examined_on")
    form.next.click()
    form.at("causes")
    form.next.click()
    form.at("age_band")
    form.tap("20 to 50")
    form.at("cautions")
    form.next.click()
    form.at("work")
    form.tap("Mostly sitting")
    form.at("kit")
    page.get_by_role("checkbox", name="A mat").check()
    form.next.click()
    form.at("activities")
    page.get_by_role("textbox", name="Activity 1").fill("Lift my child")
    page.get_by_role("textbox", name=re.compile("able to do again")).fill("Swim")
    form.send.click()
    page.wait_for_url("**/check-in/done/**")
    (row,) = told_by(clinic, patient)
    assert row.answers["examined"] is True
    assert (row.answers["symptoms"], row.answers["kit"], row.answers["work"]) == (["stiffness"], ["mat"], "sitting")
    assert row.note == "Swim"
    page.goto("/today")
    expect(page.get_by_role("link", name=re.compile("Start, "))).to_be_visible()


def test_an_entry_can_be_corrected_and_its_history_stays(form, there, clinic):
    form.open().daily_up_to("body")
    form.send.click()
    form.page.wait_for_url("**/check-in/done/**")
    form.page.goto("/check-in/entries")
    form.page.get_by_role("link", name=re.compile("Correct")).click()
    worst = form.page.get_by_role("group", name=re.compile("at its worst"))
    expect(worst.get_by_role("radio", name="6", exact=True)).to_be_checked()
    worst.get_by_role("radio", name="8", exact=True).check()
    form.page.locator("#check-in-send").click()
    form.page.wait_for_url("**/check-in/done/**")
    before, after = told_by(clinic, there.patient)
    assert before.entry_id == after.entry_id
    assert (before.answers["worst"], after.answers["worst"]) == (6, 8)
    form.page.goto("/check-in/entries")
    expect(form.page.get_by_role("main")).to_contain_text("corrected 1 time")


# ---------------------------------------------------------------------------------------------- without JavaScript


@pytest.fixture
def plain(clinic, visit):
    """A patient whose browser runs no script."""
    return at_home(clinic, visit, java_script_enabled=False)


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f'input[name="{name}"][value="{value}"]').check(force=True)


def test_without_javascript_it_is_one_long_form(plain, clinic):
    page = plain.page
    page.goto("/check-in/daily")
    for name, value in (
        ("none_of_these", "yes"), ("average", "4"), ("worst", "5"), ("interference", "3"), ("compared", "worse"),
        ("flare", "yes"),
    ):  # fmt: skip
        choose(page, name, value)
    page.locator("summary").filter(has_text=re.compile("^Back$")).click()
    page.get_by_label("Shoulder blade, left").select_option("6")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile("/check-in/done/"))
    (answers,) = answers_of(clinic, plain.patient)
    assert (answers["average"], answers["worst"], answers["flare"], answers["compared"]) == (4, 5, True, "worse")
    assert answers["body"] == [{"spot": "back-shoulder_blade-left", "intensity": 6}]


def test_without_javascript_a_red_flag_comes_first_whatever_else_is_missing(plain, clinic):
    page = plain.page
    page.goto("/check-in/daily")
    page.locator('[data-flag="E_BLADDER_BOWEL"] summary').click()
    choose(page, "flag-E_BLADDER_BOWEL", "new")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile("/help/emergency"))
    expect(page.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")
    assert [row.answers["flags"] for row in told_by(clinic, plain.patient)] == [{"E_BLADDER_BOWEL": {"answer": "new"}}]


def test_without_javascript_what_is_missing_is_said(plain):
    page = plain.page
    page.goto("/check-in/daily")
    choose(page, "average", "4")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("None of these")
    expect(page.locator('input[name="average"][value="4"]')).to_be_checked()
