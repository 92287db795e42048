"""Steps back that happen by themselves (CLINICAL 2.0 Regress, 4.6, 5.1 L1): begun and ended when a record has changed.
Never commits.

Each has one reason and one day, and is begun once for it: a session that is sent twice, a page that is opened again, a
morning that is told after an effort of the same day change nothing. A physiotherapist who sees the record ends what a
session began, by their word or by another dose. Where nobody looks, a step back ends when a week is over and the last
two occasions were green; a return after time away gives one of its two steps back after every two green days.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from tracker.diary.service import watched
from tracker.regimen import easing_service
from tracker.regimen import rules_easing as rules
from tracker.regimen.models import Easing
from tracker.regimen.rules_progression import OCCASIONS, calm_again, green, regresses
from tracker.training.models import TrainingSession

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from tracker.clinic.progression_service import Line, Record


def look_again(session: Session, record: Record, at: datetime) -> Record:
    """End what is over and begin what has a new reason; the record with its easings as they are then."""
    seen = watched(session, record.person, at)
    for row in record.easings:
        if row.ended_at is None:
            _end_what_is_over(session, record, row, at, seen=seen)
    for line in record.lines.values():
        _step_back(session, record, line, at)
    _implied(session, record, at)
    session.flush()
    rows = easing_service.easings(session, [record.person.id], at).get(record.person.id, [])
    return replace(record, easings=tuple(rows))


# ---------------------------------------------------------------------------------------------- beginning


def _step_back(session: Session, record: Record, line: Line, at: datetime) -> None:
    exercise = line.item.exercise
    handled = frozenset(
        relief.day
        for row in record.easings
        if row.exercise == exercise and (relief := easing_service.as_relief(row)).day is not None
    )
    since = record.today - timedelta(days=rules.LOOK_BACK_DAYS)
    # A dose that a physiotherapist has set since is their answer to what was before.
    occasions = line.occasions if line.story.author_id == record.person.id else line.since_numbers
    lately = [each for each in occasions if since <= each.day <= record.today + timedelta(days=1)]
    for asked in regresses(lately, record.baseline, handled):
        relief = rules.Relief(asked.cause, rules.ONE_STEP, record.today, exercise=exercise, day=asked.day)
        easing_service.begin(session, record.person.id, relief, asked.values, at)


def _implied(session: Session, record: Record, at: datetime) -> None:
    """Rows for what holds by itself: level L1, and a return that has begun."""
    level = easing_service.implied(
        record.person,
        record.easings,
        today=record.today,
        last_day=None,
        level=record.level or 0,
        since=record.level_since,
    )
    for relief in (*level, *_return(session, record)):
        easing_service.begin(session, record.person.id, relief, {}, at)


def _return(session: Session, record: Record) -> list[rules.Relief]:
    if not record.days:
        return []
    earlier = session.scalar(
        select(func.max(TrainingSession.local_date)).where(
            TrainingSession.patient_id == record.person.id, TrainingSession.local_date < record.days[0]
        )
    )
    days = [*([earlier] if earlier else []), *record.days]
    kept = {easing_service.as_relief(row).day for row in record.easings if row.cause == rules.AWAY}
    returns = [rules.for_return(before, after) for before, after in pairwise(days) if rules.was_away(before, after)]
    # Of several, the latest: it stands for where the person begins again.
    return [each for each in returns[-1:] if rules.holds_on(each, record.today) and each.day not in kept]


# ---------------------------------------------------------------------------------------------- ending


def _end_what_is_over(session: Session, record: Record, row: Easing, at: datetime, *, seen: bool) -> None:
    if row.until_on is not None and row.until_on < record.today:
        easing_service.end(row, at)
        return
    if row.exercise is not None:
        _end_of_one(record, row, at, seen=seen)
    elif row.cause == rules.AWAY:
        _give_back(session, record, row, at)


def _end_of_one(record: Record, row: Easing, at: datetime, *, seen: bool) -> None:
    line = record.lines.get(row.exercise or "")
    if line is None:  # taken out of the plan
        easing_service.end(row, at)
        return
    author = line.story.author_id
    if line.story.numbers_since > row.created_at and author is not None and author != record.person.id:
        easing_service.end(row, at, author)
        return
    since = [
        each for each in line.occasions if each.day >= row.from_on and each.day != easing_service.as_relief(row).day
    ]
    over = (record.today - row.from_on).days >= rules.ALONE_DAYS
    if not seen and over and calm_again(since):
        easing_service.end(row, at)


def _give_back(session: Session, record: Record, row: Easing, at: datetime) -> None:
    if not _two_green_days(record, row.from_on):
        return
    easing_service.end(row, at)
    if row.factor < rules.ONE_STEP:
        relief = replace(easing_service.as_relief(row), factor=rules.ONE_STEP, from_on=record.today)
        easing_service.begin(session, record.person.id, relief, {}, at)


def _two_green_days(record: Record, since: date) -> bool:
    """Whether on the last two days of exercise everything was green."""
    by_day: dict[date, list[bool]] = defaultdict(list)
    for line in record.lines.values():
        for each in line.occasions:
            if each.day >= since:
                by_day[each.day].append(green(each))
    last: Sequence[date] = sorted(by_day)[-OCCASIONS:]
    return len(last) == OCCASIONS and all(all(by_day[day]) for day in last)
