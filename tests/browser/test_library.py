"""The library as it is used: looking while typing, by keyboard, without scripts; figures that cost little; a timer."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.browser.house import until
from tests.browser.live_page import LivePage
from tracker.regimen.library import library, suggested
from tracker.regimen.rules import EVERY_DAY

pytestmark = pytest.mark.browser

CARDS = "li[data-exercise]"
TIMER = min(
    (definition for definition in library().values() if definition.kind == "timer" and not definition.sided),
    key=lambda definition: definition.dose.reps_range[0] * definition.dose.hold_s_range[0],
)
ROUNDS = TIMER.dose.reps_range[0]
LARGEST_PAGE = 200_000


def test_results_follow_the_form_and_the_address_can_be_shared(visit, clinic):
    there = visit(clinic.patient())
    page = there.page
    page.goto("/library")
    expect(page.locator(CARDS)).to_have_count(len(library()))
    page.get_by_label("Look for an exercise").press_sequentially("neck")
    expect(page.locator("#finder-count")).to_have_text(re.compile(rf"^\d+ exercises? of {len(library())}$"))
    page.get_by_text("Choose by aim").click()
    page.get_by_role("checkbox", name="Stretch").check()
    stretches = [each for each in library().values() if each.goal == "stretch"]
    until(page, "only stretches are left", lambda: 0 < page.locator(CARDS).count() <= len(stretches))
    until(page, "the address says so", lambda: "q=neck" in page.url and "goal=stretch" in page.url)
    shown = [card.get_attribute("data-exercise") for card in page.locator(CARDS).all()]

    page.reload()
    assert [card.get_attribute("data-exercise") for card in page.locator(CARDS).all()] == shown
    box = page.locator('input[value="stretch"]')
    expect(box).to_be_checked()

    chip = page.get_by_role("list", name="What you are looking for").get_by_role("link", name="Stretch")
    chip.focus()
    page.keyboard.press("Enter")
    expect(box).not_to_be_checked()
    expect(page.locator("#finder-count")).to_be_focused()
    until(page, "the address has forgotten it", lambda: "goal" not in page.url)
    there.watcher.check()


def test_without_scripts_the_form_opens_the_same_address(visit, clinic):
    account = clinic.patient()
    page = visit(account, java_script_enabled=False).page
    page.goto("/library")
    page.get_by_label("Look for an exercise").fill("row")
    page.get_by_role("button", name="Search").click()
    assert "q=row" in page.url
    assert 0 < page.locator(CARDS).count() < len(library())


def test_the_page_stays_light_and_figures_are_fetched_when_they_come_near(visit, clinic):
    there = visit(clinic.patient())
    page = there.page
    answer = page.goto("/library", wait_until="networkidle")
    assert answer is not None
    assert len(answer.body()) < LARGEST_PAGE
    fetched = [asked for asked in there.watcher.requests if asked.path.endswith("/figure.json")]
    assert 0 < len(fetched) < len(library()) / 2
    last = page.locator(CARDS).last
    last.scroll_into_view_if_needed()
    expect(last.locator("svg.body")).to_be_visible()
    there.watcher.check()


@pytest.mark.parametrize("wish", ["no-preference", "reduce"])
def test_a_card_moves_only_while_it_is_pointed_at(visit, clinic, wish):
    page = visit(clinic.patient(), reduced_motion=wish).page
    page.goto("/library")
    card = page.locator(CARDS).first
    drawn = card.locator("svg.body")
    expect(drawn).to_be_visible()

    def moves() -> bool:
        pictures = set()
        for _ in range(6):
            pictures.add(drawn.inner_html())
            page.wait_for_timeout(120)
        return len(pictures) > 1

    page.mouse.move(2, 2)
    assert not moves()
    card.get_by_role("link").focus()
    assert moves() == (wish == "no-preference")


FIGURE_FACTS = """(card) => {
  const outside = [...card.querySelectorAll("svg.body > svg")].filter((room) => {
    const [x, y, width, height] = room.getAttribute("viewBox").split(" ").map(Number);
    const body = room.querySelector("g").getBBox();
    return body.x < x || body.y < y || body.x + body.width > x + width || body.y + body.height > y + height;
  });
  return { outside: outside.length, works: card.querySelectorAll(".working").length };
}"""


def test_every_figure_fits_its_frame_and_shows_what_works(visit, clinic):
    page = visit(clinic.patient(), reduced_motion="reduce").page
    page.goto("/library")
    for exercise, definition in library().items():
        card = page.locator(f'li[data-exercise="{exercise}"]')
        card.scroll_into_view_if_needed()
        expect(card.locator("svg.body > svg")).to_have_count(2)
        facts = card.evaluate(FIGURE_FACTS)
        assert facts["works"] > 0, exercise
        # Movements of a few centimetres are drawn close: the legs go out of the picture.
        assert facts["outside"] == 0 or definition.figure.close, exercise


def test_a_line_of_the_editor_is_found_and_what_is_ticked_stays(visit, clinic):
    patient = clinic.patient(plan=(replace(suggested(library()["overhead-press"]), weekdays=EVERY_DAY),))
    there = visit(clinic.admin)
    page = there.page
    page.goto(f"/patients/{patient.id}/plan")
    page.get_by_label("Find one by its name").fill("chin tuck")
    expect(page.locator("#line-chin-tuck")).to_be_visible()
    expect(page.locator("#line-seated-row")).to_be_hidden()
    expect(page.locator("#line-overhead-press")).to_be_visible()
    page.get_by_role("checkbox", name="Chin tuck").check()
    page.get_by_label("Find one by its name").fill("")
    expect(page.locator("#line-seated-row")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    page.goto(f"/patients/{patient.id}/plan")
    expect(page.get_by_role("checkbox", name="Chin tuck")).to_be_checked()
    there.watcher.check()


def test_a_timer_runs_through_by_itself_and_is_stored(visit, clinic):
    seconds, _ = TIMER.dose.hold_s_range
    line = replace(suggested(TIMER), sets=1, reps=ROUNDS, hold_s=seconds, weekdays=EVERY_DAY)
    patient = clinic.patient(plan=(line,))
    there = visit(patient)
    page, live = there.page, LivePage(there.page)
    live.open_from_today(clinic.prescription_of(patient, TIMER.id), "Start the timer")
    expect(page.get_by_text("The timer guides you")).to_be_visible()
    expect(page.get_by_text("Use a video")).to_be_hidden()
    live.start()
    live.in_mode("active")
    expect(page.locator("#cue")).to_have_text("Get into position.")
    page.get_by_role("button", name="I am in place").click()
    expect(page.locator("#count-of")).to_have_text(f"Round 1 of {ROUNDS}")
    expect(page.get_by_role("button", name="Count one")).to_be_hidden()
    live.in_mode("afterwards", timeout_s=(ROUNDS * (seconds + 3)) + 30)
    live.answer(pain=0, effort=2)
    page.wait_for_url(re.compile(r"/sessions/[0-9a-f-]{36}$"))
    (stored,) = clinic.sessions_of(patient)
    (only_set,) = stored.sets
    assert only_set.count == ROUNDS
    assert only_set.held_s == pytest.approx(ROUNDS * seconds, abs=0.5)
    there.watcher.check()
