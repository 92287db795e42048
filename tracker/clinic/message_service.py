"""Messages between a patient and who cares for them. Never commits.

A message is a word in the record, not a chat: nobody watches it live, and every page that shows one says so. What a
physiotherapist writes reminds the patient once (kind "message", without a word of the text); reading it takes the
reminder back. What a patient answers stands on their page and in the list until somebody has marked it as read or
answered. Several physiotherapists of one patient share the thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import func, select

from tracker.accounts.models import Person
from tracker.accounts.service import physios_of, record_audit
from tracker.clinic.models import Message
from tracker.reminders import service as reminders

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from tracker.reminders.models import Delivery

KIND: Final = "message"
PATH: Final = "/messages"
"""What the reminder opens."""
LONGEST: Final = 2_000
MOST_A_DAY: Final = 40
"""Of one author to one record: more is a slip or a script."""
MOST_SHOWN: Final = 100


class TooManyMessagesError(Exception):
    """Somebody has written so often in a day that a mistake is likelier than a need."""


class NobodyReadsError(Exception):
    """A patient writes and nobody cares for them: an answer that cannot come must not be waited for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message as a page shows it; `mine` says whether the reader wrote it, `fresh` that it was unread until now."""

    id: UUID
    text: str
    author: str | None
    from_patient: bool
    mine: bool
    sent_at: datetime
    read_at: datetime | None
    fresh: bool


def subject_of(message_id: UUID) -> str:
    """What the reminder of a message is about, as `Delivery.subject` has it."""
    return f"message:{message_id}"


def send(session: Session, *, patient: Person, author: Person, text: str, at: datetime) -> Message:
    """Write `text` into the patient's record; to the patient a reminder goes out, and an answer counts as having read.

    Raises TooManyMessagesError, and NobodyReadsError for a patient whom nobody cares for.
    """
    by_patient = author.id == patient.id
    if by_patient and not physios_of(session, patient.id, at):
        raise NobodyReadsError
    if _sent_since(session, patient.id, author.id, at - timedelta(days=1)) >= MOST_A_DAY:
        raise TooManyMessagesError
    message = Message(patient_id=patient.id, author_id=author.id, text=text, sent_at=at)
    session.add(message)
    session.flush()
    record_audit(session, actor=author, patient=patient, action="message.sent", subject=subject_of(message.id), at=at)
    if by_patient:
        read_by_patient(session, patient, at)
    else:
        mark_answers_read(session, patient.id, at)
        reminders.enqueue(
            session,
            kind=KIND,
            subject=subject_of(message.id),
            person_ids=[patient.id],
            due_at=at,
            payload={"message": str(message.id), "path": PATH},
            at=at,
        )
    return message


def _sent_since(session: Session, patient_id: UUID, author_id: UUID, since: datetime) -> int:
    counted = select(func.count()).select_from(Message)
    return (
        session.scalar(
            counted.where(Message.patient_id == patient_id, Message.author_id == author_id, Message.sent_at > since)
        )
        or 0
    )


def thread(session: Session, patient_id: UUID, reader_id: UUID, *, limit: int = MOST_SHOWN) -> list[Line]:
    """The newest messages of a record, newest first."""
    rows = session.execute(
        select(Message, Person.name)
        .outerjoin(Person, Person.id == Message.author_id)
        .where(Message.patient_id == patient_id)
        .order_by(Message.sent_at.desc(), Message.id)
        .limit(limit)
    )
    return [
        Line(
            id=message.id,
            text=message.text,
            author=author,
            from_patient=message.author_id == patient_id,
            mine=message.author_id == reader_id,
            sent_at=message.sent_at,
            read_at=message.read_at,
            fresh=message.read_at is None,
        )
        for message, author in rows
    ]


def read_by_patient(session: Session, patient: Person, at: datetime) -> int:
    """The patient has seen everything that was written to them; whatever would remind of it is taken back."""
    rows = session.scalars(
        select(Message).where(
            Message.patient_id == patient.id,
            Message.read_at.is_(None),
            (Message.author_id != patient.id) | Message.author_id.is_(None),
        )
    ).all()
    for message in rows:
        message.read_at = at
        reminders.cancel(session, subject=subject_of(message.id), at=at, reason="read")
    return len(rows)


def mark_answers_read(session: Session, patient_id: UUID, at: datetime) -> int:
    """Somebody who cares for the patient has read what the patient wrote."""
    rows = session.scalars(
        select(Message).where(
            Message.patient_id == patient_id, Message.author_id == patient_id, Message.read_at.is_(None)
        )
    ).all()
    for message in rows:
        message.read_at = at
    return len(rows)


def unread_count(session: Session, person: Person, _at: datetime) -> int:
    """How many messages wait for this patient: what the menu shows."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Message)
            .where(
                Message.patient_id == person.id,
                Message.read_at.is_(None),
                (Message.author_id != person.id) | Message.author_id.is_(None),
            )
        )
        or 0
    )


def unread_answers(session: Session, patient_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many words of theirs nobody has read yet, by patient; patients without any are left out."""
    rows = session.execute(
        select(Message.patient_id, func.count())
        .where(
            Message.patient_id.in_(patient_ids),
            Message.author_id == Message.patient_id,
            Message.read_at.is_(None),
        )
        .group_by(Message.patient_id)
    )
    return {row[0]: row[1] for row in rows}


def wanted(session: Session, delivery: Delivery, _at: datetime) -> bool:
    """Whether a message still waits to be read: asked once more right before anybody is reminded of it."""
    if delivery.payload is None or "message" not in delivery.payload:
        return False
    message = session.get(Message, UUID(delivery.payload["message"]), populate_existing=True)
    return message is not None and message.read_at is None
