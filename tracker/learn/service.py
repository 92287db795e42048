"""Use cases of the desk check: keep one, read them back, say whether another is due. Never commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tracker.clock import local_date
from tracker.learn import rules
from tracker.learn.models import DeskCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Select

    from tracker.accounts.models import Person
    from tracker.db import Session

MOST_SHOWN: Final = 4
"""How many checks are compared: a year."""

MOST_A_DAY: Final = 20
"""New checks kept from one person within a day: enough for every desk there is, not for a script."""


class TooManyError(Exception):
    """More checks in a day than anybody has desks."""


def save_check(
    session: Session, *, patient: Person, check_id: UUID, answers: Mapping[str, rules.Answer], at: datetime
) -> DeskCheck:
    """Keep a check. Sent twice with the same id it is kept once, as it was first.

    Raises ValueError where an item is missing, TooManyError after twenty in a day.
    """
    if missing := rules.missing(answers):
        raise ValueError(f"no answer for {', '.join(missing)}")
    there = session.get(DeskCheck, check_id)
    if there is not None and there.patient_id == patient.id:
        return there
    today = local_date(at, patient.time_zone)
    if len(session.scalars(_of(patient.id).where(DeskCheck.local_date == today)).all()) >= MOST_A_DAY:
        raise TooManyError
    kept = {item: answers[item].value for item in rules.ITEMS}
    # An id that somebody else has used says nothing about them: this check simply gets another.
    fresh = DeskCheck(patient_id=patient.id, local_date=today, answers=kept, created_at=at)
    if there is None:
        fresh.id = check_id
    try:
        with session.begin_nested():
            session.add(fresh)
    except IntegrityError:
        # The same form was sent twice at the same moment, and the other one was faster.
        return session.get_one(DeskCheck, check_id)
    return fresh


def checks_of(session: Session, patient_id: UUID, most: int = MOST_SHOWN) -> Sequence[rules.Check]:
    """The newest checks, newest first."""
    rows = session.scalars(_of(patient_id).order_by(DeskCheck.created_at.desc(), DeskCheck.id).limit(most))
    return [rules.Check(row.local_date, rules.read(row.answers)) for row in rows]


def desk_check_due(session: Session, patient_id: UUID, today: date) -> rules.Due | None:
    """Whether a check may be made now; None when the last one is not 90 days old."""
    newest = checks_of(session, patient_id, most=1)
    return rules.due(newest[0].on if newest else None, today)


def _of(patient_id: UUID) -> Select[DeskCheck]:
    return select(DeskCheck).where(DeskCheck.patient_id == patient_id)
