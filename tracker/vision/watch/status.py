"""Who listens to the loop: one calm line in the terminal, few lines in a log, or lines of JSON for a script.

Each also keeps the same facts in the spool, where ``tracker watch --status`` finds them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import click
from rich.console import Console
from rich.markup import escape

from tracker.clock import Clock, program_processor_s
from tracker.vision.watch.courier import Link
from tracker.vision.watch.notices import Notice
from tracker.vision.watch.spool import Spool, text_of
from tracker.vision.watch.telling import Hold, Listener
from tracker.vision.watch.words import hold_words, link_words, verdict_words

_TOLD: Final = ("state", "can_tell", "gate", "hint", "view", "baseline_id", "recalibrate")
"""A verdict that differs in one of these is another one."""


class Several:
    """Tells each of some listeners."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._listeners = tuple(listeners)

    def verdict(self, verdict: Mapping[str, Any]) -> None:
        for each in self._listeners:
            each.verdict(verdict)

    def minute(self, minute: Mapping[str, Any]) -> None:
        for each in self._listeners:
            each.minute(minute)

    def hold(self, hold: Hold | None) -> None:
        for each in self._listeners:
            each.hold(hold)

    def notice(self, notice: Notice) -> None:
        for each in self._listeners:
            each.notice(notice)

    def checkpoint(self) -> None:
        for each in self._listeners:
            each.checkpoint()


class Facts:
    """What is going on, in the spool."""

    def __init__(self, spool: Spool, clock: Clock, link: Callable[[], Link], camera: str) -> None:
        self._spool = spool
        self._clock = clock
        self._link = link
        self._camera = camera
        self._hold: Hold | None = None
        self._verdict: Mapping[str, Any] | None = None

    def verdict(self, verdict: Mapping[str, Any]) -> None:
        changed = self._verdict is None or verdict["state"] != self._verdict["state"]
        self._verdict = verdict
        if changed:
            self._write()

    def minute(self, _minute: Mapping[str, Any]) -> None:
        """Minutes are in the spool already."""

    def hold(self, hold: Hold | None) -> None:
        self._hold = hold
        self._write()

    def notice(self, _notice: Notice) -> None:
        """Notices are in the spool already."""

    def checkpoint(self) -> None:
        self._write()

    def _write(self) -> None:
        self._spool.status(
            {
                "at": text_of(self._clock.now()),
                "process": os.getpid(),
                "camera": self._camera,
                "hold": self._hold,
                "link": self._link(),
                "verdict": self._verdict,
            }
        )


class Terminal:
    """One line that rewrites itself."""

    def __init__(self, link: Callable[[], Link]) -> None:
        self._link = link
        self._hold: Hold | None = None
        self._verdict: Mapping[str, Any] | None = None
        self._status = Console(stderr=True).status("")
        self._status.start()

    def verdict(self, verdict: Mapping[str, Any]) -> None:
        self._verdict = verdict
        self._show()

    def minute(self, _minute: Mapping[str, Any]) -> None:
        """The line says enough."""

    def hold(self, hold: Hold | None) -> None:
        self._hold = hold
        self._show()

    def notice(self, notice: Notice) -> None:
        self._status.console.print(f"{notice.title}. {notice.text}", markup=False)

    def checkpoint(self) -> None:
        self._show()

    def close(self) -> None:
        self._status.stop()

    def _show(self) -> None:
        link = self._link()
        parts = [line_of(self._hold, self._verdict)]
        if link not in {Link.FINE, Link.UNTRIED}:
            parts.append(link_words(link))
        self._status.update(escape(" · ".join(parts)))


class Log:
    """A line when the camera is released or used again, and when something is said: nothing else is worth a line."""

    def __init__(self, link: Callable[[], Link]) -> None:
        self._link = link
        self._told: Link | None = None

    def verdict(self, _verdict: Mapping[str, Any]) -> None:
        """Too often for a log."""

    def minute(self, _minute: Mapping[str, Any]) -> None:
        """Too often for a log."""

    def hold(self, hold: Hold | None) -> None:
        click.echo("Watching" if hold is None else hold_words(hold), err=True)

    def notice(self, notice: Notice) -> None:
        click.echo(f"{notice.title}. {notice.text}", err=True)

    def checkpoint(self) -> None:
        link = self._link()
        if link is not self._told and link is not Link.UNTRIED:
            self._told = link
            click.echo(link_words(link).capitalize(), err=True)


class Script:
    """One JSON object a line on stdout."""

    def __init__(self, link: Callable[[], Link], *, every: bool) -> None:
        self._link = link
        self._told_link: Link | None = None
        self._every = every
        self._told: tuple[Any, ...] | None = None

    def verdict(self, verdict: Mapping[str, Any]) -> None:
        told = tuple(verdict[name] for name in _TOLD)
        if self._every or told != self._told or verdict["notice"] or verdict["credit"]:
            self._told = told
            _line("verdict", verdict)

    def minute(self, minute: Mapping[str, Any]) -> None:
        _line("minute", {**minute, "processor_s": round(program_processor_s(), 3)})

    def hold(self, hold: Hold | None) -> None:
        self._told = None
        _line("hold", {"hold": hold})

    def notice(self, notice: Notice) -> None:
        _line("notice", {"key": notice.key, "id": notice.id, "title": notice.title, "text": notice.text})

    def checkpoint(self) -> None:
        link = self._link()
        if link is not self._told_link:
            self._told_link = link
            _line("link", {"link": link})


def _line(event: str, facts: Mapping[str, Any]) -> None:
    click.echo(json.dumps({"event": event, **facts}, ensure_ascii=False))


def line_of(hold: Hold | None, verdict: Mapping[str, Any] | None) -> str:
    """What is going on, in one line."""
    if hold is not None:
        return hold_words(hold)
    return verdict_words(verdict) if verdict is not None else "…"
