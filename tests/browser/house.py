"""What browser tests, benchmarks and screenshots share: the real program, its people, browsers, and a watcher.

`tracker serve` runs in a process of its own on a data folder of its own; people are made through the services and sign
in through the form. Chromium runs without a screen; a recording can be its webcam. A `Watcher` writes down all that a
browser asked for, refused and complained about.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import Engine, select

from tracker import schema
from tracker.accounts import service as accounts
from tracker.accounts.models import ConsentKind, Person, Role
from tracker.accounts.service import Newcomer
from tracker.clock import SystemClock
from tracker.db import Session, create_engine_from, session_factory
from tracker.regimen import service as regimen
from tracker.regimen.library import library, suggested
from tracker.regimen.models import Standing
from tracker.regimen.rules import EVERY_DAY, Prescribed
from tracker.settings import PROJECT_ROOT, Settings
from tracker.training.models import SetResult, TrainingSession

PASSWORD = "six quiet herons by the river"
START_WITHIN_S = 60.0
MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", PROJECT_ROOT.parent / "shared" / "data"))
CAMERA_RATE = 30
"""Chromium plays an mjpeg file as a camera at 30 pictures a second, whatever it was recorded at."""

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
ARGUMENTS = (
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--autoplay-policy=no-user-gesture-required",
    # Whatever a page might ask for elsewhere, it reaches nobody; the watcher still sees that it asked.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
CAMERA_ARGUMENTS = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


# The application


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A running application: its address, its settings, and its database seen from outside."""

    url: str
    settings: Settings
    engine: Engine
    process: subprocess.Popen[bytes]

    def database(self) -> Session:
        """A session of our own, beside the application's."""
        return session_factory(self.engine)()


def environment_of(folder: Path) -> dict[str, str]:
    """The environment of a server on this data folder: nothing of the developer's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRACKER_", "DATABASE_"))}
    # Cheap passwords: dozens of sign-ins, none of which is about argon2.
    return {
        **kept,
        "TRACKER_DATA": str(folder),
        "TRACKER_PASSWORD_MEMORY_KIB": "64",
        "TRACKER_PASSWORD_ROUNDS": "1",
        "TRACKER_LOG_LEVEL": "warning",
    }


def start_server(folder: Path) -> Server:
    """Start `tracker serve` on a data folder and wait until it answers. The caller stops it with `stop_server`."""
    port = _free_port()
    environment = environment_of(folder)
    settings = Settings.load(environment | {"TRACKER_PORT": str(port)})
    schema.migrate(settings)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", "from tracker.cli import main; main()", "serve", "--port", str(port)],
            env=environment,
            cwd=PROJECT_ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    give_up = time.monotonic() + START_WITHIN_S
    while True:
        try:
            with urlopen(f"{url}/sign-in", timeout=5) as answer:
                if answer.status == 200:
                    return Server(url, settings, create_engine_from(settings), process)
        except URLError:
            if process.poll() is not None or time.monotonic() > give_up:
                process.kill()
                pytest.fail(f"the server did not start:\n{log.read_text()}")
            time.sleep(0.05)


def stop_server(server: Server) -> None:
    """End the server's process, and only that one."""
    server.engine.dispose()
    server.process.terminate()
    try:
        server.process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait(timeout=15)


# People


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in."""

    id: uuid.UUID
    role: str
    email: str
    name: str
    password: str = PASSWORD


@dataclass
class Clinic:
    """Makes people of one clinic through the services, as the pages would."""

    server: Server
    admin: Account
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def _join(self, inviter: Account, role: Role, name: str) -> Account:
        number = next(self.numbers)
        email = f"{role.value}{number}@example.org"
        at = SystemClock().now()
        with self.server.database() as session:
            _invitation, token = accounts.invite(
                session,
                inviter=session.get_one(Person, inviter.id),
                role=role,
                name=name,
                email=email,
                at=at,
                lifetime=self.server.settings.invitation_lifetime,
            )
            joined = accounts.accept(
                session, token, who=_newcomer(name, email), hashed=_hashed(self.server, PASSWORD), at=at
            )
            session.commit()
            return Account(joined.id, role.value, email, name)

    def physio(self, name: str = "Rosa Lind") -> Account:
        return self._join(self.admin, Role.PHYSIO, name)

    def patient(
        self,
        physio: Account | None = None,
        *,
        name: str = "Ada Berg",
        consents: tuple[ConsentKind, ...] = tuple(ConsentKind),
        plan: tuple[Prescribed, ...] | None = None,
        intake_done: bool = True,
    ) -> Account:
        """A patient of the physio (by default the first one) with consents and a plan that is due every day, who has
        answered the red-flag screen unless `intake_done` is False.
        """
        inviter = physio or self.admin
        made = self._join(inviter, Role.PATIENT, name)
        at = SystemClock().now()
        with self.server.database() as session:
            whom = session.get_one(Person, made.id)
            for kind in consents:
                accounts.set_consent(session, whom, kind, agrees=True, at=at)
            items = plan_of_every_exercise() if plan is None else plan
            if items:
                regimen.save_revision(
                    session, patient_id=made.id, author_id=inviter.id, base_number=0, items=items, reason=None, at=at
                )
            if intake_done:
                session.add(Standing(patient_id=made.id, since=at, evaluated_at=at, intake_done=True))
            session.commit()
        return made

    def prescription_of(self, patient: Account, exercise: str) -> str:
        """The id of the patient's prescription of an exercise."""
        with self.server.database() as session:
            plan = regimen.current_plan(session, patient.id)
        return next(item.id for item in plan.items if item.exercise == exercise)

    def sessions_of(self, patient: Account) -> list[TrainingSession]:
        """What the server has stored of a patient, with sets and repetitions loaded."""
        with self.server.database() as session:
            rows = session.scalars(
                select(TrainingSession)
                .where(TrainingSession.patient_id == patient.id)
                .order_by(TrainingSession.started_at)
            ).all()
            for row in rows:
                for each in row.sets:
                    len(each.repetitions)
            session.expunge_all()
            return list(rows)

    def sets_of(self, patient: Account) -> list[SetResult]:
        return [each for row in self.sessions_of(patient) for each in row.sets]


def plan_of_every_exercise(sets: int = 1) -> tuple[Prescribed, ...]:
    """Every exercise of the library, every day. One set, so that a test does not have to wait for rests."""
    return tuple(
        replace(suggested(definition), sets=sets, weekdays=EVERY_DAY, side="left" if definition.sided else "both")
        for definition in library().values()
    )


def _newcomer(name: str, email: str) -> Newcomer:
    return Newcomer(name=name, email=email, time_zone="Europe/Berlin")


def _hashed(server: Server, password: str) -> str:
    return accounts.Passwords(server.settings).hash(password)


def set_up_clinic(server: Server) -> Clinic:
    """A clinic that was set up through its one-time link."""
    at = SystemClock().now()
    with server.database() as session:
        token = accounts.renew_set_up_link(session, at)
        assert token is not None
        first = accounts.set_up_clinic(
            session,
            token,
            clinic_name="Practice by the river",
            who=_newcomer("Ines Moor", "first@example.org"),
            hashed=_hashed(server, PASSWORD),
            at=at,
        )
        session.commit()
        return Clinic(server, Account(first.id, Role.PHYSIO.value, "first@example.org", "Ines Moor"))


# Browsers


def find_chromium() -> str | None:
    """The browser that is installed here; we never download one."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    return found or (str(MAC_CHROME) if MAC_CHROME.exists() else None)


def launch(playwright: Playwright, executable: str, *, webcam: Path | None = None, more: Sequence[str] = ()) -> Browser:
    """A browser without a screen; with `webcam`, an mjpeg file plays its only camera in a loop."""
    camera = [*CAMERA_ARGUMENTS, f"--use-file-for-fake-video-capture={webcam}"] if webcam else []
    return playwright.chromium.launch(executable_path=executable, args=[*ARGUMENTS, *camera, *more])


def leave(context: BrowserContext) -> None:
    """Close a profile. Chromium 156 never answers when that happens while a page is on its way to another one, so its
    pages are sent to a blank one first.
    """
    for page in context.pages:
        with suppress(PlaywrightError):  # crashed, or closed by itself
            page.goto("about:blank")
    context.close()


@dataclass(frozen=True)
class Clip:
    """A recording that plays the webcam: the file as it came, as Chromium plays it, and one pass of it."""

    original: Path
    camera_file: Path
    frames: int
    width: int
    height: int

    @property
    def seconds(self) -> float:
        return self.frames / CAMERA_RATE


def make_clip(original: Path, folder: Path) -> Clip:
    """As a camera would deliver it: at most 640 pixels on the longer side (even numbers), 30 pictures a second."""
    target = folder / f"{original.stem}.mjpeg"
    scale = "scale='if(gte(iw,ih),min(640,iw),-2)':'if(gte(iw,ih),-2,min(640,ih))',scale=trunc(iw/2)*2:trunc(ih/2)*2"
    subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-i",
            original,
            "-an",
            "-q:v",
            "3",
            "-vf",
            f"{scale},fps=30",
            "-f",
            "mjpeg",
            target,
        ],
        check=True,
        timeout=120,
    )
    asked = "stream=width,height,nb_read_packets"
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-count_packets", "-show_entries", asked, "-of", "json", str(target)],
        check=True,
        timeout=60,
        capture_output=True,
    )
    facts = json.loads(shown.stdout)["streams"][0]
    return Clip(original, target, int(facts["nb_read_packets"]), int(facts["width"]), int(facts["height"]))


# Watching


@dataclass(frozen=True)
class Asked:
    """One request of a page or of one of its workers."""

    url: str
    method: str
    content_type: str
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


HARMLESS = (
    # MediaPipe logs through the console's error stream; these say which processor it uses.
    "INFO: Created TensorFlow Lite XNNPACK delegate for CPU",
)
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile ?? ""}:${event.lineNumber}`));
"""


class Watcher:
    """Everything a browser context asked for, and everything it complained about."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.origin = origin
        self.requests: list[Asked] = []
        self.violations: list[str] = []
        self.console_errors: list[str] = []
        self.page_errors: list[str] = []
        context.expose_function("reportViolation", lambda found: self.violations.append(found))  # noqa: PLW0108  # it is marked by Playwright
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("request", self._note)
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.page_errors.append(str(error.error)))

    def _note(self, request: Request) -> None:
        body = request.post_data_buffer or b""
        self.requests.append(Asked(request.url, request.method, request.headers.get("content-type", ""), body))

    def _listen(self, message: ConsoleMessage) -> None:
        text = message.text
        if message.type == "error" and not any(harmless in text for harmless in HARMLESS):
            self.console_errors.append(f"{text} ({message.location.get('url', '')})")

    @property
    def elsewhere(self) -> list[str]:
        """Requests to any other origin. Addresses of the page's own memory are no requests."""
        return [
            asked.url
            for asked in self.requests
            if not asked.url.startswith((f"{self.origin}/", "blob:", "data:", "about:"))
        ]

    def posted(self, path: str) -> list[Asked]:
        return [asked for asked in self.requests if asked.method == "POST" and asked.path == path]

    @property
    def complaints(self) -> list[str]:
        return [*self.violations, *self.console_errors, *self.page_errors]

    def offline_noise(self) -> list[str]:
        """Complaints besides the browser's own about a connection that a test took away."""
        return [each for each in self.complaints if "ERR_INTERNET_DISCONNECTED" not in each]

    def check(self, *, offline: bool = False) -> None:
        """No request to another origin and no complaint."""
        complaints = self.offline_noise() if offline else self.complaints
        assert not self.elsewhere, self.elsewhere
        assert not complaints, complaints


def sign_in(page: Page, account: Account) -> None:
    """Through the real form."""
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(account.email)
    page.get_by_label("Password").fill(account.password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in")


# Waiting, without sleeping blindly


def until(page: Page, what: str, condition: Callable[[], Any], *, within_s: float = 15.0, every_ms: int = 100) -> Any:
    """Ask again until `condition()` is true and return its value; fail saying `what` was waited for.

    Waits in the browser's event loop, so that requests and console messages keep arriving meanwhile.
    """
    give_up = time.monotonic() + within_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > give_up:
            pytest.fail(f"waited {within_s:g} s in vain: {what}")
        page.wait_for_timeout(every_ms)
