"""Tables of people, sign-in, consent and the audit trail.

Tokens (of cookies, invitations, the set-up link) are stored as SHA-256 only: they are 256 random bits, so a fast hash
is enough, and a copy of the database opens no door. Names and addresses are encrypted; an e-mail address is found by
its blind index.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from tracker.db import Base, EncryptedText, JsonDocument

HASH_LENGTH: Final = 64


class Role(StrEnum):
    """What somebody is in their clinic. `admin` runs the clinic's settings without treating anybody."""

    PATIENT = "patient"
    PHYSIO = "physio"
    ADMIN = "admin"


class ConsentKind(StrEnum):
    """What a patient can agree to, each by itself."""

    CAMERA = "camera"
    LANDMARKS = "landmarks"
    SHARING = "sharing"


class InvitationPurpose(StrEnum):
    """`join` makes a new person; `reset` lets an existing one choose a new password."""

    JOIN = "join"
    RESET = "reset"


class AppendOnlyError(RuntimeError):
    """Somebody tried to change or remove a line of the audit trail."""


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


class Clinic(Base):
    """A practice, or the household of one person who uses the tracker alone."""

    __tablename__ = "clinic"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(EncryptedText)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    country: Mapped[str] = mapped_column(String(2), default="")
    """ISO 3166 code, for the emergency number; empty: not chosen."""
    emergency_number: Mapped[str | None] = mapped_column(String(32))
    """Instead of the country's own."""
    urgent_number: Mapped[str | None] = mapped_column(String(32))
    """Out-of-hours medical advice, instead of the country's own."""
    require_totp: Mapped[bool] = mapped_column(default=False)
    """Staff must have a second factor before they can do anything else."""
    created_at: Mapped[datetime]


class Person(Base):
    """Somebody who signs in. `solo` is a patient without a physio, who picks a programme for themselves."""

    __tablename__ = "person"
    __table_args__ = (_one_of("role", Role),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    is_admin: Mapped[bool] = mapped_column(default=False)
    solo: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    """False: cannot sign in any more; the record stays."""
    name: Mapped[str] = mapped_column(EncryptedText)
    email: Mapped[str | None] = mapped_column(EncryptedText)
    email_hash: Mapped[str | None] = mapped_column(String(HASH_LENGTH), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    totp_last_step: Mapped[int] = mapped_column(default=0)
    """The 30-second step of the last code that was accepted: a code works once."""
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    country: Mapped[str] = mapped_column(String(2), default="")
    """Where they live, for the emergency number; empty: as their clinic."""
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    """Where a patient can be called when what they told is urgent."""
    birth_year: Mapped[int | None]
    """Of a patient, for the band of age that a physiotherapist sees; nobody has to say it."""
    locale: Mapped[str] = mapped_column(String(16), default="en")
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    created_at: Mapped[datetime]

    clinic: Mapped[Clinic] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_staff(self) -> bool:
        return self.role in {Role.PHYSIO, Role.ADMIN}


class CareLink(Base):
    """A physio cares for a patient from `since` until `until` (open while None)."""

    __tablename__ = "care_link"
    __table_args__ = (
        Index(
            "uq_care_link_open",
            "patient_id",
            "physio_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_care_link_physio_id_patient_id", "physio_id", "patient_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    physio_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    """What was said when the patient was handed over."""
    absence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("absence.id", ondelete="SET NULL"), index=True)
    """The absence this care stands in for; it ends with it."""


class Absence(Base):
    """A physio is away from `since` until `until`, and a colleague stands in: each patient of theirs has a care link to
    the colleague for that time. `ended_at`: back earlier.
    """

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_physio_id_since", "physio_id", "since"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    physio_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    backup_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Invitation(Base):
    """A link for one use: to join a clinic, or to choose a new password."""

    __tablename__ = "invitation"
    __table_args__ = (_one_of("role", Role), _one_of("purpose", InvitationPurpose))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    token_hash: Mapped[str] = mapped_column(String(HASH_LENGTH), unique=True)
    purpose: Mapped[str] = mapped_column(String(16), default=InvitationPurpose.JOIN)
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id", ondelete="CASCADE"), index=True)
    inviter_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    name: Mapped[str | None] = mapped_column(EncryptedText)
    email: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    """Who came of it (join), or whose password it resets (reset)."""


class SetUpLink(Base):
    """The one link that sets up an empty installation. There is at most one row."""

    __tablename__ = "set_up_link"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    token_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Consent(Base):
    """One time somebody agreed to something, and when they took it back. Agreeing again makes a new row."""

    __tablename__ = "consent"
    __table_args__ = (
        _one_of("kind", ConsentKind),
        Index(
            "uq_consent_open",
            "person_id",
            "kind",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SignInSession(Base):
    """One signed-in browser. `complete` is False between the password and the second factor."""

    __tablename__ = "sign_in_session"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(HASH_LENGTH), unique=True)
    complete: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """The absolute end; the idle end is computed from `last_seen_at`."""
    revoked_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(EncryptedText, default="")
    """The browser in words a person recognises, such as "Firefox on Linux"."""

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class SignInAttempt(Base):
    """One try of a secret, for the throttle. Whose and from where are keyed fingerprints."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_account_hash_at", "account_hash", "at"),
        Index("ix_sign_in_attempt_address_hash_at", "address_hash", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    account_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    address_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(16), default="failed")
    """`failed` until proven otherwise, `succeeded`, or `blocked` (refused without looking at the secret)."""


class RecoveryCode(Base):
    """A code that replaces the second factor once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("person_id", "code_hash"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    used_at: Mapped[datetime | None]


class AuditEvent(Base):
    """Who saw or changed whose record. Rows are added and never changed: the mapper refuses, and so does a trigger
    in the database (migration 0001) for whoever comes with SQL in hand.

    There are no foreign keys on purpose: the trail outlives the people in it. `detail` holds keys and ids, never
    health content.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_patient_id_at", "patient_id", "at"),
        Index("ix_audit_event_actor_id_at", "actor_id", "at"),
        Index("ix_audit_event_clinic_id_at", "clinic_id", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    at: Mapped[datetime]
    clinic_id: Mapped[uuid.UUID | None]
    """Whose trail it is, also when the people in it are erased. None: written before this column, or by the system."""
    actor_id: Mapped[uuid.UUID | None]
    patient_id: Mapped[uuid.UUID | None]
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128), default="")
    detail: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument)


class AuditSeal(Base):
    """A seal over lines of the audit trail: `digest` covers them, the seal before, and what this row says of itself, so
    that a line that is changed, removed or slipped in between shows, whoever did it and however.
    """

    __tablename__ = "audit_seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime]
    events: Mapped[int]
    previous: Mapped[str] = mapped_column(String(HASH_LENGTH))
    digest: Mapped[str] = mapped_column(String(HASH_LENGTH))
    scheme: Mapped[int] = mapped_column(server_default="1")
    """How the digest was made. 1: without number, time and count of the seal itself (before migration 0007)."""


class AuditSealed(Base):
    """Which seal a line of the audit trail lies under, and at which place. No foreign key to the line: that it is gone
    is what a seal has to show.
    """

    __tablename__ = "audit_sealed"
    __table_args__ = (UniqueConstraint("seal_number", "position"),)

    event_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seal_number: Mapped[int] = mapped_column(ForeignKey("audit_seal.number"))
    position: Mapped[int]


@event.listens_for(AuditEvent, "before_update")
@event.listens_for(AuditEvent, "before_delete")
def _refuse(_mapper: Mapper[AuditEvent], _connection: Any, _row: AuditEvent) -> None:
    raise AppendOnlyError("the audit trail is append-only")
