"""The day at the desk and a break, in a browser: the band, the answers by keyboard, and the way to the coach."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.browser import page_checks
from tests.browser.house import leave, until
from tracker.accounts.models import Person
from tracker.clock import SystemClock
from tracker.posture import pairing_service, service
from tracker.posture.models import PostureBreak
from tracker.posture.rules import Minute

pytestmark = pytest.mark.browser

MINUTE = timedelta(minutes=1)
NOON_ZONE = f"Etc/GMT{SystemClock().now().hour - 12:+d}"
"""A zone in which it is about noon, so that a morning at the desk lies in one day. (Its name has the sign reversed.)"""
AT_HOME = {"timezone_id": NOON_ZONE, "viewport": page_checks.DESKTOP, "reduced_motion": "reduce"}


@pytest.fixture
def sitter(server, clinic):
    """A patient whose browser has watched for three hours and a half, in every kind of minute."""
    account = clinic.patient(plan=())
    with server.database() as session:
        person = session.get_one(Person, account.id)
        person.time_zone = NOON_ZONE
        at = SystemClock().now().replace(second=0, microsecond=0)
        watcher = pairing_service.browser_of(session, person, uuid.uuid4(), name="Firefox", version="1.0.0", at=at)
        told = [Minute(at - number * MINUTE, **seconds_of(number), changes=number % 9 == 0) for number in range(2, 210)]
        service.receive_minutes(session, patient=person, watcher=watcher, minutes=told, received_at=at)
        session.commit()
    return account


def seconds_of(number):
    kinds = ("comfort_s", "comfort_s", "slouch_s", "unknown_s", "away_s")
    return {kinds[number // 15 % len(kinds)]: 60, "still_s": number % 15 * 60}


def test_the_day_fits_every_width_in_light_and_dark_and_by_keyboard(visit, sitter):
    page = visit(sitter, **AT_HOME).page
    for path in ("/posture", "/posture/week", "/posture/settings", "/posture/break"):
        page.goto(path, wait_until="networkidle")
        for name, check in page_checks.CHECKS.items():
            assert check(page) == [], f"{path}: {name}"


def test_the_band_keeps_each_minute_visible_on_a_phone(visit, sitter):
    page = visit(sitter, timezone_id=NOON_ZONE, viewport={"width": 360, "height": 740}).page
    page.goto("/posture")
    picture = page.get_by_role("img", name=re.compile(r"^Today\. From \d\d:\d\d to \d\d:\d\d\."))
    expect(picture).to_be_visible()
    frame = picture.bounding_box()
    bars = [bar.bounding_box() for bar in picture.locator("rect[class^=bar-]").all()]
    assert all(
        frame["x"] - 1 <= bar["x"] and bar["x"] + bar["width"] <= frame["x"] + frame["width"] + 1 for bar in bars
    )
    heights = {
        kind: picture.locator(f"rect.bar-{kind}").first.bounding_box()["height"]
        for kind in ("comfort", "slouch", "unknown", "away")
    }
    assert sorted(set(heights.values()), reverse=True) == list(heights.values()), "height tells the kinds apart"


def test_a_break_is_answered_with_one_key_and_one_calm_sentence(visit, sitter):
    page = visit(sitter, **AT_HOME).page
    page.goto("/posture")
    page.get_by_role("link", name="Take a break now").click()
    expect(page.get_by_role("heading", name="Shoulder blade squeeze")).to_be_visible()
    expect(page.locator("exercise-figure svg").first).to_be_visible()
    page.get_by_role("button", name="Not now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("All right. It comes again later.")).to_be_visible()
    page.goto("/posture/break")
    expect(page.get_by_role("heading", name="Chin tuck")).to_be_visible()
    page.get_by_role("button", name="I moved").click()
    expect(page.get_by_text("Good. Every change counts.")).to_be_visible()


def test_everything_works_without_a_script(visit, sitter, plain_browser, server):
    signed_in = visit(sitter, **AT_HOME)
    context = plain_browser.new_context(
        base_url=server.url, java_script_enabled=False, storage_state=signed_in.context.storage_state()
    )
    page = context.new_page()
    page.goto("/posture")
    expect(page.locator("svg.band-picture")).to_be_visible()
    earlier = (SystemClock().now() - timedelta(days=3)).date().isoformat()
    page.get_by_label("Day", exact=True).fill(earlier)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing was watched on this day.")).to_be_visible()
    page.goto("/posture/break")
    page.get_by_role("button", name="I moved").click()
    expect(page.get_by_text("Good. Every change counts.")).to_be_visible()
    leave(context)


def test_the_exercise_of_a_break_without_camera_credits_it(visit, sitter, server):
    page = visit(sitter, **AT_HOME).page
    page.goto("/posture/break?exercise=sit-to-stand")
    page.get_by_role("button", name="Without the camera").click()
    page.wait_for_url("**/live/break/sit-to-stand?source=manual**")
    page.get_by_role("button", name="Start", exact=True).click()
    for _ in range(5):
        page.get_by_role("button", name="Count one").click(timeout=30_000)
    page.locator("#set-done").click()
    page.locator("#afterwards-skip").click()
    # On a busy machine it is on its way for a while.
    row = until(page, "the break is credited", lambda: taken_break(server, sitter), within_s=30)
    assert (row.exercise, row.credited_by) == ("sit-to-stand", "exercise")


def taken_break(server, account):
    with server.database() as session:
        taken = (PostureBreak.patient_id == account.id, PostureBreak.outcome == "taken")
        return session.scalars(select(PostureBreak).where(*taken)).one_or_none()
