"""The last two weeks at the desk of three invented patients: what watched them, minute by minute, and their breaks.

A working day has two halves around lunch, a meeting now and then, two hours in which somebody forgets to move, and
small walks. Slouching comes with sitting still and goes with every change of posture. Everything is told to the same
services as a browser or `tracker watch` would, at the end of each day, and depends on the moment and a fixed seed only.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from exercises.posture_acting import Player
from exercises.posture_desk import draw_desk
from tracker.clock import local_date, zone
from tracker.demo.curves import SEED, instant
from tracker.posture import breaks_service, pairing_service, service
from tracker.posture.break_documents import BreakDoc
from tracker.posture.documents import BaselineDoc
from tracker.posture.rules import MINUTE_S, Minute, Settings
from tracker.vision.posture_trials import calibrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tracker.accounts.models import Person
    from tracker.db import Session
    from tracker.demo.curves import Agenda
    from tracker.posture.models import Watcher

DESK_DAYS: Final = 14
_WORKDAYS: Final = frozenset({1, 2, 3, 4, 5})
_LUNCH_MIN: Final = 45
_MEETING_MIN: Final = 40
_FORGETS_MIN: Final = 65
_AT_LEAST_TODAY: Final = 180
"""Minutes: whenever the demo is made, somebody has been at their desk for a while today."""
_FORGETFUL: Final = 0.08
"""How much less somebody moves in the hours in which they forget to."""
_MINUTE: Final = timedelta(minutes=1)
_VERSION: Final = "1.0.0"


@dataclass(frozen=True, slots=True)
class Desk:
    """How somebody's working days are. `begins`, `lunch`, `ends`: minutes of the day; `changes`: of posture in an hour;
    `slouches`: how readily; `answers`: to breaks, in parts of one (what is missing passes by).
    """

    name: str
    agent: bool
    begins: int
    lunch: int
    ends: int
    changes: float
    slouches: float
    taken: float
    not_now: float
    meeting: int | None = None
    chosen: Mapping[str, Any] = field(default_factory=dict)


DESKS: Final[Mapping[str, Desk]] = {
    "amara.applewood": Desk(
        "Work laptop",
        True,
        8 * 60 + 40,
        12 * 60 + 25,
        17 * 60 + 5,
        13,
        0.25,
        0.65,
        0.15,
        10 * 60 + 30,
        {"sit_stand": True},
    ),
    "priya.lanternwala": Desk("Firefox on Linux", False, 9 * 60 + 10, 13 * 60, 15 * 60 + 30, 9, 0.4, 0.4, 0.3),
    "mateo.ventisca": Desk("Desk in the study", True, 9 * 60, 12 * 60 + 10, 17 * 60 + 40, 7, 0.5, 0.45, 0.2, 15 * 60),
}


@dataclass(slots=True)
class DeskDays:
    """Two weeks at one person's desk."""

    session: Session
    person: Person
    key: str
    now: datetime
    desk: Desk = field(init=False)
    rng: random.Random = field(init=False)
    watcher: Watcher | None = None

    def __post_init__(self) -> None:
        self.desk = DESKS[self.key]
        self.rng = random.Random(f"{SEED} desk {self.key}")  # noqa: S311  # invented people, not secrets

    def plan(self, agenda: Agenda) -> None:
        """Put the days on the agenda: the first morning something is connected, each evening it tells of the day."""
        today = local_date(self.now, self.person.time_zone)
        first = today - timedelta(days=DESK_DAYS - 1)
        begins_at = instant(first, self.desk.begins, self.person.time_zone) - timedelta(minutes=20)
        agenda.add(begins_at, self._begin)
        for number in range(DESK_DAYS):
            day = first + timedelta(days=number)
            if day.isoweekday() not in _WORKDAYS and day != today:
                continue
            told, breaks = self._day(day, first)
            if told:
                agenda.add(min(told[-1].starts_at + 2 * _MINUTE, self.now), partial(self._tell, told, breaks))

    def _begin(self, at: datetime) -> None:
        watcher_id = self._id()
        if self.desk.agent:
            code = pairing_service.open_code(self.session, self.person, at)
            self.watcher, _, _ = pairing_service.pair(
                self.session, code, watcher_id=watcher_id, name=self.desk.name, version=_VERSION, at=at + _MINUTE
            )
        else:
            self.watcher = pairing_service.browser_of(
                self.session, self.person, watcher_id, name=self.desk.name, version=_VERSION, at=at
            )
        if self.desk.chosen:
            service.change_settings(self.session, patient=self.person, wanted=self.desk.chosen, at=at)
        calibrated = _calibrated(self.key)
        place = BaselineDoc(
            id=self._id(),
            place=self._id(),
            name="Desk",
            view=calibrated["view"],
            confidence=calibrated["confidence"],
            made_at=at,
            document=calibrated,
        )
        service.receive_baseline(
            self.session,
            patient=self.person,
            document=place,
            source=pairing_service.AGENT if self.desk.agent else pairing_service.BROWSER,
            at=at,
        )

    def _id(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)

    def _tell(self, told: list[Minute], breaks: list[BreakDoc], at: datetime) -> None:
        assert self.watcher is not None, "something was connected on the first morning"
        pairing_service.touch(self.session, self.watcher, at)
        service.receive_minutes(self.session, patient=self.person, watcher=self.watcher, minutes=told, received_at=at)
        for document in breaks:
            breaks_service.record(self.session, self.person, document, self.watcher.id, at=at)

    # -- one day --------------------------------------------------------------------------------------------------

    def _day(self, day: date, first: date) -> tuple[list[Minute], list[BreakDoc]]:
        every_s = Settings(began_on=first).break_every_s(day)
        sitter = _Sitter(self.desk, self.rng, every_s, self._id)
        told = []
        for minute_of_day, forgetful in self._at_desk(day):
            at = instant(day, minute_of_day, self.person.time_zone)
            if at > self.now - 2 * _MINUTE:
                break
            told.append(sitter.minute(at, forgetful=forgetful))
        return told, sitter.breaks

    def _at_desk(self, day: date) -> Iterator[tuple[int, bool]]:
        """The minutes of the day at the desk, and whether moving is forgotten then."""
        desk, wobble = self.desk, self.rng.randint(-12, 12)
        begins, ends = desk.begins + wobble, desk.ends + self.rng.randint(-20, 25)
        local = self.now.astimezone(zone(self.person.time_zone))
        if local.date() == day:
            begins = max(min(begins, local.hour * 60 + local.minute - _AT_LEAST_TODAY), 0)
        lunch = desk.lunch + self.rng.randint(-10, 10)
        meets = desk.meeting is not None and self.rng.random() < 0.5  # noqa: PLR2004  # every other day
        meeting = desk.meeting if meets and desk.meeting is not None else -_MEETING_MIN
        forgets = [begins + self.rng.randint(30, 70), lunch + _LUNCH_MIN + self.rng.randint(20, 90)]
        for minute in range(begins, ends):
            if lunch <= minute < lunch + _LUNCH_MIN or meeting <= minute < meeting + _MEETING_MIN:
                continue
            yield minute, any(since <= minute < since + _FORGETS_MIN for since in forgets)


def _calibrated(key: str) -> dict[str, Any]:
    """What a guided calibration makes of a synthetic body before its camera: a place that the engine can watch with."""
    for seed in count(sum(key.encode())):
        desk = draw_desk(seed)
        baseline, _error, _clock_s = calibrate(desk, Player(desk, seed), 0.0, slouch_pose=True)
        if baseline is not None:
            return baseline
    raise AssertionError("almost every body can be calibrated")


@dataclass(slots=True)
class _Sitter:
    """Somebody at a desk, from minute to minute."""

    desk: Desk
    rng: random.Random
    every_s: int
    new_id: Any
    breaks: list[BreakDoc] = field(default_factory=list)
    still_s: int = 0
    away_min: int = 0
    before: datetime | None = None
    offered_at: datetime | None = None

    def minute(self, at: datetime, *, forgetful: bool) -> Minute:
        if self.before is not None and at - self.before > _MINUTE:
            self.still_s = 0  # lunch, a meeting
        self.before = at
        if self.away_min:
            self.away_min -= 1
            self.still_s = 0
            return Minute(at, away_s=MINUTE_S)
        walks = self._answers_a_break(at)
        rate = self.desk.changes * (_FORGETFUL if forgetful else 1.0)
        changes = int(walks) + (self.rng.random() < rate / 60) + (self.rng.random() < rate / 400)
        self.still_s = self.rng.randint(5, 45) if changes else self.still_s + MINUTE_S
        return self._seen(at, changes, stands=int(walks))

    def _answers_a_break(self, at: datetime) -> bool:
        """Whether somebody gets up now because a break was offered."""
        waited = self.offered_at is None or at - self.offered_at >= timedelta(seconds=self.every_s)
        if self.still_s < self.every_s or not waited:
            return False
        self.offered_at = at
        drawn = self.rng.random()
        taken, not_now = drawn < self.desk.taken, drawn < self.desk.taken + self.desk.not_now
        self.breaks.append(
            BreakDoc(
                id=self.new_id(),
                cause="still",
                offered_at=at,
                outcome="taken" if taken else "not_now" if not_now else "passed",
                credited_by=self.rng.choice(["stand", "stand", "shift", "said"]) if taken else None,
                ended_at=at + timedelta(seconds=self.rng.randint(20, 150)),
            )
        )
        self.away_min = self.rng.randint(1, 4) if taken else 0
        return taken

    def _seen(self, at: datetime, changes: int, *, stands: int) -> Minute:
        looked_away_s = self.rng.choice([0, 0, 0, 2, 6, 15]) if self.rng.random() > 0.02 else MINUTE_S  # noqa: PLR2004  # a call, a visitor
        told_s = MINUTE_S - looked_away_s
        tired = min(self.still_s / 3000, 1.0)
        slouch_s = 0
        if self.rng.random() < self.desk.slouches * (0.3 + tired):
            slouch_s = round(told_s * min(self.rng.uniform(0.3, 1.4), 1.0))
        score = round(92 - 45 * slouch_s / told_s - self.rng.uniform(0, 6)) if told_s else None
        return Minute(
            at,
            comfort_s=told_s - slouch_s,
            slouch_s=slouch_s,
            unknown_s=looked_away_s,
            changes=changes,
            stands=stands,
            movement=round(0.05 + 0.4 * changes + self.rng.uniform(0, 0.1), 3),
            still_s=self.still_s,
            score=score,
            view="front",
        )
