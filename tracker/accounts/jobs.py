"""Regular work on accounts: the seals of the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.accounts import trail_service
from tracker.web.logs import log

if TYPE_CHECKING:
    from datetime import datetime

    from tracker.db import Session
    from tracker.settings import Settings


def seal_trail(session: Session, at: datetime, *, settings: Settings) -> int:
    """Seal what has no seal yet, and put each seal into the log: where logs are kept elsewhere, so is the seal. Returns
    how many lines were sealed.
    """
    made = trail_service.seal(session, at, settings=settings)
    for each in made:
        log.info("audit trail sealed", seal=f"{each.number}:{each.digest}", rows=each.events)
    return sum(each.events for each in made)
