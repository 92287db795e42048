"""Puts the agent together and runs it. The only module of the room that knows all others."""

from __future__ import annotations

import json
import signal
import sys
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import gettext as _
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any, Final

from exercises.posture import BaselineError, baseline_from_dict
from tracker.clock import Clock, SystemClock
from tracker.vision.errors import SourceError
from tracker.vision.estimator import Estimator
from tracker.vision.watch import calibrate as calibrating
from tracker.vision.watch import places
from tracker.vision.watch.cameras import Eyes, Source
from tracker.vision.watch.courier import Courier, Link
from tracker.vision.watch.desk import Desk
from tracker.vision.watch.holds import LENT, Holds
from tracker.vision.watch.loop import Watching
from tracker.vision.watch.notices import Answer, Notice
from tracker.vision.watch.pairing import Places, is_running, only_one, read_pairing
from tracker.vision.watch.presence import Presence
from tracker.vision.watch.sight import Sight
from tracker.vision.watch.speaking import Screen, Speaker
from tracker.vision.watch.spool import Spool, text_of
from tracker.vision.watch.status import Facts, Log, Script, Several, Terminal
from tracker.vision.watch.taken import OtherPrograms
from tracker.vision.watch.telling import Hold, Listener
from tracker.vision.watch.times import LiveTime, PlayedTime, Time

_LAST_TRY_S: Final = 5.0
_LENT_FOR: Final = timedelta(minutes=5)
_LENT_WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """What `tracker watch` was told."""

    source: Source
    speed: float | None = 1.0
    recorded_at: datetime | None = None
    notices: bool = True
    script: bool = False
    every: bool = False
    baseline: Path | None = None
    model: str = "lite"

    def time(self, clock: Clock) -> Time:
        """The computer's time for a camera, the recording's own for a recording."""
        if self.source.path is None:
            return LiveTime(clock)
        return PlayedTime(self.recorded_at or clock.now(), self.speed)


class _NoScreen:
    """Nothing is shown and nothing answered."""

    def __init__(self) -> None:
        self.answers: SimpleQueue[tuple[str, Answer]] = SimpleQueue()

    def tell(self, notice: Notice) -> None:
        """Nobody looks."""

    def take_back(self, notice_id: str) -> None:
        """Nobody looked."""


class _Nudge:
    """Wakes the courier when there is something to carry."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    def verdict(self, verdict: Mapping[str, Any]) -> None:
        if verdict["credit"]:
            self._courier.nudge()

    def minute(self, _minute: Mapping[str, Any]) -> None:
        self._courier.nudge()

    def hold(self, _hold: Hold | None) -> None:
        """Nothing to carry."""

    def notice(self, _notice: Notice) -> None:
        self._courier.nudge()

    def checkpoint(self) -> None:
        """Nothing to carry before the minute is over."""


def watch(folders: Places, options: Options) -> None:
    """Watch until told to stop. Raises `tracker.vision.errors.VisionError`."""
    clock = SystemClock()
    _check_source(options.source)
    with ExitStack() as closing:
        closing.enter_context(only_one(folders))
        spool = closing.enter_context(Spool(folders.spool))
        spool.forget_old(clock.now())
        if options.baseline is not None:
            spool.put(places.BASELINE, _given(options.baseline, clock.now()), known=True)
        time = options.time(clock)
        others = OtherPrograms(options.source.node)
        closing.callback(others.close)
        courier = Courier(folders.pairing, folders.spool, clock, time.wake)
        listener = _listeners(closing, options, spool, clock, courier)
        screen: Screen = _NoScreen()
        presence: Callable[[], Presence] = Presence
        if options.baseline is None and options.speed is not None:
            desk = Desk(time.wake, others, notices=options.notices)
            desk.start()
            closing.callback(desk.close)
            screen, presence, may_sleep = desk, lambda: desk.presence, desk.ready_to_sleep
        else:
            may_sleep = _nothing
        estimator = closing.enter_context(Estimator(options.model))
        watching = Watching(
            time=time,
            spool=spool,
            sight=Sight(Eyes(options.source), others, estimator.pose, time.now_s),
            holds=Holds(presence, lambda: courier.link, others, spool),
            speaker=Speaker(spool, screen, listener, lambda: _opener(folders)),
            listener=listener,
            camera=options.source.name,
            may_sleep=may_sleep,
        )
        if options.baseline is None:
            courier.start()
            closing.callback(courier.stop, _LAST_TRY_S)
        with _ended_by_signals(watching.stop):
            watching.run()


def _nothing() -> None:
    """Nobody waits for the camera to be released."""


def _check_source(source: Source) -> None:
    if source.path is not None and not source.path.is_file():
        raise SourceError(source.path, _("there is no such file."))


def _given(path: Path, now: datetime) -> dict[str, Any]:
    """A baseline from a file: the engine's document, or what the server keeps around it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        document = found.get("document", found)
        baseline_from_dict({**document, "id": None, "place": None})
        name = str(document.get("name") or path.stem)
        return {
            **places.new_baseline(document, name=name, camera="", made_at=now, known=()),
            **{key: str(document[key]) for key in ("id", "place") if document.get(key)},
        }
    except (OSError, BaselineError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise SourceError(path, _("this is not a baseline.")) from error


def _listeners(closing: ExitStack, options: Options, spool: Spool, clock: Clock, courier: Courier) -> Listener:
    def link() -> Link:
        return courier.link

    listeners: list[Listener] = [Facts(spool, clock, link, options.source.name), _Nudge(courier)]
    if options.script:
        listeners.append(Script(link, every=options.every))
    elif sys.stderr.isatty():
        terminal = Terminal(link)
        closing.callback(terminal.close)
        listeners.append(terminal)
    else:
        listeners.append(Log(link))
    return Several(listeners)


def _opener(folders: Places) -> Callable[[str], None] | None:
    """Opens a page of the server in the browser; None while this computer is alone."""
    pairing = read_pairing(folders.pairing)
    if pairing is None:
        return None

    def open_page(path: str) -> None:
        webbrowser.open(f"{pairing.server}{path}")

    return open_page


@contextmanager
def _ended_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl+C and a polite request to end (systemd, launchd) end the loop after the present step."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def calibrate(folders: Places, options: Options, guide: calibrating.Guide, *, place: str, slouch: bool) -> Link:
    """Calibrate one place, keep it, and send it if possible. Raises `tracker.vision.errors.VisionError`."""
    clock = SystemClock()
    _check_source(options.source)
    with ExitStack() as closing:
        spool = closing.enter_context(Spool(folders.spool))
        closing.enter_context(_camera_borrowed(folders, spool, clock))
        time = options.time(clock)
        others = OtherPrograms(None)
        estimator = closing.enter_context(Estimator(options.model))
        sight = Sight(Eyes(options.source), others, estimator.pose, time.now_s)
        closing.callback(sight.close)
        made_at = clock.now()
        document = calibrating.calibrate(sight, time, guide, {"slouch": slouch, "made_at": text_of(made_at)})
        spool.put(
            places.BASELINE,
            places.new_baseline(
                document,
                name=place,
                camera=options.source.name,
                made_at=made_at,
                known=places.newest_per_place(spool),
            ),
        )
    return Courier(folders.pairing, folders.spool, clock, _nothing).carry_once()


@contextmanager
def _camera_borrowed(folders: Places, spool: Spool, clock: Clock) -> Iterator[None]:
    """A running agent lends its camera meanwhile."""
    if not is_running(folders):
        with only_one(folders):
            yield
        return
    spool.note(LENT, text_of(clock.now() + _LENT_FOR))
    waiting = LiveTime(clock)
    give_up_s = waiting.now_s() + _LENT_WITHIN_S
    try:
        while (spool.noted("status") or {}).get("hold") is None and waiting.now_s() < give_up_s:
            waiting.wait(0.1)
        yield
    finally:
        spool.note(LENT, None)
