"""Pictures of every page for people to look at: `python -m tests.browser.screenshots FOLDER`.

The demo clinic, an empty clinic and an installation before set-up; phone and desktop, light and dark. Pages are found
as in the tests, by asking the application for its routes. Also a set by hand on the live page, state by state.

With `--album`, what the documentation keeps: the whole demo clinic with its year, each page once for the patient and
for the physiotherapist, as small files with lasting names. The album in `docs/images/pages` is made in this way.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.house import Server, find_chromium, launch, leave, set_up_clinic, sign_in, start_server, stop_server
from tests.browser.live_page import LivePage
from tests.browser.places import Visitor, demo_visitors, empty_visitors, first_day_visitors, pages_of
from tracker.accounts.models import Person
from tracker.accounts.service import person_by_email
from tracker.demo.crowd import crowd
from tracker.settings import PROJECT_ROOT
from tracker.web.assets import build_assets

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
SCHEMES = ("light", "dark")
ALBUM_HEIGHT = {"phone": 1900, "desktop": 1500}
ALBUM_VISITORS = ("patient", "physio")
ALBUM_QUERIES = {"clinic_pages.course": "?period=365"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """A server on a fresh data folder, stopped at the end."""
    folder.mkdir()
    running = start_server(folder)
    try:
        yield running
    finally:
        stop_server(running)


def name_of(path: str) -> str:
    """A file name for an address; ids and tokens are shortened."""
    short = UUID.sub(lambda found: found.group()[:4], urlsplit(path).path)
    return "-".join(part[:24] for part in short.split("/") if part) or "home"


class Photographer:
    """Takes a page in every size and scheme. `small`: as files that can be kept, of as much as `ALBUM_HEIGHT` shows."""

    def __init__(self, page: Page, folder: Path, *, small: bool = False) -> None:
        self.page = page
        self.folder = folder
        self.small = small
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, *, whole: bool = True) -> None:
        for size_name, size in SIZES.items():
            self.page.set_viewport_size(size)  # type: ignore[arg-type]  # width and height
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
                self.page.wait_for_load_state("networkidle")
                target = self.folder / f"{name}-{size_name}-{scheme}"
                if self.small:
                    self._take_small(target, size["width"], ALBUM_HEIGHT[size_name])
                else:
                    self.page.screenshot(path=f"{target}.png", full_page=whole)
        print(self.folder / name)

    def _take_small(self, target: Path, width: int, most: int) -> None:
        # A window as high as the page, so that what stays at the bottom of a window is at the bottom.
        height = min(most, self.page.evaluate("document.scrollingElement.scrollHeight"))
        self.page.set_viewport_size({"width": width, "height": height})
        taken = self.page.screenshot()
        self.page.set_viewport_size({"width": width, "height": SIZES["phone"]["height"]})
        picture = cv2.imdecode(np.frombuffer(taken, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        cv2.imwrite(f"{target}.webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 45])


def photograph(visitor: Visitor, browser: Browser, folder: Path) -> None:
    context = browser.new_context(base_url=visitor.server.url, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(60_000)
    page = context.new_page()
    if visitor.account:
        sign_in(page, visitor.account)
    camera = Photographer(page, folder / visitor.name.replace(" ", "-"))
    for paths in pages_of(visitor).values():
        for path in [*paths, *visitor.extra]:
            page.goto(path, wait_until="networkidle")
            if urlsplit(page.url).path == path:
                camera.take(name_of(path))
    leave(context)


def photograph_for_album(visitor: Visitor, browser: Browser, folder: Path) -> None:
    """Each page once, named after its route."""
    assert visitor.account is not None
    with visitor.server.database() as session:
        zone_name = session.get_one(Person, visitor.account.id).time_zone
    context = browser.new_context(
        base_url=visitor.server.url, locale="en-GB", timezone_id=zone_name, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    sign_in(page, visitor.account)
    camera = Photographer(page, folder / visitor.name, small=True)
    for endpoint, paths in pages_of(visitor).items():
        # What an address shows with a question behind it (an open row, a year) is the fuller picture of that page.
        asked = [extra for extra in visitor.extra if urlsplit(extra).query and urlsplit(extra).path in paths[:1]]
        for path in [*asked, *paths]:
            answer = page.goto(path + ALBUM_QUERIES.get(endpoint, ""), wait_until="networkidle")
            if answer is not None and answer.ok and urlsplit(page.url).path == urlsplit(path).path:
                camera.take(endpoint.replace("_pages.", "-").replace(".", "-").replace("_", "-"))
                break
    leave(context)


def make_album(browser: Browser, folder: Path, scratch: Path) -> None:
    """The pictures that the documentation keeps, in place of those that were there."""
    with served(scratch / "album") as server:
        for visitor in demo_visitors(server, crowd()):
            if visitor.name in ALBUM_VISITORS:
                visitor.examples.get("patient_id", []).insert(0, _with_a_year(server))
                shutil.rmtree(folder / visitor.name, ignore_errors=True)
                photograph_for_album(visitor, browser, folder)


def _with_a_year(server: Server) -> str:
    with server.database() as session:
        person = person_by_email(session, crowd()[0].story.email)
        assert person is not None
        return str(person.id)


def photograph_a_set(visitor: Visitor, browser: Browser, folder: Path) -> None:
    """A set by hand, state by state."""
    context = browser.new_context(base_url=visitor.server.url, locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    assert visitor.account is not None
    sign_in(page, visitor.account)
    camera = Photographer(page, folder / "live")
    live = LivePage(page)
    page.goto(f"/live/{visitor.examples['prescription_id'][0]}?source=manual", wait_until="networkidle")
    camera.take("1-set-up")
    live.start()
    live.in_mode("active")
    for _ in range(3):
        page.get_by_role("button", name="Count one").click()
    camera.take("2-counting", whole=False)
    live.stop_button().click()
    camera.take("3-stop", whole=False)
    page.get_by_role("group", name="Stop for today, because").get_by_role("button").first.click()
    live.in_mode("afterwards")
    camera.take("4-afterwards")
    leave(context)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--album", action="store_true", help="what the documentation keeps")
    asked = parser.parse_args()
    folder: Path = asked.folder
    executable = find_chromium()
    if executable is None:
        parser.error("no browser is installed")
    build_assets(PROJECT_ROOT, PROJECT_ROOT / "build" / "assets")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = launch(playwright, executable)
        if asked.album:
            make_album(browser, folder, Path(scratch))
            browser.close()
            return
        with served(Path(scratch) / "demo") as server:
            visitors = demo_visitors(server)
            for visitor in visitors:
                photograph(visitor, browser, folder)
            photograph_a_set(visitors[0], browser, folder)
        with served(Path(scratch) / "first") as server:
            for visitor in first_day_visitors(set_up_clinic(server)):
                photograph(visitor, browser, folder)
        with served(Path(scratch) / "empty") as server:
            for visitor in empty_visitors(server):
                photograph(visitor, browser, folder)
        browser.close()


if __name__ == "__main__":
    main()
