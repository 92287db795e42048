"""Session review in the browser: the stick figure moves and the line on the chart with it; keys do what buttons do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, update

from tests.browser import page_checks
from tests.browser.house import until
from tests.browser.replay_page import judged_set, stored_session
from tracker.training.models import Track

pytestmark = pytest.mark.browser

REACHES = (1.0, 0.75, 1.0, 1.0, 0.75, 1.0)


@pytest.fixture(scope="module")
def patient(clinic):
    return clinic.patient(name="Ada Berg")


@pytest.fixture(scope="module")
def judged():
    return judged_set(REACHES, 10)


@pytest.fixture
def opened(clinic, patient, judged, visit):
    """The page of a session of two sets; the second came without joint positions."""
    summary, track = judged
    there = visit(clinic.admin, viewport=page_checks.DESKTOP, reduced_motion="reduce")
    there.page.goto(stored_session(clinic, patient, (summary, track), (summary, None)))
    there.page.locator("[data-opened]").wait_for()
    return there


def picture(page: Page) -> str:
    return str(page.locator("canvas[data-person]").evaluate("canvas => canvas.toDataURL()"))


def moment(page: Page) -> float:
    return float(page.get_by_role("slider", name="Moment of the set").input_value())


def line(page: Page) -> float:
    """Where the line on the chart stands, as a share of its width."""
    return float(str(page.locator(".playhead").first.get_attribute("x1")).rstrip("%")) / 100


def control(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def test_nothing_moves_by_itself_and_playing_moves_figure_line_and_clock(opened):
    page = opened.page
    expect(control(page, "Play")).to_be_visible()
    before = picture(page)
    assert moment(page) == 0
    control(page, "Play").click()
    until(page, "it plays", lambda: moment(page) > 2.5)
    control(page, "Pause").click()
    stopped = moment(page)
    assert picture(page) != before
    until_s = float(str(page.locator("[data-until]").first.get_attribute("data-until")))
    assert line(page) == pytest.approx(stopped / until_s, abs=0.001)
    expect(control(page, "Play")).to_be_visible()
    opened.watcher.check()


def test_chart_beads_and_list_lead_to_their_moment(opened, judged):
    page = opened.page
    repetitions = judged[0]["repetitions"]
    plot = page.locator(".plot").first
    box = plot.bounding_box()
    assert box is not None
    plot.click(position={"x": box["width"] / 2, "y": 60})
    until_s = float(str(page.locator("[data-until]").first.get_attribute("data-until")))
    until(page, "the chart leads there", lambda: abs(moment(page) - until_s / 2) < 0.1)
    page.locator(".bead[data-move='2']").click()
    assert moment(page) == pytest.approx(repetitions[2]["start"], abs=0.02)
    page.get_by_role("button", name="Show movement 5").click()
    until(page, "the list leads there", lambda: abs(moment(page) - repetitions[4]["start"]) < 0.02)
    expect(page.get_by_role("status").filter(has_text="Movement 5")).to_contain_text("turned back early")
    expect(page.locator(".bead[aria-current='true']")).to_have_attribute("data-move", "4")


def test_keys_do_what_the_buttons_do_while_the_replay_has_the_focus(opened, judged):
    page = opened.page
    repetitions = judged[0]["repetitions"]
    flagged = [each["start"] for each in repetitions if not each["counted"]]
    assert len(flagged) == 2
    page.keyboard.press("n")
    assert moment(page) == 0, "the focus is elsewhere"
    page.locator(".review").first.focus()
    for key, expected in (("n", flagged[0]), ("n", flagged[1]), ("n", flagged[1]), ("p", flagged[0])):
        page.keyboard.press(key)
        assert moment(page) == pytest.approx(expected, abs=0.02), key
    here = picture(page)
    at = moment(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert 0.05 < moment(page) - at < 0.25
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    assert moment(page) == 0
    page.keyboard.press("m")
    expect(control(page, "Mirror")).to_have_attribute("aria-pressed", "true")
    assert picture(page) != here
    page.keyboard.press("s")
    expect(control(page, "Left and right")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("[")
    expect(page.locator("[data-speed]")).to_contain_text("0.5")
    page.keyboard.press("End")
    page.keyboard.press("r")
    expect(control(page, "Repeat")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press(" ")
    expect(control(page, "Pause")).to_be_visible()
    page.keyboard.press(" ")
    expect(control(page, "Play")).to_be_visible()
    opened.watcher.check()


def test_the_ideal_figure_stands_where_the_person_is_in_the_movement(opened):
    page = opened.page
    drawn = page.locator("exercise-figure svg.body")
    expect(drawn).to_be_visible()
    expect(page.locator("exercise-figure button")).to_have_count(0)
    at_rest = drawn.inner_html()
    page.locator(".bead[data-move='0']").click()
    for _ in range(20):
        control(page, "One frame on").click()
    assert drawn.inner_html() != at_rest
    control(page, "To the beginning").click()
    assert drawn.inner_html() == at_rest


def test_a_set_without_joint_positions_has_its_chart_and_says_why(opened):
    second = opened.page.locator(".set-block").nth(1)
    second.scroll_into_view_if_needed()
    expect(second.locator(".plot")).to_be_visible()
    expect(second).to_contain_text("no joint positions came with this set")
    expect(second.get_by_role("button", name="Replay this set")).to_have_count(0)


@pytest.mark.parametrize("spoiled", ["unreadable", "gone"])
def test_positions_that_cannot_be_shown_leave_the_rest_of_the_page(clinic, patient, judged, visit, spoiled):
    summary, track = judged
    address = stored_session(clinic, patient, (summary, track))
    there = visit(clinic.admin, viewport=page_checks.DESKTOP)

    def spoil(route):
        with clinic.server.database() as session:
            change = delete(Track) if spoiled == "gone" else update(Track).values(blob=b"nothing")
            session.execute(change)
            session.commit()
        route.continue_()

    there.page.route(re.compile(r"/track$"), spoil)
    there.page.goto(address)
    expect(there.page.locator(".stage")).to_contain_text("expired" if spoiled == "gone" else "could not be shown")
    expect(there.page.locator(".plot")).to_be_visible()
    expect(there.page.get_by_role("table").last).to_be_visible()
