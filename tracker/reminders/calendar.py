"""The private calendar as iCalendar (RFC 5545): when exercises and check-ins are due, in words that say nothing about
anybody. Instants are in UTC, so no description of a time zone is needed and none can be wrong; a day without a time is
a whole day. Nothing in it rings: reminding is done elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from icalendar import Calendar, Event

from tracker.reminders import texts
from tracker.reminders.rules import Kind

_REFRESH: Final = timedelta(hours=6)
_LENGTHS: Final = {Kind.EXERCISE: timedelta(minutes=20), Kind.CHECK_IN: timedelta(minutes=5)}
_NAMESPACE: Final = UUID("6b0f3c1e-4d0c-4f0e-9f5a-7c5d1d7c2f11")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on one day: at an instant, or at no particular time."""

    kind: Kind
    day: date
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A person's calendar. `stamp`: since when it exists; entries keep it, so that fetching again changes nothing."""

    person_id: UUID
    stamp: datetime
    entries: tuple[Entry, ...]


def build(feed: Feed, *, host: str, locale: str) -> bytes:
    """The calendar as text/calendar in UTF-8."""
    calendar = Calendar()
    calendar.add("prodid", "-//Rhomboid//Private calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", texts.NAME)
    calendar.add("x-wr-calname", texts.NAME)
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for entry in feed.entries:
        calendar.add_component(_event(feed, entry, host, locale))
    return bytes(calendar.to_ical())


def _event(feed: Feed, entry: Entry, host: str, locale: str) -> Event:
    event = Event()
    # The same day keeps its id when its time changes: calendars move the entry instead of showing it twice.
    event.add("uid", f"{uuid5(_NAMESPACE, f'{feed.person_id}:{entry.kind}:{entry.day.isoformat()}')}@{host}")
    event.add("dtstamp", feed.stamp)
    event.add("summary", texts.calendar_title(entry.kind, locale))
    if entry.starts_at is None:
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + timedelta(days=1))
    else:
        event.add("dtstart", entry.starts_at)
        event.add("dtend", entry.starts_at + _LENGTHS[entry.kind])
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event
