"""What holds the camera back, in the order in which it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tracker.vision.watch.courier import Link
from tracker.vision.watch.presence import Presence
from tracker.vision.watch.spool import Spool, instant_of
from tracker.vision.watch.taken import OtherPrograms
from tracker.vision.watch.telling import Hold
from tracker.vision.watch.wishes import Wanted

LENT: Final = "lent_until"
"""Name of the wish by which another `tracker watch` borrows the camera, to calibrate."""
_ENDED: Final = {Link.NO_CONSENT: Hold.NO_CONSENT, Link.NOT_PAIRED: Hold.NOT_PAIRED}


@dataclass(frozen=True, slots=True)
class Holds:
    """Where to ask."""

    presence: Callable[[], Presence]
    link: Callable[[], Link]
    others: OtherPrograms
    spool: Spool

    def now(self, now_s: float, utc: datetime, wanted: Wanted) -> Hold | None:
        """The first reason not to watch, None when there is none."""
        presence = self.presence()
        reasons: tuple[tuple[bool, Hold], ...] = (
            (presence.asleep, Hold.ASLEEP),
            (wanted.paused(utc), Hold.PAUSED),
            (presence.locked, Hold.LOCKED),
            (presence.idle, Hold.IDLE),
            (self._is_lent(utc), Hold.LENT),
            (self.others.wanted(now_s), Hold.TAKEN),
        )
        ended = _ENDED.get(self.link())
        return ended or next((hold for holds, hold in reasons if holds), None)

    def why_closed(self, now_s: float) -> Hold:
        """Why the camera could not be opened just now."""
        return Hold.TAKEN if self.others.wanted(now_s) else Hold.UNPLUGGED

    def _is_lent(self, utc: datetime) -> bool:
        until = self.spool.noted(LENT)
        return until is not None and utc < instant_of(until)
