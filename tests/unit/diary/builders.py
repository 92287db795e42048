"""Entries with complete defaults."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tracker.diary.rules import Entry

DAY = date(2026, 3, 10)
EVENING = datetime(2026, 3, 10, 19, 0, tzinfo=UTC)
COMPLETE = {"none_of_these": True, "average": 3, "worst": 5, "interference": 2, "compared": "same"}


def entry(form: str = "daily", *, days: int = 0, hours: float = 0.0, **fields: Any) -> Entry:
    """A version; `hours` moves when it was answered (and, unless told otherwise, received)."""
    at = EVENING + timedelta(days=days, hours=hours)
    identity = fields.pop("id", None) or uuid4()
    answers = fields.pop("answers", None)
    return Entry(
        **{
            "id": identity,
            "entry_id": identity,
            "form": form,
            "local_date": DAY + timedelta(days=days),
            "answered_at": at,
            "received_at": at,
            "answers": COMPLETE if answers is None else answers,
            **fields,
        }
    )


def number(value: int) -> UUID:
    return UUID(int=value)
