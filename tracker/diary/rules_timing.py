"""When may something be told about a day, and which forms are open today (CLINICAL 4.1).

Pure. Instants are aware; days are the person's local ones. What somebody remembers of a day fades: an entry may be
filled in, or corrected, up to 48 hours afterwards, which is today and the two days before. What counts is when the
person *answered*, which the outbox keeps, not when the answer found a connection. One thing is never refused for its
time, however late or wrong the clock of the device: a red flag. The rest of such an entry is kept and does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from tracker.regimen.rules_levels import Level

BACK_FILL_DAYS: Final = 2
# A device's clock may be wrong by a time zone; more than that and the day of the answer would be a guess.
CLOCK_AHEAD: Final = timedelta(hours=26)
OLDEST: Final = timedelta(days=366)
# Somebody who travels east may live a day ahead of the zone in their profile.
_A_DAY_AHEAD: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timing:
    """What becomes of an entry: refused with the key of a sentence (texts.PROBLEMS), or kept with these instants.
    `late`: it reached us after the day it is about. `counts`: its numbers may be used.
    """

    problem: str | None
    local_date: date
    answered_at: datetime
    late: bool
    counts: bool


def timing(
    *, local_date: date, answered_at: datetime, answered_on: date, received_at: datetime, received_on: date, flag: bool
) -> Timing:
    """Judge the times of an entry. `answered_on` and `received_on` are the local days of the two instants; `flag`:
    whether it holds a red flag.
    """
    problem = None
    believable = True
    if answered_at > received_at + CLOCK_AHEAD:
        problem, believable = "clock_ahead", False
    elif answered_at < received_at - OLDEST:
        problem, believable = "too_old", False
    elif local_date > answered_on + _A_DAY_AHEAD:
        problem, believable = "future_day", False
    elif answered_on - local_date > timedelta(days=BACK_FILL_DAYS):
        problem = "too_long_ago"
    counts = problem is None
    if not counts and flag:
        problem = None
        if not believable:
            answered_at = received_at
        # Never in the future, and never so far back that whoever looks at the history would not look there.
        local_date = min(max(local_date, received_on - OLDEST), received_on)
    return Timing(problem, local_date, answered_at, late=local_date < received_on, counts=counts)


def days_open(today: date) -> tuple[date, ...]:
    """The days that an entry can still be about, newest first."""
    return tuple(today - timedelta(days=back) for back in range(BACK_FILL_DAYS + 1))


# ---------------------------------------------------------------------------------------------- rhythm

DAILY: Final = "daily"
THRICE: Final = "thrice"
RHYTHMS: Final = (DAILY, THRICE)
THRICE_WEEKDAYS: Final = frozenset({1, 3, 5})
"""Monday, Wednesday, Friday (ISO)."""

STABLE_DAYS: Final = 14
_FEWEST_ANSWERS: Final = 10
"""Of those 14 days: somebody who hardly answers is not known to be stable."""


@dataclass(frozen=True, slots=True)
class Spell:
    """From this day on, one check-in is expected so often."""

    since: date
    kind: str


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a check-in is expected, now and before: a replay of last month must know last month's rhythm."""

    spells: tuple[Spell, ...] = ()

    def kind_on(self, day: date) -> str | None:
        """The rhythm in force on a day; None before the diary began. Of two choices on one day the later one holds."""
        found = None
        for spell in self.spells:
            if spell.since <= day:
                found = spell.kind
        return found

    @property
    def began_on(self) -> date | None:
        return self.spells[0].since if self.spells else None

    def changed(self, kind: str, on: date) -> Rhythm:
        """From `on` another rhythm."""
        kept = tuple(spell for spell in self.spells if spell.since < on or spell == self.spells[0])
        return Rhythm((*kept, Spell(on, kind)))


def is_expected(rhythm: Rhythm, day: date) -> bool:
    """Whether a check-in is due on this day."""
    kind = rhythm.kind_on(day)
    return kind == DAILY or (kind == THRICE and day.isoweekday() in THRICE_WEEKDAYS)


def expected_days(rhythm: Rhythm, first: date, last: date) -> tuple[date, ...]:
    """Every day from `first` to `last` (both included) on which a check-in is expected."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(day for day in days if is_expected(rhythm, day))


def next_expected(rhythm: Rhythm, after: date) -> date:
    """The next day on which a check-in is expected; without a rhythm tomorrow."""
    return next(iter(expected_days(rhythm, after + timedelta(days=1), after + timedelta(days=7))), after + _A_DAY_AHEAD)


def may_taper(rhythm: Rhythm, *, level: Level, steady_since: date, today: date, answered: int) -> bool:
    """Whether to offer three check-ins a week: 14 stable days at L0, of which most were answered."""
    return (
        rhythm.kind_on(today) == DAILY
        and level is Level.STEADY
        and today - steady_since >= timedelta(days=STABLE_DAYS)
        and answered >= _FEWEST_ANSWERS
    )


def must_return(rhythm: Rhythm, *, level: Level, today: date) -> bool:
    """Whether daily check-ins are needed again: after any L1 or more."""
    return rhythm.kind_on(today) == THRICE and level > Level.STEADY


# ---------------------------------------------------------------------------------------------- what is open

FIRST_AFTER: Final[Mapping[str, int]] = MappingProxyType({"weekly": 1, "fortnight": 2, "monthly": 6})
"""Days after the intake, so that nobody answers everything on the first day."""

EVERY: Final[Mapping[str, int]] = MappingProxyType({"weekly": 7, "fortnight": 14, "monthly": 30})


@dataclass(frozen=True, slots=True)
class DueFacts:
    """What decides which forms are open. `started_on`: the day of the first red-flag screen, None before it. `last`:
    the newest day each form was filled in for.
    """

    today: date
    started_on: date | None
    intake_complete: bool
    expected_today: bool
    daily_done: bool
    locked: bool = False
    open_mornings: int = 0
    last: Mapping[str, date] = field(default_factory=dict)


def forms_due(facts: DueFacts) -> tuple[str, ...]:
    """The forms that are open today, the most important first. Before the red-flag screen there is nothing else, and
    while the programme is locked only the check-in itself: somebody who waits for a doctor is not asked for more.
    """
    if facts.started_on is None:
        return ("intake",)
    due = []
    if not facts.intake_complete and not facts.locked:
        due.append("intake")
    if facts.open_mornings:
        due.append("morning")
    if facts.expected_today and not facts.daily_done:
        due.append("daily")
    if facts.locked:
        return tuple(due)
    for form, every in EVERY.items():
        last = facts.last.get(form)
        first_day = facts.started_on + timedelta(days=FIRST_AFTER[form])
        if facts.today >= (first_day if last is None else last + timedelta(days=every)):
            due.append(form)
    return tuple(due)
