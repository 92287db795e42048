"""Tables of training. Ids of sessions, sets and repetitions are made by the client, so that a session can be finished
without a connection and sent again without harm.

The engine's verdict (`counted`, `reason`) is never overwritten: a patient's correction is stored beside it.
Times of repetitions are seconds since the start of their set.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, EncryptedText, JsonDocument, UtcDateTime
from tracker.regimen.models import Prescription


class TrainingSession(Base):
    """One exercise on one occasion: some sets, and how it felt."""

    __tablename__ = "training_session"
    __table_args__ = (
        Index("ix_training_session_patient_id_local_date", "patient_id", "local_date"),
        Index("ix_training_session_prescription_id", "prescription_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    prescription_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("prescription.id", ondelete="SET NULL"))
    exercise: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(16))  # camera | file | manual
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The patient's date when it began, in the time zone they had then; stored because the zone may change later.
    local_date: Mapped[date]
    stop_reason: Mapped[str | None] = mapped_column(String(16))
    pain_before: Mapped[int | None]  # 0..10
    pain_during: Mapped[int | None]  # 0..10
    effort: Mapped[int | None]  # 0..10, Borg CR10
    note: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    sets: Mapped[list[SetResult]] = relationship(
        back_populates="session", order_by="(SetResult.started_at, SetResult.number)", passive_deletes=True
    )
    prescription: Mapped[Prescription | None] = relationship()


class SetResult(Base):
    """One set. `summary` is the engine's SetSummary as it came; the columns repeat what lists and sums need."""

    __tablename__ = "set_result"
    __table_args__ = (Index("ix_set_result_session_id", "session_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("training_session.id", ondelete="CASCADE"))
    number: Mapped[int]
    side: Mapped[str] = mapped_column(String(8))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    engine_version: Mapped[str] = mapped_column(String(16))
    duration_s: Mapped[float]
    count: Mapped[int]  # the engine's, before corrections
    partial: Mapped[int]
    held_s: Mapped[float]
    quality: Mapped[int | None]  # 0..100; None when nothing could be scored
    summary: Mapped[dict[str, Any]] = mapped_column(JsonDocument)

    session: Mapped[TrainingSession] = relationship(back_populates="sets")
    repetitions: Mapped[list[Repetition]] = relationship(
        back_populates="set", order_by="Repetition.position", passive_deletes=True
    )


class Repetition(Base):
    """One candidate repetition, counted or not. `position` counts every candidate from 1 within its set; `number` is
    the engine's own number. `range_*` are in `range_unit`; `range_share` is the part of the target range reached.
    """

    __tablename__ = "repetition"
    __table_args__ = (UniqueConstraint("set_id", "position"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    set_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("set_result.id", ondelete="CASCADE"))
    position: Mapped[int]
    number: Mapped[int | None]
    side: Mapped[str] = mapped_column(String(8))
    start_s: Mapped[float]
    peak_s: Mapped[float | None]
    end_s: Mapped[float]
    range_measure: Mapped[str | None] = mapped_column(String(64))
    range_unit: Mapped[str | None] = mapped_column(String(16))
    range_start: Mapped[float | None]
    range_peak: Mapped[float | None]
    range_value: Mapped[float | None]
    range_error: Mapped[float | None]
    range_share: Mapped[float | None]
    tempo_out_s: Mapped[float | None]
    tempo_peak_s: Mapped[float | None]
    tempo_back_s: Mapped[float | None]
    score: Mapped[int | None]
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument, default=list)
    counted: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(32))
    corrected_to: Mapped[bool | None]
    corrected_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    corrected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    set: Mapped[SetResult] = relationship(back_populates="repetitions")


class Track(Base):
    """The landmarks of one set (never pixels), kept only with the patient's consent and only until `expires_at`."""

    __tablename__ = "track"

    set_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("set_result.id", ondelete="CASCADE"), primary_key=True)
    frames: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    blob: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
