"""How much of the camera's frame rate the live page keeps, beside a page that does nothing but estimate poses.

Both pages run in one browser with the same recording as webcam, the same pose worker, model and wasm from the same
server, in turns (A B A B), so that whatever else the machine does falls on both. The bare page does the least that can
be done: it copies each picture, hands the newest one to a module worker with MediaPipe as soon as that is free, and
shows nothing: no engine, no drawing, not even the video.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from tests.browser.house import (
    MEDIA,
    Account,
    Server,
    launch,
    leave,
    make_clip,
    sign_in,
    until,
)
from tests.browser.live_page import COACH_READY_MS, LivePage

pytestmark = [pytest.mark.benchmark, pytest.mark.media]

CLIP = "overhead_press_front_x5.mp4"
ROUNDS = 3
SECONDS = 8.0
"""Of each turn."""
LEAST_SHARE = 0.9
WARM_UP_S = 2.0

BARE_PAGE = "/bare-pose-page"
BARE_SCRIPT = "/bare-pose-page.js"
BARE_HTML = (
    '<!doctype html><html lang="en"><title>Bare</title><body><video id="video" playsinline muted hidden></video>'
    f'<script type="module" src="{BARE_SCRIPT}"></script>'
)
BARE_JS = """
const urls = __URLS__;
window.looked = [];
const video = document.getElementById("video");
const wanted = { video: { width: { ideal: 640 }, frameRate: { ideal: 30 }, resizeMode: { ideal: "none" } } };
video.srcObject = await navigator.mediaDevices.getUserMedia(wanted);
await video.play();
const worker = new Worker(urls.worker, { type: "module" });
let busy = true;
let newest = null;
const send = ({ bitmap, time_s }) => {
  busy = true;
  worker.postMessage({ type: "frame", id: 1, bitmap, time_s }, [bitmap]);
};
const onPicture = async (now, facts) => {
  video.requestVideoFrameCallback(onPicture);
  const bitmap = await createImageBitmap(video);
  newest?.bitmap.close();
  newest = { bitmap, time_s: (facts.captureTime ?? now) / 1000 };
  if (!busy) next();
};
const next = () => {
  busy = false;
  if (!newest) return;
  send(newest);
  newest = null;
};
worker.onmessage = ({ data }) => {
  if (data.type === "pose") window.looked.push({ at: performance.now(), pose_ms: data.took_ms });
  next();
};
video.requestVideoFrameCallback(onPicture);
worker.postMessage({ type: "start", urls });
"""


@dataclass(frozen=True)
class Turn:
    """Pictures a second of one turn, and what they cost in milliseconds."""

    rate: float
    looked: list[dict[str, Any]]

    def of(self, name: str) -> list[float]:
        return [each[name] for each in self.looked if name in each]


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not MEDIA.is_dir():
        pytest.skip(f"no recordings: TRACKER_TEST_MEDIA names no folder ({MEDIA})")
    webcam: Path = make_clip(MEDIA / "video" / CLIP, tmp_path_factory.mktemp("camera")).camera_file
    with sync_playwright() as playwright:
        running = launch(playwright, chromium, webcam=webcam)
        yield running
        running.close()


def test_the_live_page_keeps_nine_tenths_of_the_bare_frame_rate(server, clinic, browser):
    patient = clinic.patient()
    path = f"/live/{clinic.prescription_of(patient, 'overhead-press')}"
    live: list[Turn] = []
    bare: list[Turn] = []
    for _ in range(ROUNDS):
        live.append(live_turn(server, browser, patient, path))
        bare.append(bare_turn(server, browser, patient, path))
    share = sum(turn.rate for turn in live) / sum(turn.rate for turn in bare)
    engine = [value for turn in live for value in turn.of("engine_ms")]
    pose = [value for turn in live for value in turn.of("pose_ms")]
    feedback = [value for turn in live for value in turn.of("feedback_ms")]
    print(
        f"\nlive page  {', '.join(f'{turn.rate:.1f}' for turn in live)} pictures/s, pose {median(pose):.1f} ms"
        f"\nbare page  {', '.join(f'{turn.rate:.1f}' for turn in bare)} pictures/s, "
        f"pose {median(value for turn in bare for value in turn.of('pose_ms')):.1f} ms"
        f"\nshare      {share:.3f} (at least {LEAST_SHARE})"
        f"\nengine     {median(engine):.2f} ms a picture under Pyodide (95 %: {quantiles(engine, n=20)[-1]:.2f} ms)"
        f"\nfeedback   {median(feedback):.1f} ms after the landmarks (95 %: {quantiles(feedback, n=20)[-1]:.1f} ms)"
    )
    assert share >= LEAST_SHARE


def open_context(server: Server, browser: Browser, patient: Account) -> tuple[BrowserContext, Page]:
    context = browser.new_context(base_url=server.url)
    context.set_default_timeout(60_000)
    LivePage.prepare(context)
    context.add_init_script(NOTE_LANDMARKS)
    page = context.new_page()
    sign_in(page, patient)
    return context, page


# When the landmarks of a picture arrive in the page: the worker's message, seen before the page's own listener.
NOTE_LANDMARKS = """
window.landmarksAt = 0;
const TrueWorker = window.Worker;
window.Worker = class extends TrueWorker {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      if (data.type === "pose") window.landmarksAt = performance.now();
    });
  }
};
window.feedbackTimes = [];
addEventListener("feedback", () => window.feedbackTimes.push(performance.now() - window.landmarksAt), true);
"""


def live_turn(server: Server, browser: Browser, patient: Account, path: str) -> Turn:
    """The page a patient sees, in the middle of a set: video, skeleton, count, cues, voice."""
    context, page = open_context(server, browser, patient)
    page.goto(path)
    live = LivePage(page)
    live.start()
    live.wait_until_it_counts()
    turn = measured(page, "window.seenByTest.looked", "window.feedbackTimes")
    leave(context)
    return turn


def bare_turn(server: Server, browser: Browser, patient: Account, path: str) -> Turn:
    """The pose worker alone. The addresses of worker, wasm and model are those the live page was given."""
    context, page = open_context(server, browser, patient)
    page.goto(f"{path}?source=manual")
    given = json.loads(page.locator("script#assets").text_content() or "{}")
    absolute = {name: server.url + address for name, address in given.items() if address.startswith("/")}
    urls = {
        "worker": absolute["pose_worker"],
        "bundle": absolute["vision_bundle"],
        "wasm": absolute["vision_wasm"],
        "model": absolute["model_lite"],
    }
    html = {"content_type": "text/html", "body": BARE_HTML}
    script = {"content_type": "text/javascript", "body": BARE_JS.replace("__URLS__", json.dumps(urls))}

    def answer(route: Route) -> None:
        route.fulfill(**(script if route.request.url.endswith(".js") else html))

    context.route(re.compile(re.escape(BARE_PAGE)), answer)
    page.goto(BARE_PAGE)
    until(
        page,
        "the bare page sees something",
        lambda: page.evaluate("window.looked?.length > 3"),
        within_s=COACH_READY_MS / 1000,
    )
    turn = measured(page, "window.looked")
    leave(context)
    return turn


def measured(page: Page, looked: str, feedback: str = "[]") -> Turn:
    """Let it run for a while after warming up, and take what was judged in that time."""
    page.wait_for_timeout(WARM_UP_S * 1000)
    before = page.evaluate(f"[{looked}.length, performance.now()]")
    page.wait_for_timeout(SECONDS * 1000)
    after, now, times = page.evaluate(f"[{looked}, performance.now(), {feedback}]")
    seen = after[before[0] :]
    for each, late in zip(reversed(seen), reversed(times), strict=False):
        each["feedback_ms"] = late
    return Turn(len(seen) / ((now - before[1]) / 1000), seen)
