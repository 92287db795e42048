"""What one of several processes does at the same moment; started by `test_both_engines.py` as a process of its own."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from tracker.accounts.models import Person
from tracker.alerts import jobs, service
from tracker.clock import FixedClock
from tracker.db import create_engine_from, session_factory
from tracker.diary import documents
from tracker.diary import service as diary
from tracker.settings import Settings


def tell_a_flag(environ: dict[str, str], barrier: Any, patient_id: uuid.UUID, code: str, at: datetime) -> None:
    """Receive an entry with a red flag and evaluate, in one transaction, when everybody is ready."""
    engine = create_engine_from(Settings.load(environ))
    sessions = session_factory(engine)
    document = documents.parse(
        {
            "id": str(uuid.uuid4()),
            "entry_id": str(uuid.uuid4()),
            "form": "flags",
            "local_date": at.date().isoformat(),
            "answered_at": at.isoformat(),
            "answers": {"flags": {code: {"answer": "new"}}},
        }
    )
    barrier.wait()
    with sessions.begin() as session:
        patient = session.get_one(Person, patient_id)
        diary.receive(session, patient=patient, document=document, received_at=at)
        service.record_changed(session, patient_id, at)
    engine.dispose()


def look_at_silence(environ: dict[str, str], barrier: Any, at: datetime) -> None:
    """One heartbeat among several."""
    engine = create_engine_from(Settings.load(environ))
    barrier.wait()
    jobs.look_at_silence(session_factory(engine), FixedClock(at))
    with session_factory(engine).begin() as session:
        jobs.morning_check(session, at)
    engine.dispose()
