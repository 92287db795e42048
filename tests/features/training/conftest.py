"""Plans and session documents as a browser would send them: summaries come from the real engine on synthetic motion."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from exercises.body import Side
from exercises.coach import Coach
from exercises.definition import load_library
from exercises.figure import ideal_progress, synthetic_pose
from exercises.wire import summary_to_dict
from tracker.accounts.models import Person
from tracker.clock import FixedClock
from tracker.db import Session
from tracker.regimen.library import suggested
from tracker.regimen.models import Prescription
from tracker.regimen.rules import EVERY_DAY, Prescribed
from tracker.regimen.service import save_revision

SECONDS = 4.0
FRAMES_A_SECOND = 20


@cache
def engine_summary(exercise: str, side: str, reaches: Sequence[float], hold_s: float) -> dict[str, Any]:
    """What the engine says about one set of ideal motion; `reaches`: how far each repetition goes (1 = all the way)."""
    definition = load_library()[exercise]
    coach = Coach(
        definition,
        side=side,
        target=1 if definition.kind == "hold" else len(reaches) or None,
        hold_target_s=hold_s if definition.kind == "hold" else None,
    )
    working = Side.RIGHT if side == "right" else Side.LEFT
    for time_s, progress in _motion(reaches, hold_s if definition.kind == "hold" else 0.0):
        coach.observe(synthetic_pose(definition, progress, time_s=time_s, side=working), time_s)
    return summary_to_dict(coach.finish())


def _motion(reaches: Sequence[float], hold_s: float) -> list[tuple[float, float]]:
    still = 1.5
    length = still + (len(reaches) * SECONDS if not hold_s else hold_s + 2.0) + 0.8
    moments = [index / FRAMES_A_SECOND for index in range(int(length * FRAMES_A_SECOND))]
    if hold_s:
        return [(moment, 0.0 if moment < still else 1.0) for moment in moments]

    def progress(moment: float) -> float:
        moved = moment - still
        place = int(moved // SECONDS)
        if moved < 0 or place >= len(reaches):
            return 0.0
        return reaches[place] * ideal_progress(moved - place * SECONDS, SECONDS)

    return [(moment, progress(moment)) for moment in moments]


class Training:
    """Makes plans and session documents with complete defaults."""

    def __init__(self, database: Session, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock

    def line(self, exercise: str = "overhead-press", **fields: Any) -> Prescribed:
        definition = load_library()[exercise]
        usual = suggested(definition)
        return Prescribed(
            **{
                "id": "",
                "exercise": exercise,
                "sets": 2,
                "reps": 10 if definition.kind == "repetitions" and definition.goal != "test" else usual.reps,
                "hold_s": 20.0 if definition.kind == "hold" else usual.hold_s,
                "weekdays": EVERY_DAY,
                "sided": definition.sided,
                **fields,
            }
        )

    def plan(
        self, patient: Person, *lines: Prescribed, author: Person | None = None, number: int = 0
    ) -> dict[str, Prescription]:
        """Save a revision; the prescriptions by exercise."""
        revision = save_revision(
            self.database,
            patient_id=patient.id,
            author_id=(author or patient).id,
            base_number=number,
            items=lines or (self.line(),),
            reason=None,
            at=self.clock.now(),
        )
        assert revision is not None
        self.database.commit()
        return {row.exercise: row for row in revision.prescriptions}

    def set(
        self, exercise: str = "overhead-press", *, reaches: Sequence[float] = (1.0, 1.0, 1.0), **fields: Any
    ) -> dict[str, Any]:
        definition = load_library()[exercise]
        side = fields.pop("side", "left" if definition.sided else "both")
        hold_s = fields.pop("hold_s", 20.0)
        summary = fields.pop("summary", None) or engine_summary(exercise, side, tuple(reaches), hold_s)
        return {
            "id": str(uuid.uuid4()),
            "number": 1,
            "side": side,
            "started_at": self.clock.now().isoformat(),
            "summary": dict(summary),
            "track": None,
            "repetition_ids": [str(uuid.uuid4()) for _ in summary["repetitions"]],
            **fields,
        }

    def document(self, prescription: Prescription, *sets: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        started: datetime = fields.pop("started_at", self.clock.now() - timedelta(minutes=5))
        return {
            "id": str(uuid.uuid4()),
            "prescription_id": str(prescription.id),
            "exercise": prescription.exercise,
            "started_at": started.isoformat(),
            "ended_at": None,
            "source": "camera",
            "sets": [dict(each) for each in sets],
            "stop_reason": None,
            "pain_before": None,
            "pain_during": None,
            "effort": None,
            "note": None,
            **fields,
        }

    def manual_set(
        self, exercise: str = "overhead-press", *, count: int = 10, held_s: float = 0.0, **fields: Any
    ) -> dict[str, Any]:
        definition = load_library()[exercise]
        side = fields.pop("side", "left" if definition.sided else "both")
        summary = {
            "exercise": exercise,
            "engine_version": "manual",
            "kind": definition.kind,
            "side": side,
            "count": count,
            "held_s": held_s,
            "repetitions": [],
        }
        return self.set(exercise, summary=summary, side=side, **fields)


@pytest.fixture
def training(database: Session, clock: FixedClock) -> Training:
    return Training(database, clock)


SignedIn = Callable[[Person], Any]
