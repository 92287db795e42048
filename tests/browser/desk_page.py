"""The page on which the browser watches, a recording of somebody who slumps as its camera, and what both agree on."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import BrowserContext, Page, expect

from exercises.body import Pose
from exercises.posture import baseline_from, baseline_to_dict
from tests.browser.house import CAMERA_RATE, MEDIA, Account, Server, until
from tracker.accounts.models import Person
from tracker.clock import SystemClock
from tracker.posture import service
from tracker.posture.documents import BaselineDoc
from tracker.vision.estimator import Estimator

RECORDING = MEDIA / "posture" / "good_to_bad_front.gif"
GOOD = range(19)
BAD = range(21, 33)
"""Pictures of the recording: upright, and with the head dropped forward and down."""
WIDTH = 640
MACHINES_READY_S = 120.0
Part = tuple[Sequence[int], float]
"""Pictures of the recording and the seconds over which they are stretched."""


@dataclass(frozen=True)
class SlowClip:
    """The recording, slowed down: as Chromium's camera, and the same pictures as a file with times."""

    camera_file: Path
    video_file: Path
    seconds: float


def slowed(name: str, parts: Sequence[Part], folder: Path) -> SlowClip:
    """Hold the pictures of each part so that it lasts as long as asked."""
    held = folder / f"{name}-%05d.jpg"
    number = 0
    for pictures, seconds in parts:
        count = round(seconds * CAMERA_RATE)
        for step in range(count):
            link = Path(str(held) % number)
            link.symlink_to(_picture(pictures[step * len(pictures) // count], folder))
            number += 1
    camera, video = folder / f"{name}.mjpeg", folder / f"{name}.avi"
    rate = ["-framerate", str(CAMERA_RATE)]
    _ffmpeg(*rate, "-i", held, "-c:v", "copy", "-f", "mjpeg", camera)
    _ffmpeg(*rate, "-i", held, "-c:v", "copy", video)
    return SlowClip(camera, video, number / CAMERA_RATE)


def _picture(number: int, folder: Path) -> Path:
    """A picture of the recording; they are all taken out of it when the first is asked for."""
    wanted = folder / f"picture-{number:03d}.jpg"
    if not wanted.exists():
        how = f"scale={WIDTH}:-2,format=yuvj420p"
        _ffmpeg("-i", RECORDING, "-fps_mode", "passthrough", "-start_number", "0", "-vf", how, "-q:v", "3",
                folder / "picture-%03d.jpg")  # fmt: skip
    return wanted


def _ffmpeg(*arguments: object) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True, timeout=120)


def poses(pictures: Sequence[int], folder: Path) -> list[Pose]:
    """What the pose model that the browser uses finds in these pictures."""
    with Estimator("lite", stills=True) as estimator:
        found = [estimator.pose(_rgb(_picture(number, folder)), float(number)) for number in pictures]
    return [pose for pose in found if pose is not None]


def _rgb(path: Path) -> Any:
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return np.ascontiguousarray(picture[:, :, ::-1])


def baseline_document(folder: Path) -> dict[str, Any]:
    """The engine's baseline of the person in the recording, from its own good and bad pictures."""
    return baseline_to_dict(baseline_from(poses(GOOD, folder), poses(BAD, folder)))


def store_baseline(server: Server, patient: Account, document: dict[str, Any], name: str = "Desk") -> uuid.UUID:
    """Keep a place for somebody, as if it had been set up before; gives the id of the calibration."""
    at = SystemClock().now()
    told = {
        "id": str(uuid.uuid4()), "place": str(uuid.uuid4()), "name": name, "view": document["view"],
        "confidence": document["confidence"], "made_at": at.isoformat(), "document": document,
    }  # fmt: skip
    sent = BaselineDoc.model_validate_json(json.dumps(told))
    with server.database() as session:
        whom = session.get_one(Person, patient.id)
        service.receive_baseline(session, patient=whom, document=sent, source="browser", at=at)
        session.commit()
    return sent.id


NOTE_VERDICTS = """
window.deskSeen = { verdicts: [], failures: [], tracks: [] };
addEventListener("verdict", ({ detail }) => deskSeen.verdicts.push({ at: performance.now() / 1000, ...detail }), true);
addEventListener("failure", ({ detail }) => deskSeen.failures.push(detail), true);
if (navigator.mediaDevices) {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    deskSeen.tracks.push(...stream.getTracks());
    return stream;
  };
}
"""
"""The page announces every verdict; kept here, with every camera it was given."""


class DeskPage:
    """One page of somebody who sits at a desk."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("#desk")
        self.state = page.locator("#state")

    @staticmethod
    def prepare(context: BrowserContext) -> None:
        """Before the first page of a context is opened."""
        context.add_init_script(NOTE_VERDICTS)

    def open(self) -> None:
        self.page.goto("/posture/watch")
        expect(self.page.locator("#before")).to_have_class("before known-now")

    def in_mode(self, mode: str, *, within_s: float = 20.0) -> None:
        expect(self.root).to_have_attribute("data-mode", mode, timeout=within_s * 1000)

    def start(self) -> None:
        """Start watching and wait for the first verdict."""
        self.page.get_by_role("button", name="Start watching").click()
        self.in_mode("watch")
        self.wait_for("a verdict", self.verdicts, within_s=MACHINES_READY_S)

    def verdicts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate("deskSeen.verdicts")
        assert self.page.evaluate("deskSeen.failures") == []
        return found

    def last(self) -> dict[str, Any]:
        return (self.verdicts() or [{}])[-1]

    def wait_for(self, what: str, condition: Any, *, within_s: float) -> Any:
        return until(self.page, what, condition, within_s=within_s, every_ms=150)

    def camera_is_on(self) -> bool:
        """Whether any camera that the page was given still runs."""
        live: bool = self.page.evaluate("deskSeen.tracks.some((track) => track.readyState === 'live')")
        return live

    def picture_time_s(self) -> float:
        """How long the camera that is shown has been running."""
        time_s: float = self.page.evaluate("document.getElementById('video').currentTime")
        return time_s

    def ready_to_calibrate(self, button: str = "Set up this place") -> None:
        """Up to the moment at which one presses Begin."""
        self.page.get_by_role("button", name=button).first.click()
        self.in_mode("calibrate")
        expect(self.page.get_by_role("button", name="Begin")).to_be_enabled(timeout=MACHINES_READY_S * 1000)

    def phase(self) -> str:
        return self.page.locator("#calibrate").get_attribute("data-phase") or ""
