"""Decisions about a day at the desk: what a minute was, the band of a day, its figures, and what may be said of them.

Pure: no clock, no database, no web. Instants are aware and in UTC; hours are those of the person's zone. A minute is
named by its first instant (see `rules.Minute`); what nobody watched has no minute.

*At the desk* is time in which the camera watched and the person was not away. Of that, the share in the comfort zone
is a share of the time in which it could be told: a dark room must not look like a slouch. Movement comes first
(CLINICAL 3.6): changes of posture per hour, against the person's own median of four weeks, and the longest spell
without one. Nothing here says that a posture is bad or that it causes pain; it would not be true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, Final

from tracker.posture.rules import MINUTE_S, Minute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

_MINUTE: Final = timedelta(seconds=MINUTE_S)
_HOUR: Final = timedelta(hours=1)
_HOUR_S: Final = 3600
_QUARTER: Final = timedelta(minutes=15)

SHORTEST_BAND: Final = timedelta(hours=6)
"""A band is drawn at least this wide, so that the first ten minutes of a day do not look like all of it."""

A_PAUSE: Final = timedelta(minutes=2)
"""Watching that was interrupted for longer than this has begun anew."""

TOLD_ENOUGH_S: Final = 10 * 60
"""Less than this says nothing about a share."""
WATCHED_ENOUGH_S: Final = 30 * 60
"""Less than this says nothing about changes per hour."""
A_DAY_COUNTS_FROM_S: Final = _HOUR_S
"""A day with less than an hour at the desk says nothing about what is usual."""
USUAL_OVER_DAYS: Final = 28
USUAL_NEEDS_DAYS: Final = 5
AIM: Final = 1.2
"""CLINICAL 3.6: the target is the own median plus 20 %."""

LONG_STILL_S: Final = 60 * 60
MOSTLY: Final = 0.7
ABOUT_AS_USUAL: Final = 0.1
"""Differences below this share are within what a day varies by."""


# ---------------------------------------------------------------------------------------------- the band


class Kind(StrEnum):
    """What most of a minute was. In the order in which a tie is decided."""

    COMFORT = "comfort"
    SLOUCH = "slouch"
    UNKNOWN = "unknown"
    AWAY = "away"


def kind_of(minute: Minute) -> Kind:
    """What most of this minute was."""
    seconds = {
        Kind.COMFORT: minute.comfort_s,
        Kind.SLOUCH: minute.slouch_s,
        Kind.UNKNOWN: minute.unknown_s,
        Kind.AWAY: minute.away_s,
    }
    return max(seconds, key=lambda kind: seconds[kind])


@dataclass(frozen=True, slots=True)
class Run:
    """Minutes of one kind without a gap between them."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        return round((self.ends_at - self.starts_at) / _MINUTE)


def runs(minutes: Iterable[Minute]) -> tuple[Run, ...]:
    """The minutes of a day, those of one kind that follow each other as one. `minutes` in the order of time."""
    found: list[Run] = []
    for minute in minutes:
        kind, ends_at = kind_of(minute), minute.starts_at + _MINUTE
        last = found[-1] if found else None
        if last is not None and last.kind is kind and last.ends_at == minute.starts_at:
            found[-1] = Run(kind, last.starts_at, ends_at)
        else:
            found.append(Run(kind, minute.starts_at, ends_at))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Band:
    """A day from one full hour to another, by elapsed time: on the day the clocks are changed an hour is missing or
    comes twice, as it did. `hours`: the instants at which a full hour began.
    """

    first: datetime
    last: datetime
    runs: tuple[Run, ...]
    hours: tuple[datetime, ...]

    def share(self, instant: datetime) -> float:
        """Where an instant lies, 0 at the left end and 1 at the right; one outside lies at the nearer end."""
        return min(max((instant - self.first) / (self.last - self.first), 0.0), 1.0)


def band(minutes: Sequence[Minute], zone: ZoneInfo) -> Band | None:
    """The band of these minutes (in the order of time), None without any."""
    if not minutes:
        return None
    first = _hour_before(minutes[0].starts_at, zone)
    last = max(_hour_after(minutes[-1].starts_at + _MINUTE, zone), first + SHORTEST_BAND)
    return Band(first, last, runs(minutes), _full_hours(first, last, zone))


def _hour_before(instant: datetime, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone)
    return instant - timedelta(minutes=local.minute, seconds=local.second)


def _hour_after(instant: datetime, zone: ZoneInfo) -> datetime:
    before = _hour_before(instant, zone)
    return instant if before == instant else before + _HOUR


def _full_hours(first: datetime, last: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    # Offsets from UTC are quarters of an hour, so every full local hour is one of these.
    steps = int((last - first) / _QUARTER)
    instants = (first + number * _QUARTER for number in range(steps + 1))
    return tuple(instant for instant in instants if not instant.astimezone(zone).minute)


# ---------------------------------------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Figures:
    """What a day adds up to, in seconds and counts; `longest_still_s` is the longest spell without a change."""

    comfort_s: int = 0
    slouch_s: int = 0
    unknown_s: int = 0
    away_s: int = 0
    changes: int = 0
    longest_still_s: int = 0

    @property
    def told_s(self) -> int:
        """Seconds in which it could be told how the person sat."""
        return self.comfort_s + self.slouch_s

    @property
    def at_desk_s(self) -> int:
        return self.told_s + self.unknown_s

    @property
    def comfort_share(self) -> float | None:
        """Of the time in which it could be told; None where that is too little to say."""
        return self.comfort_s / self.told_s if self.told_s >= TOLD_ENOUGH_S else None

    @property
    def changes_per_hour(self) -> float | None:
        """None where the time at the desk is too short to say."""
        return self.changes * _HOUR_S / self.at_desk_s if self.at_desk_s >= WATCHED_ENOUGH_S else None


def figures(minutes: Iterable[Minute]) -> Figures:
    """What these minutes add up to."""
    return together(
        Figures(minute.comfort_s, minute.slouch_s, minute.unknown_s, minute.away_s, minute.changes, minute.still_s)
        for minute in minutes
    )


def together(stretches: Iterable[Figures]) -> Figures:
    """Several stretches of time as one."""
    found = list(stretches)
    return Figures(
        comfort_s=sum(each.comfort_s for each in found),
        slouch_s=sum(each.slouch_s for each in found),
        unknown_s=sum(each.unknown_s for each in found),
        away_s=sum(each.away_s for each in found),
        changes=sum(each.changes for each in found),
        longest_still_s=max((each.longest_still_s for each in found), default=0),
    )


@dataclass(frozen=True, slots=True)
class Still:
    """A spell without a change of posture."""

    starts_at: datetime
    ends_at: datetime

    @property
    def seconds(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds()


def longest_still(minutes: Iterable[Minute]) -> Still | None:
    """The longest spell without a change, None where there was none of a minute. A minute knows how long the spell is
    that goes on at its end, so what a spell lasted into the minute that ended it is left out: less than a minute.
    """
    longest = max(minutes, key=lambda minute: minute.still_s, default=None)
    if longest is None or longest.still_s < MINUTE_S:
        return None
    ends_at = longest.starts_at + _MINUTE
    return Still(ends_at - timedelta(seconds=longest.still_s), ends_at)


def by_hour(minutes: Iterable[Minute], zone: ZoneInfo) -> tuple[tuple[datetime, Figures], ...]:
    """What each full local hour adds up to, in the order of time; the hour that comes twice is there twice."""
    hours: dict[datetime, list[Minute]] = {}
    for minute in minutes:
        hours.setdefault(_hour_before(minute.starts_at, zone), []).append(minute)
    return tuple((hour, figures(hours[hour])) for hour in sorted(hours))


def watched_since(minutes: Sequence[Minute]) -> datetime | None:
    """Since when something has been watching without a pause; `minutes` in the order of time."""
    since: datetime | None = None
    before: datetime | None = None
    for minute in minutes:
        if since is None or before is None or minute.starts_at - before > A_PAUSE:
            since = minute.starts_at
        before = minute.starts_at + _MINUTE
    return since


@dataclass(frozen=True, slots=True)
class Usual:
    """How often somebody usually changes their posture in an hour, and what to aim for."""

    per_hour: float
    days: int

    @property
    def aim(self) -> float:
        return self.per_hour * AIM


def usual(days: Iterable[Figures]) -> Usual | None:
    """The median of these days (`USUAL_OVER_DAYS` of them), None while there are not enough that say something."""
    rates = [
        rate for day in days if day.at_desk_s >= A_DAY_COUNTS_FROM_S and (rate := day.changes_per_hour) is not None
    ]
    return Usual(median(rates), len(rates)) if len(rates) >= USUAL_NEEDS_DAYS else None


def days_before(day: date) -> tuple[date, date]:
    """The first and the last of the days that say what is usual on this one."""
    return day - timedelta(days=USUAL_OVER_DAYS), day - timedelta(days=1)


# ---------------------------------------------------------------------------------------------- what may be said


class Saying(StrEnum):
    """The one sentence about a day. Movement before blame: what comes first is said first."""

    NOTHING = "nothing"
    BEGUN = "begun"
    CANNOT_TELL = "cannot_tell"
    MORE_THAN_AIM = "more_than_aim"
    MORE_THAN_USUAL = "more_than_usual"
    LONG_STILL = "long_still"
    COMFORT = "comfort"
    AS_USUAL = "as_usual"
    CHANGES = "changes"


def saying_of(day: Figures, known: Usual | None) -> Saying:
    """Which sentence is true and the most useful one."""
    if not day.at_desk_s and not day.away_s:
        return Saying.NOTHING
    rate = day.changes_per_hour
    if rate is None:
        return Saying.BEGUN
    if day.unknown_s > day.told_s:
        return Saying.CANNOT_TELL
    return _more_than(rate, known) or _about_stillness(day) or _about_as_usual(rate, known)


def _more_than(rate: float, known: Usual | None) -> Saying | None:
    if known is None or rate < known.per_hour * (1 + ABOUT_AS_USUAL):
        return None
    return Saying.MORE_THAN_AIM if rate >= known.aim else Saying.MORE_THAN_USUAL


def _about_stillness(day: Figures) -> Saying | None:
    if day.longest_still_s >= LONG_STILL_S:
        return Saying.LONG_STILL
    share = day.comfort_share
    return Saying.COMFORT if share is not None and share >= MOSTLY else None


def _about_as_usual(rate: float, known: Usual | None) -> Saying:
    near = known is not None and abs(rate - known.per_hour) <= known.per_hour * ABOUT_AS_USUAL
    return Saying.AS_USUAL if near else Saying.CHANGES


class Variety(StrEnum):
    """How a week compares with the weeks before it."""

    NOT_ENOUGH = "not_enough"
    FIRST = "first"
    MORE = "more"
    SAME = "same"
    LESS = "less"


def variety_of(week: Figures, known: Usual | None) -> Variety:
    """Whether the posture changed more often this week than in the four weeks before."""
    rate = week.changes_per_hour
    if rate is None or week.at_desk_s < A_DAY_COUNTS_FROM_S:
        return Variety.NOT_ENOUGH
    if known is None:
        return Variety.FIRST
    if rate > known.per_hour * (1 + ABOUT_AS_USUAL):
        return Variety.MORE
    return Variety.LESS if rate < known.per_hour * (1 - ABOUT_AS_USUAL) else Variety.SAME
