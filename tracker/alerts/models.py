"""Tables of escalation. An alert is one open matter of one family (CLINICAL 5.6); what happened to it is a chain of
events that is only added to. The level of the person at this moment is kept with the regimen (`Standing`), where the
lower rooms can read it.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.db import Base, EncryptedText, JsonDocument


class AppendOnlyEventError(RuntimeError):
    """Somebody tried to change an event of an alert."""


class AlertParameters(Base):
    """One version of the numbers by which a clinic's patients, or one of them, are judged. Never changed."""

    __tablename__ = "alert_parameters"
    __table_args__ = (
        UniqueConstraint("clinic_id", "number"),
        Index("ix_alert_parameters_patient_id", "patient_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id", ondelete="CASCADE"))
    patient_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    """None: for the whole clinic."""
    number: Mapped[int]
    """Counts through the whole clinic, so that two people who save at once cannot both be right."""
    preset: Mapped[str] = mapped_column(String(16))
    """default, sensitive, specific, own, or clinic (a patient goes back to the clinic's)."""
    document: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    author_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]


class ClinicDuty(Base):
    """Who stands in, and when somebody is there. Working hours are in the clinic's time zone."""

    __tablename__ = "clinic_duty"

    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id", ondelete="CASCADE"), primary_key=True)
    backup_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    lead_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    weekdays: Mapped[str] = mapped_column(String(7), default="12345")
    opens: Mapped[str] = mapped_column(String(5), default="08:00")
    closes: Mapped[str] = mapped_column(String(5), default="18:00")


class Alert(Base):
    """One matter. `level` is the highest it has reached; `firings` the rules behind it with the values they saw."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_patient_id_opened_at", "patient_id", "opened_at"),
        Index("ix_alert_closed_at", "closed_at"),
        Index(
            "uq_alert_open_family",
            "patient_id",
            "family",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    family: Mapped[str] = mapped_column(String(16))
    level: Mapped[int]
    first_day: Mapped[date]
    """The local day on which the first rule fired, which may lie before `opened_at` (late entries)."""
    last_day: Mapped[date]
    days: Mapped[int] = mapped_column(default=1)
    """On how many days a rule of this family fired since it opened."""
    late: Mapped[bool] = mapped_column(default=False)
    sentence: Mapped[str] = mapped_column(EncryptedText)
    """What a physiotherapist reads, in English as it was raised; pages say it anew from `firings`."""
    firings: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument)
    """[{rule, level, day, values}], newest day last: the data of the decision. Of a red flag also `told`: the versions
    of diary entries that told it, so that each telling raises it once.
    """
    parameters_version: Mapped[str] = mapped_column(String(64))
    engine_version: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime]
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    due_at: Mapped[datetime | None]
    """By when somebody should have acknowledged it (CLINICAL 5.1); None where nobody is asked."""
    notified_at: Mapped[datetime | None]
    notified_level: Mapped[int | None]
    notified_ewma: Mapped[float | None]
    notified_codes: Mapped[list[str]] = mapped_column(JsonDocument, default=list)
    """The red flags that were known when somebody was last told."""
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    snoozed_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    """The numbers have settled by themselves; somebody still confirms."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    closed_on: Mapped[date | None]
    disposition: Mapped[str | None] = mapped_column(String(32))
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    """What the patient said afterwards: {"helped": "yes" | "no" | "waiting", ...}."""
    note: Mapped[str | None] = mapped_column(EncryptedText)

    events: Mapped[list[AlertEvent]] = relationship(
        back_populates="alert", order_by="(AlertEvent.at, AlertEvent.id)", passive_deletes=True
    )


class AlertEvent(Base):
    """Something that happened to an alert: raised, rose, notified, escalated, acknowledged, snoozed, woken, resolved,
    returned (fired again after it had settled), outcome, contacted, release_refused, closed, accepted_baseline,
    confirmed, settled (an L1 that ended by itself).
    """

    __tablename__ = "alert_event"
    __table_args__ = (Index("ix_alert_event_alert_id_at", "alert_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    alert_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(24))
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    local_date: Mapped[date | None]
    """The patient's day, for events that the evaluation replays (closed, accepted_baseline)."""
    detail: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    note: Mapped[str | None] = mapped_column(EncryptedText)
    evidence: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """Of `raised` and `rose`: the whole history and the parameters the decision was made from, as `evidence.py` packs
    them. A diary can be edited and a clinic's numbers change; with this the decision can be made again years later.
    """

    alert: Mapped[Alert] = relationship(back_populates="events")


@event.listens_for(AlertParameters, "before_update")
@event.listens_for(AlertEvent, "before_update")
def _refuse_change(_mapper: object, _connection: object, row: object) -> None:
    raise AppendOnlyEventError(f"{type(row).__name__} is written once")
