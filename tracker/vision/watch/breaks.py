"""Breaks that are offered, and what becomes of them: taken, not now, or passed by without an answer.

A break that nobody answered has passed after ten minutes; a stand-up or a shift of posture before that is credited by
itself. An outcome is said once and kept. The page of the break tells the server on its own when an exercise was done.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from tracker.vision.watch.courier import BREAK
from tracker.vision.watch.spool import Spool, instant_of, text_of

PASSED_AFTER: Final = timedelta(minutes=10)


class Breaks:
    """The open break, if there is one. Everything is in the spool before a method returns."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        still_open = [each for each in spool.documents(BREAK) if each["outcome"] is None]
        self._open: dict[str, Any] | None = max(still_open, key=lambda each: str(each["offered_at"]), default=None)

    @property
    def open_id(self) -> str | None:
        return None if self._open is None else self._open["id"]

    def offer(self, break_id: str, cause: str, at: datetime) -> None:
        """A break is offered; one that is still open has passed."""
        self._close("passed", at)
        self._open = {
            "id": break_id,
            "cause": cause,
            "offered_at": text_of(at),
            "outcome": None,
            "credited_by": None,
            "ended_at": None,
        }
        self._spool.put(BREAK, self._open)

    def take(self, by: str, at: datetime) -> str | None:
        """It was taken, which shows by ``by``. Gives the id of the break that this ended."""
        return self._close("taken", at, by)

    def decline(self, break_id: str, at: datetime) -> None:
        """Somebody said "not now" to this break."""
        if self.open_id == break_id:
            self._close("not_now", at)

    def tick(self, at: datetime) -> None:
        """Time goes by."""
        if self._open is not None and at - instant_of(self._open["offered_at"]) >= PASSED_AFTER:
            self._close("passed", at)

    def _close(self, outcome: str, at: datetime, by: str | None = None) -> str | None:
        closing, self._open = self._open, None
        if closing is None:
            return None
        ended_at = max(at, instant_of(closing["offered_at"]))  # the wall clock may have been set back
        self._spool.put(BREAK, {**closing, "outcome": outcome, "credited_by": by, "ended_at": text_of(ended_at)})
        return str(closing["id"])
