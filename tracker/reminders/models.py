"""Tables of reminders and of everything that is sent. A row of `delivery` is one message to one person over one
channel; its unique key is what makes a reminder exist once, whatever the number of processes (ARCHITECTURE 6). No row
holds health content: a message that leaves the system only says that there is something to look at.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, EncryptedText, JsonDocument


class ReminderSettings(Base):
    """How somebody wants to be reminded at all. Hours are wall-clock times of the zone they live in at that moment."""

    __tablename__ = "reminder_settings"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    quiet_from: Mapped[str] = mapped_column(String(5), default="21:30")
    quiet_to: Mapped[str] = mapped_column(String(5), default="07:30")
    daily_budget: Mapped[int] = mapped_column(default=6)
    channels: Mapped[list[str]] = mapped_column(JsonDocument, default=lambda: ["in_app", "push", "email"])
    paused_until: Mapped[datetime | None]
    calendar_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the token in the address of the private calendar; None: there is none, or it was withdrawn."""
    calendar_since: Mapped[datetime | None]
    created_at: Mapped[datetime]


class ReminderRule(Base):
    """When somebody is reminded of one kind of thing: exercise, check_in, morning, posture_break, message."""

    __tablename__ = "reminder_rule"
    __table_args__ = (
        UniqueConstraint("person_id", "kind"),
        CheckConstraint("kind IN ('exercise', 'check_in', 'morning', 'posture_break', 'message')", name="kind"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    enabled: Mapped[bool] = mapped_column(default=True)
    times: Mapped[list[str]] = mapped_column(JsonDocument, default=list)
    """Wall-clock times, "HH:MM". A posture break has `every_minutes` between the first and the last of them."""
    every_minutes: Mapped[int | None]
    weekdays: Mapped[str] = mapped_column(String(7), default="1234567")
    changed_at: Mapped[datetime]


class Delivery(Base):
    """One message. `due -> claimed -> sent | failed`, or `cancelled | merged | skipped` (with `reason`).

    A claimed row carries a lease; when it runs out another process takes the row over and sends it again with the same
    id, which is the Message-ID and the idempotency key.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("subject", "due_at", "step", "channel", "person_id"),
        Index("ix_delivery_person_id_due_at", "person_id", "due_at"),
        # No index begins with `state`: SQLite, which does not know how few states there are, would always take it.
        Index(
            "ix_delivery_waiting",
            "not_before",
            sqlite_where=text("state IN ('due', 'claimed')"),
            postgresql_where=text("state IN ('due', 'claimed')"),
        ),
        CheckConstraint(
            "state IN ('due', 'claimed', 'sent', 'failed', 'cancelled', 'merged', 'skipped')", name="state"
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[str] = mapped_column(String(16))
    """A reminder rule's kind, or `escalation`, `digest`, `welfare`, `test`."""
    subject: Mapped[str] = mapped_column(String(80))
    """What it is about: "rule:<id>", "alert:<id>", "message:<id>". Part of the unique key."""
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    not_before: Mapped[datetime]
    """When it may be tried next: `due_at`, later after quiet hours, a snooze or a failure."""
    step: Mapped[int] = mapped_column(default=0)
    channel: Mapped[str] = mapped_column(String(16))  # in_app | email | push | apprise
    state: Mapped[str] = mapped_column(String(16), default="due")
    reason: Mapped[str | None] = mapped_column(String(32))
    lease: Mapped[uuid.UUID | None]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    payload: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)
    """Ids, levels and the number of the wording. Never health content."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    """In-app notices: when the person opened or dismissed it."""


class PushSubscription(Base):
    """One browser that takes web push (RFC 8030, 8291). Deleted when its service answers 404 or 410."""

    __tablename__ = "push_subscription"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(EncryptedText)
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(EncryptedText)
    auth: Mapped[str] = mapped_column(EncryptedText)
    device: Mapped[str] = mapped_column(EncryptedText, default="")
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ClinicChannels(Base):
    """Where a clinic wants its own alerts sent besides: Apprise addresses, one a line. They hold secrets."""

    __tablename__ = "clinic_channels"

    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id", ondelete="CASCADE"), primary_key=True)
    apprise_urls: Mapped[str | None] = mapped_column(EncryptedText)
    changed_at: Mapped[datetime]
