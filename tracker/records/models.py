"""Tables of what leaves the house, and of what is erased."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, JsonDocument


class Erasure(Base):
    """That somebody's record was erased, by whom and what of it: the proof that stays. No foreign keys to people, who
    may be the ones that are gone; nothing of what was in the record.
    """

    __tablename__ = "erasure"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    clinic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clinic.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[uuid.UUID]
    asked_by: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    counts: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    """Rows that went, by table."""
