"""Use cases of the pages about a day and a week: what a local day was, what is usual, erasing it all. Takes a database
session and an instant; never commits.

A day is read minute by minute, a stretch of days as sums that the database makes: a year of minutes does not fit into
a page's second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select

from tracker.accounts.service import record_audit
from tracker.clock import local_date, zone
from tracker.posture import breaks_service, rules_breaks, rules_day, service
from tracker.posture.models import PostureBaseline, PostureBreak, PostureMinute, PostureSettings, Watcher
from tracker.posture.rules import Minute, Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person

WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Day:
    """One local day at the desk. `usual`: None while there are not enough days (`usual_days` of
    `rules_day.USUAL_NEEDS_DAYS`) to say. `desk` and `next_break` are there for today only.
    """

    day: date
    minutes: Sequence[Minute]
    band: rules_day.Band | None
    figures: rules_day.Figures
    still: rules_day.Still | None
    usual: rules_day.Usual | None
    usual_days: int
    breaks: Sequence[rules_breaks.Break]
    tally: rules_breaks.Tally
    settings: Settings
    desk: rules_breaks.Desk | None = None
    next_break: rules_breaks.NextBreak | None = None

    @property
    def saying(self) -> rules_day.Saying:
        return rules_day.saying_of(self.figures, self.usual)


def day_of(session: Session, person: Person, day: date, at: datetime, *, quiet_until: datetime | None = None) -> Day:
    """A local day of this person. `quiet_until`: the end of their quiet hours when `at` lies in them."""
    minutes = service.minutes_of(session, person.id, day, day)
    breaks = breaks_service.breaks_of(session, person.id, day, day)
    before = figures_by_day(session, person.id, *rules_day.days_before(day))
    settings = service.settings_of(session, person.id)
    today = local_date(at, person.time_zone)
    desk = rules_breaks.desk_of(minutes, breaks, at) if day == today else None
    return Day(
        day=day,
        minutes=minutes,
        band=rules_day.band(minutes, zone(person.time_zone)),
        figures=rules_day.figures(minutes),
        still=rules_day.longest_still(minutes),
        usual=rules_day.usual(before.values()),
        usual_days=sum(each.at_desk_s >= rules_day.A_DAY_COUNTS_FROM_S for each in before.values()),
        breaks=breaks,
        tally=rules_breaks.tally(breaks, at),
        settings=settings,
        desk=desk,
        next_break=_next_break(settings, desk, breaks, quiet_until, today, at) if day == today else None,
    )


def _next_break(
    settings: Settings,
    desk: rules_breaks.Desk | None,
    breaks: Sequence[rules_breaks.Break],
    quiet_until: datetime | None,
    today: date,
    at: datetime,
) -> rules_breaks.NextBreak:
    return rules_breaks.next_break(
        settings,
        desk,
        last_offered_at=max((each.offered_at for each in breaks if each.cause != "asked"), default=None),
        quiet_until=quiet_until,
        today=today,
        at=at,
    )


# ---------------------------------------------------------------------------------------------- stretches of days


def figures_by_day(session: Session, patient_id: UUID, first: date, last: date) -> dict[date, rules_day.Figures]:
    """What the minutes of each local day add up to (ends included), as `rules.merge` would choose them where several
    watchers saw the same minute. Days without a minute are left out.
    """
    there = PostureMinute
    wanted = (there.patient_id == patient_id, there.local_date.between(first, last))
    columns: dict[str, Any] = {name: getattr(there, name) for name in _SUMMED}
    seen = there.comfort_s + there.slouch_s
    # The order of `rules.merge` as far as anything that is summed can differ.
    order = (seen, seen + there.away_s + there.unknown_s, there.comfort_s, there.away_s, there.changes, there.stands)
    place = func.row_number().over(
        partition_by=there.starts_at, order_by=[*(each.desc() for each in order), there.still_s.desc()]
    )
    ranked = select(there.local_date, there.still_s, *columns.values(), place.label("place")).where(*wanted).subquery()
    rows = session.execute(
        select(ranked.c.local_date, *(func.sum(ranked.c[name]) for name in _SUMMED), func.max(ranked.c.still_s))
        .where(ranked.c.place == 1)
        .group_by(ranked.c.local_date)
    )
    return {
        day: rules_day.Figures(**dict(zip(_SUMMED, map(int, sums), strict=True)), longest_still_s=still_s)
        for day, *sums, still_s in rows
    }


_SUMMED: Final = ("comfort_s", "slouch_s", "unknown_s", "away_s", "changes")


def changes_by_day(session: Session, patient_id: UUID, first: date, last: date) -> dict[date, float]:
    """Changes of posture per hour at the desk, by local day, for the time line; too short days are left out."""
    days = figures_by_day(session, patient_id, first, last)
    rates = {day: found.changes_per_hour for day, found in days.items()}
    return {day: round(rate, 1) for day, rate in rates.items() if rate is not None}


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day of a week; the figures of a day that nobody watched are all zero."""

    day: date
    figures: rules_day.Figures
    tally: rules_breaks.Tally


@dataclass(frozen=True, slots=True)
class Week:
    """Seven local days and the four weeks before them."""

    days: tuple[WeekDay, ...]
    usual: rules_day.Usual | None
    earlier: bool
    """Whether anything is known of the time before."""

    @property
    def figures(self) -> rules_day.Figures:
        return rules_day.together(each.figures for each in self.days)

    @property
    def tally(self) -> rules_breaks.Tally:
        return sum((each.tally for each in self.days), rules_breaks.Tally())

    @property
    def variety(self) -> rules_day.Variety:
        return rules_day.variety_of(self.figures, self.usual)

    @property
    def longest_day_s(self) -> int:
        return max(each.figures.at_desk_s for each in self.days)


def week_of(session: Session, person: Person, last: date, at: datetime) -> Week:
    """The seven local days that end with `last`."""
    first = last - timedelta(days=WEEK - 1)
    figures = figures_by_day(session, person.id, *rules_day.days_before(first)[:1], last)
    tallies = breaks_service.tallies(session, person.id, first, last, at)
    days = [first + timedelta(days=number) for number in range(WEEK)]
    return Week(
        days=tuple(
            WeekDay(day, figures.get(day, rules_day.Figures()), tallies.get(day, rules_breaks.Tally())) for day in days
        ),
        usual=rules_day.usual(found for day, found in figures.items() if day < first),
        earlier=_anything_before(session, person.id, first),
    )


def _anything_before(session: Session, patient_id: UUID, day: date) -> bool:
    earliest = select(func.min(PostureMinute.local_date)).where(PostureMinute.patient_id == patient_id)
    found = session.scalar(earliest)
    return found is not None and found < day


def anything_known(session: Session, patient_id: UUID) -> bool:
    """Whether a minute of this person has ever been watched."""
    wanted = select(PostureMinute.watcher_id).where(PostureMinute.patient_id == patient_id).limit(1)
    return session.scalar(wanted) is not None


def anything_stored(session: Session, patient_id: UUID) -> bool:
    """Whether there is anything that `erase` would forget."""
    tables = (PostureMinute, PostureBreak, PostureBaseline)
    wanted = (select(table.patient_id).where(table.patient_id == patient_id).limit(1) for table in tables)
    return any(session.scalar(each) is not None for each in wanted)


# ---------------------------------------------------------------------------------------------- for reminders


def moved_since(session: Session, patient_ids: Collection[UUID], since: datetime) -> set[UUID]:
    """Who of these has changed their posture, stood up or been away for two minutes since then, as far as anything
    watched; or has taken a break.
    """
    minutes = session.execute(
        select(
            PostureMinute.patient_id,
            func.sum(PostureMinute.changes + PostureMinute.stands),
            func.sum(PostureMinute.away_s),
        )
        .where(PostureMinute.patient_id.in_(patient_ids), PostureMinute.starts_at >= since)
        .group_by(PostureMinute.patient_id)
    )
    moved = {
        patient_id for patient_id, changes, away_s in minutes if changes or away_s >= rules_breaks.AWAY_IS_A_BREAK_S
    }
    return moved | breaks_service.moved_since(session, patient_ids, since)


def told_by_a_watcher(session: Session, patient_ids: Collection[UUID], at: datetime) -> set[UUID]:
    """Who of these is told about breaks by what watches them: something has been heard of lately, and they want it to
    tell.
    """
    alive = set(
        session.scalars(
            select(Watcher.patient_id).where(
                Watcher.patient_id.in_(patient_ids),
                Watcher.revoked_at.is_(None),
                Watcher.seen_at >= at - rules_breaks.STILL_WATCHING,
            )
        )
    )
    wanted = PostureSettings.patient_id.in_(patient_ids), PostureSettings.break_rule == "off"
    return alive - set(session.scalars(select(PostureSettings.patient_id).where(*wanted)))


def wants_silence(session: Session, patient_ids: Collection[UUID], at: datetime) -> set[UUID]:
    """Who of these has put breaks off for a while."""
    wanted = PostureSettings.patient_id.in_(patient_ids), PostureSettings.snoozed_until > at
    return set(session.scalars(select(PostureSettings.patient_id).where(*wanted)))


# ---------------------------------------------------------------------------------------------- erasing


def erase(session: Session, person: Person, at: datetime) -> int:
    """Forget every minute, break and baseline of this person; what they have chosen stays. How many rows it was."""
    gone = 0
    for table in (PostureMinute, PostureBreak, PostureBaseline):
        rows = session.execute(delete(table).where(table.patient_id == person.id).returning(table.patient_id))
        gone += len(rows.all())
    service.forget_before(session, person.id, at)
    record_audit(
        session, actor=person, patient=person, action="posture.erased", subject="patient", at=at, detail={"rows": gone}
    )
    return gone
