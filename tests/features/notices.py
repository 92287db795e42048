"""A notice at the bell as the loop leaves it, for tests that do not wait for the loop."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from tracker.reminders.models import Delivery
from tracker.reminders.rules import TIMED


def notice_row(person_id: uuid.UUID, kind: str, since: datetime, **fields: Any) -> Delivery:
    """One that nobody has seen yet."""
    slot = {"day": since.date().isoformat(), "time": f"{since:%H:%M}"} if kind in TIMED else {}
    payload = {**slot, **(fields.pop("payload", None) or {})}
    return Delivery(
        **{
            "id": uuid.uuid4(),
            "kind": kind,
            "subject": f"{kind}:{uuid.uuid4()}",
            "person_id": person_id,
            "due_at": since,
            "not_before": since,
            "channel": "in_app",
            "state": "sent",
            "payload": payload or None,
            "created_at": since,
            "finished_at": since,
            **fields,
        }
    )
