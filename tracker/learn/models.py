"""Tables of learning: the desk checks. The cards themselves are files."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, JsonDocument


class DeskCheck(Base):
    """One look at one's workstation: an answer (yes, no, not_here) for each of the ten items. Never changed."""

    __tablename__ = "desk_check"
    __table_args__ = (Index("ix_desk_check_patient_id_local_date", "patient_id", "local_date"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    patient_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    local_date: Mapped[date]
    answers: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    created_at: Mapped[datetime]
