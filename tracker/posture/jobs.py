"""Heartbeat work of posture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.posture import pairing_service

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def clear_up_codes(session: Session, now: datetime) -> int:
    """Delete pairing codes that are over; the caller commits. Returns how many went."""
    return pairing_service.clear_up_codes(session, now)
