"""Keeps the engine's tally under the minutes of the wall clock, in the spool, every few seconds.

The loop's own time says how long something was; the wall clock only says which minute it belongs to. When the wall
clock is set, what was watched before belongs to the minutes it showed before. Set back, it shows that minutes lying in
the future were misnamed: those that nobody has been sent yet are moved by as much. Limits: minutes named by a clock
that was too slow cannot be told from true ones; and a minute whose name comes twice (the clock was set back rightly by
less than was watched) keeps its first 60 seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from tracker.vision.watch.minutes import minute_of, part_of, shared_out
from tracker.vision.watch.spool import Spool
from tracker.vision.watch.times import ROUNDING_S

CHECKPOINT_S: Final = 10.0
_SET: Final = timedelta(seconds=2)
"""More than this and the wall clock was set; less is the slow pull of a time service."""
_MINUTE: Final = timedelta(minutes=1)
_JUST_AFTER_S: Final = 0.02  # a wait may end a hair early by the wall clock


@dataclass(slots=True)
class Keeper:
    """``over`` is called with each minute that is over, as it is in the spool then."""

    spool: Spool
    over: Callable[[Mapping[str, Any]], None]
    _began_at: datetime | None = field(default=None)
    _began_s: float = field(default=0.0)

    def due_in_s(self, now_s: float, utc: datetime) -> float:
        """When to come back at the latest: the checkpoint, or the full minute."""
        to_minute_s = (minute_of(utc) + _MINUTE - utc).total_seconds() + _JUST_AFTER_S
        return max(min(to_minute_s, self._began_s + CHECKPOINT_S - now_s), 0.0)

    def is_due(self, now_s: float, utc: datetime) -> bool:
        """Whether to `keep` now."""
        if self._began_at is None or self._was_set(now_s, utc):
            return True
        return now_s - self._began_s >= CHECKPOINT_S - ROUNDING_S or minute_of(utc) != minute_of(self._began_at)

    def keep(self, tally: Mapping[str, Any], now_s: float, utc: datetime) -> None:
        """The tally of what was watched since the last call (or, the first time, of nothing)."""
        began_at, began_s = self._began_at, self._began_s
        self._began_at, self._began_s = utc, now_s
        if began_at is None:
            return
        ended_at = began_at + timedelta(seconds=now_s - began_s)  # by the clock as it was
        part = part_of(tally)
        if part.total_ms or part.changes or part.stands:
            self.spool.add(shared_out(part, began_at, ended_at))
        moved = utc - ended_at
        if abs(moved) > _SET:
            if moved < timedelta(0):
                self.spool.move(utc, moved)
            return
        self._tell_over(minute_of(began_at), minute_of(utc))

    def skip(self, now_s: float, utc: datetime) -> None:
        """Nothing was watched since the last `keep`, and that is not to be spread over anything."""
        self._began_at, self._began_s = utc, now_s

    def _was_set(self, now_s: float, utc: datetime) -> bool:
        assert self._began_at is not None
        return abs(utc - self._began_at - timedelta(seconds=now_s - self._began_s)) > _SET

    def _tell_over(self, first: datetime, now: datetime) -> None:
        if first < now:
            minute = self.spool.minute(first)
            if minute is not None:
                self.over(minute)
