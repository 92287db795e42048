"""The loop: one step after another, each saying when the next is due.

A step first asks whether something holds the camera back (`Hold`); if so the camera is given back and the time counts
as away (nobody can be there) or as nothing (nobody looks). Otherwise it looks when the engine wants a look: four times
a second while somebody moves, once a second when they have settled, every two seconds while they are still; between
looks a small grey glimpse tells whether anything stirred, which brings the next look forward. When nobody has been
there for a minute, the camera is closed and opened for a glance every half minute.

Everything that happens elsewhere (a key of the desktop, an answer to a notice, another program, a wish in the spool)
is read at the beginning of a step; who caused it wakes the loop. At the full minute there is always a look, so that
what the engine has counted ends with the minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from exercises.posture_wire import WatchSession
from tracker.vision.watch import places
from tracker.vision.watch.cameras import CameraGoneError, RecordingOverError
from tracker.vision.watch.holds import Holds
from tracker.vision.watch.keeping import Keeper
from tracker.vision.watch.sight import Sight
from tracker.vision.watch.speaking import Speaker
from tracker.vision.watch.spool import Spool
from tracker.vision.watch.telling import COUNT_AS_AWAY, Hold, Listener
from tracker.vision.watch.times import ROUNDING_S, Time
from tracker.vision.watch.wishes import Wanted, wanted_of

_LONGEST_STEP_S: Final = 2.0
_GLIMPSE_EVERY_S: Final = 0.5
_CALM_AFTER_STIR_S: Final = 1.0
"""A stir that turns out to be nothing must not bring look after look."""
_AWAY_OPEN_S: Final = 60.0
_GLANCE_EVERY_S: Final = 30.0


class Watching:
    """Watches until told to stop. Make it with all that it needs, then call `run`."""

    def __init__(
        self,
        *,
        time: Time,
        spool: Spool,
        sight: Sight,
        holds: Holds,
        speaker: Speaker,
        listener: Listener,
        camera: str,
        may_sleep: Callable[[], None],
    ) -> None:
        self._time = time
        self._spool = spool
        self._sight = sight
        self._holds = holds
        self._speaker = speaker
        self._listener = listener
        self._camera = camera
        self._may_sleep = may_sleep
        self._keeper = Keeper(spool, listener.minute)
        self._stopping = False
        self._last: tuple[float, datetime] | None = None
        self._planned_s = 0.0
        self._hold: Hold | None = None
        self._begun = False
        self._spool_state = (-1, -1)
        self._wanted = Wanted()
        self._places: list[dict[str, Any]] | None = None
        self._session = WatchSession([])
        self._zone: Mapping[str, Any] | None = None
        self._look_at_s = self._glimpse_at_s = 0.0
        self._away_since_s: float | None = None
        self._glance_at_s: float | None = None

    def run(self) -> None:
        """Until `stop`, or until the recording is over."""
        try:
            while not self._stopping:
                self._time.wait(self.step())
        except RecordingOverError:
            pass
        finally:
            self._sight.close()
            self._keep(self._time.now_s(), self._time.utc())

    def stop(self) -> None:
        """End after the present step; may be called from anywhere, also from a signal handler."""
        self._stopping = True
        self._time.wake()

    def step(self) -> float:
        """Do what is due; gives the seconds until the next step."""
        now_s, utc = self._time.now_s(), self._time.utc()
        if self._last is not None and now_s - self._last[0] - self._planned_s > self._time.slept_s:
            self._slept(now_s, utc)
        self._speaker.hear(utc)
        self._read_spool(now_s, utc)
        kept = self._keeper.is_due(now_s, utc)
        hold = self._holds.now(now_s, utc, self._wanted) or self._nobody(now_s)
        wait_s = self._watch(now_s, utc, at_once=kept) if hold is None else self._rest(hold, now_s, utc)
        if kept:
            self._keep(self._time.now_s(), self._time.utc())
        ended_s, ended_at = self._time.now_s(), self._time.utc()
        if ended_s - now_s > self._time.slept_s:
            self._last = (now_s, utc)
            self._slept(ended_s, ended_at)
        self._planned_s = max(min(wait_s, _LONGEST_STEP_S, self._keeper.due_in_s(ended_s, ended_at)), 0.0)
        self._last = (ended_s, ended_at)
        return self._planned_s

    def _keep(self, now_s: float, utc: datetime) -> None:
        self._keeper.keep(self._session.take(), now_s, utc)
        self._listener.checkpoint()

    def _slept(self, now_s: float, utc: datetime) -> None:
        """More time has passed than any step takes: the computer slept, or the program was stopped."""
        assert self._last is not None
        self._keeper.keep(self._session.take(), *self._last)
        self._keeper.skip(now_s, utc)
        self._session.gap(now_s)
        self._look_at_s = now_s

    def _read_spool(self, now_s: float, utc: datetime) -> None:
        state = self._spool.state()
        if state == self._spool_state:
            return
        self._spool_state = state
        wanted, known = wanted_of(self._spool), places.newest_per_place(self._spool)
        if known != self._places:
            self._begin_session(known, wanted, now_s, utc)
        else:
            self._session.set_options({**wanted.engine_options(), "days_old": places.days_old(known, utc)})
        if wanted.silence != self._wanted.silence or known != self._places:
            self._session.hush(now_s + wanted.snoozed_s(utc))
        self._places, self._wanted = known, wanted

    def _begin_session(self, known: list[dict[str, Any]], wanted: Wanted, now_s: float, utc: datetime) -> None:
        if self._places is not None:
            self._keep(now_s, utc)
        self._session = WatchSession(
            places.for_engine(known),
            {
                **wanted.engine_options(),
                "camera": self._camera,
                "told_s_ago": self._spool.told_s_ago(utc),
                "days_old": places.days_old(known, utc),
            },
        )
        self._look_at_s = now_s

    def _nobody(self, now_s: float) -> Hold | None:
        """The camera is closed because nobody was there, and it is not yet time for a glance."""
        if self._glance_at_s is None or now_s >= self._glance_at_s - ROUNDING_S:
            return None
        return Hold.NOBODY

    def _watch(self, now_s: float, utc: datetime, *, at_once: bool) -> float:
        if not self._sight.open(now_s):
            return self._rest(self._holds.why_closed(now_s), now_s, utc)
        try:
            if self._hold is not None or not self._begun:
                self._resume(now_s)
            if at_once or now_s >= self._look_at_s - ROUNDING_S:
                self._look(now_s, utc)
            elif now_s >= self._glimpse_at_s - ROUNDING_S:
                self._glimpse(now_s, utc)
        except CameraGoneError:
            self._sight.lost(now_s)
            return self._rest(Hold.UNPLUGGED, now_s, utc)
        if self._away_since_s is not None and now_s - self._away_since_s >= _AWAY_OPEN_S:
            self._glance_at_s = now_s + _GLANCE_EVERY_S
            return self._rest(Hold.NOBODY, now_s, utc)
        return min(self._look_at_s, self._glimpse_at_s) - self._time.now_s()

    def _look(self, now_s: float, utc: datetime) -> float:
        """One look; gives for how long the engine is content with it."""
        seen = self._sight.look(now_s)
        verdict = self._session.frame(seen.time_s, seen.values, seen.width, seen.height, seen.light)
        self._listener.verdict(verdict)
        self._speaker.speak(verdict, utc)
        if verdict["state"] != "away":
            self._away_since_s = self._glance_at_s = None
        elif self._away_since_s is None:
            self._away_since_s = seen.time_s
        self._zone = verdict["zone"]
        content_s = float(verdict["look_again_s"])
        self._look_at_s, self._glimpse_at_s = seen.time_s + content_s, seen.time_s + _GLIMPSE_EVERY_S
        return content_s

    def _glimpse(self, now_s: float, utc: datetime) -> None:
        if not self._sight.stirred(now_s, self._zone):
            self._glimpse_at_s = now_s + _GLIMPSE_EVERY_S
        elif self._look(now_s, utc) >= _CALM_AFTER_STIR_S:
            self._glimpse_at_s = self._time.now_s() + _CALM_AFTER_STIR_S

    def _rest(self, hold: Hold, now_s: float, utc: datetime) -> float:
        self._sight.close()
        if hold in COUNT_AS_AWAY:
            self._session.away(now_s)
        else:
            self._session.gap(now_s)
            self._away_since_s = self._glance_at_s = None
        if hold is not self._hold:
            self._hold = hold
            self._listener.hold(hold)
            if hold is Hold.NOT_PAIRED:
                self._speaker.say("not_paired", utc)
            if hold is Hold.ASLEEP:
                self._keep(now_s, utc)
                self._may_sleep()
        if hold is Hold.NOBODY and self._glance_at_s is not None:
            return self._glance_at_s - now_s
        return self._sight.retry_in_s(now_s) or _LONGEST_STEP_S

    def _resume(self, now_s: float) -> None:
        if self._hold not in COUNT_AS_AWAY:
            self._session.gap(now_s)
        elif self._hold is not Hold.NOBODY:
            self._away_since_s = None  # somebody is at the keyboard again: the camera may take its minute to see them
        self._hold, self._begun = None, True
        self._look_at_s = now_s
        self._listener.hold(None)
