"""What clinicians keep beside the record: notes and calls, appointments, and words they write often. Never commits.

Notes are from clinician to clinician; the patient finds them in the complete export of their record. An appointment is
seen by both. Everything that is written or taken back leaves an audit line without a word of the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from tracker.accounts.access import NotFound
from tracker.accounts.models import Person
from tracker.accounts.service import record_audit
from tracker.clinic.models import Appointment, MessageTemplate, PatientNote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

LONGEST: Final = 2_000
LONGEST_TITLE: Final = 80
MOST_NOTES_A_DAY: Final = 100
"""Of one author to one record: more is a script."""
MOST_AHEAD: Final = 50
"""Appointments that one patient can have before them."""
LATEST: Final = timedelta(days=730)
MOST_TEMPLATES: Final = 100
NOTE: Final = "note"
CALL: Final = "call"
KINDS: Final = (NOTE, CALL)


class NotKeptError(ValueError):
    """What was asked for cannot be kept; `key` names the sentence."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note or a call, and who wrote it; `author` None: somebody who has left."""

    at: datetime
    kind: str
    author: str | None
    text: str


@dataclass(frozen=True, slots=True)
class AppointmentLine:
    """When patient and physiotherapist see each other."""

    id: UUID
    starts_at: datetime
    physio: str | None
    note: str | None


# ---------------------------------------------------------------------------------------------- notes and calls


def add_note(session: Session, *, patient: Person, author: Person, kind: str, text: str, at: datetime) -> PatientNote:
    """Keep a note or a call. Raises NotKeptError("too_many") for more in a day than anybody writes."""
    today = select(func.count()).where(
        PatientNote.patient_id == patient.id,
        PatientNote.author_id == author.id,
        PatientNote.at > at - timedelta(days=1),
    )
    if (session.scalar(today) or 0) >= MOST_NOTES_A_DAY:
        raise NotKeptError("too_many")
    row = PatientNote(patient_id=patient.id, author_id=author.id, kind=kind, at=at, text=text)
    session.add(row)
    session.flush()
    record_audit(session, actor=author, patient=patient, action=f"{kind}.written", subject=f"note:{row.id}", at=at)
    return row


def notes_of(session: Session, patient_id: UUID, *, limit: int) -> list[NoteLine]:
    """The newest notes and calls about a patient, newest first."""
    rows = session.execute(
        select(PatientNote, Person.name)
        .outerjoin(Person, Person.id == PatientNote.author_id)
        .where(PatientNote.patient_id == patient_id)
        .order_by(PatientNote.at.desc(), PatientNote.id)
        .limit(limit)
    )
    return [NoteLine(row.at, row.kind, author, row.text) for row, author in rows]


# ---------------------------------------------------------------------------------------------- appointments


def book(
    session: Session, *, patient: Person, physio: Person, starts_at: datetime, note: str | None, at: datetime
) -> Appointment:
    """Note when the two see each other. Raises NotKeptError: "over", "too_far", "taken" (that instant), "too_many"."""
    if starts_at <= at:
        raise NotKeptError("over")
    if starts_at > at + LATEST:
        raise NotKeptError("too_far")
    ahead = list(session.scalars(_ahead([patient.id], at)))
    if any(row.starts_at == starts_at for row in ahead):
        raise NotKeptError("taken")
    if len(ahead) >= MOST_AHEAD:
        raise NotKeptError("too_many")
    row = Appointment(patient_id=patient.id, physio_id=physio.id, starts_at=starts_at, note=note or None, created_at=at)
    session.add(row)
    session.flush()
    subject = f"appointment:{row.id}"
    record_audit(session, actor=physio, patient=patient, action="appointment.booked", subject=subject, at=at)
    return row


def cancel(session: Session, *, patient: Person, actor: Person, appointment_id: UUID, at: datetime) -> None:
    """Take back an appointment that lies ahead; doing so twice is doing it once. Raises NotFound."""
    row = session.get(Appointment, appointment_id)
    if row is None or row.patient_id != patient.id:
        raise NotFound
    if row.cancelled_at is not None:
        return
    row.cancelled_at = at
    subject = f"appointment:{row.id}"
    record_audit(session, actor=actor, patient=patient, action="appointment.cancelled", subject=subject, at=at)


def upcoming(session: Session, patient_id: UUID, at: datetime) -> list[AppointmentLine]:
    """What lies ahead, the next first."""
    with_whom = aliased(Person)
    rows = session.execute(
        _ahead([patient_id], at).add_columns(with_whom.name).outerjoin(with_whom, with_whom.id == Appointment.physio_id)
    )
    return [AppointmentLine(row.id, row.starts_at, physio, row.note) for row, physio in rows]


def next_appointments(session: Session, patient_ids: Iterable[UUID], at: datetime) -> dict[UUID, datetime]:
    """The next appointment of each of these patients; one statement for all of them."""
    found: dict[UUID, datetime] = {}
    for row in session.scalars(_ahead(list(patient_ids), at)):
        found.setdefault(row.patient_id, row.starts_at)
    return found


def _ahead(patient_ids: Sequence[UUID], at: datetime) -> Any:
    return (
        select(Appointment)
        .where(Appointment.patient_id.in_(patient_ids), Appointment.starts_at > at, Appointment.cancelled_at.is_(None))
        .order_by(Appointment.starts_at, Appointment.id)
    )


# ---------------------------------------------------------------------------------------------- words written often


def own_templates(session: Session, clinic_id: UUID) -> list[MessageTemplate]:
    """The words that this clinic has kept, by title."""
    rows = session.scalars(
        select(MessageTemplate).where(MessageTemplate.clinic_id == clinic_id, MessageTemplate.archived_at.is_(None))
    )
    # Titles are encrypted in the table, so the order is made here.
    return sorted(rows, key=lambda row: row.title.casefold())


def save_template(session: Session, *, author: Person, title: str, text: str, at: datetime) -> MessageTemplate:
    """Keep words for the whole clinic. Raises NotKeptError("too_many")."""
    if len(own_templates(session, author.clinic_id)) >= MOST_TEMPLATES:
        raise NotKeptError("too_many")
    row = MessageTemplate(clinic_id=author.clinic_id, title=title, text=text, author_id=author.id, created_at=at)
    session.add(row)
    session.flush()
    subject = f"message_template:{row.id}"
    record_audit(session, actor=author, patient=None, action="message_template.written", subject=subject, at=at)
    return row


def archive_template(session: Session, *, actor: Person, template_id: UUID, at: datetime) -> None:
    """Offer these words no more. Raises NotFound for another clinic's."""
    row = session.get(MessageTemplate, template_id)
    if row is None or row.clinic_id != actor.clinic_id:
        raise NotFound
    if row.archived_at is not None:
        return
    row.archived_at = at
    subject = f"message_template:{row.id}"
    record_audit(session, actor=actor, patient=None, action="message_template.archived", subject=subject, at=at)
