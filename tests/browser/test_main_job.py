"""The main job: somebody exercises in front of the camera, and what the page shows, what is stored and what the physio
sees is the same, true number. The picture stays on the device, and nothing is lost or doubled on a bad connection.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.house import Asked, until
from tests.browser.live_page import LivePage, outbox_of
from tracker.training.models import Track

pytestmark = [pytest.mark.browser, pytest.mark.media]

PRESS = ("overhead_press_front_x5.mp4", "overhead-press", 5)
ROW = ("seated_row_oblique_x4.mp4", "seated-row", 4)
CLIPS = pytest.mark.parametrize(("clip_name", "exercise", "truth"), [PRESS, ROW], ids=["press", "row"])

IMAGES = {
    "JPEG": b"\xff\xd8\xff",
    "PNG": b"\x89PNG\r\n",
    "GIF": b"GIF8",
    "WebP": b"WEBPVP8",
    "WebM": b"\x1a\x45\xdf\xa3",
    "MP4": b"ftyp",
    "data address": b"data:image",
}
LONGEST_TEXT = 2_000
BYTES_PER_TRACK_FRAME = 8 + 33 * 3 * 2
"""A time and 33 joints of x, y, visibility: no room for pixels."""


def packed_texts(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Every text in a document that is too long to be words."""
    if isinstance(value, str):
        return [(path, value)] if len(value) > LONGEST_TEXT else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, inner in items for found in packed_texts(inner, f"{path}.{key}")]


def check_track(packed: str) -> None:
    """Joints and nothing else: as many bytes as the header's frames need."""
    unpacked = gzip.decompress(base64.b64decode(packed, validate=True))
    header, _, rest = unpacked.partition(b"\n")
    assert len(rest) == json.loads(header)["frames"] * BYTES_PER_TRACK_FRAME


def check_no_picture(requests: list[Asked]) -> None:
    """No body that leaves the device holds a picture: right types, no known signature, nothing large unexplained."""
    for asked in requests:
        if not asked.body:
            continue
        assert asked.content_type.split(";")[0] in {"application/json", "application/x-www-form-urlencoded"}, asked.url
        for kind, signature in IMAGES.items():
            assert signature not in asked.body, f"{kind} in {asked.url}"
            spelled = base64.b64encode(signature[: len(signature) // 3 * 3])
            assert len(spelled) < 8 or spelled not in asked.body, f"{kind} in {asked.url}"
        if asked.content_type.startswith("application/json"):
            for path, text in packed_texts(json.loads(asked.body)):
                assert re.fullmatch(r"\.sets\.\d+\.track", path), f"a long text at {path} of {asked.url}"
                check_track(text)
        else:
            assert len(asked.body) < LONGEST_TEXT


def physio_sees(page: Page, patient_id: Any, session_id: Any) -> tuple[int, int]:
    """From the list of patients to the session: the number in the heading, and the rows that counted."""
    page.goto("/patients")
    page.locator(f'a[href$="/patients/{patient_id}"]').first.click()
    page.locator(f'a[href$="/sessions/{session_id}"]').first.click()
    line = page.locator("section header p", has_text="counted").first.inner_text()
    heading = re.search(r"(\d+) of \d+ counted", line)
    assert heading is not None, line
    ledger = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name="Counted"))
    return int(heading.group(1)), ledger.locator("tbody tr .verdict-yes").count()


@CLIPS
def test_shown_stored_and_seen_by_the_physio_are_the_same_number(
    clinic, visit, webcam_browser, clip_of, server, clip_name, exercise, truth
):
    physio = clinic.physio()
    patient = clinic.patient(physio)
    there = visit(patient, browser=webcam_browser(clip_name))
    LivePage.prepare(there.context)
    live = LivePage(there.page)

    live.open_from_today(clinic.prescription_of(patient, exercise), "With the camera")
    live.start()
    live.wait_until_it_counts()
    live.wait_one_pass(clip_of(clip_name))
    live.end_set()
    shown, story = live.said_count(), live.story()
    live.answer(pain=1, effort=4)
    there.page.wait_for_url(re.compile(r"/sessions/[0-9a-f-]{36}$"))

    (stored,) = clinic.sessions_of(patient)
    (only_set,) = stored.sets
    summary = there.page.locator("output.big").inner_text()
    assert [shown, only_set.count, int(summary)] == [truth] * 3, story
    assert (stored.source, stored.pain_during, stored.effort, stored.stop_reason) == ("camera", 1, 4, "finished")
    assert sum(repetition.counted for repetition in only_set.repetitions) == truth
    with server.database() as session:
        track = session.get(Track, only_set.id)
        assert track is not None, "the patient agreed to storing landmarks"

    desk = visit(physio)
    assert physio_sees(desk.page, patient.id, stored.id) == (truth, truth)

    seen = {asked.path.rpartition("/")[2] for asked in there.watcher.requests}
    # The machines' own files are fetched by workers: the watcher sees workers, or its silence would mean nothing.
    assert {"pose_landmarker_lite.task", "pyodide.asm.wasm", "exercises.zip"} <= seen
    assert there.watcher.posted("/api/sessions")
    check_no_picture(there.watcher.requests)
    there.watcher.check()
    desk.watcher.check()


def test_a_set_that_ends_without_a_connection_is_kept_and_sent_once(clinic, visit, webcam_browser, clip_of):
    clip_name, exercise, truth = PRESS
    patient = clinic.patient()
    there = visit(patient, browser=webcam_browser(clip_name))
    LivePage.prepare(there.context)
    live = LivePage(there.page)
    live.open_from_today(clinic.prescription_of(patient, exercise), "With the camera")
    live.start()
    live.wait_until_it_counts()
    live.wait_one_pass(clip_of(clip_name), share=0.5)
    there.context.set_offline(True)
    live.wait_one_pass(clip_of(clip_name))
    live.end_set()
    live.answer(pain=0, effort=3)
    live.in_mode("saved")
    expect(there.page.get_by_role("heading", name="It is kept safe here")).to_be_visible()
    assert clinic.sessions_of(patient) == []

    there.context.set_offline(False)
    until(there.page, "the set is stored", lambda: clinic.sets_of(patient), within_s=30)
    there.page.goto("/today")
    expect(there.page.locator("#outbox-status")).to_be_hidden()
    there.page.reload()
    (stored,) = clinic.sessions_of(patient)
    assert [each.count for each in stored.sets] == [truth]
    assert stored.effort == 3
    there.watcher.check(offline=True)


def test_a_tab_that_is_closed_in_the_middle_of_a_set_leaves_it_behind(clinic, visit, webcam_browser):
    clip_name, exercise, _ = PRESS
    patient = clinic.patient()
    there = visit(patient, browser=webcam_browser(clip_name))
    LivePage.prepare(there.context)
    live = LivePage(there.page)
    live.open_from_today(clinic.prescription_of(patient, exercise), "With the camera")
    live.start()
    live.wait_until_it_counts()
    until(there.page, "two repetitions", lambda: live.shown_count() >= 2, within_s=60)
    # A closed tab has no time to write: what is kept is what was written after the last repetition.
    until(there.page, "the second one is written down", lambda: checkpoint_count(there.page) >= 2)
    there.page.close()
    assert clinic.sessions_of(patient) == []

    page = there.context.new_page()
    page.goto("/today")
    until(page, "the set is stored", lambda: clinic.sets_of(patient))
    page.reload()
    expect(page.locator("#outbox-status")).to_be_hidden()
    (stored,) = clinic.sessions_of(patient)
    (only_set,) = stored.sets
    assert only_set.count in {2, 3}, "a third repetition may have ended while the tab was closing"
    assert stored.source == "camera"
    there.watcher.check()


def checkpoint_count(page: Page) -> int:
    """The count of the unfinished set as the device has it written down."""
    return max((entry["checkpoint"]["summary"]["count"] for entry in outbox_of(page) if entry["checkpoint"]), default=0)


def test_a_video_from_the_device_is_looked_at_picture_by_picture(clinic, visit, clip_of):
    clip_name, exercise, truth = ROW
    patient = clinic.patient()
    there = visit(patient)
    LivePage.prepare(there.context)
    live = LivePage(there.page)
    live.open_from_today(clinic.prescription_of(patient, exercise), "From a video")
    there.page.locator("#file").set_input_files(clip_of(clip_name).original)
    live.start()
    live.in_mode("afterwards", timeout_s=180)
    judged = live.judged()
    live.answer(pain=0, effort=2)
    there.page.wait_for_url(re.compile(r"/sessions/[0-9a-f-]{36}$"))
    (stored,) = clinic.sessions_of(patient)
    assert stored.source == "file"
    assert [each.count for each in stored.sets] == [truth]
    times = [each["time_s"] for each in judged]
    assert times == sorted(times)
    # The file has 640 pictures; the page may be slower than the film, but leaves no more than a few out.
    assert len(times) >= 0.97 * 640
    check_no_picture(there.watcher.requests)
    there.watcher.check()
