"""Use cases of breaks: keep what watchers and pages report, choose what to offer, count. Takes a database session and
an instant; never commits.

Recording is idempotent: ids come from the client, an outcome is never taken back, and reports of one break may arrive
in any order and as often as they like.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tracker.accounts.access import NotFound
from tracker.clock import local_date
from tracker.posture import rules_breaks as rules
from tracker.posture import service
from tracker.posture.models import PostureBreak
from tracker.regimen.library import find, known, library
from tracker.regimen.rules_levels import Level
from tracker.regimen.service import current_plan, standing_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from exercises.definition import Definition
    from tracker.accounts.models import Person
    from tracker.posture.break_documents import BreakDoc
    from tracker.regimen.rules import Prescribed

MOST_BREAKS_A_DAY: Final = 300
"""Breaks of one local day that are kept: one every five minutes of twenty-four hours, which nobody is offered."""
_LATELY: Final = 20
"""How many breaks back the exercises take turns."""


class RefusedBreakError(ValueError):
    """The report cannot be kept; `reason` is the key of a sentence (texts.BREAK_PROBLEMS)."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


# ---------------------------------------------------------------------------------------------- recording


def record(
    session: Session, patient: Person, document: BreakDoc, watcher_id: UUID | None = None, *, at: datetime
) -> PostureBreak:
    """Keep one report of a break. Raises RefusedBreakError, and NotFound when the id belongs to somebody else."""
    wrong = document.problem_of_time(at)
    if wrong is not None:
        raise RefusedBreakError(wrong, "not_believed")
    if service.is_erased(session, patient.id, document.offered_at):
        raise RefusedBreakError("offered_at", "erased")
    row = _locked_row(session, patient, document, at)
    row.watcher_id = row.watcher_id or watcher_id or document.watcher
    if row.cause == "asked" and document.cause != "asked":
        # The page was opened, and answered, before the watcher's own report arrived.
        row.cause, row.offered_at = document.cause, document.offered_at
    _settle(row, document.outcome, credited_by=document.credited_by, ended_at=document.ended_at or at)
    return row


def _locked_row(session: Session, patient: Person, document: BreakDoc, at: datetime) -> PostureBreak:
    """The break's row, made if need be and locked until the end of the transaction."""
    wanted = select(PostureBreak).where(PostureBreak.id == document.id).with_for_update()
    row = session.scalars(wanted).one_or_none()
    if row is None:
        day = _day_with_room(session, patient, document.offered_at)
        # Refused when the same report is being received elsewhere; the statement below then waits for that row.
        with suppress(IntegrityError), session.begin_nested():
            session.add(
                PostureBreak(
                    id=document.id,
                    patient_id=patient.id,
                    cause=document.cause,
                    offered_at=min(document.offered_at, at),
                    local_date=day,
                )
            )
        row = session.scalars(wanted).one()
    if row.patient_id != patient.id:
        raise NotFound
    return row


def _day_with_room(session: Session, patient: Person, at: datetime) -> date:
    """The local day of a break, unless there are more on it than anybody is offered."""
    day = local_date(at, patient.time_zone)
    on_the_day = (PostureBreak.patient_id == patient.id, PostureBreak.local_date == day)
    if (session.scalar(select(func.count()).where(*on_the_day)) or 0) >= MOST_BREAKS_A_DAY:
        raise RefusedBreakError("offered_at", "too_many")
    return day


def _settle(row: PostureBreak, outcome: str | None, *, credited_by: str | None, ended_at: datetime) -> None:
    kept = rules.outcome_after(row.outcome, outcome)
    if kept == row.outcome:
        return
    row.outcome = kept
    row.credited_by = credited_by if kept == "taken" else None
    row.ended_at = max(ended_at, row.offered_at)


# ---------------------------------------------------------------------------------------------- answering on a page


def begin(
    session: Session, patient: Person, break_id: UUID, choice: rules.Candidate | None, *, at: datetime
) -> PostureBreak:
    """Somebody starts the exercise of a break: the row is made if need be, and stays open until it is credited.

    Raises RefusedBreakError.
    """
    row = _own_row(session, patient, break_id, at)
    if choice is not None:
        row.exercise = choice.exercise
        row.prescription_id = UUID(choice.prescription_id) if choice.prescription_id else None
    return row


def answer(
    session: Session, patient: Person, break_id: UUID, outcome: str, *, exercise: str | None, at: datetime
) -> PostureBreak:
    """What somebody says of a break on its page: taken, or not now. Raises RefusedBreakError."""
    row = _own_row(session, patient, break_id, at)
    # What was on the page has had its turn, whether it was done or not.
    row.exercise = row.exercise or exercise
    _settle(row, outcome, credited_by="said", ended_at=at)
    return row


def _own_row(session: Session, patient: Person, break_id: UUID, at: datetime) -> PostureBreak:
    """This person's break, made if need be. An id that is somebody else's is as good as any new one: the break then
    gets another, so that nobody learns from an answer which ids there are.
    """
    row = session.scalars(select(PostureBreak).where(PostureBreak.id == break_id).with_for_update()).one_or_none()
    if row is not None and row.patient_id == patient.id:
        return row
    made = PostureBreak(
        id=break_id if row is None else uuid.uuid4(),
        patient_id=patient.id,
        cause="asked",
        offered_at=at,
        local_date=_day_with_room(session, patient, at),
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        # Answered twice at the same moment, or reported by its watcher meanwhile: now it is there.
        return _own_row(session, patient, break_id, at)
    return made


def credit_exercise(session: Session, patient: Person, exercise: str, started_at: datetime) -> None:
    """A session of exercise has come in: the break it answers is taken. By the time it began, not by the time it
    arrived: it may have waited on the device for a connection.
    """
    rows = session.scalars(
        select(PostureBreak)
        .where(
            PostureBreak.patient_id == patient.id,
            PostureBreak.offered_at.between(started_at - rules.AN_EXERCISE_ANSWERS_WITHIN, started_at),
        )
        .order_by(PostureBreak.offered_at.desc())
        .with_for_update()
    ).all()
    row = next((each for each in rows if each.outcome != "not_now"), None)
    if row is None:
        return
    row.exercise = row.exercise or exercise
    _settle(row, "taken", credited_by="exercise", ended_at=started_at)


# ---------------------------------------------------------------------------------------------- reading


def as_break(row: PostureBreak) -> rules.Break:
    """The row as the rules see it."""
    return rules.Break(
        id=row.id,
        cause=row.cause,
        offered_at=row.offered_at,
        outcome=row.outcome,
        credited_by=row.credited_by,
        ended_at=row.ended_at,
        exercise=row.exercise,
    )


def breaks_of(session: Session, patient_id: UUID, first: date, last: date) -> list[rules.Break]:
    """The breaks of these local days (ends included), in the order of time."""
    rows = session.scalars(
        select(PostureBreak)
        .where(PostureBreak.patient_id == patient_id, PostureBreak.local_date.between(first, last))
        .order_by(PostureBreak.offered_at, PostureBreak.id)
    )
    return [as_break(row) for row in rows]


def tallies(session: Session, patient_id: UUID, first: date, last: date, at: datetime) -> dict[date, rules.Tally]:
    """What became of the breaks, by local day; days without any are left out."""
    rows = session.scalars(
        select(PostureBreak).where(PostureBreak.patient_id == patient_id, PostureBreak.local_date.between(first, last))
    )
    by_day: dict[date, list[rules.Break]] = defaultdict(list)
    for row in rows:
        by_day[row.local_date].append(as_break(row))
    return {day: rules.tally(found, at) for day, found in by_day.items()}


def own_break(session: Session, patient_id: UUID, break_id: UUID) -> rules.Break | None:
    """A break of this person; None when nothing has reported it yet, as for one of somebody else."""
    row = session.get(PostureBreak, break_id)
    return as_break(row) if row is not None and row.patient_id == patient_id else None


def open_break(session: Session, patient_id: UUID, at: datetime) -> rules.Break | None:
    """The newest break that waits for an answer."""
    row = session.scalars(
        select(PostureBreak)
        .where(
            PostureBreak.patient_id == patient_id,
            PostureBreak.outcome.is_(None),
            PostureBreak.offered_at.between(at - rules.OPEN_FOR, at + timedelta(minutes=5)),
        )
        .order_by(PostureBreak.offered_at.desc())
        .limit(1)
    ).one_or_none()
    return as_break(row) if row else None


def moved_since(session: Session, patient_ids: Collection[UUID], since: datetime) -> set[UUID]:
    """Who of these has taken a break since then."""
    rows = session.scalars(
        select(PostureBreak.patient_id).where(
            PostureBreak.patient_id.in_(patient_ids), PostureBreak.outcome == "taken", PostureBreak.ended_at >= since
        )
    )
    return set(rows)


def taken_by_day(session: Session, patient_id: UUID, first: date, last: date) -> dict[date, float]:
    """Breaks that were taken, by local day, for the time line; a day on which none was taken says nothing there."""
    rows = session.execute(
        select(PostureBreak.local_date, func.count())
        .where(
            PostureBreak.patient_id == patient_id,
            PostureBreak.local_date.between(first, last),
            PostureBreak.outcome == "taken",
        )
        .group_by(PostureBreak.local_date)
    )
    return {day: float(number) for day, number in rows}


# ---------------------------------------------------------------------------------------------- what to offer


@dataclass(frozen=True, slots=True)
class Offer:
    """What a break brings: an exercise with its dose, or only the reason why there is none (`rules.Rest`)."""

    rest: str | None = None
    candidate: rules.Candidate | None = None
    definition: Definition | None = None
    choices: tuple[str, ...] = ()
    """Everything that may be offered now, the one whose turn it is first."""


def offer(
    session: Session,
    person: Person,
    *,
    rest: str | None,
    cautions: Collection[str],
    wanted: str | None = None,
) -> Offer:
    """What to offer this person now. `rest`: why they should not exercise (`break_views.register_readiness`);
    `cautions`: what they have told about themselves; `wanted`: an exercise to show rather than the next in turn, where
    it is among those that may be offered.
    """
    if rest is not None:
        return Offer(rest)
    found = _candidates(session, person, cautions)
    if not found:
        return Offer(rules.Rest.NOTHING_FITS)
    chosen = next((each for each in found if each.exercise == wanted), found[0])
    return Offer(None, chosen, find(session, chosen.exercise, person.clinic_id), tuple(each.exercise for each in found))


def _candidates(session: Session, person: Person, cautions: Collection[str]) -> tuple[rules.Candidate, ...]:
    plan = current_plan(session, person.id)
    definitions = known(session, [item.exercise for item in plan.items])
    planned = [_from_plan(definitions[item.exercise], item) for item in plan.items if item.exercise in definitions]
    standing = standing_of(session, person.id)
    return rules.offers(
        planned,
        [_from_plan_d(library()[exercise], reps) for exercise, reps in rules.PLAN_D.items()],
        cautions=cautions,
        drills_allowed=standing is not None and standing.level <= Level.SELF_CARE,
        lately=_exercises_lately(session, person.id),
    )


def _exercises_lately(session: Session, patient_id: UUID) -> Sequence[str]:
    rows: Iterable[str | None] = session.scalars(
        select(PostureBreak.exercise)
        .where(PostureBreak.patient_id == patient_id, PostureBreak.exercise.is_not(None))
        .order_by(PostureBreak.offered_at.desc(), PostureBreak.id)
        .limit(_LATELY)
    )
    return [exercise for exercise in rows if exercise is not None]


def _from_plan_d(definition: Definition, reps: int) -> rules.Candidate:
    return _candidate(definition, reps=reps, hold_s=definition.dose.hold_s or None, sides=2 if definition.sided else 1)


def _from_plan(definition: Definition, item: Prescribed) -> rules.Candidate:
    hold_s = item.hold_s if item.hold_s is not None else definition.dose.hold_s or None
    return _candidate(definition, reps=item.reps, hold_s=hold_s, sides=len(item.sides), prescription_id=item.id)


def _candidate(
    definition: Definition, *, reps: int | None, hold_s: float | None, sides: int, prescription_id: str | None = None
) -> rules.Candidate:
    return rules.Candidate(
        exercise=definition.id,
        goal=definition.goal,
        posture=definition.figure.posture,
        equipment=definition.equipment,
        cautions=definition.cautions,
        reps=reps,
        hold_s=hold_s,
        sides=sides,
        prescription_id=prescription_id,
    )
