"""Tables of the diary. Nothing in them is ever changed: an edit is a new row of the same entry, so that what was told
first, and when, stays readable, and every evaluation can be replayed.

Ids of rows and entries are made by the client (outbox). Answers are JSON documents of `documents.py`; free text is
encrypted in a column of its own. Instants are UTC; a `local_date` is the day the entry is *about*, in the zone the
person had when it was written.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, EncryptedText, JsonDocument


class UnchangeableRowError(RuntimeError):
    """Somebody tried to change a diary row; save a new version of the entry instead."""


class CheckIn(Base):
    """One version of one entry of one form.

    `form`: intake, daily, weekly, fortnight, monthly, morning (after exercise), flags (anything new, before exercise or
    at any time). `entry_id` is what stays when the person corrects the entry; the version with the newest `answered_at`
    (then `received_at`, then `id`) holds. Red flags count from every version: a later "no" clears none.
    """

    __tablename__ = "check_in"
    __table_args__ = (
        Index("ix_check_in_patient_id_form_local_date", "patient_id", "form", "local_date"),
        Index("ix_check_in_patient_id_received_at", "patient_id", "received_at"),
        Index("ix_check_in_entry_id", "entry_id"),
        CheckConstraint(
            "form IN ('intake', 'daily', 'weekly', 'fortnight', 'monthly', 'morning', 'flags')", name="form"
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[uuid.UUID]
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    form: Mapped[str] = mapped_column(String(16))
    local_date: Mapped[date]
    time_zone: Mapped[str] = mapped_column(String(64))
    answered_at: Mapped[datetime]
    received_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)
    """Told on a later day than the one it is about."""
    counts: Mapped[bool] = mapped_column(default=True)
    """False: told so long afterwards that only its red flags are used."""
    source: Mapped[str] = mapped_column(String(16), default="page")  # page | notice | demo
    session_id: Mapped[uuid.UUID | None]
    """The training session a `morning` entry is about. No foreign key: the diary does not know training's tables."""
    answers: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    """Without what the person wrote in their own words; that is in `words`."""
    words: Mapped[str | None] = mapped_column(EncryptedText)
    """JSON: the names of medicines, in the order of the answers."""
    note: Mapped[str | None] = mapped_column(EncryptedText)


class Episode(Base):
    """One spell of pain: since when, and what a clinician has made of it. The open one has no `ended_on`."""

    __tablename__ = "episode"
    __table_args__ = (Index("ix_episode_patient_id", "patient_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    began_on: Mapped[date]
    examined_on: Mapped[date | None]
    """A clinician has examined this episode on this day; the time rules of CLINICAL 1.8 give way to `review_on`."""
    review_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    created_at: Mapped[datetime]


class DiarySettings(Base):
    """What a person's diary asks, beyond the same questions for everybody."""

    __tablename__ = "diary_settings"

    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    activities: Mapped[str | None] = mapped_column(EncryptedText)
    """A JSON list of {id, words}: the person's own activities for the PSFS, at most three, in their own words."""
    rhythm: Mapped[str] = mapped_column(String(16), default="daily")  # daily | thrice (taper after 14 stable days)
    since: Mapped[date]
    """From this day on that rhythm holds."""
    earlier: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument, default=list)
    """[{rhythm, since}], oldest first: what held before, so that an old month is judged by its own rhythm."""


@event.listens_for(CheckIn, "before_update")
def _refuse_change(_mapper: object, _connection: object, row: object) -> None:
    raise UnchangeableRowError(f"{type(row).__name__} is written once; save a new version instead")
