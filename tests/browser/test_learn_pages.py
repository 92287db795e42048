"""What the cards and the desk check do in a browser: breathing that begins and ends when one says so, a check by
keyboard, and the remedy that stands there as soon as the answer is no.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tracker.learn.rules import ITEMS

pytestmark = pytest.mark.browser

SIZE = "document.querySelector('.breathing .disc span').getBoundingClientRect().width"


@pytest.fixture
def quick_page(visit, clinic):
    """`quick_page(**how)`: the card with the breathing exercise, on a clock that the test moves."""

    def open_card(**how: str) -> Page:
        page: Page = visit(clinic.patient(), **how).page
        page.clock.install()
        page.goto("/learn/stress")
        expect(page.get_by_role("button", name="Begin")).to_be_visible()
        return page

    return open_card


def test_twelve_breaths_take_two_minutes_and_end_by_themselves(quick_page):
    page = quick_page()
    now = page.locator(".breathing .now")
    page.get_by_role("button", name="Begin").click()
    for breath in range(1, 13):
        expect(now).to_have_text("Breathe in")
        expect(page.locator(".breathing .count")).to_have_text(f"Breath {breath} of 12")
        page.clock.run_for(4000)
        expect(now).to_have_text("Breathe out")
        page.clock.run_for(6000)
    expect(now).to_have_text("Done. Breathe as you like.")
    expect(page.get_by_role("button", name="Begin")).to_be_focused()


def test_breathing_can_be_stopped_and_begun_again(quick_page):
    page = quick_page()
    page.get_by_role("button", name="Begin").click()
    page.clock.run_for(14_000)
    expect(page.locator(".breathing .count")).to_have_text("Breath 2 of 12")
    page.keyboard.press("Enter")  # the focus has gone to Stop
    expect(page.locator(".breathing .now")).to_have_text("Two minutes")
    page.clock.run_for(60_000)
    expect(page.locator(".breathing .now")).to_have_text("Two minutes")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".breathing .count")).to_have_text("Breath 1 of 12")


def test_the_disc_moves_as_long_as_the_breath_takes(quick_page):
    page = quick_page()
    page.get_by_role("button", name="Begin").click()
    lasts = "getComputedStyle(document.querySelector('.breathing .disc span')).transitionDuration"
    assert page.evaluate(lasts) == "4s"
    page.clock.run_for(4000)
    assert page.evaluate(lasts) == "6s"


def test_with_reduced_motion_the_disc_keeps_its_size_and_the_words_lead(quick_page):
    page = quick_page(reduced_motion="reduce")
    before = page.evaluate(SIZE)
    page.get_by_role("button", name="Begin").click()
    sizes = []
    for ms in (10, 3990, 10):
        page.clock.run_for(ms)
        sizes.append(page.evaluate(SIZE))
    assert sizes == [before] * 3
    expect(page.locator(".breathing .now")).to_have_text("Breathe out")


def test_a_desk_check_is_done_by_keyboard_and_nothing_is_lost_on_the_way(visit, clinic):
    page = visit(clinic.patient()).page
    page.goto("/desk-check")
    for item in ITEMS[:-1]:
        page.locator(f"#{item}-0").focus()
        page.keyboard.press("Space")
    page.locator("#light-0").focus()
    page.keyboard.press("ArrowRight")
    remedy = page.get_by_text("Turn the screen away from the window")
    expect(remedy).to_be_visible()
    page.get_by_role("button", name="See what to change first").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("One answer is still open")
    expect(page.locator("#light-1")).to_be_checked()
    expect(remedy).to_be_visible()
    page.get_by_role("alert").get_by_role("link", name="Room to move").press("Enter")
    expect(page.locator("#room_to_move-0")).to_be_in_viewport()
    page.locator("#room_to_move-0").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="See what to change first").press("Enter")
    expect(page.get_by_role("heading", name="Change this first")).to_be_visible()
    expect(page.get_by_role("heading", level=3)).to_have_text(["Light"])
