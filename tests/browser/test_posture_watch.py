"""The browser watches: a place is set up, comfort and settling are told apart, minutes arrive once, and the camera runs
only while it should. Real Chromium, real pose model, a recording of somebody who slumps as the camera.
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from tests.browser import page_checks
from tests.browser.desk_page import (
    BAD,
    GOOD,
    MACHINES_READY_S,
    NOTE_VERDICTS,
    DeskPage,
    SlowClip,
    baseline_document,
    slowed,
    store_baseline,
)
from tests.browser.house import MEDIA, PASSWORD, Account, Clinic, Server, launch, sign_in, until
from tests.browser.real_tabs import real_browser
from tests.browser.test_main_job import check_no_picture
from tracker.clock import SystemClock
from tracker.posture import service
from tracker.posture.models import PostureBaseline, PostureBreak, PostureMinute, Watcher
from tracker.posture.rules import Settings

pytestmark = [pytest.mark.browser, pytest.mark.media]

WAITS_S, SITS_TALL_S, SLUMPS_S = 12.0, 11.5, 8.0
SLUMPS_AT_S = 7.0
TOLD_AFTER_S = 30.0
"""The engine says that somebody has settled when it has lasted this long."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not MEDIA.is_dir():
        pytest.skip(f"no recordings: TRACKER_TEST_MEDIA names no folder ({MEDIA})")
    assert shutil.which("ffmpeg"), "ffmpeg is needed to turn a recording into a webcam"
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def document(folder: Path) -> dict[str, Any]:
    return baseline_document(folder)


@pytest.fixture(scope="module")
def calibrating(folder: Path) -> SlowClip:
    """Somebody who waits and then does what a calibration asks, over and over."""
    return slowed("calibrating", [(GOOD, WAITS_S + SITS_TALL_S), (BAD, SLUMPS_S), (GOOD, 6.0)], folder)


@pytest.fixture(scope="module")
def slumping(folder: Path) -> SlowClip:
    """Somebody who sits tall and then slumps for long."""
    return slowed("slumping", [(GOOD, SLUMPS_AT_S), (BAD[-3:], 60.0)], folder)


@pytest.fixture(scope="module")
def at_calibration(playwright_session: Any, chromium: str, calibrating: SlowClip) -> Iterator[Browser]:
    browser = launch(playwright_session, chromium, webcam=calibrating.camera_file)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def at_desk(playwright_session: Any, chromium: str, slumping: SlowClip) -> Iterator[Browser]:
    browser = launch(playwright_session, chromium, webcam=slumping.camera_file)
    yield browser
    browser.close()


@dataclass(frozen=True)
class Seat:
    """Somebody with a calibrated place, in front of a page that may use the camera."""

    patient: Account
    calibration: Any
    there: Any
    desk: DeskPage


@pytest.fixture
def sit_down(
    clinic: Clinic, visit: Any, server: Server, at_desk: Browser, document: dict[str, Any]
) -> Callable[..., Seat]:
    """`sit_down()`: a new person sits down; the page is not open yet. Options as for `visit`."""

    def seat(**how: Any) -> Seat:
        patient = clinic.patient()
        calibration = store_baseline(server, patient, document)
        there = visit(patient, browser=at_desk, **how)
        DeskPage.prepare(there.context)
        return Seat(patient, calibration, there, DeskPage(there.page))

    return seat


def rows(server: Server, kind: type[Any], patient: Account) -> list[Any]:
    with server.database() as session:
        found = session.scalars(select(kind).where(kind.patient_id == patient.id)).all()
        session.expunge_all()
        return list(found)


def calibrations_of(desk: DeskPage, server: Server, patient: Account) -> list[PostureBaseline]:
    """As soon as the server has one."""
    found: list[PostureBaseline] = desk.wait_for(
        "the calibration on the server", lambda: rows(server, PostureBaseline, patient), within_s=20
    )
    return found


def watched_s(minutes: list[PostureMinute]) -> int:
    return sum(each.comfort_s + each.slouch_s + each.away_s + each.unknown_s for each in minutes)


# Setting a place up


def test_a_place_is_set_up_in_half_a_minute_and_watched_at_once(clinic, visit, server, at_calibration, calibrating):
    patient = clinic.patient()
    there = visit(patient, browser=at_calibration)
    DeskPage.prepare(there.context)
    desk = DeskPage(there.page)
    desk.open()
    assert there.watcher.posted("/api/posture/state") == []
    desk.ready_to_calibrate()
    # Time enough to get ready; whoever comes too late waits for the next round.
    desk.wait_for(
        "the moment to begin",
        lambda: 0 <= desk.picture_time_s() % calibrating.seconds - WAITS_S < 0.5,
        within_s=2 * calibrating.seconds,
    )
    there.page.get_by_role("button", name="Begin").click()
    asked = []
    for phase in ("look", "tall", "slouch", "moves"):
        desk.wait_for(f"the phase {phase}", lambda phase=phase: desk.phase() == phase, within_s=20)
        asked.append(there.page.locator("#phase-title").inner_text())
    assert len(set(asked)) == 4
    desk.in_mode("result", within_s=30)
    expect(there.page.locator("#zone-body")).to_be_visible()
    expect(there.page.locator("#low")).to_be_hidden()
    there.page.locator('label[for="place-laptop"]').click()
    there.page.get_by_role("button", name="Looks right").click()

    desk.in_mode("watch")
    expect(there.page.locator("#video")).to_be_hidden()
    (kept,) = desk.wait_for(
        "the calibration on the server", lambda: rows(server, PostureBaseline, patient), within_s=20
    )
    assert (kept.place_name, kept.view, kept.confidence, kept.source) == ("Laptop", "front", "normal", "browser")
    desk.wait_for(
        "a verdict with this calibration", lambda: desk.last().get("baseline_id") == str(kept.id), within_s=30
    )
    expect(there.page.locator("#place-now")).to_have_text("Laptop")
    check_no_picture(there.watcher.requests)
    there.watcher.check()


def test_who_would_rather_not_slump_is_watched_with_less_confidence(clinic, visit, server, at_calibration):
    patient = clinic.patient()
    there = visit(patient, browser=at_calibration)
    DeskPage.prepare(there.context)
    desk = DeskPage(there.page)
    desk.open()
    desk.ready_to_calibrate()
    there.page.get_by_role("button", name="Begin").click()
    for phase in ("slouch", "moves"):
        desk.wait_for(f"the phase {phase}", lambda phase=phase: desk.phase() == phase, within_s=25)
        there.page.get_by_role("button", name="I would rather not").click()
    desk.in_mode("result")
    expect(there.page.locator("#low")).to_be_visible()
    there.page.locator('label[for="place-own"]').click()
    there.page.get_by_role("button", name="Looks right").click()
    expect(there.page.get_by_text("Please give it a name.")).to_be_visible()
    there.page.get_by_label("Name of the place").fill("Kitchen table")
    there.page.get_by_role("button", name="Looks right").click()
    (kept,) = desk.wait_for(
        "the calibration on the server", lambda: rows(server, PostureBaseline, patient), within_s=20
    )
    assert (kept.place_name, kept.confidence) == ("Kitchen table", "low")

    there.page.get_by_role("button", name="Stop watching").click()
    desk.in_mode("before")
    forget = there.page.get_by_role("button", name=re.compile("orget ?: Kitchen table"))
    forget.click()
    assert rows(server, PostureBaseline, patient)[0].forgotten_at is None, "the first press only asks"
    forget.click()
    expect(there.page.get_by_text("Kitchen table is forgotten.")).to_be_visible()
    with server.database() as session:
        assert service.baselines_of(session, patient.id) == []
    there.watcher.check()


# Watching


def test_comfort_and_settling_are_told_apart_and_minutes_arrive_once(sit_down, server):
    seat = sit_down()
    patient, there, desk, calibration = seat.patient, seat.there, seat.desk, seat.calibration
    desk.open()
    desk.start()
    expect(desk.state).to_have_text("In your comfort zone.")
    begun = desk.wait_for("a score", lambda: desk.last().get("score"), within_s=10)
    assert begun >= 70
    expect(there.page.locator("#horizon")).to_have_attribute("data-state", "comfort")
    calm = sink_of(there.page)
    desk.wait_for("the score falls", lambda: desk.last()["score"] < 60, within_s=SLUMPS_AT_S + 40)
    assert sink_of(there.page) > calm + 5, "the horizon sinks"
    desk.wait_for("it is told", lambda: desk.last()["state"] == "slouch", within_s=TOLD_AFTER_S + 30)
    expect(desk.state).to_have_text("You have settled lower.")
    expect(there.page.get_by_text("A small shift might feel good.")).to_be_visible()
    assert str(calibration) == desk.last()["baseline_id"]
    desk.wait_for("it is written down", lambda: slouch_written(there.page), within_s=15)

    # Loaded again it goes on by itself, and the minute that was running is neither lost nor counted twice.
    there.page.reload()
    desk.in_mode("watch")
    desk.wait_for("a verdict after the reload", desk.verdicts, within_s=MACHINES_READY_S)
    there.context.set_offline(True)
    there.page.wait_for_timeout(2_000)
    there.page.get_by_role("button", name="Stop watching").click()
    desk.in_mode("before")
    assert not desk.camera_is_on()
    there.context.set_offline(False)
    there.page.evaluate("dispatchEvent(new Event('online'))")
    until(there.page, "nothing waits", lambda: waiting(there.page) == 0, within_s=20)
    minutes = rows(server, PostureMinute, patient)
    assert len({each.starts_at for each in minutes}) == len(minutes)
    assert len({each.watcher_id for each in minutes}) == 1
    assert all(watched_s([each]) <= 60 for each in minutes)
    told = watched_s(minutes)
    assert told >= SLUMPS_AT_S + TOLD_AFTER_S
    assert sum(each.slouch_s for each in minutes) >= 1
    there.page.reload()
    expect(there.page.locator("#before")).to_have_class("before known-now")
    assert watched_s(rows(server, PostureMinute, patient)) == told
    check_no_picture(there.watcher.requests)
    there.watcher.check(offline=True)


def sink_of(page: Page) -> float:
    """How far the horizon has sunk, in its own pixels."""
    found: str = page.locator("#horizon").evaluate("(figure) => figure.style.getPropertyValue('--sink')")
    return float(found.removesuffix("px") or 0)


WRITTEN = """() => new Promise((resolve) => {
  const opening = indexedDB.open("rhomboid-desk");
  opening.onsuccess = () => {
    const all = opening.result.transaction("waiting").objectStore("waiting").getAll();
    all.onsuccess = () => {
      opening.result.close();
      resolve(all.result);
    };
  };
})"""


def written(page: Page) -> list[dict[str, Any]]:
    """What this browser has written down."""
    found: list[dict[str, Any]] = page.evaluate(WRITTEN)
    return found


def waiting(page: Page) -> int:
    """How much of that has not been handed over."""
    return sum(entry["revision"] > entry["sent"] for entry in written(page))


def slouch_written(page: Page) -> bool:
    return any(entry["document"]["slouch_s"] for entry in written(page) if entry["kind"] == "minute")


def test_a_pause_turns_the_camera_off_and_is_remembered(sit_down, server):
    seat = sit_down()
    patient, there, desk = seat.patient, seat.there, seat.desk
    desk.open()
    desk.start()
    assert desk.camera_is_on()
    there.page.locator("#pause summary").click()
    there.page.get_by_role("button", name="For 30 minutes").click()
    expect(desk.state).to_contain_text("Paused until")
    until(there.page, "the camera is off", lambda: not desk.camera_is_on())
    paused = until(there.page, "the server knows", lambda: settings_of(server, patient).paused_until)
    assert timedelta(minutes=28) < paused - SystemClock().now() <= timedelta(minutes=30)

    there.page.reload()
    desk.in_mode("watch")
    expect(desk.state).to_contain_text("Paused until", timeout=MACHINES_READY_S * 1000)
    assert desk.page.evaluate("deskSeen.tracks.length") == 0, "the camera was not even asked for"
    there.page.get_by_role("button", name="Go on").click()
    desk.wait_for("a verdict", desk.verdicts, within_s=MACHINES_READY_S)
    assert desk.camera_is_on()

    there.page.get_by_role("button", name="Say nothing for an hour").click()
    there.page.get_by_role("switch", name="Quiet mode").check()
    until(there.page, "both are known", lambda: is_hushed(server, patient))
    there.page.reload()
    expect(there.page.get_by_role("button", name=re.compile("Silent until"))).to_be_visible()
    expect(there.page.get_by_role("switch", name="Quiet mode")).to_be_checked()
    there.watcher.check()


def settings_of(server: Server, patient: Account) -> Settings:
    """In a transaction of its own: one that stays open would keep the server from writing."""
    with server.database() as session:
        return service.settings_of(session, patient.id)


def is_hushed(server: Server, patient: Account) -> bool:
    found = settings_of(server, patient)
    return found.quiet and found.snoozed_until is not None and found.paused_until is None


def test_a_hidden_tab_goes_on_seeing(clinic, server, chromium, slumping, document, tmp_path):
    patient = clinic.patient()
    store_baseline(server, patient, document)
    with real_browser(chromium, tmp_path, slumping.camera_file) as browser:
        tab = browser.new_tab()
        tab.before_every_page(NOTE_VERDICTS)
        tab.goto(f"{server.url}/sign-in?next=/posture/watch")
        tab.evaluate(
            f"""(() => {{
              const form = document.querySelector("main form");
              form.querySelector("input[type=email], input[name=email]").value = "{patient.email}";
              form.querySelector("input[type=password]").value = "{PASSWORD}";
              form.submit();
            }})()"""
        )
        tab.until("signed in", "!location.pathname.startsWith('/sign-in')")
        tab.goto(f"{server.url}/posture/watch")
        tab.until("the known place", "document.querySelector('#start') && !document.querySelector('#start').hidden")
        tab.evaluate("document.querySelector('#start').click()")
        tab.until("a verdict", "deskSeen.verdicts.length", within_s=MACHINES_READY_S)
        browser.new_tab().bring_to_front()
        tab.until("the tab is hidden", "document.visibilityState === 'hidden'")
        before = tab.evaluate("deskSeen.verdicts.length")
        stopped = "new Promise((done) => { requestAnimationFrame(() => done(false)); setTimeout(done, 1500, true); })"
        assert tab.evaluate(stopped), "a hidden tab paints nothing, or this test shows nothing"
        # A picture that stands still would go on being judged as comfortable.
        tab.until("the slump is seen", "deskSeen.verdicts.at(-1).score < 60", within_s=SLUMPS_AT_S + 60)
        assert tab.evaluate("document.visibilityState") == "hidden"
        assert tab.evaluate("deskSeen.verdicts.length") >= before + 3
        assert tab.evaluate("deskSeen.failures") == []


# Breaks


def test_time_to_move_is_offered_and_may_be_declined(sit_down, server):
    seat = sit_down(permissions=["notifications", "camera"])
    patient, there, desk = seat.patient, seat.there, seat.desk

    def soon(route: Any) -> None:
        answer = route.fetch()
        told = answer.json()
        # And at any hour: nothing is offered in somebody's quiet hours, and this runs at night as well.
        told["settings"] |= {"break_every_s": 6, "quiet_hours_until": None}
        route.fulfill(response=answer, json=told)

    there.page.route("**/api/posture/state*", soon)
    desk.open()
    desk.start()
    offer = there.page.get_by_role("region", name="Time to move")
    expect(offer).to_be_visible(timeout=30_000)
    (offered,) = desk.wait_for("the offer on the server", lambda: rows(server, PostureBreak, patient), within_s=15)
    assert (offered.cause, offered.outcome) == ("still", None)
    link = offer.get_by_role("link", name="Take a break").get_attribute("href")
    assert link == f"/posture/break/{offered.id}"
    offer.get_by_role("button", name="Not now").click()
    expect(offer).to_be_hidden()
    desk.wait_for("the answer", lambda: rows(server, PostureBreak, patient)[0].outcome == "not_now", within_s=15)
    there.watcher.check()


# Before


def test_without_consent_it_says_how_and_what_works_without(clinic, visit):
    there = visit(clinic.patient(consents=()))
    there.page.goto("/posture/watch")
    expect(there.page.get_by_role("heading", name="You have not agreed to the camera")).to_be_visible()
    main = there.page.get_by_role("main")
    assert main.get_by_role("link", name="Your account").get_attribute("href") == "/account#consents"
    expect(main.get_by_role("link", name="Take a break now")).to_be_visible()
    expect(there.page.locator("#desk")).to_have_count(0)
    there.watcher.check()


REFUSE = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '%s'));"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("", "No camera was found. Plug one in"),
        (REFUSE % "NotAllowedError", "Allow it in the browser"),
        (REFUSE % "NotReadableError", "in use by another program"),
        ("Object.defineProperty(window, 'isSecureContext', { value: false });", "begins with https"),
    ],
    ids=["none", "refused", "busy", "insecure"],
)
def test_a_camera_that_cannot_be_used_has_a_remedy(clinic, visit, script, words):
    there = visit(clinic.patient())
    there.context.add_init_script(script)
    desk = DeskPage(there.page)
    desk.open()
    button = there.page.get_by_role("button", name="Set up this place")
    if button.is_enabled():
        button.click()
    expect(there.page.get_by_role("alert")).to_contain_text(words)
    desk.in_mode("before")
    there.watcher.check()


def test_another_watcher_is_told_of(clinic, visit, server):
    patient = clinic.patient()
    at = SystemClock().now()
    with server.database() as session:
        session.add(
            Watcher(id=uuid.uuid4(), patient_id=patient.id, kind="agent", name="Workroom", created_at=at, seen_at=at)
        )
        session.commit()
    there = visit(patient)
    DeskPage(there.page).open()
    expect(there.page.get_by_text("The program on “Workroom” is watching already.")).to_be_visible()
    there.watcher.check()


def test_two_tabs_do_not_watch_at_once(sit_down):
    seat = sit_down()
    there, desk = seat.there, seat.desk
    desk.open()
    desk.start()
    second = DeskPage(there.context.new_page())
    second.open()
    second.page.get_by_role("button", name="Start watching").click()
    expect(second.page.get_by_role("alert")).to_contain_text("Another tab")
    second.in_mode("before")
    there.watcher.check()


def test_a_place_that_cannot_be_read_is_named_and_the_others_are_watched(sit_down, server):
    seat = sit_down()
    of_old = {"engine_version": "0.9.0", "view": "front", "confidence": "normal"}
    store_baseline(server, seat.patient, of_old, name="Kitchen table")
    seat.desk.open()
    seat.desk.start()
    page = seat.there.page
    page.get_by_role("button", name="Stop watching").click()
    expect(page.get_by_role("listitem").filter(has_text="Kitchen table")).to_contain_text("please set it up anew")
    expect(page.get_by_role("listitem").filter(has_text="Desk")).to_contain_text("from the front")
    seat.there.watcher.check()


def test_the_camera_of_one_person_does_not_go_on_for_the_next_in_the_same_tab(clinic, visit, server, at_desk, document):
    first, second = clinic.patient(), clinic.patient()
    for each in (first, second):
        store_baseline(server, each, document)
    there = visit(first, browser=at_desk)
    DeskPage.prepare(there.context)
    desk = DeskPage(there.page)
    desk.open()
    desk.start()
    there.context.clear_cookies()  # signed out without having stopped
    sign_in(there.page, second)
    desk.open()
    there.page.wait_for_timeout(1500)
    desk.in_mode("before")
    assert desk.page.evaluate("deskSeen.tracks.length") == 0, "the camera was not even asked for"


def test_signing_out_in_another_tab_turns_the_camera_off_at_once(sit_down):
    seat = sit_down()
    there, desk = seat.there, seat.desk
    desk.open()
    desk.start()
    assert desk.camera_is_on()
    other = there.context.new_page()
    other.goto("/account")
    other.locator("form[action$='/sign-out'] button").first.evaluate("(button) => button.form.requestSubmit()")
    other.wait_for_url(re.compile("/sign-in"))
    until(there.page, "the camera is off", lambda: not desk.camera_is_on(), within_s=10)
    desk.in_mode("before")
    expect(desk.page.get_by_role("alert")).to_contain_text("not signed in")


def test_a_link_from_elsewhere_starts_no_camera(sit_down):
    seat = sit_down()
    there = seat.there
    there.page.goto("/posture/watch?start=1")
    expect(there.page.locator("#before")).to_have_class("before known-now")
    there.page.wait_for_timeout(1500)
    DeskPage(there.page).in_mode("before")
    assert there.page.evaluate("deskSeen.tracks.length") == 0, "the camera was not even asked for"


# Minutes, by themselves

ROUND_AN_HOUR = """async (url) => {
  const { add, openBucket, wholeMinute } = await import(url);
  let carried; let told = 0; let exact = 0; let most = 0;
  for (let minute = 0; minute < 60; minute += 1) {
    const bucket = openBucket(minute);
    for (let part = 0; part < 6; part += 1) {
      const tally = { comfort_s: 6.53 + part / 100, slouch_s: 3.19, away_s: 0, unknown_s: 0.24, changes: 0, stands: 0,
                      movement: 0.5, still_s: 9, score: 80, view: "front", baseline_id: null };
      exact += tally.comfort_s;
      add(bucket, tally);
    }
    const { minute: whole, left } = wholeMinute(bucket, carried);
    carried = left;
    told += whole.comfort_s;
    most = Math.max(most, whole.comfort_s + whole.slouch_s + whole.away_s + whole.unknown_s);
  }
  return { told, exact, most };
}"""


def test_minutes_have_whole_seconds_and_an_hour_stays_an_hour(clinic, visit):
    page = visit(clinic.patient()).page
    page.goto("/posture/watch")
    script = page.locator('script[type="module"][src$="posture.js"]').get_attribute("src")
    found = page.evaluate(ROUND_AN_HOUR, script.replace("posture.js", "posture_minutes.js"))
    assert found["most"] <= 60
    assert abs(found["told"] - found["exact"]) <= 1


# Accessible in every state


def test_every_state_is_in_order(sit_down):
    seat = sit_down(reduced_motion="reduce", viewport=page_checks.DESKTOP)
    there, desk = seat.there, seat.desk
    page = there.page
    findings: dict[str, list[str]] = defaultdict(list)

    def check(state: str) -> None:
        for name in page_checks.CHECKS:
            findings[name] += [f"{state}: {each}" for each in page_checks.CHECKS[name](page)]

    desk.open()
    check("before")
    desk.ready_to_calibrate("Set up another place")
    check("ready")
    page.get_by_role("button", name="Begin").click()
    desk.wait_for("a phase", lambda: desk.phase() != "ready", within_s=15)
    check("a phase")
    page.get_by_role("button", name="Cancel").first.click()
    desk.in_mode("before")
    desk.start()
    check("watching")
    # The two that take their time to appear.
    page.evaluate("for (const id of ['offer', 'said', 'recalibrate-note']) document.getElementById(id).hidden = false")
    check("an offer")
    page.locator("#pause summary").click()
    page.get_by_role("button", name="For 30 minutes").click()
    expect(desk.state).to_contain_text("Paused")
    check("paused")
    assert not any(findings.values()), "\n".join(each for found in findings.values() for each in found)
