"""The check-in as a patient meets it: thumbs, keyboard, screen reader, without JavaScript, and in every state."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import page_checks
from tests.browser.check_in_page import CheckInPage, answers_of, at_home, stored

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SECONDS_TO_READ = 3.0
"""For a question one knows and the tap that answers it: generous for somebody who answers it every evening."""
MOST_SECONDS = 45.0
MOST_TAPS = 12


@pytest.fixture
def there(clinic, visit):
    """A patient who lives in Germany, in their browser."""
    return at_home(clinic, visit)


@pytest.fixture
def form(there):
    return CheckInPage(there.page)


# ---------------------------------------------------------------------------------------------- thumbs


def test_the_whole_check_in_takes_few_taps_and_less_than_45_seconds(clinic, visit):
    patient = clinic.patient()
    there = visit(patient, **PHONE)
    page, form = there.page, CheckInPage(there.page)
    page.goto("/today")
    began = time.monotonic()
    taps = 0

    def tap(target: Locator) -> None:
        nonlocal taps
        target.tap()
        taps += 1

    tap(page.get_by_role("group", name=re.compile("on average")).get_by_role("button", name="4", exact=True))
    expect(form.progress).to_have_text(re.compile("Question 1"))
    tap(form.none_of_these)
    numbers = (("worst", "6"), ("now", "3"), ("interference", "2"))
    for question, value in numbers:
        form.at(question)
        tap(form.shown.get_by_role("radio", name=value, exact=True))
    words = (("compared", "About the same"), ("activities", "Yes"), ("flare", "No"))
    for question, answer in words:
        form.at(question)
        tap(form.shown.get_by_role("radio", name=answer, exact=True))
    form.at("sleep")
    tap(form.shown.get_by_role("radio", name="7", exact=True))
    form.at("medicine")
    tap(form.shown.get_by_role("radio", name="No", exact=True))
    form.at("body")
    tap(form.send)
    page.wait_for_url("**/check-in/done/**")
    spent = time.monotonic() - began
    assert taps <= MOST_TAPS
    assert spent + taps * SECONDS_TO_READ < MOST_SECONDS, f"{taps} taps, {spent:.1f} s for the pages"
    (answers,) = answers_of(clinic, patient)
    assert answers == {
        "average": 4, "worst": 6, "now": 3, "interference": 2, "compared": "same", "activities": "yes",
        "flare": False, "sleep": 7, "medicine": False, "none_of_these": True,
    }  # fmt: skip
    there.watcher.check()


def test_every_button_of_the_check_in_can_be_hit_with_a_thumb(clinic, visit):
    there = visit(clinic.patient(), **PHONE)
    form = CheckInPage(there.page).open()

    def small() -> list[str]:
        found: list[str] = there.page.evaluate(
            """() => [...document.querySelectorAll("main button, main summary, main input, main a, main .face")]
              .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.matches(".visually-hidden"))
              .map((each) => [each, each.getBoundingClientRect()])
              .filter(([, box]) => box.width > 1 && (box.width < 40 || box.height < 44))
              .map(([each, { width, height }]) =>
                `${each.ariaLabel ?? each.textContent}: ${Math.round(width)} x ${Math.round(height)}`)"""
        )
        return found

    assert small() == []
    form.flag("E_GAIT").locator("summary").click()
    assert small() == []
    form.flag("E_GAIT").locator("summary").click()
    form.daily_up_to("worst")
    assert small() == []


def test_nothing_is_chosen_beforehand(form):
    form.open()
    assert form.page.locator("#questions input:checked").count() == 0
    assert form.page.locator("#questions details[open]").count() == 0


def test_a_tap_answers_and_goes_on_and_back_is_always_possible(form):
    form.open().daily_up_to("now")
    form.back.click()
    form.at("worst")
    expect(form.shown.get_by_role("radio", name="6", exact=True)).to_be_checked()
    form.page.go_back()
    form.at("average")
    form.tap(5)
    form.at("worst")
    expect(form.shown.get_by_role("radio", name="6", exact=True)).to_be_checked()
    form.tap(6)
    form.at("now")
    for question in ("worst", "average", "flags"):
        form.back.click()
        form.at(question)
    expect(form.none_of_these).to_be_checked()
    expect(form.back).to_be_hidden()


def test_what_was_tapped_on_today_is_not_asked_again_but_can_be_changed(form):
    form.page.goto("/today")
    form.page.locator(".today-check-in .number-buttons").get_by_role("button", name="7", exact=True).click()
    form.page.wait_for_url("**/check-in/daily")
    form.none_of_these.check()
    form.at("worst")
    form.back.click()
    form.at("flags")
    form.next.click()
    form.at("worst")
    form.tap(8)
    form.at("now")


def test_an_unlikely_pair_is_pointed_out_once_and_never_blocks(form):
    form.open().daily_up_to("worst")
    form.tap(2)
    expect(form.shown.get_by_role("status")).to_contain_text("lower than your average of 4")
    form.at("worst")
    form.next.click()
    form.at("now")
    form.tap(9)
    expect(form.shown.get_by_role("status")).to_contain_text("more than your worst of 2")
    form.tap(9)
    form.at("interference")


def test_what_need_not_be_answered_can_be_left_out(form, there, clinic):
    form.open().daily_up_to("now")
    expect(form.next).to_have_text("Skip")
    form.next.click()
    form.tap(1)
    form.tap("Better")
    for question in ("activities", "flare", "sleep", "medicine"):
        form.at(question)
        form.next.click()
    form.send.click()
    (row,) = stored(there, clinic)
    assert row.answers == {"average": 4, "worst": 6, "interference": 1, "compared": "better", "none_of_these": True}


def test_the_warning_signs_have_to_be_answered(form):
    form.open()
    expect(form.next).to_be_hidden()
    form.page.keyboard.press("Enter")
    expect(form.shown.get_by_role("status")).to_contain_text("None of these")
    form.at("flags")
    form.flag("U_FEVER").locator("summary").click()
    form.page.keyboard.press("Escape")
    form.none_of_these.check()
    form.at("average")
    form.back.click()
    form.tick("D_ARM", "Yes, old and already checked by a clinician")
    expect(form.none_of_these).not_to_be_checked()


def test_a_word_can_be_added_and_comes_with_the_answers(form, there, clinic):
    form.open().daily_up_to("body")
    form.page.get_by_role("textbox", name=re.compile("Anything to add")).fill("Carried a sofa.")
    form.send.click()
    (row,) = stored(there, clinic)
    assert row.note == "Carried a sofa."


def test_yesterday_can_be_filled_in(form, there, clinic):
    form.open()
    form.page.get_by_role("radio", name="Yesterday").check()
    form.daily_up_to("body")
    form.send.click()
    (row,) = stored(there, clinic)
    assert row.local_date == row.answered_at.date() - timedelta(days=1) or row.late
    assert row.late


# ---------------------------------------------------------------------------------------------- keyboard, screen reader


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, target: Locator, *, key: str = "Tab") -> None:
    """As somebody without a mouse gets there."""
    for _ in range(60):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press(key)
    pytest.fail("the tabulator key does not lead there")


def test_the_check_in_can_be_done_by_keyboard_alone(form, there, clinic):
    page = form.open().page
    tab_to(page, form.none_of_these)
    press(page, "Space")
    form.at("average")
    press(page, "4")
    form.at("worst")
    press(page, "End")
    form.at("now")
    # Arrows choose and stay, so that one can look around; Enter goes on.
    press(page, "Tab", "ArrowRight", "ArrowRight", "ArrowRight")
    form.at("now")
    chosen = form.shown.locator("input:checked").get_attribute("value")
    press(page, "Enter")
    form.at("interference")
    press(page, "0")
    form.at("compared")
    press(page, "Tab", "ArrowDown", "Enter")
    form.at("activities")
    press(page, "Tab", "ArrowDown", "ArrowUp", "Enter")
    form.at("flare")
    press(page, "Enter")
    form.at("sleep")
    press(page, "8")
    form.at("medicine")
    press(page, "Enter")
    form.at("body")
    tab_to(page, page.get_by_role("button", name="Shoulder blade, left, not marked"))
    press(page, "Enter", "6")
    expect(page.get_by_role("button", name="Shoulder blade, left, strength 6 of 10")).to_be_focused()
    tab_to(page, form.send)
    press(page, "Enter")
    page.wait_for_url("**/check-in/done/**")
    (answers,) = answers_of(clinic, there.patient)
    assert (answers["average"], answers["worst"], answers["interference"], answers["sleep"]) == (4, 10, 0, 8)
    assert (answers["now"], answers["compared"], answers["activities"]) == (int(chosen), "same", "yes")
    assert answers["body"] == [{"spot": "back-shoulder_blade-left", "intensity": 6}]
    there.watcher.check()


def test_a_screen_reader_hears_the_question_its_ends_and_how_far_it_is(form):
    form.open()
    expect(form.page.get_by_role("group", name=re.compile("New or worse since your last check-in"))).to_be_visible()
    form.none_of_these.check()
    form.at("average")
    question = form.page.get_by_role("group", name=re.compile("on average in the last 24 hours"))
    expect(question.locator("legend")).to_be_focused()
    assert re.fullmatch(r"Question 2 of \d+", form.progress.inner_text())
    expect(form.progress).to_have_role("status")
    expect(question).to_match_aria_snapshot(
        """
        - group /on average in the last 24 hours/:
          - radio "0 no pain"
          - radio "1"
          - radio "2"
          - radio "3"
          - radio "4"
          - radio "5"
          - radio "6"
          - radio "7"
          - radio "8"
          - radio "9"
          - radio "10 worst pain you can imagine"
        """
    )


def test_a_screen_reader_hears_each_warning_sign_with_its_three_answers(form):
    form.open()
    form.flag("E_GAIT").locator("summary").click()
    expect(form.flag("E_GAIT")).to_match_aria_snapshot(
        """
        - group:
          - text: /Legs unsteady/
          - group /Legs unsteady/:
            - radio "Yes, new or worse"
            - radio "Yes, old and already checked by a clinician"
            - radio "No"
        """
    )


def test_places_on_the_body_have_names_and_are_listed(form, there, clinic):
    page = form.open().page
    form.daily_up_to("body")
    page.get_by_role("button", name="Upper back, top third, middle, not marked").click()
    page.get_by_role("group", name="Upper back, top third, middle: how strong is it there?").get_by_role(
        "button", name="7", exact=True
    ).click()
    page.get_by_role("button", name="Whole body").click()
    page.get_by_role("button", name="Front", exact=True).click()
    page.get_by_role("button", name="Hand, from the front, left, not marked").click()
    page.get_by_role("button", name="2", exact=True).click()
    where = page.get_by_role("list", name="Where it hurts")
    expect(where.get_by_role("listitem")).to_have_count(2)
    where.get_by_role("button", name="Remove Hand, from the front, left").click()
    expect(where.get_by_role("listitem")).to_have_text(["Upper back, top third, middle: 7"])
    form.send.click()
    (row,) = stored(there, clinic)
    assert row.answers["body"] == [{"spot": "back-upper_thoracic-centre", "intensity": 7}]


def test_every_place_of_the_server_is_on_the_map_and_left_is_the_persons_left(form):
    page = form.open().page
    form.daily_up_to("body")
    missing = page.evaluate(
        """() => {
          const places = [...document.querySelectorAll("[data-spot-value]")].map((select) => select.dataset.spotValue);
          const drawn = [...document.querySelectorAll(".spot")].map((path) => path.dataset.spot);
          return [places.filter((spot) => !drawn.includes(spot)), drawn.filter((spot) => !places.includes(spot))];
        }"""
    )
    assert missing == [[], []]
    middle = page.get_by_role("button", name="Lower back, middle, not marked").bounding_box()
    left = page.get_by_role("button", name="Lower back, left, not marked").bounding_box()
    assert left["x"] < middle["x"]
    page.get_by_role("button", name="Front", exact=True).click()
    middle = page.get_by_role("button", name="Chest, middle, not marked").bounding_box()
    left = page.get_by_role("button", name="Chest, left, not marked").bounding_box()
    assert left["x"] > middle["x"]


# ---------------------------------------------------------------------------------------------- every state


def test_the_check_in_is_in_order_in_every_state(clinic, visit):
    there = at_home(clinic, visit, reduced_motion="reduce", viewport=page_checks.DESKTOP)
    page, form = there.page, CheckInPage(there.page)
    findings = defaultdict(list)

    def check(state: str) -> None:
        for name in ("structure", "accessibility", "width", "keyboard"):
            findings[name] += [f"{state}: {each}" for each in page_checks.CHECKS[name](page)]

    form.open()
    check("warning signs")
    form.tick("E_GAIT", "Yes, old and already checked by a clinician")
    form.tick("U_FEVER")
    check("warning signs ticked")
    form.next.click()
    check("same day")
    page.get_by_role("button", name="Go on with my answers").click()
    form.at("average")
    form.tap(4)
    form.at("worst")
    form.tap(2)
    check("scale with a hint")
    form.next.click()
    form.at("now")
    form.tap(2)
    form.at("interference")
    form.tap(2)
    form.at("compared")
    check("choice")
    form.tap("Worse")
    form.at("activities")
    form.next.click()
    form.at("flare")
    check("yes or no")
    for _ in range(3):
        form.next.click()
    form.at("body")
    check("body map")
    page.get_by_role("button", name="Shoulder blade, left, not marked").click()
    check("strength")
    page.get_by_role("button", name="6", exact=True).click()
    page.get_by_role("button", name="Whole body").click()
    check("whole body")
    there.context.set_offline(True)
    form.send.click()
    expect(page.get_by_role("region", name="Kept on this device")).to_be_visible()
    check("kept")
    there.context.set_offline(False)
    page.wait_for_url("**/help/urgent")
    form.open("flags")
    form.tick("E_WEAK")
    check("emergency")
    assert not any(findings.values()), "\n".join(each for found in findings.values() for each in found)
