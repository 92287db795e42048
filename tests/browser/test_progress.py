"""Progress as a patient sees it: the sentence first, one time line below it, and the same as a table."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser import page_checks
from tests.browser.check_in_page import at_home
from tracker.clock import SystemClock, local_date
from tracker.diary.models import CheckIn

pytestmark = pytest.mark.browser

DAYS = 40
PROMISES = re.compile(r"you are (fine|well|healthy)|all is well|nothing is wrong with you", re.IGNORECASE)


@pytest.fixture
def forty_days(clinic, visit):
    """A patient who has told 40 days: 6 of 10 at first, 2 in the last two weeks."""
    there = at_home(clinic, visit, viewport=page_checks.DESKTOP, reduced_motion="reduce")
    today = local_date(SystemClock().now(), "Europe/Berlin")
    with clinic.server.database() as session:
        for back in range(1, DAYS + 1):
            day = today - timedelta(days=back)
            at = datetime.combine(day, time(18, 30), UTC)
            average = 2 if back <= 14 else 6
            session.add(
                CheckIn(
                    id=uuid.uuid4(),
                    entry_id=uuid.uuid4(),
                    patient_id=there.patient.id,
                    form="daily",
                    local_date=day,
                    time_zone="Europe/Berlin",
                    answered_at=at,
                    received_at=at,
                    answers={
                        "average": average,
                        "worst": average + 2,
                        "interference": average - 1,
                        "sleep": 7,
                        "compared": "same",
                        "none_of_these": True,
                    },
                )
            )
        session.commit()
    return there


def test_before_the_first_check_in_it_says_how_to_begin(clinic, visit):
    page = at_home(clinic, visit).page
    page.goto("/progress")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Your line begins with your first check-in")
    main.get_by_role("link", name="To the check-in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.url.endswith("/check-in")


def test_the_sentence_comes_before_the_picture_and_promises_nothing(forty_days):
    page = forty_days.page
    page.goto("/progress")
    sentence = page.locator(".meaning .sentence").first
    expect(sentence).to_contain_text("lower")
    picture = page.locator("figure.chart[data-drawn]").first
    expect(picture).to_be_visible()
    assert sentence.bounding_box()["y"] < picture.bounding_box()["y"]
    words = page.get_by_role("main").inner_text()
    assert not PROMISES.search(words)
    assert "call" in words
    forty_days.watcher.check()


def test_every_picture_is_drawn_has_words_and_is_a_table_as_well(forty_days):
    page = forty_days.page
    page.goto("/progress")
    figures = page.locator("figure.chart")
    expect(page.locator("figure.chart[data-drawn] svg").first).to_be_visible()
    assert figures.count() == page.locator("figure.chart[data-drawn]").count() >= 3
    for figure in figures.all():
        assert figure.locator(".canvas").get_attribute("aria-label")
        figure.locator("summary").click()
        assert figure.get_by_role("row").count() > 20
    page.get_by_text("Everything by day, as a table").click()
    everything = page.locator(".everything").get_by_role("row")
    expect(everything.first).to_contain_text("Day")
    expect(everything.nth(1)).to_contain_text("2")


def test_the_time_shown_can_be_chosen_by_keyboard(forty_days):
    page = forty_days.page
    page.goto("/progress")
    spans = page.get_by_role("navigation", name="Time shown")
    links = spans.get_by_role("link")
    expect(links).to_have_count(3)
    expect(links.nth(0)).to_have_attribute("aria-current", "true")
    rows = page.locator("figure.chart").first.get_by_role("row", include_hidden=True)
    expect(rows).to_have_count(28)
    links.nth(1).focus()
    page.keyboard.press("Enter")
    expect(spans.get_by_role("link").nth(1)).to_have_attribute("aria-current", "true")
    expect(rows).to_have_count(DAYS + 1)


def test_it_is_in_order_with_forty_days_in_it(forty_days):
    page = forty_days.page
    findings = defaultdict(list)
    for path in ("/progress", "/check-in/entries", "/today"):
        page.goto(path, wait_until="networkidle")
        for name, check in page_checks.CHECKS.items():
            findings[path] += [f"{name}: {each}" for each in check(page)]
    assert not any(findings.values()), findings
