"""Who looks after whom: hand-over, sharing a patient, absences and who stands in. Never commits.

A care link opens a record (`access`), and every way in asks for one that holds at this very instant. So nothing has to
run for a hand-over or an absence to count: links carry their times (docs/decisions/0026). What changes a patient's
links locks the patient's row first, so that two hand-overs at once cannot leave two people, or nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from tracker.accounts.access import NotFound
from tracker.accounts.models import Absence, CareLink, Person, Role
from tracker.accounts.service import (
    absences_from,
    for_good,
    holds,
    lock_team,
    open_care,
    record_audit,
    stand_in_for,
)
from tracker.clock import day_begins, local_date

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from tracker.db import Session

LONGEST_ABSENCE: Final = timedelta(days=366)
_OTHERS_MAY_POINT: Final = {"key_share": True}
"""A lock that keeps others from changing a row, and not from writing lines that point to it."""


class CareError(ValueError):
    """What was asked for cannot be; `key` names the sentence, `name` who is meant in it."""

    def __init__(self, key: str, name: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.name = name


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the clinic who looks after patients, with how many, and when they are away next."""

    person: Person
    patients: int
    absence: Absence | None
    stands_in: bool


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """An absence that is, or lies ahead."""

    absence: Absence
    name: str
    backup: str
    now: bool


# ---------------------------------------------------------------------------------------------- links


def _close_care(session: Session, patient_id: UUID, physio_id: UUID, at: datetime) -> None:
    """End it, with what others see only because they stand in for this physio."""
    theirs = select(Absence.id).where(Absence.physio_id == physio_id)
    links = session.scalars(
        select(CareLink).where(
            CareLink.patient_id == patient_id,
            or_(CareLink.until.is_(None), CareLink.until > at),
            or_(CareLink.physio_id == physio_id, CareLink.absence_id.in_(theirs)),
        )
    ).all()
    for link in links:
        # One that lies ahead never begins.
        link.until = max(at, link.since)
    session.flush()


def hand_over(session: Session, *, actor: Person, patient_id: UUID, to: Person, reason: str, at: datetime) -> None:
    """Give one's own patient to a colleague, who looks after them from this instant on.

    Raises NotFound for a patient who is not the actor's own, CareError("not_a_colleague").
    """
    lock_team(session, actor.id, to.id)
    patient, _link = _own(session, actor, patient_id, at)
    _check_colleague(actor.clinic_id, to, other_than=actor.id)
    _move(session, patient, actor.id, to, reason, actor, at)


def hand_over_all(session: Session, *, actor: Person, whose: Person, to: Person, reason: str, at: datetime) -> int:
    """Give every patient of somebody of the clinic to a colleague: who runs the clinic does this when somebody leaves,
    and need not see who the patients are. Returns how many.
    """
    if not actor.is_admin or whose.clinic_id != actor.clinic_id or whose.role != Role.PHYSIO:
        raise NotFound
    _check_colleague(actor.clinic_id, to, other_than=whose.id)
    lock_team(session, whose.id, to.id)
    theirs = sorted(own_patients(session, whose.id))
    for patient_id in theirs:
        patient = session.get_one(Person, patient_id, with_for_update=_OTHERS_MAY_POINT)
        _move(session, patient, whose.id, to, reason, actor, at)
    return len(theirs)


def _move(
    session: Session, patient: Person, from_id: UUID, to: Person, reason: str, actor: Person, at: datetime
) -> None:
    _close_care(session, patient.id, from_id, at)
    open_care(session, patient.id, to.id, at, reason)
    detail = {"from": str(from_id), "to": str(to.id)}
    record_audit(
        session, actor=actor, patient=patient, action="care.handed_over", subject="patient", at=at, detail=detail
    )


def share_care(session: Session, *, actor: Person, patient_id: UUID, to: Person, reason: str, at: datetime) -> None:
    """Let a colleague look after one's own patient as well."""
    lock_team(session, actor.id, to.id)
    patient, _link = _own(session, actor, patient_id, at)
    _check_colleague(actor.clinic_id, to, other_than=actor.id)
    open_care(session, patient.id, to.id, at, reason)
    record_audit(
        session,
        actor=actor,
        patient=patient,
        action="care.shared",
        subject="patient",
        at=at,
        detail={"to": str(to.id)},
    )


def end_care(session: Session, *, actor: Person, patient_id: UUID, at: datetime, reason: str | None = None) -> None:
    """Stop looking after a patient whom somebody else looks after as well; the link keeps the reason. Raises
    CareError("nobody_left"): alerts of a patient without anybody would reach nobody.
    """
    patient, link = _own(session, actor, patient_id, at)
    others = session.scalar(
        select(func.count())
        .select_from(CareLink)
        .join(Person, Person.id == CareLink.physio_id)
        .where(
            CareLink.patient_id == patient.id,
            CareLink.physio_id != actor.id,
            CareLink.until.is_(None),
            Person.active,
        )
    )
    if not others:
        raise CareError("nobody_left", patient.name)
    link.reason = reason
    _close_care(session, patient.id, actor.id, at)
    record_audit(session, actor=actor, patient=patient, action="care.ended", subject="patient", at=at)


def _own(session: Session, actor: Person, patient_id: UUID, at: datetime) -> tuple[Person, CareLink]:
    """A patient whom the actor looks after for good (not as a stand-in), locked until the end of the transaction, and
    the link by which they do.
    """
    patient = session.get(Person, patient_id, with_for_update=_OTHERS_MAY_POINT)
    own = select(CareLink).where(CareLink.patient_id == patient_id, CareLink.since <= at, for_good(actor.id))
    link = session.scalars(own).first()
    mine = patient is not None and patient.clinic_id == actor.clinic_id and actor.role == Role.PHYSIO and actor.active
    if patient is None or link is None or not mine:
        raise NotFound
    return patient, link


def own_patients(session: Session, physio_id: UUID) -> set[UUID]:
    """The patients somebody looks after for good: not as a stand-in, for whatever reason."""
    return set(session.scalars(select(CareLink.patient_id).where(for_good(physio_id))))


def chosen(session: Session, text: str) -> Person:
    """Whom a form names by their id. Raises NotFound."""
    found = session.get(Person, UUID(text))
    if found is None:
        raise NotFound
    return found


def _check_colleague(clinic_id: UUID, to: Person, *, other_than: UUID) -> None:
    if to.clinic_id != clinic_id or to.role != Role.PHYSIO or not to.active or to.id == other_than:
        raise CareError("not_a_colleague")


def handed_over(session: Session, patient_id: UUID, physio_id: UUID, at: datetime) -> CareLink | None:
    """The link by which somebody looks after a patient, where words were said when it began."""
    return session.scalars(
        select(CareLink)
        .where(CareLink.patient_id == patient_id, CareLink.physio_id == physio_id, holds(at))
        .where(CareLink.reason.is_not(None))
        .order_by(CareLink.since.desc())
        .limit(1)
    ).first()


@dataclass(frozen=True, slots=True)
class Carer:
    """Somebody who looks after a patient, since when; `until` and `stands_in_for` while they stand in."""

    name: str
    since: datetime
    until: datetime | None
    stands_in_for: str | None


def carers(session: Session, patient_id: UUID, at: datetime) -> list[Carer]:
    """Who looks after a patient now, the longest first."""
    absent = aliased(Person)
    rows = session.execute(
        select(Person.name, CareLink.since, CareLink.until, absent.name)
        .join(Person, Person.id == CareLink.physio_id)
        .outerjoin(Absence, Absence.id == CareLink.absence_id)
        .outerjoin(absent, absent.id == Absence.physio_id)
        .where(CareLink.patient_id == patient_id, holds(at), Person.active)
        .order_by(CareLink.since, CareLink.id)
    )
    return [Carer(*row) for row in rows]


# ---------------------------------------------------------------------------------------------- absences


def plan_absence(
    session: Session,
    *,
    actor: Person,
    physio: Person,
    backup: Person,
    since: datetime,
    until: datetime,
    note: str | None,
    at: datetime,
) -> Absence:
    """Somebody is away, and a colleague sees their patients for that time. Who is away can still look.

    Raises NotFound for somebody else's absence, and CareError: "bad_times", "too_long", "not_a_colleague",
    "away_already", "backup_away", "stands_in" (with the name of whom they stand in for).
    """
    if physio.clinic_id != actor.clinic_id or (actor.id != physio.id and not actor.is_admin):
        raise NotFound
    if physio.role != Role.PHYSIO:
        raise NotFound
    if until <= since or until <= at:
        raise CareError("bad_times")
    if until - since > LONGEST_ABSENCE:
        raise CareError("too_long")
    _check_colleague(actor.clinic_id, backup, other_than=physio.id)
    lock_team(session, physio.id, backup.id)
    for other in session.scalars(absences_from(at).where(Absence.since < until, Absence.until > since)):
        if other.physio_id == physio.id:
            raise CareError("away_already")
        if other.physio_id == backup.id:
            raise CareError("backup_away", backup.name)
        if other.backup_id == physio.id:
            raise CareError("stands_in", session.get_one(Person, other.physio_id).name)
    absence = Absence(
        physio_id=physio.id, backup_id=backup.id, since=max(since, at), until=until, note=note or None, created_at=at
    )
    session.add(absence)
    session.flush()
    stand_in_for(session, absence, own_patients(session, physio.id), at)
    detail = {"physio": str(physio.id), "backup": str(backup.id)}
    subject = f"absence:{absence.id}"
    record_audit(session, actor=actor, patient=None, action="absence.planned", subject=subject, at=at, detail=detail)
    return absence


def plan_days(
    session: Session,
    *,
    actor: Person,
    physio: Person,
    backup: Person,
    first: date,
    last: date,
    note: str | None,
    at: datetime,
) -> Absence:
    """`plan_absence` for whole days where the actor lives, the last one included."""
    try:
        since, until = day_begins(first, actor.time_zone), day_begins(last + timedelta(days=1), actor.time_zone)
    except OverflowError:
        # Somebody wrote the year 9999.
        raise CareError("too_long") from None
    return plan_absence(session, actor=actor, physio=physio, backup=backup, since=since, until=until, note=note, at=at)


def end_absence(session: Session, *, actor: Person, absence_id: UUID, at: datetime) -> None:
    """Back earlier, or not away after all: the stand-in sees these patients no longer. Raises NotFound."""
    absence = session.get(Absence, absence_id)
    physio = session.get(Person, absence.physio_id) if absence is not None else None
    if absence is None or physio is None or physio.clinic_id != actor.clinic_id:
        raise NotFound
    if actor.id != physio.id and not actor.is_admin:
        raise NotFound
    lock_team(session, physio.id)
    session.refresh(absence)
    if absence.ended_at is not None or absence.until <= at:
        return
    absence.ended_at = at
    for link in session.scalars(select(CareLink).where(CareLink.absence_id == absence.id, CareLink.until > at)):
        link.until = max(at, link.since)
    session.flush()
    subject = f"absence:{absence.id}"
    record_audit(session, actor=actor, patient=None, action="absence.ended", subject=subject, at=at)


def away(session: Session, people: Collection[UUID], at: datetime) -> set[UUID]:
    """Who of these people is away at this instant."""
    found = select(Absence.physio_id).where(
        Absence.physio_id.in_(people), Absence.since <= at, Absence.until > at, Absence.ended_at.is_(None)
    )
    return set(session.scalars(found))


def standing_in_for(session: Session, physio: Person, at: datetime) -> dict[UUID, tuple[str, date]]:
    """For each patient whom somebody sees as a stand-in only: for whom, and until which day of their own, that day
    included: the links end when it is over.
    """
    own = aliased(CareLink)
    rows = session.execute(
        select(CareLink.patient_id, Person.name, CareLink.until)
        .join(Absence, Absence.id == CareLink.absence_id)
        .join(Person, Person.id == Absence.physio_id)
        .where(
            CareLink.physio_id == physio.id,
            holds(at),
            ~select(own.id)
            .where(own.patient_id == CareLink.patient_id, own.physio_id == physio.id, own.until.is_(None))
            .exists(),
        )
    )
    a_moment = timedelta(seconds=1)
    return {
        patient_id: (name, local_date(until - a_moment, physio.time_zone)) for patient_id, name, until in rows if until
    }


def absences(session: Session, clinic_id: UUID, at: datetime) -> list[AbsenceLine]:
    """Who of a clinic is away, or will be, the nearest first."""
    physio, backup = aliased(Person), aliased(Person)
    rows = session.execute(
        absences_from(at)
        .add_columns(physio.name, backup.name)
        .join(physio, physio.id == Absence.physio_id)
        .join(backup, backup.id == Absence.backup_id)
        .where(physio.clinic_id == clinic_id)
        .order_by(Absence.since, Absence.id)
    )
    return [AbsenceLine(absence, name, other, now=absence.since <= at) for absence, name, other in rows]


def team(session: Session, clinic_id: UUID, at: datetime) -> list[Colleague]:
    """The physiotherapists of a clinic with how many patients each looks after, by name."""
    people = session.scalars(
        select(Person).where(Person.clinic_id == clinic_id, Person.role == Role.PHYSIO, Person.active)
    ).all()
    numbers = dict(
        session.execute(
            select(CareLink.physio_id, func.count(func.distinct(CareLink.patient_id)))
            .where(CareLink.physio_id.in_([person.id for person in people]), CareLink.until.is_(None))
            .group_by(CareLink.physio_id)
        ).all()
    )
    lines = absences(session, clinic_id, at)
    return sorted(
        (
            Colleague(
                person=person,
                patients=numbers.get(person.id, 0),
                absence=next((line.absence for line in lines if line.absence.physio_id == person.id), None),
                stands_in=any(line.absence.backup_id == person.id and line.now for line in lines),
            )
            for person in people
        ),
        key=lambda each: each.person.name.casefold(),
    )
