"""Pictures of every page for people to look at: `python -m tests.browser.screenshots FOLDER`.

The demo clinic, an empty clinic and an installation before set-up; phone and desktop, light and dark. Pages are found
as in the tests, by asking the application for its routes. Also a set by hand on the live page, state by state.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.house import Server, find_chromium, launch, leave, set_up_clinic, sign_in, start_server, stop_server
from tests.browser.live_page import LivePage
from tests.browser.places import Visitor, demo_visitors, empty_visitors, first_day_visitors, pages_of
from tracker.settings import PROJECT_ROOT
from tracker.web.assets import build_assets

SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
SCHEMES = ("light", "dark")
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
    """Takes a page in every size and scheme."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, *, whole: bool = True) -> None:
        for size_name, size in SIZES.items():
            self.page.set_viewport_size(size)  # type: ignore[arg-type]  # width and height
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
                self.page.wait_for_load_state("networkidle")
                self.page.screenshot(path=self.folder / f"{name}-{size_name}-{scheme}.png", full_page=whole)
        print(self.folder / name)


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
    folder = parser.parse_args().folder
    executable = find_chromium()
    if executable is None:
        parser.error("no browser is installed")
    build_assets(PROJECT_ROOT, PROJECT_ROOT / "build" / "assets")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = launch(playwright, executable)
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
