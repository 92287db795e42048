"""Fixtures of the browser tests; what they are made of is in `house`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.house import (
    CHROMIUM_NAMES,
    MEDIA,
    Account,
    Clinic,
    Clip,
    Server,
    Watcher,
    find_chromium,
    launch,
    leave,
    make_clip,
    set_up_clinic,
    sign_in,
    start_server,
    stop_server,
)
from tracker.settings import PROJECT_ROOT
from tracker.web.assets import AssetsMissingError, build_assets

WITHIN_MS = 30_000
"""Bounds for a busy machine, not expectations: what must be quick says so where it is tested."""
expect.set_options(timeout=WITHIN_MS / 2)


@pytest.fixture(scope="session")
def built_assets() -> Path:
    """The folder of what browsers load, built from the sources as they are now."""
    folder = PROJECT_ROOT / "build" / "assets"
    try:
        build_assets(PROJECT_ROOT, folder)
    except AssetsMissingError as error:
        pytest.fail(str(error))
    return folder


@pytest.fixture(scope="session")
def server(built_assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The application, in use by one clinic."""
    assert built_assets.is_dir()
    running = start_server(tmp_path_factory.mktemp("data"))
    yield running
    stop_server(running)


@pytest.fixture(scope="session")
def clinic(server: Server) -> Clinic:
    return set_up_clinic(server)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser that is installed here; we never download one."""
    path = find_chromium()
    if path is None:
        reason = f"no browser is installed (looked for {', '.join(CHROMIUM_NAMES)})"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; under CI the browser tests must run")
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def playwright_session() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def plain_browser(playwright_session: Playwright, chromium: str) -> Iterator[Browser]:
    """A browser on a machine without a camera."""
    browser = launch(playwright_session, chromium)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def clip_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clip]:
    """`clip_of("overhead_press_front_x5.mp4")`: converted once per run. Skips without the recordings, fails when one
    is missing among them.
    """
    folder = tmp_path_factory.mktemp("camera")
    made: dict[str, Clip] = {}

    def give(name: str) -> Clip:
        if not MEDIA.is_dir():
            pytest.skip(f"no recordings: TRACKER_TEST_MEDIA names no folder ({MEDIA})")
        assert shutil.which("ffmpeg"), "ffmpeg is needed to turn a recording into a webcam"
        if name not in made:
            made[name] = make_clip(MEDIA / "video" / name, folder)
        return made[name]

    return give


@pytest.fixture(scope="session")
def webcam_browser(
    playwright_session: Playwright, chromium: str, clip_of: Callable[[str], Clip]
) -> Iterator[Callable[[str], Browser]]:
    """`webcam_browser(name)`: a browser whose webcam plays this recording in a loop. One per recording and run."""
    running: dict[str, Browser] = {}

    def give(name: str) -> Browser:
        if name not in running:
            running[name] = launch(playwright_session, chromium, webcam=clip_of(name).camera_file)
        return running[name]

    yield give
    for browser in running.values():
        browser.close()


@dataclass
class Visit:
    """Somebody's browser: its profile, its first page, and what it did."""

    context: BrowserContext
    page: Page
    watcher: Watcher


@pytest.fixture
def visit(server: Server, plain_browser: Browser) -> Iterator[Callable[..., Visit]]:
    """`visit(account, browser=..., **context)`: a fresh browser profile, signed in through the form."""
    opened: list[BrowserContext] = []

    def open_one(account: Account | None = None, *, browser: Browser | None = None, **options: Any) -> Visit:
        context = (browser or plain_browser).new_context(
            base_url=server.url, **{"locale": "en-GB", "timezone_id": "Europe/Berlin", **options}
        )
        opened.append(context)
        context.set_default_timeout(WITHIN_MS)
        watcher = Watcher(context, server.url)
        page = context.new_page()
        if account is not None:
            sign_in(page, account)
        return Visit(context, page, watcher)

    yield open_one
    for context in opened:
        leave(context)
