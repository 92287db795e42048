"""Tables of posture. What watches is a *watcher*: a browser on one device, or `tracker watch` on a computer.

Nothing here is a picture or a landmark: a baseline holds medians of a few ratios, a minute holds seconds and counts.
Ids of baselines, watchers and breaks are made by the client, so that everything can be sent again without harm.
Instants are UTC; a `local_date` is the patient's day in the zone they had then.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, EncryptedText, JsonDocument


class PostureSettings(Base):
    """How somebody wants to be told at the desk; who has chosen nothing has no row. See `rules.DEFAULTS`."""

    __tablename__ = "posture_settings"
    __table_args__ = (
        CheckConstraint("break_rule IN ('still', 'clock', 'both', 'off')", name="break_rule"),
        CheckConstraint("break_every_min BETWEEN 20 AND 60", name="break_every_min"),
        CheckConstraint("notices_per_hour BETWEEN 0 AND 3", name="notices_per_hour"),
    )

    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    break_rule: Mapped[str] = mapped_column(String(8), default="still")
    """still: after minutes without a change of posture; clock: after minutes at the desk, whatever happens; both."""
    break_every_min: Mapped[int] = mapped_column(default=30)
    sit_stand: Mapped[bool] = mapped_column(default=False)
    """There is a desk to stand at: 20 minutes sitting, 8 standing, 2 moving may be offered (CLINICAL 3.7)."""
    notices_per_hour: Mapped[int] = mapped_column(default=3)
    quiet: Mapped[bool] = mapped_column(default=False)
    """Quiet mode: watch and keep minutes, say nothing."""
    snoozed_until: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    """Nothing is watched until then."""
    began_on: Mapped[date | None]
    """The first day at the desk with it: in the first week breaks come after 45 minutes (CLINICAL 3.7)."""
    erased_at: Mapped[datetime | None]
    """When the person erased all that was measured: what a watcher still holds from before does not come back."""
    changed_at: Mapped[datetime]


class PostureBaseline(Base):
    """One calibration of one place: how this person looks there when they sit comfortably. Never changed; a newer one
    of the same `place_id` replaces it.
    """

    __tablename__ = "posture_baseline"
    __table_args__ = (
        Index("ix_posture_baseline_patient_id_made_at", "patient_id", "made_at"),
        CheckConstraint("view IN ('front', 'side')", name="view"),
        CheckConstraint("confidence IN ('normal', 'low')", name="confidence"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    place_id: Mapped[uuid.UUID]
    place_name: Mapped[str] = mapped_column(EncryptedText)
    camera: Mapped[str] = mapped_column(EncryptedText)
    """The camera's name as the browser or the system gives it; empty where it gives none."""
    view: Mapped[str] = mapped_column(String(8))
    confidence: Mapped[str] = mapped_column(String(8))
    engine_version: Mapped[str] = mapped_column(String(16))
    document: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    """The engine's `Baseline` as `exercises.posture_wire` writes it."""
    source: Mapped[str] = mapped_column(String(8))  # browser | agent
    made_at: Mapped[datetime]
    forgotten_at: Mapped[datetime | None]
    """The person has removed the place."""


class Watcher(Base):
    """A browser or a computer that watches. A browser is known by the sign-in; a computer signs in with its token,
    of which only the SHA-256 is kept.
    """

    __tablename__ = "posture_watcher"
    __table_args__ = (CheckConstraint("kind IN ('browser', 'agent')", name="kind"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(EncryptedText)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    version: Mapped[str] = mapped_column(String(16), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Pairing(Base):
    """A short code that makes one computer a watcher of its person, once and within minutes."""

    __tablename__ = "posture_pairing"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Keyed (blind index): a code is short enough to be guessed from a bare hash."""
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class PostureMinute(Base):
    """One minute of one watcher. The seconds add up to at most 60; where a watcher was off there is no row.

    The key makes a minute exist once, however often it is sent. Sent again with more seconds (a minute that a killed
    program began and its successor ended) it grows; with fewer it stays.
    """

    __tablename__ = "posture_minute"
    __table_args__ = (Index("ix_posture_minute_patient_id_local_date", "patient_id", "local_date"),)

    watcher_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("posture_watcher.id", ondelete="CASCADE"), primary_key=True
    )
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    local_date: Mapped[date]
    comfort_s: Mapped[int]
    slouch_s: Mapped[int]
    away_s: Mapped[int]
    unknown_s: Mapped[int]
    """Seconds in which it could not tell."""
    changes: Mapped[int]
    """Changes of posture that began in this minute (CLINICAL 3.6)."""
    stands: Mapped[int]
    """Of these, how often the person stood up or left."""
    still_s: Mapped[int]
    """Length of the spell without a change that goes on at the end of the minute, since before the minute perhaps."""
    movement: Mapped[float]
    """Mean movement index, see `exercises.posture`."""
    score: Mapped[int | None]  # 0..100; None where nothing could be scored
    view: Mapped[str | None] = mapped_column(String(8))
    baseline_id: Mapped[uuid.UUID | None]
    """No foreign key: a minute may arrive before its baseline."""
    received_at: Mapped[datetime]


class PostureBreak(Base):
    """A break that was offered or taken. `outcome` is None while it is open."""

    __tablename__ = "posture_break"
    __table_args__ = (
        Index("ix_posture_break_patient_id_local_date", "patient_id", "local_date"),
        CheckConstraint("cause IN ('still', 'clock', 'asked')", name="cause"),
        CheckConstraint("outcome IN ('taken', 'not_now', 'passed')", name="outcome"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    watcher_id: Mapped[uuid.UUID | None]
    """Who offered it; None: asked for on the page."""
    cause: Mapped[str] = mapped_column(String(8))
    offered_at: Mapped[datetime]
    local_date: Mapped[date]
    exercise: Mapped[str | None] = mapped_column(String(64))
    prescription_id: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None] = mapped_column(String(8))
    credited_by: Mapped[str | None] = mapped_column(String(8))  # stand | shift | exercise | said
    ended_at: Mapped[datetime | None]
