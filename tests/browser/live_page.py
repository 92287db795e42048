"""The live page as a person uses it, and what it says about itself while it runs."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from statistics import median
from typing import Any, Literal

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.house import Clip, until

COACH_READY_MS = 120_000
"""MediaPipe and Pyodide start in 3 s on two free cores; a busy machine may take many times longer."""
SEEN_WITHIN_S = 60.0

NOTE_FEEDBACK = """
window.seenByTest = { looked: [], framesAtStart: null };
addEventListener("feedback", ({ detail: { phase, feedback, pose_ms, engine_ms } }) => {
  const seen = window.seenByTest;
  const { time_s, state, count, gate } = feedback;
  seen.looked.push({ phase, time_s, state, count, gate: gate?.reason, pose_ms, engine_ms, at: performance.now() });
  if (phase === "active" && seen.framesAtStart === null && ["ready", "active"].includes(state)) {
    seen.framesAtStart = document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames;
  }
}, true);
"""
"""The page announces every picture it has judged; kept here with the number of pictures the camera had shown when the
first one was good enough to count from."""

FRAMES_SINCE_START = """() => {
  const { framesAtStart } = window.seenByTest;
  if (framesAtStart === null) return -1;
  return document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames - framesAtStart;
}"""

READ_OUTBOX = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("rhomboid");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const all = opening.result.transaction("outbox").objectStore("outbox").getAll();
    all.onsuccess = () => { opening.result.close(); resolve(all.result); };
  };
})"""


def outbox_of(page: Page) -> list[dict[str, Any]]:
    """What this browser has written down and not yet handed over for good."""
    found: list[dict[str, Any]] = page.evaluate(READ_OUTBOX)
    return found


class LivePage:
    """One exercise in front of the camera, from a file, or by hand."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("#live")
        self.count = page.locator("#count")
        self.start_button = page.get_by_role("button", name="Start", exact=True)

    @staticmethod
    def prepare(context: BrowserContext) -> None:
        """Before the first page of a context is opened: write down what the live page judges."""
        context.add_init_script(NOTE_FEEDBACK)

    def open_from_today(self, prescription_id: str, way: str) -> None:
        """Today, the exercise, the check before it, and one of the ways to be counted."""
        self.page.goto("/today")
        self.page.locator(f'a[href="/today/{prescription_id}"]').first.click()
        asked = self.page.locator('label:has(input[name="pain_before"][value="2"])')
        expect(self.page.locator("form.pre-session")).to_be_visible()
        if asked.count():
            asked.click()
            self.page.get_by_role("radio", name="No", exact=True).check()
        kind: Literal["button", "link"] = "button" if asked.count() else "link"
        self.page.get_by_role(kind, name=re.compile(f"^{way}")).click()
        self.in_mode("setup")

    def in_mode(self, *names: str, timeout_s: float = 20.0) -> None:
        expect(self.root).to_have_attribute("data-mode", re.compile(f"^({'|'.join(names)})$"), timeout=timeout_s * 1000)

    def start(self) -> None:
        expect(self.start_button).to_be_enabled(timeout=COACH_READY_MS)
        self.start_button.click()

    def wait_until_it_counts(self) -> None:
        """Until the engine has found the start position."""
        self.in_mode("active", timeout_s=SEEN_WITHIN_S)
        until(
            self.page,
            "the engine sees the start position",
            lambda: self.page.evaluate(FRAMES_SINCE_START) >= 0,
            within_s=SEEN_WITHIN_S,
        )

    def wait_one_pass(self, clip: Clip, *, share: float = 1.0) -> None:
        """Until the camera has shown the clip once since counting began. Counted in the camera's own pictures: a busy
        machine plays the file more slowly, and then one pass takes longer.
        """
        wanted = round(clip.frames * share)
        until(
            self.page,
            f"{wanted} pictures of the camera",
            lambda: self.page.evaluate(FRAMES_SINCE_START) >= wanted,
            within_s=4 * clip.seconds + 30,
            every_ms=40,
        )

    def stop_button(self) -> Locator:
        return self.page.get_by_role("button", name="Stop", exact=True)

    def end_set(self) -> None:
        """Stop, and say that the set is done."""
        self.stop_button().click()
        self.page.get_by_role("button", name="This set is done").click()

    def stop_because(self, reason: str) -> None:
        self.stop_button().click()
        self.page.get_by_role("group", name="Stop for today, because").get_by_role("button", name=reason).click()

    def answer(self, *, pain: int, effort: int) -> None:
        """How it was, and save."""
        self.in_mode("afterwards")
        for question, value in (("Pain during the exercise", pain), ("Effort", effort)):
            row = self.page.get_by_role("group", name=question)
            row.locator("label").filter(has=self.page.locator(f'input[value="{value}"]')).click()
        self.page.get_by_role("button", name="Save", exact=True).click()

    def said_count(self) -> int:
        """The number of repetitions the page gives when the set is over."""
        self.in_mode("afterwards")
        sentence = self.page.locator("#afterwards-done").inner_text()
        found = re.match(r"(\d+) repetition", sentence)
        return int(found.group(1)) if found else 0

    def shown_count(self) -> int:
        """The large number while the set runs."""
        return int(self.count.inner_text())

    def story(self) -> str:
        """How the set went, for the message of a failure: pictures a second, what they cost, what the engine said."""
        looked = [each for each in self.judged() if each["phase"] == "active"]
        if len(looked) < 2:
            return f"{len(looked)} pictures were judged"
        seconds = (looked[-1]["at"] - looked[0]["at"]) / 1000
        slowest = max(after["at"] - before["at"] for before, after in pairwise(looked)) / 1000
        said = Counter(each["gate"] or each["state"] for each in looked)
        pose, engine = (median(each[name] for each in looked) for name in ("pose_ms", "engine_ms"))
        return (
            f"{len(looked)} pictures in {seconds:.1f} s, longest gap {slowest:.2f} s, "
            f"pose {pose:.0f} ms, engine {engine:.1f} ms, said {dict(said)}"
        )

    def judged(self) -> list[dict[str, Any]]:
        """What the page announced about every picture it judged."""
        found: list[dict[str, Any]] = self.page.evaluate("window.seenByTest.looked")
        return found
