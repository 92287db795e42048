"""Tables of plans and of a clinic's own exercises. A revision, with its prescriptions or its definition, is written
once and never changed: what a patient was asked to do on a day, and by which numbers it was judged, stays readable for
ever, and every change has an author and a date.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, EncryptedText, JsonDocument, UtcDateTime


class ImmutableRowError(RuntimeError):
    """Someone tried to change a row that is written once."""


class Plan(Base):
    """The plan of one patient: a name for the chain of its revisions."""

    __tablename__ = "plan"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    revisions: Mapped[list[PlanRevision]] = relationship(
        back_populates="plan", order_by="PlanRevision.number", passive_deletes=True
    )


class PlanRevision(Base):
    """One version of a plan. `number` counts from 1; its uniqueness is the guard against two editors at once."""

    __tablename__ = "plan_revision"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    number: Mapped[int]
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    """In the author's own words."""
    evidence: Mapped[str | None] = mapped_column(EncryptedText)
    """What a proposed step was proposed for, in words: it quotes what the patient has told, and is shown to somebody
    else only while they share that."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    plan: Mapped[Plan] = relationship(back_populates="revisions")
    prescriptions: Mapped[list[Prescription]] = relationship(
        back_populates="revision", order_by="Prescription.position", passive_deletes=True
    )


class Prescription(Base):
    """One exercise of a revision. `reps` or `hold_s` (seconds) is None where the exercise does not use it."""

    __tablename__ = "prescription"
    __table_args__ = (UniqueConstraint("revision_id", "exercise"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan_revision.id", ondelete="CASCADE"))
    position: Mapped[int]
    exercise: Mapped[str] = mapped_column(String(64))
    sets: Mapped[int]
    reps: Mapped[int | None]
    hold_s: Mapped[float | None]
    weekdays: Mapped[str] = mapped_column(String(7))  # ISO numbers, "135" = Monday, Wednesday, Friday
    side: Mapped[str] = mapped_column(String(8))
    targets: Mapped[dict[str, Any]] = mapped_column(JsonDocument, default=dict)
    note: Mapped[str | None] = mapped_column(EncryptedText)
    overridden: Mapped[list[str] | None] = mapped_column(JsonDocument)
    """The caution flags of the patient that speak against it, and that the author has looked at."""
    override_reason: Mapped[str | None] = mapped_column(EncryptedText)

    revision: Mapped[PlanRevision] = relationship(back_populates="prescriptions")


class PlanTemplate(Base):
    """A programme that a clinic has put together to begin plans with. `items`: its lines, as `rules.Prescribed`."""

    __tablename__ = "plan_template"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(EncryptedText)
    description: Mapped[str | None] = mapped_column(EncryptedText)
    items: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument)
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Easing(Base):
    """For some days somebody does less than their plan says (CLINICAL 2.0): the plan stays as it is, the day's list
    is multiplied by `factor`. `exercise` None: everything that loads; what only moves goes on.
    """

    __tablename__ = "easing"
    __table_args__ = (Index("ix_easing_patient_id_from_on", "patient_id", "from_on"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    exercise: Mapped[str | None] = mapped_column(String(64))
    factor: Mapped[float]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    """The last day; None: until a physiotherapist has looked at it."""
    cause: Mapped[str] = mapped_column(String(32))
    """Which rule: pain_during, next_morning, effort, quality, level_1, away."""
    detail: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    """The values the rule saw."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)


class ClinicExercise(Base):
    """An exercise that a clinic recorded itself: the name of a chain of revisions. `slug` is its id everywhere else,
    "own-" and random letters, so that it never meets an exercise of the library. An archived one can no longer be
    prescribed; plans that have it keep it.
    """

    __tablename__ = "clinic_exercise"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id", ondelete="CASCADE"), index=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    """The newest revision's title, readable even when this version of the engine cannot read the definition."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    revisions: Mapped[list[ClinicExerciseRevision]] = relationship(
        back_populates="exercise", order_by="ClinicExerciseRevision.number", passive_deletes=True
    )


class ClinicExerciseRevision(Base):
    """One version of a clinic's own exercise; `document` holds the tables of a library file."""

    __tablename__ = "clinic_exercise_revision"
    __table_args__ = (UniqueConstraint("exercise_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    exercise_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic_exercise.id", ondelete="CASCADE"))
    number: Mapped[int]
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    document: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    exercise: Mapped[ClinicExercise] = relationship(back_populates="revisions")


class Standing(Base):
    """How urgent a patient's state is at this moment, as the last evaluation left it (`rules_levels.Level`).

    Written by the alerts room after every entry; read by whoever must not let somebody exercise. `page` is what the
    patient has to see first: emergency, urgent or crisis, until an outcome is known.
    """

    __tablename__ = "standing"

    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    level: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime]
    locked: Mapped[bool] = mapped_column(default=False)
    page: Mapped[str | None] = mapped_column(String(16))
    alert_id: Mapped[uuid.UUID | None]
    """The alert behind it; no foreign key, the regimen does not know the table."""
    baseline: Mapped[float | None]
    spread: Mapped[float | None]
    ewma: Mapped[float | None]
    improving: Mapped[bool] = mapped_column(default=False)
    intake_done: Mapped[bool] = mapped_column(default=False)
    """The red-flag screen has been answered; no programme starts before it."""
    last_check_in_on: Mapped[date | None]
    evaluated_through: Mapped[date | None]
    """The last local day that the evaluation has seen the end of; the heartbeat moves it on."""
    evaluated_at: Mapped[datetime]


@event.listens_for(PlanRevision, "before_update")
@event.listens_for(Prescription, "before_update")
@event.listens_for(ClinicExerciseRevision, "before_update")
def _refuse_change(_mapper: object, _connection: object, row: object) -> None:
    raise ImmutableRowError(f"{type(row).__name__} is written once; save a new revision instead")
