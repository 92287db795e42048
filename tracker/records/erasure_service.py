"""Erases a patient: the row of the person and everything that hangs on it, in one transaction. Never commits.

What goes: every row of every table that is about the person, sign-ins, connected computers, what waits to be sent to
them, and what was sent to staff about them. What stays: the lines of the audit trail (ids and keys, no content; a trail
from which somebody can take lines proves nothing), and one row of `erasure` with how many rows went, from which tables.
The clinic, its staff, its exercises and templates stay; the household of somebody who was alone in it goes as well,
down to its name.

An open alert does not stand in the way: the record is the patient's. Whoever looks after them and may see the record is
told, in the application and without a name, that something urgent was open when a record was erased; otherwise they
would look for an alert that is nowhere any more.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select

from tracker.accounts.access import shares
from tracker.accounts.models import Clinic, Invitation, Person, Role, SignInAttempt, SignInSession
from tracker.accounts.service import person_by_email, physios_of, record_audit
from tracker.alerts.models import Alert
from tracker.db import Base, affected, blind_index
from tracker.posture.models import Pairing
from tracker.records.errors import NotTheirsError
from tracker.records.models import Erasure
from tracker.records.schema_service import table, theirs
from tracker.records.tables import EXERCISES, PARTS, PERSON, RECORD
from tracker.regimen.rules_levels import LOCKED_FROM
from tracker.reminders import service as reminders
from tracker.reminders.models import Delivery, PushSubscription
from tracker.reminders.rules import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

AUDIT: Final = "audit_event"
IDS_AT_ONCE: Final = 500
_BESIDES: Final = (
    (SignInSession, SignInSession.person_id),
    (PushSubscription, PushSubscription.person_id),
    (Pairing, Pairing.patient_id),
    (Invitation, Invitation.person_id),
)
"""What is about the person without being part of their record."""
_MANY: Final = frozenset({"repetition", "posture_minute", "alert_event", "track", "set_result"})
"""Tables whose rows nothing is ever sent about."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What went. `open_urgent`: how many alerts that stop exercise were open; `told`: how many people were told so."""

    erasure_id: UUID
    rows: int
    open_urgent: int
    told: int


def erase(session: Session, person: Person, *, asked_by: Person, at: datetime) -> Erased:
    """Erase this patient. `asked_by`: themselves, or whoever does it on their request.

    Raises NotTheirsError for staff.
    """
    if person.role != Role.PATIENT:
        raise NotTheirsError
    # Whatever is being stored for them at this moment comes first and goes as well, or comes too late and fails.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    who, clinic_id, alone = person.id, person.clinic_id, person.solo
    proof = Erasure(
        id=uuid.uuid4(), clinic_id=clinic_id, person_id=who, asked_by=asked_by.id, at=at, counts=_counts(session, who)
    )
    open_urgent = _open_urgent(session, who)
    told = _tell(session, person, proof.id, at) if open_urgent else 0
    _forget_what_was_sent(session, person)
    _forget_tries(session, person)
    record_audit(
        session,
        actor=asked_by,
        patient=who,
        action="record.erased",
        subject=f"person:{who}",
        at=at,
        detail={"by": "self" if asked_by.id == who else "clinic", "open_urgent": open_urgent},
    )
    _let_go(session, who)
    affected(session, delete(Person).where(Person.id == who))
    if alone:
        _empty_household(session, clinic_id)
    session.add(proof)
    session.flush()
    return Erased(proof.id, sum(proof.counts.values()), open_urgent, told)


def patient_to_erase(session: Session, clinic_id: UUID, named: str) -> Person | None:
    """The patient of this clinic with this address or number of record."""
    found = person_by_email(session, named)
    if found is None:
        try:
            found = session.get(Person, uuid.UUID(named))
        except ValueError:
            return None
    fits = found is not None and found.role == Role.PATIENT and found.clinic_id == clinic_id
    return found if fits else None


def erasures_of(session: Session, clinic_id: UUID) -> list[Erasure]:
    """What was erased in a clinic, newest first."""
    wanted = select(Erasure).where(Erasure.clinic_id == clinic_id).order_by(Erasure.at.desc(), Erasure.id)
    return list(session.scalars(wanted))


def open_urgent_of(session: Session, person_id: UUID) -> bool:
    """Whether something urgent is open, which somebody should know before they erase it."""
    return _open_urgent(session, person_id) > 0


def _open_urgent(session: Session, person_id: UUID) -> int:
    wanted = select(func.count()).where(
        Alert.patient_id == person_id, Alert.closed_at.is_(None), Alert.level >= LOCKED_FROM
    )
    return session.scalar(wanted) or 0


# ---------------------------------------------------------------------------------------------- before it goes


def _counts(session: Session, person_id: UUID) -> dict[str, int]:
    """How many rows there are of this person, by table; tables without one are left out."""
    conditions: list[tuple[str, Any, Any]] = [
        (part.table, table(part.table), theirs(part, person_id))
        for part in PARTS
        if part.table != AUDIT and part not in EXERCISES
    ]
    conditions += [(model.__tablename__, model, column == person_id) for model, column in _BESIDES]
    counted = {
        name: session.scalar(select(func.count()).select_from(there).where(condition)) or 0
        for name, there, condition in conditions
    }
    return {name: number for name, number in counted.items() if number}


def _tell(session: Session, person: Person, erasure_id: UUID, at: datetime) -> int:
    """Those who could see that something urgent is open find a word about where it has gone."""
    if person.solo or not shares(session, person.id):
        return 0
    people = [each.id for each in physios_of(session, person.id, at) if each.active]
    reminders.enqueue(
        session,
        kind=Kind.ERASED,
        subject=f"erasure:{erasure_id}",
        person_ids=people,
        due_at=at,
        at=at,
        payload={"path": "/patients"},
    )
    return len(people)


def _forget_what_was_sent(session: Session, person: Person) -> None:
    """Messages to staff about this person: notices that lead nowhere any more, and what still waits to be sent."""
    ids = {str(person.id)}
    for part in RECORD:
        there = table(part.table)
        if part.table in _MANY or part.table == PERSON or "id" not in there.columns:
            continue
        ids.update(str(each) for each in session.scalars(select(there.c.id).where(theirs(part, person.id))))
    staff = select(Person.id).where(Person.clinic_id == person.clinic_id, Person.role != Role.PATIENT)
    rows = session.execute(
        select(Delivery.id, Delivery.subject, Delivery.payload).where(Delivery.person_id.in_(staff)),
        execution_options={"yield_per": 1000},
    )
    gone = [row.id for row in rows if _mentions(ids, row.subject, row.payload)]
    for first in range(0, len(gone), IDS_AT_ONCE):
        affected(session, delete(Delivery).where(Delivery.id.in_(gone[first : first + IDS_AT_ONCE])))


def _mentions(ids: set[str], subject: str, payload: dict[str, Any] | None) -> bool:
    named: Iterable[str] = (
        *subject.split(":"),
        *(value for value in (payload or {}).values() if isinstance(value, str)),
    )
    return any(part in ids for each in named for part in (each, *each.split("/")))


def _forget_tries(session: Session, person: Person) -> None:
    """Tries of their password, as far as their marks can be made again; the others go within a day by themselves."""
    accounts = [f"present password:{person.id}", f"second:{person.id}", *([person.email] if person.email else [])]
    marks = [blind_index(session, f"account:{each}") for each in accounts]
    affected(session, delete(SignInAttempt).where(SignInAttempt.account_hash.in_(marks)))


def _let_go(session: Session, person_id: UUID) -> None:
    """Objects of the person that this session holds must not be written any more."""
    session.flush()
    for each in list(session):
        names = {getattr(each, name, None) for name in ("patient_id", "person_id")}
        if person_id in names or (isinstance(each, Person) and each.id == person_id):
            session.expunge(each)


def _empty_household(session: Session, clinic_id: UUID) -> None:
    """Nobody is left in it: what was theirs through it goes, and its name, which was the person's."""
    if session.scalar(select(Person.id).where(Person.clinic_id == clinic_id).limit(1)) is not None:
        return
    for there in Base.metadata.sorted_tables:
        column = there.columns.get("clinic_id")
        if column is not None and column.foreign_keys and there.name not in {PERSON, Erasure.__tablename__}:
            session.execute(delete(there).where(column == clinic_id))
    household = session.get_one(Clinic, clinic_id)
    household.name = "-"
    household.emergency_number = household.urgent_number = None
    session.flush()
