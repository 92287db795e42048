"""The camera of the desk is off when somebody stops while it is still getting ready, signs out, or somebody else signs
in; and nobody sees another person's places in a tab that was left open. Real Chromium; what the camera shows does not
matter.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk_page import DeskPage, store_baseline
from tests.browser.house import Account, Server, launch, sign_in, until
from tests.unit.exercises import sitting

pytestmark = [pytest.mark.browser]


@pytest.fixture(scope="module")
def at_desk(playwright_session: Any, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    webcam: Path = tmp_path_factory.mktemp("grey") / "grey.mjpeg"
    grey = ["-f", "lavfi", "-i", "color=gray:size=320x240:rate=10:duration=2"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *grey, "-f", "mjpeg", str(webcam)], check=True, timeout=60)
    browser = launch(playwright_session, chromium, webcam=webcam)
    yield browser
    browser.close()


def at_the_desk(visit: Any, server: Server, browser: Browser, patient: Account, place: str = "Desk") -> DeskPage:
    store_baseline(server, patient, sitting.document(), place)
    there = visit(patient, browser=browser)
    DeskPage.prepare(there.context)
    desk = DeskPage(there.page)
    desk.open()
    return desk


def sign_out(page: Page) -> None:
    """As every page's menu does."""
    token = page.locator('meta[name="csrf-token"]').get_attribute("content")
    assert page.request.post("/sign-out", headers={"X-CSRF-Token": token or ""}).ok


def ask_now(page: Page) -> None:
    """What the page asks every two minutes, it asks now."""
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 150000; }")


def test_who_stops_while_it_gets_ready_is_not_watched(clinic, visit, server, at_desk):
    desk = at_the_desk(visit, server, at_desk, clinic.patient())
    desk.page.get_by_role("button", name="Start watching").click()
    desk.in_mode("watch")
    desk.page.get_by_role("button", name="Stop watching").click()
    desk.in_mode("before")
    # Both machines are ready by the time at which one could begin to calibrate: nothing is on its way any more.
    desk.ready_to_calibrate("Set up another place")
    desk.page.get_by_role("button", name="Cancel").first.click()
    desk.in_mode("before")
    assert desk.page.evaluate("deskSeen.tracks.length") == 1, "the camera was asked for to calibrate, and once only"
    assert not desk.camera_is_on()


def test_signing_out_in_another_tab_ends_watching(clinic, visit, server, at_desk):
    desk = at_the_desk(visit, server, at_desk, clinic.patient())
    desk.start()
    assert desk.camera_is_on()
    sign_out(desk.page)
    ask_now(desk.page)
    until(desk.page, "the camera is off", lambda: not desk.camera_is_on())
    desk.in_mode("before")
    expect(desk.page.get_by_role("alert")).to_contain_text("sign in")


def test_somebody_else_who_signs_in_is_not_shown_in_the_tab_before(clinic, visit, server, at_desk):
    desk = at_the_desk(visit, server, at_desk, clinic.patient(), "Desk of the first")
    other = clinic.patient()
    store_baseline(server, other, sitting.document(), "Desk of the second")
    desk.start()
    sign_out(desk.page)
    second = desk.page.context.new_page()
    sign_in(second, other)
    ask_now(desk.page)
    until(desk.page, "the camera is off", lambda: not desk.camera_is_on())
    expect(desk.page.locator("#places")).not_to_contain_text("Desk of the second")
