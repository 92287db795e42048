"""Entries of the diary as a page would send them, with complete defaults."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from tracker.accounts.models import Person
from tracker.clock import FixedClock, local_date
from tracker.db import Session
from tracker.diary import documents, service

ANSWERS: dict[str, dict[str, Any]] = {
    "intake": {
        "none_of_these": True,
        "average_7d": 4,
        "worst_7d": 6,
        "began_on": "2026-03-01",
        "examined": False,
        "age_band": "20_50",
        "work": "sitting",
        "kit": ["band", "chair"],
    },
    "daily": {
        "none_of_these": True,
        "average": 3,
        "worst": 5,
        "now": 2,
        "interference": 2,
        "sleep": 7,
        "compared": "same",
        "flare": False,
        "activities": "yes",
    },
    "weekly": {"peg_pain": 4, "peg_enjoyment": 3, "peg_activity": 5, "mood": 7, "stress": 3},
    "fortnight": {"activities": [{"id": "shopping", "score": 6, "words": "Carry the shopping"}]},
    "monthly": {"phq2": [0, 1]},
    "morning": {"pain": 3},
    "flags": {"none_of_these": True},
}


class Diary:
    """Makes entries, and puts them into the database the way the page would."""

    def __init__(self, database: Session, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock

    def document(self, form: str = "daily", *, days_ago: int = 0, **fields: Any) -> dict[str, Any]:
        """A document; `answers` adds to the usual ones (None takes one away), `only` replaces them."""
        answered_at = fields.pop("answered_at", self.clock.now())
        told = fields.pop("only", None)
        if told is None:
            told = {**ANSWERS[form], **fields.pop("answers", {})}
            told = {key: value for key, value in told.items() if value is not None}
        identity = str(uuid.uuid4())
        return {
            "id": identity,
            "entry_id": fields.pop("entry_id", identity),
            "form": form,
            "local_date": fields.pop("local_date", (answered_at.date() - timedelta(days=days_ago)).isoformat()),
            "answered_at": answered_at.isoformat(),
            "source": "page",
            **({"session_id": str(uuid.uuid4())} if form == "morning" else {}),
            "answers": told,
            **fields,
        }

    def flagged(self, *codes: str, form: str = "daily", answer: str = "new", **fields: Any) -> dict[str, Any]:
        """A document in which these red flags are ticked."""
        flags = {code: {"answer": answer} for code in codes}
        answers = {"flags": flags, "none_of_these": None, **fields.pop("answers", {})}
        return self.document(form, answers=answers, **fields)

    def tell(self, patient: Person, document: dict[str, Any] | None = None, **fields: Any) -> service.Saved:
        """Store it without a browser."""
        saved = service.receive(
            self.database,
            patient=patient,
            document=documents.parse(document or self.document(**fields)),
            received_at=self.clock.now(),
        )
        self.database.commit()
        return saved

    def today(self, patient: Person) -> Any:
        return local_date(self.clock.now(), patient.time_zone)


@pytest.fixture
def diary(database: Session, clock: FixedClock) -> Diary:
    return Diary(database, clock)
