"""Time. The only place that asks the machine what time it is.

Instants are aware and in UTC everywhere; a person's *day* is computed with their IANA zone at the moment it is
needed. Code that decides something takes the instant as an argument; only the edges (a request, a heartbeat, the
command line) ask a `Clock`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Clock(Protocol):
    """Something that can say what instant it is."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is told otherwise: for tests and for building demo data."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def advance(self, by: timedelta) -> None:
        self.instant += by


def stopwatch_s() -> float:
    """Seconds on a clock that never runs backwards; only differences mean anything."""
    return time.perf_counter()


def processor_s() -> float:
    """Seconds this thread has spent on a processor, whatever else is running; only differences mean anything."""
    return time.thread_time()


def steady_s() -> float:
    """Seconds on a clock that never jumps and goes on while the computer sleeps; only differences mean anything.

    Linux has a clock of its own for that, macOS's monotonic one counts sleep when asked by this name, and so does
    Windows' own.
    """
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        if hasattr(time, name):
            return time.clock_gettime(getattr(time, name))
    return time.monotonic()


def program_processor_s() -> float:
    """Seconds this whole program, with all its threads, has spent on processors since it started."""
    return time.process_time()


def zone(name: str) -> ZoneInfo:
    """The IANA zone called `name`; UTC when this machine does not know it, so that no page fails over it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def day_begins(day: date, zone_name: str) -> datetime:
    """The first instant of a day for somebody who lives in the IANA zone `zone_name`; raises OverflowError at the very
    ends of the calendar.
    """
    return datetime.combine(day, datetime.min.time(), zone(zone_name)).astimezone(UTC)


def local_date(instant: datetime, zone_name: str) -> date:
    """The calendar day it is at `instant` for somebody who lives in the IANA zone `zone_name`.

    An instant at the very ends of the calendar, as a broken or hostile clock gives it, has no day everywhere: then it
    is the first or last day there is, which nobody believes, rather than an error.
    """
    try:
        return instant.astimezone(zone(zone_name)).date()
    except OverflowError:
        return date.min if instant.year == date.min.year else date.max
