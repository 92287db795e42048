"""A desk that is not there: its time, its camera, its desktop, its listener."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from exercises.body import LANDMARK_COUNT, Point, Pose
from tracker.vision.watch.cameras import CameraGoneError, Look, glimpse_of
from tracker.vision.watch.courier import Link
from tracker.vision.watch.holds import Holds
from tracker.vision.watch.loop import Watching
from tracker.vision.watch.notices import Answer, Notice
from tracker.vision.watch.presence import Presence
from tracker.vision.watch.sight import Sight
from tracker.vision.watch.speaking import Speaker
from tracker.vision.watch.spool import Spool
from tracker.vision.watch.taken import OtherPrograms
from tracker.vision.watch.telling import Hold

START = datetime(2026, 11, 26, 9, 0, 30, tzinfo=UTC)
POINTS = {0: (0.5, 0.3), 7: (0.56, 0.3), 8: (0.44, 0.3), 11: (0.7, 0.6), 12: (0.3, 0.6)}


class DeskTime:
    """Time that passes only while the loop waits; ``wall`` is how far the wall clock is off."""

    slept_s = 10.0

    def __init__(self, start: datetime = START) -> None:
        self.passed_s = 1000.0
        self.start = start - timedelta(seconds=self.passed_s)
        self.wall = timedelta(0)
        self.waits: list[float] = []

    def now_s(self) -> float:
        return self.passed_s

    def utc(self) -> datetime:
        return self.start + timedelta(seconds=self.passed_s) + self.wall

    def wait(self, for_s: float) -> None:
        self.waits.append(for_s)
        self.passed_s += max(for_s, 0.0)

    def wake(self) -> None: ...


@dataclass
class Camera:
    """A camera with somebody in front of it, or not, plugged in or not."""

    somebody: bool = True
    plugged_in: bool = True
    opened: int = 0
    closed: int = 0
    looks: int = 0
    brightness: int = 100

    @property
    def is_open(self) -> bool:
        return self.opened > self.closed

    def open(self, _at_s: float) -> Camera:
        if not self.plugged_in:
            raise CameraGoneError
        self.opened += 1
        return self

    def _picture(self) -> np.ndarray:
        if not self.plugged_in:
            raise CameraGoneError
        return np.full((48, 64, 3), self.brightness, np.uint8)

    def look(self, _at_s: float) -> Look:
        self.looks += 1
        return Look(self._picture(), glimpse_of(self._picture()))

    def glimpse(self, _at_s: float) -> np.ndarray:
        return glimpse_of(self._picture())

    def close(self) -> None:
        self.closed += 1

    def pose(self, _picture: object, time_s: float) -> Pose | None:
        if not self.somebody:
            return None
        marks = [POINTS.get(index, (0.5, 0.9)) for index in range(LANDMARK_COUNT)]
        return Pose(time_s, tuple(Point(x, y, 0.0, 0.99) for x, y in marks), 64, 48)


@dataclass
class Screen:
    """Where notices would be seen."""

    told: list[Notice] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    answers: SimpleQueue[tuple[str, Answer]] = field(default_factory=SimpleQueue)

    def tell(self, notice: Notice) -> None:
        self.told.append(notice)

    def take_back(self, notice_id: str) -> None:
        self.settled.append(notice_id)


@dataclass
class Ear:
    """Writes down what the loop says."""

    verdicts: list[Mapping[str, Any]] = field(default_factory=list)
    minutes: list[Mapping[str, Any]] = field(default_factory=list)
    holds: list[Hold | None] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def verdict(self, verdict: Mapping[str, Any]) -> None:
        self.verdicts.append(verdict)

    def minute(self, minute: Mapping[str, Any]) -> None:
        self.minutes.append(minute)

    def hold(self, hold: Hold | None) -> None:
        self.holds.append(hold)

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)

    def checkpoint(self) -> None: ...


class Desk:
    """A whole desk: `desk.work(60)` lets that many seconds pass."""

    def __init__(self, folder: Path, *, time: DeskTime | None = None, node: Path | None = None) -> None:
        self.time = time or DeskTime()
        self.camera = Camera()
        self.screen = Screen()
        self.ear = Ear()
        self.presence = Presence()
        self.link = Link.ALONE
        self.slept: list[float] = []
        self.pages: list[str] | None = None
        self.spool = Spool(folder / "watch.sqlite3")
        self.others = OtherPrograms(node)
        self.begin()

    def begin(self) -> None:
        """A new program, as after a restart."""
        self.watching = Watching(
            time=self.time,
            spool=self.spool,
            sight=Sight(self.camera, self.others, self.camera.pose, self.time.now_s),
            holds=Holds(lambda: self.presence, lambda: self.link, self.others, self.spool),
            speaker=Speaker(
                self.spool, self.screen, self.ear, lambda: None if self.pages is None else self.pages.append
            ),
            listener=self.ear,
            camera="camera 0",
            may_sleep=lambda: self.slept.append(self.time.now_s()),
        )

    def work(self, for_s: float) -> None:
        until_s = self.time.now_s() + for_s
        while self.time.now_s() < until_s:
            self.time.wait(min(self.watching.step(), until_s - self.time.now_s()))
        self.watching.step()

    def finish(self) -> None:
        """End politely."""
        self.watching.stop()
        self.watching.run()

    def minutes(self) -> dict[str, dict[str, Any]]:
        return {minute["at"]: minute for minute in self.spool.minutes()}

    def watched_s(self) -> dict[str, int]:
        """Seconds in each minute, by its time of day."""
        return {at[11:16]: total(minute) for at, minute in self.minutes().items()}

    def close(self) -> None:
        self.spool.close()
        self.others.close()


def total(minute: Mapping[str, Any]) -> int:
    return sum(minute[f"{name}_s"] for name in ("comfort", "slouch", "away", "unknown"))
