"""Heartbeat work of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.training.service import forget_expired_tracks

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def expire_tracks(session: Session, now: datetime) -> int:
    """Delete the landmark tracks that have been kept long enough; the caller commits. Returns how many went."""
    return forget_expired_tracks(session, now)
