"""Red flags in the browser: the screen comes at once, with or without a connection, and what was told is stored."""

from __future__ import annotations

import re
from itertools import product

import pytest
from playwright.sync_api import expect

from tests.browser import page_checks
from tests.browser.check_in_page import API, CheckInPage, answers_of, at_home, finish, stored, told_by
from tests.browser.house import until
from tests.browser.live_page import outbox_of
from tracker.diary.pages import flag_config
from tracker.diary.rules_flags import RED_FLAGS, Answer, FlagAnswer, flag_levels

pytestmark = pytest.mark.browser


@pytest.fixture
def there(clinic, visit):
    """A patient who lives in Germany, in their browser."""
    return at_home(clinic, visit)


@pytest.fixture
def form(there):
    return CheckInPage(there.page)


def test_the_device_judges_every_answer_as_the_server_does(form):
    form.open()
    single = [
        {code: {"answer": answer, "detail": detail}}
        for code, answer, detail in product(RED_FLAGS, ("no", "new", "checked"), (None, True, False))
    ]
    band = [
        {"E_SPREAD_CHEST": {"answer": one, "detail": None}, code: {"answer": other, "detail": detail}}
        for code, one, other, detail in product(RED_FLAGS, ("new", "checked"), ("new", "checked"), (None, True, False))
        if code != "E_SPREAD_CHEST"
    ]
    cases = single + band
    found = form.page.evaluate(
        """async ([flags, cases]) => {
          const script = document.querySelector('script[src*="check_in.js"]').src;
          const { levelsOf } = await import(script.replace("check_in.js", "red_flags.js"));
          const { chest_band } = JSON.parse(document.getElementById("check-in").textContent);
          return cases.map((answers) => Object.fromEntries(levelsOf(flags, chest_band, answers)));
        }""",
        [flag_config(), cases],
    )
    wanted = [
        {
            code: int(level)
            for code, level in flag_levels(
                {code: FlagAnswer(Answer(given["answer"]), given["detail"]) for code, given in case.items()}
            ).items()
        }
        for case in cases
    ]
    wrong = [(case, has, should) for case, has, should in zip(cases, found, wanted, strict=True) if has != should]
    assert not wrong, wrong[:3]


def test_an_emergency_shows_at_once_without_a_connection_and_is_stored_when_it_is_back(form, there, clinic):
    form.open()
    there.context.set_offline(True)
    form.tick("E_WEAK")
    screen = form.dialog("emergency")
    expect(screen).to_be_visible(timeout=500)
    expect(screen.get_by_role("heading")).to_have_text("What you describe can be an emergency: call 112 now.")
    expect(screen.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")
    expect(screen.get_by_role("link", name="Call 112")).to_be_focused()
    # One sentence, one button, nothing else.
    assert screen.inner_text().split("\n") == ["What you describe can be an emergency: call 112 now.", "Call 112"]
    until(form.page, "it is written down", lambda: len(outbox_of(form.page)) == 1)
    assert told_by(clinic, there.patient) == []
    there.context.set_offline(False)
    (row,) = stored(there, clinic)
    assert row.answers["flags"] == {"E_WEAK": {"answer": "new"}}
    # The page that shows it already is left alone: nobody's call button is taken away.
    form.page.wait_for_load_state("networkidle")
    expect(screen).to_be_visible()
    assert outbox_of(form.page) == []
    there.watcher.check(offline=True)


def test_a_page_that_is_closed_at_the_emergency_leaves_it_behind_and_the_next_page_leads_there(form, there, clinic):
    form.open()
    there.context.route(API, lambda route: route.abort("internetdisconnected"))
    form.tick("E_CARDIAC")
    until(form.page, "it is written down", lambda: len(outbox_of(form.page)) == 1)
    form.page.close()
    there.context.unroute(API)
    page = there.context.new_page()
    page.goto("/library")
    page.wait_for_url("**/help/emergency")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("call 112 now"))
    assert [row.answers["flags"] for row in told_by(clinic, there.patient)] == [{"E_CARDIAC": {"answer": "new"}}]


def test_who_leaves_the_emergency_can_finish_and_nothing_is_taken_back(form, there, clinic):
    form.open()
    form.tick("E_NUMB")
    expect(form.dialog("emergency")).to_be_visible()
    form.page.keyboard.press("Escape")
    expect(form.dialog("emergency")).to_be_hidden()
    form.at("flags")
    form.tick("E_NUMB", "No")
    form.none_of_these.check()
    finish(form)
    form.page.wait_for_url("**/help/emergency")
    first, last = stored(there, clinic, count=2)
    assert first.answers["flags"] == {"E_NUMB": {"answer": "new"}}
    assert last.entry_id == first.entry_id
    assert last.answers["none_of_these"] is True
    form.page.goto("/today")
    expect(form.page.get_by_role("link", name=re.compile("Start, "))).to_have_count(0)


def test_the_browsers_back_leaves_the_emergency_too(form):
    form.open()
    form.tick("E_SADDLE")
    expect(form.dialog("emergency")).to_be_visible()
    form.page.go_back()
    expect(form.dialog("emergency")).to_be_hidden()
    form.at("flags")
    expect(form.flag("E_SADDLE").get_by_role("radio", name="Yes, new or worse")).to_be_checked()


def test_the_same_day_screen_stands_alone_and_lets_finish(form, there, clinic):
    form.open()
    form.tick("U_FEVER")
    expect(form.dialog("urgent")).to_be_hidden()
    form.next.click()
    screen = form.dialog("urgent")
    expect(screen.get_by_role("heading")).to_have_text("Have this looked at by a doctor today.")
    expect(screen.get_by_role("link", name="Call 116117")).to_have_attribute("href", "tel:116117")
    stored(there, clinic)
    screen.get_by_role("button", name="Go on with my answers").click()
    expect(screen).to_be_hidden()
    finish(form)
    form.page.wait_for_url("**/help/urgent")
    expect(form.page.get_by_role("heading", level=1)).to_have_text("Have this looked at by a doctor today.")
    assert len({row.entry_id for row in stored(there, clinic, count=2)}) == 1


def test_a_second_question_is_waited_for_and_decides(form):
    form.open()
    form.tick("E_GAIT")
    expect(form.dialog("emergency")).to_be_hidden()
    expect(form.flag("E_GAIT").get_by_role("group", name="Did it come suddenly?")).to_be_visible()
    form.detail("E_GAIT", "No")
    form.page.wait_for_timeout(300)
    expect(form.dialog("emergency")).to_be_hidden()
    form.detail("E_GAIT", "Yes")
    expect(form.dialog("emergency")).to_be_visible()


def test_who_goes_on_without_the_second_question_is_taken_at_the_worst(form):
    form.open()
    form.tick("E_GAIT")
    form.next.click()
    expect(form.dialog("emergency")).to_be_visible()


def test_old_and_checked_is_noted_without_a_screen(form, there, clinic):
    form.open()
    form.tick("E_WEAK", "Yes, old and already checked by a clinician")
    form.tick("E_TRAUMA", "Yes, old and already checked by a clinician")
    form.detail("E_TRAUMA", "Yes")
    form.next.click()
    form.at("average")
    assert form.page.locator("dialog[open]").count() == 0
    assert told_by(clinic, there.patient) == []


def test_the_emergency_screen_is_white_on_deep_red_at_seven_to_one_day_and_night(form):
    form.open()
    form.tick("E_BREATH")
    for scheme in ("light", "dark"):
        form.page.emulate_media(color_scheme=scheme)
        ink, ground = form.page.evaluate(
            """() => ["color", "backgroundColor"].map((name) => getComputedStyle(
              document.querySelector(name === "color" ? "#help-emergency h2" : "#help-emergency .emergency"))[name]
              .match(/[0-9]+/g).slice(0, 3).map(Number))"""
        )
        assert _contrast(ink, ground) >= 7
        assert ink == [255, 255, 255]
        red, green, blue = ground
        assert red > 100
        assert max(green, blue) < 40


def _contrast(one, other):
    def light(colour):
        parts = [part / 255 for part in colour]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_an_unknown_country_gets_every_number_in_words_and_one_button(clinic, visit):
    form = CheckInPage(at_home(clinic, visit, country="").page).open()
    form.tick("E_TEARING")
    expect(form.dialog("emergency").get_by_role("heading")).to_contain_text("your local emergency number")
    expect(form.dialog("emergency").get_by_role("link")).to_have_count(1)


def test_thoughts_of_self_harm_lead_to_somebody_to_talk_to_at_once(form, there, clinic):
    form.open("monthly")
    expect(form.progress).to_have_text("Question 1 of 2")
    form.tap("Nearly every day")
    form.at("phq2-1")
    form.tap("Several days")
    form.at("self_harm")
    there.context.set_offline(True)
    form.tap("Yes")
    screen = form.dialog("crisis")
    expect(screen).to_be_visible(timeout=500)
    expect(screen.get_by_role("link", name="Call 0800 111 0 111")).to_have_attribute("href", "tel:08001110111")
    expect(screen.get_by_role("link", name=re.compile("Call 112"))).to_have_attribute("href", "tel:112")
    there.context.set_offline(False)
    (row,) = stored(there, clinic)
    assert row.answers == {"phq2": [3, 1], "self_harm": True}
    screen.get_by_role("button", name="Back to my answers").click()
    form.send.click()
    form.page.wait_for_url("**/help/crisis")


def test_a_better_mood_is_not_asked_about_self_harm(form, there, clinic):
    form.open("monthly")
    form.tap("Several days")
    form.at("phq2-1")
    form.tap("Not at all")
    form.send.click()
    form.page.wait_for_url("**/check-in/done/**")
    assert answers_of(clinic, there.patient) == [{"phq2": [1, 0]}]


def test_i_need_help_now_is_on_every_page_and_offers_three_doors(there):
    page = there.page
    page.goto("/library")
    page.get_by_role("link", name="Help now", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("I need help now")
    expect(page.get_by_role("link", name="Call 112")).to_be_visible()
    expect(page.get_by_role("link", name="Call 0800 111 0 111")).to_be_visible()
    page.get_by_role("link", name="Look at the warning signs").click()
    expect(CheckInPage(page).none_of_these).to_be_visible()


def test_the_crisis_screen_is_in_order(clinic, visit):
    there = at_home(clinic, visit, reduced_motion="reduce", viewport=page_checks.DESKTOP)
    page, form = there.page, CheckInPage(there.page).open("monthly")
    form.tap("Nearly every day")
    form.at("phq2-1")
    form.tap("Nearly every day")
    form.at("self_harm")
    form.tap("Yes")
    expect(form.dialog("crisis")).to_be_visible()
    found = [each for name in ("accessibility", "width", "keyboard") for each in page_checks.CHECKS[name](page)]
    assert found == []
