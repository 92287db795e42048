"""Decisions about the desk: what a minute may claim, which report of a minute counts, how somebody wants to be told.

Pure: no clock, no database, no web. Instants are aware; a minute is named by its first instant, in UTC. Seconds are
whole and add up to at most sixty; what is missing to sixty was not watched.

Of two reports of the same minute by the same watcher the *fuller* one counts. `fullness` is a total order, so it does
not matter in which order reports arrive nor how often. Of two watchers that saw the same minute, the one counts that
saw most of the person (`merge`): two screens on one desk are one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

MINUTE_S: Final = 60
NO_BASELINE: Final = UUID(int=0)
"""Stands for "none" where reports are compared; no baseline has this id."""
CLOCK_AHEAD: Final = timedelta(minutes=5)
"""How far the clock of a computer may be ahead of ours."""
OLDEST: Final = timedelta(days=35)
"""A minute that arrives later than this is not kept: the median of four weeks is as far back as anything looks."""

BREAK_RULES: Final = ("still", "clock", "both", "off")
SHORTEST_BREAK_EVERY_MIN: Final = 20
LONGEST_BREAK_EVERY_MIN: Final = 60
MOST_NOTICES_PER_HOUR: Final = 3
FIRST_WEEK: Final = timedelta(days=7)
FIRST_WEEK_EVERY_MIN: Final = 45
"""In the first week breaks come later, to build the habit (CLINICAL 3.7)."""
LONGEST_SILENCE: Final = timedelta(hours=24)
"""A pause or a snooze ends by itself after at most this long."""

WATCHING_WITHIN: Final = timedelta(minutes=2)
"""A watcher that was heard of within this time is watching now."""


# ---------------------------------------------------------------------------------------------- minutes


@dataclass(frozen=True, slots=True)
class Minute:
    """What was seen in one minute. `still_s`: how long the spell without a change of posture is that goes on at its
    end. `score` 0..100, None where nothing could be scored; `movement`: mean movement index, see `exercises.posture`.
    """

    starts_at: datetime
    comfort_s: int = 0
    slouch_s: int = 0
    away_s: int = 0
    unknown_s: int = 0
    changes: int = 0
    stands: int = 0
    movement: float = 0.0
    still_s: int = 0
    score: int | None = None
    view: str | None = None
    baseline_id: UUID | None = None

    @property
    def seen_s(self) -> int:
        """Seconds in which it could be told how the person sat."""
        return self.comfort_s + self.slouch_s

    @property
    def watched_s(self) -> int:
        """Seconds in which something watched, whatever it saw."""
        return self.comfort_s + self.slouch_s + self.away_s + self.unknown_s


Fullness = tuple[int, int, int, int, int, int, int, float, int, str, str]


def fullness(minute: Minute) -> Fullness:
    """How much a report of a minute says; more comes first. Everything takes part, so that only equal reports tie:
    which of two is kept never depends on which arrived first. `minutes_service` says the same in SQL.
    """
    return (
        minute.watched_s,
        minute.seen_s,
        minute.comfort_s,
        minute.away_s,
        minute.changes,
        minute.stands,
        minute.still_s,
        minute.movement,
        -1 if minute.score is None else minute.score,
        minute.view or "",
        (minute.baseline_id or NO_BASELINE).hex,
    )


def fullest(minutes: Iterable[Minute]) -> list[Minute]:
    """One watcher's reports, each minute once, in the order of time."""
    found: dict[datetime, Minute] = {}
    for minute in minutes:
        known = found.get(minute.starts_at)
        if known is None or fullness(minute) > fullness(known):
            found[minute.starts_at] = minute
    return [found[at] for at in sorted(found)]


def merge(minutes: Iterable[Minute]) -> list[Minute]:
    """What several watchers saw, each minute once, in the order of time: the one that saw most of the person, then the
    one that watched longest.
    """
    found: dict[datetime, Minute] = {}
    for minute in minutes:
        known = found.get(minute.starts_at)
        if known is None or _rank(minute) > _rank(known):
            found[minute.starts_at] = minute
    return [found[at] for at in sorted(found)]


def _rank(minute: Minute) -> tuple[int, Fullness]:
    return minute.seen_s, fullness(minute)


def problem_of(minute: Minute, received_at: datetime) -> str | None:
    """The key of why a minute cannot be kept, None when it can."""
    if minute.starts_at.second or minute.starts_at.microsecond:
        return "not_a_minute"
    if minute.watched_s > MINUTE_S:
        return "too_many_seconds"
    if minute.watched_s == 0:
        return "empty"
    if minute.starts_at > received_at + CLOCK_AHEAD:
        return "future"
    if minute.starts_at < received_at - OLDEST:
        return "old"
    return None


# ---------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True, slots=True)
class Settings:
    """How somebody wants to be told at the desk. The two instants may have passed: see `later`."""

    break_rule: str = "still"
    break_every_min: int = 30
    sit_stand: bool = False
    notices_per_hour: int = 3
    quiet: bool = False
    snoozed_until: datetime | None = None
    paused_until: datetime | None = None
    began_on: date | None = None

    def break_every_s(self, today: date) -> int:
        """Seconds between breaks on this local day: as chosen, in the first week no sooner than 45 minutes."""
        minutes = max(self.break_every_min, FIRST_WEEK_EVERY_MIN) if self.first_week(today) else self.break_every_min
        return minutes * 60

    def first_week(self, today: date) -> bool:
        """Whether this is one of the first seven days with it; before the first minute it is."""
        return self.began_on is None or today < self.began_on + FIRST_WEEK


DEFAULTS: Final = Settings()
"""What holds for somebody who has chosen nothing (CLINICAL 3.7)."""


def later(until: datetime | None, at: datetime) -> datetime | None:
    """An end of a pause or a snooze; None when it has passed."""
    return until if until is not None and until > at else None


_SILENCES: Final = frozenset({"snoozed_until", "paused_until"})
_CHOICES: Final[Mapping[str, Container[object]]] = {
    "break_rule": BREAK_RULES,
    "break_every_min": range(SHORTEST_BREAK_EVERY_MIN, LONGEST_BREAK_EVERY_MIN + 1),
    "sit_stand": (True, False),
    "notices_per_hour": range(MOST_NOTICES_PER_HOUR + 1),
    "quiet": (True, False),
}


def checked(wanted: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What is really set when somebody wants this, by the names of `Settings`.

    Raises ValueError, whose text is the name of the setting: one that nobody can choose, a value out of bounds, or a
    silence of more than a day. A clock that is a little ahead is forgiven; an end that has passed is no silence.
    """
    found = {}
    for name, value in wanted.items():
        if name in _SILENCES:
            found[name] = _silence_until(name, value, at)
        elif name in _CHOICES and value in _CHOICES[name]:
            found[name] = value
        else:
            raise ValueError(name)
    return found


def really_changed(before: Settings, values: Mapping[str, Any], at: datetime) -> frozenset[str]:
    """The names of the settings that these values, which are `checked`, change. A silence that has passed is none."""
    now = {name: getattr(before, name) for name in values}
    now |= {name: later(now[name], at) for name in _SILENCES & now.keys()}
    return frozenset(name for name, value in values.items() if now[name] != value)


def _silence_until(name: str, wanted: datetime | None, at: datetime) -> datetime | None:
    if wanted is None or wanted <= at:
        return None
    if wanted > at + LONGEST_SILENCE + CLOCK_AHEAD:
        raise ValueError(name)
    return min(wanted, at + LONGEST_SILENCE)


# ---------------------------------------------------------------------------------------------- pairing

CODE_ALPHABET: Final = "23456789ACDEFGHJKMNPQRTUVWXY"
"""Of what looks alike on a screen or in handwriting (0 O, 1 I L, 2 Z, 5 S, 8 B) at most one."""
CODE_LENGTH: Final = 10
"""28^10 codes, 3 * 10^14. Somebody who is signed in has one open code, for ten minutes; with a hundred people who
connect a computer at any moment of the day, a hundred codes are alive. A crowd with addresses without end, which
guesses a thousand times a second (more than a server answers), finds one of them in 94 years. So tries are counted by
address and in no other way, and no stranger can keep others waiting."""
CODE_LASTS: Final = timedelta(minutes=10)
_GROUP: Final = 5


def code_from(numbers: Iterable[int]) -> str:
    """A code from random numbers below the length of the alphabet, as it is shown: ACDEF-GHJKM."""
    letters = "".join(CODE_ALPHABET[number] for number in numbers)
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def plain_code(typed: str) -> str | None:
    """The ten letters and digits of a code however it was typed; None when it cannot be one."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    fits = len(letters) == CODE_LENGTH and all(letter in CODE_ALPHABET for letter in letters)
    return letters if fits else None
