"""Says what the engine wants said, and does what is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol

from tracker.vision.watch.breaks import Breaks
from tracker.vision.watch.notices import BREAKS, Answer, Notice, notice_of
from tracker.vision.watch.spool import Spool
from tracker.vision.watch.telling import Listener
from tracker.vision.watch.wishes import wish

_SNOOZE: Final = timedelta(hours=1)


class Screen(Protocol):
    """Where notices are shown; see `tracker.vision.watch.desk.Desk`."""

    answers: SimpleQueue[tuple[str, Answer]]

    def tell(self, notice: Notice) -> None:
        """Show it."""

    def take_back(self, notice_id: str) -> None:
        """It is settled."""


class Speaker:
    """Notices and breaks. ``open_page`` opens a path of the server in the browser; None: this computer is alone."""

    def __init__(
        self, spool: Spool, screen: Screen, listener: Listener, open_page: Callable[[], Callable[[str], None] | None]
    ) -> None:
        self._spool = spool
        self._screen = screen
        self._listener = listener
        self._open_page = open_page
        self._breaks = Breaks(spool)

    def speak(self, verdict: Mapping[str, Any], utc: datetime) -> None:
        """What this verdict asks to be said, or credits."""
        if verdict["credit"]:
            settled = self._breaks.take(verdict["credit"], utc)
            if settled is not None:
                self._screen.take_back(settled)
        if verdict["notice"]:
            self.say(verdict["notice"]["key"], utc)

    def say(self, key: str, utc: datetime) -> None:
        """One notice; it counts against the hour's budget."""
        notice = notice_of(key, paired=self._open_page() is not None)
        self._spool.tell(utc)
        if key in BREAKS:
            self._breaks.offer(notice.id, key, utc)
        self._listener.notice(notice)
        self._screen.tell(notice)

    def hear(self, utc: datetime) -> None:
        """Do what was answered, and let time pass over the open break."""
        while True:
            try:
                notice_id, answer = self._screen.answers.get_nowait()
            except Empty:
                break
            self._do(notice_id, answer, utc)
        self._breaks.tick(utc)

    def _do(self, notice_id: str, answer: Answer, utc: datetime) -> None:
        open_page = self._open_page()
        match answer:
            case Answer.BREAK if open_page is not None:
                open_page(f"/posture/break/{notice_id}")
            case Answer.SNOOZE:
                wish(self._spool, snoozed_until=utc + _SNOOZE)
                self._breaks.decline(notice_id, utc)
            case _:
                self._breaks.decline(notice_id, utc)
