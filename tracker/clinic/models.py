"""Tables of the physiotherapist's room."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, EncryptedText


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
