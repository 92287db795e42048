"""Entries of the diary in words, for the pages of a physiotherapist: what somebody wrote, warning signs, and answers
that no figure or picture shows. Whoever calls has asked whether the record may be read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tracker.diary import pages, texts
from tracker.diary import service as diary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from tracker.accounts.models import Person
    from tracker.db import Session
    from tracker.diary.rules import Entry

WORDS_SHOWN: Final = 5
_SAYS_MORE: Final = ("body", "medicines", "activities")
"""Answers that no figure or picture on the page shows."""


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the diary in words."""

    day: date
    title: str
    facts: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    note: str | None


def since(session: Session, patient: Person, first: date) -> tuple[Told, ...]:
    """The newest entries since a day that say more than numbers, without the intake."""
    entries = diary.entries_in_force(session, patient.id, since=first)
    return _newest(session, patient, (entry for entry in entries if entry.form != "intake"))


def of_days(session: Session, patient: Person, days: Collection[date]) -> tuple[Told, ...]:
    """The newest entries about these days that say more than numbers."""
    if not days:
        return ()
    entries = diary.entries_in_force(session, patient.id, since=min(days))
    return _newest(session, patient, (entry for entry in entries if entry.local_date in days))


def _newest(session: Session, patient: Person, entries: Iterable[Entry]) -> tuple[Told, ...]:
    telling = sorted((each for each in entries if _says_more(each)), key=lambda each: (each.local_date, each.order))
    return tuple(told(session, patient, entry) for entry in reversed(telling[-WORDS_SHOWN:]))


def _says_more(entry: Entry) -> bool:
    """Words, warning signs, places, medicines."""
    return bool(entry.note or entry.flags or any(isinstance(entry.answers.get(key), list) for key in _SAYS_MORE))


def told(session: Session, patient: Person, entry: Entry) -> Told:
    """One entry in words."""
    more = {key: entry.answers[key] for key in _SAYS_MORE if isinstance(entry.answers.get(key), list)}
    return Told(
        day=entry.local_date,
        title=texts.say(texts.FORM_TITLES, entry.form),
        facts=pages.facts_of(replace(entry, answers=more), diary.activities_of(session, patient.id)),
        flags=pages.flags_told(entry),
        note=entry.note,
    )
