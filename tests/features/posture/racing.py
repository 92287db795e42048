"""What one of several processes does at the same moment; started by `test_both_engines.py` as a process of its own."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from tracker.accounts.models import Person
from tracker.db import create_engine_from, session_factory
from tracker.posture import pairing_service, service
from tracker.posture.rules import Minute
from tracker.settings import Settings


def tell(
    environ: dict[str, str], barrier: Any, patient_id: uuid.UUID, watcher_id: uuid.UUID, parts: Any, at: datetime
) -> None:
    """Upload minutes in several parts, each in a transaction of its own, when everybody is ready."""
    engine = create_engine_from(Settings.load(environ))
    sessions = session_factory(engine)
    barrier.wait()
    for part in parts:
        with sessions.begin() as session:
            patient = session.get_one(Person, patient_id)
            watcher = pairing_service.browser_of(session, patient, watcher_id, name="Firefox", version="1", at=at)
            minutes = [Minute(*told) for told in part]
            service.receive_minutes(session, patient=patient, watcher=watcher, minutes=minutes, received_at=at)
    engine.dispose()


def pair(environ: dict[str, str], barrier: Any, code: str, found: Any, at: datetime) -> None:
    """Use a code; `found` counts the processes that got in."""
    engine = create_engine_from(Settings.load(environ))
    barrier.wait()
    try:
        with session_factory(engine).begin() as session:
            pairing_service.pair(session, code, watcher_id=uuid.uuid4(), name="Desk", version="1", at=at)
        with found.get_lock():
            found.value += 1
    except pairing_service.CodeNotOpenError:
        pass
    engine.dispose()
