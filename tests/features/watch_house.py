"""What tests of the agent share: a server that keeps what it is sent, recordings, and the program as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tracker.settings import PROJECT_ROOT
from tracker.vision.watch.minutes import PARTS
from tracker.vision.watch.pairing import Pairing, Places, write_pairing
from tracker.vision.watch.spool import Spool

MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", PROJECT_ROOT.parent / "shared" / "data"))
CLIP = MEDIA / "posture" / "good_to_bad_front.gif"
TOKEN = "a token for tests"
WATCHER = str(uuid.UUID(int=7))


@dataclass
class Peer:
    """A server as the agent knows it: one port, sometimes down, sometimes unwilling."""

    minutes: dict[str, dict[str, Any]] = field(default_factory=dict)
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    breaks: dict[str, dict[str, Any]] = field(default_factory=dict)
    baselines: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    error: str = ""
    lose_answers: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*peer.get(self.path))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    self._answer(401, {"error": "not_paired"})
                    return
                self._answer(*peer.post(self.path, body))

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                if peer.lose_answers and self.path == "/api/watch/minutes":
                    peer.lose_answers -= 1
                    self.close_connection = True
                    return
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.error:
            return self.status, {"error": self.error}
        assert path == "/api/watch/state"
        return 200, {"settings": self.settings, "baselines": list(self.baselines.values()), "other_watcher": None}

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.received.append((path, body))
        if self.error:
            return self.status, {"error": self.error}
        match path:
            case "/api/watch/minutes":
                assert body["watcher"] == WATCHER
                for minute in body["minutes"]:
                    known = self.minutes.get(minute["at"])
                    if known is None or fullness(minute) > fullness(known):
                        self.minutes[minute["at"]] = minute
                return 200, {"kept": len(body["minutes"]), "known": 0, "refused": []}
            case "/api/watch/breaks":
                self.breaks[body["id"]] = body
                return 200, {"id": body["id"], "outcome": body["outcome"]}
            case "/api/watch/baselines":
                self.baselines[body["id"]] = body
                return 201, {"id": body["id"]}
            case "/api/watch/state":
                self.settings |= body
                return 200, {"settings": self.settings, "baselines": []}
            case _:
                return 404, {"error": "unknown"}


def fullness(minute: dict[str, Any]) -> tuple[float, ...]:
    """Which of two reports says more, as the server judges it (`posture.rules.fullness`)."""
    names = ("comfort_s", "away_s", "changes", "stands", "still_s", "movement")
    return total_s(minute), minute["comfort_s"] + minute["slouch_s"], *(minute[name] for name in names)


def total_s(minute: dict[str, Any]) -> int:
    return sum(minute[f"{name}_s"] for name in PARTS)


def pair_with(peer: Peer, folder: Path) -> Places:
    """A computer that is paired already."""
    places = Places.of(folder)
    write_pairing(places.pairing, Pairing(peer.url, TOKEN, WATCHER, "Jo"))
    return places


def kept_minutes(folder: Path) -> dict[str, dict[str, Any]]:
    with Spool(Places.of(folder).spool) as spool:
        return {minute["at"]: minute for minute in spool.minutes()}


def still_recording(
    path: Path, *, seconds: float = 4.0, fps: int = 5, frame: int | None = 0, noise: float = 3.0
) -> Path:
    """Somebody who sits still as a webcam sees them, with its noise; ``frame`` None (or no clip here): nobody."""
    picture = np.full((480, 640, 3), 110, np.uint8)
    if frame is not None and CLIP.is_file():
        clip = cv2.VideoCapture(str(CLIP))
        frames = []
        while (read := clip.read())[0]:
            frames.append(read[1])
        picture[60:420] = cv2.resize(frames[frame], (640, 360))
    chance = np.random.default_rng(5)
    # Uncompressed: a webcam's pictures need no decoding.
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"I420"), fps, (640, 480))
    assert writer.isOpened()
    for _picture in range(round(seconds * fps)):
        noisy = picture + chance.normal(0, noise, picture.shape)
        writer.write(np.clip(noisy, 0, 255).astype(np.uint8))
    writer.release()
    return path


class Agent:
    """`tracker watch --json` in a process of its own."""

    def __init__(
        self, folder: Path, source: Path | str, *options: str, environment: dict[str, str] | None = None
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
        nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"}
        kept["PYTHONFAULTHANDLER"] = "1"
        self.lines: list[dict[str, Any]] = []
        self._log = (folder.parent / f"{folder.name}.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable, "-c", "from tracker.cli import main; main()", "watch", "--json",
                "--folder", str(folder),
                "--source", str(source), *options,
            ],
            cwd=PROJECT_ROOT, env={**kept, **nowhere, **(environment or {})}, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def events(self, kind: str) -> Iterator[dict[str, Any]]:
        return (line for line in list(self.lines) if line["event"] == kind)

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it, politely or not, and read what it still said."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self, within_s: float = 60.0) -> int:
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # writes down where every thread is
            self.process.wait(10)
            raise AssertionError(Path(self._log.name).read_text()[-4000:]) from None
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()
        return code
