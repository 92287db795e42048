"""Every page, for everybody: complete, accessible, usable by keyboard, narrow and zoomed, without a complaint."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import page_checks
from tests.browser.house import Server, Watcher, leave, sign_in, start_server, stop_server
from tests.browser.live_page import LivePage
from tests.browser.places import (
    Visitor,
    demo_visitors,
    empty_visitors,
    endpoints_with_pages,
    first_day_visitors,
    pages_of,
)
from tracker.app import create_app
from tracker.web.context import services_of

pytestmark = pytest.mark.browser

VISITORS = ["nobody", "patient", "physio", "locked", "new patient", "new physio", "solo", "second step", "set-up"]
Findings = dict[str, list[str]]


@pytest.fixture(scope="session")
def demo_server(built_assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second installation, for the demo clinic."""
    assert built_assets.is_dir()
    running = start_server(tmp_path_factory.mktemp("demo"))
    yield running
    stop_server(running)


@pytest.fixture(scope="session")
def empty_server(built_assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A third one, in which nobody is set up."""
    assert built_assets.is_dir()
    running = start_server(tmp_path_factory.mktemp("empty"))
    yield running
    stop_server(running)


@pytest.fixture(scope="session")
def visitor_of(request: pytest.FixtureRequest) -> Callable[[str], Visitor]:
    """`visitor_of("physio")`; the installations are made when somebody first asks."""
    makers = {
        "demo_server": lambda: demo_visitors(request.getfixturevalue("demo_server")),
        "clinic": lambda: first_day_visitors(request.getfixturevalue("clinic")),
        "empty_server": lambda: empty_visitors(request.getfixturevalue("empty_server")),
    }
    homes = dict.fromkeys(("nobody", "patient", "physio", "locked"), "demo_server") | {"set-up": "empty_server"}
    made: dict[str, Visitor] = {}

    def give(name: str) -> Visitor:
        if name not in made:
            made.update({each.name: each for each in makers[homes.get(name, "clinic")]()})
        return made[name]

    return give


@pytest.fixture(scope="session")
def walk_of(visitor_of: Callable[[str], Visitor], plain_browser: Browser) -> Callable[[str], Findings]:
    """`walk_of("physio")`: what is wrong on this visitor's pages, by check. One walk serves all checks."""
    done: dict[str, Findings] = {}

    def give(name: str) -> Findings:
        if name not in done:
            done[name] = walk(visitor_of(name), plain_browser)
        return done[name]

    return give


@contextmanager
def at_the_door(visitor: Visitor, browser: Browser) -> Iterator[tuple[Page, Watcher]]:
    """A profile of this visitor's, signed in where they can be."""
    context = browser.new_context(
        base_url=visitor.server.url,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        viewport=page_checks.DESKTOP,
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    try:
        watcher = Watcher(context, visitor.server.url)
        page = context.new_page()
        if visitor.account:
            sign_in(page, visitor.account)
        yield page, watcher
    finally:
        leave(context)


def walk(visitor: Visitor, browser: Browser) -> Findings:
    with at_the_door(visitor, browser) as (page, watcher):
        findings: Findings = defaultdict(list)
        refusals: set[int] = set()
        for path in [*chain.from_iterable(pages_of(visitor).values()), *visitor.extra]:
            status = answer(page, path)
            if status >= 400 and status in refusals:
                continue  # a page that says no looks the same wherever it is said
            if status < 300 or status >= 400:
                if arrives(page, path):
                    look(page, path, findings)
                refusals |= {status} if status >= 400 else set()
        # A page that is not there is reported by the browser itself.
        missing = ("404 (NOT FOUND)", "410 (GONE)")
        findings["complaints"] = [each for each in watcher.complaints if not any(text in each for text in missing)]
        findings["elsewhere"] = watcher.elsewhere
        return findings


def answer(page: Page, path: str) -> int:
    """What the server says to it. Asked first: most addresses are not this visitor's, and a browser takes its time."""
    return page.context.request.get(path, max_redirects=0).status


def arrives(page: Page, path: str) -> bool:
    """Open it; whether it shows a page of its own (and does not lead to another one)."""
    page.goto(path, wait_until="networkidle")
    return urlsplit(page.url).path == urlsplit(path).path


def look(page: Page, where: str, findings: Findings) -> None:
    for name, check in page_checks.CHECKS.items():
        findings[name] += [f"{where}: {sentence}" for sentence in check(page)]


@pytest.mark.parametrize("who", VISITORS)
@pytest.mark.parametrize("check", [*page_checks.CHECKS, "complaints", "elsewhere"])
def test_every_page_is_in_order(walk_of, who, check):
    findings = walk_of(who)
    assert not findings[check], "\n".join(findings[check])


def test_no_page_was_left_out(visitor_of, plain_browser, server):
    app = create_app(server.settings)
    expected = endpoints_with_pages(app)
    services_of(app).engine.dispose()
    shown = set()
    for who in VISITORS:
        visitor = visitor_of(who)
        with at_the_door(visitor, plain_browser) as (page, _watcher):
            for endpoint, paths in pages_of(visitor).items():
                if any(answer(page, path) < 300 for path in paths):
                    shown.add(endpoint)
            assert who != "second step" or [answer(page, path) for path in visitor.extra] == [200]
    # These only lead elsewhere; the second step is reached by signing in.
    assert expected - shown <= {"accounts.home", "accounts.second_step", "help_pages.outcome"}


def test_the_checks_can_fail(visit):
    page = visit().page
    page.goto("/sign-in")
    page.evaluate(
        """() => {
          document.documentElement.lang = "";
          const button = document.createElement("div");
          button.tabIndex = 0;
          button.id = "unseen";
          button.textContent = "A long line that does not fit and cannot be seen to have the focus";
          button.style.cssText = "outline: none; width: 900px";
          document.querySelector("main").append(button);
          document.querySelector("main input[type=password]").tabIndex = -1;
          const heading = document.createElement("h1");
          heading.textContent = "Another";
          heading.style.cssText = "color: #ddd; background: #fff";
          document.querySelector("main").append(heading);
        }"""
    )
    assert {"no language", "2 main headings"} <= set(page_checks.structure(page))
    assert any("color-contrast" in each for each in page_checks.accessibility(page))
    assert any("unseen" in each or "900" in each or "ends at" in each for each in page_checks.width(page))
    assert any("cannot be seen" in each for each in page_checks.keyboard(page))


def test_forms_that_are_refused_say_so_accessibly(visit, clinic):
    findings: Findings = defaultdict(list)
    nobody = visit(reduced_motion="reduce")
    nobody.page.goto("/sign-in")
    nobody.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    nobody.page.wait_for_load_state("networkidle")
    look(nobody.page, "sign-in refused", findings)
    physio = visit(clinic.physio(), reduced_motion="reduce")
    physio.page.goto("/account")
    physio.page.get_by_role("button", name="Change the password").click()
    physio.page.wait_for_load_state("networkidle")
    look(physio.page, "password refused", findings)
    assert not [sentence for found in findings.values() for sentence in found]


def test_the_live_page_is_in_order_in_every_state(visit, clinic):
    patient = clinic.patient()
    there = visit(patient, reduced_motion="reduce", viewport=page_checks.DESKTOP)
    page, live = there.page, LivePage(there.page)
    findings: Findings = defaultdict(list)

    def check(state: str) -> None:
        for name in ("accessibility", "width", "keyboard"):
            findings[name] += [f"{state}: {each}" for each in page_checks.CHECKS[name](page)]

    live.open_from_today(clinic.prescription_of(patient, "overhead-press"), "Without camera")
    check("set-up")
    live.start()
    live.in_mode("active")
    check("counting")
    page.get_by_role("button", name="Pause", exact=True).click()
    check("paused")
    page.get_by_role("button", name="Go on").first.click()
    page.get_by_role("button", name="Count one").click()
    live.stop_button().click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check("asking to stop")
    page.get_by_role("button", name="This set is done").click()
    live.in_mode("afterwards")
    check("afterwards")
    there.context.set_offline(True)
    page.get_by_role("button", name="Leave this out").click()
    live.in_mode("saved")
    check("saved")
    assert not any(findings.values()), "\n".join(each for found in findings.values() for each in found)


def test_the_live_page_can_be_used_without_a_mouse(visit, clinic):
    patient = clinic.patient()
    there = visit(patient)
    page, live = there.page, LivePage(there.page)
    page.goto(f"/live/{clinic.prescription_of(patient, 'overhead-press')}?source=manual")
    expect(live.start_button).to_be_enabled()
    live.start_button.focus()
    page.keyboard.press("Enter")
    live.in_mode("active")
    for _ in range(3):
        page.keyboard.press("+")
    expect(live.count).to_have_text("3")
    page.keyboard.press("Escape")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(live.root).not_to_have_class(re.compile("is-paused"))
    page.keyboard.press("+")
    expect(live.count).to_have_text("4")


@pytest.mark.parametrize("wish", ["no-preference", "reduce"])
def test_the_figure_moves_unless_motion_is_not_wanted(visit, clinic, wish):
    page = visit(clinic.patient(), reduced_motion=wish).page
    page.goto("/library/overhead-press")
    drawn = page.locator("exercise-figure svg.body").first
    expect(drawn).to_be_visible()

    def pictures() -> set[str]:
        """What the figure looks like over a good half of a second."""
        found = set()
        for _ in range(6):
            found.add(drawn.inner_html())
            page.wait_for_timeout(100)
        return found

    assert (len(pictures()) == 1) == (wish == "reduce")
