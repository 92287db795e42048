"""Tables of the physiotherapist's room."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, EncryptedText, JsonDocument


class Message(Base):
    """A word from one person to another in a patient's record. Nobody watches it live."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_patient_id_sent_at", "patient_id", "sent_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    text: Mapped[str] = mapped_column(EncryptedText)
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class MessageTemplate(Base):
    """Words that a clinic writes often. Archived ones are no longer offered."""

    __tablename__ = "message_template"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(EncryptedText)
    text: Mapped[str] = mapped_column(EncryptedText)
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class SavedView(Base):
    """A way to look at the list of patients that somebody comes back to. `query`: what the address says."""

    __tablename__ = "saved_view"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    physio_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    query: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    created_at: Mapped[datetime]


class PatientNote(Base):
    """Something that clinicians write down about a patient for each other: a note, or a call and what was said."""

    __tablename__ = "patient_note"
    __table_args__ = (
        Index("ix_patient_note_patient_id_at", "patient_id", "at"),
        CheckConstraint("kind IN ('note', 'call')", name="kind"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(EncryptedText)


class Appointment(Base):
    """When patient and physiotherapist see each other next."""

    __tablename__ = "appointment"
    __table_args__ = (Index("ix_appointment_patient_id_starts_at", "patient_id", "starts_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    physio_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    starts_at: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class Proposal(Base):
    """One step that the rules of CLINICAL 2.0 propose for one exercise, and what a physiotherapist made of it. One at a
    time is open for an exercise; what was decided, or lapsed, stays. `plan_number`: the revision it was last seen to
    fit. `change`: {field, before, after}; `evidence`: the occasions and values behind it.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        Index("ix_proposal_patient_id_made_at", "patient_id", "made_at"),
        Index(
            "uq_proposal_open",
            "patient_id",
            "exercise",
            "kind",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
        CheckConstraint("kind IN ('progress', 'regress')", name="kind"),
        CheckConstraint("decision IN ('accepted', 'changed', 'declined', 'lapsed')", name="decision"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    exercise: Mapped[str] = mapped_column(String(64))
    plan_number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    change: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    evidence: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    made_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    decision: Mapped[str | None] = mapped_column(String(8))
    note: Mapped[str | None] = mapped_column(EncryptedText)
